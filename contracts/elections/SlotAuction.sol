// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

import { ISlotAuction } from "../interfaces/ISlotAuction.sol";
import { Proceeds } from "./parts/Proceeds.sol";
import { SlotElection } from "./parts/SlotElection.sol";

/// @title SlotAuction
/// @notice Sells each slot to the highest bidder, in the open.
contract SlotAuction is ISlotAuction, SlotElection, Proceeds {
    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Stands for 1 in rates.
    uint256 public constant RATE_UNIT = 10_000;

    /// @notice Lowest raise, in 1/10,000 of the highest bid.
    uint256 public constant RAISE_RATE = 1_000;

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
        SlotTerms memory slots,
        Shares memory shares,
        AuctionTerms memory terms
    ) SlotElection(slots) Proceeds(token, shares) {
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
        if (block.number < endsAt && !_isFrozen()) revert SlotNotOver(slot, endsAt, block.number);
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
}
