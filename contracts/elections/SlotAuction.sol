// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

import { NativeBalances } from "../consensus/NativeBalances.sol";
import { ISlotAuction } from "../interfaces/ISlotAuction.sol";
import { Election } from "./Election.sol";
import { Proceeds } from "./parts/Proceeds.sol";
import { SlotElection } from "./parts/SlotElection.sol";

/// @title SlotAuction
/// @notice Sells each slot to the highest bidder, in the open.
contract SlotAuction is ISlotAuction, SlotElection, Proceeds {
    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Stands for 1 in rates.
    uint256 public constant RATE_UNIT = 10_000;

    /// @notice Returns the lowest raise, in 1/10,000 of the highest bid.
    uint256 public constant RAISE_RATE = 1_000;

    /// @notice Returns the share of a lost bond that goes to the caller of `settle`, in 1/10,000, rounded down.
    uint256 public constant REPORT_RATE = 1_000;

    uint256 private constant MAX_BOND_RATE = 100_000;
    uint256 private constant MAX_SPAN = 10_000;

    // ─── Immutables ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Returns the lowest bid for a slot.
    uint96 public immutable MIN_BID;

    /// @notice Returns the bond for a slot, in 1/10,000 of the bid.
    uint256 public immutable BOND_RATE;

    /// @notice Returns the number of slots, after the one at hand, that bids are taken for.
    uint256 public immutable REACH;

    /// @notice Returns the number of blocks from the close of an auction without late bids to its slot.
    uint256 public immutable CLOSE_BLOCKS;

    /// @notice Returns the number of blocks from the latest possible close to the slot.
    uint256 public immutable FINAL_BLOCKS;

    /// @notice Returns the number of blocks that others have to answer a late bid.
    uint256 public immutable EXTENSION_BLOCKS;

    // ─── Storage ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev A ring: slot s is at s mod (REACH + 2). A bid for a slot comes at most REACH slots before it, so the slot
    ///      that had the place is over.
    mapping(uint256 place => SlotEntry) private _entries;

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    constructor(
        IERC20 token,
        SlotParameters memory slots,
        Shares memory shares,
        AuctionTerms memory terms
    ) NativeBalances(token) SlotElection(slots) Proceeds(shares) {
        if (terms.minBid == 0) revert InvalidParameter("minBid", terms.minBid);
        if (terms.bondRate > MAX_BOND_RATE) revert InvalidParameter("bondRate", terms.bondRate);
        if (terms.reach == 0 || terms.reach > MAX_SPAN) revert InvalidParameter("reach", terms.reach);
        // Check: each auction is open for a block at least.
        if (terms.closeBlocks >= terms.reach * SLOT_BLOCKS) revert InvalidParameter("closeBlocks", terms.closeBlocks);
        // Check: an auction closes before its slot begins.
        if (terms.finalBlocks == 0 || terms.finalBlocks > terms.closeBlocks) {
            revert InvalidParameter("finalBlocks", terms.finalBlocks);
        }
        if (terms.extensionBlocks > MAX_SPAN) revert InvalidParameter("extensionBlocks", terms.extensionBlocks);
        MIN_BID = terms.minBid;
        BOND_RATE = terms.bondRate;
        REACH = terms.reach;
        CLOSE_BLOCKS = terms.closeBlocks;
        FINAL_BLOCKS = terms.finalBlocks;
        EXTENSION_BLOCKS = terms.extensionBlocks;
        emit AuctionDeployed(terms);
    }

    // ─── External ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ISlotAuction
    function bid(uint256 slot, uint96 amount) external {
        SlotEntry memory entry = entryOf(slot);
        _requireBiddable(slot, entry);
        uint256 minimum = _minimumOver(entry);
        if (amount < minimum) revert BidBelowMinimum(amount, minimum);
        _take(slot, entry, amount);
    }

    /// @inheritdoc ISlotAuction
    function bidRange(uint256 first, uint256 last, uint96 highest) external returns (uint256 count) {
        if (first > last) revert EmptyRange(first, last);
        for (uint256 slot = first; slot <= last; ++slot) {
            SlotEntry memory entry = entryOf(slot);
            _requireBiddable(slot, entry);
            uint256 minimum = _minimumOver(entry);
            if (minimum > highest || entry.holder == msg.sender) continue;
            // At most `highest`, which has 96 bits.
            _take(slot, entry, uint96(minimum));
            ++count;
        }
    }

    /// @inheritdoc ISlotAuction
    function passSlot(uint256 slot, address to) external {
        SlotEntry memory entry = entryOf(slot);
        if (entry.holder != msg.sender || entry.bid == 0 || slot < currentSlot()) {
            revert NotSlotHolder(slot, msg.sender, entry.holder);
        }
        if (to == address(0)) revert NoReceiver();
        _entries[_placeOf(slot)].holder = to;
        emit SlotPassed(slot, msg.sender, to);
    }

    /// @inheritdoc ISlotAuction
    function settle(uint256 slot) external {
        SlotEntry memory entry = entryOf(slot);
        if (entry.bid == 0) revert NothingToSettle(slot);
        uint256 endsAt = slotStart(slot + 1);
        if (block.number < endsAt && !_isFrozen()) {
            revert SlotNotOver(slot, endsAt, block.number);
        }
        _settle(entry);
        _entries[_placeOf(slot)].bid = 0;
    }

    // ─── External: views ─────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ISlotAuction
    function minimumFor(uint256 slot) external view returns (uint256) {
        return _minimumOver(entryOf(slot));
    }

    /// @inheritdoc ISlotAuction
    function closesAt(uint256 slot) external view returns (uint256) {
        return _closesAt(slot, entryOf(slot).bidAt);
    }

    // ─── Public ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ISlotAuction
    function entryOf(uint256 slot) public view returns (SlotEntry memory entry) {
        SlotEntry memory kept = _entries[_placeOf(slot)];
        if (kept.slot == slot) entry = kept;
    }

    /// @inheritdoc ISlotAuction
    function bondFor(uint256 amount) public view returns (uint256) {
        return Math.mulDiv(amount, BOND_RATE, RATE_UNIT, Math.Rounding.Ceil);
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc SlotElection
    function _holderOf(uint256 slot) internal view override returns (address) {
        SlotEntry storage entry = _entries[_placeOf(slot)];
        return entry.slot == slot ? entry.holder : address(0);
    }

    /// @inheritdoc Election
    function _admitProof(
        address account,
        uint256 first,
        uint256 last,
        uint256 leaves
    ) internal override returns (bool) {
        _payFromPool(account, leaves);
        return super._admitProof(account, first, last, leaves);
    }

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Makes the caller the holder of a slot.
    /// @param entry Entry of the slot before.
    function _take(uint256 slot, SlotEntry memory entry, uint96 amount) private {
        SlotEntry storage place = _entries[_placeOf(slot)];
        if (entry.bid > 0) _credit(entry.holder, entry.bid + bondFor(entry.bid));
        else if (place.bid > 0) _settle(place);
        uint256 bond = bondFor(amount);
        _debit(msg.sender, amount + bond);
        (place.holder, place.slot, place.bid, place.bidAt) = (msg.sender, uint40(slot), amount, uint40(block.number));
        emit SlotBid(slot, msg.sender, amount, bond);
    }

    /// @dev Divides the money of a slot that is over. The caller replaces the entry.
    function _settle(SlotEntry memory entry) private {
        uint256 bond = bondFor(entry.bid);
        (uint256 toProceeds, uint256 toHolder, uint256 toCaller) = (entry.bid, bond, 0);
        if (_isFrozen()) {
            (toProceeds, toHolder) = (0, entry.bid + bond);
        } else if (serviceOf(entry.slot) == Service.Missed) {
            _countMiss(entry.slot);
            toCaller = (bond * REPORT_RATE) / RATE_UNIT;
            (toProceeds, toHolder) = (entry.bid + bond - toCaller, 0);
        }
        emit SlotSettled(entry.slot, entry.holder, toProceeds, toHolder, msg.sender, toCaller);
        _credit(entry.holder, toHolder);
        _credit(msg.sender, toCaller);
        if (toProceeds > 0) _divide(toProceeds);
    }

    /// @dev Reverts unless a bid for the slot is accepted now.
    function _requireBiddable(uint256 slot, SlotEntry memory entry) private view {
        uint256 last = currentSlot() + REACH;
        if (slot > last) revert AuctionNotOpen(slot, last);
        uint256 closedAt = _closesAt(slot, entry.bidAt);
        if (block.number >= closedAt) revert AuctionClosed(slot, closedAt, block.number);
    }

    /// @dev Returns the block from which on the auction of a slot is closed.
    /// @param bidAt Block of the highest bid; 0 if there is none.
    function _closesAt(uint256 slot, uint256 bidAt) private view returns (uint256) {
        uint256 start = slotStart(slot);
        uint256 close = Math.saturatingSub(start, CLOSE_BLOCKS);
        if (bidAt > 0) close = Math.max(close, bidAt + EXTENSION_BLOCKS + 1);
        return Math.min(close, Math.saturatingSub(start, FINAL_BLOCKS));
    }

    /// @dev Returns the lowest bid that is accepted over an entry.
    function _minimumOver(SlotEntry memory entry) private view returns (uint256) {
        if (entry.bid == 0) return MIN_BID;
        return entry.bid + Math.mulDiv(entry.bid, RAISE_RATE, RATE_UNIT, Math.Rounding.Ceil);
    }

    /// @dev Returns the place of a slot in the ring.
    function _placeOf(uint256 slot) private view returns (uint256) {
        return slot % (REACH + 2);
    }
}
