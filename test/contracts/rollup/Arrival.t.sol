// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IERC20Errors } from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import { IBatchVerifier } from "../../../contracts/verification/batch/IBatchVerifier.sol";
import { ICustody } from "../../../contracts/interfaces/ICustody.sol";
import { IEscapeHatch } from "../../../contracts/interfaces/IEscapeHatch.sol";
import { IForcedQueue } from "../../../contracts/interfaces/IForcedQueue.sol";
import { IMigration } from "../../../contracts/interfaces/IMigration.sol";
import { IRollup } from "../../../contracts/interfaces/IRollup.sol";
import { FeeOnTransferToken } from "../../../contracts/mocks/FeeOnTransferToken.sol";
import { Reentrant } from "../../../contracts/mocks/Reentrant.sol";
import { MigrationTest } from "./MigrationTest.sol";

/// @notice Arrivals without a departure: carol pays for the accounts, whatever the proof says about a source.
contract ArrivalTest is MigrationTest {
    uint256 private constant CAPACITY = 1024;

    Migration private migration;
    FeeOnTransferToken private cheating;

    function setUp() public override {
        super.setUp();
        vm.deal(carol, 1_000 ether);
        for (uint256 i = 0; i < 2; ++i) {
            tokens[i].mint(carol, 10_000);
            vm.prank(carol);
            tokens[i].approve(address(target), type(uint256).max);
        }
        migration = migrationOf(rollup, address(target), pairs, migrants(), bob);
    }

    // ─── Arrival ─────────────────────────────────────────────────────────────────────────────────────────────────────

    function test_anyoneMayPayAccountsIn() public {
        bytes memory slot = arrivalSlot(migration, FEE_BASE, alice);
        uint256 carolHas = carol.balance;
        vm.expectEmit(address(target));
        emit IForcedQueue.ForcedOperationQueued(1, carol, slot);
        vm.expectEmit(address(target));
        emit IMigration.ArrivalQueued(1, migration.arrivals);
        vm.prank(carol);
        uint256 id = target.arrive{ value: 5 ether }(migration.proof, migration.signals, migration.arrivals, alice);
        assertEq(id, 1);

        assertEq(carolHas - carol.balance, 2 ether + FEE_BASE, "surplus back");
        assertEq(address(target).balance, 2 ether + FEE_BASE);
        assertEq(tokens[0].balanceOf(address(target)), 400);
        assertEq(tokens[1].balanceOf(address(target)), 70);
        (bytes27 rollingHash, uint256 queuedAt) = target.forcedOperation(1);
        assertEq(bytes32(rollingHash), bytes32(bytes27(keccak256(bytes.concat(bytes27(0), slot)))));
        assertEq(queuedAt, this.clock());
        assertEq(target.previewForced(0, 1, slot, 4, this.clock()), FEE_BASE);
    }

    /// @dev The caller pays again for the second arrival.
    function test_sameAccountsMayArriveAgain() public {
        arrive(2 ether + FEE_BASE);
        arrive(2 ether + FEE_BASE + FEE_STEP);
        assertEq(address(target).balance, 4 ether + 2 * uint256(FEE_BASE) + FEE_STEP);
        assertEq(tokens[0].balanceOf(address(target)), 800);
    }

    function test_etherAndFeeAreDueTogether() public {
        uint256 due = 2 ether + FEE_BASE;
        vm.expectRevert(abi.encodeWithSelector(ICustody.InsufficientValue.selector, due - 1, due));
        arrive(due - 1);
        arrive(due);
    }

    /// @dev Two pairs may name one token here: the source is the caller's invention, and what counts is the sum.
    function test_everyPairIsPaid() public {
        migration.signals[13] = tokensOf([uint16(1), 2, 3, 4], [uint16(3), 3, 0, 0]);
        (migration.signals[2], migration.signals[3]) = (10, 20);
        (migration.signals[4], migration.signals[5]) = (1 ether, 3 ether);
        migration.proof = proofOf(migration.signals);
        arrive(4 ether + FEE_BASE);
        assertEq(tokens[0].balanceOf(address(target)), 30);
        assertEq(address(target).balance, 4 ether + FEE_BASE);
    }

    function test_arrivalErrors() public {
        vm.prank(carol);
        vm.expectRevert(abi.encodeWithSelector(ICustody.ZeroAddress.selector));
        target.arrive{ value: 5 ether }(migration.proof, migration.signals, migration.arrivals, address(0));

        // A token that is not registered, though nobody may have any of it.
        migration.signals[13] = tokensOf([uint16(0), 1, 2, 0], [uint16(0), 4, 2, 0]);
        migration.proof = proofOf(migration.signals);
        vm.expectRevert(abi.encodeWithSelector(ICustody.UnknownToken.selector, 4));
        arrive(5 ether);
        migration.signals[3] = 0;
        migration.proof = proofOf(migration.signals);
        arrive(5 ether);

        migration = migrationOf(rollup, address(target), pairs, migrants(), bob);
        vm.prank(carol);
        tokens[1].approve(address(target), 69);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(target), 69, 70)
        );
        arrive(5 ether);
    }

    function test_nobodyArrivesOnAnotherChain() public {
        freeze(target);
        uint256 home = this.chain();
        vm.chainId(home + 1);
        bytes memory wrong = abi.encodeWithSelector(ICustody.WrongChain.selector, home + 1, home);
        vm.expectRevert(wrong);
        arrive(5 ether);
        vm.expectRevert(wrong);
        target.refundArrival(1, "", migration.arrivals, 0);
    }

    // ─── Proof ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev L1 names a wrong signal that it can compare; the proof binds all others.
    function test_everySignalCounts() public {
        uint256[17] memory signals = migration.signals;
        for (uint256 i = 0; i < 17; ++i) {
            migration.signals[i] ^= 1;
            uint256 reported = i == 8 ? 15 : i;
            uint256 expected = signals[i];
            if (i == 8) {
                bytes32 point = keccak256(abi.encode(keccak256(migration.arrivals), migration.signals[8]));
                expected = uint256(point) % PRIME;
            }
            vm.expectRevert(
                i == 8 || i == 9 || i == 15
                    ? abi.encodeWithSelector(
                        IMigration.WrongSignal.selector,
                        reported,
                        migration.signals[reported],
                        expected
                    )
                    : abi.encodeWithSelector(IBatchVerifier.ProofsRejected.selector)
            );
            arrive(5 ether);
            migration.signals[i] = signals[i];
        }
        arrive(5 ether);
    }

    /// @dev State, domain, target, moves and worker are those of any source, as long as they are proven.
    function test_signalsAboutTheSourceAreNotLookedAt() public {
        uint256[7] memory positions = [uint256(0), 6, 7, 10, 11, 12, 16];
        for (uint256 i = 0; i < 7; ++i) migration.signals[positions[i]] += 1;
        migration.signals[14] += 1;
        migration.proof = proofOf(migration.signals);
        arrive(5 ether);
        assertEq(target.queuedOperations(), 1);
    }

    function test_arrivalsAreThoseOfTheProof() public {
        for (uint256 position = 0; position < MAX_BYTES; position += 31) {
            migration.arrivals[position] ^= 0x01;
            bytes32 point = keccak256(abi.encode(keccak256(migration.arrivals), migration.signals[8]));
            vm.expectRevert(
                abi.encodeWithSelector(
                    IMigration.WrongSignal.selector,
                    15,
                    migration.signals[15],
                    uint256(point) % PRIME
                )
            );
            arrive(5 ether);
            // With its point, too: then the evaluation is another.
            uint256 honest = migration.signals[15];
            migration.signals[15] = uint256(point) % PRIME;
            vm.expectRevert(
                abi.encodeWithSelector(
                    IMigration.WrongSignal.selector,
                    9,
                    migration.signals[9],
                    evaluationAt(migration.arrivals, uint256(point) % PRIME)
                )
            );
            arrive(5 ether);
            migration.signals[15] = honest;
            migration.arrivals[position] ^= 0x01;
        }
        uint256[3] memory lengths = [MAX_BYTES - 1, uint256(1), MAX_BYTES + 93];
        for (uint256 i = 0; i < 3; ++i) {
            migration.arrivals = new bytes(lengths[i]);
            vm.expectRevert(abi.encodeWithSelector(IMigration.WrongMigrantsLength.selector, lengths[i], MAX_BYTES));
            arrive(5 ether);
        }
    }

    // ─── Tokens that cheat ───────────────────────────────────────────────────────────────────────────────────────────

    function test_tokenThatKeepsAPartIsRefused() public {
        FeeOnTransferToken token = payInCheating(carol, 1000);
        vm.expectRevert(abi.encodeWithSelector(ICustody.InexactTransfer.selector, address(token), 990, 1000));
        arrive(5 ether);
    }

    /// @dev An arrival of 1000 that loses 10 on the way, with a deposit of 10 hidden inside, would count as 1010.
    function test_depositInsideAnArrivalIsRefused() public {
        Reentrant user = new Reentrant();
        vm.deal(address(user), 10 ether);
        FeeOnTransferToken token = payInCheating(address(user), 1000);
        user.execute(address(token), abi.encodeCall(token.setCallback, (true)));
        user.arm(address(target), abi.encodeCall(target.topUp, (4, 10, 1, address(user))));
        vm.expectRevert(abi.encodeWithSelector(ICustody.InexactTransfer.selector, address(token), 990, 1000));
        executeArrival(user);

        // Small enough that nothing is lost: the arrival succeeds, and the lock's answer is kept.
        payInCheating(address(user), 99);
        executeArrival(user);
        assertTrue(user.reentered());
        assertFalse(user.succeeded());
        bytes memory locked = abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        assertEq(user.answer(), locked);
    }

    /// @dev Makes `migration` one of `amount` of a token that keeps a part, with the id 4.
    function payInCheating(address payer, uint128 amount) private returns (FeeOnTransferToken) {
        if (address(cheating) == address(0)) {
            cheating = new FeeOnTransferToken();
            target.registerToken{ value: TOKEN_FEE }(address(cheating));
            cheating.mint(payer, 10_000);
            vm.prank(payer);
            cheating.approve(address(target), type(uint256).max);
        }
        Migrant[] memory list = new Migrant[](1);
        list[0] = Migrant(5, 9, 4, amount, alice);
        migration = migrationOf(
            rollup,
            address(target),
            tokensOf([uint16(9), 9, 9, 9], [uint16(4), 4, 4, 4]),
            list,
            bob
        );
        return cheating;
    }

    function executeArrival(Reentrant user) private {
        user.execute{ value: FEE_BASE }(
            address(target),
            abi.encodeCall(target.arrive, (migration.proof, migration.signals, migration.arrivals, address(user)))
        );
    }

    // ─── Room ────────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Index 0 is no account: the first arrival begins at 4, and the tree has room for 255.
    function test_treeHasRoomFor255Arrivals() public {
        arriveEmpty(254);
        arriveEmpty(1);
        expectNoRoom(CAPACITY + 4);
    }

    /// @dev Three deposits fill up the first four leaves; a fourth begins the next.
    function test_eachDepositOfANewAccountCountsOne() public {
        depositNew(3);
        arriveEmpty(254); // up to 1,020
        uint256 snapshot = vm.snapshotState();
        arriveEmpty(1); // exactly full
        expectNoRoom(CAPACITY + 4);

        vm.revertToState(snapshot);
        depositNew(1);
        expectNoRoom(CAPACITY + 4);
    }

    /// @dev An arrival does not fill up the leaves before it.
    function test_arrivalsBeginAtAMultipleOfTheirSize() public {
        depositNew(4); // up to 5: the next arrival takes 8 … 11
        arriveEmpty(254); // up to 1,024
        expectNoRoom(CAPACITY + 4);
    }

    function test_nothingElseCounts() public {
        arriveEmpty(254);
        target.topUp{ value: 1 ether }(0, 1, 9, alice);
        target.forceTransfer{ value: 1 ether }(1, 2, 0, 1);
        target.forceExit{ value: 1 ether }(1, 0, 1);
        target.requestDeparture{ value: 1 ether }(address(rollup), 0, new bytes(93));
        arriveEmpty(1);
    }

    /// @dev The bound never falls: an executed operation keeps its place in the tree.
    function test_boundOutlivesExecution() public {
        arriveEmpty(255);
        advanceTarget(255);
        expectNoRoom(CAPACITY + 4);
        // A deposit is queued without room as well: in the leaf it is sent back.
        depositNew(5);
        expectNoRoom(CAPACITY + 12);
    }

    function depositNew(uint256 count) private {
        for (uint256 i = 0; i < count; ++i) {
            target.deposit{ value: target.forcedFee() + 1 }(0, 1, KEY_X, KEY_Y, alice);
        }
    }

    function expectNoRoom(uint256 end) private {
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.ArrivalDoesNotFit.selector, end, CAPACITY));
        arrive(100 ether);
    }

    // ─── Refund ──────────────────────────────────────────────────────────────────────────────────────────────────────

    function test_refundsEveryAccountOnceInTheTokensOfTheTarget() public {
        arrive(2 ether + FEE_BASE);
        bytes memory slot = arrivalSlot(migration, FEE_BASE, carol);
        skip(ESCAPE_DELAY + 1);
        vm.expectRevert(abi.encodeWithSelector(IEscapeHatch.NotFrozen.selector));
        target.refundArrival(1, slot, migration.arrivals, 0);
        target.freeze();
        for (uint256 position = 0; position < 4; ++position) {
            if (position == 2) continue;
            vm.expectEmit(address(target));
            emit IMigration.ArrivalRefunded(1, position, position == 1 ? bob : alice);
            target.refundArrival(1, slot, migration.arrivals, position);
            vm.expectRevert(abi.encodeWithSelector(IMigration.AlreadyPaid.selector, 1, position));
            target.refundArrival(1, slot, migration.arrivals, position);
        }
        assertEq(target.credits(0, alice), 2 ether);
        assertEq(target.credits(3, bob), 400);
        assertEq(target.credits(2, alice), 70);

        // With the fee, everything is out again.
        target.refund(1, slot);
        assertEq(target.credits(0, carol), FEE_BASE);
        for (uint16 id = 0; id < 4; ++id) {
            withdrawAll(id, alice);
            withdrawAll(id, bob);
            withdrawAll(id, carol);
        }
        assertEq(address(target).balance, 0);
        assertEq(tokens[0].balanceOf(address(target)), 0);
        assertEq(tokens[1].balanceOf(address(target)), 0);
    }

    function test_onlyWhatWaitsAndWasShownIsRefunded() public {
        arrive(5 ether); // 1, executed
        arrive(5 ether); // 2
        target.forceExit{ value: 1 ether }(1, 0, 1); // 3
        advanceTarget(1);
        freeze(target);
        bytes memory slot = arrivalSlot(migration, FEE_BASE + FEE_STEP, carol);
        vm.expectRevert(abi.encodeWithSelector(IEscapeHatch.AlreadyExecuted.selector, 1, 1));
        target.refundArrival(1, arrivalSlot(migration, FEE_BASE, carol), migration.arrivals, 0);
        expectWrongSlot(3, slot);
        target.refundArrival(3, slot, migration.arrivals, 0);
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.ForcedOperationsMissing.selector, 4, 3));
        target.refundArrival(4, slot, migration.arrivals, 0);
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.WrongSlotsLength.selector, 0, 93));
        target.refundArrival(2, "", migration.arrivals, 0);
        bytes32 recorded = bytes32(bytes26(keccak256(migration.arrivals)));
        migration.arrivals[20] ^= 0x01;
        expectUnknown(2, recorded);
        target.refundArrival(2, slot, migration.arrivals, 0);
        // Another list cannot be put into the slot afterwards.
        bytes memory other = arrivalSlot(migration, FEE_BASE + FEE_STEP, carol);
        expectWrongSlot(2, other);
        target.refundArrival(2, other, migration.arrivals, 0);
        migration.arrivals[20] ^= 0x01;
        uint256[4] memory positions = [uint256(2), 4, 2 ** 255, type(uint256).max];
        for (uint256 i = 0; i < 4; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IMigration.NoAccount.selector, positions[i]));
            target.refundArrival(2, slot, migration.arrivals, positions[i]);
        }
        target.refundArrival(2, slot, migration.arrivals, 0);
    }

    /// @dev The first 26 bytes of a forced transfer are its sender's to choose: they might be those of any hash.
    function test_otherOperationThatBeginsLikeAnArrivalIsNotOne() public {
        bytes memory slot = arrivalSlot(migration, FEE_BASE, carol);
        bytes32 hash = keccak256(migration.arrivals);
        (uint32 from, uint32 to) = (uint32(bytes4(hash)), uint32(bytes4(hash << 32)));
        (uint16 token, uint128 amount) = (uint16(bytes2(hash << 64)), uint128(bytes16(hash << 80)));
        vm.prank(carol);
        target.forceTransfer{ value: FEE_BASE }(from, to, token, amount);
        bytes memory transfer = slotOf(from, to, token, amount, 0, 0, FEE_BASE, carol);
        for (uint256 i = 0; i < 26; ++i) assertEq(uint256(uint8(transfer[i])), uint8(slot[i]));
        freeze(target);
        expectUnknown(1, 0);
        target.refundArrival(1, transfer, migration.arrivals, 0);
        expectWrongSlot(1, slot);
        target.refundArrival(1, slot, migration.arrivals, 0);
    }

    function expectWrongSlot(uint256 id, bytes memory slot) private {
        (bytes27 previous, ) = target.forcedOperation(id - 1);
        (bytes27 recorded, ) = target.forcedOperation(id);
        bytes27 computed = bytes27(keccak256(bytes.concat(previous, slot)));
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.WrongOperation.selector, id, computed, recorded));
    }

    function expectUnknown(uint256 id, bytes32 recorded) private {
        bytes32 shown = keccak256(migration.arrivals);
        vm.expectRevert(abi.encodeWithSelector(IMigration.UnknownMigrants.selector, id, shown, recorded));
    }

    function withdrawAll(uint16 id, address account) private {
        if (target.credits(id, account) == 0) return;
        vm.prank(account);
        target.withdraw(id);
    }

    // ─── Helpers ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Carol pays `migration` in.
    function arrive(uint256 value) private {
        Migration memory paid = migration;
        vm.prank(carol);
        target.arrive{ value: value }(paid.proof, paid.signals, paid.arrivals, carol);
    }

    function advanceTarget(uint256 forcedCount) private {
        target.advance(IRollup.Transition(50, forcedCount, 0, 0, new IRollup.Payment[](0)));
    }
}
