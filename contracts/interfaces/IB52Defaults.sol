// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { BlockRecord } from "../types/BlockRecord.sol";
import { RoundResult } from "../types/Round.sol";
import { OpenedVote } from "../types/Vote.sol";

/**
 * @title IB52Defaults
 * @notice Slashes provers that promised a node and did not deliver it, and lets them defend themselves.
 */
interface IB52Defaults {
    // ─── Events ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Logs that a prover showed its proof of a node that the block has from another worker.
    event Defended(uint256 indexed round, address indexed proposer, uint256 indexed ticket, uint256 node);

    /// @notice Logs the slashing of a prover for a node that it promised and did not deliver. The caller received
    ///         `bounty`.
    event Slashed(
        uint256 indexed round,
        address indexed proposer,
        uint256 indexed ticket,
        uint256 node,
        uint256 burned,
        uint256 pooled,
        uint256 bounty
    );

    /// @notice Logs that `asker` demands the votes that a proof of this node needs.
    event VotesDemanded(uint256 indexed round, address indexed proposer, uint256 node, address asker);

    /// @notice Logs the votes that a proof of this node needs: the votes for its children, and for the root its own
    ///         vote last.
    event VotesShown(
        uint256 indexed round,
        address indexed proposer,
        uint256 node,
        address answerer,
        OpenedVote[] openings
    );

    /// @notice Logs the payment of a demand's deposit to `receiver`.
    event DemandClosed(uint256 indexed round, address indexed proposer, uint256 node, address receiver);

    // ─── Errors ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Rejects a node without a default, or with a default that was cleared.
    error NoDefault(uint256 node, uint256 nodes);

    /// @notice Rejects a defence from `end` on, and a slash or the end of a demand before `end`.
    error DefenceWindow(uint256 end, uint256 timestamp);

    /// @notice Rejects a slash from `end` on: the ticket may have another owner by then.
    error DefaultLapsed(uint256 end, uint256 timestamp);

    /// @notice Rejects a second slash of a ticket for one round.
    error AlreadySlashed(uint256 round, uint256 ticket);

    /// @notice Rejects a slash for a node whose votes were demanded and not shown: the default is void.
    error VotesNotShown(uint256 node);

    /// @notice Rejects a demand for votes from `end` on.
    error DemandWindow(uint256 end, uint256 timestamp);

    /// @notice Rejects an answer to a demand from `end` on.
    error AnswerWindow(uint256 end, uint256 timestamp);

    /// @notice Rejects a demand for a leaf, whose proof needs no votes.
    error NoVotesNeeded(uint256 node, uint256 leaves);

    /// @notice Rejects a second demand for the same votes. `asker` made the first one.
    error AlreadyDemanded(uint256 node, address asker);

    /// @notice Rejects an answer without a demand.
    error NotDemanded(uint256 node);

    /// @notice Rejects a second answer. `answerer` gave the first one.
    error AlreadyShown(uint256 node, address answerer);

    /// @notice Rejects a wrong number of votes. A node needs the votes for its two children, the root also its own.
    error WrongOpeningCount(uint256 count, uint256 expected);

    // ─── Functions ───────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Shows that a prover has proven a node that the accepted block has from another worker.
     * @param statements Statements that were verified with the block.
     * @param proof Proof of the node's circuit with the prover's ticket as worker; its other public signals are those
     *        of the accepted proof.
     * @param digest Digest of that proof's statement.
     * @dev Effects
     *      - The default is cleared. The call pays nothing, and changes no winner.
     */
    function defend(
        BlockRecord calldata record,
        bytes calldata statements,
        uint256 node,
        uint256[8] calldata proof,
        uint256 digest
    ) external;

    /**
     * @notice Slashes the prover that promised a node of a rewarded block and did not deliver it. Anyone may call after
     *         the defence window, for as long as the three windows take together; once for each ticket and round. Half
     *         of the slash is burned, rounded up. Of the rest the caller receives the bounty, unless it is the
     *         proposer; the pool receives the remainder.
     * @dev A default on a node whose votes were demanded and not shown is void.
     *      A prover that left while the round was open has its stake locked for longer than that. So the slash meets
     *      the owner who made the promise, and never the next owner of the ticket.
     */
    function slash(RoundResult calldata result, BlockRecord calldata record, uint256 node) external;

    /**
     * @notice Demands the votes that a proof of this node needs. If nobody shows them, the default on the node is void.
     *         Anyone may call until the first third of the defence window is over; takes the deposit from the caller's
     *         balance.
     * @param node Inner node with a default. A leaf's proof needs no votes.
     */
    function demandVotes(BlockRecord calldata record, uint256 node) external;

    /**
     * @notice Shows the demanded votes. Anyone may call until the last third of the defence window.
     * @param openings Votes for the children, 2 · `node` and 2 · `node` + 1, and for the root its own vote.
     */
    function showVotes(BlockRecord calldata record, uint256 node, OpenedVote[] calldata openings) external;

    /**
     * @notice Returns the deposit of a demand after the defence window. Anyone may call. The deposit goes to the
     *         answerer if the default stands. It goes to the asker if nobody showed the votes, if the default was
     *         defended, or if the node was delivered after all.
     * @dev Effects
     *      - If nobody has shown the votes, the default stays void.
     */
    function closeDemand(BlockRecord calldata record, uint256 node) external;
}
