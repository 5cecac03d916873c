// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

import { IGovernedSlashing } from "../interfaces/IGovernedSlashing.sol";
import { IProofOfEfficiency } from "../interfaces/IProofOfEfficiency.sol";
import { ISlashable } from "../interfaces/ISlashable.sol";
import { ISlasher } from "../interfaces/ISlasher.sol";
import { Slashing } from "../libraries/Slashing.sol";
import { Election } from "./Election.sol";
import { BLOCK_TIME, EpochClock } from "./parts/EpochClock.sol";
import { ExitLock } from "./parts/ExitLock.sol";

/// @title GovernedSlashing
/// @notice Decides on slashes by a vote of the parties, behind a time lock.
contract GovernedSlashing is ExitLock, IGovernedSlashing {
    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    uint256 private constant HIGHEST_RATE = 2_000;

    // ─── Immutables ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IGovernedSlashing
    uint256 public immutable DETECTION_TIME;

    /// @inheritdoc IGovernedSlashing
    uint256 public immutable VOTING_TIME;

    /// @inheritdoc IGovernedSlashing
    uint256 public immutable PERIOD;

    /// @inheritdoc IGovernedSlashing
    uint256 public immutable MAX_RATE;

    /// @inheritdoc IGovernedSlashing
    uint256 public immutable CAP_RATE;

    // ─── Storage ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IGovernedSlashing
    ISlashable public stakes;

    /// @dev Number of all charges.
    uint40 private _charged;

    Period private _period;
    mapping(uint256 accuser => Charge) private _charges;

    mapping(uint256 id => LastSlash) private _lastSlashes;

    /// @dev Ballot (`_ballotOf`) in which the voter voted last on a charge of the accuser.
    mapping(uint256 accuser => mapping(uint256 voter => uint256)) private _lastBallots;

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    constructor(SlashingTerms memory terms) ExitLock(terms.notice, terms.lifetime) {
        if (terms.detectionTime < 1 hours || terms.detectionTime > 90 days) {
            revert InvalidSlashing("detectionTime", terms.detectionTime);
        }
        if (terms.votingTime < 1 hours || terms.votingTime > 30 days) {
            revert InvalidSlashing("votingTime", terms.votingTime);
        }
        if (terms.period < terms.lifetime || terms.period > 365 days) revert InvalidSlashing("period", terms.period);
        if (terms.maxRate == 0 || terms.maxRate > HIGHEST_RATE) revert InvalidSlashing("maxRate", terms.maxRate);
        if (terms.capRate == 0 || terms.capRate > HIGHEST_RATE) revert InvalidSlashing("capRate", terms.capRate);
        DETECTION_TIME = terms.detectionTime;
        VOTING_TIME = terms.votingTime;
        PERIOD = terms.period;
        MAX_RATE = terms.maxRate;
        CAP_RATE = terms.capRate;
        emit GovernedSlashingDeployed(terms);
    }

    // ─── External ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ISlasher
    function bindStakes() external {
        if (address(stakes) != address(0)) revert StakesAlreadyBound(stakes);
        stakes = ISlashable(msg.sender);
        emit StakesBound(stakes);
    }

    /// @inheritdoc IGovernedSlashing
    function charge(uint256 accuser, uint256 accused, uint256 rate, bytes32 reason) external returns (uint256 number) {
        // Check: a party that leaves right after a deed can be slashed for it until the last second.
        uint256 needed = neededExitTime();
        uint256 exitTime = stakes.exitTime();
        if (exitTime < needed) revert ExitTooShort(exitTime, needed);
        // Check: there are votes in the time to convict, and in the time to acquit.
        uint256 epochTime = _epochTime();
        uint256 longest = Math.min(VOTING_TIME, lockTime());
        if (epochTime > longest) revert EpochTooLong(epochTime, longest);
        _requireVotes(accuser);
        Charge memory last = _charges[accuser];
        uint256 endsAt = _endOf(last);
        if (last.stage != Stage.None && block.timestamp <= endsAt) revert ChargeOpen(accuser, last.number, endsAt);
        if (rate == 0 || rate > MAX_RATE) revert RateOutOfRange(rate, MAX_RATE);
        (address owner, uint256 stake) = stakes.stakeOf(accused);
        if (stake == 0) revert NothingToSlash(accused);

        number = ++_charged;
        _charges[accuser] = Charge({
            number: uint40(number),
            accused: uint32(accused),
            rate: uint16(rate),
            stage: Stage.Charged,
            since: uint40(block.timestamp),
            tallyEpoch: 0,
            tally: 0,
            owner: owner,
            stake: uint96(stake)
        });
        emit PartyCharged(accuser, accused, number, rate, stake, reason);
    }

    /// @inheritdoc IGovernedSlashing
    function convict(uint256 accuser, uint256 number, uint256 voter) external {
        Charge memory open = _requireStage(accuser, number, Stage.Charged);
        bool isDecided = _vote(accuser, open, voter);
        if (isDecided) {
            (open.stage, open.since, open.tally) = (Stage.Convicted, uint40(block.timestamp), 0);
            emit PartyConvicted(accuser, open.accused, block.timestamp + lockTime());
        }
        _charges[accuser] = open;
    }

    /// @inheritdoc IGovernedSlashing
    function acquit(uint256 accuser, uint256 number, uint256 voter) external {
        Charge memory open = _requireStage(accuser, number, Stage.Convicted);
        bool isDecided = _vote(accuser, open, voter);
        if (isDecided) {
            open.stage = Stage.None;
            emit PartyAcquitted(accuser, open.accused);
        }
        _charges[accuser] = open;
    }

    /// @inheritdoc IGovernedSlashing
    function execute(uint256 accuser, uint256 number) external returns (uint256 amount) {
        Charge memory open = _requireStage(accuser, number, Stage.Convicted);
        _requireExecutable(open.since + lockTime());
        _charges[accuser].stage = Stage.None;
        (address owner, uint256 stake) = stakes.stakeOf(open.accused);
        if (owner == open.owner) amount = _slash(open, stake);
        emit SlashExecuted(accuser, open.accused, amount);
    }

    // ─── External: views ─────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IGovernedSlashing
    function chargeOf(uint256 accuser) external view returns (Charge memory) {
        return _charges[accuser];
    }

    /// @inheritdoc IGovernedSlashing
    function lastSlashOf(uint256 id) external view returns (LastSlash memory) {
        return _lastSlashes[id];
    }

    /// @inheritdoc IGovernedSlashing
    function period() external view returns (Period memory) {
        return _period;
    }

    // ─── Public ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IGovernedSlashing
    function neededExitTime() public view returns (uint256) {
        return DETECTION_TIME + VOTING_TIME + lockTime() + LIFETIME;
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ExitLock
    function _lockedConsensus() internal view override returns (IProofOfEfficiency consensus) {
        if (address(stakes) != address(0)) consensus = Election(address(stakes)).consensus();
        if (address(consensus) == address(0)) revert StakesNotBound(stakes);
    }

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Returns the last second in which a charge can be voted on, or a conviction executed.
    function _endOf(Charge memory open) private view returns (uint256) {
        return open.since + (open.stage == Stage.Charged ? VOTING_TIME : lockTime() + LIFETIME);
    }

    function _requireStage(uint256 accuser, uint256 number, Stage stage) private view returns (Charge memory open) {
        open = _charges[accuser];
        if (open.number != number || open.stage != stage) revert WrongStage(accuser, open.number, open.stage);
    }

    /// @dev Returns the seconds of an epoch of the election, at least.
    function _epochTime() private view returns (uint256) {
        EpochClock clock = EpochClock(address(stakes));
        return clock.EPOCH_SLOTS() * clock.SLOT_BLOCKS() * BLOCK_TIME;
    }

    function _currentEpoch() private view returns (uint256) {
        return EpochClock(address(stakes)).currentEpoch();
    }

    /// @dev Returns the votes of a party of the caller, and of all parties.
    function _requireVotes(uint256 id) private view returns (uint256 votes, uint256 total) {
        (address owner, ) = stakes.stakeOf(id);
        if (owner != msg.sender) revert NotParty(id, msg.sender, owner);
        (votes, total) = stakes.votesOf(id);
        if (votes == 0) revert NoVotes(id, _currentEpoch());
    }

    /// @dev Counts a vote in `open`, which the caller stores.
    /// @return isDecided True if more than half of all votes agree.
    function _vote(uint256 accuser, Charge memory open, uint256 voter) private returns (bool isDecided) {
        uint256 endsAt = _endOf(open);
        if (block.timestamp > endsAt) revert VotingOver(endsAt, block.timestamp);
        if (voter == open.accused) revert OwnCharge(voter);
        (uint256 votes, uint256 total) = _requireVotes(voter);
        uint256 epoch = _currentEpoch();
        uint256 ballot = _ballotOf(open, epoch);
        if (_lastBallots[accuser][voter] == ballot) revert AlreadyVoted(voter, epoch);
        _lastBallots[accuser][voter] = ballot;
        if (open.tallyEpoch != epoch) (open.tallyEpoch, open.tally) = (uint40(epoch), 0);
        open.tally += uint64(votes);
        emit VoteCast(accuser, voter, open.stage, epoch, open.tally);
        return 2 * uint256(open.tally) > total;
    }

    /// @dev Returns a number, not 0, for the votes on a charge in one stage and epoch.
    function _ballotOf(Charge memory open, uint256 epoch) private pure returns (uint256) {
        return (uint256(open.number) << 128) | (uint256(open.stage) << 64) | epoch;
    }

    /// @dev Slashes a party that has the owner of the charge, and `stake` now.
    function _slash(Charge memory open, uint256 stake) private returns (uint256 amount) {
        LastSlash memory last = _lastSlashes[open.accused];
        uint256 until = last.timestamp + PERIOD;
        if (last.owner == open.owner && block.timestamp < until) {
            revert SlashedInPeriod(open.accused, until, block.timestamp);
        }
        _lastSlashes[open.accused] = LastSlash(open.owner, uint40(block.timestamp));
        Period memory current = _period;
        if (block.timestamp >= current.since + PERIOD) {
            current = Period(uint40(block.timestamp), 0, uint96((stakes.totalStake() * CAP_RATE) / 10_000));
        }
        uint256 room = current.cap - current.slashed;
        if (room == 0) revert CapReached(current.cap, current.since + PERIOD);
        // Of what came after the charge nothing is taken, and what left before the deed is not paid for by the rest.
        uint256 wanted = Slashing.amountOf(Math.min(open.stake, stake), open.rate);
        amount = stakes.slash(open.accused, Math.min(wanted, room));
        current.slashed += uint96(amount);
        _period = current;
    }
}
