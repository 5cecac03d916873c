// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @notice Describes the block that a proposer commits to (docs/b52.md §4).
 * @param proposer Account that commits, pays the bid and receives the proposer's reward.
 * @param round Id of the round.
 * @param height Height of the block.
 * @param parent Commitment hash of the parent block. Only its first 208 bits count, since L1 keeps no more.
 * @param contentHash `keccak256(abi.encode(salt, keccak256(data), forcedCount, feeAccount, feeToken,
 *        keccak256(includeList)))`.
 * @param bid Amount in the native token; burned if the block wins.
 * @param share Provers' part of the block reward, in 1/10,000.
 * @param leaves Number of leaves of the proof tree: 2, 4 or 8. Provers sign it, so that a vote for a node is a vote for
 *        a leaf or for an inner node of a known tree.
 * @param promisedProvers Number of provers that the proposer promises, at most the number of nodes. More provers do not
 *        count.
 * @param transcript `keccak256(abi.encode(promised, votesRoot))` of docs/b52.md §2.
 */
struct Proposal {
    address proposer;
    uint40 round;
    uint40 height;
    bytes32 parent;
    bytes32 contentHash;
    uint88 bid;
    uint16 share;
    uint8 leaves;
    uint8 promisedProvers;
    bytes32 transcript;
}

/**
 * @notice Says how far a commitment is.
 * @dev Transitions: None or Settled → Committed (`commit`) → Proven (`submit`; again if better) → Settled (`settle` or
 *      `advanceState`); or Committed → Settled (`settle`).
 */
enum CommitmentStatus {
    None,
    Committed,
    Proven,
    Settled
}

/**
 * @notice Records a proposal.
 * @param hash First 208 bits of the commitment hash.
 * @param round Id of the round.
 * @param status State of the commitment.
 */
struct Commitment {
    bytes26 hash; // slot 0
    uint40 round; // slot 0
    CommitmentStatus status; // slot 0
}
