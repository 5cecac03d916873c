// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { HashAndTime, packHashAndTime } from "../../../contracts/types/HashAndTime.sol";
import { Test } from "../helpers/Test.sol";

contract HashAndTimeTest is Test {
    function testFuzz_partsComeBack(bytes32 full, uint40 time) public pure {
        HashAndTime entry = packHashAndTime(full, time);
        assertEq(bytes32(entry.hashOf()), bytes32(bytes27(full)), "hash");
        assertEq(entry.timeOf(), time, "time");
    }

    function test_layout() public pure {
        HashAndTime entry = packHashAndTime(bytes32(type(uint256).max), 1);
        assertEq(HashAndTime.unwrap(entry), (type(uint256).max << 40) | 1);
    }
}
