// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @title IMigration
 * @notice Moves many users between rollups on one L1 with one proof, and their money with one payment.
 * @dev Source: "Against proof of stake for [zk/op]rollup leader election", the exchange on mass migration; normative
 *      rules: docs/enforcement.md §5.
 *
 *      A departure: requested (`requestDeparture`) → taken by a batch or block → departed (`depart`) → delivered
 *      (`deliver`), or, if the target does not take it, reclaimed one by one (`reclaim`). After a freeze it begins with
 *      `depart`. An arrival: queued (`arrive`) → executed, or, if the target freezes before, refunded one by one.
 *
 *      `signals` are the public signals of the circuit `migration` in their order, `moves` and `arrivals` rows of
 *      slots of 93 bytes.
 *      Invariants: INV-MIGRATION-01, INV-MIGRATION-02, INV-MIGRATION-03.
 */
interface IMigration {
    /// @notice Logs the request of a departure. Its operation in the queue has the same id.
    event DepartureRequested(uint256 indexed id, address indexed target, uint128 tokens, bytes moves);

    /**
     * @notice Logs a departure. `signals` hold the totals of the users' money. The event holds all arguments of
     *         `deliver`.
     * @param id Id of the operation that requested it; 0 after a freeze.
     */
    event Departed(
        uint256 indexed departure,
        uint256 indexed id,
        address indexed target,
        uint256[8] proof,
        uint256[17] signals,
        bytes arrivals
    );

    /// @notice Logs the payment of a departure into its target, where it is operation `arrival` of the queue.
    event Delivered(uint256 indexed departure, address indexed target, uint256 arrival);

    /// @notice Logs the credit of an account's money to its owner, since the account was not delivered.
    event Reclaimed(uint256 indexed departure, uint256 position, address indexed owner);

    /// @notice Logs that accounts arrive with operation `id`; `arrivals` holds their slots.
    event ArrivalQueued(uint256 indexed id, bytes arrivals);

    /// @notice Logs the credit of an account's money to its owner, since the account did not arrive before the freeze.
    event ArrivalRefunded(uint256 indexed id, uint256 position, address indexed owner);

    /// @notice Rejects a target that is no contract, or is this rollup.
    error InvalidTarget(address target);

    /// @notice Rejects pairs that are not four times the same one: a departure has one token.
    error SeveralTokens(uint128 tokens);

    /// @notice Rejects an empty list of slots, too many slots for one migration, or a slot that is cut.
    error WrongMigrantsLength(uint256 length, uint256 maximum);

    /// @notice Rejects a departure that is not the one that has to happen now: `next`, once it was executed.
    error NotDue(uint256 id, uint256 next, uint256 executed);

    /// @notice Rejects moves that are not the requested ones.
    error WrongMoves(uint256 id, bytes31 computed, bytes31 recorded);

    /// @notice Rejects a public signal with another value than the contract's.
    error WrongSignal(uint256 position, uint256 signal, uint256 expected);

    /// @notice Rejects data of a departure or an arrival that is not the recorded data, or that was delivered.
    error UnknownMigrants(uint256 id, bytes32 shown, bytes32 recorded);

    /// @notice Rejects the delivery of a departure of which an account was reclaimed.
    error PartlyReclaimed(uint256 departure);

    /// @notice Rejects a reclaim until `deadline`.
    error NotReclaimable(uint256 departure, uint256 deadline, uint256 timestamp);

    /// @notice Rejects a position without an account.
    error NoAccount(uint256 position);

    /// @notice Rejects a second payment of an account's money.
    error AlreadyPaid(uint256 id, uint256 position);

    /// @notice Rejects a token that the target does not know, or knows under another id.
    error WrongTargetToken(uint256 token, uint256 given, uint256 expected);

    /**
     * @notice Queues a migration. Anyone may call, since the users have signed.
     * @param target Core of the rollup to which the users move.
     * @param tokens Pair of token ids, four times (docs/enforcement.md §5.2).
     * @param moves Signed moves.
     * @return id Id of the operation.
     * @dev Requirements
     *      - `msg.value` covers `departureFee(block.basefee)`: the forced fee for the batch that takes the operation,
     *        and the fee for the proof of the migration, which is in the slot's `amount`. The surplus is returned.
     *      - The moves are whole slots, at least one and at most as many as fit into one migration. L1 does not check
     *        them: a move that is not valid at the departure does nothing.
     *      - The target has code, and is not this rollup.
     *      - There is one token, and the target knows it under the given id. So a caller who requests the moves of
     *        other users cannot keep their money back by a wrong id, or by a token that they do not own
     *        (docs/adr/0035).
     */
    function requestDeparture(
        address target,
        uint128 tokens,
        bytes calldata moves
    ) external payable returns (uint256 id);

