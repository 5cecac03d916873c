// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { MigrationSignals } from "../../../contracts/libraries/MigrationSignals.sol";
import { Test } from "../helpers/Test.sol";

contract MigrationSignalsTest is Test {
    /// @dev Pairs (1, 11), (2, 12), (3, 13), (4, 14).
    uint256 private constant TOKENS =
        (1 | (11 << 16)) | ((2 | (12 << 16)) << 32) | ((3 | (13 << 16)) << 64) | ((4 | (14 << 16)) << 96);

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
