// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { INativeBalances } from "./INativeBalances.sol";

/**
 * @title ISlotAuction
 * @notice Sells each slot to the highest bidder, several slots ahead. The holder of a slot is the only sequencer in it.
 * @dev Source: "Proof of donation" (PoE, ethresear.ch 11988: the auction of Hermez), "sequencer auction" (sequencer
 *      mechanisms), "burn auction" and "MEV auction" (decentralization of zk-rollups). Normative rules:
 *      docs/elections/slotAuction.md.
 *
 *      The auction of slot s, in blocks of L1, with C, F and E the close, final and extension blocks of `AuctionTerms`:
 *
 *        start(s - reach)                    start(s) - C       start(s) - F        start(s)           start(s + 1)
 *            |  bid                              |  bid: if the last    |  closed       |  slot            |  settle
 *            |                                   |  one is at most E    |               |                  |
 *            |                                   |  blocks old          |               |                  |
 *
 *      Everybody may sequence in a slot without a bid. Everybody may prove at all times.
 *      Lifecycle of a sold slot: sold → settled. Money of a slot is in its entry until then.
 *      Invariants: INV-AUCTION-01, INV-AUCTION-02.
 */
interface ISlotAuction is INativeBalances {
    // ─── Structs ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Sets the rules of the auction at its deployment. They never change.
     * @param minBid Lowest bid for a slot, in the native token, at least 1 unit.
     * @param bondRate Bond for a slot, in 1/10,000 of the bid, 0 … 100,000. Its holder loses the bond if it posts no
     *        batch in the slot.
     * @param reach Number of slots, after the one at hand, that bids are taken for, 1 … 10,000.
     * @param closeBlocks Number of blocks between the close of an auction and the beginning of its slot, if no bid came
     *        late.
     * @param finalBlocks Number of blocks between the latest possible close and the beginning of the slot, 1 …
     *        `closeBlocks`.
     * @param extensionBlocks Number of blocks that others have to answer a late bid, 0 … 10,000.
     */
    struct AuctionTerms {
        uint96 minBid;
        uint32 bondRate;
        uint16 reach;
        uint16 closeBlocks;
        uint16 finalBlocks;
        uint16 extensionBlocks;
    }

    /**
     * @notice Holds the highest bid for a slot. Entries are a ring.
     * @param holder Account that has the slot; its bid is the highest.
     * @param slot Number of the slot.
     * @param bid Highest bid, in the native token; 0 once the slot is settled.
     * @param bidAt Number of the block of the highest bid.
     */
    struct SlotEntry {
        address holder; // slot 0
        uint40 slot; // slot 0
        uint96 bid; // slot 1
        uint40 bidAt; // slot 1
    }

    // ─── Events ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Logs the deployment with the terms, which never change.
    event AuctionDeployed(AuctionTerms terms);

    /// @notice Logs the highest bid for a slot so far. The account that it outbids, if there is one, has bid and bond
    ///         back in its balance.
    event SlotBid(uint256 indexed slot, address indexed bidder, uint256 bid, uint256 bond);

    /// @notice Logs that the holder of a slot passed it on, with the claim to its bond.
    event SlotPassed(uint256 indexed slot, address indexed from, address indexed to);

    /// @notice Logs the end of a sold slot: `toProceeds` was divided by the shares, `toHolder` is in the holder's
    ///         balance, and `toCaller` in that of the caller.
    event SlotSettled(
        uint256 indexed slot,
        address indexed holder,
        uint256 toProceeds,
        uint256 toHolder,
        address indexed caller,
        uint256 toCaller
    );

    // ─── Errors ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Rejects a bid from block `closedAt` on.
    error AuctionClosed(uint256 slot, uint256 closedAt, uint256 blockNumber);

    /// @notice Rejects a bid for a slot after `last`, the last one that bids are taken for.
    error AuctionNotOpen(uint256 slot, uint256 last);

    /// @notice Rejects a bid below the lowest one that is accepted.
    error BidBelowMinimum(uint256 bid, uint256 minimum);

    /// @notice Rejects a range of slots that begins after its end.
    error EmptyRange(uint256 first, uint256 last);

    /// @notice Rejects a call by an account that does not hold the slot.
    error NotSlotHolder(uint256 slot, address caller, address holder);

    /// @notice Rejects a slot that is passed on to nobody.
    error NoReceiver();

    /// @notice Rejects the settlement of a slot that nobody bid for, or that is settled.
    error NothingToSettle(uint256 slot);

    /// @notice Rejects the settlement of a slot before block `endsAt`.
    error SlotNotOver(uint256 slot, uint256 endsAt, uint256 blockNumber);

    // ─── Functions ───────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Bids for a slot. The bid and its bond are taken from the caller's balance.
     * @dev Requirements
     *      - The slot is at most `reach` slots away, and its auction is not closed (`closesAt`).
     *      - The bid is at least `minimumFor(slot)`.
     *      - The caller's balance, with what it gets back if it holds the slot, covers bid and bond.
     *      Effects
     *      - The account that is outbid gets its bid and its bond back into its balance.
     *      - A slot of the past at the same place is settled.
     *      Worked example: 100 units stand. 109 is rejected, 110 is taken. With a bond rate of 5,000 the new holder
     *      pays 165, and 150 go back.
     */
    function bid(uint256 slot, uint96 amount) external;

    /**
     * @notice Bids the minimum for each of the slots `first … last` whose minimum is at most `highest`. It leaves out
     *         slots that the caller holds, and slots whose minimum is higher.
     * @dev Requirements
     *      - Those of `bid`, for each slot that is not left out.
     *      Complexity: linear in the slots of the call, and in nothing else.
     * @return count Number of bids.
     */
    function bidRange(uint256 first, uint256 last, uint96 highest) external returns (uint256 count);

    /**
     * @notice Passes a slot on to another account: to a key that only sequences, or to a buyer. Before the close a
     *         higher bid takes it from the new holder, who is then paid back.
     * @dev Requirements
     *      - The caller holds the slot, which is not over.
     */
    function passSlot(uint256 slot, address to) external;

    /**
     * @notice Divides the bid for a slot that is over, and gives the bond back or divides it, too. Anyone may call.
     * @dev Requirements
     *      - The slot is over, or the rollup is frozen.
     *      Effects
     *      - The bid goes to the proceeds, whether or not the holder posted a batch.
     *      - The bond goes back, except after a miss: then a tenth of it goes to the caller, and the rest to the
     *        proceeds.
     *      - After a freeze both go back: nobody can be served any more.
     */
    function settle(uint256 slot) external;

    // ─── Views ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Returns the lowest bid that is accepted for a slot: `minBid`, or the highest bid and a tenth of it,
    ///         rounded up. As a bid is at least 1, the raise is, too.
    function minimumFor(uint256 slot) external view returns (uint256);

    /// @notice Returns the block from which on no bid for the slot is accepted, if no other bid comes before.
    function closesAt(uint256 slot) external view returns (uint256);

    /// @notice Returns the highest bid for a slot; an empty entry if there is none, or if another slot has its place.
    function entryOf(uint256 slot) external view returns (SlotEntry memory);

    /// @notice Returns the bond for a bid: `bid · bondRate / 10,000`, rounded up.
    function bondFor(uint256 amount) external view returns (uint256);
}
