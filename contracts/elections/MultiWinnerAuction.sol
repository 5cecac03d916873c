// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

import { NativeBalances } from "../consensus/NativeBalances.sol";
import { IMultiWinnerAuction } from "../interfaces/IMultiWinnerAuction.sol";
import { Election } from "./Election.sol";
import { Proceeds } from "./parts/Proceeds.sol";
import { SlotElection } from "./parts/SlotElection.sol";

/// @title MultiWinnerAuction
/// @notice Sells each epoch to several sequencers at one price. They take turns.
contract MultiWinnerAuction is IMultiWinnerAuction, SlotElection, Proceeds {
    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Returns the number of misses after which a bidder is out.
    uint256 public constant MAX_MISSES = 2;

    /// @dev With both, an index has the 5 bits that `Ranking` has for it.
    uint256 private constant MAX_SEATS = 16;
    uint256 private constant MAX_RESERVES = 16;

    /// @dev Lowest raise: one part in so many of the bid, rounded up.
    uint256 private constant RAISE_PART = 10;

    // ─── Immutables ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Returns the lowest bid for a seat.
    uint96 public immutable MIN_BID;

    /// @notice Returns the bond of a bid.
    uint256 public immutable BOND;

    /// @notice Returns the number of seats.
    uint256 public immutable WINNERS;

    /// @notice Returns the length of the line.
    uint256 public immutable RESERVES;

    // ─── Storage ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev The list of epoch e is at e mod 2: bids for an epoch begin when the epoch two before it can be settled.
    mapping(uint256 place => List) private _lists;

    mapping(uint256 place => mapping(uint256 index => Entry)) private _entries;

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    constructor(
        IERC20 token,
        SlotParameters memory slots,
        Shares memory shares,
        WinnerTerms memory terms
    ) NativeBalances(token) SlotElection(slots) Proceeds(shares) {
        if (terms.minBid == 0) revert InvalidParameter("minBid", terms.minBid);
        if (terms.bond == 0) revert InvalidParameter("bond", terms.bond);
        // Check: all seats have the same number of slots, as all have the same price.
        if (terms.winners == 0 || terms.winners > MAX_SEATS || EPOCH_SLOTS % terms.winners != 0) {
            revert InvalidParameter("winners", terms.winners);
        }
        // Check: the first bid that does not win, which is the price, is in the list.
        if (terms.reserves == 0 || terms.reserves > MAX_RESERVES) revert InvalidParameter("reserves", terms.reserves);
        MIN_BID = terms.minBid;
        BOND = terms.bond;
        WINNERS = terms.winners;
        RESERVES = terms.reserves;
        emit WinnerAuctionDeployed(terms);
    }

    // ─── External ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IMultiWinnerAuction
    function bid(uint96 amount, uint256 hint) external {
        uint256 epoch = _openEpoch();
        List memory list = _lists[_placeOf(epoch)];
        if (list.epoch != epoch) {
            if (list.count > 0 && !list.isSettled) _settle(list);
            list = _emptyList(epoch);
        }
        // Check: after a freeze the list may be settled while bids are taken.
        if (list.isSettled) revert AlreadySettled(epoch);
        uint256 minimum = _minimumOf(list);
        if (amount < minimum) revert BidBelowMinimum(amount, minimum);

        uint256 index = list.count;
        if (_isFull(list)) index = _drop(list);
        uint256 rank = _insert(list, index, amount, hint);
        _entries[_placeOf(epoch)][index] = Entry({ bidder: msg.sender, since: 0, misses: 0, bid: amount, due: 0 });
        _lists[_placeOf(epoch)] = list;
        emit BidPlaced(epoch, index, msg.sender, amount, rank);
        _debit(msg.sender, amount + BOND);
    }

    /// @inheritdoc IMultiWinnerAuction
    function raise(uint256 index, uint96 amount, uint256 hint) external {
        uint256 epoch = _openEpoch();
        List memory list = listOf(epoch);
        if (list.isSettled) revert AlreadySettled(epoch);
        if (index >= list.count) revert NotBidder(index, msg.sender, address(0));
        Entry storage entry = _entries[_placeOf(epoch)][index];
        if (entry.bidder != msg.sender) revert NotBidder(index, msg.sender, entry.bidder);
        uint256 before = entry.bid;
        uint256 minimum = _raised(before);
        if (amount < minimum) revert BidBelowMinimum(amount, minimum);

        uint256 rank = 0;
        while (list.order.indexAt(rank) != index) ++rank;
        list.order = list.order.removeAt(rank);
        --list.count;
        uint256 newRank = _insert(list, index, amount, hint);
        entry.bid = amount;
        _lists[_placeOf(epoch)] = list;
        emit BidRaised(epoch, index, amount, newRank);
        _debit(msg.sender, amount - before);
    }

    /// @inheritdoc IMultiWinnerAuction
    function countMiss(uint256 slot) external {
        address holder = _countMiss(slot);
        uint256 epoch = epochOf(slot);
        uint256 seat = _seatOf(slot);
        List memory list = _lists[_placeOf(epoch)];
        uint256 index = list.order.indexAt(seat);
        Entry storage entry = _entries[_placeOf(epoch)][index];
        uint256 misses = ++entry.misses;
        uint256 amount = _bondAfter(misses - 1) - _bondAfter(misses);
        emit BondReduced(epoch, index, holder, misses, amount);
        if (misses == MAX_MISSES) _replace(list, seat, index);
        _divide(amount);
    }

    /// @inheritdoc IMultiWinnerAuction
    function settleEpoch(uint256 epoch) external {
        List memory list = listOf(epoch);
        if (list.count == 0 || list.isSettled) revert NothingToSettle(epoch);
        uint256 from = changesFrom(epoch + 2);
        if (block.number < from && !_isFrozen()) revert StillLiable(epoch, from, block.number);
        _lists[_placeOf(epoch)].isSettled = true;
        _settle(list);
    }

    // ─── External: views ─────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IMultiWinnerAuction
    function minimumBid() external view returns (uint256) {
        return _minimumOf(listOf(currentEpoch() + 1));
    }

    /// @inheritdoc IMultiWinnerAuction
    function priceOf(uint256 epoch) external view returns (uint256) {
        List memory list = listOf(epoch);
        return list.count == 0 ? 0 : _priceOf(list);
    }

    /// @inheritdoc IMultiWinnerAuction
    function entriesOf(uint256 epoch) external view returns (Entry[] memory entries) {
        List memory list = listOf(epoch);
        entries = new Entry[](list.count);
        for (uint256 rank = 0; rank < list.count; ++rank) {
            entries[rank] = _entries[_placeOf(epoch)][list.order.indexAt(rank)];
        }
    }

    // ─── Public ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IMultiWinnerAuction
    function listOf(uint256 epoch) public view returns (List memory list) {
        list = _lists[_placeOf(epoch)];
        if (list.epoch != epoch) list = _emptyList(epoch);
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc SlotElection
    function _holderOf(uint256 slot) internal view override returns (address) {
        uint256 epoch = epochOf(slot);
        uint256 seat = _seatOf(slot);
        List memory list = _lists[_placeOf(epoch)];
        if (list.epoch != epoch || seat >= list.count) return address(0);
        Entry storage entry = _entries[_placeOf(epoch)][list.order.indexAt(seat)];
        // A slot before the replacement: the bidder before is out.
        if (entry.misses >= MAX_MISSES || slot % EPOCH_SLOTS < entry.since) return address(0);
        return entry.bidder;
    }

    /// @inheritdoc SlotElection
    function _oldestClaimable(uint256 current) internal view override returns (uint256) {
        return _oldestOfFrozenSets(current);
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

    // ─── Private: list ───────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Takes the lowest bid out of the list, and gives bid and bond back.
    /// @return index Index of the entry, which is free.
    function _drop(List memory list) private returns (uint256 index) {
        index = list.order.indexAt(--list.count);
        list.order = list.order.removeAt(list.count);
        Entry memory entry = _entries[_placeOf(list.epoch)][index];
        emit BidDropped(list.epoch, index, entry.bidder, entry.bid);
        _credit(entry.bidder, entry.bid + BOND);
    }

    /// @dev Puts an index into the list, behind all bids that are not lower than `amount`.
    /// @return rank Rank of the index.
    function _insert(
        List memory list,
        uint256 index,
        uint256 amount,
        uint256 hint
    ) private view returns (uint256 rank) {
        rank = Math.min(hint, list.count);
        while (rank > 0 && _bidAt(list, rank - 1) < amount) --rank;
        while (rank < list.count && _bidAt(list, rank) >= amount) ++rank;
        list.order = list.order.insertAt(rank, index);
        ++list.count;
    }

    /// @dev Takes the bidder out of a seat, and puts the first one of the line into it if slots of the seat are left.
    /// @param index Index of the entry that is out.
    function _replace(List memory list, uint256 seat, uint256 index) private {
        uint256 next = WINNERS + list.promoted;
        uint256 firstSlot = currentSlot() + 1;
        uint256 since = firstSlot - list.epoch * EPOCH_SLOTS;
        uint256 left = since < EPOCH_SLOTS ? _slotsFrom(seat, since) : 0;
        if (next >= list.count || left == 0) {
            emit SeatVacated(list.epoch, seat, index);
            return;
        }
        uint256 nextIndex = list.order.indexAt(next);
        if (list.promoted == 0) list.pricer = uint8(nextIndex);
        ++list.promoted;
        list.order = list.order.swapRanks(seat, next);
        _lists[_placeOf(list.epoch)] = list;
        Entry storage entry = _entries[_placeOf(list.epoch)][nextIndex];
        // At most the bid, and at least 1.
        uint96 due = uint96(Math.mulDiv(entry.bid, left, EPOCH_SLOTS / WINNERS, Math.Rounding.Ceil));
        (entry.since, entry.due) = (uint16(since), due);
        emit SeatPassed(list.epoch, seat, index, nextIndex, firstSlot, due);
    }

    /// @dev Gives back what the entries of an epoch do not owe, and divides the rest. The caller replaces or marks the
    ///      list.
    function _settle(List memory list) private {
        bool isFrozen = _isFrozen();
        uint256 price = _priceOf(list);
        uint256 sum = 0;
        for (uint256 rank = 0; rank < list.count; ++rank) {
            uint256 index = list.order.indexAt(rank);
            Entry memory entry = _entries[_placeOf(list.epoch)][index];
            uint256 paid = 0;
            // Bidders that had a seat: they have one, or were exchanged with the first ones of the line.
            if (!isFrozen && rank < WINNERS + list.promoted) paid = entry.due > 0 ? entry.due : price;
            uint256 returned = entry.bid + _bondAfter(entry.misses) - paid;
            sum += paid;
            emit BidSettled(list.epoch, index, entry.bidder, paid, returned);
            _credit(entry.bidder, returned);
        }
        emit EpochSettled(list.epoch, price, sum);
        if (sum > 0) _divide(sum);
    }

    // ─── Private: views ──────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Returns the price of a seat: the highest bid that did not win, or the lowest bid if there is none.
    function _priceOf(List memory list) private view returns (uint256) {
        if (list.promoted > 0) return _entries[_placeOf(list.epoch)][list.pricer].bid;
        return list.count > WINNERS ? _bidAt(list, WINNERS) : MIN_BID;
    }

    /// @dev Returns the lowest new bid that a list takes.
    function _minimumOf(List memory list) private view returns (uint256) {
        return _isFull(list) ? _raised(_bidAt(list, list.count - 1)) : MIN_BID;
    }

    /// @dev Returns whether a list has no room.
    function _isFull(List memory list) private view returns (bool) {
        return list.count == WINNERS + RESERVES;
    }

    /// @dev Returns the bid at a rank.
    function _bidAt(List memory list, uint256 rank) private view returns (uint256) {
        return _entries[_placeOf(list.epoch)][list.order.indexAt(rank)].bid;
    }

    /// @dev Returns the seat of a slot.
    function _seatOf(uint256 slot) private view returns (uint256) {
        return (slot % EPOCH_SLOTS) % WINNERS;
    }

    /// @dev Returns the number of slots of a seat from slot `from` of an epoch on.
    function _slotsFrom(uint256 seat, uint256 from) private view returns (uint256) {
        // Slot seat + i · WINNERS is before `from` for the first i's.
        uint256 before = from > seat ? Math.ceilDiv(from - seat, WINNERS) : 0;
        return EPOCH_SLOTS / WINNERS - before;
    }

    /// @dev Returns the rest of a bond after so many misses.
    function _bondAfter(uint256 misses) private view returns (uint256) {
        if (misses == 0) return BOND;
        return misses < MAX_MISSES ? BOND / 2 : 0;
    }

    /// @dev Returns the lowest raised bid.
    function _raised(uint256 amount) private pure returns (uint256) {
        return amount + Math.ceilDiv(amount, RAISE_PART);
    }

    /// @dev Returns the place of an epoch.
    function _placeOf(uint256 epoch) private pure returns (uint256) {
        return epoch % 2;
    }

    /// @dev Returns the list of an epoch without bids.
    function _emptyList(uint256 epoch) private pure returns (List memory list) {
        list.epoch = uint40(epoch);
    }
}
