// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/**
 * @title IProverRegistry
 * @notice Keeps the provers' tickets: each is a fixed stake with a BabyJubJub key (docs/b52.md §1).
 * @dev Lifecycle of a ticket: free → active → leaving → free. Leaving takes `EXIT_DELAY`, during which the ticket
 *      can get no new promises, since its key has left the root, and its stake can still be slashed. Where votes are
 *      drawn, a ticket waits before it is active: free → waiting → active (`activate`) or leaving.
 *      Invariants: INV-STAKE-01, INV-STAKE-02.
 */
interface IProverRegistry {
    /**
     * @notice Sets the rules of the registry at its deployment. They never change.
     * @param stake Stake of one ticket, in the native token.
     * @param exitDelay Seconds from leaving to withdrawing.
     * @param slashRate Price of a first miss, in 1/10,000 of the rest of the ticket's stake.
     * @param maxSlashRate Highest price of one miss, in 1/10,000 of the rest of the stake.
     * @param forgiveness Seconds without a miss after which the next one counts as a first one.
     * @param electedTickets Number of tickets whose votes count in a round on average, 1 … `MAX_TICKETS`; 0 if all
     *        count.
     * @param seedRounds Number of rounds that have one seed, at least 2, and so many that they last 128 slots of L1
     *        (`DrawnB52`); 0 if `electedTickets` is.
     */
    struct StakingParameters {
        uint96 stake;
        uint32 exitDelay;
        uint16 slashRate;
        uint16 maxSlashRate;
        uint32 forgiveness;
        uint8 electedTickets;
        uint16 seedRounds;
    }

    /**
     * @notice Holds the state of a ticket.
     * @param owner Account that joined, and that may leave; zero if the ticket is free.
     * @param stake Rest of the stake.
     * @param payout Account that receives the ticket's earnings.
     * @param withdrawableAt Time from which the stake may be withdrawn, in unix seconds; 0 while the ticket is active.
     * @param misses Number of misses that were not forgiven.
     * @param lastMissAt Time of the last miss, in unix seconds.
     */
    struct Ticket {
        address owner; // slot 0
        uint96 stake; // slot 0
        address payout; // slot 1
        uint40 withdrawableAt; // slot 1
        uint16 misses; // slot 1
        uint40 lastMissAt; // slot 1
    }

    /// @notice Logs a new ticket. It is active, unless `TicketWaits` follows.
    event TicketJoined(uint256 indexed ticket, address indexed owner, address payout, uint256 keyX, uint256 keyY);

    /// @notice Logs that a ticket left the root: at its owner's call, or since too little of its stake was left.
    event TicketLeft(uint256 indexed ticket, uint256 withdrawableAt);

    /// @notice Logs that a ticket is free again. Its owner received the rest of the stake.
    event StakeWithdrawn(uint256 indexed ticket, address indexed owner, uint256 amount);

    /// @notice Logs that a ticket lost `amount` for its miss number `misses`.
    event TicketSlashed(uint256 indexed ticket, uint256 amount, uint256 misses);

    /// @notice Rejects a ticket that is not 1 … `limit`.
    error UnknownTicket(uint256 ticket, uint256 limit);

    /// @notice Rejects a ticket that belongs to `owner`.
    error TicketTaken(uint256 ticket, address owner);

    /// @notice Rejects a caller that is not the `owner` of the ticket.
    error NotTicketOwner(uint256 ticket, address caller, address owner);

    /// @notice Rejects a ticket that is leaving, or free.
    error TicketNotActive(uint256 ticket);

    /// @notice Rejects the withdrawal of a stake before `withdrawableAt`; 0 if the ticket is not leaving.
    error StakeLocked(uint256 ticket, uint256 withdrawableAt);

    /// @notice Rejects a payout address of zero.
    error NoPayout();

    /// @notice Rejects a slash by a caller that is not the consensus.
    error NotSlasher(address caller);

    /// @notice Rejects a staking parameter out of its range.
    error InvalidStakingParameter(string name, uint256 value);

    /**
     * @notice Takes a free ticket. The caller, who approved the stake, pays it.
     * @param ticket Id of a free ticket, 1 … `MAX_TICKETS`.
     * @param keyX Affine x of a key on BabyJubJub, canonical and not of small order. The same key may belong to several
     *        tickets: a vote names its ticket, so nobody gains by registering the key of another prover.
     * @param keyY Affine y of the key.
     * @param payout Account that receives the ticket's earnings; not zero.
     */
    function join(uint256 ticket, uint256 keyX, uint256 keyY, address payout) external;

    /// @notice Takes an active ticket of the caller out of the root. Its stake can be withdrawn after `EXIT_DELAY`.
    function leaveRegistry(uint256 ticket) external;

    /// @notice Pays the rest of the stake to the ticket's owner and frees the ticket. Anyone may call.
    function withdrawStake(uint256 ticket) external returns (uint256 amount);

    /**
     * @notice Takes a part of a ticket's stake and sends it to the consensus. Only for the consensus.
     * @return amount Rest of the stake · `min(MAX_SLASH_RATE, SLASH_RATE · 2^(misses before)) / 10,000`, rounded up; 0
     *         if the ticket is free.
     * @dev Effects
     *      - An active ticket with less than half its stake leaves.
     */
    function slash(uint256 ticket) external returns (uint256 amount);

    /// @notice Returns the root of the keys of all active tickets.
    function root() external view returns (uint256);

    /// @notice Returns the address that receives a ticket's earnings; zero if the ticket is free.
    function payoutOf(uint256 ticket) external view returns (address);

    /// @notice Returns a ticket.
    function getTicket(uint256 ticket) external view returns (Ticket memory);

    /// @notice Returns the contract that may slash: the one that deployed this registry.
    function CONSENSUS() external view returns (address);

    /// @notice Returns the native token.
    function TOKEN() external view returns (IERC20);

    /// @notice Returns the stake of a ticket.
    function STAKE() external view returns (uint96);

    /// @notice Returns the seconds from leaving to withdrawing.
    function EXIT_DELAY() external view returns (uint32);

    /// @notice Returns the price of a first miss, in 1/10,000 of the rest of the stake.
    function SLASH_RATE() external view returns (uint16);

    /// @notice Returns the highest price of a miss, in 1/10,000 of the rest of the stake.
    function MAX_SLASH_RATE() external view returns (uint16);

    /// @notice Returns the seconds after which misses are forgiven.
    function FORGIVENESS() external view returns (uint32);
}
