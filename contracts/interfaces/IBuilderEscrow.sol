// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import { BlockContent, BuilderLock, BuilderOffer } from "../types/BuilderLock.sol";
import { CommitmentStatus, Proposal } from "../types/Proposal.sol";
import { IB52 } from "./IB52.sol";
import { IRollup } from "./IRollup.sol";

/**
 * @title IBuilderEscrow
 * @notice Lets a builder sell an ordered block to a proposer of B52 that does not know the order. A lock holds the
 *         builder's payment and cover for one proposal. The proposer gets the payment if the block wins, and both if
 *         the builder withholds the content.
 * @dev Source: B52, first reply ("The proposer here could further be separated into two entities"). Normative rules:
 *      docs/b52.md §10; reasons: docs/adr/0064.
 *
 *      The escrow reads B52 and changes nothing in it. It has no owner.
 *
 *      A lock, with A the answer window:
 *
 *        opensAt        proposalEnd                 proofEnd − A        proofEnd
 *            |  lock          |                           |                 |
 *            |  (commit)      |  demand                   |                 |
 *            |                |  answer: until demand + A                   |
 *            |                |  takeCover: from demand + A on, without an answer
 *            |                |  resolve: if there is no such commitment    |  resolve: if it is not proven
 *            |                |                                             |  resolve: after advanceState
 *
 *      Invariants: INV-BUILDER-01 to INV-BUILDER-03.
 */
interface IBuilderEscrow {
    // ─── Structs ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Sets the rules of the escrow at its deployment. They never change.
     * @param answerWindow Seconds for the answer to a demand: 1 … half of the proof window, rounded down. So a block
     *        whose content is demanded at once can still be proven after the answer.
     * @param withdrawalDelay Seconds from the request of a withdrawal to the withdrawal, at least the proposal window.
     *        So a proposer that knows a builder's balance can count on it until its window ends.
     * @param demandBond Bond of a demand, about the price of an answer.
     */
    struct EscrowParameters {
        uint32 answerWindow;
        uint32 withdrawalDelay;
        uint96 demandBond;
    }

    // ─── Events ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Logs the deployment with the parameters, which never change.
    event EscrowDeployed(IB52 indexed consensus, IERC20 indexed token, EscrowParameters parameters);

    /// @notice Logs a payment of `from` into the balance of `account`.
    event Deposited(address indexed account, address indexed from, uint256 amount);

    /// @notice Logs that `account` asked for a withdrawal. `amount` replaces that of an earlier request.
    event WithdrawalRequested(address indexed account, uint256 amount, uint256 readyAt);

    /// @notice Logs a withdrawal of `account`, which ends its request.
    event Withdrawn(address indexed account, uint256 amount);

    /// @notice Logs a lock of the payment and the cover, taken from the builder's balance.
    event OfferLocked(address indexed proposer, address indexed builder, uint256 indexed round, BuilderLock lock);

    /// @notice Logs a demand for the content, with its bond, taken from the balance of `demander`.
    event ContentDemanded(address indexed proposer, uint256 indexed round, address demander, uint256 answerBy);

    /// @notice Logs an answer to a demand. The bond was added to the builder's balance. The content is in the calldata
    ///         of the transaction, or in `ContentPublished`.
    event ContentShown(address indexed proposer, uint256 indexed round, address answerer);

    /// @notice Logs the content of an answer that came from a contract or from an account with code.
    event ContentPublished(address indexed proposer, uint256 indexed round, BlockContent content);

    /// @notice Logs the end of a lock whose content was not withheld. `toProposer` and `toBuilder` were added to the
    ///         balances.
    event LockResolved(
        address indexed proposer,
        address indexed builder,
        uint256 indexed round,
        uint256 toProposer,
        uint256 toBuilder
    );

    /// @notice Logs the end of a lock whose content was withheld. `toProposer` was added to the proposer's balance, and
    ///         the bond to the balance of `demander`.
    event CoverTaken(
        address indexed proposer,
        address indexed builder,
        uint256 indexed round,
        uint256 toProposer,
        address demander
    );

