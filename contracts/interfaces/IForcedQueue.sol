// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @title IForcedQueue
 * @notice Queues operations on L1 that the rollup has to execute in order: deposits, forced transfers and forced exits.
 * @dev Operations have the ids 1, 2, 3, … An entry is the rolling hash of all operations up to this one, and the time
 *      of its arrival (`HashAndTime`). The bytes of operations are in the events only; the consensus shows them again.
 *      Entries stand in a ring (`SpillingRing`), so a new one needs no new storage while fewer than 256 operations
 *      wait. Beyond that the queue still takes operations, and each costs a storage slot.
 *
 *      An operation costs `forcedFee()` wei, which its prover receives. The fee grows with the number of waiting
 *      operations, so an attacker pays about n² · FORCED_FEE_STEP / 2 for a queue of n operations.
 *
 *      Lifecycle of an operation: queued → taken by the consensus (a batch or block names it) → executed (proven). It
 *      is overdue if it was not taken `FORCED_DEADLINE` seconds after its own arrival; then it must be taken first.
 *      Departures and arrivals (`IMigration`) are operations of the queue as well.
 *      Invariants: INV-QUEUE-01, INV-QUEUE-02, INV-QUEUE-03, INV-QUEUE-04.
 */
interface IForcedQueue {
    /// @notice Logs a queued operation. `slot` holds its 93 bytes (docs/protocol.md §3), with its fee.
    event ForcedOperationQueued(uint256 indexed id, address indexed sender, bytes slot);

    /// @notice Rejects a call after the freeze.
    error RollupFrozen();

    /// @notice Rejects a new state before departure `id`, which was taken, has happened (`IMigration.depart`).
    error DepartureDue(uint256 id);

    /// @notice Rejects an arrival whose accounts might not fit into the account tree.
    error ArrivalDoesNotFit(uint256 end, uint256 capacity);

    /// @notice Rejects bytes that are not those of operation `id`.
    error WrongOperation(uint256 id, bytes27 computed, bytes27 recorded);

    /// @notice Rejects the id of an entry that is not kept: the kept ones are `oldest` to `newest`.
    error UnknownOperation(uint256 id, uint256 oldest, uint256 newest);

    /// @notice Rejects account 0, which does not exist.
    error InvalidAccount(uint256 account);

    /// @notice Rejects an amount of 0.
    error ZeroAmount();

    /// @notice Rejects operations up to `last`, of which only `queued` exist.
    error ForcedOperationsMissing(uint256 last, uint256 queued);

    /// @notice Rejects more operations than there is room for.
    error ForcedOperationsExceedCapacity(uint256 count, uint256 capacity);

    /// @notice Rejects bytes that are not the expected number of slots.
    error WrongSlotsLength(uint256 length, uint256 expected);

    /// @notice Rejects bytes that are not the operations up to `last`.
    error ForcedOperationsMismatch(uint256 last, bytes27 computed, bytes27 recorded);

    /// @notice Rejects a batch or block that leaves out operation `id`, although there is room for it and its
    ///         `deadline` is before `dueBy`.
    error ForcedOperationOverdue(uint256 id, uint256 deadline, uint256 dueBy);

    /**
     * @notice Queues a deposit into a new L2 account.
     * @param token Token id of the account.
     * @param amount Amount in the token's smallest unit.
     * @param keyX Affine x of the account's public key on BabyJubJub.
     * @param keyY Affine y of the key.
     * @param owner L1 address that may force transfers and exits. It also receives the refund if the deposit is
     *        impossible.
     * @return id Id of the queued operation.
     * @dev Requirements
     *      - (`keyX`, `keyY`) is canonical, on the curve and not of small order.
     *      - `owner` is not zero and `amount` is not 0.
     *      - `msg.value` covers the fee, and the amount if the token is ETH. The surplus is returned to the caller.
     *      - An ERC-20 arrives exactly, else `InexactTransfer`.
     */
    function deposit(
        uint16 token,
        uint128 amount,
        uint256 keyX,
        uint256 keyY,
        address owner
    ) external payable returns (uint256 id);

