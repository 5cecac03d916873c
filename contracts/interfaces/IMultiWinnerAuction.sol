// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Ranking } from "../types/Ranking.sol";
import { INativeBalances } from "./INativeBalances.sol";

/**
 * @title IMultiWinnerAuction
 * @notice Sells the slots of each epoch to several winners, who take turns. All of them pay the same price: the highest
 *         bid that did not win.
 * @dev Source: "Sequencer auctions with multiple sequencers and rotation mechanism" (sequencer mechanisms). Normative
 *      rules: docs/elections/multiWinnerAuction.md.
 *
 *      With k winners, an epoch has k seats. Seat i has the slots i, i + k, i + 2k, … of the epoch, so all seats have
 *      the same number of slots. The highest bid has seat 0, the next one seat 1, and so on. Bids from rank k on are
 *      the line: a bidder that misses two slots of its seat is out, and the first one of the line has the seat. A seat
 *      without a bidder is open to everybody.
 *
 *      Epoch e, by the clock of `EpochClock`:
 *
 *        changesFrom(e)      freezeBlock(e)      epochStart(e)      epochStart(e + 1)      changesFrom(e + 2)
 *            |  bid, raise        |                   |  slots, misses     |  misses              |  settle
 *
 *      Lifecycle of an entry: bid → dropped, if the list is full of higher bids; or bid → settled. A bid cannot be
 *      taken back. Bid and bond of each entry are held until the settlement, which is after the last miss can be
 *      counted.
 *      Invariants: INV-WINNERS-01, INV-WINNERS-02.
 */
interface IMultiWinnerAuction is INativeBalances {
    // ─── Structs ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Sets the rules of the auction at its deployment. They never change.
     * @param minBid Lowest bid for a seat, in the native token, at least 1 unit. It is the price while not more than
     *        `winners` bid.
     * @param bond Bond of a bid, in the native token, at least 1 unit. A first miss costs half of it, rounded up, and a
     *        second one the rest.
     * @param winners Number of seats, 1 … 16, a divisor of the slots of an epoch.
     * @param reserves Length of the line, 1 … 16.
     */
    struct WinnerTerms {
        uint96 minBid;
        uint96 bond;
        uint8 winners;
        uint8 reserves;
    }

    /**
     * @notice Holds the list of an epoch. The list of epoch e has the place e mod 2.
     * @param order Indexes of the entries, by rank. The first `winners` ranks are the seats. A replacement exchanges
     *        the ranks of the two entries.
     * @param epoch Number of the epoch.
     * @param count Number of entries.
     * @param promoted Number of replacements so far.
     * @param pricer Index of the entry whose bid is the price, once there was a replacement.
     * @param isSettled True once the epoch is settled.
     */
    struct List {
        Ranking order; // slot 0
        uint40 epoch; // slot 0
        uint8 count; // slot 0
        uint8 promoted; // slot 0
        uint8 pricer; // slot 0
        bool isSettled; // slot 0
    }

    /**
     * @notice Holds a bid.
     * @param bidder Account that bid, and that may sequence in its seat.
     * @param since First slot of its seat that it has, counted from the beginning of the epoch; 0 without a
     *        replacement.
     * @param misses Counted misses; with the second one it is out.
     * @param bid Bid for a whole epoch.
     * @param due Price of the part of the epoch for which it replaces another bidder; 0 without a replacement.
     */
    struct Entry {
        address bidder; // slot 0
        uint16 since; // slot 0
        uint8 misses; // slot 0
        uint96 bid; // slot 1
        uint96 due; // slot 1
    }

    // ─── Events ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Logs the deployment with the terms, which never change.
    event WinnerAuctionDeployed(WinnerTerms terms);

    /// @notice Logs a bid in entry `index`, at `rank` when it came.
    event BidPlaced(uint256 indexed epoch, uint256 indexed index, address indexed bidder, uint256 bid, uint256 rank);

    /// @notice Logs a raised bid, with its new rank.
    event BidRaised(uint256 indexed epoch, uint256 indexed index, uint256 bid, uint256 rank);

    /// @notice Logs that a full list dropped its lowest bid. Bid and bond are in the balance of the bidder.
    event BidDropped(uint256 indexed epoch, uint256 indexed index, address indexed bidder, uint256 bid);

    /// @notice Logs that an entry lost `amount` of its bond for its miss number `misses`.
    event BondReduced(
        uint256 indexed epoch,
        uint256 indexed index,
        address indexed bidder,
        uint256 misses,
        uint256 amount
    );

    /// @notice Logs that entry `to` has a seat in place of entry `from`, from a slot on, and owes `due` for it.
    event SeatPassed(
        uint256 indexed epoch,
        uint256 indexed seat,
        uint256 from,
        uint256 to,
        uint256 firstSlot,
        uint256 due
    );