    // ─── Errors ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Rejects a parameter out of its range.
    error InvalidParameter(string name, uint256 value);

    /// @notice Rejects parameters that are not those of the consensus.
    error WrongParameters(bytes32 shown, bytes32 recorded);

    /// @notice Rejects a call that needs more than the usable balance of `account`.
    error InsufficientBalance(address account, uint256 usable, uint256 needed);

    /// @notice Rejects a withdrawal without a request.
    error NoRequest(address account);

    /// @notice Rejects a withdrawal before `readyAt`.
    error WithdrawalNotReady(uint256 readyAt, uint256 timestamp);

    /// @notice Rejects a lock by another account than the proposer.
    error NotProposer(address caller, address proposer);

    /// @notice Rejects a lock from the offer's deadline on.
    error OfferExpired(uint256 deadline, uint256 timestamp);

    /// @notice Rejects a lock for a round whose proposals cannot be committed now. `IB52Rounds.openRound` has the other
    ///         values.
    error RoundNotOpen(uint256 round, uint256 height, uint256 openRound, uint256 openHeight, bool isOpen);

    /// @notice Rejects a lock whose place holds another one. Anyone can end that once its round is over.
    error UnresolvedLock(address proposer, uint256 parity, bytes32 recorded);

    /// @notice Rejects a signature that the builder did not make, or that was made for another offer.
    error InvalidSignature(address builder, bytes32 digest);

    /// @notice Rejects a lock with another hash than the recorded one.
    error UnknownLock(bytes32 shown, bytes32 recorded);

    /// @notice Rejects a demand before `from`, and from `until` on.
    error DemandWindow(uint256 from, uint256 until, uint256 timestamp);

    /// @notice Rejects a demand for a block of another round than the open one of its height.
    error WrongRound(uint256 round, uint256 open);

    /// @notice Rejects a demand for a block that does not build on the head: nobody could prove it.
    error NotOnHead(bytes32 parent, bytes32 head);

    /// @notice Rejects a demand for a block that was not committed, was proven, or was settled.
    error NotCommitted(address proposer, bytes32 id, bytes26 recorded, CommitmentStatus status);

    /// @notice Rejects a demand after a freeze: nobody could prove the block.
    error RollupFrozen();

    /// @notice Rejects a second demand.
    error AlreadyDemanded(address proposer, uint256 round);

    /// @notice Rejects an answer without an open demand, and the cover without one.
    error NoDemand(address proposer, uint256 round);

    /// @notice Rejects an answer from `end` on, and the cover before `end`.
    error AnswerWindow(uint256 end, uint256 timestamp);

    /// @notice Rejects the end of a lock with a demand that nobody answered so far. From `answerBy` on, `takeCover`
    ///         ends the lock.
    error DemandOpen(address proposer, uint256 round, uint256 answerBy);

    /// @notice Rejects the end of a lock before `until`: the block can still be committed or proven.
    error LockBinding(uint256 until, uint256 timestamp);

    /// @notice Rejects the end of a lock of a proven block whose round has no result yet. Anyone can call
    ///         `IB52Settlement.advanceState`.
    error RoundUndecided(uint256 round);

    /// @notice Rejects another number of proposals than that of the blocks after the lock's height.
    error WrongChainLength(uint256 count, uint256 expected);

    /// @notice Rejects a proposal that is not that of the block `expected` on the chain.
    error NotOnChain(uint256 index, bytes32 shown, bytes32 expected);

    // ─── Functions: balances ─────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Adds `amount` to the balance of `account`.
     * @dev Requirements
     *      - The caller approved `amount`.
     */
    function deposit(address account, uint96 amount) external;

    /**
     * @notice Asks for the withdrawal of a part of the caller's balance. Replaces an earlier request.
     * @param amount Amount in the native token; it may be above the balance. 0 cancels the request.
     * @dev Until the delay is over, locks and bonds may take the amount. From then on they may not.
     */
    function requestWithdrawal(uint96 amount) external;

    /// @notice Pays the requested amount to the caller, or the balance if that is less.
    function withdraw() external returns (uint256 amount);