    /**
     * @notice Proves a migration: users depart. Anyone may call.
     * @param id Id of the operation that requested it, whose second fee the caller receives; 0 after a freeze.
     * @param slot Bytes of the operation; ignored after a freeze.
     * @param moves Moves of the request, if there was one.
     * @dev Requirements
     *      - The proof is of these moves, on the last proven state, and bound to the caller.
     *      - Before a freeze: the operation was executed, and the departures before it have happened.
     *      - After a freeze: no account of the moves has left; target and token are as in `requestDeparture`.
     *      Effects
     *      - Before a freeze the state advances; until then the consensus cannot advance it.
     *      - After a freeze the state stays, and the accounts have left.
     */
    function depart(
        uint256 id,
        bytes calldata slot,
        uint256[8] calldata proof,
        uint256[17] calldata signals,
        bytes calldata moves,
        bytes calldata arrivals
    ) external;

    /**
     * @notice Pays a departure into its target. Anyone may call.
     * @param proof Valid proof of the migration, for example that of the event.
     * @dev Requirements
     *      - The departure was not delivered, and no account of it was reclaimed.
     *      - The target takes the arrival.
     *      - `msg.value` covers the target's forced fee. The surplus is returned.
     */
    function deliver(
        uint256 departure,
        uint256[8] calldata proof,
        uint256[17] calldata signals,
        bytes calldata arrivals
    ) external payable;

    /**
     * @notice Credits an account's money to its owner in this rollup if nobody delivered the departure. Anyone may
     *         call.
     * @param position Position of the account in `arrivals`.
     * @dev Requirements
     *      - The departure is older than `ESCAPE_DELAY` seconds, and was not delivered.
     *      Effects
     *      - The departure cannot be delivered any more.
     */
    function reclaim(
        uint256 departure,
        uint256[17] calldata signals,
        bytes calldata arrivals,
        uint256 position
    ) external;

    /**
     * @notice Queues a deposit into many new accounts. Anyone may call; a source does so in `deliver`.
     * @param signals Public signals of the migration. Those about the source are ignored.
     * @param arrivals Slots of the accounts.
     * @param refundTo Account that receives the fee if the rollup freezes before the accounts exist.
     * @return id Id of the operation.
     * @dev Requirements
     *      - The proof is valid, and the accounts fit into the tree.
     *      - `msg.value` covers the forced fee and the total of ETH; ERC-20s are taken from the caller, and arrive
     *        exactly. The surplus is returned.
     */
    function arrive(
        uint256[8] calldata proof,
        uint256[17] calldata signals,
        bytes calldata arrivals,
        address refundTo
    ) external payable returns (uint256 id);

    /**
     * @notice Credits an account's money to its owner if its arrival was not executed before the freeze. Anyone may
     *         call.
     * @param id Id of the operation.
     * @param slot The 93 bytes of the operation, which begin with the first 26 bytes of `keccak256(arrivals)`.
     */
    function refundArrival(uint256 id, bytes calldata slot, bytes calldata arrivals, uint256 position) external;

    /**
     * @notice Returns the price of `requestDeparture` in wei.
     * @param baseFee Base fee of L1 in wei per unit of gas: `block.basefee` of the block that will include the request.
     *        It is an argument because endpoints may show a call a base fee of zero.
     * @dev Twice `forcedFee()`, and the gas of the proof at twice `baseFee`. The second part pays for the proof while
     *      L1's price is at most twice that of the request, plus `forcedFee()` divided by the gas.
     */
    function departureFee(uint256 baseFee) external view returns (uint256);

    /// @notice Returns the number of departures: the number of the last one.
    function departureCount() external view returns (uint256);

    /// @notice Returns the first 216 bits of the record of a departure that waits for delivery, and the time of the
    ///         departure; zero for other departures.
    function departureRecord(uint256 departure) external view returns (bytes27 hash, uint256 departedAt);
}
