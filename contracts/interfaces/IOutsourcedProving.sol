// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { INativeBalances } from "./INativeBalances.sol";

/**
 * @title IOutsourcedProving
 * @notice Gives each range of batches to one prover, its roller. Rollers have a deposit and a reputation, and are drawn
 *         by both. A roller alone may prove its range until a deadline; if it is late it pays a fine, and everybody
 *         may.
 * @dev Source: "proof generation outsourcing" (decentralization of zk-rollups). Normative rules:
 *      docs/elections/outsourcedProving.md.
 *
 *      - A committee of 16 seats is drawn for each epoch, with replacement, by the weights that were frozen before its
 *        seed. The weight of a roller is `min(deposit, CAP) · reputation`. A deposit beyond the cap gains nothing, as
 *        the source answers the concentration that a reputation by deposit causes.
 *      - A batch belongs to the newest committee that was convened before the batch was sequenced. Range r of the
 *        batches belongs to seat `r mod 16`. The batches of one range that belong to one committee are a term: one
 *        roller has to prove them.
 *      - A committee has rights and duties until the end of the epoch after its own. Batches without a committee, and
 *        terms of a roller that cannot pay a fine or missed two terms in a row, are open to everybody.
 *      - A proof may go on over at most 16 terms, each of which is open or the caller's own.
 *      - A roller is late if its batch is not proven `PROVING_TIME` seconds after it was sequenced, or after the term
 *        before was proven, if that is later. So nobody is late because of a backlog that it found.
 *
 *      Lifecycle of a place: free → taken (`join`) → leaving (`exit`, `outbid`, or two missed terms in a row) → free,
 *      or taken by the account that outbid it (`withdrawDeposit`).
 *      Invariants: INV-OUTSOURCED-01, INV-OUTSOURCED-02, INV-OUTSOURCED-03.
 */
interface IOutsourcedProving is INativeBalances {
    // ─── Structs ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Sets the rules at the deployment. They never change. Amounts are in the native token.
     * @param minDeposit Lowest deposit that is drawn, at least the fine, and at least `cap / 1,024`.
     * @param cap Part of a deposit that counts, at least `minDeposit`.
     * @param fine Price of a late term, at least 1 unit.
     * @param reportRate Part of a fine for the account that reports it, in 1/10,000, 0 … 5,000.
     * @param reputationStep Reputation that a served range adds, 1 … 100.
     * @param rangeBatches Number of batches of a range, 1 … 1,024.
     * @param provingTime Seconds that a roller has to prove its batches, at least 60.
     * @param opensAfter Seconds after which the consensus opens the role for a batch, also against the election; at
     *        least `2 · provingTime`, so that a late roller does not take the next one's time; less than half an epoch
     *        of blocks of 12 seconds, so that no duty ends before.
     */
    struct ProvingTerms {
        uint96 minDeposit;
        uint96 cap;
        uint96 fine;
        uint16 reportRate;
        uint8 reputationStep;
        uint16 rangeBatches;
        uint32 provingTime;
        uint32 opensAfter;
    }

    /**
     * @notice Holds a roller.
     * @param account Account that proves; 0 if the place is free.
     * @param deposit Deposit in the native token.
     * @param withdrawableFrom Number of the block from which the deposit can be withdrawn; 0 if the roller does not
     *        leave.
     * @param reputation Reputation, 100 … 200.
     * @param misses Number of terms that it missed since it last served a range.
     */
    struct Roller {
        address account; // slot 0
        uint96 deposit; // slot 0
        uint48 withdrawableFrom; // slot 1
        uint8 reputation; // slot 1
        uint8 misses; // slot 1
    }

    /// @notice Holds the account that takes a place when its roller has left, and its deposit.
    struct Heir {
        address account; // slot 0
        uint96 deposit; // slot 0
    }

    /**
     * @notice Holds a committee.
     * @param epoch Epoch of the committee.
     * @param firstBatch Number of the first batch that belongs to it.
     * @param seats Ids of the rollers: that of seat i in the bits from 16 · i on.
     */
    struct Committee {
        uint32 epoch; // slot 0
        uint40 firstBatch; // slot 0
        uint256 seats; // slot 1
    }

    /**
     * @notice Holds the first term that is not proven.
     * @param next Number of the first batch that is not proven; 0 before the first proof.
     * @param since Unix seconds at which its term became the first one.
     * @param epoch Epoch of its committee; 0 without one.
     * @param isFined True if its roller paid the fine for it.
     * @param isPartial True if its roller cannot serve a whole range any more: another account proved a part, or the
     *        term does not begin with the range.
     */
    struct Due {
        uint40 next; // slot 0
        uint40 since; // slot 0
        uint32 epoch; // slot 0
        bool isFined; // slot 0
        bool isPartial; // slot 0
    }

