// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Slashing } from "../../../contracts/libraries/Slashing.sol";
import { Test } from "../helpers/Test.sol";

/// @notice Tests the properties of slashes that SMTChecker does not prove (docs/security.md, Evidence), and slashes at
///         examples.
contract SlashingTest is Test {
    function testFuzz_rateDoublesWithEachMiss(uint256 first, uint256 maximum) public pure {
        maximum = bound(maximum, 1, Slashing.RATE_UNIT);
        first = bound(first, 1, maximum);
        uint256 unlimited = first;
        for (uint256 misses = 0; misses < 40; ++misses) {
            uint256 expected = unlimited < maximum ? unlimited : maximum;
            assertEq(Slashing.rateOf(first, maximum, misses), expected);
            unlimited *= 2;
        }
        assertEq(Slashing.rateOf(first, maximum, type(uint16).max), maximum);
    }

    function test_amountIsTheRateOfWhatIsLeftRoundedUp() public pure {
        assertEq(Slashing.amountOf(10_001, 500), 501);
        assertEq(Slashing.amountOf(10_000, 500), 500);
        assertEq(Slashing.amountOf(499, 500), 25);
        assertEq(Slashing.amountOf(499, 10_000), 499);
        assertEq(Slashing.amountOf(0, 500), 0);
    }
}
