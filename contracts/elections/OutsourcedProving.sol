// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

import { NativeBalances } from "../consensus/NativeBalances.sol";
import { IOutsourcedProving } from "../interfaces/IOutsourcedProving.sol";
import { Role, RoleTerms } from "../interfaces/ISelector.sol";
import { Election } from "./Election.sol";
import { BLOCK_TIME, EpochClock } from "./parts/EpochClock.sol";
import { Proceeds } from "./parts/Proceeds.sol";
import { Seed } from "./parts/Seed.sol";
import { WeightTree } from "./parts/WeightTree.sol";

/// @title OutsourcedProving
/// @notice Elects the aggregator of each range of batches among rollers with deposit and reputation. Everybody may
///         sequence.
contract OutsourcedProving is Seed, Proceeds, IOutsourcedProving {
    using WeightTree for WeightTree.Tree;

    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IOutsourcedProving
    uint256 public constant PLACES = WeightTree.CAPACITY - 1;

    /// @inheritdoc IOutsourcedProving
    uint256 public constant SEATS = 16;

    /// @inheritdoc IOutsourcedProving
    uint256 public constant MIN_REPUTATION = 100;

    /// @inheritdoc IOutsourcedProving
    uint256 public constant MAX_REPUTATION = 200;

    /// @inheritdoc IOutsourcedProving
    uint256 public constant MAX_MISSES = 2;

    /// @dev Weight of a deposit at the cap, for each point of reputation. The sum of all weights fits the tree:
    ///      1,023 · 1,024 · 200 < 2^28.
    uint256 private constant CAP_UNITS = 1_024;

    /// @dev Upper bound of the terms of one call, so that the election always has the gas to hear of a call.
    uint256 private constant MAX_TERMS = 16;

    /// @dev A deposit that outbids another is at least 11/10 of it.
    uint256 private constant RAISE_DIVISOR = 10;

    uint256 private constant SEAT_BITS = 16;
    uint256 private constant RATE_UNIT = 10_000;

    // ─── Immutables ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IOutsourcedProving
    uint256 public immutable MIN_DEPOSIT;

    /// @inheritdoc IOutsourcedProving
    uint256 public immutable CAP;

    /// @inheritdoc IOutsourcedProving
    uint256 public immutable FINE;

    /// @inheritdoc IOutsourcedProving
    uint256 public immutable REPORT_RATE;

    /// @inheritdoc IOutsourcedProving
    uint256 public immutable REPUTATION_STEP;

    /// @inheritdoc IOutsourcedProving
    uint256 public immutable RANGE_BATCHES;

    /// @inheritdoc IOutsourcedProving
    uint256 public immutable PROVING_TIME;

    /// @inheritdoc IOutsourcedProving
    uint32 public immutable OPENS_AFTER;

    // ─── Storage ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IOutsourcedProving
    uint256 public rollers;

    Due private _due;
    mapping(uint256 id => Roller) private _rollers;
    mapping(uint256 id => Heir) private _heirs;

    /// @dev By parity of the epoch.
    mapping(uint256 parity => Committee) private _committees;

    WeightTree.Tree private _weights;

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    constructor(
        IERC20 token,
        ClockParameters memory clock,
        ProvingTerms memory terms
    )
        EpochClock(clock)
        NativeBalances(token)
        Proceeds(Shares({ aggregators: 0, fund: 0, fundAccount: address(0), poolLeaves: 1 }))
    {
        if (terms.fine == 0) revert InvalidParameter("fine", terms.fine);
        if (terms.minDeposit < terms.fine) revert InvalidParameter("minDeposit", terms.minDeposit);
        if (terms.cap < terms.minDeposit) revert InvalidParameter("cap", terms.cap);
        // Check: the lowest deposit has a weight.
        if (uint256(terms.minDeposit) * CAP_UNITS < terms.cap) revert InvalidParameter("cap", terms.cap);
        if (terms.reportRate > RATE_UNIT / 2) revert InvalidParameter("reportRate", terms.reportRate);
        if (terms.reputationStep == 0 || terms.reputationStep > MAX_REPUTATION - MIN_REPUTATION) {
            revert InvalidParameter("reputationStep", terms.reputationStep);
        }
        if (terms.rangeBatches == 0 || terms.rangeBatches > 1_024) {
            revert InvalidParameter("rangeBatches", terms.rangeBatches);
        }
        // Check: a roller sees a batch a few blocks before it is late.
        if (terms.provingTime < 1 minutes) revert InvalidParameter("provingTime", terms.provingTime);
        // Check: a batch waits for its roller while its committee has duties, which end half an epoch after a later one
        // can be convened.
        uint256 halfEpoch = (uint256(clock.epochSlots) * clock.slotBlocks * BLOCK_TIME) / 2;
        if (terms.opensAfter < 2 * uint256(terms.provingTime) || terms.opensAfter >= halfEpoch) {
            revert InvalidParameter("opensAfter", terms.opensAfter);
        }
        MIN_DEPOSIT = terms.minDeposit;
        CAP = terms.cap;
        FINE = terms.fine;
        REPORT_RATE = terms.reportRate;
        REPUTATION_STEP = terms.reputationStep;
        RANGE_BATCHES = terms.rangeBatches;
        PROVING_TIME = terms.provingTime;
        OPENS_AFTER = terms.opensAfter;
        emit OutsourcedProvingDeployed(terms);
    }

    // ─── External: places ────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IOutsourcedProving
    function join(uint256 id, uint96 amount) external {
        if (id == 0 || id > PLACES) revert UnknownPlace(id, PLACES);
        address account = _rollers[id].account;
        if (account != address(0)) revert PlaceTaken(id, account);
        if (amount < MIN_DEPOSIT) revert DepositTooLow(amount, MIN_DEPOSIT);
        _debit(msg.sender, amount);
        ++rollers;
        _install(id, msg.sender, amount);
    }

    /// @inheritdoc IOutsourcedProving
    function raise(uint256 id, uint96 amount) external {
        Roller memory roller = _requireActive(id);
        if (msg.sender != roller.account) revert NotRoller(id, msg.sender, roller.account);
        _debit(msg.sender, amount);
        roller.deposit += amount;
        _rollers[id] = roller;
        emit DepositRaised(id, amount, roller.deposit);
        _setWeight(id, roller);
    }

    /// @inheritdoc IOutsourcedProving
    function exit(uint256 id) external {
        Roller memory roller = _requireActive(id);
        if (msg.sender != roller.account) revert NotRoller(id, msg.sender, roller.account);
        _leave(id, roller);
    }

    /// @inheritdoc IOutsourcedProving
    function outbid(uint256 id, uint96 amount) external {
        if (rollers < PLACES) revert PlacesFree(rollers, PLACES);
        Roller memory roller = _requireActive(id);
        if (roller.deposit >= CAP) revert AtCap(id, roller.deposit, CAP);
        uint256 raised = uint256(roller.deposit) + Math.max(Math.ceilDiv(roller.deposit, RAISE_DIVISOR), 1);
        uint256 minimum = Math.max(MIN_DEPOSIT, raised);
        if (amount < minimum) revert DepositTooLow(amount, minimum);
        _debit(msg.sender, amount);
        _heirs[id] = Heir(msg.sender, amount);
        emit PlaceOutbid(id, msg.sender, amount);
        _leave(id, roller);
    }

    /// @inheritdoc IOutsourcedProving
    function withdrawDeposit(uint256 id) external {
        Roller memory roller = _rollers[id];
        if (roller.withdrawableFrom == 0 || block.number < roller.withdrawableFrom) {
            revert DepositLocked(id, roller.withdrawableFrom, block.number);
        }
        Heir memory heir = _heirs[id];
        emit DepositReturned(id, roller.account, roller.deposit);
        _credit(roller.account, roller.deposit);
        if (heir.account == address(0)) {
            --rollers;
            delete _rollers[id];
        } else {
            delete _heirs[id];
            _install(id, heir.account, heir.deposit);
        }
    }

    // ─── External: duties ────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IOutsourcedProving
    function convene() external {
        uint256 epoch = currentEpoch();
        // Later the weights of this epoch may be forgotten: changes are for the epoch after the next one.
        uint256 until = freezeBlock(epoch + 1);
        if (block.number >= until) revert NotConvenable(epoch, epochStart(epoch), until);
        Committee memory committee = _committees[epoch % 2];
        if (committee.epoch == epoch && epoch > 0) revert AlreadyConvened(epoch);
        bytes27 seed = seedOf(epoch);
        if (seed == 0) revert NoSeed(epoch);
        uint256 seats = 0;
        for (uint256 i = 0; i < SEATS; ++i) {
            uint256 id = _weights.draw(uint256(keccak256(abi.encode(seed, i))), epoch);
            seats |= id << (SEAT_BITS * i);
        }
        uint256 firstBatch = _bound().sequencedBatches() + 1;
        _committees[epoch % 2] = Committee(uint32(epoch), uint40(firstBatch), seats);
        emit CommitteeConvened(epoch, firstBatch, seats);
    }

    /// @inheritdoc IOutsourcedProving
    function report() external {
        uint256 next = _bound().verifiedBatches() + 1;
        Term memory term = termOf(next);
        if (next > consensus.sequencedBatches() || term.account == address(0) || !_canAdvance()) {
            revert NothingDue(next);
        }
        Due memory current = _dueAt(next, term);
        uint256 deadline = _deadline(next, current);
        if (block.timestamp <= deadline) revert NotLate(next, deadline, block.timestamp);
        if (current.isFined) revert AlreadyFined(next);
        current.isFined = true;
        _due = current;
        _fine(next, term, msg.sender);
    }

    /// @inheritdoc IOutsourcedProving
    function postpone() external {
        uint256 next = _bound().verifiedBatches() + 1;
        if (_canAdvance()) revert NotBlocked(next);
        Due memory current = _dueAt(next, termOf(next));
        current.since = uint40(block.timestamp);
        _due = current;
        emit TermPostponed(next, block.timestamp + PROVING_TIME);
    }

    // ─── External: views ─────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Decides as the next call would be decided, for a proof of the batch `first` alone.
    function isAllowed(address account, Role role, uint256 first) external view returns (bool) {
        if (role == Role.Sequencer) return true;
        Term memory term = termOf(first);
        return _mayProve(account, first, term, _isLate(first, _dueAt(first, term)));
    }

    /// @inheritdoc IOutsourcedProving
    function rollerOf(uint256 id) external view returns (Roller memory) {
        return _rollers[id];
    }

    /// @inheritdoc IOutsourcedProving
    function heirOf(uint256 id) external view returns (Heir memory) {
        return _heirs[id];
    }

    /// @inheritdoc IOutsourcedProving
    function committeeOf(uint256 epoch) external view returns (Committee memory committee) {
        Committee memory kept = _committees[epoch % 2];
        if (kept.epoch == epoch) committee = kept;
    }

    /// @inheritdoc IOutsourcedProving
    function due() external view returns (Due memory) {
        return _due;
    }

    /// @inheritdoc IOutsourcedProving
    function weightOf(uint256 id, uint256 epoch) external view returns (uint256) {
        return _weights.weightOf(id, epoch);
    }

    // ─── Public ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IOutsourcedProving
    function termOf(uint256 batch) public view returns (Term memory term) {
        term.last = type(uint256).max;
        uint256 epoch = currentEpoch();
        // Committees of epochs before the last one have no rights and no duties any more.
        for (uint256 i = 0; i < 2 && i < epoch; ++i) {
            Committee memory committee = _committees[(epoch - i) % 2];
            if (committee.epoch != epoch - i) continue;
            if (batch >= committee.firstBatch) {
                uint256 range = _rangeOf(batch);
                term.last = Math.min(term.last, (range + 1) * RANGE_BATCHES);
                term.epoch = committee.epoch;
                term.id = uint16(committee.seats >> (SEAT_BITS * (range % SEATS)));
                Roller memory roller = _rollers[term.id];
                if (roller.deposit >= FINE && roller.misses < MAX_MISSES) term.account = roller.account;
                return term;
            }
            term.last = committee.firstBatch - 1;
        }
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc Election
    function _terms() internal view override returns (RoleTerms memory sequencer, RoleTerms memory aggregator) {
        return (RoleTerms(0, false), RoleTerms(OPENS_AFTER, true));
    }

    /// @inheritdoc Election
    function _admitBatches(address, uint256, uint256, uint256) internal pure override returns (bool) {
        return true;
    }

    /// @inheritdoc Election
    function _admitProof(address account, uint256 first, uint256 last) internal override returns (bool allowed) {
        Term memory term = termOf(first);
        Due memory current = _dueAt(first, term);
        bool late = _isLate(first, current);
        allowed = _mayProve(account, last, term, late);

        // Effect: a call that is not allowed is recorded too. If the role is not open, the consensus reverts.
        if (late && !current.isFined && term.account != address(0)) {
            current.isFined = true;
            _fine(first, term, account);
        }
        // Batches that no other party could prove are no service.
        if (account != term.account || last > consensus.sequencedBatches()) current.isPartial = true;
        if (last < term.last) {
            current.next = uint40(last + 1);
            _due = current;
        } else {
            bool isWhole = term.last % RANGE_BATCHES == 0 && !current.isPartial && !current.isFined;
            if (isWhole) _serve(_rangeOf(first), term.id);
            _due = Due({
                next: uint40(last + 1),
                since: uint40(block.timestamp),
                epoch: uint32(termOf(last + 1).epoch),
                isFined: false,
                isPartial: !_beginsRange(last + 1)
            });
        }
    }

    // ─── Private: places ─────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Returns a roller that does not leave.
    function _requireActive(uint256 id) private view returns (Roller memory roller) {
        roller = _rollers[id];
        if (roller.withdrawableFrom != 0) revert RollerLeaving(id, roller.withdrawableFrom);
        if (roller.account == address(0)) revert NotRoller(id, msg.sender, address(0));
    }

    function _install(uint256 id, address account, uint96 amount) private {
        Roller memory roller = Roller({
            account: account,
            deposit: amount,
            withdrawableFrom: 0,
            reputation: uint8(MIN_REPUTATION),
            misses: 0
        });
        _rollers[id] = roller;
        emit RollerJoined(id, account, amount);
        _setWeight(id, roller);
    }

    /// @dev Takes a roller out of the sets that are not frozen. The last committee that it can be in is that of the
    ///      epoch before `epoch`, which ends with `epoch`.
    function _leave(uint256 id, Roller memory roller) private {
        uint256 epoch = _openSet();
        roller.withdrawableFrom = uint48(epochStart(epoch + 1));
        _rollers[id] = roller;
        _weights.set(id, 0, epoch);
        emit RollerLeft(id, epoch, roller.withdrawableFrom);
    }

    /// @dev Sets the weight of a roller in the sets that are not frozen.
    function _setWeight(uint256 id, Roller memory roller) private {
        uint256 weight = 0;
        if (roller.deposit >= MIN_DEPOSIT && roller.withdrawableFrom == 0) {
            weight = ((Math.min(roller.deposit, CAP) * CAP_UNITS) / CAP) * roller.reputation;
        }
        _weights.set(id, weight, _openSet());
    }

    /// @dev Returns the first epoch whose set is not frozen.
    function _openSet() private view returns (uint256 epoch) {
        epoch = currentEpoch() + 1;
        if (block.number >= freezeBlock(epoch)) ++epoch;
    }

    // ─── Private: duties ─────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Returns the state of the term of `next`, the first batch that is not proven.
    function _dueAt(uint256 next, Term memory term) private view returns (Due memory current) {
        current = _due;
        // Before the first proof the term of batch 1 has been the first one for ever.
        if (current.next == 0) (current.next, current.isPartial) = (1, false);
        if (current.next != next) {
            // The election did not hear of a proof. Its clock begins anew.
            return
                Due({
                    next: uint40(next),
                    since: uint40(block.timestamp),
                    epoch: uint32(term.epoch),
                    isFined: false,
                    isPartial: true
                });
        }
        if (current.epoch != term.epoch) {
            // Its committee was convened after the last proof, or has ended.
            current.epoch = uint32(term.epoch);
            current.isFined = false;
            current.isPartial = !_beginsRange(next);
        }
    }

    /// @dev Returns the last second in which the roller is not late.
    function _deadline(uint256 next, Due memory current) private view returns (uint256) {
        (, uint256 sequencedAt) = consensus.batchEntry(next);
        return Math.max(sequencedAt, current.since) + PROVING_TIME;
    }

    /// @dev Returns whether the deadline of `next` is over. A batch that is posted and proven in one call is not late.
    function _isLate(uint256 next, Due memory current) private view returns (bool) {
        return next <= consensus.sequencedBatches() && block.timestamp > _deadline(next, current);
    }

    /// @dev Returns whether L1 takes a proof: the rollup is not frozen, and no departure is due.
    function _canAdvance() private view returns (bool) {
        try consensus.ROLLUP().base() {
            return true;
        } catch {
            return false;
        }
    }

    /// @dev Returns whether an account may prove the batches from `term` to `last`: they are of at most 16 terms, and
    ///      each term is its own, open, or, the first one, late.
    function _mayProve(address account, uint256 last, Term memory term, bool late) private view returns (bool) {
        if (!late && term.account != address(0) && term.account != account) return false;
        for (uint256 i = 1; term.last < last; ++i) {
            term = termOf(term.last + 1);
            if (i == MAX_TERMS || (term.account != address(0) && term.account != account)) return false;
        }
        return true;
    }

    /// @dev Takes the fine for the term of `next` from its roller.
    function _fine(uint256 next, Term memory term, address reporter) private {
        Roller memory roller = _rollers[term.id];
        uint256 reward = reporter == roller.account ? 0 : (FINE * REPORT_RATE) / RATE_UNIT;
        // The roller has rights, so its deposit covers the fine.
        roller.deposit -= uint96(FINE);
        roller.reputation = uint8(MIN_REPUTATION);
        ++roller.misses;
        _rollers[term.id] = roller;
        emit TermMissed(_rangeOf(next), term.id, reporter, FINE, reward);
        _credit(reporter, reward);
        _markToBurn(FINE - reward);
        if (roller.withdrawableFrom != 0) return;
        if (roller.misses == MAX_MISSES) _leave(term.id, roller);
        else _setWeight(term.id, roller);
    }

    /// @dev Raises the reputation of a roller.
    function _serve(uint256 range, uint256 id) private {
        Roller memory roller = _rollers[id];
        uint256 reputation = Math.min(roller.reputation + REPUTATION_STEP, MAX_REPUTATION);
        emit RangeServed(range, id, reputation);
        if (reputation == roller.reputation && roller.misses == 0) return;
        bool isHeavier = reputation != roller.reputation && roller.withdrawableFrom == 0;
        (roller.reputation, roller.misses) = (uint8(reputation), 0);
        _rollers[id] = roller;
        if (isHeavier) _setWeight(id, roller);
    }

    /// @dev Returns the range of a batch. Batches and ranges are counted from 1 and from 0.
    function _rangeOf(uint256 batch) private view returns (uint256) {
        return (batch - 1) / RANGE_BATCHES;
    }

    function _beginsRange(uint256 batch) private view returns (bool) {
        return (batch - 1) % RANGE_BATCHES == 0;
    }
}
