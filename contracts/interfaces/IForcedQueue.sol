// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @title IForcedQueue
 * @notice Operations that users put on L1 and that the rollup has to execute in order: deposits, forced transfers and
 *         forced exits.
 * @dev Operations have the ids 1, 2, 3, … An entry is the rolling hash of all operations up to this one, and the time
 *      of its arrival (`HashAndTime`). Their bytes are in the events only: whoever executes them shows them again.
 *      Entries stand in a ring (`SpillingRing`), so a new one needs no new storage while fewer than 256 wait. With
 *      more, the queue takes operations all the same, and each costs a storage slot.
 *
 *      Each costs `forcedFee()` wei, paid to whoever proves it. It grows with the number of operations waiting, so a
 *      queue of n costs its filler about n² · FORCED_FEE_STEP / 2.
 *
 *      Lifecycle of an operation: queued → taken by the consensus (a batch or block names it) → executed (proven). It
 *      is overdue if it was not taken `FORCED_DEADLINE` seconds after its own arrival; then nothing else may be taken.
 *      Departures and arrivals (`IMigration`) are operations of the queue as well.
 *      Invariants: INV-QUEUE-01, INV-QUEUE-02, INV-QUEUE-03, INV-QUEUE-04.
 */
interface IForcedQueue {
    /// @notice An operation was queued; `slot` are its 93 bytes (docs/protocol.md §3), which hold its fee.
    event ForcedOperationQueued(uint256 indexed id, address indexed sender, bytes slot);

    /// @notice The rollup is frozen, for good.
    error RollupFrozen();

    /// @notice Departure `id` was taken, and has to happen before the state advances (`IMigration.depart`).
    error DepartureDue(uint256 id);

    /// @notice The accounts of an arrival might not fit into the tree of accounts.
    error ArrivalDoesNotFit(uint256 end, uint256 capacity);

    /// @notice The bytes shown are not operation `id`.
    error WrongOperation(uint256 id, bytes27 computed, bytes27 recorded);

    /// @notice The entries that can be read are those from `oldest` to `newest`.
    error UnknownOperation(uint256 id, uint256 oldest, uint256 newest);

    /// @notice Account 0 is not an account.
    error InvalidAccount(uint256 account);

    /// @notice The amount is zero.
    error ZeroAmount();

    /// @notice Operations up to `last` were named, but only `queued` exist.
    error ForcedOperationsMissing(uint256 last, uint256 queued);

    /// @notice More operations were named than there is room for.
    error ForcedOperationsExceedCapacity(uint256 count, uint256 capacity);

    /// @notice The bytes shown are not `count` slots long.
    error WrongSlotsLength(uint256 length, uint256 expected);

    /// @notice The bytes shown are not the operations up to `last`.
    error ForcedOperationsMismatch(uint256 last, bytes27 computed, bytes27 recorded);

    /// @notice Operation `id` had to be taken until `deadline`, which is before `dueBy`; there was room for it, and it
    ///         was left out.
    error ForcedOperationOverdue(uint256 id, uint256 deadline, uint256 dueBy);

    /**
     * @notice Deposits into a new L2 account.
     * @param token Token id of the account.
     * @param amount In the token's smallest unit.
     * @param keyX Public key of the account on BabyJubJub, affine.
     * @param owner L1 address that may force transfers and exits; it also receives the refund if the deposit is
     *        impossible.
     * @return id Of the queued operation.
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
     * @notice Deposits into an existing L2 account.
     * @param account Index of the account, not 0. Whether it exists and holds `token` is found out on L2.
     * @param refundTo Receives the refund if the deposit is impossible.
     * @dev Requirements as for `deposit`, without the key.
     */
    function topUp(
        uint16 token,
        uint128 amount,
        uint32 account,
        address refundTo
    ) external payable returns (uint256 id);

    /**
     * @notice Moves `amount` between L2 accounts in the name of the caller, who must own `from` when it is executed.
     * @dev Requirements
     *      - Neither account is 0. Whether the transfer is possible is found out on L2; if it is not, nothing happens.
     *      - `msg.value` covers the fee. The surplus is returned.
     */
    function forceTransfer(uint32 from, uint32 to, uint16 token, uint128 amount) external payable returns (uint256 id);

    /**
     * @notice Takes the smaller of `amount` and the balance out of an L2 account in the name of the caller, who must
     *         own it.
     * @param amount 2^128 − 1 means everything.
     * @dev Requirements
     *      - `from` is not account 0, and `amount` is not 0.
     *      - `msg.value` covers the fee. The surplus is returned.
     */
    function forceExit(uint32 from, uint16 token, uint128 amount) external payable returns (uint256 id);

    /**
     * @notice Checks what a batch or block takes from the queue. For the consensus, which keeps count of what it took.
     * @param taken Number of operations taken before, not below `executedOperations()`: the next one has the id
     *        `taken + 1`.
     * @param count Number of operations taken now.
     * @param slots Their bytes, `count · 93`.
     * @param capacity Number of operations that would have fitted.
     * @param dueBy Time, in unix seconds, at which no operation that is left out may be overdue; not before that of
     *        this block.
     * @return fees Sum of their fees in wei.
     * @dev Requirements
     *      - `slots` are the operations `taken + 1 … taken + count` of the queue, at most `capacity`.
     *      - Unless `capacity` is reached, the next operation is not overdue at `dueBy`: it then exists for at most
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
     * @notice From where a transition may start now, and how far it may go. For the consensus.
     * @return root State root that it starts from.
     * @return untilDeparture Number of operations until the next departure, that one included: a transition ends with
     *         the batch or block in which it reaches them. 2^256 − 1 if no departure waits.
     * @return executed Number of operations executed so far.
     * @dev Reverts with `DepartureDue` while a departure that was taken did not happen, and with `RollupFrozen`.
     */
    function base() external view returns (uint256 root, uint256 untilDeparture, uint256 executed);

    /// @notice Price of the next forced operation in wei: `FORCED_FEE_BASE + FORCED_FEE_STEP · waiting`.
    function forcedFee() external view returns (uint256);

    /// @notice Number of operations ever queued: the id of the last one.
    function queuedOperations() external view returns (uint256);

    /// @notice Number of operations executed by proven transitions.
    function executedOperations() external view returns (uint256);

    /**
     * @notice Returns the rolling hash up to operation `id`, and its arrival in unix seconds. Zero for `id` 0, where
     *         the rolling hash begins.
     * @dev There are the last 256, and before them all that were not executed, the last one that was, and what a
     *      departure needs that was executed but did not happen; else `UnknownOperation`. The rolling hash of the last
     *      one covers those that are gone.
     */
    function forcedOperation(uint256 id) external view returns (bytes27 rollingHash, uint256 queuedAt);

    /// @notice Seconds that an operation may wait before it has to be taken.
    function FORCED_DEADLINE() external view returns (uint256);

    /// @notice Fee of a forced operation when none is waiting, in wei.
    function FORCED_FEE_BASE() external view returns (uint64);

    /// @notice What each waiting operation adds to the fee, in wei.
    function FORCED_FEE_STEP() external view returns (uint48);
}
