// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @title IMigration
 * @notice Mass migration between rollups on one L1: many users move with one proof, and what they own with one payment
 *         for each token.
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
    /// @notice Somebody requested a departure; its operation in the queue has the same id.
    event DepartureRequested(uint256 indexed id, address indexed target, uint128 tokens, bytes moves);

    /**
     * @notice Users departed: `signals` say what they owned. All that `deliver` takes is here.
     * @param id Of the operation that requested it; 0 after a freeze.
     */
    event Departed(
        uint256 indexed departure,
        uint256 indexed id,
        address indexed target,
        uint256[8] proof,
        uint256[17] signals,
        bytes arrivals
    );

    /// @notice A departure was paid into its target, where it is operation `arrival` of the queue.
    event Delivered(uint256 indexed departure, address indexed target, uint256 arrival);

    /// @notice The money of an account that was not delivered was credited to its owner.
    event Reclaimed(uint256 indexed departure, uint256 position, address indexed owner);

    /// @notice Accounts arrive with operation `id`; `arrivals` are their slots.
    event ArrivalQueued(uint256 indexed id, bytes arrivals);

    /// @notice The money of an account that did not arrive before the freeze was credited to its owner.
    event ArrivalRefunded(uint256 indexed id, uint256 position, address indexed owner);

    /// @notice The target is no contract, or this rollup itself.
    error InvalidTarget(address target);

    /// @notice The pairs are not four times the same one: a departure has one token.
    error SeveralTokens(uint128 tokens);

    /// @notice Slots are missing, or there are more than fit into one migration, or the last one is cut.
    error WrongMigrantsLength(uint256 length, uint256 maximum);

    /// @notice This is not the departure that has to happen now: that is `next`, once it was executed.
    error NotDue(uint256 id, uint256 next, uint256 executed);

    /// @notice The moves are not those that were requested.
    error WrongMoves(uint256 id, bytes31 computed, bytes31 recorded);

    /// @notice A public signal has another value than the contract's.
    error WrongSignal(uint256 position, uint256 signal, uint256 expected);

    /// @notice What is shown of a departure or an arrival is not what was recorded, or it has been delivered.
    error UnknownMigrants(uint256 id, bytes32 shown, bytes32 recorded);

    /// @notice Some of it has been reclaimed.
    error PartlyReclaimed(uint256 departure);

    /// @notice The departure can be reclaimed from the second after `deadline` on.
    error NotReclaimable(uint256 departure, uint256 deadline, uint256 timestamp);

    /// @notice There is no account at this position.
    error NoAccount(uint256 position);

    /// @notice The account's money was paid before.
    error AlreadyPaid(uint256 id, uint256 position);

    /// @notice The target knows the token under another id than the migration says, or not at all.
    error WrongTargetToken(uint256 token, uint256 given, uint256 expected);

    /**
     * @notice Puts a migration into the queue. Anyone may call; the users have signed.
     * @param target Core of the rollup to which the users move.
     * @param tokens The pair of token ids, four times (docs/enforcement.md §5.2).
     * @param moves Signed moves.
     * @return id Of the operation.
     * @dev Requirements
     *      - `msg.value` covers `departureFee(block.basefee)`: the forced fee for the batch that takes the operation,
     *        and the rest, which is in the slot's `amount`, for the proof of the migration. The surplus is returned.
     *      - The moves are whole slots, at least one and at most as many as fit into one migration. They are not looked
     *        at: those that are not valid when the time has come do nothing.
     *      - The target has code, and is not this rollup.
     *      - There is one token, which the target knows under the id that is given. So whoever requests the moves of
     *        others can add nothing that would keep their money back: no wrong id, and no token of which they have
     *        none (docs/adr/0035).
     */
    function requestDeparture(
        address target,
        uint128 tokens,
        bytes calldata moves
    ) external payable returns (uint256 id);

    /**
     * @notice Proves a migration: users depart. Anyone may call.
     * @param id Of the operation that requested it, whose second fee the caller receives; 0 after a freeze.
     * @param slot Bytes of the operation; ignored after a freeze.
     * @param moves In a request: the same bytes.
     * @dev Requirements
     *      - The proof is of these moves, on the last proven state, and bound to the caller.
     *      - While the rollup lives: the operation was executed, and the departures before it have happened.
     *      - After a freeze: none of the accounts has left; target and token are as in `requestDeparture`.
     *      Effects
     *      - While the rollup lives the state advances; until then the consensus cannot advance it.
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
     * @param proof A valid one of the migration; that of the event will do.
     * @dev Requirements
     *      - It was not delivered, and nothing of it reclaimed.
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
     * @notice Credits an account of a departure that nobody delivered to its owner, here. Anyone may call.
     * @param position Of the account in `arrivals`.
     * @dev Requirements
     *      - The departure is older than `ESCAPE_DELAY` seconds, and was not delivered.
     *      Effects
     *      - It cannot be delivered any more.
     */
    function reclaim(
        uint256 departure,
        uint256[17] calldata signals,
        bytes calldata arrivals,
        uint256 position
    ) external;

    /**
     * @notice Deposits into many new accounts at once. Anyone may call; a source does so in `deliver`.
     * @param signals Those about the source are not looked at.
     * @param arrivals Slots of the accounts.
     * @param refundTo Receives the fee if the rollup freezes before the accounts exist.
     * @return id Of the operation.
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
     * @notice Credits an account whose arrival was not executed before the freeze to its owner. Anyone may call.
     * @param id Of the operation.
     */
    function refundArrival(uint256 id, bytes calldata arrivals, uint256 position) external;

    /**
     * @notice Price of `requestDeparture` in wei.
     * @param baseFee L1's, in wei per unit of gas: `block.basefee` of the block that will include the request. It is an
     *        argument because endpoints may show a call a base fee of zero.
     * @dev Twice `forcedFee()`, and the gas of the proof at twice `baseFee`: the second part pays for its proof until
     *      L1's price is more than twice that of the request, and longer by `forcedFee()` divided by the gas.
     */
    function departureFee(uint256 baseFee) external view returns (uint256);

    /// @notice Number of departures: the number of the last one.
    function departureCount() external view returns (uint256);

    /// @notice First 216 bits of what was recorded of a departure that waits for delivery, and since when; zero
    ///         otherwise.
    function departureRecord(uint256 departure) external view returns (bytes27 hash, uint256 departedAt);
}
