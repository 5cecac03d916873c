// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IProofOfEfficiency } from "../../../contracts/interfaces/IProofOfEfficiency.sol";
import { PoeModel } from "./PoeModel.sol";

/// @notice The joint proofs that an honest prover makes, by the model.
abstract contract PoeJointModel is PoeModel {
    /// @dev The batches as L1 is shown them, and the joint proof of an honest aggregator.
    function proveJointly(
        address aggregator,
        uint256 from,
        uint256 to
    ) internal view returns (IProofOfEfficiency.JointBatch[] memory batches, uint256 newStateRoot, bytes memory proof) {
        batches = showBatches(from, to);
        newStateRoot = rootAfter(to, leavesOf(posted[to].input.data) - 1);
        proof = jointProof(chainOf(aggregator, from, to), rootBefore(from, 0), newStateRoot);
    }

    /// @dev The proof of a chain, of which `MockVerifier` knows that it was made for these words.
    function jointProof(bytes memory leaves, uint256 oldRoot, uint256 newRoot) internal pure returns (bytes memory) {
        return abi.encode(keccak256(abi.encode(oldRoot, newRoot, keccak256(leaves))));
    }

    function showBatches(
        uint256 from,
        uint256 to
    ) internal view returns (IProofOfEfficiency.JointBatch[] memory batches) {
        batches = new IProofOfEfficiency.JointBatch[](to - from + 1);
        for (uint256 i = 0; i < batches.length; ++i) batches[i] = showBatch(from + i);
    }

    function showBatch(uint256 number) private view returns (IProofOfEfficiency.JointBatch memory batch) {
        bytes memory data = posted[number].input.data;
        batch.record = posted[number].record;
        batch.openings = openingsOf(data);
        batch.proverFees = proverFeesOf(number);
        batch.exits = exitsOf(number);
        if (!isTruthful(number)) {
            batch.falseOpenings = posted[number].openings;
            batch.data = data;
        }
    }

    /// @dev The true commitments of all leaves, then their evaluations.
    function openingsOf(bytes memory data) private view returns (uint256[] memory words) {
        uint256[] memory commitments = this.trueCommitments(data);
        uint256[] memory y = this.evaluations(data, commitments);
        words = new uint256[](2 * commitments.length);
        for (uint256 i = 0; i < commitments.length; ++i) {
            (words[i], words[commitments.length + i]) = (commitments[i], y[i]);
        }
    }

    function proverFeesOf(uint256 number) private view returns (uint256[] memory fees) {
        fees = new uint256[](leavesOf(posted[number].input.data));
        for (uint256 i = 0; i < fees.length; ++i) fees[i] = effects[number][i].proverFees;
    }

    /// @dev All that L1 knows of the leaves: domain and worker, then each batch.
    function chainOf(address aggregator, uint256 from, uint256 to) internal view returns (bytes memory leaves) {
        leaves = abi.encode(rollup.DOMAIN(), aggregator);
        for (uint256 i = from; i <= to; ++i) leaves = bytes.concat(leaves, linkOf(i));
    }

    /// @dev A batch of a chain: six words, then proverFees, c and y of its leaves, and its exits.
    function linkOf(uint256 number) internal view returns (bytes memory) {
        Posted storage batch = posted[number];
        uint256[] memory fees = proverFeesOf(number);
        uint256[] memory exits = exitsOf(number);
        bytes memory head = abi.encode(
            batch.record.header,
            pointOf(batch.input.data, this.trueCommitments(batch.input.data)),
            batch.record.sequencer,
            uint256(batch.accumulator) >> 8,
            fees.length,
            exits.length
        );
        return bytes.concat(head, abi.encodePacked(fees), abi.encodePacked(openingsOf(batch.input.data), exits));
    }
}
