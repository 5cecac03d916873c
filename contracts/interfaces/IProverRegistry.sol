// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/**
 * @title IProverRegistry
 * @notice Tickets of the provers: each a fixed stake with a BabyJubJub key (docs/b52.md §1).
 * @dev Lifecycle of a ticket: free → active → leaving → free. Leaving takes `EXIT_DELAY`, during which the ticket
 *      cannot be promised anything new, as its key has left the root, and its stake can still be slashed.
 *      Invariants: INV-STAKE-01, INV-STAKE-02.
 */
interface IProverRegistry {
    /**
     * @param stake Of one ticket, in the native token.
     * @param exitDelay Seconds from leaving to withdrawing.
     * @param slashRate Part of what is left of a ticket's stake that a first miss costs, in 1/10,000.
     * @param maxSlashRate Part of what is left of it that one miss costs at most, in 1/10,000.
     * @param forgiveness Seconds without a miss after which the next one counts as a first one.
     */
    struct StakingParameters {
        uint96 stake;
        uint32 exitDelay;
        uint16 slashRate;
        uint16 maxSlashRate;
        uint32 forgiveness;
    }

    /**
     * @param owner Who joined, and who may leave. Zero: the ticket is free.
     * @param stake What is left of it.
     * @param payout Receives what the ticket earns.
     * @param withdrawableAt 0 while the ticket is active; else when its stake may leave, in unix seconds.
     * @param misses Misses that were not forgiven.
     * @param lastMissAt In unix seconds.
     */
    struct Ticket {
        address owner; // slot 0
        uint96 stake; // slot 0
        address payout; // slot 1
        uint40 withdrawableAt; // slot 1
        uint16 misses; // slot 1
        uint40 lastMissAt; // slot 1
    }

    /// @notice A ticket became active.
    event TicketJoined(uint256 indexed ticket, address indexed owner, address payout, uint256 keyX, uint256 keyY);

    /// @notice A ticket left the root: its owner wanted so, or too little of its stake was left.
    event TicketLeft(uint256 indexed ticket, uint256 withdrawableAt);

    /// @notice A ticket is free again; its owner got what was left.
    event StakeWithdrawn(uint256 indexed ticket, address indexed owner, uint256 amount);

    /// @notice A ticket lost `amount`, for its miss number `misses`.
    event TicketSlashed(uint256 indexed ticket, uint256 amount, uint256 misses);

    /// @notice There are only the tickets 1 … `limit`.
    error UnknownTicket(uint256 ticket, uint256 limit);

    /// @notice The ticket belongs to `owner`.
    error TicketTaken(uint256 ticket, address owner);

    /// @notice The caller is not `owner`.
    error NotTicketOwner(uint256 ticket, address caller, address owner);

    /// @notice The ticket is leaving, or free.
    error TicketNotActive(uint256 ticket);

    /// @notice The ticket's stake cannot be withdrawn before `withdrawableAt`; 0 if it was not asked to leave.
    error StakeLocked(uint256 ticket, uint256 withdrawableAt);

    /// @notice The payout address is zero.
    error NoPayout();

    /// @notice Only the consensus may slash.
    error NotSlasher(address caller);

    /// @notice A staking parameter is out of its range.
    error InvalidStakingParameter(string name, uint256 value);

    /**
     * @notice Takes a free ticket. Its stake is taken from the caller, who approved it.
     * @param ticket 1 … `MAX_TICKETS`, free.
     * @param keyX Affine coordinates of a key on BabyJubJub, canonical and not of small order. The same key may belong
     *        to several tickets: a vote names its ticket, so nobody gains by registering somebody else's.
     * @param payout Receives what the ticket earns; not zero.
     */
    function join(uint256 ticket, uint256 keyX, uint256 keyY, address payout) external;

    /// @notice Takes an active ticket of the caller out of the root; its stake can be withdrawn after `EXIT_DELAY`.
    function leaveRegistry(uint256 ticket) external;

    /// @notice Pays what is left of the stake to the ticket's owner and frees the ticket. Anyone may call.
    function withdrawStake(uint256 ticket) external returns (uint256 amount);

    /**
     * @notice Takes a part of a ticket's stake and sends it to the consensus. Only for the consensus.
     * @return amount What is left of the stake · `min(MAX_SLASH_RATE, SLASH_RATE · 2^(misses before)) / 10,000`,
     *         rounded up. 0 if the ticket is free.
     * @dev Effects
     *      - An active ticket with less than half its stake leaves.
     */
    function slash(uint256 ticket) external returns (uint256 amount);

    /// @notice Root of the keys of all active tickets.
    function root() external view returns (uint256);

    /// @notice Where earnings of a ticket go; zero if it is free.
    function payoutOf(uint256 ticket) external view returns (address);

    /// @notice All that is known of a ticket.
    function getTicket(uint256 ticket) external view returns (Ticket memory);

    /// @notice The contract that may slash: the one that deployed this.
    function CONSENSUS() external view returns (address);

    /// @notice The native token.
    function TOKEN() external view returns (IERC20);

    /// @notice Stake of a ticket.
    function STAKE() external view returns (uint96);

    /// @notice Seconds from leaving to withdrawing.
    function EXIT_DELAY() external view returns (uint32);

    /// @notice What a first miss costs, in 1/10,000 of what is left of the stake.
    function SLASH_RATE() external view returns (uint16);

    /// @notice What a miss costs at most, in 1/10,000 of what is left of the stake.
    function MAX_SLASH_RATE() external view returns (uint16);

    /// @notice Seconds after which misses are forgiven.
    function FORGIVENESS() external view returns (uint32);
}
