// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IProofOfEfficiency } from "../../../contracts/interfaces/IProofOfEfficiency.sol";
import { Role } from "../../../contracts/interfaces/ISelector.sol";
import { MockSelector } from "../../../contracts/mocks/MockSelector.sol";
import { IBatchVerifier } from "../../../contracts/verification/batch/IBatchVerifier.sol";
import { IStatementVerifier } from "../../../contracts/verification/IStatementVerifier.sol";
import { Vm } from "../helpers/Vm.sol";
import { PoeTest } from "./PoeTest.sol";

/// @notice `verifyJointly` is `verify` with one proof for all leaves: it differs in nothing else.
contract VerifyJointlyTest is PoeTest {
    bytes private constant REJECTED = abi.encodeWithSelector(IBatchVerifier.ProofsRejected.selector);

    // ─── What is proven ──────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev `MockVerifier` accepts exactly the statements of the model, so each success asserts all their words.
    function testFuzz_doesWhatVerifyDoes(uint256[3] memory lengths, uint256 seed, uint96[3] memory proverFees) public {
        uint256 most = (poe.MAX_PENDING_LEAVES() / 3) * LEAF_BYTES;
        for (uint256 i = 0; i < 3; ++i) {
            IProofOfEfficiency.BatchInput memory input = inputOf(bound(lengths[i], 0, most), seed ^ i);
            if ((seed >> i) % 4 == 0) input.commitments[0] ^= 1;
            sequence(i == 1 ? bob : alice, input);
            effects[i + 1][0].proverFees = proverFees[i];
        }
        expectSameOutcome(1, 3);
        assertEq(poe.verifiedBatches(), 3);
        assertEq(rollup.stateRoot(), rootBefore(4, 0));
    }

    function test_settlesForcedOperationsExitsAndFeesInTokensAsVerifyDoes() public {
        for (uint32 i = 1; i <= 6; ++i) queueExit(dave, i);
        sequence(alice, forcedInput(1, 6, LEAF_BYTES)); // leaves with 4, 2 and 0
        IProofOfEfficiency.BatchInput memory input = inputOf(2 * LEAF_BYTES, 1);
        input.feeToken = 3;
        sequence(bob, input);
        effects[1][0].proverFees = 100;
        effects[2][1].proverFees = 20;
        addExit(1, 2, 1, dave, 0, 1 ether);
        addExit(2, 0, 0, carol, 7, 5);
        addExit(2, 0, 3, dave, 0, 2 ether);
        expectSameOutcome(1, 2);
        assertEq(rollup.executedOperations(), 6);
        assertEq(rollup.credits(3, carol), 20);
    }

    function test_liarsBondGoesToTheProver() public {
        IProofOfEfficiency.BatchInput memory lie = inputOf(LEAF_BYTES + 5, 1);
        lie.commitments[0] ^= 1;
        sequence(alice, lie);
        sequence(bob, inputOf(93, 2));
        uint256 aliceHas = poe.balances(alice);
        uint256 bobHas = poe.balances(bob);
        (IProofOfEfficiency.BatchProof[] memory proofs, bytes memory joint) = proveJointly(carol, 1, 2);
        vm.expectEmit(address(poe));
        emit IProofOfEfficiency.FalseCommitment(1, alice, 2 * uint256(BOND));
        vm.prank(carol);
        poe.verifyJointly(1, proofs, joint);
        assertEq(poe.balances(carol), 3 * uint256(FEE) + 2 * uint256(BOND));
        assertEq(poe.balances(alice), aliceHas);
        assertEq(poe.balances(bob) - bobHas, BOND);
    }

    function test_everyPublicSignalCounts() public {
        sequence(alice, inputOf(LEAF_BYTES + 1, 1));
        for (uint256 leaf = 0; leaf < 2; ++leaf) {
            for (uint256 signal = 0; signal < 4; ++signal) {
                (IProofOfEfficiency.BatchProof[] memory proofs, bytes memory joint) = proveJointly(carol, 1, 1);
                IProofOfEfficiency.LeafProof memory altered = proofs[0].leaves[leaf];
                if (signal == 0) altered.newStateRoot ^= 1;
                if (signal == 1) altered.exitsHash ^= 1;
                if (signal == 2) altered.proverFees += 1;
                if (signal == 3) altered.digest ^= 1;
                expectRefused(carol, 1, proofs, joint, REJECTED);
            }
        }
        verifyJointly(carol, 1, 1);
    }

    function test_exitsAreThoseOfTheProofs() public {
        sequence(alice, inputOf(2 * LEAF_BYTES, 1));
        addExit(1, 0, 1, dave, 3, 10);
        addExit(1, 1, 0, carol, 0, 20);
        for (uint256 i = 0; i < 4; ++i) {
            (IProofOfEfficiency.BatchProof[] memory altered, bytes memory proof) = proveJointly(carol, 1, 1);
            altered[0].exits[i] ^= 1;
            expectRefused(carol, 1, altered, proof, REJECTED);
        }
        verifyJointly(carol, 1, 1);
    }

    // ─── Other proofs ────────────────────────────────────────────────────────────────────────────────────────────────

    function test_proofSeenInTheMempoolIsWorthNothing() public {
        sequence(alice, inputOf(LEAF_BYTES + 1, 1));
        (IProofOfEfficiency.BatchProof[] memory proofs, bytes memory joint) = proveJointly(carol, 1, 1);
        expectRefused(dave, 1, proofs, joint, REJECTED);
        vm.prank(carol);
        poe.verifyJointly(1, proofs, joint);
    }

    function test_proofIsOfAllBatchesInTheirOrder() public {
        for (uint256 i = 1; i <= 3; ++i) sequence(alice, inputOf(93, i));
        (IProofOfEfficiency.BatchProof[] memory all, bytes memory ofAll) = proveJointly(carol, 1, 3);
        (IProofOfEfficiency.BatchProof[] memory two, bytes memory ofTwo) = proveJointly(carol, 1, 2);
        expectRefused(carol, 1, all, ofTwo, REJECTED);
        expectRefused(carol, 1, two, ofAll, REJECTED);
        (, bytes memory ofOthers) = proveJointly(carol, 2, 3);
        expectRefused(carol, 1, two, ofOthers, REJECTED);
        ofTwo[31] ^= 0x01;
        expectRefused(carol, 1, two, ofTwo, REJECTED);
        vm.prank(carol);
        poe.verifyJointly(1, all, ofAll);
    }

    function test_proofThatIsEmptyIsTruncated() public {
        sequence(alice, inputOf(93, 1));
        bytes memory truncated = abi.encodeWithSelector(IStatementVerifier.TruncatedJointProof.selector, 0, 0x20);
        (IProofOfEfficiency.BatchProof[] memory proofs, ) = proveJointly(carol, 1, 1);
        expectRefused(carol, 1, proofs, "", truncated);
        // Nor are the leaves' own proofs looked at, or the range.
        expectRefused(carol, 1, prove(carol, 1, 1), "", truncated);
        expectRefused(carol, 0, new IProofOfEfficiency.BatchProof[](0), "", truncated);
    }

    function test_leafHasNoProofOfItsOwn() public {
        sequence(alice, inputOf(2 * LEAF_BYTES, 1));
        sequence(alice, inputOf(1, 2));
        for (uint256 word = 0; word < 8; ++word) {
            (IProofOfEfficiency.BatchProof[] memory proofs, bytes memory joint) = proveJointly(carol, 1, 2);
            proofs[1].leaves[0].proof[word] = 1;
            bytes memory expected = abi.encodeWithSelector(IStatementVerifier.StatementHasProof.selector, 2);
            expectRefused(carol, 1, proofs, joint, expected);
        }
    }

    function test_proofsOfOneKindAreNotOfTheOther() public {
        sequence(alice, inputOf(93, 1));
        (IProofOfEfficiency.BatchProof[] memory proofs, bytes memory joint) = proveJointly(carol, 1, 1);
        vm.expectRevert(REJECTED);
        vm.prank(carol);
        poe.verify(1, proofs);
        bytes memory expected = abi.encodeWithSelector(IStatementVerifier.StatementHasProof.selector, 0);
        expectRefused(carol, 1, prove(carol, 1, 1), joint, expected);
    }

    // ─── Order and races ─────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Unlike with `verify`: a joint proof is of all its leaves, and cannot be used for the rest of a range.
    function test_latecomerWithALongerRangeIsRejected() public {
        for (uint256 i = 1; i <= 4; ++i) sequence(alice, inputOf(i * 200, i));
        (IProofOfEfficiency.BatchProof[] memory longer, bytes memory joint) = proveJointly(dave, 1, 4);
        (, bytes memory ofTheRest) = proveJointly(dave, 3, 4);
        expectRefused(dave, 1, longer, ofTheRest, REJECTED);
        verify(carol, 1, 2);
        expectRefused(dave, 1, longer, joint, REJECTED);
        // With a proof of the rest, what was proven before is passed over.
        vm.prank(dave);
        poe.verifyJointly(1, longer, ofTheRest);
        assertEq(poe.balances(dave), posted[3].record.fee + posted[4].record.fee);
        assertEq(poe.balances(carol), posted[1].record.fee + posted[2].record.fee);
        assertEq(poe.verifiedBatches(), 4);
    }

    function test_latecomerRevertsBeforeTheVerifier() public {
        sequence(alice, inputOf(93, 1));
        sequence(alice, inputOf(93, 2));
        (IProofOfEfficiency.BatchProof[] memory late, bytes memory joint) = proveJointly(dave, 1, 2);
        verifyJointly(carol, 1, 2);
        vm.expectCall(address(verifier), abi.encodeWithSelector(IStatementVerifier.verifyJointly.selector), 0);
        bytes memory expected = abi.encodeWithSelector(IProofOfEfficiency.AlreadyVerified.selector, 2, 2);
        expectRefused(dave, 1, late, joint, expected);
    }

    function test_rangesAreChecked() public {
        for (uint256 i = 1; i <= 3; ++i) sequence(alice, inputOf(93, i));
        (IProofOfEfficiency.BatchProof[] memory proofs, bytes memory joint) = proveJointly(carol, 2, 3);
        bytes4 wrongFirst = IProofOfEfficiency.WrongFirstBatch.selector;
        expectRefused(carol, 2, proofs, joint, abi.encodeWithSelector(wrongFirst, 2, 1));
        expectRefused(carol, 0, proofs, joint, abi.encodeWithSelector(wrongFirst, 0, 1));
        proofs = new IProofOfEfficiency.BatchProof[](0);
        expectRefused(carol, 1, proofs, joint, abi.encodeWithSelector(IProofOfEfficiency.NoBatches.selector));
        proofs = new IProofOfEfficiency.BatchProof[](4);
        bytes memory notSequenced = abi.encodeWithSelector(IProofOfEfficiency.NotSequenced.selector, 4, 3);
        expectRefused(carol, 1, proofs, joint, notSequenced);
    }

    /// @dev One call of the verifier, of one kind, for all leaves.
    function test_verifierIsAskedOnce() public {
        sequence(alice, inputOf(3 * LEAF_BYTES, 1));
        sequence(alice, inputOf(LEAF_BYTES, 2));
        vm.expectCall(address(verifier), abi.encodeWithSelector(IStatementVerifier.verifyJointly.selector), 1);
        vm.expectCall(address(verifier), abi.encodeWithSelector(IBatchVerifier.verify.selector), 0);
        verifyJointly(carol, 1, 2);
    }

    // ─── Selector ────────────────────────────────────────────────────────────────────────────────────────────────────

    function test_selectorIsAskedAsForVerify() public {
        MockSelector selector = new MockSelector();
        deploy(selector);
        fund(alice, 100 ether);
        selector.choose(Role.Sequencer, alice);
        selector.choose(Role.Aggregator, carol);
        sequence(alice, inputOf(2 * LEAF_BYTES, 1));
        sequence(alice, inputOf(1, 2));
        address[2] memory others = [dave, alice];
        for (uint256 i = 0; i < 2; ++i) {
            (IProofOfEfficiency.BatchProof[] memory proofs, bytes memory joint) = proveJointly(others[i], 1, 2);
            bytes4 notAllowed = IProofOfEfficiency.NotAllowed.selector;
            expectRefused(others[i], 1, proofs, joint, abi.encodeWithSelector(notAllowed, others[i], Role.Aggregator));
        }
        verifyJointly(carol, 1, 2);
        assertEq(selector.callCount(), 3);
        (address account, Role role, uint256 first, uint256 last, uint256 leaves, ) = selector.calls(2);
        assertEq(account, carol);
        assertEq(uint256(role), uint256(Role.Aggregator));
        assertEq(first, 1);
        assertEq(last, 2);
        assertEq(leaves, 3);
    }

    /// @dev Of an open role everybody may prove, and the selector hears of it.
    function test_selectorHearsOfAJointProof() public {
        MockSelector selector = new MockSelector();
        deploy(selector);
        fund(alice, 100 ether);
        selector.choose(Role.Sequencer, alice);
        sequence(alice, inputOf(1, 1));
        vm.warp(START + 30 minutes);
        verifyJointly(dave, 1, 1);
        (address account, , , , , ) = selector.calls(1);
        assertEq(account, dave);
    }

    // ─── Helpers ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Proves the same batches in two copies of the same state, and compares events, payments and state.
    function expectSameOutcome(uint256 from, uint256 to) private {
        IProofOfEfficiency.BatchProof[] memory single = prove(carol, from, to);
        (IProofOfEfficiency.BatchProof[] memory proofs, bytes memory joint) = proveJointly(carol, from, to);
        uint256 snapshot = vm.snapshotState();
        vm.recordLogs();
        vm.prank(carol);
        poe.verify(from, single);
        bytes memory expected = outcome(vm.getRecordedLogs());
        assertTrue(vm.revertToState(snapshot));
        assertEq(poe.verifiedBatches(), from - 1);
        vm.recordLogs();
        vm.prank(carol);
        poe.verifyJointly(from, proofs, joint);
        assertEq(outcome(vm.getRecordedLogs()), expected);
    }

    function outcome(Vm.Log[] memory logs) private view returns (bytes memory) {
        assertGt(logs.length, 1);
        bytes memory ofPoe = abi.encode(
            poe.balances(alice),
            poe.balances(bob),
            poe.balances(carol),
            poe.verifiedBatches(),
            poe.pendingLeaves(),
            poe.batchFee(),
            token.balanceOf(address(poe))
        );
        bytes memory ofCore = abi.encode(
            rollup.stateRoot(),
            rollup.executedOperations(),
            rollup.credits(0, carol),
            rollup.credits(3, carol)
        );
        return abi.encode(logs, ofPoe, ofCore);
    }

    function expectRefused(
        address aggregator,
        uint256 from,
        IProofOfEfficiency.BatchProof[] memory proofs,
        bytes memory joint,
        bytes memory expected
    ) private {
        vm.expectRevert(expected);
        vm.prank(aggregator);
        poe.verifyJointly(from, proofs, joint);
    }
}
