// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

import { IProverRegistry } from "../interfaces/IProverRegistry.sol";
import { BabyJubJub } from "../libraries/BabyJubJub.sol";
import { Slashing } from "../libraries/Slashing.sol";
import { TicketTree } from "./TicketTree.sol";

/// @title ProverRegistry
/// @notice Keeps the tickets of the provers. Only the consensus, which deploys it, may slash.
contract ProverRegistry is IProverRegistry {
    using SafeERC20 for IERC20;
    using TicketTree for TicketTree.Tree;

    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Holds the greatest id of a ticket. The set of the tickets that delivered is one field element, with a
    ///         bit for each ticket; bit 0 is not used.
    uint256 public constant MAX_TICKETS = 247;

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
    TicketTree.Tree internal _keys;

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    constructor(IERC20 token, StakingParameters memory params) {
        if (params.stake == 0) revert InvalidStakingParameter("stake", params.stake);
        if (params.slashRate == 0 || params.slashRate > params.maxSlashRate) {
            revert InvalidStakingParameter("slashRate", params.slashRate);
        }
        if (params.maxSlashRate > Slashing.RATE_UNIT) {
            revert InvalidStakingParameter("maxSlashRate", params.maxSlashRate);
        }
        _requireDraw(params);
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
        _enter(ticket, keyX, keyY);
        TOKEN.safeTransferFrom(msg.sender, address(this), STAKE);
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

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Reverts for parameters of a draw: this registry draws nothing.
    function _requireDraw(StakingParameters memory params) internal pure virtual {
        if (params.electedTickets != 0) revert InvalidStakingParameter("electedTickets", params.electedTickets);
        if (params.seedRounds != 0) revert InvalidStakingParameter("seedRounds", params.seedRounds);
    }

    /// @dev Puts a new ticket under the root.
    function _enter(uint256 ticket, uint256 keyX, uint256 keyY) internal virtual {
        _keys.set(ticket, TicketTree.leafOf(keyX, keyY));
    }

    /// @dev Takes a ticket out of the root.
    function _exit(uint256 ticket) internal virtual {
        _keys.set(ticket, 0);
    }

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Lets a ticket leave.
    function _leave(uint256 ticket, Ticket storage entry) private {
        entry.withdrawableAt = uint40(block.timestamp + EXIT_DELAY);
        _exit(ticket);
        emit TicketLeft(ticket, entry.withdrawableAt);
    }
}
