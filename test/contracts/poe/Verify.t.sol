// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IBatchVerifier } from "../../../contracts/verification/batch/IBatchVerifier.sol";
import { ICustody } from "../../../contracts/interfaces/ICustody.sol";
import { IExits } from "../../../contracts/interfaces/IExits.sol";
import { IProofOfEfficiency } from "../../../contracts/interfaces/IProofOfEfficiency.sol";
import { IRollup } from "../../../contracts/interfaces/IRollup.sol";
import { Role } from "../../../contracts/interfaces/ISelector.sol";
import { StatementPoint } from "../../../contracts/libraries/StatementPoint.sol";
import { MockSelector } from "../../../contracts/mocks/MockSelector.sol";
import { BatchHeader } from "../../../contracts/types/BatchHeader.sol";
import { PoeTest } from "./PoeTest.sol";

contract VerifyTest is PoeTest {
    // ─── What is proven ──────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev `MockVerifier` accepts exactly the public signals of the model, so each success asserts all thirteen.
    function testFuzz_provesBatchesOfAnySize(uint256[3] memory lengths, uint256 seed) public {
        // Three of them fit the ring.
        uint256 most = (poe.MAX_PENDING_LEAVES() / 3) * LEAF_BYTES;
        for (uint256 i = 0; i < 3; ++i) {
            sequence(i == 1 ? bob : alice, inputOf(bound(lengths[i], 0, most), seed ^ i));
        }
        verify(carol, 1, 3);
        assertEq(poe.verifiedBatches(), 3);
        assertEq(rollup.stateRoot(), rootBefore(4, 0));
    }

    function test_headerOfEachLeafHasItsOwnForcedOperations() public {
        for (uint32 i = 1; i <= 6; ++i) queueExit(dave, i);
        sequence(alice, forcedInput(1, 6, LEAF_BYTES)); // leaves with 4, 2 and 0
        verify(carol, 1, 1);
        assertEq(rollup.executedOperations(), 6);
    }

    function test_everyPublicSignalCounts() public {
        sequence(alice, inputOf(LEAF_BYTES + 1, 1));
        for (uint256 signal = 0; signal < 4; ++signal) {
            IProofOfEfficiency.BatchProof[] memory proofs = prove(carol, 1, 1);
            IProofOfEfficiency.LeafProof memory leaf = proofs[0].leaves[1];
            if (signal == 0) leaf.newStateRoot ^= 1;
            if (signal == 1) leaf.exitsHash ^= 1;
            if (signal == 2) leaf.proverFees += 1;
            if (signal == 3) leaf.digest ^= 1;
            expectVerifyRevert(carol, 1, proofs, abi.encodeWithSelector(IBatchVerifier.ProofsRejected.selector));
        }
        // The root between the leaves is both an output and an input.
        IProofOfEfficiency.BatchProof[] memory altered = prove(carol, 1, 1);
        altered[0].leaves[0].newStateRoot ^= 1;
        expectVerifyRevert(carol, 1, altered, abi.encodeWithSelector(IBatchVerifier.ProofsRejected.selector));
        verify(carol, 1, 1);
    }

    function test_proofSeenInTheMempoolIsWorthNothing() public {
        sequence(alice, inputOf(93, 1));
        IProofOfEfficiency.BatchProof[] memory proofs = prove(carol, 1, 1);
        expectVerifyRevert(dave, 1, proofs, abi.encodeWithSelector(IBatchVerifier.ProofsRejected.selector));
        vm.prank(carol);
        poe.verify(1, proofs);
    }

    /// @dev Two batches with the same data: the proof of one is refused for the other.
    function test_proofOfAnotherBatchIsRejected() public {
        sequence(alice, inputOf(93, 1));
        sequence(alice, inputOf(93, 1));
        IProofOfEfficiency.BatchProof[] memory proofs = prove(carol, 1, 2);
        (proofs[0].leaves, proofs[1].leaves) = (proofs[1].leaves, proofs[0].leaves);
        expectVerifyRevert(carol, 1, proofs, abi.encodeWithSelector(IBatchVerifier.ProofsRejected.selector));
    }

    function test_leavesInAnotherOrderAreNotTheBatch() public {
        sequence(alice, inputOf(LEAF_BYTES + 1, 1));
        IProofOfEfficiency.BatchProof[] memory proofs = prove(carol, 1, 1);
        (proofs[0].leaves[0], proofs[0].leaves[1]) = (proofs[0].leaves[1], proofs[0].leaves[0]);
        expectMismatch(1, proofs);
    }

    // ─── Order and races ─────────────────────────────────────────────────────────────────────────────────────────────

    function test_latecomerRevertsBeforeTheVerifier() public {
        sequence(alice, inputOf(93, 1));
        sequence(alice, inputOf(93, 2));
        IProofOfEfficiency.BatchProof[] memory late = prove(dave, 1, 2);
        verify(carol, 1, 2);
        vm.expectCall(address(verifier), abi.encodeWithSelector(IBatchVerifier.verify.selector), 0);
        expectVerifyRevert(dave, 1, late, abi.encodeWithSelector(IProofOfEfficiency.AlreadyVerified.selector, 2, 2));
    }

    function test_replayIsTooLate() public {
        sequence(alice, inputOf(93, 1));
        sequence(alice, inputOf(93, 2));
        IProofOfEfficiency.BatchProof[] memory proofs = prove(carol, 1, 1);
        vm.prank(carol);
        poe.verify(1, proofs);
        expectVerifyRevert(carol, 1, proofs, abi.encodeWithSelector(IProofOfEfficiency.AlreadyVerified.selector, 1, 1));
    }

    function test_latecomerWithALongerRangeGetsTheRest() public {
        for (uint256 i = 1; i <= 4; ++i) sequence(alice, inputOf(i * 200, i));
        IProofOfEfficiency.BatchProof[] memory longer = prove(dave, 1, 4);
        verify(carol, 1, 2);
        uint256 carolGets = posted[1].record.fee + posted[2].record.fee;
        assertEq(poe.balances(carol), carolGets);

        vm.expectEmit(address(poe));
        emit IProofOfEfficiency.BatchesVerified(
            3,
            4,
            dave,
            rootBefore(5, 0),
            posted[3].record.fee + posted[4].record.fee
        );
        vm.prank(dave);
        poe.verify(1, longer);
        assertEq(poe.balances(dave), posted[3].record.fee + posted[4].record.fee);
        assertEq(poe.balances(carol), carolGets);
        assertEq(poe.verifiedBatches(), 4);
    }

    function test_rangesAreChecked() public {
        for (uint256 i = 1; i <= 3; ++i) sequence(alice, inputOf(93, i));
        expectVerifyRevert(
            carol,
            2,
            prove(carol, 2, 3),
            abi.encodeWithSelector(IProofOfEfficiency.WrongFirstBatch.selector, 2, 1)
        );
        expectVerifyRevert(
            carol,
            0,
            prove(carol, 1, 1),
            abi.encodeWithSelector(IProofOfEfficiency.WrongFirstBatch.selector, 0, 1)
        );
        expectVerifyRevert(
            carol,
            type(uint256).max,
            prove(carol, 1, 2),
            abi.encodeWithSelector(IProofOfEfficiency.WrongFirstBatch.selector, type(uint256).max, 1)
        );
        expectVerifyRevert(
            carol,
            1,
            new IProofOfEfficiency.BatchProof[](0),
            abi.encodeWithSelector(IProofOfEfficiency.NoBatches.selector)
        );
        expectVerifyRevert(
            carol,
            1,
            new IProofOfEfficiency.BatchProof[](4),
            abi.encodeWithSelector(IProofOfEfficiency.NotSequenced.selector, 4, 3)
        );
    }

    function test_selectorDecidesWhoMayProve() public {
        MockSelector selector = new MockSelector();
        deploy(selector);
        fund(alice, 100 ether);
        selector.choose(Role.Sequencer, alice);
        selector.choose(Role.Aggregator, carol);
        sequence(alice, inputOf(1, 1));
        expectVerifyRevert(
            dave,
            1,
            prove(dave, 1, 1),
            abi.encodeWithSelector(IProofOfEfficiency.NotAllowed.selector, dave, Role.Aggregator)
        );
        expectVerifyRevert(
            alice,
            1,
            prove(alice, 1, 1),
            abi.encodeWithSelector(IProofOfEfficiency.NotAllowed.selector, alice, Role.Aggregator)
        );
        verify(carol, 1, 1);
    }

    function test_nothingIsProvenOnAnotherChain() public {
        sequence(alice, inputOf(1, 1));
        IProofOfEfficiency.BatchProof[] memory proofs = prove(carol, 1, 1);
        uint256 home = this.chain();
        vm.chainId(home + 1);
        expectVerifyRevert(carol, 1, proofs, abi.encodeWithSelector(ICustody.WrongChain.selector, home + 1, home));
    }

    // ─── Records ─────────────────────────────────────────────────────────────────────────────────────────────────────

    function test_everyFieldOfTheRecordCounts() public {
        sequence(alice, inputOf(93, 1));
        sequence(alice, inputOf(93, 2));
        for (uint256 field = 0; field < 6; ++field) {
            IProofOfEfficiency.BatchProof[] memory proofs = prove(carol, 1, 2);
            IProofOfEfficiency.BatchRecord memory altered = proofs[0].record;
            if (field == 0) altered.sequencer = carol;
            if (field == 1) altered.header = BatchHeader.wrap(BatchHeader.unwrap(altered.header) ^ 1);
            if (field == 2) altered.dataHash ^= bytes32(uint256(1));
            if (field == 3) altered.fee += 1;
            if (field == 4) altered.bond += 1;
            if (field == 5) altered.forcedFees += 1;
            expectMismatch(1, proofs);
        }
    }

    function test_batchesInAnotherOrderAreRefused() public {
        sequence(alice, inputOf(93, 1));
        sequence(alice, inputOf(93, 2));
        IProofOfEfficiency.BatchProof[] memory proofs = prove(carol, 1, 2);
        (proofs[0], proofs[1]) = (proofs[1], proofs[0]);
        expectMismatch(1, proofs);
    }

    function test_leavingALeafOutIsRefused() public {
        sequence(alice, inputOf(LEAF_BYTES + 1, 1));
        IProofOfEfficiency.BatchProof[] memory proofs = prove(carol, 1, 1);
        IProofOfEfficiency.LeafProof[] memory leaves = new IProofOfEfficiency.LeafProof[](1);
        leaves[0] = proofs[0].leaves[0];
        proofs[0].leaves = leaves;
        expectMismatch(1, proofs);
        proofs[0].leaves = new IProofOfEfficiency.LeafProof[](0);
        expectMismatch(1, proofs);
    }

    function test_otherOpeningsAreRefused() public {
        sequence(alice, inputOf(93, 1));
        IProofOfEfficiency.BatchProof[] memory proofs = prove(carol, 1, 1);
        proofs[0].leaves[0].commitment ^= 1;
        expectMismatch(1, proofs);
        proofs = prove(carol, 1, 1);
        proofs[0].leaves[0].evaluation ^= 1;
        expectMismatch(1, proofs);
    }

    // ─── Payment ─────────────────────────────────────────────────────────────────────────────────────────────────────

    function test_eachPartyGetsExactlyItsPart() public {
        queueExit(dave, 1);
        queueExit(dave, 2);
        sequence(alice, forcedInput(1, 2, LEAF_BYTES));
        sequence(bob, inputOf(93, 1));
        effects[1][0].proverFees = 100;
        effects[1][1].proverFees = 20;
        effects[2][0].proverFees = 3;
        uint256 aliceHas = poe.balances(alice);
        uint256 bobHas = poe.balances(bob);

        verify(carol, 1, 2);
        assertEq(poe.balances(carol), 3 * uint256(FEE), "batch fees");
        assertEq(poe.balances(alice) - aliceHas, 2 * uint256(BOND), "bond of the first");
        assertEq(poe.balances(bob) - bobHas, BOND, "bond of the second");
        assertEq(rollup.credits(0, carol), 123 + 2 * uint256(FORCED_BASE) + FORCED_STEP, "base and forced fees");
        assertEq(token.balanceOf(address(poe)), poe.balances(alice) + poe.balances(bob) + poe.balances(carol));
    }

    /// @dev Each batch's prover gets the fee that was paid for this batch, not an average.
    function test_feesAreNotPooled() public {
        sequence(alice, inputOf(93, 1));
        vm.warp(START + TARGET + 2 * DOUBLING);
        sequence(alice, inputOf(93, 2));
        // The fee fell by 2^(1/8) until the first one was late, and doubled twice then.
        assertEq(posted[1].record.fee, FEE);
        assertEq(posted[2].record.fee / 1e4, 366801617281868);
        verify(carol, 1, 1);
        verify(dave, 2, 2);
        assertEq(poe.balances(carol), posted[1].record.fee);
        assertEq(poe.balances(dave), posted[2].record.fee);
    }

    function test_fullRingOfTheLargestFeesIsPaid() public {
        vm.warp(START);
        sequence(alice, inputOf(MAX_LEAVES * LEAF_BYTES, 0));
        vm.warp(START + 365 days);
        sequence(alice, inputOf((MAX_PENDING - MAX_LEAVES) * LEAF_BYTES, 1));
        assertEq(posted[2].record.fee, uint256(MAX_PENDING - MAX_LEAVES) * MAX_FEE);
        verify(carol, 1, 2);
        assertEq(poe.balances(carol), uint256(MAX_LEAVES) * FEE + (MAX_PENDING - MAX_LEAVES) * uint256(MAX_FEE));
    }

    function test_baseFeesInOtherTokensAreCredited() public {
        IProofOfEfficiency.BatchInput memory input = inputOf(93, 1);
        input.feeToken = 3;
        sequence(alice, input);
        input.feeToken = 5;
        sequence(alice, input);
        input.feeToken = 0;
        sequence(alice, input);
        effects[1][0].proverFees = 1;
        effects[2][0].proverFees = 20;
        effects[3][0].proverFees = 30;
        verify(carol, 1, 3);
        assertEq(rollup.credits(3, carol), 1);
        assertEq(rollup.credits(5, carol), 20);
        assertEq(rollup.credits(0, carol), 30);
    }

    function test_everyBatchMayHaveAnotherFeeToken() public {
        IProofOfEfficiency.BatchInput memory input = inputOf(93, 1);
        for (uint16 i = 1; i <= 3; ++i) {
            input.feeToken = i;
            sequence(alice, input);
            effects[i][0].proverFees = 10 * i;
        }
        verify(carol, 1, 3);
        for (uint16 i = 1; i <= 3; ++i) assertEq(rollup.credits(i, carol), 10 * uint256(i));
    }

    function test_feesInEtherAreOnePayment() public {
        for (uint256 i = 1; i <= 3; ++i) {
            sequence(alice, inputOf(93, i));
            effects[i][0].proverFees = 10 * i;
        }
        IProofOfEfficiency.BatchProof[] memory proofs = prove(carol, 1, 3);
        vm.expectEmit(address(rollup));
        emit ICustody.Credited(0, carol, 60);
        vm.prank(carol);
        poe.verify(1, proofs);
    }

    function test_unregisteredFeeTokenBlocksNothing() public {
        IProofOfEfficiency.BatchInput memory input = inputOf(93, 1);
        input.feeToken = 999;
        sequence(alice, input);
        verify(carol, 1, 1);
        assertEq(rollup.credits(999, carol), 0);
        assertEq(poe.verifiedBatches(), 1);
    }

    // ─── Exits ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev One in the second leaf of the first batch, two in the second batch: numbered through both.
    function test_exitsAreSettledInOrder() public {
        sequence(alice, inputOf(2 * LEAF_BYTES, 1));
        sequence(alice, inputOf(LEAF_BYTES, 1));
        addExit(1, 1, 2, dave, 0, 1 ether);
        addExit(2, 0, 0, carol, 7, 5);
        addExit(2, 0, 3, dave, 0, 2 ether);
        bytes32[] memory nodes = new bytes32[](3);
        nodes[0] = keccak256(abi.encode(0, uint160(dave), 1 ether));
        nodes[1] = keccak256(abi.encode(1, uint160(carol) + 7 * 2 ** 160, 5));
        nodes[2] = keccak256(abi.encode(2, uint160(dave), 2 ether));

        IProofOfEfficiency.BatchProof[] memory proofs = prove(carol, 1, 2);
        assertEq(proofs[0].exits[0] >> 176, SLOTS + 2);
        vm.expectEmit(address(rollup));
        emit IExits.ExitsSettled(0, 0, 3, rootOf(nodes));
        vm.prank(carol);
        poe.verify(1, proofs);

        vm.deal(address(rollup), 3 ether);
        rollup.claim(IExits.ExitClaim(0, 0, 0, 0, dave, 1 ether, pathOf(nodes, 0), new bytes32[](0)));
        rollup.claim(IExits.ExitClaim(0, 0, 2, 0, dave, 2 ether, pathOf(nodes, 2), new bytes32[](0)));
        assertEq(dave.balance, 3 ether);
    }

    function test_leavesWithoutExitsSettleNothing() public {
        sequence(alice, inputOf(2 * LEAF_BYTES, 1));
        IProofOfEfficiency.BatchProof[] memory proofs = prove(carol, 1, 1);
        IRollup.Payment[] memory payments = new IRollup.Payment[](1);
        payments[0] = IRollup.Payment(carol, 0, 0);
        vm.expectCall(
            address(rollup),
            abi.encodeCall(IRollup.advance, (IRollup.Transition(rootAfter(1, 1), 0, 0, 0, payments)))
        );
        vm.prank(carol);
        poe.verify(1, proofs);
    }

    /// @dev Shown otherwise than the proof has them: each word counts, and so does each exit.
    function test_exitsAreThoseOfTheProofs() public {
        sequence(alice, inputOf(2 * LEAF_BYTES, 1));
        addExit(1, 0, 1, dave, 3, 10);
        addExit(1, 1, 0, carol, 0, 20);
        bytes memory rejected = abi.encodeWithSelector(IBatchVerifier.ProofsRejected.selector);
        for (uint256 i = 0; i < 4; ++i) {
            IProofOfEfficiency.BatchProof[] memory altered = prove(carol, 1, 1);
            altered[0].exits[i] ^= 1;
            expectVerifyRevert(carol, 1, altered, rejected);
        }
        IProofOfEfficiency.BatchProof[] memory proofs = prove(carol, 1, 1);
        uint256[] memory exits = proofs[0].exits;
        exits[0] += 2 ** 176; // slot 2 of the same leaf
        expectVerifyRevert(carol, 1, proofs, rejected);
        exits[0] += 2 ** 177; // slot 0 of the other leaf, as the second one has
        expectVerifyRevert(carol, 1, proofs, rejected);
        exits[0] -= 3 * 2 ** 176;
        assembly ("memory-safe") {
            mstore(exits, 2)
        }
        expectVerifyRevert(carol, 1, proofs, rejected);
        assembly ("memory-safe") {
            mstore(exits, 4)
        }
        vm.prank(carol);
        poe.verify(1, proofs);
    }

    /// @dev The circuit cannot tell it from no exit: the numbers after it would differ from those that nodes have.
    function test_nothingIsNoExit() public {
        sequence(alice, inputOf(LEAF_BYTES, 1));
        addExit(1, 0, 1, dave, 3, 10);
        IProofOfEfficiency.BatchProof[] memory proofs = prove(carol, 1, 1);
        uint256[] memory exits = new uint256[](4);
        (exits[2], exits[3]) = (proofs[0].exits[0], proofs[0].exits[1]);
        proofs[0].exits = exits;
        expectVerifyRevert(carol, 1, proofs, abi.encodeWithSelector(StatementPoint.InvalidExit.selector, 0, 0));
    }

    function test_everyExitIsInALeaf() public {
        sequence(alice, inputOf(2 * LEAF_BYTES, 1));
        addExit(1, 0, 1, dave, 3, 10);
        addExit(1, 1, 0, carol, 0, 20);
        IProofOfEfficiency.BatchProof[] memory proofs = prove(carol, 1, 1);
        uint256[] memory exits = proofs[0].exits;
        exits[2] += 2 * SLOTS * 2 ** 176; // beyond the last leaf
        expectVerifyRevert(carol, 1, proofs, abi.encodeWithSelector(IProofOfEfficiency.InvalidExit.selector, 1, 1));
        exits[2] -= 2 * SLOTS * 2 ** 176;
        (exits[0], exits[2]) = (exits[2], exits[0]); // the second leaf's first
        expectVerifyRevert(carol, 1, proofs, abi.encodeWithSelector(IProofOfEfficiency.InvalidExit.selector, 1, 1));
        exits[2] += (SLOTS - 2) * 2 ** 176; // also if it is in the slot just before
        expectVerifyRevert(carol, 1, proofs, abi.encodeWithSelector(IProofOfEfficiency.InvalidExit.selector, 1, 1));
        exits[2] -= (SLOTS - 2) * 2 ** 176;
        (exits[0], exits[2]) = (exits[2], exits[0]);
        exits[2] |= 2 ** 255;
        expectVerifyRevert(carol, 1, proofs, abi.encodeWithSelector(IProofOfEfficiency.InvalidExit.selector, 1, 1));
        exits[2] ^= 2 ** 255;
        assembly ("memory-safe") {
            mstore(exits, 3)
        }
        expectVerifyRevert(carol, 1, proofs, abi.encodeWithSelector(IProofOfEfficiency.InvalidExit.selector, 1, 1));
    }

    // ─── Helpers ─────────────────────────────────────────────────────────────────────────────────────────────────────

    function expectVerifyRevert(
        address aggregator,
        uint256 from,
        IProofOfEfficiency.BatchProof[] memory proofs,
        bytes memory expected
    ) private {
        vm.expectRevert(expected);
        vm.prank(aggregator);
        poe.verify(from, proofs);
    }

    /// @dev Expects `BatchMismatch` with the accumulator that these proofs lead to.
    function expectMismatch(uint256 from, IProofOfEfficiency.BatchProof[] memory proofs) private {
        bytes27 computed = posted[from].previous;
        for (uint256 i = 0; i < proofs.length; ++i) {
            uint256 leaves = proofs[i].leaves.length;
            uint256[] memory words = new uint256[](2 * leaves);
            for (uint256 k = 0; k < leaves; ++k) {
                words[k] = proofs[i].leaves[k].commitment;
                words[leaves + k] = proofs[i].leaves[k].evaluation;
            }
            bytes32 openings = keccak256(abi.encodePacked(words));
            computed = bytes27(keccak256(abi.encode(computed, proofs[i].record, openings)));
        }
        uint256 to = from + proofs.length - 1;
        bytes27 recorded = bytes27(posted[to].accumulator);
        expectVerifyRevert(
            carol,
            from,
            proofs,
            abi.encodeWithSelector(IProofOfEfficiency.BatchMismatch.selector, to, computed, recorded)
        );
    }
}
