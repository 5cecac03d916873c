// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IJointProofs } from "./IJointProofs.sol";

/**
 * @title IChainVerifier
 * @notice Verifies leaves, for Proof of Efficiency: each by a Groth16 proof, or a chain of leaves by one joint proof,
 *         which also proves the states between them.
 */
interface IChainVerifier is IJointProofs {
    /// @notice Rejects a batch without leaves: nothing would be proven of it.
    error EmptyBatch(uint256 firstLeaf);

    /**
     * @notice Reverts unless there are leaves with what the chain says of them, of which the first begins in
     *         `oldStateRoot`, each further one in the state in which the one before ends, and the last ends in
     *         `newStateRoot`.
     * @param chain Words of the leaves that L1 knows, as `LeafChain` encodes them.
     * @param oldStateRoot State root of which the caller knows that it is the rollup's.
     * @param proof Root of the tree of proofs, 32 bytes; then an UltraHonk proof.
     * @dev Requirements
     *      - There is at least one batch. Each is complete, and has at least one leaf.
     *      - Every word is below p (`InputNotInField`, with the word's place in the statement of a leaf). Exits are as
     *        in a leaf's statement (`StatementPoint`).
     *      - The proof is valid.
     *
     *      The answer depends on the arguments only.
     *
     *      WARNING: With too little gas, a valid proof may be rejected with `ProofsRejected`.
     */
    function verifyChain(
        bytes calldata chain,
        uint256 oldStateRoot,
        uint256 newStateRoot,
        bytes calldata proof
    ) external view;
}
