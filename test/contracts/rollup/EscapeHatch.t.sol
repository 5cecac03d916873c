// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IBatchVerifier } from "../../../contracts/verification/batch/IBatchVerifier.sol";
import { ICustody } from "../../../contracts/interfaces/ICustody.sol";
import { IEscapeHatch } from "../../../contracts/interfaces/IEscapeHatch.sol";
import { IExits } from "../../../contracts/interfaces/IExits.sol";
import { IForcedQueue } from "../../../contracts/interfaces/IForcedQueue.sol";
import { IRollup } from "../../../contracts/interfaces/IRollup.sol";
import { MigrationTest } from "./MigrationTest.sol";

contract EscapeHatchTest is MigrationTest {
    // ─── Freeze ──────────────────────────────────────────────────────────────────────────────────────────────────────

    function test_freezesOneSecondAfterTheDelay() public {
        queueExit(1); // 4
        uint256 deadline = this.clock() + ESCAPE_DELAY;
        vm.warp(deadline);
        expectNotLate(4, deadline);
        assertFalse(rollup.isFrozen());
        vm.warp(deadline + 1);
        vm.expectEmit(address(rollup));
        emit IEscapeHatch.Frozen(GENESIS + 1, bob);
        vm.prank(bob);
        rollup.freeze();
        assertTrue(rollup.isFrozen());
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.RollupFrozen.selector));
        rollup.freeze();
    }

    function test_emptyQueueNeverFreezes() public {
        skip(1000 days);
        expectNothingQueued();
        queueExit(1);
        skip(1000 days);
        advance(50, 1);
        expectNothingQueued();
    }

    /// @dev Not the length of the queue, nor when the last operation came, nor when the last one was executed.
    function test_oldestWaitingOperationDecides() public {
        uint256 start = this.clock();
        queueExit(1); // 4
        skip(100);
        queueExit(2); // 5
        skip(100);
        queueExit(3); // 6
        expectNotLate(4, start + ESCAPE_DELAY);
        advance(50, 1);
        vm.warp(start + ESCAPE_DELAY + 1);
        expectNotLate(5, start + 100 + ESCAPE_DELAY);
        queueExit(4); // 7
        advance(51, 1);
        vm.warp(start + 100 + ESCAPE_DELAY + 1);
        expectNotLate(6, start + 200 + ESCAPE_DELAY);
        vm.warp(start + 200 + ESCAPE_DELAY);
        queueExit(5); // 8
        expectNotLate(6, start + 200 + ESCAPE_DELAY);
        vm.warp(start + 200 + ESCAPE_DELAY + 1);
        rollup.freeze();
    }

    /// @dev That it was executed at the last second is enough.
    function test_executionSavesTheRollup() public {
        queueExit(1);
        skip(ESCAPE_DELAY + 1);
        advance(50, 1);
        expectNothingQueued();
    }

    /// @dev A departure that was executed but did not happen stops the state; an operation that waits behind it still
    ///      freezes the rollup.
    function test_departureThatIsDueDoesNotPreventAFreeze() public {
        request(migrationBy(carol)); // 4
        advance(50, 1);
        skip(ESCAPE_DELAY + 1);
        expectNothingQueued();
        queueExit(1); // 5
        skip(ESCAPE_DELAY + 1);
        rollup.freeze();
        assertEq(rollup.stateRoot(), 50);
    }

    function test_clockMayJump() public {
        queueExit(1);
        vm.warp(this.clock() + 10_000 * 365 days);
        rollup.freeze();
        assertTrue(rollup.isFrozen());
    }

    function test_everyKindOfOperationFreezes() public {
        uint256 snapshot = vm.snapshotState();
        for (uint256 kind = 0; kind < 6; ++kind) {
            vm.revertToState(snapshot);
            snapshot = vm.snapshotState();
            if (kind == 0) rollup.deposit{ value: 1 ether }(0, 1, KEY_X, KEY_Y, alice);
            if (kind == 1) rollup.topUp{ value: 1 ether }(0, 1, 9, alice);
            if (kind == 2) rollup.forceTransfer{ value: 1 ether }(1, 2, 0, 1);
            if (kind == 3) rollup.forceExit{ value: 1 ether }(1, 0, 1);
            if (kind == 4) request(migrationBy(carol));
            if (kind == 5) arriveAt(migrationOf(target, address(rollup), 0, new Migrant[](0), bob), alice);
            skip(ESCAPE_DELAY + 1);
            rollup.freeze();
        }
    }

    function expectNotLate(uint256 id, uint256 deadline) private {
        uint256 time = this.clock();
        vm.expectRevert(abi.encodeWithSelector(IEscapeHatch.NotLate.selector, id, deadline, time));
        rollup.freeze();
    }

    function expectNothingQueued() private {
        vm.expectRevert(abi.encodeWithSelector(IEscapeHatch.NothingQueued.selector));
        rollup.freeze();
    }

    // ─── After a freeze ──────────────────────────────────────────────────────────────────────────────────────────────

    function test_nothingMovesAfterAFreeze() public {
        freeze(rollup);
        bytes memory frozen = abi.encodeWithSelector(IForcedQueue.RollupFrozen.selector);
        vm.expectRevert(frozen);
        rollup.deposit{ value: 1 ether }(0, 1, KEY_X, KEY_Y, alice);
        vm.expectRevert(frozen);
        rollup.topUp{ value: 1 ether }(0, 1, 9, alice);
        vm.expectRevert(frozen);
        rollup.forceTransfer{ value: 1 ether }(1, 2, 0, 1);
        vm.expectRevert(frozen);
        rollup.forceExit{ value: 1 ether }(1, 0, 1);
        vm.expectRevert(frozen);
        rollup.requestDeparture{ value: 1 ether }(address(target), pair[1], new bytes(93));
        Migration memory migration = migrationOf(target, address(rollup), 0, new Migrant[](0), bob);
        vm.expectRevert(frozen);
        rollup.arrive{ value: 1 ether }(migration.proof, migration.signals, migration.arrivals, alice);
        vm.expectRevert(frozen);
        advance(50, 0);
        vm.expectRevert(frozen);
        rollup.previewForced(3, 0, "", 4, vm.getBlockTimestamp());
        vm.expectRevert(frozen);
        rollup.base();
        assertEq(rollup.stateRoot(), GENESIS + 1);
        assertEq(rollup.queuedOperations(), 4);
        assertEq(rollup.executedOperations(), 3);
    }

    /// @dev Money that was settled and credited before is paid as ever. (Deliveries and reclaims: `Delivery.t.sol`.)
    function test_claimsAndWithdrawalsGoOn() public {
        IExits.ExitClaim memory exit;
        (exit.recipient, exit.amount) = (bob, 2 ether);
        bytes32 root = keccak256(abi.encode(uint256(0), uint160(bob), 2 ether));
        IRollup.Payment[] memory payments = new IRollup.Payment[](1);
        payments[0] = IRollup.Payment(bob, 1, 300);
        rollup.advance(IRollup.Transition(50, 0, root, 1, payments));
        freeze(rollup);

        uint256 before = bob.balance;
        rollup.claim(exit);
        assertEq(bob.balance - before, 2 ether);
        vm.prank(bob);
        rollup.withdraw(1);
        assertEq(tokens[0].balanceOf(bob), 300);
    }

    function test_wayOutOpensWithTheFreeze() public {
        bytes memory slot = queueExit(1);
        skip(ESCAPE_DELAY + 1);
        bytes memory live = abi.encodeWithSelector(IEscapeHatch.NotFrozen.selector);
        uint256[8] memory proof = escapeProof(5, alice, 0, 1 ether);
        vm.expectRevert(live);
        rollup.escape(5, alice, 0, 1 ether, proof);
        vm.expectRevert(live);
        rollup.refund(4, slot);
        rollup.freeze();
        rollup.escape(5, alice, 0, 1 ether, proof);
        rollup.refund(4, slot);
    }

    function test_everythingStopsOnAnotherChain() public {
        bytes memory slot = queueExit(1);
        skip(ESCAPE_DELAY + 1);
        uint256[8] memory proof = escapeProof(5, alice, 0, 1 ether);
        uint256 home = this.chain();
        bytes memory wrong = abi.encodeWithSelector(ICustody.WrongChain.selector, home + 1, home);
        vm.chainId(home + 1);
        vm.expectRevert(wrong);
        rollup.freeze();
        vm.chainId(home);
        rollup.freeze();
        vm.chainId(home + 1);
        vm.expectRevert(wrong);
        rollup.escape(5, alice, 0, 1 ether, proof);
        vm.expectRevert(wrong);
        rollup.refund(4, slot);
    }

    // ─── Escape ──────────────────────────────────────────────────────────────────────────────────────────────────────

    function test_anyoneMayTakeTheOwnersMoneyToTheOwner() public {
        freeze(rollup);
        uint256[8] memory proof = escapeProof(1023, alice, 1, 400);
        vm.expectEmit(address(rollup));
        emit IEscapeHatch.Escaped(1023, alice, 1, 400);
        vm.expectEmit(address(rollup));
        emit ICustody.Credited(1, alice, 400);
        vm.prank(bob);
        rollup.escape(1023, alice, 1, 400, proof);
        assertTrue(rollup.hasLeft(1023));
        assertEq(rollup.credits(1, bob), 0);
        assertEq(rollup.stateRoot(), GENESIS + 1);
        vm.prank(alice);
        rollup.withdraw(1);
        assertEq(tokens[0].balanceOf(alice), 400);
    }

    /// @dev One owner's accounts add up.
    function test_everyAccountOfAnOwnerEscapes() public {
        freeze(rollup);
        escape(5, alice, 0, 1 ether);
        escape(6, alice, 0, 2 ether);
        escape(7, alice, 2, 9);
        assertEq(rollup.credits(0, alice), 3 ether);
        assertEq(rollup.credits(2, alice), 9);
    }

    function test_everyPublicInputCounts() public {
        advance(50, 0);
        uint256[8] memory older = escapeProof(5, alice, 0, 1 ether);
        advance(51, 0);
        freeze(rollup);
        uint256[8] memory proof = escapeProof(5, alice, 0, 1 ether);
        expectRejected(5, bob, 0, 1 ether, proof);
        expectRejected(5, alice, 1, 1 ether, proof);
        expectRejected(5, alice, 0, 1 ether + 1, proof);
        expectRejected(6, alice, 0, 1 ether, proof);
        expectRejected(5, alice, 0, 1 ether, older); // an earlier state
        // A proof of the other circuit with the same inputs.
        proof[0] = uint256(
            keccak256(abi.encode(uint256(1), alice, uint256(0), uint256(1 ether), uint256(51), uint256(5)))
        );
        expectRejected(5, alice, 0, 1 ether, proof);
        assertFalse(rollup.hasLeft(5));
        escape(5, alice, 0, 1 ether);
    }

    function expectRejected(
        uint256 account,
        address owner,
        uint16 token,
        uint128 amount,
        uint256[8] memory proof
    ) private {
        vm.expectRevert(abi.encodeWithSelector(IBatchVerifier.ProofsRejected.selector));
        rollup.escape(account, owner, token, amount, proof);
    }

    function test_accountEscapesOnce() public {
        freeze(rollup);
        escape(5, alice, 0, 1 ether);
        uint256[8] memory proof = escapeProof(5, alice, 0, 1 ether);
        vm.expectRevert(abi.encodeWithSelector(IEscapeHatch.AlreadyLeft.selector, 5));
        rollup.escape(5, alice, 0, 1 ether, proof);
        assertEq(rollup.credits(0, alice), 1 ether);
    }

    function test_emptyAccountHasNothingToEscape() public {
        freeze(rollup);
        uint256[8] memory proof = escapeProof(5, alice, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IEscapeHatch.NothingToEscape.selector, 5));
        rollup.escape(5, alice, 0, 0, proof);
    }

    /// @dev Each account has a bit of its own, in every word.
    function testFuzz_accountsLeaveOneByOne(uint32 account, uint32 other) public {
        vm.assume(account != other);
        freeze(rollup);
        escape(account, alice, 0, 1);
        assertTrue(rollup.hasLeft(account));
        assertFalse(rollup.hasLeft(other));
        assertFalse(rollup.hasLeft(uint256(account) ^ 0xff), "same word");
        assertFalse(rollup.hasLeft(uint256(account) ^ 0x100), "same bit of another word");
        assertFalse(rollup.hasLeft(uint256(account) + 2 ** 32));
        escape(other, alice, 0, 1);
        assertEq(rollup.credits(0, alice), 2);
    }

    function escape(uint256 account, address owner, uint16 token, uint128 amount) private {
        rollup.escape(account, owner, token, amount, escapeProof(account, owner, token, amount));
    }

    /// @dev docs/enforcement.md §3, for the last proven state.
    function escapeProof(
        uint256 account,
        address owner,
        uint16 token,
        uint128 amount
    ) private view returns (uint256[8] memory proof) {
        uint256[] memory signals = new uint256[](5);
        (signals[0], signals[1], signals[2]) = (uint160(owner), token, amount);
        (signals[3], signals[4]) = (rollup.stateRoot(), account);
        proof[0] = enforcementVerifier.hashOf(0, signals);
    }

    // ─── Refund ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev One operation of each kind, each with another fee; afterwards the core holds what L2 owns, and no more.
    function test_refundsWhatEachOperationBrought() public {
        address[7] memory users;
        for (uint160 i = 0; i < 7; ++i) {
            users[i] = address(0xabc000 + i);
            vm.deal(users[i], 1 ether + 1);
        }
        mintTo(tokens[0], users[1], 30);
        bytes[7] memory slots;
        vm.prank(users[0]);
        rollup.deposit{ value: 1 ether }(0, 0.5 ether, KEY_X, KEY_Y, users[0]);
        slots[0] = slotOf(0, 0, 0, 0.5 ether, KEY_X, KEY_Y, feeAt(0), users[0]);
        vm.prank(users[1]);
        rollup.deposit{ value: 1 ether }(1, 30, KEY_X, KEY_Y, users[1]);
        slots[1] = slotOf(0, 0, 1, 30, KEY_X, KEY_Y, feeAt(1), users[1]);
        vm.prank(users[0]); // pays, and somebody else gets the refund
        rollup.topUp{ value: 0.2 ether }(0, 0.1 ether, 9, users[2]);
        slots[2] = slotOf(0, 9, 0, 0.1 ether, 0, 0, feeAt(2), users[2]);
        vm.prank(users[3]);
        rollup.forceTransfer{ value: 1 ether }(5, 6, 0, 1 ether);
        slots[3] = slotOf(5, 6, 0, 1 ether, 0, 0, feeAt(3), users[3]);
        vm.prank(users[4]);
        rollup.forceExit{ value: 1 ether }(5, 1, type(uint128).max);
        slots[4] = slotOf(5, 0, 1, type(uint128).max, 0, 0, feeAt(4), users[4]);
        Migration memory migration = migrationBy(carol);
        vm.prank(users[5]);
        rollup.requestDeparture{ value: 1 ether }(address(target), pair[1], migration.moves);
        slots[5] = departureSlot(migration, feeAt(5), proofFee(feeAt(5)), users[5]);
        migration = migrationOf(target, address(rollup), 0, new Migrant[](0), carol);
        vm.prank(users[6]);
        rollup.arrive{ value: 1 ether }(migration.proof, migration.signals, migration.arrivals, users[6]);
        slots[6] = arrivalSlot(migration, feeAt(6), users[6]);
        skip(ESCAPE_DELAY + 1);
        rollup.freeze();

        for (uint256 i = 0; i < 7; ++i) {
            assertFalse(rollup.isRefunded(4 + i));
            vm.expectEmit(address(rollup));
            emit IEscapeHatch.Refunded(4 + i, users[i]);
            vm.prank(bob);
            rollup.refund(4 + i, slots[i]);
            assertTrue(rollup.isRefunded(4 + i));
            vm.expectRevert(abi.encodeWithSelector(IEscapeHatch.AlreadyRefunded.selector, 4 + i));
            rollup.refund(4 + i, slots[i]);
            uint256 value = feeAt(i);
            if (i == 0) value += 0.5 ether;
            if (i == 2) value += 0.1 ether;
            if (i == 5) value += proofFee(feeAt(5));
            assertEq(rollup.credits(0, users[i]), value);
            assertEq(rollup.credits(1, users[i]), i == 1 ? 30 : 0);
            vm.startPrank(users[i]);
            rollup.withdraw(0);
            if (i == 1) rollup.withdraw(1);
            vm.stopPrank();
        }
        assertEq(address(rollup).balance, ETH_ON_L2);
        assertEq(tokens[0].balanceOf(address(rollup)), TOKENS_ON_L2);
    }

    function feeAt(uint256 waiting) private pure returns (uint256) {
        return FEE_BASE + waiting * FEE_STEP;
    }

    function test_executedOperationsAreNotRefunded() public {
        bytes memory first = queueExit(1); // 4
        bytes memory second = queueExit(2); // 5
        bytes memory third = queueExit(3); // 6
        advance(50, 2);
        freeze(rollup);
        expectExecuted(4, 5, first);
        expectExecuted(5, 5, second);
        rollup.refund(6, third);
    }

    /// @dev A departure has two fees. After its execution the batch's prover has one; the other was for the prover of
    ///      the migration, and comes back.
    function test_departureThatDidNotHappenHasItsSecondFeeBack() public {
        bytes[4] memory slots;
        for (uint256 i = 0; i < 4; ++i) slots[i] = request(migrationBy(carol)); // 4 … 7
        bytes memory exit = queueExit(1); // 8
        advance(50, 3);
        depart(carol, 4, slots[0], migrationBy(carol));
        freeze(rollup);
        expectExecuted(4, 6, slots[0]); // happened
        uint256 has = rollup.credits(0, alice);
        rollup.refund(6, slots[2]);
        assertEq(rollup.credits(0, alice) - has, proofFee(feeAt(2)), "executed");
        rollup.refund(5, slots[1]);
        assertEq(rollup.credits(0, alice) - has, proofFee(feeAt(1)) + proofFee(feeAt(2)), "executed");
        rollup.refund(7, slots[3]);
        uint256 back = proofFee(feeAt(1)) + proofFee(feeAt(2)) + feeAt(3) + proofFee(feeAt(3));
        assertEq(rollup.credits(0, alice) - has, back, "not executed");
        rollup.refund(8, exit);
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IEscapeHatch.AlreadyRefunded.selector, 5 + i));
            rollup.refund(5 + i, slots[1 + i]);
        }
    }

    function test_departureThatHappenedIsNotRefunded() public {
        bytes memory slot = request(migrationBy(carol)); // 4
        advance(50, 1);
        depart(carol, 4, slot, migrationBy(carol));
        freeze(rollup); // no departure waits
        expectExecuted(4, 4, slot);
    }

    /// @dev Other operations do not wait because a departure does.
    function test_executedOperationBehindADueDepartureIsNotRefunded() public {
        request(migrationBy(carol)); // 4
        bytes memory exit = queueExit(1); // 5
        advance(50, 2);
        freeze(rollup);
        expectExecuted(5, 5, exit);
    }

    function expectExecuted(uint256 id, uint256 executed, bytes memory slot) private {
        vm.expectRevert(abi.encodeWithSelector(IEscapeHatch.AlreadyExecuted.selector, id, executed));
        rollup.refund(id, slot);
    }

    function testFuzz_onlyTheBytesOfTheOperationAreRefunded(uint256 position, uint8 mask) public {
        position = bound(position, 0, SLOT_BYTES - 1);
        vm.assume(mask != 0);
        rollup.deposit{ value: 2 ether }(0, 1 ether, KEY_X, KEY_Y, alice);
        bytes memory slot = slotOf(0, 0, 0, 1 ether, KEY_X, KEY_Y, FEE_BASE, alice);
        freeze(rollup);
        slot[position] ^= bytes1(mask);
        expectWrongOperation(4, slot);
        slot[position] ^= bytes1(mask);
        rollup.refund(4, slot);
    }

    function test_operationHasItsOwnId() public {
        bytes memory first = queueExit(1); // 4
        bytes memory second = queueExit(2); // 5
        freeze(rollup);
        expectWrongOperation(5, first);
        expectWrongOperation(4, second);
        uint256[3] memory missing = [uint256(0), 6, type(uint256).max];
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IForcedQueue.ForcedOperationsMissing.selector, missing[i], 5));
            rollup.refund(missing[i], first);
        }
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.WrongSlotsLength.selector, 2 * SLOT_BYTES, SLOT_BYTES));
        rollup.refund(4, bytes.concat(first, second));
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.WrongSlotsLength.selector, 0, SLOT_BYTES));
        rollup.refund(4, "");
    }

    function expectWrongOperation(uint256 id, bytes memory slot) private {
        (bytes27 previous, ) = rollup.forcedOperation(id - 1);
        (bytes27 recorded, ) = rollup.forcedOperation(id);
        bytes27 computed = bytes27(keccak256(bytes.concat(previous, slot)));
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.WrongOperation.selector, id, computed, recorded));
        rollup.refund(id, slot);
    }

    // ─── Helpers ─────────────────────────────────────────────────────────────────────────────────────────────────────

    function arriveAt(Migration memory migration, address refundTo) private {
        rollup.arrive{ value: 1 ether }(migration.proof, migration.signals, migration.arrivals, refundTo);
    }
}
