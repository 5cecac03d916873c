// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Commitment, CommitmentStatus, Proposal } from "../types/Proposal.sol";
import { Round, RoundResult } from "../types/Round.sol";

/**
 * @title IB52Rounds
 * @notice Opens rounds by the clock, and takes the proposals for them.
 */
interface IB52Rounds {
    // ─── Events ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Logs the beginning of a round; `registryRoot` is what `registryRootOf` returns.
    event RoundOpened(uint256 indexed round, uint256 indexed height, uint256 opensAt, uint256 registryRoot);

    /// @notice Logs the end of a round. With a winner, the head advanced.
    event RoundEnded(uint256 indexed round, uint256 indexed height, bytes32 indexed head, RoundResult result);

    /// @notice Logs a committed proposal.
    event ProposalCommitted(uint256 indexed round, address indexed proposer, bytes32 id, Proposal proposal);

    /// @notice Logs the return of a commitment's bid, less `burned`.
    event CommitmentSettled(uint256 indexed round, address indexed proposer, uint256 returned, uint256 burned);

    // ─── Errors ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Rejects a proposal whose proposer is not the caller.
    error NotProposer(address caller, address proposer);

    /// @notice Rejects a proposal while no proposal window is open. The window of `round` closed at `closedAt`.
    error ProposalWindowClosed(uint256 round, uint256 closedAt, uint256 timestamp);

    /// @notice Rejects a proposal for a round or height whose proposal window is not open.
    error WrongRound(uint256 round, uint256 height, uint256 openRound, uint256 openHeight);

    /// @notice Rejects a proposal that builds neither on the head nor, pipelined, on a commitment of the round before.
    error WrongParent(bytes32 parent, bytes32 expected);

    /// @notice Rejects a bid below the minimum.
    error BidBelowMinimum(uint256 bid, uint256 minimum);

    /// @notice Rejects a provers' share above the maximum.
    error ShareAboveMaximum(uint256 share, uint256 maximum);

    /// @notice Rejects a number of leaves that is not 2, 4 or 8, or is above the maximum.
    error InvalidTreeSize(uint256 leaves, uint256 maximum);

    /// @notice Rejects more promised provers than the tree has nodes.
    error TooManyProvers(uint256 promised, uint256 maximum);

    /// @notice Rejects a second commitment of a proposer in a round.
    error AlreadyCommitted(uint256 round, address proposer);

    /// @notice Rejects a commitment whose place holds an older one, of `round`. The proposer has to settle that first.
    error UnsettledCommitment(uint256 round, address proposer);

    /// @notice Rejects a proposal with another hash than the commitment.
    error UnknownCommitment(address proposer, bytes32 shown, bytes26 recorded);

    /// @notice Rejects a commitment that is settled.
    error WrongStatus(address proposer, CommitmentStatus status);

    /// @notice Rejects a call before `endsAt`, the end of the round's windows.
    error RoundNotOver(uint256 round, uint256 endsAt, uint256 timestamp);

    /// @notice Rejects a record, a result, statements or a transition with another hash than the recorded one.
    error WrongPreimage(string what, bytes32 shown, bytes32 recorded);

    /// @notice Rejects the result of a round that is no longer kept. `latest`, a later round, has its place.
    error ResultLapsed(uint256 round, uint256 latest);

    // ─── Functions ───────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Commits to a block, and takes the bid from the caller's balance.
     * @param parentProposer Proposer of the parent, if the proposal window is that of the next height (pipelined); else
     *        ignored.
     * @dev Requirements
     *      - The caller is the proposer. A proposal window is open, and it is that of `round` and `height`.
     *      - `parent` is the head, or, for the next height, a commitment of the round that is being proven.
     *      - `bid` is in [MIN_BID, balance], `share` at most `MAX_SHARE`.
     *      - `leaves` is a size of a tree, at most `MAX_LEAVES`, and `promisedProvers` at most its number of nodes.
     *      - The proposer has no commitment in this round, and no unsettled commitment in the same place (one place for
     *        even heights, one for odd heights).
     *      Effects
     *      - If the current round cannot produce a head, it is closed, and this proposal opens a new round for the same
     *        height.
     */
    function commit(Proposal calldata proposal, address parentProposer) external;

    /**
     * @notice Returns the bid of a commitment of a round that is over, less the burned part. Anyone may call. The
     *         winner's commitment is settled when the state advances.
     * @param result Result of the round. Ignored if the round has no result, which is so if the round before it was not
     *        proven; ignored also if the result is no longer kept (`ROUNDS_KEPT`).
     * @dev If the result is no longer kept, the proposal counts as built on the head.
     */
    function settle(Proposal calldata proposal, RoundResult calldata result) external;

    // ─── Views ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Returns the height of the head; 0 at genesis.
    function height() external view returns (uint256);

    /// @notice Returns the commitment hash of the head; `keccak256(abi.encode(DOMAIN))` at genesis.
    function head() external view returns (bytes32);

    /**
     * @notice Returns the round for which a proposal can be committed now, or the next one if there is no such round.
     * @return round Id of the round. A commit opens the round if the id is new.
     * @return forHeight Height of the round.
     * @return isOpen True if a proposal can be committed now.
     */
    function openRound() external view returns (uint256 round, uint256 forHeight, bool isOpen);

    /// @notice Returns the round of `forHeight` if it is open, and that of the next block or the block after it; else
    ///         zeros.
    function roundOf(uint256 forHeight) external view returns (Round memory);

    /// @notice Returns the root of the provers' keys at the opening of the round of `forHeight`, or, where tickets are
    ///         drawn, the hash of it and of the round's draw (`ITicketDraw.openRound`); 0 if `roundOf` returns zeros.
    function registryRootOf(uint256 forHeight) external view returns (uint256);

    /// @notice Returns the commitment in a proposer's place for even (0) or odd (1) heights.
    function commitmentOf(address proposer, uint256 parity) external view returns (Commitment memory);

    /// @notice Returns the hash that provers sign (docs/b52.md §4), and the commitment hash, of a proposal.
    function hashesOf(Proposal calldata proposal) external view returns (bytes32 proposalHash, bytes32 id);

    /// @notice Returns the list that blocks of `forHeight` have to include: the first 208 bits of the hash of its
    ///         bytes, 40 zero bits, and the number of its transactions; 0 if no list is due. Lists of heights below the
    ///         head are forgotten sooner or later.
    function listDue(uint256 forHeight) external view returns (bytes32);
}