    // ─── Functions: locks ────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Locks the payment and the cover of an offer for the caller's proposal.
     * @param signature Builder's signature of `digestOf(id, offer)`.
     * @dev Requirements
     *      - The caller is the proposer. The proposal can be committed now, as far as round and clock decide.
     *      - The offer is not over, and the builder signed it for exactly this proposal.
     *      - The builder's balance is large enough, without an amount that it can withdraw.
     *      - The caller's place for the parity of the height holds no other lock.
     *      WARNING: A commitment without a lock binds nobody to pay. A proposer locks first and commits then, with the
     *      next nonce or in the same transaction.
     */
    function lock(Proposal calldata proposal, BuilderOffer calldata offer, bytes calldata signature) external;

    /**
     * @notice Demands the content of a block on L1, once for each lock. Anyone may call in the proof window, until
     *         `ANSWER_WINDOW` before its end; takes the bond from the caller's balance.
     * @dev Requirements
     *      - The proposal is committed, was not proven, and builds on the head. The rollup is not frozen.
     */
    function demand(BuilderLock calldata locked) external;

    /**
     * @notice Answers a demand with the content. Anyone may call until `ANSWER_WINDOW` after the demand. The bond goes
     *         to the builder.
     * @dev Requirements
     *      - The content has the committed hash.
     *      - Unless the rollup is frozen: `IB52Blocks.submit` would take it. It needs the committed number of leaves,
     *        its forced operations are the next of the queue and leave out none that is overdue, it includes the list
     *        that is due, and its own list has a valid length. Errors are those of `submit`.
     */
    function answer(BuilderLock calldata locked, BlockContent calldata content) external;

    /**
     * @notice Ends a lock whose demand nobody answered in time: payment and cover go to the proposer, and the bond to
     *         the demander. Anyone may call.
     */
    function takeCover(BuilderLock calldata locked) external;

    /**
     * @notice Ends a lock once it is known whether the block won. If it did, the payment goes to the proposer, and the
     *         cover back to the builder; else both go back. Anyone may call.
     * @param later Proposals of the blocks of the chain after the lock's height, in order, up to the head. Ignored if
     *        the chain has not reached that height, or is more than `MAX_LATER_BLOCKS` above it: then the block counts
     *        as lost.
     */
    function resolve(BuilderLock calldata locked, Proposal[] calldata later) external;

    // ─── Views ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Returns the balance of an account, and its request.
     * @return balance Balance in the native token.
     * @return usable Part of the balance that locks and bonds may take now.
     * @return requested Amount of the request for a withdrawal; 0 without one.
     * @return readyAt Time from which on `withdraw` pays the request, in unix seconds.
     */
    function accountOf(
        address account
    ) external view returns (uint256 balance, uint256 usable, uint256 requested, uint256 readyAt);

    /// @notice Returns the hash of the lock in a proposer's place for even (0) or odd (1) heights; 1 if the last lock
    ///         ended, 0 if there was none.
    function placeOf(address proposer, uint256 parity) external view returns (bytes32);

    /// @notice Returns the EIP-712 digest that a builder signs for a commitment hash. The type is
    ///         `Offer(bytes32 id,uint96 payment,uint96 cover,uint40 deadline)`.
    function digestOf(bytes32 id, BuilderOffer calldata offer) external view returns (bytes32);

    /// @notice Returns the consensus whose blocks are sold.
    function CONSENSUS() external view returns (IB52);

    /// @notice Returns the core of the consensus.
    function ROLLUP() external view returns (IRollup);

    /// @notice Returns the native token of the consensus.
    function TOKEN() external view returns (IERC20);

    /// @notice Returns the seconds for an answer to a demand.
    function ANSWER_WINDOW() external view returns (uint256);

    /// @notice Returns the seconds from the request of a withdrawal to the withdrawal.
    function WITHDRAWAL_DELAY() external view returns (uint256);

    /// @notice Returns the bond of a demand.
    function DEMAND_BOND() external view returns (uint96);

    /// @notice Returns the number of heights within which a proposer has to claim the payment for a block that won.
    function MAX_LATER_BLOCKS() external view returns (uint256);
}
