// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

import { IProverRegistry } from "../interfaces/IProverRegistry.sol";
import { ITicketDraw } from "../interfaces/ITicketDraw.sol";
import { BabyJubJub } from "../libraries/BabyJubJub.sol";
import { Poseidon } from "../libraries/Poseidon.sol";
import { Slashing } from "../libraries/Slashing.sol";
import { HashAndTime, packHashAndTime } from "../types/HashAndTime.sol";
import { TicketDraw } from "./TicketDraw.sol";
import { TicketTree } from "./TicketTree.sol";

/// @title ProverRegistry
/// @notice Keeps the tickets of the provers. Only the consensus, which deploys it, may slash.
contract ProverRegistry is TicketDraw, IProverRegistry {
    using SafeERC20 for IERC20;
    using TicketTree for TicketTree.Tree;

    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Holds the greatest id of a ticket. The set of the tickets that delivered is one field element, with a
    ///         bit for each ticket; bit 0 is not used.
    uint256 public constant MAX_TICKETS = 247;

    /// @dev A key's hash is never 0.
    HashAndTime private constant NOT_WAITING = HashAndTime.wrap(0);

    // ─── Immutables ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IProverRegistry
    address public immutable CONSENSUS;

    /// @inheritdoc IProverRegistry
    IERC20 public immutable TOKEN;

    /// @inheritdoc IProverRegistry
    uint96 public immutable STAKE;

    /// @inheritdoc IProverRegistry
    uint32 public immutable EXIT_DELAY;

    /// @inheritdoc IProverRegistry
    uint16 public immutable SLASH_RATE;

    /// @inheritdoc IProverRegistry
    uint16 public immutable MAX_SLASH_RATE;

    /// @inheritdoc IProverRegistry
    uint32 public immutable FORGIVENESS;

    // ─── Storage ─────────────────────────────────────────────────────────────────────────────────────────────────────

    mapping(uint256 ticket => Ticket) private _tickets;
    TicketTree.Tree private _keys;

    /// @dev Where tickets are drawn, of a ticket that waits: hash of its key, and the number of the block in which it
    ///      joined.
    mapping(uint256 ticket => HashAndTime) private _waiting;

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    constructor(
        IERC20 token,
        StakingParameters memory params
    ) TicketDraw(params.electedTickets, params.seedRounds) {
        if (params.stake == 0) revert InvalidStakingParameter("stake", params.stake);
        if (params.slashRate == 0 || params.slashRate > params.maxSlashRate) {
            revert InvalidStakingParameter("slashRate", params.slashRate);
        }
        if (params.maxSlashRate > Slashing.RATE_UNIT) {
            revert InvalidStakingParameter("maxSlashRate", params.maxSlashRate);
        }
        if (params.electedTickets > MAX_TICKETS) {
            revert InvalidStakingParameter("electedTickets", params.electedTickets);
        }
        bool isDrawn = params.electedTickets != 0;
        if (isDrawn ? params.seedRounds < 2 : params.seedRounds != 0) {
            revert InvalidStakingParameter("seedRounds", params.seedRounds);
        }
        CONSENSUS = msg.sender;
        TOKEN = token;
        STAKE = params.stake;
        EXIT_DELAY = params.exitDelay;
        SLASH_RATE = params.slashRate;
        MAX_SLASH_RATE = params.maxSlashRate;
        FORGIVENESS = params.forgiveness;
    }

    // ─── External ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IProverRegistry
    function join(uint256 ticket, uint256 keyX, uint256 keyY, address payout) external {
        if (ticket == 0 || ticket > MAX_TICKETS) revert UnknownTicket(ticket, MAX_TICKETS);
        if (_tickets[ticket].owner != address(0)) revert TicketTaken(ticket, _tickets[ticket].owner);
        if (payout == address(0)) revert NoPayout();
        BabyJubJub.requireValidKey(keyX, keyY);
        _tickets[ticket] = Ticket({
            owner: msg.sender,
            stake: STAKE,
            payout: payout,
            withdrawableAt: 0,
            misses: 0,
            lastMissAt: 0
        });
        emit TicketJoined(ticket, msg.sender, payout, keyX, keyY);
        if (ELECTED_TICKETS == 0 || _beforeSeeds()) {
            _activate(ticket, keyX, keyY);
        } else {
            _waiting[ticket] = packHashAndTime(_hashOf(keyX, keyY), block.number);
            emit TicketWaits(ticket, block.number);
        }
        TOKEN.safeTransferFrom(msg.sender, address(this), STAKE);
    }

    /// @inheritdoc ITicketDraw
    function activate(uint256 ticket, uint256 keyX, uint256 keyY) external {
        HashAndTime entry = _waiting[ticket];
        if (HashAndTime.unwrap(entry) == 0) revert TicketNotWaiting(ticket);
        if (bytes27(_hashOf(keyX, keyY)) != entry.hashOf()) revert WrongKey(ticket);
        // Check: nobody could know the seed, nor any later one, when the key was chosen.
        if (_seedBlock() < entry.timeOf() + SEED_DELAY) revert SeedTooOld(entry.timeOf(), _seedBlock());
        _waiting[ticket] = NOT_WAITING;
        _activate(ticket, keyX, keyY);
        emit TicketActivated(ticket);
    }

    /// @inheritdoc ITicketDraw
    function openRound(uint256 round) external returns (uint256 votersRoot) {
        if (msg.sender != CONSENSUS) revert NotConsensus(msg.sender);
        votersRoot = Poseidon.hash([_keys.root(), _openDraw(round)]);
    }

    /// @inheritdoc IProverRegistry
    function leaveRegistry(uint256 ticket) external {
        Ticket storage entry = _tickets[ticket];
        if (entry.owner != msg.sender) revert NotTicketOwner(ticket, msg.sender, entry.owner);
        if (entry.withdrawableAt != 0) revert TicketNotActive(ticket);
        _leave(ticket, entry);
    }

    /// @inheritdoc IProverRegistry
    function withdrawStake(uint256 ticket) external returns (uint256 amount) {
        Ticket memory entry = _tickets[ticket];
        if (entry.withdrawableAt == 0 || block.timestamp < entry.withdrawableAt) {
            revert StakeLocked(ticket, entry.withdrawableAt);
        }
        amount = entry.stake;
        delete _tickets[ticket];
        emit StakeWithdrawn(ticket, entry.owner, amount);
        TOKEN.safeTransfer(entry.owner, amount);
    }

    /// @inheritdoc IProverRegistry
    function slash(uint256 ticket) external returns (uint256 amount) {
        if (msg.sender != CONSENSUS) revert NotSlasher(msg.sender);
        Ticket storage entry = _tickets[ticket];
        if (entry.owner == address(0)) return 0;
        uint256 misses = block.timestamp > uint256(entry.lastMissAt) + FORGIVENESS ? 0 : entry.misses;
        uint256 left = entry.stake;
        amount = Slashing.amountOf(left, Slashing.rateOf(SLASH_RATE, MAX_SLASH_RATE, misses));
        entry.stake = uint96(left - amount);
        entry.misses = uint16(Math.min(misses + 1, type(uint16).max));
        entry.lastMissAt = uint40(block.timestamp);
        emit TicketSlashed(ticket, amount, misses + 1);
        if (entry.withdrawableAt == 0 && 2 * (left - amount) < STAKE) _leave(ticket, entry);
        TOKEN.safeTransfer(CONSENSUS, amount);
    }

    /// @inheritdoc IProverRegistry
    function root() external view returns (uint256) {
        return _keys.root();
    }

    /// @inheritdoc IProverRegistry
    function payoutOf(uint256 ticket) external view returns (address) {
        return _tickets[ticket].payout;
    }

    /// @inheritdoc IProverRegistry
    function getTicket(uint256 ticket) external view returns (Ticket memory) {
        return _tickets[ticket];
    }

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Puts a ticket under the root.
    function _activate(uint256 ticket, uint256 keyX, uint256 keyY) private {
        _keys.set(ticket, TicketTree.leafOf(keyX, keyY));
        if (ELECTED_TICKETS != 0) _countIn();
    }

    /// @dev Takes a ticket out of the root, or out of those that wait.
    function _leave(uint256 ticket, Ticket storage entry) private {
        entry.withdrawableAt = uint40(block.timestamp + EXIT_DELAY);
        if (ELECTED_TICKETS != 0 && HashAndTime.unwrap(_waiting[ticket]) != 0) {
            _waiting[ticket] = NOT_WAITING;
        } else {
            _keys.set(ticket, 0);
            if (ELECTED_TICKETS != 0) _countOut();
        }
        emit TicketLeft(ticket, entry.withdrawableAt);
    }

    /// @dev Returns the hash of a key.
    function _hashOf(uint256 keyX, uint256 keyY) private pure returns (bytes32) {
        return keccak256(abi.encode(keyX, keyY));
    }
}
