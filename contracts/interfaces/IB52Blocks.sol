// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { BlockRecord } from "../types/BlockRecord.sol";
import { Proposal } from "../types/Proposal.sol";
import { Submission } from "../types/Submission.sol";
import { IRollup } from "./IRollup.sol";

/**
 * @title IB52Blocks
 * @notice Verifies the blocks of the current round, and ranks them by their scores.
 */
interface IB52Blocks {
    // ─── Events ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Logs a proven block. Its data is in the calldata of the transaction, or in `BlockPublished`.
    event BlockProven(
        uint256 indexed round,
        address indexed proposer,
        uint256 score,
        BlockRecord record,
        IRollup.Transition transition
    );

    /// @notice Logs a submission that came from a contract or from an account with code.
    event BlockPublished(uint256 indexed round, address indexed proposer, Submission submission);

    // ─── Errors ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Rejects a block of another round than the one that is being proven.
    error NotCurrentRound(uint256 round, uint256 current);

    /// @notice Rejects proofs of the round before `opensAt` or from `closesAt` on.
    error ProofWindowClosed(uint256 round, uint256 opensAt, uint256 closesAt, uint256 timestamp);

    /// @notice Rejects a submission that credits no new node; both arguments are bitmaps.
    error NotBetter(uint256 credited, uint256 recorded);

    /// @notice Rejects a transcript with another hash than the committed one.
    error WrongTranscript(bytes32 shown, bytes32 committed);

    /// @notice Rejects a content with another hash than the committed one.
    error WrongContent(bytes32 shown, bytes32 committed);

    /// @notice Rejects a block without the due list right after its forced operations.
    error ListIgnored(bytes32 shown, bytes32 due);

    /// @notice Rejects an include list that does not consist of whole slots, or is longer than one leaf.
    error WrongListLength(uint256 length, uint256 maximum);

    /// @notice Rejects a block whose data needs another number of leaves than the proposal says.
    error WrongTreeSize(uint256 leaves, uint256 committed);

    /// @notice Rejects a wrong number of proofs.
    error WrongNodeCount(uint256 leaves, uint256 merges, uint256 expectedLeaves);

    /// @notice Rejects an exit that is not in the block's leaves, or is in a leaf before that of an earlier exit, or
    ///         has no second word.
    error InvalidExit(uint256 exit);

    /// @notice Rejects a record whose place holds a block of `ROUNDS_KEPT` rounds ago or more with `count` open
    ///         demands. Anyone can close them (`IB52Defaults.closeDemand`).
    error DemandsOpen(address proposer, uint256 place, uint256 count);

    // ─── Functions ───────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Proves a proposal. Anyone may call. A further call must credit a node that no earlier call credited.
     * @dev Requirements
     *      - The proposal was committed for the current round, and builds on the head.
     *      - The round's proof window is open.
     *      - `submission` opens the commitment.
     *      - The forced operations are the next of the queue. If there is room for more, no operation that is left out
     *        is overdue at the end of the proof window.
     *      - Every proof is valid.
     *      - No demand is open about the block whose place the record takes (`ROUNDS_KEPT`).
     *      Effects
     *      - The block is recorded, and kept if it is among the best. A credited node stays credited: no submission
     *        takes pay from another prover.
     */
    function submit(Proposal calldata proposal, Submission calldata submission) external;

    // ─── Views ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Returns the best blocks of the current round, best first.
    function ranking() external view returns (address[] memory proposers, uint256[] memory scores);

    /// @notice Returns the score of a block with this number of provers and this bid, at the current slope.
    function scoreOf(uint256 provers, uint256 bid) external view returns (uint256);
}
