// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ICustody } from "../../../contracts/interfaces/ICustody.sol";
import { IProofOfEfficiency } from "../../../contracts/interfaces/IProofOfEfficiency.sol";
import { ISelector, Role } from "../../../contracts/interfaces/ISelector.sol";
import { MockSelector } from "../../../contracts/mocks/MockSelector.sol";
import { MockVerifier } from "../../../contracts/mocks/MockVerifier.sol";
import { StatementPoint } from "../../../contracts/libraries/StatementPoint.sol";
import { BatchHeader } from "../../../contracts/types/BatchHeader.sol";
import { IBatchVerifier } from "../../../contracts/verification/batch/IBatchVerifier.sol";
import { IChainVerifier } from "../../../contracts/verification/IChainVerifier.sol";
import { IJointProofs } from "../../../contracts/verification/IJointProofs.sol";
import { Deploy } from "../helpers/Deploy.sol";
import { Vm } from "../helpers/Vm.sol";
import { HonkChainModel } from "../verification/HonkChainModel.sol";
import { PoeTest } from "./PoeTest.sol";

/// @notice `verifyJointly` does what `verify` does, with one proof of a chain of leaves. `MockVerifier` accepts the
///         proof of exactly the chain and the states of the model, so each success asserts all their words.
contract VerifyJointlyTest is PoeTest {
    bytes private constant REJECTED = abi.encodeWithSelector(IBatchVerifier.ProofsRejected.selector);
    uint256 private constant NODE_KEY_HASH = 77;

    /// @dev A call of `verifyJointly`. In memory only.
    struct Call {
        address aggregator;
        uint256 from;
        IProofOfEfficiency.JointBatch[] batches;
        uint256 newStateRoot;
        bytes proof;
    }

    HonkChainModel private honk;

    // ─── What is proven ──────────────────────────────────────────────────────────────────────────────────────────────

    function testFuzz_doesWhatVerifyDoes(uint256[3] memory lengths, uint256 seed, uint96[3] memory proverFees) public {
        uint256 most = (poe.MAX_PENDING_LEAVES() / 3) * LEAF_BYTES;
        for (uint256 i = 0; i < 3; ++i) {
            IProofOfEfficiency.BatchInput memory input = inputOf(bound(lengths[i], 0, most), seed ^ i);
            if ((seed >> i) % 4 == 0) input.commitments[0] ^= 1;
            sequence(i == 1 ? bob : alice, input);
            effects[i + 1][0].proverFees = proverFees[i];
            if ((seed >> (8 + i)) % 2 == 0) addExit(i + 1, 0, (seed >> 16) % SLOTS, dave, uint16(i), 1 + uint128(i));
        }
        expectSameOutcome(1, 3);
        assertEq(poe.verifiedBatches(), 3);
        assertEq(rollup.stateRoot(), rootBefore(4, 0));
    }

    function test_settlesForcedOperationsExitsAndFeesInTokensAsVerifyDoes() public {
        sequenceExample();
        expectSameOutcome(1, 2);
        assertEq(rollup.executedOperations(), 6);
        assertEq(rollup.credits(0, carol), 100 + forcedFeesOf(6));
        assertEq(rollup.credits(3, carol), 20);
    }

    /// @dev The batches that the ring holds are passed one after the other, of both kinds.
    function test_provesBatchAfterBatch() public {
        for (uint256 i = 1; i <= 4; ++i) sequence(alice, inputOf(i * 200, i));
        verifyJointly(carol, 1, 1);
        verify(carol, 2, 2);
        verifyJointly(carol, 3, 4);
        assertEq(poe.verifiedBatches(), 4);
        assertEq(poe.pendingLeaves(), 0);
        assertEq(rollup.stateRoot(), rootBefore(5, 0));
    }

    /// @dev The chain's words, the state of the core, and the new state, and nothing else.
    function test_asksTheVerifierOnce() public {
        sequence(alice, inputOf(93, 1));
        verifyJointly(carol, 1, 1);
        uint256 before = rollup.stateRoot();
        sequence(alice, inputOf(3 * LEAF_BYTES, 2));
        sequence(bob, inputOf(LEAF_BYTES, 3));
        addExit(3, 0, 2, dave, 1, 7);
        Call memory call = honestCall(carol, 2, 3);
        bytes memory asked = abi.encodeCall(
            IChainVerifier.verifyChain,
            (chainOf(carol, 2, 3), before, rootAfter(3, 0), call.proof)
        );
        vm.expectCall(address(verifier), asked, 1);
        vm.expectCall(address(verifier), abi.encodeWithSelector(IChainVerifier.verifyChain.selector), 1);
        vm.expectCall(address(verifier), abi.encodeWithSelector(IBatchVerifier.verify.selector), 0);
        send(call);
        assertEq(rollup.stateRoot(), rootAfter(3, 0));
    }

    function test_everyPartyGetsExactlyItsPart() public {
        sequenceExample();
        uint256 aliceHas = poe.balances(alice);
        uint256 bobHas = poe.balances(bob);
        Call memory call = honestCall(carol, 1, 2);
        uint256 reward = posted[1].record.fee + posted[2].record.fee;
        vm.expectEmit(address(poe));
        emit IProofOfEfficiency.BatchesVerified(1, 2, carol, call.newStateRoot, reward);
        send(call);
        assertEq(poe.balances(carol), reward);
        assertEq(poe.balances(alice) - aliceHas, posted[1].record.bond);
        assertEq(poe.balances(bob) - bobHas, posted[2].record.bond);
    }

    // ─── Each word counts ────────────────────────────────────────────────────────────────────────────────────────────

    function test_everyFeeAndEveryExitCounts() public {
        sequenceExample();
        for (uint256 k = 0; k < 2; ++k) {
            Call memory call = honestCall(carol, 1, 2);
            uint256[] memory fees = call.batches[k].proverFees;
            for (uint256 i = 0; i < fees.length; ++i) {
                fees[i] ^= 1;
                expectRefused(call, REJECTED);
                fees[i] ^= 1;
            }
            uint256[] memory exits = call.batches[k].exits;
            for (uint256 i = 0; i < exits.length; ++i) {
                exits[i] ^= 1;
                expectRefused(call, REJECTED);
                exits[i] ^= 1;
            }
        }
        verifyJointly(carol, 1, 2);
    }

    function test_feeBelongsToItsLeaf() public {
        sequenceExample();
        Call memory call = honestCall(carol, 1, 2);
        uint256[] memory fees = call.batches[0].proverFees;
        assertNotEq(fees[0], fees[1]);
        (fees[0], fees[1]) = (fees[1], fees[0]);
        expectRefused(call, REJECTED);
    }

    function test_everyExitIsWhereTheProofHasIt() public {
        sequenceExample();
        Call memory call = honestCall(carol, 1, 2);
        uint256[] memory exits = call.batches[1].exits;
        exits[2] -= 2 ** 176; // another slot
        expectRefused(call, REJECTED);
        exits[2] += 2 ** 176;
        setLength(exits, 2); // left out
        expectRefused(call, REJECTED);
        setLength(exits, 4);
        // In the other batch, which has one of its own.
        (call.batches[0].exits, call.batches[1].exits) = (exits, call.batches[0].exits);
        expectRefused(call, REJECTED);
    }

    /// @dev Of a batch with two exits.
    function test_exitsHaveTwoWords() public {
        sequenceExample();
        Call memory call = honestCall(carol, 1, 2);
        uint256[] memory exits = call.batches[1].exits;
        setLength(exits, 3);
        expectRefused(call, invalidExit(2, 1));
        setLength(exits, 1);
        expectRefused(call, invalidExit(2, 0));
        // Two halves are no exit, either.
        setLength(exits, 3);
        setLength(call.batches[0].exits, 1);
        expectRefused(call, invalidExit(1, 0));
        setLength(exits, 4);
        setLength(call.batches[0].exits, 2);
        send(call);
    }

    function test_newStateCounts() public {
        sequenceExample();
        Call memory call = honestCall(carol, 1, 2);
        uint256[5] memory others = [call.newStateRoot ^ 1, 0, rootAfter(2, 0), rootAfter(1, 2), rollup.stateRoot()];
        for (uint256 i = 0; i < others.length; ++i) {
            call.newStateRoot = others[i];
            expectRefused(call, REJECTED);
        }
    }

    /// @dev There is a proof, but it begins in another state than the core.
    function test_oldStateIsThatOfTheCore() public {
        sequence(alice, inputOf(93, 1));
        sequence(alice, inputOf(93, 2));
        verify(carol, 1, 1);
        Call memory call = honestCall(carol, 2, 2);
        bytes memory honest = call.proof;
        uint256[3] memory others = [rootBefore(1, 0), call.newStateRoot, 0];
        for (uint256 i = 0; i < others.length; ++i) {
            call.proof = jointProof(chainOf(carol, 2, 2), others[i], call.newStateRoot);
            expectRefused(call, REJECTED);
        }
        call.proof = honest;
        send(call);
    }

    function test_everyOpeningCounts() public {
        sequenceExample();
        for (uint256 k = 0; k < 2; ++k) {
            Call memory call = honestCall(carol, 1, 2);
            uint256[] memory openings = call.batches[k].openings;
            for (uint256 i = 0; i < openings.length; ++i) {
                openings[i] ^= 1;
                expectMismatch(call);
                openings[i] ^= 1;
            }
        }
        verifyJointly(carol, 1, 2);
    }

    function test_everyFieldOfTheRecordCounts() public {
        sequenceExample();
        for (uint256 k = 0; k < 2; ++k) {
            for (uint256 field = 0; field < 6; ++field) {
                Call memory call = honestCall(carol, 1, 2);
                IProofOfEfficiency.BatchRecord memory altered = call.batches[k].record;
                if (field == 0) altered.sequencer = carol;
                if (field == 1) altered.header = BatchHeader.wrap(BatchHeader.unwrap(altered.header) ^ 1);
                if (field == 2) altered.dataHash ^= bytes32(uint256(1));
                if (field == 3) altered.fee += 1;
                if (field == 4) altered.bond += 1;
                if (field == 5) altered.forcedFees += 1;
                expectMismatch(call);
            }
        }
    }

    /// @dev With two leaves: words c₀ c₁ y₀ y₁.
    function test_openingsAreTwoWordsForEachLeaf() public {
        sequence(alice, inputOf(93, 1));
        sequence(alice, inputOf(LEAF_BYTES + 1, 2));
        Call memory call = honestCall(carol, 1, 2);
        uint256[] memory honest = call.batches[1].openings;
        uint256[6] memory counts = [uint256(0), 1, 2, 3, 5, 6];
        for (uint256 i = 0; i < counts.length; ++i) {
            call.batches[1].openings = new uint256[](counts[i]);
            for (uint256 k = 0; k < counts[i] && k < 4; ++k) call.batches[1].openings[k] = honest[k];
            expectRefused(call, wrongOpeningCount(2, counts[i], 4));
        }
        call.batches[1].openings = honest;
        for (uint256 leaves = 0; leaves < 4; ++leaves) {
            if (leaves == 2) continue;
            call.batches[1].proverFees = new uint256[](leaves);
            expectRefused(call, wrongOpeningCount(2, 4, 2 * leaves));
        }
        call.batches[1].proverFees = new uint256[](2);
        call.batches[0].proverFees = new uint256[](0);
        expectRefused(call, wrongOpeningCount(1, 2, 0));
        call.batches[0].proverFees = new uint256[](1);
        send(call);
    }

    /// @dev Openings of fewer leaves, or of more, have another hash.
    function test_leavesAreThoseOfTheRecord() public {
        sequence(alice, inputOf(LEAF_BYTES + 1, 1));
        sequence(alice, inputOf(93, 2));
        Call memory call = honestCall(carol, 1, 2);
        uint256[] memory honest = call.batches[0].openings;
        for (uint256 leaves = 0; leaves < 4; ++leaves) {
            if (leaves == 2) continue;
            call.batches[0].proverFees = new uint256[](leaves);
            call.batches[0].openings = new uint256[](2 * leaves);
            for (uint256 k = 0; k < 2 * leaves && k < 4; ++k) call.batches[0].openings[k] = honest[k];
            expectMismatch(call);
        }
        // A leaf of one batch is not a leaf of the next one.
        uint256[] memory second = call.batches[1].openings;
        (call.batches[0].proverFees, call.batches[1].proverFees) = (new uint256[](1), new uint256[](2));
        (call.batches[0].openings, call.batches[1].openings) = (new uint256[](2), new uint256[](4));
        (call.batches[0].openings[0], call.batches[0].openings[1]) = (honest[0], honest[2]);
        (call.batches[1].openings[0], call.batches[1].openings[2]) = (honest[1], honest[3]);
        (call.batches[1].openings[1], call.batches[1].openings[3]) = (second[0], second[1]);
        expectMismatch(call);
    }

    function test_leavesInAnotherOrderAreNotTheBatch() public {
        sequence(alice, inputOf(LEAF_BYTES + 1, 1));
        Call memory call = honestCall(carol, 1, 1);
        uint256[] memory words = call.batches[0].openings;
        (words[0], words[1], words[2], words[3]) = (words[1], words[0], words[3], words[2]);
        expectMismatch(call);
    }

    /// @dev Sums of fees do not wrap, in a batch or in all of them.
    function test_feesDoNotOverflow() public {
        sequence(alice, inputOf(LEAF_BYTES + 1, 1));
        sequence(alice, inputOf(93, 2));
        bytes memory overflow = abi.encodeWithSignature("Panic(uint256)", 0x11);
        effects[1][0].proverFees = 2 ** 255;
        effects[1][1].proverFees = 2 ** 255;
        expectRefused(honestCall(carol, 1, 1), overflow);
        effects[1][1].proverFees = 2 ** 255 - 1;
        effects[2][0].proverFees = 1;
        expectRefused(honestCall(carol, 1, 2), overflow);
    }

    // ─── Other proofs ────────────────────────────────────────────────────────────────────────────────────────────────

    function test_proofSeenInTheMempoolIsWorthNothing() public {
        sequence(alice, inputOf(LEAF_BYTES + 1, 1));
        Call memory call = honestCall(carol, 1, 1);
        call.aggregator = dave;
        expectRefused(call, REJECTED);
        call.aggregator = carol;
        send(call);
    }

    function test_proofIsOfAllBatchesInTheirOrder() public {
        for (uint256 i = 1; i <= 3; ++i) sequence(alice, inputOf(i * 150, i));
        Call memory call = honestCall(carol, 1, 3);
        bytes memory honest = call.proof;
        bytes memory first = bytes.concat(abi.encode(rollup.DOMAIN(), carol), linkOf(1));
        bytes[5] memory others = [
            first,
            bytes.concat(first, linkOf(2)),
            bytes.concat(first, linkOf(3)),
            bytes.concat(first, linkOf(3), linkOf(2)),
            bytes.concat(first, linkOf(2), linkOf(2), linkOf(3))
        ];
        for (uint256 i = 0; i < others.length; ++i) {
            call.proof = jointProof(others[i], rootBefore(1, 0), call.newStateRoot);
            expectRefused(call, REJECTED);
        }
        call.proof = honest;
        send(call);
    }

    /// @dev The batches of a call are the recorded ones, all of them, in their order, even if a proof says otherwise.
    function test_callIsOfAllBatchesInTheirOrder() public {
        for (uint256 i = 1; i <= 3; ++i) sequence(alice, inputOf(93, i));
        IProofOfEfficiency.JointBatch[] memory honest = showBatches(1, 3);
        uint8[3][4] memory orders = [[1, 0, 2], [0, 2, 1], [0, 0, 2], [0, 1, 1]];
        Call memory call = honestCall(carol, 1, 3);
        for (uint256 i = 0; i < orders.length; ++i) {
            for (uint256 k = 0; k < 3; ++k) call.batches[k] = honest[orders[i][k]];
            expectMismatch(call);
        }
        call.batches = new IProofOfEfficiency.JointBatch[](2);
        (call.batches[0], call.batches[1]) = (honest[0], honest[2]);
        expectMismatch(call);
        (call.batches[0], call.batches[1]) = (honest[1], honest[2]);
        expectMismatch(call);
    }

    /// @dev Each proves fewer or more than the call shows.
    function test_proofOfAnotherRangeIsRejected() public {
        for (uint256 i = 1; i <= 3; ++i) sequence(alice, inputOf(93, i));
        Call memory all = honestCall(carol, 1, 3);
        Call memory two = honestCall(carol, 1, 2);
        (all.proof, two.proof) = (two.proof, all.proof);
        expectRefused(all, REJECTED);
        expectRefused(two, REJECTED);
        two.proof = honestCall(carol, 2, 3).proof;
        expectRefused(two, REJECTED);
        two = honestCall(carol, 1, 2);
        two.proof[31] ^= 0x01;
        expectRefused(two, REJECTED);
        two.proof = "";
        expectRefused(two, REJECTED);
    }

    function test_proofsOfOneKindAreNotOfTheOther() public {
        sequence(alice, inputOf(93, 1));
        Call memory call = honestCall(carol, 1, 1);
        bytes memory joint = call.proof;
        IProofOfEfficiency.BatchProof[] memory proofs = prove(carol, 1, 1);
        call.proof = abi.encode(proofs[0].leaves[0].proof[0]);
        expectRefused(call, REJECTED);
        call.proof = abi.encode(keccak256(abi.encode(proofs[0].leaves[0].proof[0])));
        expectRefused(call, REJECTED);
        proofs[0].leaves[0].proof[0] = uint256(abi.decode(joint, (bytes32)));
        vm.expectRevert(REJECTED);
        vm.prank(carol);
        poe.verify(1, proofs);
    }

    function test_nothingIsProvenOnAnotherChain() public {
        sequence(alice, inputOf(1, 1));
        Call memory call = honestCall(carol, 1, 1);
        uint256 home = this.chain();
        vm.chainId(home + 1);
        expectRefused(call, abi.encodeWithSelector(ICustody.WrongChain.selector, home + 1, home));
    }

    // ─── False commitments ───────────────────────────────────────────────────────────────────────────────────────────

    function test_liarsBondGoesToTheProver() public {
        sequenceLie();
        sequence(bob, inputOf(93, 2));
        uint256 aliceHas = poe.balances(alice);
        uint256 bobHas = poe.balances(bob);
        Call memory call = honestCall(carol, 1, 2);
        vm.expectEmit(address(poe));
        emit IProofOfEfficiency.FalseCommitment(1, alice, 2 * uint256(BOND));
        send(call);
        assertEq(poe.balances(carol), 3 * uint256(FEE) + 2 * uint256(BOND));
        assertEq(poe.balances(alice), aliceHas);
        assertEq(poe.balances(bob) - bobHas, BOND);
    }

    /// @dev The number in the event is that of the batch, not its place in the call.
    function test_lieInALaterRange() public {
        sequence(bob, inputOf(93, 1));
        sequence(bob, inputOf(93, 2));
        IProofOfEfficiency.BatchInput memory lie = inputOf(LEAF_BYTES + 5, 3);
        lie.commitments[1] ^= 1;
        sequence(alice, lie);
        verify(carol, 1, 1);
        uint256 bobHas = poe.balances(bob);
        Call memory call = honestCall(dave, 2, 3);
        vm.expectEmit(address(poe));
        emit IProofOfEfficiency.FalseCommitment(3, alice, 2 * uint256(BOND));
        send(call);
        assertEq(poe.balances(dave), 3 * uint256(FEE) + 2 * uint256(BOND));
        assertEq(poe.balances(bob) - bobHas, BOND);
    }

    /// @dev L1 has its own, which the chain of the model has.
    function test_evaluationsOfTheProverAreNotTrusted() public {
        sequenceLie();
        Call memory call = honestCall(carol, 1, 1);
        (call.batches[0].openings[2], call.batches[0].openings[3]) = (0, type(uint256).max);
        send(call);
        assertEq(poe.verifiedBatches(), 1);
    }

    /// @dev There is no proof with other commitments: the proof of the data has its own.
    function test_commitmentsOfTheProverAreThoseOfTheProof() public {
        sequenceLie();
        Call memory call = honestCall(carol, 1, 1);
        for (uint256 i = 0; i < 2; ++i) {
            call.batches[0].openings[i] ^= 1;
            expectRefused(call, REJECTED);
            call.batches[0].openings[i] ^= 1;
        }
        send(call);
    }

    function test_lieCannotBeProvenWithoutTheData() public {
        sequenceLie();
        Call memory call = honestCall(carol, 1, 1);
        bytes32 recorded = call.batches[0].falseOpenings;
        call.batches[0].falseOpenings = 0;
        expectMismatch(call);
        // The recorded openings have no proof.
        uint256[] memory lies = posted[1].input.commitments;
        uint256[] memory y = this.evaluations(posted[1].input.data, lies);
        for (uint256 i = 0; i < 2; ++i) {
            (call.batches[0].openings[i], call.batches[0].openings[2 + i]) = (lies[i], y[i]);
        }
        expectRefused(call, REJECTED);
        // Nor has another claim about them any.
        call.batches[0].falseOpenings = recorded ^ bytes32(uint256(1));
        expectMismatch(call);
    }

    function test_showingTheDataOfATruthfulBatchGainsNothing() public {
        sequence(alice, inputOf(LEAF_BYTES + 5, 1));
        uint256 aliceHas = poe.balances(alice);
        Call memory call = honestCall(carol, 1, 1);
        call.batches[0].falseOpenings = posted[1].openings;
        call.batches[0].data = posted[1].input.data;
        send(call);
        assertEq(poe.balances(alice) - aliceHas, 2 * uint256(BOND));
        assertEq(poe.balances(carol), 2 * uint256(FEE));
    }

    function test_claimingALieDoesNotMakeOne() public {
        sequence(alice, inputOf(LEAF_BYTES + 5, 1));
        Call memory call = honestCall(carol, 1, 1);
        call.batches[0].falseOpenings = keccak256("openings");
        call.batches[0].data = posted[1].input.data;
        expectMismatch(call);
        // Another commitment for the same data needs another proof, which does not exist.
        call.batches[0].falseOpenings = posted[1].openings;
        call.batches[0].openings[1] ^= 1;
        expectRefused(call, REJECTED);
    }

    function test_dataIsThatOfTheBatch() public {
        sequenceLie();
        Call memory call = honestCall(carol, 1, 1);
        bytes32 honest = posted[1].record.dataHash;
        bytes4 wrongData = IProofOfEfficiency.WrongData.selector;
        call.batches[0].data[3] ^= 0x01;
        expectRefused(call, abi.encodeWithSelector(wrongData, 1, keccak256(call.batches[0].data), honest));
        call.batches[0].data = "";
        expectRefused(call, abi.encodeWithSelector(wrongData, 1, keccak256(""), honest));
    }

    function test_everyLeafOfALieIsNeeded() public {
        sequence(bob, inputOf(93, 2));
        verify(carol, 1, 1);
        IProofOfEfficiency.BatchInput memory lie = inputOf(LEAF_BYTES + 5, 1);
        lie.commitments[0] ^= 1;
        sequence(alice, lie);
        Call memory call = honestCall(carol, 2, 2);
        for (uint256 leaves = 0; leaves < 4; ++leaves) {
            if (leaves == 2) continue;
            call.batches[0].proverFees = new uint256[](leaves);
            call.batches[0].openings = new uint256[](2 * leaves);
            expectRefused(call, abi.encodeWithSelector(IProofOfEfficiency.WrongLeafCount.selector, 2, leaves, 2));
        }
    }

    // ─── Order and races ─────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Unlike with `verify`: a joint proof is of all its leaves, and cannot be used for the rest of a range. The
    ///      verifier is not asked.
    function test_latecomerWithALongerRangeIsRejected() public {
        for (uint256 i = 1; i <= 4; ++i) sequence(alice, inputOf(i * 200, i));
        Call memory longer = honestCall(dave, 1, 4);
        Call memory rest = honestCall(dave, 3, 4);
        longer.proof = rest.proof;
        expectRefused(longer, REJECTED);
        verify(carol, 1, 2);
        bytes memory wrongFirst = abi.encodeWithSelector(IProofOfEfficiency.WrongFirstBatch.selector, 1, 3);
        expectRefused(longer, wrongFirst);
        longer = honestCall(dave, 1, 4);
        expectRefused(longer, wrongFirst);
        send(rest);
        assertEq(poe.balances(dave), posted[3].record.fee + posted[4].record.fee);
        assertEq(poe.balances(carol), posted[1].record.fee + posted[2].record.fee);
        assertEq(poe.verifiedBatches(), 4);
    }

    function test_latecomerRevertsBeforeTheVerifier() public {
        sequence(alice, inputOf(93, 1));
        sequence(alice, inputOf(93, 2));
        Call memory late = honestCall(dave, 1, 2);
        verifyJointly(carol, 1, 2);
        vm.expectCall(address(verifier), abi.encodeWithSelector(IChainVerifier.verifyChain.selector), 0);
        expectRefused(late, abi.encodeWithSelector(IProofOfEfficiency.AlreadyVerified.selector, 2, 2));
    }

    function test_rangesAreChecked() public {
        for (uint256 i = 1; i <= 3; ++i) sequence(alice, inputOf(93, i));
        Call memory call = honestCall(carol, 2, 3);
        uint256[3] memory wrong = [uint256(2), 0, type(uint256).max];
        for (uint256 i = 0; i < wrong.length; ++i) {
            call.from = wrong[i];
            expectRefused(call, abi.encodeWithSelector(IProofOfEfficiency.WrongFirstBatch.selector, wrong[i], 1));
        }
        call.from = 1;
        call.batches = new IProofOfEfficiency.JointBatch[](0);
        expectRefused(call, abi.encodeWithSelector(IProofOfEfficiency.NoBatches.selector));
        call.batches = new IProofOfEfficiency.JointBatch[](4);
        expectRefused(call, abi.encodeWithSelector(IProofOfEfficiency.NotSequenced.selector, 4, 3));
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
        bytes4 notAllowed = IProofOfEfficiency.NotAllowed.selector;
        for (uint256 i = 0; i < 2; ++i) {
            Call memory call = honestCall(others[i], 1, 2);
            expectRefused(call, abi.encodeWithSelector(notAllowed, others[i], Role.Aggregator));
        }
        verifyJointly(carol, 1, 2);
        expectAdmitted(selector, carol, 1, 2, 3);
    }

    function test_selectorHearsOfALaterRange() public {
        MockSelector selector = new MockSelector();
        deploy(selector);
        fund(alice, 100 ether);
        selector.choose(Role.Sequencer, alice);
        selector.choose(Role.Aggregator, carol);
        for (uint256 i = 1; i <= 3; ++i) sequence(alice, inputOf(i * LEAF_BYTES, i));
        verify(carol, 1, 1);
        verifyJointly(carol, 2, 3);
        expectAdmitted(selector, carol, 2, 3, 5);
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
        expectAdmitted(selector, dave, 1, 1, 1);
    }

    // ─── With the verifier of chains ─────────────────────────────────────────────────────────────────────────────────

    /// @dev The tree proves the statements of docs/protocol.md §6, each with the header of its leaf. L1 has only the
    ///      headers of the batches.
    function test_leavesProveTheirOwnStatements() public {
        deployWithTrees();
        sequenceExample(); // the first batch has leaves with 4, 2 and 0 forced operations
        Call memory call = honestCall(carol, 1, 2);
        call.proof = plant(carol, 1, 2);
        call.batches[0].proverFees[1] += 1;
        adapt(call, 1);
        expectRefused(call, REJECTED);
        call.batches[0].proverFees[1] -= 1;
        adapt(call, 1);
        send(call);
        assertEq(rollup.executedOperations(), 6);
        assertEq(rollup.stateRoot(), rootAfter(2, 1));
    }

    function test_lieIsProvenWithTheEvaluationsOfTheData() public {
        deployWithTrees();
        sequenceLie();
        Call memory call = honestCall(carol, 1, 1);
        call.proof = plant(carol, 1, 1);
        (call.batches[0].openings[2], call.batches[0].openings[3]) = (type(uint256).max, 1);
        send(call);
        assertEq(poe.balances(carol), 2 * uint256(FEE) + 2 * uint256(BOND));
    }

    /// @dev The core gets exits as they are shown. It is the verifier that knows their slots.
    function test_exitsAreInOneEncoding() public {
        deployWithTrees();
        sequence(alice, inputOf(2 * LEAF_BYTES, 1));
        addExit(1, 0, 1, dave, 3, 10);
        addExit(1, 1, 0, carol, 0, 20);
        Call memory call = honestCall(carol, 1, 1);
        call.proof = plant(carol, 1, 1);
        uint256[] memory exits = call.batches[0].exits;
        exits[2] += 2 * SLOTS * 2 ** 176; // beyond the last leaf
        expectRefused(call, invalidExit(1, 1));
        exits[2] -= 2 * SLOTS * 2 ** 176;
        (exits[0], exits[2]) = (exits[2], exits[0]); // the second leaf's first
        expectRefused(call, invalidExit(1, 1));
        (exits[0], exits[2]) = (exits[2], exits[0]);
        send(call);
    }

    function test_statesAreInTheField() public {
        deployWithTrees();
        sequence(alice, inputOf(LEAF_BYTES + 1, 1));
        Call memory call = honestCall(carol, 1, 1);
        call.proof = plant(carol, 1, 1);
        uint256 honest = call.newStateRoot;
        call.newStateRoot = honest + P;
        expectRefused(call, abi.encodeWithSelector(IBatchVerifier.InputNotInField.selector, 1, 0, honest + P));
        call.newStateRoot = honest;
        call.batches[0].proverFees[1] = P;
        expectRefused(call, abi.encodeWithSelector(IBatchVerifier.InputNotInField.selector, 1, 2, P));
        call.batches[0].proverFees[1] = 0;
        send(call);
    }

    function test_proofThatIsEmptyIsTruncated() public {
        deployWithTrees();
        sequence(alice, inputOf(93, 1));
        Call memory call = honestCall(carol, 1, 1);
        call.proof = "";
        expectRefused(call, abi.encodeWithSelector(IJointProofs.TruncatedJointProof.selector, 0, 0x20));
        call.proof = new bytes(31);
        expectRefused(call, abi.encodeWithSelector(IJointProofs.TruncatedJointProof.selector, 31, 0x20));
    }

    // ─── Batches ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev A batch of three leaves with 4, 2 and 0 forced operations, and one of two leaves with a fee token.
    function sequenceExample() private {
        for (uint32 i = 1; i <= 6; ++i) queueExit(dave, i);
        sequence(alice, forcedInput(1, 6, LEAF_BYTES));
        IProofOfEfficiency.BatchInput memory input = inputOf(2 * LEAF_BYTES, 1);
        input.feeToken = 3;
        sequence(bob, input);
        effects[1][0].proverFees = 100;
        effects[2][1].proverFees = 20;
        addExit(1, 2, 1, dave, 0, 1 ether);
        addExit(2, 0, 0, carol, 7, 5);
        addExit(2, 0, 3, dave, 0, 2 ether);
    }

    /// @dev Two leaves; the commitment of the first is false.
    function sequenceLie() private {
        IProofOfEfficiency.BatchInput memory lie = inputOf(LEAF_BYTES + 5, 1);
        lie.commitments[0] ^= 1;
        sequence(alice, lie);
    }

    /// @dev Of the first `count` forced operations.
    function forcedFeesOf(uint256 count) private pure returns (uint256 sum) {
        for (uint256 i = 0; i < count; ++i) sum += FORCED_BASE + i * FORCED_STEP;
    }

    // ─── Trees ───────────────────────────────────────────────────────────────────────────────────────────────────────

    function deployWithTrees() private {
        deployParts();
        honk = new HonkChainModel(NODE_KEY_HASH);
        bytes memory arguments = abi.encode(honk, NODE_KEY_HASH, true);
        verifier = MockVerifier(Deploy.create("JointLeafVerifier.sol:JointLeafVerifier", arguments));
        deployConsensus(ISelector(address(0)));
        fund(alice, 1_000 ether);
        fund(bob, 1_000 ether);
    }

    /// @dev Joins the proofs of all leaves.
    function plant(address aggregator, uint256 from, uint256 to) private returns (bytes memory) {
        uint256[][] memory statements = new uint256[][](leavesFrom(from) - leavesFrom(to + 1));
        uint256 count = 0;
        for (uint256 batch = from; batch <= to; ++batch) {
            uint256 leaves = leavesOf(posted[batch].input.data);
            for (uint256 i = 0; i < leaves; ++i) statements[count++] = statementOf(aggregator, batch, i);
        }
        bytes32 root = keccak256(abi.encode("tree", from, to));
        honk.plant(root, statements);
        return proofOf(root, chainOf(aggregator, from, to));
    }

    function statementOf(address aggregator, uint256 batch, uint256 i) private view returns (uint256[] memory) {
        uint256[] memory commitments = this.trueCommitments(posted[batch].input.data);
        IProofOfEfficiency.LeafProof memory leaf;
        leaf.newStateRoot = rootAfter(batch, i);
        leaf.exitsHash = uint256(keccak256(abi.encode(effects[batch][i].exits))) % P;
        leaf.proverFees = effects[batch][i].proverFees;
        leaf.commitment = commitments[i];
        leaf.evaluation = this.evaluations(posted[batch].input.data, commitments)[i];
        leaf.digest = uint256(keccak256(abi.encode("digest", batch, i))) % P;
        return this.statementWords(aggregator, batch, i, commitments, leaf);
    }

    function proofOf(bytes32 root, bytes memory leaves) private view returns (bytes memory) {
        uint256 point = uint256(keccak256(bytes.concat(root, leaves))) % P;
        return bytes.concat(root, honk.proofFor(root, point));
    }

    /// @dev Makes the proof of the same tree for the point of other fees.
    /// @param leaf Of the first batch: the one whose fees are those of the call.
    function adapt(Call memory call, uint256 leaf) private {
        uint256 honest = effects[call.from][leaf].proverFees;
        effects[call.from][leaf].proverFees = call.batches[0].proverFees[leaf];
        bytes memory leaves = chainOf(call.aggregator, call.from, call.from + call.batches.length - 1);
        effects[call.from][leaf].proverFees = honest;
        call.proof = proofOf(abi.decode(call.proof, (bytes32)), leaves);
    }

    // ─── Calls ───────────────────────────────────────────────────────────────────────────────────────────────────────

    function honestCall(address aggregator, uint256 from, uint256 to) private view returns (Call memory call) {
        (call.aggregator, call.from) = (aggregator, from);
        (call.batches, call.newStateRoot, call.proof) = proveJointly(aggregator, from, to);
    }

    function send(Call memory call) private {
        vm.prank(call.aggregator);
        poe.verifyJointly(call.from, call.batches, call.newStateRoot, call.proof);
    }

    function expectRefused(Call memory call, bytes memory expected) private {
        vm.expectRevert(expected);
        send(call);
    }

    /// @dev Expects `BatchMismatch` with the accumulator that these batches lead to.
    function expectMismatch(Call memory call) private {
        bytes27 computed = posted[call.from].previous;
        for (uint256 i = 0; i < call.batches.length; ++i) {
            bytes32 openings = call.batches[i].falseOpenings;
            if (openings == 0) openings = keccak256(abi.encodePacked(call.batches[i].openings));
            computed = bytes27(keccak256(abi.encode(computed, call.batches[i].record, openings)));
        }
        uint256 to = call.from + call.batches.length - 1;
        bytes4 selector = IProofOfEfficiency.BatchMismatch.selector;
        expectRefused(call, abi.encodeWithSelector(selector, to, computed, bytes27(posted[to].accumulator)));
    }

    function wrongOpeningCount(uint256 batch, uint256 count, uint256 expected) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IProofOfEfficiency.WrongOpeningCount.selector, batch, count, expected);
    }

    /// @param place The batch, or, if the verifier says so, the leaf in the chain: the two errors have one selector.
    function invalidExit(uint256 place, uint256 exit) private pure returns (bytes memory) {
        return abi.encodeWithSelector(StatementPoint.InvalidExit.selector, place, exit);
    }

    function expectAdmitted(
        MockSelector selector,
        address expected,
        uint256 from,
        uint256 to,
        uint256 expectedLeaves
    ) private view {
        (address account, Role role, uint256 first, uint256 last, uint256 leaves, ) = selector.calls(
            selector.callCount() - 1
        );
        assertEq(account, expected);
        assertEq(uint256(role), uint256(Role.Aggregator));
        assertEq(first, from);
        assertEq(last, to);
        assertEq(leaves, expectedLeaves);
    }

    function setLength(uint256[] memory words, uint256 length) private pure {
        assembly ("memory-safe") {
            mstore(words, length)
        }
    }

    // ─── Outcomes ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Proves the same batches in two copies of the same state, and compares events, payments and state.
    function expectSameOutcome(uint256 from, uint256 to) private {
        IProofOfEfficiency.BatchProof[] memory single = prove(carol, from, to);
        Call memory call = honestCall(carol, from, to);
        uint256 snapshot = vm.snapshotState();
        vm.recordLogs();
        vm.prank(carol);
        poe.verify(from, single);
        bytes memory expected = outcome(vm.getRecordedLogs());
        assertTrue(vm.revertToState(snapshot));
        assertEq(poe.verifiedBatches(), from - 1);
        vm.recordLogs();
        send(call);
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
}