    /// @notice Logs that a seat is open to everybody for the rest of the epoch: entry `from` is out, and the line is
    ///         empty.
    event SeatVacated(uint256 indexed epoch, uint256 indexed seat, uint256 from);

    /// @notice Logs the end of an entry: it paid `paid`, and `returned` is in the balance of its bidder.
    event BidSettled(
        uint256 indexed epoch,
        uint256 indexed index,
        address indexed bidder,
        uint256 paid,
        uint256 returned
    );

    /// @notice Logs the settlement of an epoch at a price for each seat.
    event EpochSettled(uint256 indexed epoch, uint256 price, uint256 toProceeds);

    // ─── Errors ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Rejects a bid below the lowest one that is accepted.
    error BidBelowMinimum(uint256 bid, uint256 minimum);

    /// @notice Rejects a bid or raise in an epoch that is settled, as it can be after a freeze.
    error AlreadySettled(uint256 epoch);

    /// @notice Rejects a raise by an account that does not have the bid of entry `index`.
    error NotBidder(uint256 index, address caller, address bidder);

    /// @notice Rejects the settlement of an epoch that nobody bid for, that is settled, or that is too old.
    error NothingToSettle(uint256 epoch);

    /// @notice Rejects the settlement of an epoch before block `from`, in which no miss can be counted any more.
    error StillLiable(uint256 epoch, uint256 from, uint256 blockNumber);

    // ─── Functions ───────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Bids for a seat in the next epoch. Bid and bond are taken from the caller's balance. An account may have
     *         several bids, for several seats.
     * @dev Requirements
     *      - The set of the next epoch may change in this block (`EpochClock`).
     *      - The bid is at least `minimumBid()`.
     *      Effects
     *      - The bid is ranked behind all bids that are higher or equal: of equal bids the first one is first.
     *      - A full list drops its lowest bid.
     *      - An older epoch at the same place is settled.
     *      Complexity: a constant number of writes; reads by the distance between the hint and the rank, at most 32.
     * @param hint Rank that the caller expects. Another one costs gas and changes nothing else.
     */
    function bid(uint96 amount, uint256 hint) external;

    /**
     * @notice Raises a bid of the caller. The difference is taken from the caller's balance.
     * @dev Requirements
     *      - Those of `bid`, except for the lowest amount: the raise is at least a tenth of the bid, rounded up.
     *      - The caller's bid has the entry `index`, as `BidPlaced` says. Other bids do not change it.
     */
    function raise(uint256 index, uint96 amount, uint256 hint) external;

    /**
     * @notice Counts a miss: a slot that is over, in which its holder posted nothing although it could. Anyone may
     *         call.
     * @dev Requirements
     *      - The slot is missed (`SlotElection`), and misses of its epoch can still be counted.
     *      Effects
     *      - The holder loses half of its bond to the proceeds, and with its second miss the rest.
     *      - With its second miss it is out. If slots of its seat are left in the epoch, from the next slot on, the
     *        first bidder of the line has them, and owes its bid for this part, rounded up.
     *      Worked example: 4 seats, an epoch of 32 slots, price 100. Bidder B has the highest bid of the line, 100.
     *      Seat 1 has the slots 1, 5, …, 29. Its bidder misses slots 1 and 5, and this is counted in slot 6. From slot
     *      7 on B has seat 1: slots 9, 13, 17, 21, 25 and 29. It owes 100 · 6 / 8 = 75. The bidder that is out owes
     *      100, too.
     */
    function countMiss(uint256 slot) external;

    /**
     * @notice Ends an epoch after its last liability: winners pay, and all get back the rest. Anyone may call.
     * @dev Requirements
     *      - No miss of the epoch can be counted any more, or the rollup is frozen.
     *      Effects
     *      - Each entry gets back its bid and the rest of its bond, without what it owes: the price for a winner, also
     *        for one that is out; `due` for a replacement; nothing for others.
     *      - After a freeze nobody owes anything: nobody can be served any more.
     *      Complexity: linear in the entries of the epoch, at most 32.
     */
    function settleEpoch(uint256 epoch) external;

    // ─── Views ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Returns the lowest new bid that is accepted in this block, if bids are: `minBid`, or, for a full list,
    ///         its lowest bid and a tenth of it, rounded up.
    function minimumBid() external view returns (uint256);

    /// @notice Returns the price of a seat in an epoch, by its list of now; 0 if there is none.
    function priceOf(uint256 epoch) external view returns (uint256);

    /// @notice Returns the list of an epoch; an empty one if there is none.
    function listOf(uint256 epoch) external view returns (List memory);

    /// @notice Returns the entries of an epoch, by rank.
    function entriesOf(uint256 epoch) external view returns (Entry[] memory);
}
