// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IProverRegistry } from "../../../../contracts/interfaces/IProverRegistry.sol";
import { SystemPoe } from "./SystemPoe.sol";

/// @notice The provers' tickets, of which the actors use three.
abstract contract SystemStaking is SystemPoe {
    struct Ticket {
        address owner;
        address payout;
        uint256 stake;
        uint256 withdrawableAt;
        uint256 misses;
        uint256 lastMissAt;
    }

    // Odd, so that halves and rates are rounded.
    uint96 internal constant STAKE = 1001;
    uint32 internal constant EXIT_DELAY = 90 minutes;
    uint16 internal constant SLASH_RATE = 701;
    uint16 internal constant MAX_SLASH_RATE = 4001;
    uint32 internal constant FORGIVENESS = 1 hours;
    uint256 internal constant TICKETS = 3;

    IProverRegistry internal registry;
    mapping(uint256 ticket => Ticket) internal tickets;
    /// @notice Sums of all stakes that were put in, taken out by slashes, and paid back.
    uint256 public staked;
    uint256 public slashed;
    uint256 public unstaked;

    // ─── Actions ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @param ticket Mostly one of three; else one that cannot be.
    function join(uint256 who, uint256 ticket, bool isUnpaid) external acts {
        address actor = actors[who % 4];
        ticket = ticket % 12 == 0 ? 248 : 1 + (ticket % TICKETS);
        address payout = isUnpaid && who % 5 == 0 ? address(0) : actors[(who >> 8) % 4];
        bytes memory refusal;
        address owner = tickets[ticket].owner;
        if (ticket == 248) refusal = abi.encodeWithSelector(IProverRegistry.UnknownTicket.selector, 248, 247);
        else if (owner != address(0)) {
            refusal = abi.encodeWithSelector(IProverRegistry.TicketTaken.selector, ticket, owner);
        } else if (payout == address(0)) refusal = abi.encodeWithSelector(IProverRegistry.NoPayout.selector);
        else approve(actor, NATIVE, address(registry), STAKE);
        attempt(actor, address(registry), 0, abi.encodeCall(IProverRegistry.join, (ticket, X, Y, payout)), refusal);
        if (refusal.length > 0) return;
        tickets[ticket] = Ticket(actor, payout, STAKE, 0, 0, 0);
        move(NATIVE, wallet(actor), stakeOf(address(registry), ticket), STAKE);
        staked += STAKE;
    }

    function leaveRegistry(uint256 who, uint256 ticket) public acts {
        ticket = 1 + (ticket % TICKETS);
        Ticket storage entry = tickets[ticket];
        // Mostly the owner.
        address actor = who % 4 == 0 || entry.owner == address(0) ? actors[(who >> 8) % 4] : entry.owner;
        bytes memory refusal;
        if (entry.owner != actor) {
            refusal = abi.encodeWithSelector(IProverRegistry.NotTicketOwner.selector, ticket, actor, entry.owner);
        } else if (entry.withdrawableAt != 0) {
            refusal = abi.encodeWithSelector(IProverRegistry.TicketNotActive.selector, ticket);
        }
        attempt(actor, address(registry), 0, abi.encodeCall(IProverRegistry.leaveRegistry, (ticket)), refusal);
        if (refusal.length == 0) entry.withdrawableAt = this.clock() + EXIT_DELAY;
    }

    function withdrawStake(uint256 ticket) public acts {
        ticket = 1 + (ticket % TICKETS);
        Ticket memory entry = tickets[ticket];
        bytes memory refusal;
        if (entry.withdrawableAt == 0 || this.clock() < entry.withdrawableAt) {
            refusal = abi.encodeWithSelector(IProverRegistry.StakeLocked.selector, ticket, entry.withdrawableAt);
        }
        bytes memory data = abi.encodeCall(IProverRegistry.withdrawStake, (ticket));
        attempt(actors[0], address(registry), 0, data, refusal, "SYS-06: a stake is paid back too early");
        if (refusal.length > 0) return;
        delete tickets[ticket];
        move(NATIVE, stakeOf(address(registry), ticket), wallet(entry.owner), entry.stake);
        unstaked += entry.stake;
        refusal = abi.encodeWithSelector(IProverRegistry.StakeLocked.selector, ticket, 0);
        attempt(actors[1], address(registry), 0, data, refusal, "SYS-06: a stake is paid back twice");
    }

    /// @dev Nobody but the consensus may.
    function slashDirectly(uint256 who, uint256 ticket) external acts {
        address actor = actors[who % 4];
        attempt(
            actor,
            address(registry),
            0,
            abi.encodeCall(IProverRegistry.slash, (1 + (ticket % TICKETS))),
            abi.encodeWithSelector(IProverRegistry.NotSlasher.selector, actor)
        );
    }

    // ─── For the invariants ──────────────────────────────────────────────────────────────────────────────────────────

    function ticketStake(uint256 ticket) external view returns (address owner, uint256 stake, uint256 withdrawableAt) {
        Ticket storage entry = tickets[ticket];
        return (entry.owner, entry.stake, entry.withdrawableAt);
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @return amount That a miss costs the ticket now (docs/b52.md §8).
    function miss(uint256 ticket) internal returns (uint256 amount) {
        Ticket storage entry = tickets[ticket];
        if (entry.owner == address(0)) return 0;
        if (this.clock() > entry.lastMissAt + FORGIVENESS) entry.misses = 0;
        uint256 rate = SLASH_RATE * 2 ** (entry.misses < 5 ? entry.misses : 5);
        if (rate > MAX_SLASH_RATE) rate = MAX_SLASH_RATE;
        amount = (entry.stake * rate + 9_999) / 10_000;
        entry.stake -= amount;
        (entry.misses, entry.lastMissAt) = (entry.misses + 1, this.clock());
        if (entry.withdrawableAt == 0 && 2 * entry.stake < STAKE) entry.withdrawableAt = this.clock() + EXIT_DELAY;
        slashed += amount;
    }
}
