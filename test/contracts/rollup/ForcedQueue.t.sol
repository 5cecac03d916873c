// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IERC20Errors } from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import { ICustody } from "../../../contracts/interfaces/ICustody.sol";
import { IForcedQueue } from "../../../contracts/interfaces/IForcedQueue.sol";
import { BabyJubJub } from "../../../contracts/libraries/BabyJubJub.sol";
import { FalseToken } from "../../../contracts/mocks/FalseToken.sol";
import { FeeOnTransferToken } from "../../../contracts/mocks/FeeOnTransferToken.sol";
import { MockToken } from "../../../contracts/mocks/MockToken.sol";
import { Reentrant } from "../../../contracts/mocks/Reentrant.sol";
import { RollupTest } from "./RollupTest.sol";

contract ForcedQueueTest is RollupTest {
    // ─── Encoding and entries ────────────────────────────────────────────────────────────────────────────────────────

    function testFuzz_depositWritesTheSlotOfTheProtocol(uint128 amount, address owner) public {
        amount = uint128(bound(amount, 1, 500 ether));
        vm.assume(owner != address(0));
        bytes memory slot = slotOf(0, 0, 0, amount, KEY_X, KEY_Y, FEE_BASE, owner);
        vm.expectEmit(address(rollup));
        emit IForcedQueue.ForcedOperationQueued(1, alice, slot);
        vm.prank(alice);
        rollup.deposit{ value: uint256(amount) + FEE_BASE }(0, amount, KEY_X, KEY_Y, owner);
        expectEntry(1, 0, slot);
    }

    function test_signOfTheKeyIsTheParityOfX() public {
        uint256 x = BabyJubJub.FIELD - KEY_X;
        bytes memory even = slotOf(0, 0, 0, 1, 0, KEY_Y, FEE_BASE, alice);
        bytes memory odd = slotOf(0, 0, 0, 1, 1, KEY_Y, FEE_BASE + FEE_STEP, alice);
        vm.startPrank(alice);
        rollup.deposit{ value: 1 + FEE_BASE }(0, 1, x, KEY_Y, alice);
        rollup.deposit{ value: 1 + FEE_BASE + FEE_STEP }(0, 1, KEY_X, KEY_Y, alice);
        vm.stopPrank();
        assertEq(x % 2, 0);
        expectEntry(1, 0, even);
        (bytes27 first, ) = rollup.forcedOperation(1);
        expectEntry(2, first, odd);
    }

    function test_topUpTransferAndExitWriteTheirSlots() public {
        MockToken token = new MockToken();
        uint16 id = register(address(token));
        mintTo(token, alice, 100);
        vm.startPrank(alice);
        rollup.topUp{ value: 1 ether }(id, 7, 5, bob);
        rollup.forceTransfer{ value: 1 ether }(type(uint32).max, 6, 9, type(uint128).max);
        rollup.forceExit{ value: 1 ether }(8, 1, type(uint128).max);
        vm.stopPrank();
        bytes memory slots = abi.encodePacked(
            slotOf(0, 5, id, 7, 0, 0, FEE_BASE, bob),
            slotOf(type(uint32).max, 6, 9, type(uint128).max, 0, 0, FEE_BASE + FEE_STEP, alice),
            slotOf(8, 0, 1, type(uint128).max, 0, 0, FEE_BASE + 2 * uint256(FEE_STEP), alice)
        );
        assertEq(
            rollup.previewForced(0, 3, slots, 4, vm.getBlockTimestamp()),
            3 * uint256(FEE_BASE) + 3 * uint256(FEE_STEP)
        );
        assertEq(token.balanceOf(address(rollup)), 7);
        assertEq(rollup.queuedOperations(), 3);
    }

    function expectEntry(uint256 id, bytes27 previous, bytes memory slot) private view {
        (bytes27 rollingHash, uint256 queuedAt) = rollup.forcedOperation(id);
        assertEq(bytes32(rollingHash), bytes32(bytes27(keccak256(bytes.concat(previous, slot)))), "hash");
        assertEq(queuedAt, this.clock(), "time");
    }

    // ─── Fee and surplus ─────────────────────────────────────────────────────────────────────────────────────────────

    function test_feeGrowsWithTheQueueAndFallsWithExecution() public {
        for (uint256 i = 0; i < 5; ++i) {
            assertEq(rollup.forcedFee(), FEE_BASE + i * FEE_STEP);
            queueExit(1);
        }
        advance(1, 3);
        assertEq(rollup.forcedFee(), FEE_BASE + 2 * uint256(FEE_STEP));
        assertEq(rollup.executedOperations(), 3);
    }

    function test_surplusIsReturned() public {
        uint256 before = alice.balance;
        vm.startPrank(alice);
        rollup.deposit{ value: 5 ether }(0, 1 ether, KEY_X, KEY_Y, alice);
        rollup.forceExit{ value: 5 ether }(1, 0, 1);
        rollup.forceTransfer{ value: 5 ether }(1, 2, 0, 1);
        vm.stopPrank();
        uint256 fees = 3 * uint256(FEE_BASE) + 3 * uint256(FEE_STEP);
        assertEq(before - alice.balance, 1 ether + fees);
        assertEq(address(rollup).balance, 1 ether + fees);
    }

    function test_exactValueNeedsNoReceiver() public {
        Reentrant contractUser = new Reentrant();
        contractUser.setRefuses(true);
        bytes memory call = abi.encodeCall(rollup.forceExit, (1, 0, 1));
        contractUser.execute{ value: FEE_BASE }(address(rollup), call);
        assertEq(rollup.queuedOperations(), 1);

        uint256 surplus = 1 ether - FEE_BASE - FEE_STEP;
        vm.expectRevert(abi.encodeWithSelector(ICustody.EtherTransferFailed.selector, address(contractUser), surplus));
        contractUser.execute{ value: 1 ether }(address(rollup), call);
    }

    function test_oneWeiTooLittleReverts() public {
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(ICustody.InsufficientValue.selector, FEE_BASE + 6, FEE_BASE + 7));
        rollup.deposit{ value: FEE_BASE + 6 }(0, 7, KEY_X, KEY_Y, alice);
        vm.expectRevert(abi.encodeWithSelector(ICustody.InsufficientValue.selector, FEE_BASE - 1, FEE_BASE));
        rollup.forceExit{ value: FEE_BASE - 1 }(1, 0, 1);
        vm.expectRevert(abi.encodeWithSelector(ICustody.InsufficientValue.selector, 0, FEE_BASE));
        rollup.forceTransfer(1, 2, 0, 1);
    }

    // ─── Bad input ───────────────────────────────────────────────────────────────────────────────────────────────────

    function test_badInputReverts() public {
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(BabyJubJub.KeyOfSmallOrder.selector, 0, 1));
        rollup.deposit{ value: 1 ether }(0, 1, 0, 1, alice);
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.ZeroAmount.selector));
        rollup.deposit{ value: 1 ether }(0, 0, KEY_X, KEY_Y, alice);
        vm.expectRevert(abi.encodeWithSelector(ICustody.ZeroAddress.selector));
        rollup.deposit{ value: 1 ether }(0, 1, KEY_X, KEY_Y, address(0));
        vm.expectRevert(abi.encodeWithSelector(ICustody.UnknownToken.selector, 1));
        rollup.deposit{ value: 1 ether }(1, 1, KEY_X, KEY_Y, alice);
        vm.expectRevert(abi.encodeWithSelector(ICustody.UnknownToken.selector, 65535));
        rollup.topUp{ value: 1 ether }(65535, 1, 1, alice);
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.InvalidAccount.selector, 0));
        rollup.topUp{ value: 1 ether }(0, 1, 0, alice);
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.InvalidAccount.selector, 0));
        rollup.forceTransfer{ value: 1 ether }(0, 1, 0, 1);
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.InvalidAccount.selector, 0));
        rollup.forceTransfer{ value: 1 ether }(1, 0, 0, 1);
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.InvalidAccount.selector, 0));
        rollup.forceExit{ value: 1 ether }(0, 0, 1);
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.ZeroAmount.selector));
        rollup.forceExit{ value: 1 ether }(1, 0, 0);
        vm.stopPrank();
        assertEq(rollup.queuedOperations(), 0);
    }

    function test_everythingStopsOnAnotherChain() public {
        uint256 home = this.chain();
        vm.chainId(home + 1);
        bytes memory wrong = abi.encodeWithSelector(ICustody.WrongChain.selector, home + 1, home);
        vm.startPrank(alice);
        vm.expectRevert(wrong);
        rollup.deposit{ value: 1 ether }(0, 1, KEY_X, KEY_Y, alice);
        vm.expectRevert(wrong);
        rollup.topUp{ value: 1 ether }(0, 1, 1, alice);
        vm.expectRevert(wrong);
        rollup.forceTransfer{ value: 1 ether }(1, 2, 0, 1);
        vm.expectRevert(wrong);
        rollup.forceExit{ value: 1 ether }(1, 0, 1);
        vm.expectRevert(wrong);
        rollup.previewForced(0, 0, "", 4, vm.getBlockTimestamp());
        vm.stopPrank();
    }

    // ─── Tokens that cheat ───────────────────────────────────────────────────────────────────────────────────────────

    function test_tokenThatKeepsAPartIsRefused() public {
        FeeOnTransferToken token = new FeeOnTransferToken();
        uint16 id = register(address(token));
        mintTo(token, alice, 1000);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(ICustody.InexactTransfer.selector, address(token), 990, 1000));
        rollup.deposit{ value: 1 ether }(id, 1000, KEY_X, KEY_Y, alice);
    }

    function test_tokenThatReturnsFalseIsRefused() public {
        FalseToken token = new FalseToken();
        uint16 id = register(address(token));
        mintTo(token, alice, 1000);
        token.setRefuses(true);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(token)));
        rollup.deposit{ value: 1 ether }(id, 1000, KEY_X, KEY_Y, alice);
    }

    function test_missingAllowanceIsTheTokensError() public {
        MockToken token = new MockToken();
        uint16 id = register(address(token));
        vm.prank(alice);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(rollup), 0, 5)
        );
        rollup.topUp{ value: 1 ether }(id, 5, 1, alice);
    }

    /// @dev A deposit of 1000 that loses 10 on the way, with another of 10 hidden inside, would be credited as 1010.
    function test_depositInsideADepositIsRefused() public {
        FeeOnTransferToken token = new FeeOnTransferToken();
        uint16 id = register(address(token));
        Reentrant user = new Reentrant();
        mintTo(token, address(user), 10_000);
        vm.deal(address(user), 10 ether);
        user.arm(address(rollup), abi.encodeCall(rollup.topUp, (id, 10, 1, address(user))));
        user.execute(address(token), abi.encodeCall(token.setCallback, (true)));
        vm.expectRevert(abi.encodeWithSelector(ICustody.InexactTransfer.selector, address(token), 990, 1000));
        user.execute{ value: 1 ether }(
            address(rollup),
            abi.encodeCall(rollup.deposit, (id, 1000, KEY_X, KEY_Y, address(user)))
        );
    }

    function test_lockIsWhatStopsIt() public {
        FeeOnTransferToken token = new FeeOnTransferToken();
        uint16 id = register(address(token));
        Reentrant user = new Reentrant();
        mintTo(token, address(user), 10_000);
        user.arm(address(rollup), abi.encodeCall(rollup.topUp, (id, 10, 1, address(user))));
        user.execute(address(token), abi.encodeCall(token.setCallback, (true)));
        // Small enough that nothing is lost on the way: the outer deposit succeeds, and the answer of the inner one
        // is kept.
        user.execute{ value: FEE_BASE }(
            address(rollup),
            abi.encodeCall(rollup.deposit, (id, 99, KEY_X, KEY_Y, address(user)))
        );
        assertTrue(user.reentered());
        assertFalse(user.succeeded());
        assertEq(user.answer(), abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector));
    }

    // ─── What the consensus may take ─────────────────────────────────────────────────────────────────────────────────

    function test_takesOperationsInPieces() public {
        bytes memory a = queueExit(1);
        bytes memory b = queueExit(2);
        bytes memory c = queueExit(3);
        assertEq(rollup.previewForced(0, 0, "", 4, vm.getBlockTimestamp()), 0);
        assertEq(rollup.previewForced(0, 1, a, 4, vm.getBlockTimestamp()), FEE_BASE);
        assertEq(
            rollup.previewForced(1, 2, bytes.concat(b, c), 4, vm.getBlockTimestamp()),
            2 * uint256(FEE_BASE) + 3 * uint256(FEE_STEP)
        );
        assertEq(rollup.previewForced(3, 0, "", 4, vm.getBlockTimestamp()), 0);
    }

    function testFuzz_anyOtherByteIsRefused(uint256 position, uint8 mask) public {
        position = bound(position, 0, 2 * SLOT_BYTES - 1);
        vm.assume(mask != 0);
        bytes memory slots = bytes.concat(queueExit(1), queueExit(2));
        (bytes27 recorded, ) = rollup.forcedOperation(2);
        slots[position] ^= bytes1(mask);
        bytes27 rolling = 0;
        rolling = bytes27(keccak256(bytes.concat(rolling, part(slots, 0))));
        rolling = bytes27(keccak256(bytes.concat(rolling, part(slots, 1))));
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.ForcedOperationsMismatch.selector, 2, rolling, recorded));
        rollup.previewForced(0, 2, slots, 4, vm.getBlockTimestamp());
    }

    function test_anotherOrderIsRefused() public {
        bytes memory a = queueExit(1);
        bytes memory b = queueExit(2);
        (bytes27 recorded, ) = rollup.forcedOperation(2);
        bytes27 rolling = bytes27(keccak256(bytes.concat(bytes27(keccak256(bytes.concat(bytes27(0), b))), a)));
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.ForcedOperationsMismatch.selector, 2, rolling, recorded));
        rollup.previewForced(0, 2, bytes.concat(b, a), 4, vm.getBlockTimestamp());
    }

    function test_skippingTheOldestIsRefused() public {
        queueExit(1);
        bytes memory b = queueExit(2);
        (bytes27 recorded, ) = rollup.forcedOperation(1);
        bytes27 rolling = bytes27(keccak256(bytes.concat(bytes27(0), b)));
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.ForcedOperationsMismatch.selector, 1, rolling, recorded));
        rollup.previewForced(0, 1, b, 4, vm.getBlockTimestamp());
    }

    function test_countsAndLengthsAreChecked() public {
        bytes memory a = queueExit(1);
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.ForcedOperationsMissing.selector, 2, 1));
        rollup.previewForced(0, 2, bytes.concat(a, a), 4, vm.getBlockTimestamp());
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.ForcedOperationsMissing.selector, 2, 1));
        rollup.previewForced(2, 0, "", 4, vm.getBlockTimestamp());
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.ForcedOperationsExceedCapacity.selector, 1, 0));
        rollup.previewForced(0, 1, a, 0, vm.getBlockTimestamp());
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.WrongSlotsLength.selector, 92, 93));
        rollup.previewForced(0, 1, part(a, 0, 92), 4, vm.getBlockTimestamp());
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.WrongSlotsLength.selector, 93, 0));
        rollup.previewForced(0, 0, a, 4, vm.getBlockTimestamp());
    }

    // ─── Deadline ────────────────────────────────────────────────────────────────────────────────────────────────────

    function test_overdueOneSecondAfterTheDeadline() public {
        queueExit(1);
        uint256 deadline = this.clock() + DEADLINE;
        vm.warp(deadline);
        rollup.previewForced(0, 0, "", 4, vm.getBlockTimestamp());
        vm.warp(deadline + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IForcedQueue.ForcedOperationOverdue.selector, 1, deadline, deadline + 1)
        );
        rollup.previewForced(0, 0, "", 4, vm.getBlockTimestamp());
    }

    function test_deadlineCountsFromEachOperationsOwnArrival() public {
        bytes memory a = queueExit(1);
        skip(100);
        bytes memory b = queueExit(2);
        uint256 second = this.clock() + DEADLINE;
        skip(50);
        queueExit(3);

        vm.warp(second);
        rollup.previewForced(0, 1, a, 4, vm.getBlockTimestamp());
        vm.warp(second + 1);
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.ForcedOperationOverdue.selector, 2, second, second + 1));
        rollup.previewForced(0, 1, a, 4, vm.getBlockTimestamp());
        rollup.previewForced(0, 2, bytes.concat(a, b), 4, vm.getBlockTimestamp());
        vm.warp(second + 51);
        vm.expectRevert(
            abi.encodeWithSelector(IForcedQueue.ForcedOperationOverdue.selector, 3, second + 50, second + 51)
        );
        rollup.previewForced(0, 2, bytes.concat(a, b), 4, vm.getBlockTimestamp());
    }

    function test_fullBatchMayLeaveOverdueOperations() public {
        bytes memory a = queueExit(1);
        bytes memory b = queueExit(2);
        queueExit(3);
        skip(DEADLINE + 1);
        rollup.previewForced(0, 2, bytes.concat(a, b), 2, vm.getBlockTimestamp());
        uint256 time = this.clock();
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.ForcedOperationOverdue.selector, 3, time - 1, time));
        rollup.previewForced(0, 2, bytes.concat(a, b), 3, vm.getBlockTimestamp());
    }

    // ─── Helpers ─────────────────────────────────────────────────────────────────────────────────────────────────────

    function part(bytes memory slots, uint256 index) private pure returns (bytes memory) {
        return part(slots, index * SLOT_BYTES, SLOT_BYTES);
    }

    function part(bytes memory data, uint256 offset, uint256 length) private pure returns (bytes memory result) {
        result = new bytes(length);
        for (uint256 i = 0; i < length; ++i) result[i] = data[offset + i];
    }
}
