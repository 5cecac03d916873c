// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IProofOfEfficiency } from "./IProofOfEfficiency.sol";

/**
 * @title IPerformanceRotation
 * @notice Elects sequencers by what L1 saw of their service. All that stake have the same weight, and up to twice that
 *         if they served well.
 * @dev Source: "Brainstorming: sequencer consensus mechanisms", automated rotation ("based on the performance of the
 *      sequencer using certain objective metrics, smart schedules can form");
 *      docs/elections/performanceRotation.md.
 *
 *      A slot counts for its holder once: as served, if the holder shows a batch of the slot that paid `FEE_FLOOR` to a
 *      prover other than itself; as not served otherwise. The score is a moving average of that.
 *
 *      Slot s, with E = `EVIDENCE_SLOTS`:
 *
 *        start(s)                       start(s + 1)                              start(s + 1 + E)
 *            |  the holder posts             |                                          |  countSlot: not served
 *            |  creditSlot: served, once a batch of the slot is proven                  |
 *
 *      Invariant: INV-PERFORMANCE-01.
 */
interface IPerformanceRotation {
    // ─── Types ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Sets the rules of scores. They never change.
     * @param window Slots over which the score forgets, 2 … 256: each slot moves it by `1 / window` of the way.
     * @param evidenceSlots Slots after a slot in which its holder can show its batch, 1 … half an epoch.
     * @param feeFloor Lowest fee of a batch that counts, in the native token, at least 1.
     */
    struct PerformanceParameters {
        uint16 window;
        uint32 evidenceSlots;
        uint96 feeFloor;
    }

    /**
     * @notice Holds the score of an id.
     * @param owner Account that earned it. A new owner of the id has the score 0.
     * @param score Moving average of served slots, in 1/10,000.
     */
    struct Performance {
        address owner; // slot 0
        uint16 score; // slot 0
    }

    /**
     * @notice Records the batches of a slot.
     * @param slot Number of the slot.
     * @param first First batch of its holder; 0 if there is none.
     * @param last Last batch of its holder. Others may have posted batches between them.
     * @param isCounted True once the slot counts.
     */
    struct Posted {
        uint40 slot; // slot 0
        uint48 first; // slot 0
        uint48 last; // slot 0
        bool isCounted; // slot 0
    }

    /**
     * @notice Records a proof.
     * @param prover Account that made it.
     * @param first First batch that it proved.
     * @param last Last batch that it proved.
     */
    struct Proof {
        address prover; // slot 0
        uint48 first; // slot 0
        uint48 last; // slot 0
    }

    // ─── Events ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Logs the deployment with the rules of scores, which never change.
    event PerformanceDeployed(PerformanceParameters parameters);

    /// @notice Logs a slot that counts as served, and the score after it.
    event SlotCredited(uint256 indexed slot, uint256 indexed id, uint256 batch, uint256 score);

    /// @notice Logs a slot that counts as not served, and the score after it.
    event SlotCounted(uint256 indexed slot, uint256 indexed id, uint256 score);

    /// @notice Logs that the weight of a party follows its score from `epoch` on.
    event WeightRefreshed(uint256 indexed id, uint256 score, uint256 epoch);

    // ─── Errors ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Rejects evidence for a slot in which its holder posted nothing, or that is too old.
    error NothingPosted(uint256 slot);

    /// @notice Rejects a slot that counts already.
    error AlreadyCounted(uint256 slot);

    /// @notice Rejects evidence after slot `lastSlot`.
    error EvidenceTooLate(uint256 slot, uint256 lastSlot, uint256 currentSlot);

    /// @notice Rejects a batch that is not one of `first … last`, which were posted in the slot.
    error NotOfSlot(uint256 batch, uint256 first, uint256 last);

    /// @notice Rejects a record that is not that of the batch.
    error WrongRecord(uint256 batch, bytes27 shown, bytes27 recorded);

    /// @notice Rejects a batch of another account than the holder of the slot.
    error NotOfHolder(uint256 batch, address sequencer, address holder);

    /// @notice Rejects a batch that paid less than the floor.
    error FeeTooLow(uint256 fee, uint256 floor);

    /// @notice Rejects a proof that is not known, or does not have the batch.
    error UnknownProof(uint256 batch, uint256 lastOfProof);

    /// @notice Rejects a batch that its sequencer proved.
    error OwnProof(uint256 batch, address prover);

    /// @notice Rejects a slot for which evidence can be shown up to slot `lastSlot`.
    error EvidenceOpen(uint256 slot, uint256 lastSlot, uint256 currentSlot);

    /// @notice Rejects a slot that nobody held, or whose holder is excused (`SlotElection.serviceOf`).
    error NotCountable(uint256 slot);

    /// @notice Rejects a party that has no weight: it is out, has left, or is not there.
    error NotWeighed(uint256 id);

    // ─── Functions ───────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Shows that a slot was served, and raises the score of its holder by `1 / window` of what is missing,
     *         rounded down. Anyone may call.
     * @dev Requirements
     *      - The slot does not count yet, and is one of the last `EVIDENCE_SLOTS`, or this one.
     *      - The batch was posted by the holder in the slot, paid at least `FEE_FLOOR`, and was proven by another
     *        account.
     *      - The batch is one that `IProofOfEfficiency.batchEntry` knows, and the one before it, too.
     * @param batch Number of the batch.
     * @param lastOfProof Last batch of the proof that proved it.
     * @param record Record in the event `BatchSequenced`.
     * @param openings Hash `keccak256(abi.encodePacked(commitments, evaluations))` of the batch.
     */
    function creditSlot(
        uint256 slot,
        uint256 batch,
        uint256 lastOfProof,
        IProofOfEfficiency.BatchRecord calldata record,
        bytes32 openings
    ) external;

    /**
     * @notice Counts a slot that nobody showed to be served, and lowers the score of its holder by `1 / window`,
     *         rounded up. Anyone may call.
     * @dev Requirements
     *      - The slot does not count yet, evidence can be shown no more, and `SlotElection.serviceOf` knows the slot.
     *      - It had a holder, who was not excused.
     */
    function countSlot(uint256 slot) external;

    /// @notice Gives a party the weight of its score, from the next set on that is not frozen. Anyone may call.
    function refresh(uint256 id) external;

    // ─── Views ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Returns the score of the party of an id, in 1/10,000.
    function scoreOf(uint256 id) external view returns (uint256);

    /// @notice Returns the batches of a slot; zeros if it is not known.
    function postedIn(uint256 slot) external view returns (Posted memory);

    /// @notice Returns the proof whose last batch is `last`; zeros if it is not known.
    function proofOf(uint256 last) external view returns (Proof memory);

    /// @notice Returns the slots over which the score forgets.
    function WINDOW() external view returns (uint256);

    /// @notice Returns the slots after a slot in which its holder can show its batch.
    function EVIDENCE_SLOTS() external view returns (uint256);

    /// @notice Returns the lowest fee of a batch that counts.
    function FEE_FLOOR() external view returns (uint96);
}