    /**
     * @notice Queues a deposit into an existing L2 account.
     * @param account Index of the account, not 0. L2 finds out whether it exists and holds `token`.
     * @param refundTo L1 address that receives the refund if the deposit is impossible.
     * @dev Requirements as for `deposit`, without the key.
     */
    function topUp(
        uint16 token,
        uint128 amount,
        uint32 account,
        address refundTo
    ) external payable returns (uint256 id);

    /**
     * @notice Queues a transfer between L2 accounts in the name of the caller, who must own `from` at its execution.
     * @dev Requirements
     *      - Neither account is 0. L2 finds out whether the transfer is possible; if it is not, nothing happens.
     *      - `msg.value` covers the fee. The surplus is returned.
     */
    function forceTransfer(uint32 from, uint32 to, uint16 token, uint128 amount) external payable returns (uint256 id);

    /**
     * @notice Queues an exit of the smaller of `amount` and the balance of an L2 account, in the name of the caller,
     *         who must own the account.
     * @param amount Upper bound of the exit; 2^128 − 1 for the whole balance.
     * @dev Requirements
     *      - `from` is not account 0, and `amount` is not 0.
     *      - `msg.value` covers the fee. The surplus is returned.
     */
    function forceExit(uint32 from, uint16 token, uint128 amount) external payable returns (uint256 id);

    /**
     * @notice Checks the operations that a batch or block takes from the queue. For the consensus, which counts them.
     * @param taken Number of operations that were taken before, not below `executedOperations()`. The next operation
     *        has the id `taken + 1`.
     * @param count Number of operations that are taken now.
     * @param slots Bytes of these operations, `count · 93`.
     * @param capacity Number of operations for which there is room.
     * @param dueBy Time, in unix seconds, at which no operation that is left out may be overdue; not before that of
     *        this block.
     * @return fees Sum of their fees in wei.
     * @dev Requirements
     *      - `slots` are the operations `taken + 1 … taken + count` of the queue, at most `capacity`.
     *      - Unless `capacity` is reached, the next operation is not overdue at `dueBy`: its age is then at most
     *        `FORCED_DEADLINE` seconds.
     */
    function previewForced(
        uint256 taken,
        uint256 count,
        bytes calldata slots,
        uint256 capacity,
        uint256 dueBy
    ) external view returns (uint256 fees);

    /**
     * @notice Returns the state from which a transition may start now, and its limit. For the consensus.
     * @return root State root from which it starts.
     * @return untilDeparture Number of operations until the next departure, which is included. A transition ends with
     *         the batch or block in which it reaches them. 2^256 − 1 if no departure waits.
     * @return executed Number of operations executed so far.
     * @dev Reverts with `DepartureDue` while a departure that was taken did not happen, and with `RollupFrozen`.
     */
    function base() external view returns (uint256 root, uint256 untilDeparture, uint256 executed);

    /// @notice Returns the price of the next forced operation in wei: `FORCED_FEE_BASE + FORCED_FEE_STEP · waiting`.
    function forcedFee() external view returns (uint256);

    /// @notice Returns the number of all queued operations: the id of the last one.
    function queuedOperations() external view returns (uint256);

    /// @notice Returns the number of operations that proven transitions executed.
    function executedOperations() external view returns (uint256);

    /**
     * @notice Returns the rolling hash up to operation `id`, and its arrival in unix seconds. Zero for `id` 0, where
     *         the rolling hash begins.
     * @dev Kept are the last 256 entries, those of operations that were not executed, the last executed one, and those
     *      that an executed departure needs until it happens; else `UnknownOperation`. The rolling hash of the last
     *      entry covers the entries that are gone.
     */
    function forcedOperation(uint256 id) external view returns (bytes27 rollingHash, uint256 queuedAt);

    /// @notice Returns the seconds that an operation may wait before it has to be taken.
    function FORCED_DEADLINE() external view returns (uint256);

    /// @notice Returns the fee of a forced operation while no operation waits, in wei.
    function FORCED_FEE_BASE() external view returns (uint64);

    /// @notice Returns the amount that each waiting operation adds to the fee, in wei.
    function FORCED_FEE_STEP() external view returns (uint48);
}
