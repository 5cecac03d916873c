// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ISlashable } from "./ISlashable.sol";
import { ISlasher } from "./ISlasher.sol";

/**
 * @title IGovernedSlashing
 * @notice Slashes a party of a stake-based election after a vote of the other parties, behind a time lock that is
 *         longer than a user's exit.
 * @dev Source: replies to "against proof of stake": staking on L1 with "a time lock and a strategy to apply slashing
 *      (could be just a subjective staking coordinators' vote)", and "then the security of the L2 degenerates to this
 *      governance mechanism". Normative rules: docs/elections/governedSlashing.md.
 *
 *      - A party charges another party. Each party has one charge at a time, so nobody can block the charges of others.
 *      - The parties vote with their frozen weights, in the first half of an epoch. More than half of all weights must
 *        convict within one epoch: votes of different epochs are not added. The accused does not vote.
 *      - After the conviction the lock runs. In it more than half of all weights can acquit, in the same way.
 *      - Then anybody executes the slash, until it expires. One slash takes at most `MAX_RATE` of the stake that the
 *        party had when it was charged, or has now if that is less. An owner of a party is slashed once in a period,
 *        and all parties together lose at most `CAP_RATE` of all stakes in a period.
 *      - The election's exit time is at least the time from a deed to the last second of its slash, and an epoch is not
 *        longer than the time for votes. Else no charge is taken.
 *
 *      Lifecycle of a charge: none → charged → convicted → executed or acquitted. A charge ends without a conviction
 *      after `VOTING_TIME`, and a conviction ends after its lifetime.
 *      Invariants: INV-SLASHING-01, INV-SLASHING-02.
 */
interface IGovernedSlashing is ISlasher {
    // ─── Types ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Sets the rules at the deployment. They never change.
     * @param detectionTime Seconds between a deed and its charge, 1 hour … 90 days.
     * @param votingTime Seconds in which a charge can be voted on, 1 hour … 30 days. At least one epoch of the election
     *        should begin in it, and reach its half.
     * @param notice Seconds of the lock beside a user's exit, 1 … 30 days (`ExitLock`).
     * @param lifetime Seconds in which a conviction can be executed, 1 … 30 days.
     * @param period Seconds between two slashes of one party, at least `lifetime`, at most 365 days.
     * @param maxRate Part of a stake that one slash takes at most, in 1/10,000, 1 … 2,000.
     * @param capRate Part of all stakes that the slashes of a period take at most, in 1/10,000, 1 … 2,000.
     */
    struct SlashingTerms {
        uint32 detectionTime;
        uint32 votingTime;
        uint32 notice;
        uint32 lifetime;
        uint32 period;
        uint16 maxRate;
        uint16 capRate;
    }

    /// @notice Says how far a charge is.
    enum Stage {
        /// @dev Nothing was charged, or the charge has ended.
        None,
        /// @dev The parties vote to convict.
        Charged,
        /// @dev The lock runs, or is over. The parties vote to acquit.
        Convicted
    }

    /**
     * @notice Holds the charge of a party.
     * @param number Number of the charge, counted from 1.
     * @param accused Id of the accused party.
     * @param rate Part of its stake, in 1/10,000.
     * @param stage Stage.
     * @param since Unix seconds of the charge, or of the conviction.
     * @param tallyEpoch Epoch of the votes that are counted.
     * @param tally Votes to convict, or to acquit.
     * @param owner Owner of the accused party at the charge.
     * @param stake Stake of the accused party at the charge.
     */
    struct Charge {
        uint40 number; // slot 0
        uint32 accused; // slot 0
        uint16 rate; // slot 0
        Stage stage; // slot 0
        uint40 since; // slot 0
        uint40 tallyEpoch; // slot 0
        uint64 tally; // slot 0
        address owner; // slot 1
        uint96 stake; // slot 1
    }

    /**
     * @notice Holds the last slash of a party.
     * @param owner Owner of the party; 0 before the first slash.
     * @param timestamp Unix seconds.
     */
    struct LastSlash {
        address owner; // slot 0
        uint40 timestamp; // slot 0
    }

    /**
     * @notice Holds the slashes of a period.
     * @param since Unix seconds of its first slash.
     * @param slashed Amount that was slashed in it.
     * @param cap Amount that may be slashed in it.
     */
    struct Period {
        uint40 since; // slot 0
        uint96 slashed; // slot 0
        uint96 cap; // slot 0
    }

    // ─── Events ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Logs the deployment with the terms, which never change.
    event GovernedSlashingDeployed(SlashingTerms terms);

    /// @notice Logs the election whose stakes are slashed.
    event StakesBound(ISlashable indexed stakes);

    /// @notice Logs a charge of the party `accuser`. `reason` is the hash of a document, or 0.
    event PartyCharged(
        uint256 indexed accuser,
        uint256 indexed accused,
        uint256 number,
        uint256 rate,
        uint256 stake,
        bytes32 reason
    );

    /// @notice Logs the votes of a party. `tally` is the sum in this epoch.
    event VoteCast(uint256 indexed accuser, uint256 indexed voter, Stage stage, uint256 epoch, uint256 tally);