    /**
     * @notice Describes the term of a batch. In memory only.
     * @param epoch Epoch of its committee; 0 without one.
     * @param id Id of the drawn roller; 0 without one.
     * @param account Account that alone may prove the term until it is late; 0 for everybody.
     * @param last Number of the last batch of the term; 2^256 − 1 without a committee.
     */
    struct Term {
        uint256 epoch;
        uint256 id;
        address account;
        uint256 last;
    }

    // ─── Events ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Logs the deployment with the terms, which never change.
    event OutsourcedProvingDeployed(ProvingTerms terms);

    /// @notice Logs a new roller.
    event RollerJoined(uint256 indexed id, address indexed account, uint256 deposit);

    /// @notice Logs an addition to a deposit, which is now `deposit`.
    event DepositRaised(uint256 indexed id, uint256 amount, uint256 deposit);

    /// @notice Logs that a roller leaves. It is in no committee of `epoch` or later.
    event RollerLeft(uint256 indexed id, uint256 epoch, uint256 withdrawableFrom);

    /// @notice Logs that `heir` takes a place once its roller has left.
    event PlaceOutbid(uint256 indexed id, address indexed heir, uint256 deposit);

    /// @notice Logs that the deposit of a roller that left was added to its balance. The place is free.
    event DepositReturned(uint256 indexed id, address indexed account, uint256 amount);

    /// @notice Logs a committee, to which the batches from `firstBatch` on belong.
    event CommitteeConvened(uint256 indexed epoch, uint256 firstBatch, uint256 seats);

    /// @notice Logs a range that its roller proved alone and in time.
    event RangeServed(uint256 indexed range, uint256 indexed id, uint256 reputation);

    /// @notice Logs a late term. The roller has lost `fine` and its reputation; `reporter` got `reward` of the fine.
    event TermMissed(uint256 indexed range, uint256 indexed id, address indexed reporter, uint256 fine, uint256 reward);

    /// @notice Logs that the roller of batch `next` is not late until `deadline`.
    event TermPostponed(uint256 indexed next, uint256 deadline);

    // ─── Errors ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Rejects an id that is not 1 … 1,023.
    error UnknownPlace(uint256 id, uint256 places);

    /// @notice Rejects a place that has a roller.
    error PlaceTaken(uint256 id, address account);

    /// @notice Rejects a caller that is not the roller.
    error NotRoller(uint256 id, address caller, address account);

    /// @notice Rejects a deposit that is too low.
    error DepositTooLow(uint256 deposit, uint256 minimum);

    /// @notice Rejects a call for a roller that leaves.
    error RollerLeaving(uint256 id, uint256 withdrawableFrom);

    /// @notice Rejects a withdrawal of a roller that does not leave, or not yet: `withdrawableFrom` is 0, or later than
    ///         block `number`.
    error DepositLocked(uint256 id, uint256 withdrawableFrom, uint256 number);

    /// @notice Rejects an outbidding while there are free places.
    error PlacesFree(uint256 taken, uint256 places);

    /// @notice Rejects an outbidding of a roller whose deposit is at the cap.
    error AtCap(uint256 id, uint256 deposit, uint256 cap);

    /// @notice Rejects a committee outside of the first half of its epoch: the blocks `from … until − 1`.
    error NotConvenable(uint256 epoch, uint256 from, uint256 until);

    /// @notice Rejects a second committee of an epoch.
    error AlreadyConvened(uint256 epoch);

    /// @notice Rejects a committee of an epoch without a seed.
    error NoSeed(uint256 epoch);

    /// @notice Rejects a report while no roller has a duty: batch `next` is not sequenced or open to everybody, a
    ///         departure is due, or the rollup is frozen.
    error NothingDue(uint256 next);

    /// @notice Rejects a postponement while batch `next` can be proven.
    error NotBlocked(uint256 next);

    /// @notice Rejects a report of a roller that is not late: its deadline is not over.
    error NotLate(uint256 next, uint256 deadline, uint256 timestamp);

    /// @notice Rejects a second report of a term.
    error AlreadyFined(uint256 next);

