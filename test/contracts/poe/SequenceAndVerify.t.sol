// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IBatchVerifier } from "../../../contracts/verification/batch/IBatchVerifier.sol";
import { IForcedQueue } from "../../../contracts/interfaces/IForcedQueue.sol";
import { IProofOfEfficiency } from "../../../contracts/interfaces/IProofOfEfficiency.sol";
import { Role } from "../../../contracts/interfaces/ISelector.sol";
import { MockSelector } from "../../../contracts/mocks/MockSelector.sol";
import { BatchHeader } from "../../../contracts/types/BatchHeader.sol";
import { PoeTest } from "./PoeTest.sol";

/// @notice Batches that are posted and proven in one call (docs/protocol.md §9).
contract SequenceAndVerifyTest is PoeTest {
    /// @dev Has no native tokens at all.
    address internal erin = makeAddr("erin");

    // ─── What it does ────────────────────────────────────────────────────────────────────────────────────────────────

    function testFuzz_postsAndProves(uint256[2] memory lengths, uint256 seed, uint256 age) public {
        vm.warp(START + 1 days);
        uint256 timestamp = START + 1 days - bound(age, 0, 1 hours);
        IProofOfEfficiency.BatchInput[] memory inputs = new IProofOfEfficiency.BatchInput[](2);
        for (uint256 i = 0; i < 2; ++i) inputs[i] = inputOf(bound(lengths[i], 0, MAX_LEAVES * LEAF_BYTES), seed ^ i);
        IProofOfEfficiency.BatchProof[] memory proofs = proveOwn(erin, inputs, timestamp, 1);
        uint256 fee = poe.batchFee();

        vm.expectEmit(address(poe));
        emit IProofOfEfficiency.BatchSequenced(1, erin, bytes27(posted[1].accumulator), posted[1].record);
        vm.expectEmit(address(poe));
        emit IProofOfEfficiency.BatchSequenced(2, erin, bytes27(posted[2].accumulator), posted[2].record);
        vm.expectEmit(address(poe));
        emit IProofOfEfficiency.BatchesVerified(1, 2, erin, rootBefore(3, 0), 0);
        vm.prank(erin, erin);
        poe.sequenceAndVerify(inputs, timestamp, 0, 1, proofs);

        assertEq(rollup.stateRoot(), rootBefore(3, 0));
        assertEq(poe.verifiedBatches(), 2);
        assertEq(poe.sequencedBatches(), 2);
        assertEq(poe.pendingLeaves(), 0);
        assertEq(poe.balances(erin), 0);
        assertEq(poe.batchFee(), fee, "the fee is that of before");
        (bytes27 accumulator, uint256 time) = poe.batchEntry(2);
        assertEq(bytes32(accumulator), bytes32(bytes27(posted[2].accumulator)));
        assertEq(time, timestamp);
    }

    function test_provesWhatWaitedBefore() public {
        sequence(alice, inputOf(93, 1));
        sequence(bob, inputOf(LEAF_BYTES + 1, 2));
        uint256 aliceHas = poe.balances(alice);
        effects[3][0].proverFees = 7;
        IProofOfEfficiency.BatchInput[] memory inputs = one(inputOf(93, 3));
        IProofOfEfficiency.BatchProof[] memory proofs = proveOwn(erin, inputs, this.clock(), 1);
        postAndProve(erin, inputs, this.clock(), 1, proofs);
        assertEq(poe.verifiedBatches(), 3);
        assertEq(poe.balances(erin), posted[1].record.fee + posted[2].record.fee, "fees of the others' batches");
        assertEq(poe.balances(alice) - aliceHas, BOND);
        assertEq(rollup.credits(0, erin), 7, "base fees");
    }

    /// @dev Somebody proves the first of two that waited: the rest of the range still counts.
    function test_skipsWhatWasProvenMeanwhile() public {
        sequence(alice, inputOf(93, 1));
        sequence(alice, inputOf(93, 2));
        IProofOfEfficiency.BatchInput[] memory inputs = one(inputOf(93, 3));
        IProofOfEfficiency.BatchProof[] memory proofs = proveOwn(erin, inputs, this.clock(), 1);
        verify(carol, 1, 1);
        postAndProve(erin, inputs, this.clock(), 1, proofs);
        assertEq(poe.verifiedBatches(), 3);
        assertEq(poe.balances(erin), posted[2].record.fee);
        assertEq(poe.balances(carol), posted[1].record.fee);
    }

    function test_theChainGoesOn() public {
        ownBatch(erin, 1, this.clock());
        sequence(alice, inputOf(93, 2));
        ownBatch(erin, 3, this.clock());
        sequence(bob, inputOf(93, 4));
        expectModel();
        verify(carol, 4, 4);
        assertEq(rollup.stateRoot(), rootBefore(5, 0));
    }

    function test_falseCommitmentsCostNoBond() public {
        IProofOfEfficiency.BatchInput memory input = inputOf(93, 1);
        input.commitments[0] ^= 1;
        IProofOfEfficiency.BatchProof[] memory proofs = proveOwn(erin, one(input), this.clock(), 1);
        vm.expectEmit(address(poe));
        emit IProofOfEfficiency.FalseCommitment(1, erin, 0);
        postAndProve(erin, one(input), this.clock(), 1, proofs);
        assertEq(poe.balances(erin), 0);
    }

    // ─── Timestamps ──────────────────────────────────────────────────────────────────────────────────────────────────

    function test_timestampIsAnHourOldAtMost() public {
        vm.warp(START + 1 days);
        uint256 now_ = START + 1 days;
        expectTimestamp(now_ - 1 hours - 1, now_ - 1 hours);
        ownBatch(erin, 1, now_ - 1 hours);
    }

    function test_timestampIsNotInTheFuture() public {
        expectTimestamp(START + 1, START);
        ownBatch(erin, 1, START);
    }

    function test_timestampsOfBatchesDoNotFall() public {
        vm.warp(START + 600);
        sequence(alice, inputOf(93, 1));
        vm.warp(START + 900);
        expectTimestamp(START + 599, START + 600);
        ownBatch(erin, 2, START + 600);
        ownBatch(erin, 3, START + 700);
        expectTimestamp(START + 699, START + 700);
        ownBatch(erin, 4, START + 700);
        sequence(alice, inputOf(93, 5));
        assertEq(BatchHeader.unwrap(posted[5].record.header) % 2 ** 64, START + 900);
        expectTimestamp(START + 899, START + 900);
    }

    function test_timestampIsThatOfTheProof() public {
        vm.warp(START + 100);
        IProofOfEfficiency.BatchInput[] memory inputs = one(inputOf(93, 1));
        IProofOfEfficiency.BatchProof[] memory proofs = proveOwn(erin, inputs, START + 50, 1);
        expectMismatch(erin, inputs, START + 51, proofs);
    }

    /// @dev The header is from before the deadline; L1's clock is not.
    function test_overdueOperationsAreThoseOfNow() public {
        queueExit(dave, 1);
        uint256 deadline = START + DEADLINE;
        uint256 timestamp = deadline - 30 minutes;
        vm.warp(deadline + 1);
        IProofOfEfficiency.BatchInput[] memory inputs = one(inputOf(93, 1));
        IProofOfEfficiency.BatchProof[] memory proofs = proveOwn(erin, inputs, timestamp, 1);
        vm.prank(erin, erin);
        vm.expectRevert(
            abi.encodeWithSelector(IForcedQueue.ForcedOperationOverdue.selector, 1, deadline, deadline + 1)
        );
        poe.sequenceAndVerify(inputs, timestamp, 0, 1, proofs);

        vm.warp(deadline);
        postAndProve(erin, inputs, timestamp, 1, proofs);
    }

    /// @dev An operation that was queued after the header's timestamp can be taken.
    function test_takesForcedOperations() public {
        vm.warp(START + 2 hours);
        queueExit(dave, 1);
        IProofOfEfficiency.BatchInput[] memory inputs = one(forcedInput(1, 1, 93));
        IProofOfEfficiency.BatchProof[] memory proofs = proveOwn(erin, inputs, START + 1 hours, 1);
        postAndProve(erin, inputs, START + 1 hours, 1, proofs);
        assertEq(rollup.executedOperations(), 1);
        assertEq(rollup.credits(0, erin), FORCED_BASE);
    }

    // ─── The batch fee ───────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev With a header an hour old and a target of half an hour, a batch would be late at once if it counted.
    function test_oldHeaderDoesNotRaiseTheFee() public {
        vm.warp(START + 4 hours);
        uint256 fee = poe.batchFee();
        ownBatch(erin, 1, START + 3 hours);
        assertEq(poe.batchFee(), fee);
        vm.warp(START + 8 hours);
        assertEq(poe.batchFee(), uint256(fee) / 2, "and it goes on falling");
    }

    function test_lateBatchesRaiseTheFee() public {
        sequence(alice, inputOf(93, 1));
        vm.warp(START + TARGET + DOUBLING);
        uint256 fee = poe.batchFee();
        assertGt(fee, FEE);
        IProofOfEfficiency.BatchInput[] memory inputs = one(inputOf(93, 2));
        IProofOfEfficiency.BatchProof[] memory proofs = proveOwn(erin, inputs, this.clock(), 1);
        postAndProve(erin, inputs, this.clock(), 1, proofs);
        assertEq(poe.batchFee(), fee);
        assertEq(poe.balances(erin), posted[1].record.fee, "what was paid for it, not what a batch would pay now");
    }

    // ─── What is refused ─────────────────────────────────────────────────────────────────────────────────────────────

    function test_whoeverSequencesFirstWinsTheRace() public {
        bytes27 genesis = bytes27(keccak256(abi.encode(rollup.DOMAIN())));
        IProofOfEfficiency.BatchInput[] memory inputs = one(inputOf(93, 1));
        IProofOfEfficiency.BatchProof[] memory proofs = proveOwn(erin, inputs, START, 1);
        vm.prank(bob, bob);
        poe.sequence(one(inputOf(1, 2)), type(uint256).max, 0);
        (bytes27 ofBob, ) = poe.batchEntry(1);

        vm.expectCall(address(verifier), abi.encodeWithSelector(IBatchVerifier.verify.selector), 0);
        vm.prank(erin, erin);
        vm.expectRevert(abi.encodeWithSelector(IProofOfEfficiency.UnexpectedPrevious.selector, ofBob, genesis));
        poe.sequenceAndVerify(inputs, START, genesis, 1, proofs);
        expectMismatch(erin, inputs, START, proofs);
    }

    function test_copyFromTheMempoolIsWorthNothing() public {
        IProofOfEfficiency.BatchInput[] memory inputs = one(inputOf(93, 1));
        IProofOfEfficiency.BatchProof[] memory proofs = proveOwn(erin, inputs, START, 1);
        expectMismatch(bob, inputs, START, proofs);
        postAndProve(erin, inputs, START, 1, proofs);
    }

    function test_recordsHaveNoFeeAndNoBond() public {
        IProofOfEfficiency.BatchInput[] memory inputs = one(inputOf(93, 1));
        IProofOfEfficiency.BatchProof[] memory proofs = proveOwn(erin, inputs, START, 1);
        for (uint256 i = 0; i < 2; ++i) {
            IProofOfEfficiency.BatchRecord memory altered = proofs[0].record;
            if (i == 0) altered.fee = 1 ether;
            else altered.bond = 1 ether;
            expectMismatch(erin, inputs, START, proofs);
            (altered.fee, altered.bond) = (0, 0);
        }
        postAndProve(erin, inputs, START, 1, proofs);
    }

    function test_itIsProvenToItsEnd() public {
        IProofOfEfficiency.BatchInput[] memory inputs = new IProofOfEfficiency.BatchInput[](2);
        (inputs[0], inputs[1]) = (inputOf(93, 1), inputOf(93, 2));
        IProofOfEfficiency.BatchProof[] memory proofs = proveOwn(erin, inputs, START, 1);
        IProofOfEfficiency.BatchProof[] memory first = new IProofOfEfficiency.BatchProof[](1);
        first[0] = proofs[0];
        expectRefused(inputs, 1, first, abi.encodeWithSelector(IProofOfEfficiency.NotProven.selector, 1, 2));
        IProofOfEfficiency.BatchProof[] memory longer = new IProofOfEfficiency.BatchProof[](3);
        (longer[0], longer[1], longer[2]) = (proofs[0], proofs[1], proofs[1]);
        expectRefused(inputs, 1, longer, abi.encodeWithSelector(IProofOfEfficiency.NotSequenced.selector, 3, 2));
    }

    function test_rangesAreChecked() public {
        IProofOfEfficiency.BatchInput[] memory inputs = one(inputOf(93, 1));
        IProofOfEfficiency.BatchProof[] memory proofs = proveOwn(erin, inputs, START, 1);
        bytes memory noBatches = abi.encodeWithSelector(IProofOfEfficiency.NoBatches.selector);
        expectRefused(new IProofOfEfficiency.BatchInput[](0), 1, proofs, noBatches);
        expectRefused(inputs, 1, new IProofOfEfficiency.BatchProof[](0), noBatches);
        expectRefused(inputs, 0, new IProofOfEfficiency.BatchProof[](0), noBatches);
        bytes4 wrongFirst = IProofOfEfficiency.WrongFirstBatch.selector;
        expectRefused(inputs, 0, proofs, abi.encodeWithSelector(wrongFirst, 0, 1));
        expectRefused(inputs, 2, proofs, abi.encodeWithSelector(wrongFirst, 2, 1));
        uint256 most = type(uint256).max;
        expectRefused(inputs, most, proofs, abi.encodeWithSelector(wrongFirst, most, 1));
    }

    function test_everyPublicSignalCounts() public {
        IProofOfEfficiency.BatchInput[] memory inputs = one(inputOf(LEAF_BYTES + 1, 1));
        IProofOfEfficiency.BatchProof[] memory proofs = proveOwn(erin, inputs, START, 1);
        bytes memory rejected = abi.encodeWithSelector(IBatchVerifier.ProofsRejected.selector);
        proofs[0].leaves[1].newStateRoot ^= 1;
        expectRefused(inputs, 1, proofs, rejected);
        proofs[0].leaves[1].newStateRoot ^= 1;
        proofs[0].leaves[0].digest ^= 1;
        expectRefused(inputs, 1, proofs, rejected);
        proofs[0].leaves[0].digest ^= 1;
        postAndProve(erin, inputs, START, 1, proofs);
    }

    function test_ringIsAsFullAsForAnybodyElse() public {
        sequence(alice, inputOf(MAX_LEAVES * LEAF_BYTES, 1));
        sequence(alice, inputOf((MAX_PENDING - MAX_LEAVES) * LEAF_BYTES, 2));
        IProofOfEfficiency.BatchInput[] memory inputs = one(inputOf(93, 3));
        IProofOfEfficiency.BatchProof[] memory proofs = proveOwn(erin, inputs, START, 1);
        bytes4 full = IProofOfEfficiency.TooManyPendingLeaves.selector;
        expectRefused(inputs, 1, proofs, abi.encodeWithSelector(full, MAX_PENDING + 1, MAX_PENDING));
        verify(carol, 1, 1);
        postAndProve(erin, inputs, START, 1, proofs);
    }

    function test_selectorDecidesOfBothRoles() public {
        MockSelector selector = new MockSelector();
        deploy(selector);
        IProofOfEfficiency.BatchInput[] memory inputs = one(inputOf(93, 1));
        IProofOfEfficiency.BatchProof[] memory proofs = proveOwn(erin, inputs, START, 1);
        bytes4 notAllowed = IProofOfEfficiency.NotAllowed.selector;
        selector.choose(Role.Aggregator, erin);
        expectRefused(inputs, 1, proofs, abi.encodeWithSelector(notAllowed, erin, Role.Sequencer));
        selector.choose(Role.Sequencer, erin);
        selector.choose(Role.Aggregator, carol);
        expectRefused(inputs, 1, proofs, abi.encodeWithSelector(notAllowed, erin, Role.Aggregator));
        selector.choose(Role.Aggregator, erin);
        postAndProve(erin, inputs, START, 1, proofs);
    }

    // ─── Helpers ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Writes down what L1 is going to record of the batches, and proves from `from` to the last of them.
    function proveOwn(
        address owner,
        IProofOfEfficiency.BatchInput[] memory inputs,
        uint256 timestamp,
        uint256 from
    ) private returns (IProofOfEfficiency.BatchProof[] memory) {
        for (uint256 i = 0; i < inputs.length; ++i) recordAt(owner, inputs[i], 0, 0, timestamp);
        return prove(owner, from, postedCount);
    }

    function postAndProve(
        address owner,
        IProofOfEfficiency.BatchInput[] memory inputs,
        uint256 timestamp,
        uint256 from,
        IProofOfEfficiency.BatchProof[] memory proofs
    ) private {
        vm.prank(owner, owner);
        poe.sequenceAndVerify(inputs, timestamp, 0, from, proofs);
        assertEq(poe.sequencedBatches(), postedCount);
        assertEq(poe.verifiedBatches(), postedCount);
        assertEq(rollup.stateRoot(), rootBefore(postedCount + 1, 0));
    }

    /// @dev One batch of the owner's, and all that wait before it.
    function ownBatch(address owner, uint256 seed, uint256 timestamp) private {
        IProofOfEfficiency.BatchInput[] memory inputs = one(inputOf(93, seed));
        uint256 from = poe.verifiedBatches() + 1;
        postAndProve(owner, inputs, timestamp, from, proveOwn(owner, inputs, timestamp, from));
    }

    function expectTimestamp(uint256 timestamp, uint256 earliest) private {
        vm.expectRevert(
            abi.encodeWithSelector(IProofOfEfficiency.TimestampOutOfRange.selector, timestamp, earliest, this.clock())
        );
        vm.prank(erin, erin);
        poe.sequenceAndVerify(one(inputOf(93, 1)), timestamp, 0, 1, new IProofOfEfficiency.BatchProof[](1));
    }

    /// @dev The accumulator that L1 computes from the proofs is another one.
    function expectMismatch(
        address owner,
        IProofOfEfficiency.BatchInput[] memory inputs,
        uint256 timestamp,
        IProofOfEfficiency.BatchProof[] memory proofs
    ) private {
        vm.prank(owner, owner);
        // solhint-disable-next-line avoid-low-level-calls
        (bool success, bytes memory reason) = address(poe).call(
            abi.encodeCall(IProofOfEfficiency.sequenceAndVerify, (inputs, timestamp, 0, 1, proofs))
        );
        assertFalse(success);
        assertEq(bytes32(bytes4(reason)), bytes32(IProofOfEfficiency.BatchMismatch.selector));
    }

    function expectRefused(
        IProofOfEfficiency.BatchInput[] memory inputs,
        uint256 from,
        IProofOfEfficiency.BatchProof[] memory proofs,
        bytes memory reason
    ) private {
        vm.prank(erin, erin);
        vm.expectRevert(reason);
        poe.sequenceAndVerify(inputs, START, 0, from, proofs);
    }
}
