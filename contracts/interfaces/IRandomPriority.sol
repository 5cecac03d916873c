// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ISelector } from "./ISelector.sol";

/**
 * @title IRandomPriority
 * @notice Gives one aggregator the head start in each slot: the one with the lowest verifiable random number that
 *         claims it. An aggregator knows its own numbers for a whole epoch, and nobody else does until it claims.
 * @dev Source: Proof of Efficiency, reply of bet3lgeuse ("using a VRF for the aggregators to select a round in a
 *      performance independent way"). Normative rules: docs/elections/randomPriority.md.
 *
 *      A key is a chain of hashes: `anchor = H(link 1)`, `link 1 = H(link 2)`, … An account publishes the anchor, and
 *      shows the link whose number is that of the slot. So for each slot it has one link and no choice.
 *
 *      Slot s, with W = `CLAIM_BLOCKS`:
 *
 *        start(s) − W          start(s)                                start(s + 1)
 *             |  claim(s, …)       |  the holder proves, nobody else         |  report(s), if the holder did not
 *
 *      A slot without a claim is open to everybody, and so is every slot once the oldest unproven batch is older than
 *      `opensAfter` (`ISelector`).
 *
 *      Lifecycle of an account: joined → active (from the epoch after the next) → left → released.
 *      Invariants: INV-PRIORITY-01 to INV-PRIORITY-03.
 */
interface IRandomPriority is ISelector {
    // ─── Types ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Sets the rules of the election at its deployment. They never change.
     * @param ticket Deposit for a ticket, in the native token, at least 1.
     * @param fine Price of a missed slot, in the native token, 1 … `ticket / 2`. Two slots can be missed before the
     *        first of them is reported, so a ticket pays for two.
     * @param claimBlocks Blocks before a slot in which it is claimed, 1 … `slotBlocks`.
     * @param opensAfter Seconds without a proof after which everybody may prove. At least 12 s for each block of two
     *        slots, of the claims, and of `REPORT_BLOCKS`, or a tenth of the others if that is more, and at most 30
     *        days.
     */
    struct PriorityParameters {
        uint96 ticket;
        uint96 fine;
        uint32 claimBlocks;
        uint32 opensAfter;
    }

    /**
     * @notice Holds the key of an account.
     * @param link Last link that the account showed, or its anchor.
     * @param slot Slot of `link`. The next claim is for a later one.
     * @param tickets Number of draws that the account has in each slot.
     */
    struct Key {
        bytes25 link; // slot 0
        uint40 slot; // slot 0
        uint16 tickets; // slot 0
    }

    /**
     * @notice Holds the deposit of an account.
     * @param amount Deposit that is left, in the native token.
     * @param releasedFrom Slot from which it can be released; 0 if the account has not left.
     */
    struct Deposit {
        uint128 amount; // slot 0
        uint40 releasedFrom; // slot 0
    }

    /**
     * @notice Holds the best claim of a slot.
     * @param holder Account with the best claim.
     * @param slot Number of the slot.
     * @param claimedAfter Seconds from the deployment to the claim.
     * @param score Score of the claim: the first 24 bits of its draw.
     * @param isSettled True once the holder has proven a batch in the slot, or was reported.
     */
    struct SlotClaim {
        address holder; // slot 0
        uint32 slot; // slot 0
        uint32 claimedAfter; // slot 0
        uint24 score; // slot 0
        bool isSettled; // slot 0
    }

    // ─── Events ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Logs the deployment with the parameters, which never change.
    event PriorityDeployed(PriorityParameters parameters);

    /// @notice Logs a new account. Its first link is that of `firstSlot`.
    event Joined(address indexed account, bytes25 anchor, uint256 tickets, uint256 firstSlot);

    /// @notice Logs the best claim of a slot so far. Its score follows from the link, the ticket and the seed
    ///         (`scoreOf`).
    event SlotClaimed(uint256 indexed slot, address indexed account, uint256 ticket, bytes25 link);

    /// @notice Logs a slot in which its holder proved nothing. `burned` and `reward` were taken from its deposit.
    event MissReported(
        uint256 indexed slot,
        address indexed account,
        address indexed reporter,
        uint256 burned,
        uint256 reward,
        uint256 ticketsLeft
    );

    /// @notice Logs that an account has left. Its deposit can be released from slot `releasedFrom` on.
    event Left(address indexed account, uint256 releasedFrom);

    /// @notice Logs that the rest of a deposit was added to the balance of `account`.
    event Released(address indexed account, uint256 amount);

    // ─── Errors ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Rejects a second key of an account that has a deposit.
    error AlreadyJoined(address account, uint256 deposit);

    /// @notice Rejects an account without a ticket.
    error NoTickets();

    /// @notice Rejects an anchor of zero.
    error NoAnchor();

    /// @notice Rejects a claim of another slot than the next one, and a claim before block `from`.
    error NotClaimable(uint256 slot, uint256 nextSlot, uint256 from, uint256 blockNumber);

    /// @notice Rejects a claim in an epoch without a seed. Its slots are open to everybody.
    error NoSeed(uint256 epoch);

    /// @notice Rejects a ticket that the account does not have.
    error UnknownTicket(address account, uint256 ticket, uint256 tickets);

    /// @notice Rejects a claim for a slot up to the last one that the account claimed, or before its first one.
    error LinkUsed(uint256 slot, uint256 lastSlot);

    /// @notice Rejects a link that is not that of the slot.
    error WrongLink(uint256 slot, bytes25 computed, bytes25 recorded);