    // ─── Functions ───────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Takes a free place. The roller is drawn from the next set on that is not frozen.
     * @param id Number of the place, 1 … 1,023.
     * @param amount Deposit, out of the caller's balance, at least `MIN_DEPOSIT`.
     */
    function join(uint256 id, uint96 amount) external;

    /// @notice Adds `amount` of the caller's balance to its deposit. The caller is the roller and does not leave.
    function raise(uint256 id, uint96 amount) external;

    /** @notice Lets the caller, a roller, leave. It keeps its rights and duties in the committees that it is in, and in
     *         one whose set is frozen already.
     * @dev The deposit can be withdrawn when all of them have ended: at least half an epoch and one epoch, at most two
     *      and a half epochs later.
     */
    function exit(uint256 id) external;

    /**
     * @notice Makes a roller leave whose deposit is small, while no place is free. The caller takes the place when the
     *         roller has left.
     * @dev So small deposits cannot shut others out. A roller with a deposit of at least `CAP` cannot be outbid.
     * @param amount Deposit, out of the caller's balance, at least `MIN_DEPOSIT`, and a tenth and at
     *        least 1 unit more than that of the roller.
     */
    function outbid(uint256 id, uint96 amount) external;

    /// @notice Adds the deposit of a roller that left to its balance. Anyone may call.
    function withdrawDeposit(uint256 id) external;

    /**
     * @notice Draws the committee of the current epoch. Anyone may call.
     * @dev Requirements
     *      - The first half of the epoch is not over, the seed of the epoch is sealed, and a roller has weight.
     *      Effects
     *      - Batches that are sequenced from now on belong to this committee. The others keep theirs.
     */
    function convene() external;

    /**
     * @notice Reports that the roller of the first term that is not proven is late. Anyone may call, once a term.
     * @dev Effects
     *      - The roller pays the fine. The caller gets its part of it, unless it is the roller. The rest is burned.
     *      - The roller's reputation falls to its minimum. The second missed term in a row makes it leave, and lose its
     *        rights at once.
     */
    function report() external;

    /**
     * @notice Gives the roller of the first term that is not proven its whole time from now on. Anyone may call while
     *         L1 takes no proof: a departure is due (`IMigration`), which is no duty of the roller's.
     */
    function postpone() external;

    // ─── Views ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Returns a roller.
    function rollerOf(uint256 id) external view returns (Roller memory);

    /// @notice Returns the account that takes a place when its roller has left.
    function heirOf(uint256 id) external view returns (Heir memory);

    /// @notice Returns the committee of an epoch, with zeros if it is not kept: only that of the current epoch and that
    ///         of the epoch before are.
    function committeeOf(uint256 epoch) external view returns (Committee memory);

    /// @notice Returns the first term that is not proven, as the election heard of it.
    function due() external view returns (Due memory);

    /// @notice Returns the term of a batch, as it is in this block.
    function termOf(uint256 batch) external view returns (Term memory);

    /// @notice Returns the weight with which a roller is drawn in an epoch: the current one, the one before, or the
    ///         next two.
    function weightOf(uint256 id, uint256 epoch) external view returns (uint256);

    /// @notice Returns the number of places that are taken.
    function rollers() external view returns (uint256);

    /// @notice Returns the number of places.
    function PLACES() external view returns (uint256);

    /// @notice Returns the number of seats of a committee.
    function SEATS() external view returns (uint256);

    /// @notice Returns the reputation of a newcomer, and of a roller that was late.
    function MIN_REPUTATION() external view returns (uint256);

    /// @notice Returns the highest reputation.
    function MAX_REPUTATION() external view returns (uint256);

    /// @notice Returns the number of missed terms in a row with which a roller is out.
    function MAX_MISSES() external view returns (uint256);

    /// @notice Returns the lowest deposit that is drawn.
    function MIN_DEPOSIT() external view returns (uint256);

    /// @notice Returns the part of a deposit that counts.
    function CAP() external view returns (uint256);

    /// @notice Returns the price of a late term.
    function FINE() external view returns (uint256);

    /// @notice Returns the part of a fine for its reporter, in 1/10,000.
    function REPORT_RATE() external view returns (uint256);

    /// @notice Returns the reputation that a served range adds.
    function REPUTATION_STEP() external view returns (uint256);

    /// @notice Returns the number of batches of a range.
    function RANGE_BATCHES() external view returns (uint256);

    /// @notice Returns the seconds that a roller has to prove its batches.
    function PROVING_TIME() external view returns (uint256);

    /// @notice Returns the seconds after which the consensus opens the role for a batch.
    function OPENS_AFTER() external view returns (uint32);
}
