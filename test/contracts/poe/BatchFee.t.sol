// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { BatchFee } from "../../../contracts/libraries/BatchFee.sol";
import { Test } from "../helpers/Test.sol";

contract BatchFeeTest is Test {
    uint96 private constant MAX = type(uint96).max;
    uint256 private constant CENTURY = 100 * 365 days;

    function test_wholeDoublingsAreExact() public pure {
        for (uint256 i = 0; i <= 30; ++i) {
            assertEq(BatchFee.raise(1e18, i * 1 hours, 1 hours, MAX), 1e18 * 2 ** i > MAX ? MAX : 1e18 * 2 ** i);
            assertEq(BatchFee.lower(MAX, i * 1 hours, 1 hours, 1e9), (uint256(MAX) + 2 ** i - 1) / 2 ** i);
        }
    }

    function test_rootOfTwo() public pure {
        assertEq(BatchFee.raise(1e18, 1800, 3600, MAX), 1414213562373095048);
        assertEq(BatchFee.lower(1e18, 1800, 3600, 1), 707106781186547525);
        // 1414213562.373… is rounded down, and 707106781.186… up.
        assertEq(BatchFee.raise(1e9, 1800, 3600, MAX), 1414213562);
        assertEq(BatchFee.lower(1e9, 1800, 3600, 1), 707106782);
    }

    function testFuzz_noTimeNoChange(uint96 fee, uint32 doubling) public pure {
        doubling = uint32(bound(doubling, 1, 30 days));
        fee = uint96(bound(fee, 1, MAX));
        assertEq(BatchFee.raise(fee, 0, doubling, MAX), fee);
        assertEq(BatchFee.lower(fee, 0, doubling, 1), fee);
    }

    /// @dev No overflow, and within the limits, for a century and all parameters.
    function testFuzz_staysWithinLimits(
        uint96 fee,
        uint96 low,
        uint96 high,
        uint256 elapsed,
        uint256 doubling
    ) public pure {
        low = uint96(bound(low, 1e9, MAX));
        high = uint96(bound(high, low, MAX));
        fee = uint96(bound(fee, low, high));
        elapsed = bound(elapsed, 0, CENTURY);
        doubling = bound(doubling, 1, 30 days);
        uint96 raised = BatchFee.raise(fee, elapsed, doubling, high);
        assertGe(raised, fee);
        assertLe(raised, high);
        uint96 lowered = BatchFee.lower(fee, elapsed, doubling, low);
        assertLe(lowered, fee);
        assertGe(lowered, low);
    }

    function testFuzz_monotoneInTime(uint96 fee, uint256 a, uint256 b, uint256 doubling) public pure {
        fee = uint96(bound(fee, 1e9, MAX));
        doubling = bound(doubling, 1, 30 days);
        b = bound(b, 0, CENTURY);
        a = bound(a, 0, b);
        assertLe(BatchFee.raise(fee, a, doubling, MAX), BatchFee.raise(fee, b, doubling, MAX));
        assertGe(BatchFee.lower(fee, a, doubling, 1e9), BatchFee.lower(fee, b, doubling, 1e9));
    }

    /// @dev However a span is cut, the fee moves no further than in one step, apart from exp2's own error of 10^-16. It
    ///      falls behind by no more than one unit for each cut, grown with the fee.
    function testFuzz_splittingDoesNotHelp(uint96 fee, uint256[8] memory spans, uint256 doubling) public pure {
        fee = uint96(bound(fee, 1e9, 1e24));
        doubling = bound(doubling, 1 minutes, 30 days);
        uint96 raised = fee;
        uint96 lowered = fee;
        uint256 total;
        for (uint256 i = 0; i < 8; ++i) {
            uint256 span = bound(spans[i], 0, doubling);
            total += span;
            raised = BatchFee.raise(raised, span, doubling, MAX);
            lowered = BatchFee.lower(lowered, span, doubling, 1e6);
        }
        uint96 once = BatchFee.raise(fee, total, doubling, MAX);
        assertLe(raised, uint256(once) + uint256(once) / 1e16, "up: more");
        assertGe(uint256(raised) + 8 * 2 ** 8 + uint256(once) / 1e16, once, "up: less");
        once = BatchFee.lower(fee, total, doubling, 1e6);
        assertGe(uint256(lowered) + uint256(once) / 1e16 + 1, once, "down: more");
        assertLe(lowered, uint256(once) + uint256(once) / 1e16 + 8, "down: less");
    }
}
