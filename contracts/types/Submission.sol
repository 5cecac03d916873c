// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Proves a leaf: the proof, and the public signals that L1 does not know (docs/protocol.md §6).
struct LeafNode {
    uint256[8] proof;
    uint256 newStateRoot;
    uint256 exitsHash;
    uint256 proverFees;
    uint256 commitment;
    uint256 digest;
    uint256 worker;
}

/// @notice Proves an inner node: the proof, and the public signals that L1 does not know (docs/b52.md §3).
struct MergeNode {
    uint256[8] proof;
    uint256 digest;
    uint256 delivered;
    uint256 nodes;
    uint256 worker;
}

/**
 * @notice Opens the commitment to a block, and proves the block.
 * @param salt First word of the preimage of `Proposal.contentHash`.
 * @param forcedCount Number of forced operations at the beginning of `data`.
 * @param feeAccount L2 account that receives the tips.
 * @param feeToken Token in which the block's transactions pay fees.
 * @param promised Ticket of each node, 8 bits each; with `votesRoot` the preimage of `Proposal.transcript`.
 * @param votesRoot Root of the tree of votes.
 * @param data Forced operations first, then transactions.
 * @param includeList Signed transactions, at most one leaf. A block after this round has to include them if this block
 *        is proven and is the best of the blocks that lose (docs/b52.md §5.1).
 * @param leaves Proofs of the leaves in order. Their number is `Proposal.leaves`, the least that holds the data.
 * @param merges Proofs of the nodes 1, 2, … of the tree; one less than leaves.
 * @param exits Two words for each exit (`ShownExits`), ordered by slot. Slots are counted through the block.
 * @param joint One proof of all nodes (`IStatementVerifier.verifyJointly`), leaves first; the words `proof` of each
 *        node are 0 then. Empty if each node has its own.
 */
struct Submission {
    bytes32 salt;
    uint16 forcedCount;
    uint32 feeAccount;
    uint16 feeToken;
    uint128 promised;
    uint256 votesRoot;
    bytes data;
    bytes includeList;
    LeafNode[] leaves;
    MergeNode[] merges;
    uint256[] exits;
    bytes joint;
}
