// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @title IStakeRotation
 * @notice Elects sequencers by stake, and rotates them. A party that is not scheduled may use most of its stake
 *         elsewhere.
 * @dev Source: "Brainstorming: sequencer consensus mechanisms", proof-of-stake with rotation mechanism;
 *      docs/elections/stakeRotation.md.
 *      Lifecycle of an id: free → active → leaving → free. An active party is in, or out: then it counts for no set,
 *      and has only the floor of its stake here.
 *      Invariants: INV-SEATS-01, INV-SEATS-02, INV-ROTATION-01.
 */
interface IStakeRotation {
    // ─── Types ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Sets the rules for parties that are not scheduled. They never change.
     * @param floorRate Part of the stake that stays, in 1/10,000: at least the price of all misses of an epoch,
     *        `seats · maxMisses · leakRate`, and below 10,000.
     * @param absenceRate Leak for each freeze that a party is out, in 1/10,000 of what it took out, 1 … 10,000.
     */
    struct RotationParameters {
        uint16 floorRate;
        uint16 absenceRate;
    }

    /**
     * @notice Holds the state of a party.
     * @param owner Account that staked, and that may act; zero if the id is free.
     * @param stake Stake that is here.
     * @param taken Stake that the owner took out and has to bring back; 0 while it is in.
     * @param settledSet Set up to which absences have leaked. Meaningless while the party is in.
     * @param exitEpoch Epoch from which on the stake can be withdrawn; 0 while the party is not leaving.
     */
    struct Party {
        address owner; // slot 0
        uint96 stake; // slot 0
        uint96 taken; // slot 1
        uint40 settledSet; // slot 1
        uint40 exitEpoch; // slot 1
    }

    /**
     * @notice Holds a party that waits for an id whose holder it has outbid.
     * @param owner Account that staked; zero if nobody waits.
     * @param stake Its stake.
     */
    struct Successor {
        address owner; // slot 0
        uint96 stake; // slot 0
    }

    // ─── Events ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Logs a new party with its stake. It counts from `epoch` on.
    event Joined(uint256 indexed id, address indexed owner, uint256 stake, uint256 epoch);

    /// @notice Logs a party that waits for an id, whose holder leaves.
    event Outbid(uint256 indexed id, address indexed successor, uint256 stake);

    /// @notice Logs an addition to a stake, which is `stake` now. It counts from `epoch` on.
    event StakeAdded(uint256 indexed id, uint256 amount, uint256 stake, uint256 epoch);

    /// @notice Logs that the owner took out a part of its stake. It has to be back before `epoch` is frozen.
    event StakeTaken(uint256 indexed id, uint256 amount, uint256 epoch);

    /// @notice Logs that the owner brought back what it took out. The stake counts from `epoch` on.
    event StakeReturned(uint256 indexed id, uint256 amount, uint256 epoch);

    /// @notice Logs the leak of a party that was out at the freezes of the sets up to `set`.
    event AbsenceLeaked(uint256 indexed id, uint256 amount, uint256 set);

    /// @notice Logs that a party leaves. Its stake can be withdrawn in `exitEpoch`.
    event ExitBegun(uint256 indexed id, uint256 exitEpoch);

    /// @notice Logs that an id is free, and that its owner was credited with the rest of its stake.
    event StakeWithdrawn(uint256 indexed id, address indexed owner, uint256 amount);

    // ─── Errors ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Rejects an id that belongs to `owner`.
    error IdTaken(uint256 id, address owner);

    /// @notice Rejects a caller that is not the `owner` of the id.
    error NotOwner(uint256 id, address caller, address owner);

    /// @notice Rejects a stake that would be `stake`.
    error StakeOutOfRange(uint256 stake, uint256 minimum, uint256 maximum);

    /// @notice Rejects a party that is leaving.
    error IsLeaving(uint256 id, uint256 exitEpoch);

    /// @notice Rejects a party that is out, and has `taken` to bring back.
    error IsOut(uint256 id, uint256 taken);

    /// @notice Rejects taking out a stake that `slasher` may still take.
    error StakeBound(address slasher);

    /// @notice Rejects a party that is in.
    error IsIn(uint256 id);

    /// @notice Rejects the withdrawal of a stake before `exitEpoch`; 0 if the party is not leaving.
    error StakeLocked(uint256 id, uint256 exitEpoch, uint256 epoch);

    // ─── Functions ───────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Takes a free id. The stake is taken from the caller's balance.
     * @param id Free id, 1 … `MAX_ID`.
     * @param amount Stake, `MIN_STAKE … MAX_STAKE`. Several ids may have one owner; splitting a stake gains nothing.
     */
    function join(uint256 id, uint96 amount) external;

    /**
     * @notice Takes the place of a party with a smaller stake, which has to leave. Only if no id is free, so that
     *         nobody is kept out by many small stakes.
     * @param id Id of an active party that nobody has outbid yet, and whose stake, with what it took out, has at most
     *        twice the mean weight of all ids. So nobody pushes out large stakes by many small ones.
     * @param amount Stake, at least 11/10 of that of the party with what it took out, rounded up. It counts once the
     *        party has been paid out.
     */
    function outbid(uint256 id, uint96 amount) external;

    /// @notice Adds to the stake of the caller's party, which is in and not leaving.
    function addStake(uint256 id, uint96 amount) external;

    /**
     * @notice Credits the stake above the floor to the owner, who has to bring it back before the next freeze.
     * @dev Requirements
     *      - The party is in, and not leaving. There is no slasher: it could not reach what is out.
     *      - It is drawn neither for this epoch nor for the next one, if that one's set is frozen.
     *      Effects
     *      - It counts for no set until it brings the stake back.
     *      - The floor, rounded up, stays.
     */
    function takeOut(uint256 id) external returns (uint256 amount);

    /**
     * @notice Brings back what the owner took out, from its balance. Each freeze that the party missed leaks first.
     * @dev If less than half of the lowest stake is there then, the party leaves. It is in also if its floor is gone,
     *      unless somebody has called `leakAbsence`.
     */
    function bringBack(uint256 id) external returns (uint256 amount);

    /**
     * @notice Leaks the floor of a party for each freeze at which it was out. Anyone may call.
     * @return amount Leak: `ABSENCE_RATE / 10,000` of what is out, rounded up, for each freeze that was not counted
     *         before; at most the floor. Without a floor the party leaves.
     */
    function leakAbsence(uint256 id) external returns (uint256 amount);

    /// @notice Takes the caller's party out of the sets that are not frozen. Its stake, or its floor, can be withdrawn
    ///         in `EXIT_EPOCHS` after the last frozen set, and leaks for misses until then.
    function exit(uint256 id) external;

    /// @notice Credits the rest of a stake to the owner and frees the id, or gives it to the party that waits. Anyone
    ///         may call.
    function withdrawStake(uint256 id) external returns (uint256 amount);

    /// @notice Returns a party; zeros if the id is free.
    function partyOf(uint256 id) external view returns (Party memory);

    /// @notice Returns the party that waits for an id.
    function successorOf(uint256 id) external view returns (Successor memory);

    /// @notice Returns the part of a stake that stays, in 1/10,000.
    function FLOOR_RATE() external view returns (uint256);

    /// @notice Returns the leak for each freeze that a party is out, in 1/10,000 of what it took out.
    function ABSENCE_RATE() external view returns (uint256);
}
