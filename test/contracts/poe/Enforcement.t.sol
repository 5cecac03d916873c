// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IBatchVerifier } from "../../../contracts/verification/batch/IBatchVerifier.sol";
import { IEscapeHatch } from "../../../contracts/interfaces/IEscapeHatch.sol";
import { IForcedQueue } from "../../../contracts/interfaces/IForcedQueue.sol";
import { IProofOfEfficiency } from "../../../contracts/interfaces/IProofOfEfficiency.sol";
import { BatchHeader } from "../../../contracts/types/BatchHeader.sol";
import { MigrationModel } from "../rollup/MigrationModel.sol";
import { PoeTest } from "./PoeTest.sol";

/// @notice Tests the effects of a freeze and of a departure on batches.
contract EnforcementTest is PoeTest, MigrationModel {
    mapping(uint256 place => uint256) private proofFees;

    function setUp() public override {
        super.setUp();
        vm.fee(2 gwei);
    }

    // ─── Freeze ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Taking an operation is not enough: a sequencer that only takes operations cannot keep anybody's money.
    function test_takenButUnprovenOperationFreezesTheRollup() public {
        queueExit(dave, 1);
        sequence(alice, forcedInput(1, 1, 0));
        vm.warp(START + ESCAPE_DELAY);
        vm.expectRevert(
            abi.encodeWithSelector(IEscapeHatch.NotLate.selector, 1, START + ESCAPE_DELAY, START + ESCAPE_DELAY)
        );
        rollup.freeze();
        vm.warp(START + ESCAPE_DELAY + 1);
        uint256 snapshot = vm.snapshotState();
        verify(carol, 1, 1); // just in time
        vm.expectRevert(abi.encodeWithSelector(IEscapeHatch.NothingQueued.selector));
        rollup.freeze();
        vm.revertToState(snapshot);
        rollup.freeze();
        assertTrue(rollup.isFrozen());
    }

    function test_nothingIsSequencedOrProvenAfterAFreeze() public {
        sequence(alice, inputOf(93, 1));
        freeze();
        bytes memory frozen = abi.encodeWithSelector(IForcedQueue.RollupFrozen.selector);
        IProofOfEfficiency.BatchInput memory input = inputOf(93, 2);
        vm.expectRevert(frozen);
        vm.prank(alice, alice);
        poe.sequence(one(input), MAX_FEE, 0);
        expectVerifyRevert(1, 1, frozen);
        assertEq(poe.sequencedBatches(), 1);
        assertEq(poe.verifiedBatches(), 0);
    }

    /// @dev The bonds go back, as no commitment can be judged any more. The fees do not: a sequencer who fills the ring
    ///      until the rollup freezes pays as much as if it had been proven.
    function test_bondOfEveryPendingBatchIsRefundedToItsSequencer() public {
        sequence(alice, inputOf(93, 1));
        verify(carol, 1, 1);
        sequence(alice, inputOf(2 * LEAF_BYTES + 1, 2));
        IProofOfEfficiency.BatchInput memory lie = inputOf(93, 3);
        lie.commitments[0] ^= 1; // a lie costs nothing before it is proven
        sequence(bob, lie);
        vm.warp(START + TARGET + DOUBLING); // the fee has doubled
        queueExit(dave, 1);
        sequence(alice, forcedInput(1, 1, 0));
        assertGt(posted[4].record.fee, FEE);
        freeze();

        uint256 escrow = token.balanceOf(address(poe)) - poe.balances(alice) - poe.balances(bob) - poe.balances(carol);
        assertEq(escrow, 4 * (FEE + uint256(BOND)) + posted[4].record.fee + BOND);
        expectRefund(4, alice, BOND);
        expectRefund(2, alice, 3 * uint256(BOND));
        expectRefund(3, bob, BOND);
        assertEq(
            token.balanceOf(address(poe)),
            poe.balances(alice) + poe.balances(bob) + poe.balances(carol) + 4 * uint256(FEE) + posted[4].record.fee,
            "the fees are left"
        );
        uint256 all = poe.balances(alice);
        vm.prank(alice);
        poe.withdraw(all);
        assertEq(token.balanceOf(alice), all);
    }

    /// @dev Batches whose places in the ring were used before, up to the last one.
    function test_fullRingIsRefunded() public {
        for (uint256 i = 1; i <= MAX_PENDING + 2; ++i) {
            sequence(alice, inputOf(93, i));
            verify(carol, i, i);
        }
        uint256 fees;
        for (uint256 i = 1; i <= MAX_PENDING; ++i) {
            sequence(bob, inputOf(93 * (i % 4), i));
            fees += posted[postedCount].record.fee;
        }
        freeze();
        for (uint256 i = 1; i <= MAX_PENDING; ++i) {
            uint256 number = MAX_PENDING + 2 + i;
            expectRefund(number, bob, posted[number].record.bond);
        }
        assertEq(poe.balances(bob), 10_000_000 ether - fees);
        assertEq(fees, MAX_PENDING * uint256(FEE));
    }

    /// @dev The fees of forced operations go back in the core, to those who paid them.
    function test_forcedFeesAreNotTheSequencers() public {
        uint256 fee = queueExit(dave, 1);
        sequence(alice, forcedInput(1, 1, 0));
        freeze();
        expectRefund(1, alice, BOND);
        rollup.refund(1, forced[0]);
        assertEq(rollup.credits(0, dave), fee);
        assertEq(rollup.credits(0, alice), 0);
    }

    function test_onlyTheRecordOfTheBatchIsRefunded() public {
        sequence(alice, inputOf(93, 1));
        sequence(bob, inputOf(93, 2));
        freeze();
        for (uint256 field = 0; field < 6; ++field) {
            IProofOfEfficiency.BatchRecord memory altered = posted[2].record;
            if (field == 0) altered.sequencer = carol;
            if (field == 1) altered.header = BatchHeader.wrap(BatchHeader.unwrap(altered.header) ^ 1);
            if (field == 2) altered.dataHash ^= bytes32(uint256(1));
            if (field == 3) altered.fee += 1;
            if (field == 4) altered.bond += 1;
            if (field == 5) altered.forcedFees += 1;
            expectMismatch(2, altered, posted[2].openings);
        }
        expectMismatch(2, posted[2].record, posted[1].openings);
        expectMismatch(2, posted[1].record, posted[1].openings);
        expectMismatch(1, posted[2].record, posted[2].openings);
        poe.refundBatch(2, posted[2].record, posted[2].openings);
    }

    function test_refundErrors() public {
        sequence(alice, inputOf(93, 1));
        verify(carol, 1, 1);
        sequence(alice, inputOf(93, 2));
        vm.expectRevert(abi.encodeWithSelector(IProofOfEfficiency.NotFrozen.selector));
        poe.refundBatch(2, posted[2].record, posted[2].openings);
        freeze();
        for (uint256 batch = 0; batch < 2; ++batch) {
            vm.expectRevert(abi.encodeWithSelector(IProofOfEfficiency.AlreadyVerified.selector, batch, 1));
            poe.refundBatch(batch, posted[1].record, posted[1].openings);
        }
        vm.expectRevert(abi.encodeWithSelector(IProofOfEfficiency.NotSequenced.selector, 3, 2));
        poe.refundBatch(3, posted[2].record, posted[2].openings);
        poe.refundBatch(2, posted[2].record, posted[2].openings);
        vm.expectRevert(abi.encodeWithSelector(IProofOfEfficiency.AlreadyRefunded.selector, 2));
        poe.refundBatch(2, posted[2].record, posted[2].openings);
    }

    function expectRefund(uint256 number, address sequencer, uint256 amount) private {
        uint256 has = poe.balances(sequencer);
        assertFalse(poe.isRefunded(number));
        vm.expectEmit(address(poe));
        emit IProofOfEfficiency.BatchRefunded(number, sequencer, amount);
        vm.prank(dave); // anyone
        poe.refundBatch(number, posted[number].record, posted[number].openings);
        assertEq(poe.balances(sequencer) - has, amount);
        assertTrue(poe.isRefunded(number));
    }

    function expectMismatch(uint256 number, IProofOfEfficiency.BatchRecord memory altered, bytes32 openings) private {
        bytes27 computed = bytes27(keccak256(abi.encode(posted[number].previous, altered, openings)));
        vm.expectRevert(
            abi.encodeWithSelector(
                IProofOfEfficiency.BatchMismatch.selector,
                number,
                computed,
                bytes27(posted[number].accumulator)
            )
        );
        poe.refundBatch(number, altered, openings);
    }

    function freeze() private {
        queueExit(dave, 9);
        skip(ESCAPE_DELAY + 1);
        rollup.freeze();
    }

    // ─── Departure ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev The state after a departure is another than the batch left behind: no proof goes across.
    function test_proofsEndWithTheBatchThatTookADeparture() public {
        queueExit(dave, 1);
        queueDeparture();
        queueExit(dave, 2);
        sequence(alice, inputOf(93, 1));
        sequence(alice, forcedInput(1, 1, 0));
        sequence(alice, forcedInput(2, 2, 93));
        sequence(alice, inputOf(93, 4));
        expectVerifyRevert(1, 4, abi.encodeWithSelector(IProofOfEfficiency.DepartureInside.selector, 4));
        verify(carol, 1, 3);
        bytes memory due = abi.encodeWithSelector(IForcedQueue.DepartureDue.selector, 2);
        expectVerifyRevert(4, 4, due);

        // The virtual chain grows all the while.
        sequence(bob, inputOf(93, 5));
        depart(2, 3);
        verify(carol, 4, 5);
        assertEq(rollup.stateRoot(), rootBefore(6, 0));
        assertEq(rollup.executedOperations(), 3);
        // One fee for the batch, the rest for the migration.
        assertEq(rollup.credits(0, carol), 3 * uint256(FORCED_BASE) + 3 * uint256(FORCED_STEP));
        assertEq(rollup.credits(0, dave), proofFees[1]);
        assertGt(proofFees[1], FORCED_BASE + FORCED_STEP);
    }

    function test_severalDeparturesOfABatchHappenBeforeTheNextOne() public {
        for (uint256 i = 0; i < 3; ++i) queueDeparture();
        sequence(alice, forcedInput(1, 2, 0));
        sequence(alice, forcedInput(3, 1, 0));
        sequence(alice, inputOf(93, 1));
        expectVerifyRevert(1, 2, abi.encodeWithSelector(IProofOfEfficiency.DepartureInside.selector, 2));
        verify(carol, 1, 1);
        depart(1, 1);
        expectVerifyRevert(2, 2, abi.encodeWithSelector(IForcedQueue.DepartureDue.selector, 2));
        depart(2, 1);
        // A longer range, of which a part is proven, does not go across, either.
        expectVerifyRevert(1, 3, abi.encodeWithSelector(IProofOfEfficiency.DepartureInside.selector, 3));
        verify(carol, 1, 2);
        depart(3, 2);
        verify(carol, 3, 3);
        assertEq(poe.verifiedBatches(), 3);
    }

    /// @dev A proof that starts from the state before the departure is one of another state.
    function test_nextBatchStartsFromTheDeparture() public {
        queueDeparture();
        sequence(alice, forcedInput(1, 1, 0));
        sequence(alice, inputOf(93, 1));
        verify(carol, 1, 1);
        IProofOfEfficiency.BatchProof[] memory proofs = prove(carol, 2, 2);
        (IProofOfEfficiency.JointBatch[] memory batches, uint256 root, bytes memory joint) = proveJointly(carol, 2, 2);
        depart(1, 1);
        vm.expectRevert(abi.encodeWithSelector(IBatchVerifier.ProofsRejected.selector));
        vm.prank(carol);
        poe.verify(2, proofs);
        vm.expectRevert(abi.encodeWithSelector(IBatchVerifier.ProofsRejected.selector));
        vm.prank(carol);
        poe.verifyJointly(2, batches, root, joint);
        uint256 snapshot = vm.snapshotState();
        verify(carol, 2, 2);
        assertTrue(vm.revertToState(snapshot));
        verifyJointly(carol, 2, 2);
    }

    /// @dev A departure that waits to be taken stops nothing.
    function test_departureThatWasNotTakenStopsNothing() public {
        queueDeparture();
        for (uint256 i = 1; i <= 3; ++i) sequence(alice, inputOf(93, i));
        verify(carol, 1, 3);
        sequence(alice, forcedInput(1, 1, 0));
        verify(carol, 4, 4);
        depart(1, 4);
    }

    /// @dev Nobody moves; the target is any contract.
    function queueDeparture() private {
        uint256 fee = rollup.forcedFee();
        bytes memory moves = movesOf(new Migrant[](1));
        uint256 price = rollup.departureFee(block.basefee);
        vm.deal(dave, price);
        vm.prank(dave);
        rollup.requestDeparture{ value: price }(address(token), 0, moves);
        proofFees[forced.length] = price - fee;
        uint256 key = uint256(keccak256(abi.encode(token, 0, keccak256(moves)))) >> 8;
        uint256 middle = (uint256(2) << 249) | (key >> 5);
        forced.push(
            abi.encodePacked(
                new bytes(10),
                uint128(price - fee),
                bytes3(0),
                middle,
                (key << 251) | (fee << 161) | uint160(dave)
            )
        );
    }

    /// @dev Dave proves departure `id`, which happens at the end of `batch`.
    function depart(uint256 id, uint256 batch) private {
        Migration memory migration = migrationOf(rollup, address(token), 0, new Migrant[](1), dave);
        vm.prank(dave);
        rollup.depart(id, forced[id - 1], migration.proof, migration.signals, migration.moves, migration.arrivals);
        departedRoots[batch] = migration.signals[0];
    }

    // ─── Helpers ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev For proofs of each kind; a joint proof begins with the next batch.
    function expectVerifyRevert(uint256 from, uint256 to, bytes memory expected) private {
        IProofOfEfficiency.BatchProof[] memory proofs = prove(carol, from, to);
        vm.expectRevert(expected);
        vm.prank(carol);
        poe.verify(from, proofs);
        uint256 next = poe.verifiedBatches() + 1;
        if (from < next) from = next;
        (IProofOfEfficiency.JointBatch[] memory batches, uint256 root, bytes memory joint) = proveJointly(
            carol,
            from,
            to
        );
        vm.expectRevert(expected);
        vm.prank(carol);
        poe.verifyJointly(from, batches, root, joint);
    }
}