    /// @notice Rejects a claim that is not below the best one.
    error NotLowest(uint256 score, uint256 lowest);

    /// @notice Rejects a report before the end of the slot.
    error SlotNotOver(uint256 slot, uint256 currentSlot);

    /// @notice Rejects a report of a slot before `oldest`.
    error SlotTooOld(uint256 slot, uint256 oldest);

    /// @notice Rejects a report of a slot that nobody claimed.
    error NotClaimed(uint256 slot);

    /// @notice Rejects a report of a slot in which the holder proved a batch, and a second report.
    error SlotSettled(uint256 slot);

    /// @notice Rejects a report while every batch is proven.
    error NothingUnproven(uint256 verifiedBatches);

    /// @notice Rejects a report if the oldest unproven batch did not wait yet when the slot was claimed.
    error NotWaiting(uint256 batch, uint256 sequencedAt, uint256 claimedAt);

    /// @notice Rejects an account that has no key, or has left.
    error NotJoined(address account);

    /// @notice Rejects a release for an account that has not left, or before slot `releasedFrom`.
    error DepositLocked(address account, uint256 releasedFrom, uint256 currentSlot);

    // ─── Functions ───────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Adds the caller, with a key and a deposit of `tickets · TICKET`, taken from its balance. It can claim
     *         from the first slot of the epoch after the next one on.
     * @dev Requirements
     *      - The caller has no deposit.
     *      The seed of its first epoch is drawn after the next epoch has begun. So no key can be chosen for a seed.
     *      WARNING: Each claim shows all earlier links. An account needs another secret for each election, and a chain
     *      that is long enough: after its last link it has to leave and join again.
     * @param anchor Hash of the first link.
     * @param tickets Number of draws in each slot, 1 … 65,535.
     */
    function join(bytes25 anchor, uint16 tickets) external;

    /**
     * @notice Claims the next slot. The lowest score holds it; of equal ones, the first.
     * @dev Requirements
     *      - The next slot begins within `CLAIM_BLOCKS` blocks, and its epoch has a seed.
     *      - `link`, hashed as many times as slots have passed since the last link, gives the last link.
     *      - The score is below that of the slot's best claim.
     *      WARNING: A holder that proves nothing in its slot pays `FINE` if a batch waited before its claim.
     *      Complexity: linear in the slots since the last link of the account, about 100 gas for each.
     * @param slot Number of the slot. It keeps a late transaction from claiming another one.
     * @param ticket Number of the caller's ticket with the lowest score, from 0 on.
     * @param link Link of the slot.
     */
    function claim(uint256 slot, uint256 ticket, bytes25 link) external;

    /**
     * @notice Reports that the holder of a slot proved nothing in it. Anyone may call. The holder pays `FINE`, or what
     *         is left; a tenth of it, rounded down, is added to the caller's balance, and the rest is burned. The
     *         holder keeps one ticket for each full `TICKET` that is left.
     * @dev The first proof in the next slot does the same, for its prover: it takes away what a report would show.
     *      Requirements
     *      - The slot is over, was claimed, is one of the last `KEPT_SLOTS`, and was not reported.
     *      - The holder proved no batch in the slot.
     *      - The oldest unproven batch was sequenced before the claim.
     *      - It can be proven: else the call reverts as the core does, with `RollupFrozen` or `DepartureDue`.
     */
    function report(uint256 slot) external;

    /**
     * @notice Takes the caller out. It cannot claim any more. A slot that it holds, it still has to serve.
     */
    function leaveElection() external;

    /// @notice Adds the deposit of the caller to its balance, `EXIT_SLOTS` slots after it left. Every report has come
    ///         by then.
    function release() external returns (uint256 amount);

    // ─── Views ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Returns the account that has the head start in a slot; 0 if nobody has claimed it. Known for the next
    ///         slot, the current one, and some before it.
    function holderOf(uint256 slot) external view returns (address);

    /// @notice Returns the best claim of a slot, or an empty one.
    function claimOf(uint256 slot) external view returns (SlotClaim memory);

    /// @notice Returns the key of an account.
    function keyOf(address account) external view returns (Key memory);

    /// @notice Returns the deposit of an account.
    function depositOf(address account) external view returns (Deposit memory);

    /**
     * @notice Returns the score of a ticket: the first 24 bits of
     *         `keccak256(abi.encode(link, seed, slot, account, ticket))`, where `seed` is that of the slot's epoch.
     */
    function scoreOf(address account, uint256 slot, uint256 ticket, bytes25 link) external view returns (uint24);

    /// @notice Returns the hash of a link: the first 200 bits of `keccak256(abi.encode(link))`.
    function hashOfLink(bytes25 link) external pure returns (bytes25);

    /// @notice Returns the deposit for a ticket, in the native token.
    function TICKET() external view returns (uint96);

    /// @notice Returns the price of a missed slot, in the native token.
    function FINE() external view returns (uint96);

    /// @notice Returns the blocks before a slot in which it is claimed.
    function CLAIM_BLOCKS() external view returns (uint256);

    /// @notice Returns the seconds without a proof after which everybody may prove.
    function OPENS_AFTER() external view returns (uint256);

    /// @notice Returns the slots after which a report comes too late.
    function KEPT_SLOTS() external view returns (uint256);

    /// @notice Returns the slots between leaving and the release.
    function EXIT_SLOTS() external view returns (uint256);

    /// @notice Returns the blocks that a report has before everybody may prove, at least.
    function REPORT_BLOCKS() external view returns (uint256);
}
