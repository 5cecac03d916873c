// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { BatchHeader, packBatchHeader } from "../../../contracts/types/BatchHeader.sol";
import { Test } from "../helpers/Test.sol";

contract BatchHeaderTest is Test {
    function testFuzz_isThatOfTheProtocol(
        uint96 fee,
        uint16 token,
        uint32 account,
        uint16 count,
        uint64 time
    ) public pure {
        BatchHeader header = packBatchHeader(fee, token, account, count, time);
        assertEq(BatchHeader.unwrap(header), wordOf(fee, token, account, count, time));
        assertEq(header.feeTokenOf(), token);
        assertEq(header.forcedCountOf(), count);
    }

    /// @dev docs/protocol.md §4: leaf i of a batch with f forced operations has min(max(f − i·SLOTS, 0), SLOTS).
    function testFuzz_ofLeaf(
        uint96 fee,
        uint16 token,
        uint32 account,
        uint16 count,
        uint64 time,
        uint256 leaf,
        uint16 slots
    ) public pure {
        slots = uint16(bound(slots, 1, type(uint16).max));
        leaf = bound(leaf, 0, 2 * (uint256(count) / slots) + 1);
        uint256 before = leaf * slots;
        uint256 forced =
            count < before
                ? 0
                : count - before > slots
                    ? slots
                    : count - before;
        BatchHeader header = packBatchHeader(fee, token, account, count, time).ofLeaf(leaf, slots);
        assertEq(BatchHeader.unwrap(header), wordOf(fee, token, account, forced, time));
    }

    function wordOf(
        uint256 fee,
        uint256 token,
        uint256 account,
        uint256 forced,
        uint256 time
    ) private pure returns (uint256) {
        return fee * 2 ** 128 + token * 2 ** 112 + account * 2 ** 80 + forced * 2 ** 64 + time;
    }
}
