// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IBatchVerifier } from "./IBatchVerifier.sol";

/**
 * @title IEscapeHatch
 * @notice Takes everybody's money out if the forced queue is not served: freeze, escape, refund.
 * @dev Source: the project's design, section 7; normative rules: docs/enforcement.md §2 to §4. Who froze the rollup,
 *      and what its operators do then, changes nothing: nothing here needs them.
 *      Invariants: INV-ESCAPE-01, INV-ESCAPE-02, INV-ESCAPE-03.
 */
interface IEscapeHatch {
    /// @notice The rollup is frozen, for good. The last proven state is the one with `stateRoot`.
    event Frozen(uint256 indexed stateRoot, address indexed caller);

    /// @notice An account escaped; its owner has been credited with its balance.
    event Escaped(uint256 indexed account, address indexed owner, uint16 indexed token, uint256 amount);

    /// @notice What operation `id` had brought was credited to `to`.
    event Refunded(uint256 indexed id, address indexed to);

    /// @notice No operation waits that could be late.
    error NothingQueued();

    /// @notice The oldest operation, `id`, may wait until `deadline`.
    error NotLate(uint256 id, uint256 deadline, uint256 timestamp);

    /// @notice This is possible only after a freeze.
    error NotFrozen();

    /// @notice The account escaped, or migrated after the freeze.
    error AlreadyLeft(uint256 account);

    /// @notice The account holds nothing.
    error NothingToEscape(uint256 account);

    /// @notice The operation was executed: nothing of it is left to refund.
    error AlreadyExecuted(uint256 id, uint256 executed);

    /// @notice The operation was refunded before.
    error AlreadyRefunded(uint256 id);

    /**
     * @notice Freezes the rollup, once and for good. Anyone may call.
     * @dev Requirements
     *      - The oldest operation that was not executed arrived more than `ESCAPE_DELAY` seconds ago.
     */
    function freeze() external;

    /**
     * @notice Credits an account's balance in the last proven state to its owner. Anyone may call.
     * @param account Its index.
     * @param amount Its balance.
     * @param proof Of the circuit `escape` (docs/enforcement.md §3).
     * @dev Requirements
     *      - The rollup is frozen, and the account has not left.
     *      - The proof is valid for exactly these values and the last proven state.
     */
    function escape(uint256 account, address owner, uint16 token, uint128 amount, uint256[8] calldata proof) external;

    /**
     * @notice Pays back what an operation brought that was never executed: its fees, and what was deposited. Anyone may
     *         call.
     * @param slot Its 93 bytes, from the event `ForcedOperationQueued`.
     * @dev Requirements
     *      - The rollup is frozen, and the operation was not executed; or it is a departure that was taken but did not
     *        happen, of which the second fee is left.
     *      - It was not refunded.
     */
    function refund(uint256 id, bytes calldata slot) external;

    /// @notice Whether the rollup is frozen.
    function isFrozen() external view returns (bool);

    /// @notice Whether the account escaped, or migrated after the freeze.
    function hasLeft(uint256 account) external view returns (bool);

    /// @notice Whether the operation was refunded.
    function isRefunded(uint256 id) external view returns (bool);

    /// @notice Seconds for which an operation may wait to be executed before anyone may freeze the rollup.
    function ESCAPE_DELAY() external view returns (uint256);

    /// @notice The verifier of the circuits `escape` and `migration`.
    function ENFORCEMENT_VERIFIER() external view returns (IBatchVerifier);
}
