// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { MigrationSignals } from "../../../contracts/libraries/MigrationSignals.sol";
import { Test } from "../helpers/Test.sol";

contract MigrationSignalsTest is Test {
    /// @dev Pairs (1, 11), (2, 12), (3, 13), (4, 14).
    uint256 private constant TOKENS =
        (1 | (11 << 16)) | ((2 | (12 << 16)) << 32) | ((3 | (13 << 16)) << 64) | ((4 | (14 << 16)) << 96);

    function testFuzz_areOnePair_ifAllAreTheSame(uint32 pair, uint256 bit) public pure {
        uint256 tokens = pair | (uint256(pair) << 32) | (uint256(pair) << 64) | (uint256(pair) << 96);
        assertTrue(MigrationSignals.areOnePair(tokens));
        assertFalse(MigrationSignals.areOnePair(tokens ^ (1 << (bit % 256))), "another bit");
    }

    function test_areOnePair_ofFourPairs() public pure {
        assertFalse(MigrationSignals.areOnePair(TOKENS));
        assertTrue(MigrationSignals.areOnePair(0), "ETH");
    }

    function test_pairOf() public pure {
        for (uint16 i = 0; i < MigrationSignals.PAIRS; ++i) {
            (uint16 source, uint16 target) = MigrationSignals.pairOf(TOKENS, i);
            assertEq(source, 1 + i);
            assertEq(target, 11 + i);
        }
    }
}
