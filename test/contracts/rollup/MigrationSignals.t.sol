// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { MigrationSignals } from "../../../contracts/libraries/MigrationSignals.sol";
import { Test } from "../helpers/Test.sol";

contract MigrationSignalsTest is Test {
    /// @dev Pairs (1, 11), (2, 12), (3, 13), (4, 14).
    uint256 private constant TOKENS =
        (1 | (11 << 16)) | ((2 | (12 << 16)) << 32) | ((3 | (13 << 16)) << 64) | ((4 | (14 << 16)) << 96);

    /// @dev Of two pairs, whichever they are, one id must not be the same without the other.
    function test_areUnambiguous_comparesEveryTwoPairs() public pure {
        assertTrue(MigrationSignals.areUnambiguous(TOKENS));
        for (uint256 i = 0; i < MigrationSignals.PAIRS; ++i) {
            for (uint256 j = 0; j < MigrationSignals.PAIRS; ++j) {
                if (i == j) continue;
                assertFalse(MigrationSignals.areUnambiguous(withPair(i, 1 + j, 11 + i)), "two ids in the target");
                assertFalse(MigrationSignals.areUnambiguous(withPair(i, 1 + i, 11 + j)), "two ids in the source");
                assertTrue(MigrationSignals.areUnambiguous(withPair(i, 1 + j, 11 + j)), "the same pair twice");
            }
        }
    }

    /// @dev The pairs above, but for one.
    function withPair(uint256 pair, uint256 source, uint256 target) private pure returns (uint256) {
        return (TOKENS & ~(uint256(0xffffffff) << (32 * pair))) | ((source | (target << 16)) << (32 * pair));
    }

    function test_sourceOf_isTheOtherHalfOfThePair() public pure {
        for (uint16 i = 1; i <= MigrationSignals.PAIRS; ++i) {
            assertEq(MigrationSignals.sourceOf(TOKENS, 10 + i), i);
        }
    }

    function test_sourceOf_isZeroOutsideThePairs() public pure {
        assertEq(MigrationSignals.sourceOf(TOKENS, 15), 0);
        assertEq(MigrationSignals.sourceOf(TOKENS, 1), 0, "an id of the source");
    }
}
