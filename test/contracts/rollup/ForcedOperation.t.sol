// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ForcedOperation } from "../../../contracts/libraries/ForcedOperation.sol";
import { RollupTest } from "./RollupTest.sol";

contract ForcedOperationTest is RollupTest {
    /// @dev With any flags, although the queue knows three.
    function testFuzz_encodesTheSlotOfTheProtocolAndDecodesIt(ForcedOperation.Fields memory op) public view {
        op.flags %= 2 ** 5;
        op.keyY %= 2 ** 254;
        op.fee %= 2 ** 90;
        bytes memory slot = ForcedOperation.encode(op);
        assertEq(
            slot,
            flagged(slotOf(op.from, op.to, op.token, op.amount, op.keyX, op.keyY, op.fee, op.l1Address), op.flags)
        );
        assertEq(this.feeOf(slot), op.fee);
        op.keyX %= 2;
        assertEq(abi.encode(this.decode(slot)), abi.encode(op));
    }

    function decode(bytes calldata slot) external pure returns (ForcedOperation.Fields memory) {
        return ForcedOperation.decode(slot);
    }

    function feeOf(bytes calldata slot) external pure returns (uint256) {
        return ForcedOperation.feeOf(slot);
    }
}
