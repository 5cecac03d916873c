// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { ERC20Burnable } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

import { NativeBalances } from "../consensus/NativeBalances.sol";
import { IRandomPriority } from "../interfaces/IRandomPriority.sol";
import { ISelector, Role, RoleTerms } from "../interfaces/ISelector.sol";
import { Election } from "./Election.sol";
import { BLOCK_TIME, EpochClock } from "./parts/EpochClock.sol";
import { Seed } from "./parts/Seed.sol";

/// @title RandomPriority
/// @notice Gives the head start in each slot to the aggregator whose secret and the seed of the epoch give the lowest
///         number. Sequencing is open to everybody.
contract RandomPriority is IRandomPriority, Election, Seed {
    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IRandomPriority
    uint256 public constant KEPT_SLOTS = 8;

    /// @inheritdoc IRandomPriority
    /// @dev A caller that leaves may hold the next slot. That can be reported in the `KEPT_SLOTS − 1` slots after it.
    uint256 public constant EXIT_SLOTS = KEPT_SLOTS + 1;

    /// @inheritdoc IRandomPriority
    uint256 public constant REPORT_BLOCKS = 5;

    /// @dev The next slot can be claimed while the oldest one can be reported.
    uint256 private constant PLACES = KEPT_SLOTS + 1;

    /// @dev L1 may leave out one block of so many before a report comes too late.
    uint256 private constant MISSED_DIVISOR = 10;

    /// @dev A reporter gets one part of so many of a fine.
    uint256 private constant REWARD_DIVISOR = 10;

    // ─── Immutables ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IRandomPriority
    uint96 public immutable TICKET;

    /// @inheritdoc IRandomPriority
    uint96 public immutable FINE;

    /// @inheritdoc IRandomPriority
    uint256 public immutable CLAIM_BLOCKS;

    /// @inheritdoc IRandomPriority
    uint256 public immutable OPENS_AFTER;

    /// @dev Time of the deployment.
    uint256 private immutable GENESIS_TIME;

    // ─── Storage ─────────────────────────────────────────────────────────────────────────────────────────────────────

    mapping(address account => Key) private _keys;
    mapping(address account => Deposit) private _deposits;

    /// @dev A ring: the claim of slot s is at s mod `PLACES`.
    mapping(uint256 place => SlotClaim) private _claims;

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    constructor(
        IERC20 token,
        ClockParameters memory clock,
        PriorityParameters memory params
    ) EpochClock(clock) NativeBalances(token) {
        if (params.ticket == 0) revert InvalidParameter("ticket", params.ticket);
        if (params.fine == 0 || params.fine > params.ticket / 2) revert InvalidParameter("fine", params.fine);
        if (params.claimBlocks == 0 || params.claimBlocks > clock.slotBlocks) {
            revert InvalidParameter("claimBlocks", params.claimBlocks);
        }
        // Check: a batch that comes just after a slot was claimed waits for the end of that slot and of the next one.
        // The holder of the next one can be reported then, before everybody may prove the batch.
        uint256 waiting = 2 * uint256(clock.slotBlocks) + params.claimBlocks;
        uint256 shortest = BLOCK_TIME * (waiting + Math.max(REPORT_BLOCKS, waiting / MISSED_DIVISOR));
        if (params.opensAfter < shortest || params.opensAfter > 30 days) {
            revert InvalidParameter("opensAfter", params.opensAfter);
        }
        TICKET = params.ticket;
        FINE = params.fine;
        CLAIM_BLOCKS = params.claimBlocks;
        OPENS_AFTER = params.opensAfter;
        GENESIS_TIME = block.timestamp;
        // Check: the token can be burned. Else no miss could be reported.
        ERC20Burnable(address(token)).burn(0);
        emit PriorityDeployed(params);
    }

    // ─── External ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IRandomPriority
    function join(bytes25 anchor, uint16 tickets) external {
        uint256 left = _deposits[msg.sender].amount;
        if (left > 0) revert AlreadyJoined(msg.sender, left);
        if (tickets == 0) revert NoTickets();
        if (anchor == 0) revert NoAnchor();
        uint256 firstSlot = (currentEpoch() + 2) * EPOCH_SLOTS;
        uint256 amount = uint256(tickets) * TICKET;
        _keys[msg.sender] = Key({ link: anchor, slot: uint40(firstSlot - 1), tickets: tickets });
        _deposits[msg.sender] = Deposit({ amount: uint128(amount), releasedFrom: 0 });
        emit Joined(msg.sender, anchor, tickets, firstSlot);
        _debit(msg.sender, amount);
    }

    /// @inheritdoc IRandomPriority
    function claim(uint256 slot, uint256 ticket, bytes25 link) external {
        _requireClaimable(slot);
        Key memory key = _keys[msg.sender];
        if (ticket >= key.tickets) revert UnknownTicket(msg.sender, ticket, key.tickets);
        if (slot <= key.slot) revert LinkUsed(slot, key.slot);
        bytes25 computed = _hashRepeatedly(link, slot - key.slot);
        if (computed != key.link) revert WrongLink(slot, computed, key.link);
        uint24 score = scoreOf(msg.sender, slot, ticket, link);
        SlotClaim storage best = _claims[slot % PLACES];
        if (best.slot == slot && score >= best.score) revert NotLowest(score, best.score);

        _keys[msg.sender] = Key({ link: link, slot: uint40(slot), tickets: key.tickets });
        _claims[slot % PLACES] = SlotClaim({
            holder: msg.sender,
            slot: uint32(slot),
            claimedAfter: uint32(block.timestamp - GENESIS_TIME),
            score: score,
            isSettled: false
        });
        emit SlotClaimed(slot, msg.sender, ticket, link);
    }

    /// @inheritdoc IRandomPriority
    function report(uint256 slot) external {
        uint256 current = currentSlot();
        if (slot >= current) revert SlotNotOver(slot, current);
        uint256 oldest = Math.saturatingSub(current, KEPT_SLOTS - 1);
        if (slot < oldest) revert SlotTooOld(slot, oldest);
        SlotClaim memory best = claimOf(slot);
        if (best.holder == address(0)) revert NotClaimed(slot);
        if (best.isSettled) revert SlotSettled(slot);
        // Check: a batch can be proven. The core reverts after a freeze, and while a departure is due.
        consensus.ROLLUP().base();
        (uint256 batch, uint256 sequencedAt) = _oldestUnproven();
        if (batch == 0) revert NothingUnproven(consensus.verifiedBatches());
        uint256 claimedAt = GENESIS_TIME + best.claimedAfter;
        if (sequencedAt >= claimedAt) revert NotWaiting(batch, sequencedAt, claimedAt);
        _fine(slot, best.holder, msg.sender);
    }

    /// @inheritdoc IRandomPriority
    function leaveElection() external {
        Deposit storage held = _deposits[msg.sender];
        if (_keys[msg.sender].link == 0 || held.releasedFrom != 0) revert NotJoined(msg.sender);
        uint256 releasedFrom = currentSlot() + EXIT_SLOTS;
        held.releasedFrom = uint40(releasedFrom);
        _keys[msg.sender].tickets = 0;
        emit Left(msg.sender, releasedFrom);
    }

    /// @inheritdoc IRandomPriority
    function release() external returns (uint256 amount) {
        Deposit memory held = _deposits[msg.sender];
        uint256 current = currentSlot();
        if (held.releasedFrom == 0 || current < held.releasedFrom) {
            revert DepositLocked(msg.sender, held.releasedFrom, current);
        }
        amount = held.amount;
        delete _deposits[msg.sender];
        delete _keys[msg.sender];
        emit Released(msg.sender, amount);
        _credit(msg.sender, amount);
    }

    // ─── External: views ─────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ISelector
    function isAllowed(address account, Role role, uint256) external view returns (bool) {
        if (role == Role.Sequencer) return true;
        address holder = claimOf(currentSlot()).holder;
        return holder == address(0) || holder == account;
    }

    /// @inheritdoc IRandomPriority
    function holderOf(uint256 slot) external view returns (address) {
        return claimOf(slot).holder;
    }

    /// @inheritdoc IRandomPriority
    function keyOf(address account) external view returns (Key memory) {
        return _keys[account];
    }

    /// @inheritdoc IRandomPriority
    function depositOf(address account) external view returns (Deposit memory) {
        return _deposits[account];
    }

    /// @inheritdoc IRandomPriority
    function hashOfLink(bytes25 link) external pure returns (bytes25) {
        return _hashRepeatedly(link, 1);
    }

    // ─── Public ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IRandomPriority
    function claimOf(uint256 slot) public view returns (SlotClaim memory best) {
        SlotClaim memory kept = _claims[slot % PLACES];
        if (kept.slot == slot) best = kept;
    }

    /// @inheritdoc IRandomPriority
    function scoreOf(address account, uint256 slot, uint256 ticket, bytes25 link) public view returns (uint24) {
        uint256 epoch = epochOf(slot);
        bytes27 seed = seedOf(epoch);
        if (seed == 0) revert NoSeed(epoch);
        return uint24(uint256(keccak256(abi.encode(link, seed, slot, account, ticket))) >> 232);
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc Election
    function _terms() internal view override returns (RoleTerms memory sequencer, RoleTerms memory aggregator) {
        // The election hears of proofs that are open to everybody too: with one of them a holder serves its slot.
        return (RoleTerms(0, false), RoleTerms(uint32(OPENS_AFTER), true));
    }

    /// @inheritdoc Election
    function _admitBatches(address, uint256, uint256, uint256) internal pure override returns (bool) {
        return true;
    }

    /// @inheritdoc Election
    function _admitProof(address account, uint256, uint256) internal override returns (bool) {
        uint256 slot = currentSlot();
        _settleLast(slot, account);
        SlotClaim memory best = claimOf(slot);
        if (best.holder == address(0)) return true;
        if (best.holder != account) return false;
        if (!best.isSettled) _claims[slot % PLACES].isSettled = true;
        return true;
    }

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Reverts unless `slot` is the next one, and begins within `CLAIM_BLOCKS` blocks.
    function _requireClaimable(uint256 slot) private view {
        uint256 next = currentSlot() + 1;
        uint256 from = slotStart(next) - CLAIM_BLOCKS;
        if (slot != next || block.number < from) revert NotClaimable(slot, next, from, block.number);
    }

    /// @dev Returns the oldest batch that is not proven, and its time; zeros if there is none.
    function _oldestUnproven() private view returns (uint256 batch, uint256 sequencedAt) {
        batch = consensus.verifiedBatches() + 1;
        if (batch > consensus.sequencedBatches()) return (0, 0);
        (, sequencedAt) = consensus.batchEntry(batch);
    }

    /// @dev Fines the holder of the slot before the current one, if it missed that: the proof that comes now takes away
    ///      what a report would show.
    function _settleLast(uint256 current, address prover) private {
        uint256 slot = Math.saturatingSub(current, 1);
        SlotClaim memory best = claimOf(slot);
        if (best.holder == address(0) || best.isSettled) return;
        (uint256 batch, uint256 sequencedAt) = _oldestUnproven();
        if (batch != 0 && sequencedAt < GENESIS_TIME + best.claimedAfter) _fine(slot, best.holder, prover);
    }

    /// @dev Takes the fine for a missed slot from its holder, and gives a part of it to the reporter.
    function _fine(uint256 slot, address holder, address reporter) private {
        _claims[slot % PLACES].isSettled = true;
        Deposit storage held = _deposits[holder];
        uint256 left = held.amount;
        uint256 fine = Math.min(FINE, left);
        left -= fine;
        held.amount = uint128(left);
        Key storage key = _keys[holder];
        uint256 tickets = Math.min(key.tickets, left / TICKET);
        key.tickets = uint16(tickets);
        uint256 reward = fine / REWARD_DIVISOR;
        _credit(reporter, reward);
        emit MissReported(slot, holder, reporter, fine - reward, reward, tickets);
        ERC20Burnable(address(TOKEN)).burn(fine - reward);
    }

    /// @dev Hashes a link so many times. A loop in Solidity costs twice as much for each slot that was skipped.
    function _hashRepeatedly(bytes25 link, uint256 times) private pure returns (bytes25 hashed) {
        assembly ("memory-safe") {
            // Bits below a bytes25 may be dirty.
            let mask := not(sub(shl(56, 1), 1))
            hashed := and(link, mask)
            for {} times {
                times := sub(times, 1)
            } {
                mstore(0, hashed)
                hashed := and(keccak256(0, 0x20), mask)
            }
        }
    }
}
