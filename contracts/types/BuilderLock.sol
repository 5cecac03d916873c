// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @notice Holds the offer of a builder for one proposal. The builder signs it together with the commitment hash
 *         (docs/b52.md §10).
 * @param builder Account that pays. It signs, or has code that accepts the signature (ERC-1271).
 * @param payment Amount that the proposer gets if the block wins, in the native token.
 * @param cover Amount that the proposer gets besides the payment if the content is withheld, in the native token.
 * @param deadline Time from which on the offer cannot be locked, in unix seconds. From then on a lock for a round that
 *        nobody opened can be resolved.
 */
struct BuilderOffer {
    address builder;
    uint96 payment;
    uint96 cover;
    uint40 deadline;
}

/**
 * @notice Says how far a lock is.
 * @dev Transitions: Locked → Demanded (`demand`) → Answered (`answer`). A lock ends by `resolve` if it is Locked or
 *      Answered, and by `takeCover` if it is Demanded.
 */
enum LockStage {
    Locked,
    Demanded,
    Answered
}

/**
 * @notice Holds the payment and the cover of a builder for one proposal. L1 keeps its hash.
 * @param id Commitment hash of the proposal.
 * @param parent Commitment hash of the parent block, of which the first 208 bits count.
 * @param contentHash Hash of the content (docs/b52.md §4).
 * @param proposer Proposer of the block.
 * @param round Id of the round.
 * @param height Height of the block.
 * @param leaves Number of leaves of the block.
 * @param builder Builder that pays.
 * @param payment Amount that the proposer gets if the block wins, in the native token.
 * @param cover Amount that the proposer gets besides if the content is withheld, in the native token.
 * @param deadline Deadline of the offer, in unix seconds.
 * @param stage State of the lock.
 * @param answerBy Time from which on a demand can no longer be answered, in unix seconds; 0 without a demand.
 * @param demander Account whose bond is held; zero if none is held.
 */
struct BuilderLock {
    bytes32 id;
    bytes32 parent;
    bytes32 contentHash;
    address proposer;
    uint40 round;
    uint40 height;
    uint8 leaves;
    address builder;
    uint96 payment;
    uint96 cover;
    uint40 deadline;
    LockStage stage;
    uint40 answerBy;
    address demander;
}

/**
 * @notice Opens the content hash of a proposal. The names are those of `Submission`.
 * @param salt First word of the preimage of `Proposal.contentHash`.
 * @param forcedCount Number of forced operations at the beginning of `data`.
 * @param feeAccount L2 account that receives the tips.
 * @param feeToken Token in which the block's transactions pay fees.
 * @param data Forced operations first, then transactions.
 * @param includeList Signed transactions, at most one leaf (docs/b52.md §5.1).
 */
struct BlockContent {
    bytes32 salt;
    uint16 forcedCount;
    uint32 feeAccount;
    uint16 feeToken;
    bytes data;
    bytes includeList;
}
