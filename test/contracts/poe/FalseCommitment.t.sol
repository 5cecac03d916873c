// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IBatchVerifier } from "../../../contracts/verification/batch/IBatchVerifier.sol";
import { IProofOfEfficiency } from "../../../contracts/interfaces/IProofOfEfficiency.sol";
import { PoeTest } from "./PoeTest.sol";

/// @notice A sequencer may lie about the commitment of its data. It then pays for showing the data once more, and
///         stops nobody.
contract FalseCommitmentTest is PoeTest {
    function testFuzz_noChoiceOfCommitmentsStopsABatch(uint256 length, uint256[] memory lies) public {
        length = bound(length, 0, MAX_LEAVES * LEAF_BYTES);
        IProofOfEfficiency.BatchInput memory input = inputOf(length, 1);
        for (uint256 i = 0; i < input.commitments.length && i < lies.length; ++i) input.commitments[i] = lies[i] % P;
        sequence(alice, input);
        sequence(bob, inputOf(93, 2));
        uint256 aliceHas = poe.balances(alice);
        uint256 fees = posted[1].record.fee + posted[2].record.fee;

        verify(carol, 1, 2);
        bool truthful = isTruthful(1);
        assertEq(poe.verifiedBatches(), 2);
        assertEq(poe.balances(carol), truthful ? fees : fees + posted[1].record.bond);
        assertEq(poe.balances(alice) - aliceHas, truthful ? posted[1].record.bond : 0);
    }

    function test_liarsBondGoesToTheProver() public {
        postLie();
        uint256 aliceHas = poe.balances(alice);
        IProofOfEfficiency.BatchProof[] memory proofs = prove(carol, 1, 1);
        vm.expectEmit(address(poe));
        emit IProofOfEfficiency.FalseCommitment(1, alice, 2 * uint256(BOND));
        vm.prank(carol);
        poe.verify(1, proofs);
        assertEq(poe.balances(carol), 2 * uint256(FEE) + 2 * uint256(BOND));
        assertEq(poe.balances(alice), aliceHas);
    }

    /// @dev The recorded openings are false, so no proof shows them; and a valid proof has other openings than the
    ///      recorded ones.
    function test_lieCannotBeProvenWithoutTheData() public {
        postLie();
        IProofOfEfficiency.BatchProof[] memory proofs = prove(carol, 1, 1);
        proofs[0].falseOpenings = 0;
        bytes27 computed = bytes27(
            keccak256(
                abi.encode(
                    posted[1].previous,
                    posted[1].record,
                    keccak256(
                        abi.encodePacked(
                            proofs[0].leaves[0].commitment,
                            proofs[0].leaves[1].commitment,
                            proofs[0].leaves[0].evaluation,
                            proofs[0].leaves[1].evaluation
                        )
                    )
                )
            )
        );
        expectVerifyRevert(
            proofs,
            abi.encodeWithSelector(
                IProofOfEfficiency.BatchMismatch.selector,
                1,
                computed,
                bytes27(posted[1].accumulator)
            )
        );
        for (uint256 i = 0; i < 2; ++i) {
            proofs[0].leaves[i].commitment = posted[1].input.commitments[i];
            proofs[0].leaves[i].evaluation = evaluations(posted[1].input.data, posted[1].input.commitments)[i];
        }
        expectVerifyRevert(proofs, abi.encodeWithSelector(IBatchVerifier.ProofsRejected.selector));
    }

    function test_showingTheDataOfATruthfulBatchGainsNothing() public {
        sequence(alice, inputOf(LEAF_BYTES + 5, 1));
        uint256 aliceHas = poe.balances(alice);
        IProofOfEfficiency.BatchProof[] memory proofs = prove(carol, 1, 1);
        proofs[0].falseOpenings = posted[1].openings;
        proofs[0].data = posted[1].input.data;
        vm.prank(carol);
        poe.verify(1, proofs);
        assertEq(poe.balances(alice) - aliceHas, 2 * uint256(BOND));
        assertEq(poe.balances(carol), 2 * uint256(FEE));
    }

    function test_claimingALieDoesNotMakeOne() public {
        sequence(alice, inputOf(LEAF_BYTES + 5, 1));
        IProofOfEfficiency.BatchProof[] memory proofs = prove(carol, 1, 1);
        proofs[0].falseOpenings = keccak256("openings");
        proofs[0].data = posted[1].input.data;
        bytes27 computed = bytes27(keccak256(abi.encode(posted[1].previous, posted[1].record, keccak256("openings"))));
        expectVerifyRevert(
            proofs,
            abi.encodeWithSelector(
                IProofOfEfficiency.BatchMismatch.selector,
                1,
                computed,
                bytes27(posted[1].accumulator)
            )
        );
        // Another commitment for the same data needs another proof, which does not exist.
        proofs[0].falseOpenings = posted[1].openings;
        proofs[0].leaves[1].commitment ^= 1;
        expectVerifyRevert(proofs, abi.encodeWithSelector(IBatchVerifier.ProofsRejected.selector));
    }

    function test_otherDataIsRefused() public {
        postLie();
        IProofOfEfficiency.BatchProof[] memory proofs = prove(carol, 1, 1);
        proofs[0].data[3] ^= 0x01;
        expectVerifyRevert(
            proofs,
            abi.encodeWithSelector(
                IProofOfEfficiency.WrongData.selector,
                1,
                keccak256(proofs[0].data),
                posted[1].record.dataHash
            )
        );
        proofs[0].data = "";
        expectVerifyRevert(
            proofs,
            abi.encodeWithSelector(IProofOfEfficiency.WrongData.selector, 1, keccak256(""), posted[1].record.dataHash)
        );
    }

    function test_everyLeafIsNeeded() public {
        postLie();
        IProofOfEfficiency.BatchProof[] memory proofs = prove(carol, 1, 1);
        IProofOfEfficiency.LeafProof[] memory first = new IProofOfEfficiency.LeafProof[](1);
        first[0] = proofs[0].leaves[0];
        proofs[0].leaves = first;
        expectVerifyRevert(proofs, abi.encodeWithSelector(IProofOfEfficiency.WrongLeafCount.selector, 1, 1, 2));
        proofs[0].leaves = new IProofOfEfficiency.LeafProof[](3);
        expectVerifyRevert(proofs, abi.encodeWithSelector(IProofOfEfficiency.WrongLeafCount.selector, 1, 3, 2));
        proofs[0].leaves = new IProofOfEfficiency.LeafProof[](0);
        expectVerifyRevert(proofs, abi.encodeWithSelector(IProofOfEfficiency.WrongLeafCount.selector, 1, 0, 2));
    }

    function test_evaluationOfTheProverIsNotTrusted() public {
        postLie();
        IProofOfEfficiency.BatchProof[] memory proofs = prove(carol, 1, 1);
        proofs[0].leaves[0].evaluation = 0; // ignored: L1 has its own
        vm.prank(carol);
        poe.verify(1, proofs);
        assertEq(poe.verifiedBatches(), 1);
    }

    function test_emptyBatchMayLieToo() public {
        IProofOfEfficiency.BatchInput memory input = inputOf(0, 1);
        input.commitments[0] ^= 1;
        sequence(alice, input);
        verify(carol, 1, 1);
        assertEq(poe.balances(carol), FEE + uint256(BOND));
    }

    function test_lieInTheMiddleOfARange() public {
        sequence(bob, inputOf(93, 1));
        IProofOfEfficiency.BatchInput memory input = inputOf(LEAF_BYTES + 5, 2);
        input.commitments[1] ^= 1;
        sequence(alice, input);
        sequence(bob, inputOf(93, 3));
        uint256 bobHas = poe.balances(bob);
        IProofOfEfficiency.BatchProof[] memory proofs = prove(carol, 1, 3);
        vm.expectEmit(address(poe));
        emit IProofOfEfficiency.FalseCommitment(2, alice, 2 * uint256(BOND));
        vm.prank(carol);
        poe.verify(1, proofs);
        assertEq(poe.balances(bob) - bobHas, 2 * uint256(BOND));
        assertEq(poe.balances(carol), 4 * uint256(FEE) + 2 * uint256(BOND));
    }

    // ─── Helpers ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Two leaves; the commitment of the first is false.
    function postLie() private {
        IProofOfEfficiency.BatchInput memory input = inputOf(LEAF_BYTES + 5, 1);
        input.commitments[0] ^= 1;
        sequence(alice, input);
    }

    function expectVerifyRevert(IProofOfEfficiency.BatchProof[] memory proofs, bytes memory expected) private {
        vm.expectRevert(expected);
        vm.prank(carol);
        poe.verify(1, proofs);
    }
}