    /// @notice Logs a conviction. Anybody may execute the slash from `readyAt` on.
    event PartyConvicted(uint256 indexed accuser, uint256 indexed accused, uint256 readyAt);

    /// @notice Logs an acquittal.
    event PartyAcquitted(uint256 indexed accuser, uint256 indexed accused);

    /// @notice Logs an executed slash.
    event SlashExecuted(uint256 indexed accuser, uint256 indexed accused, uint256 amount);

    // ─── Errors ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Rejects a second book of stakes.
    error StakesAlreadyBound(ISlashable stakes);

    /// @notice Rejects a decision before there are stakes, and their election is bound to its consensus.
    error StakesNotBound(ISlashable stakes);

    /// @notice Rejects a parameter out of its range.
    error InvalidSlashing(string name, uint256 value);

    /// @notice Rejects a charge while the election's exit time is too short to slash those who leave.
    error ExitTooShort(uint256 exitTime, uint256 needed);

    /// @notice Rejects a charge while an epoch of the election, in whose first half the parties have votes, is longer
    ///         than the time to convict or to acquit.
    error EpochTooLong(uint256 epochTime, uint256 longest);

    /// @notice Rejects a caller that is not the owner of a party.
    error NotParty(uint256 id, address caller, address owner);

    /// @notice Rejects a party without votes in this block.
    error NoVotes(uint256 id, uint256 epoch);

    /// @notice Rejects a second charge of a party before the end of its first one.
    error ChargeOpen(uint256 accuser, uint256 number, uint256 endsAt);

    /// @notice Rejects a charge of a party without stake.
    error NothingToSlash(uint256 accused);

    /// @notice Rejects a rate that is 0, or above the limit.
    error RateOutOfRange(uint256 rate, uint256 maximum);

    /// @notice Rejects a call for a charge that is not in the stage: charge `number` is in stage `stage`.
    error WrongStage(uint256 accuser, uint256 number, Stage stage);

    /// @notice Rejects a vote after the time for it.
    error VotingOver(uint256 endedAt, uint256 timestamp);

    /// @notice Rejects a second vote of a party on a charge in the same epoch and stage.
    error AlreadyVoted(uint256 voter, uint256 epoch);

    /// @notice Rejects a vote of the accused.
    error OwnCharge(uint256 accused);

    /// @notice Rejects a slash of a party that was slashed in this period.
    error SlashedInPeriod(uint256 accused, uint256 until, uint256 timestamp);

    /// @notice Rejects a slash while the cap of the period, which lasts until `until`, is used up.
    error CapReached(uint256 cap, uint256 until);

    // ─── Functions ───────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Charges a party. The caller owns the party `accuser`, which has votes in this epoch.
     * @param rate Part of the stake of `accused` that it shall lose, in 1/10,000, at most `MAX_RATE`.
     * @param reason Hash of a document with the evidence, or 0. It is logged only.
     * @return number Number of the charge.
     */
    function charge(uint256 accuser, uint256 accused, uint256 rate, bytes32 reason) external returns (uint256 number);

    /**
     * @notice Votes for a conviction. The caller owns the party `voter`.
     * @param number Number of the charge, so that no vote counts for a later charge of the same accuser.
     */
    function convict(uint256 accuser, uint256 number, uint256 voter) external;

    /// @notice Votes for an acquittal of a party that was convicted. The caller owns the party `voter`.
    function acquit(uint256 accuser, uint256 number, uint256 voter) external;

    /**
     * @notice Slashes a convicted party. Anyone may call.
     * @dev Requirements
     *      - The lock is over, and the conviction has not expired.
     *      - The party was not slashed in this period, and the cap of the period is not used up.
     *      - The party has the owner that it had when it was charged. Else nothing is slashed, and the charge ends.
     * @return amount Slashed amount: the rate of the stake at the charge or of the stake now, of which is less, rounded
     *         up; at most the rest of the cap.
     */
    function execute(uint256 accuser, uint256 number) external returns (uint256 amount);

    // ─── Views ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Returns the book of stakes; 0 before it is bound.
    function stakes() external view returns (ISlashable);

    /// @notice Returns the last charge of a party.
    function chargeOf(uint256 accuser) external view returns (Charge memory);

    /// @notice Returns the slashes of the last period.
    function period() external view returns (Period memory);

    /// @notice Returns the last slash of a party; zeros if there was none.
    function lastSlashOf(uint256 id) external view returns (LastSlash memory);

    /// @notice Returns the seconds from a deed to the last second in which it can be slashed. The exit time of the
    ///         election is at least that.
    function neededExitTime() external view returns (uint256);

    /// @notice Returns the seconds between a deed and its charge.
    function DETECTION_TIME() external view returns (uint256);

    /// @notice Returns the seconds in which a charge can be voted on.
    function VOTING_TIME() external view returns (uint256);

    /// @notice Returns the seconds between two slashes of one party.
    function PERIOD() external view returns (uint256);

    /// @notice Returns the part of a stake that one slash takes at most, in 1/10,000.
    function MAX_RATE() external view returns (uint256);

    /// @notice Returns the part of all stakes that the slashes of a period take at most, in 1/10,000.
    function CAP_RATE() external view returns (uint256);
}
