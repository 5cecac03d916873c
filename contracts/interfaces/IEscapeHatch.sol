// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IBatchVerifier } from "../verification/batch/IBatchVerifier.sol";

/**
 * @title IEscapeHatch
 * @notice Lets users take their money out if the forced queue is not served: freeze, escape, refund.
 * @dev Source: the project's design, section 7; normative rules: docs/enforcement.md §2 to §4. Users need neither the
 *      account that froze the rollup nor the rollup's operators.
 *      Invariants: INV-ESCAPE-01, INV-ESCAPE-02, INV-ESCAPE-03.
 */
interface IEscapeHatch {
    /// @notice Logs the freeze of the rollup, which never ends. The last proven state has the root `stateRoot`.
    event Frozen(uint256 indexed stateRoot, address indexed caller);

    /// @notice Logs that an account escaped. Its owner is credited with its balance.
    event Escaped(uint256 indexed account, address indexed owner, uint16 indexed token, uint256 amount);

    /// @notice Logs that the money of operation `id` was credited to `to`.
    event Refunded(uint256 indexed id, address indexed to);

    /// @notice Rejects a freeze while no operation waits.
    error NothingQueued();

    /// @notice Rejects a freeze while the oldest operation, `id`, may still wait: until `deadline`.
    error NotLate(uint256 id, uint256 deadline, uint256 timestamp);

    /// @notice Rejects a call before a freeze.
    error NotFrozen();

    /// @notice Rejects an account that escaped, or migrated after the freeze.
    error AlreadyLeft(uint256 account);

    /// @notice Rejects an account without a balance.
    error NothingToEscape(uint256 account);

    /// @notice Rejects the refund of an operation that was executed.
    error AlreadyExecuted(uint256 id, uint256 executed);

    /// @notice Rejects a second refund of an operation.
    error AlreadyRefunded(uint256 id);

    /**
     * @notice Freezes the rollup for ever. Anyone may call.
     * @dev Requirements
     *      - The oldest operation that was not executed arrived more than `ESCAPE_DELAY` seconds ago.
     */
    function freeze() external;

    /**
     * @notice Credits an account's balance in the last proven state to its owner. Anyone may call.
     * @param account Index of the account.
     * @param amount Balance of the account.
     * @param proof Proof of the circuit `escape` (docs/enforcement.md §3).
     * @dev Requirements
     *      - The rollup is frozen, and the account has not left.
     *      - The proof is valid for these values and the last proven state.
     */
    function escape(uint256 account, address owner, uint16 token, uint128 amount, uint256[8] calldata proof) external;

    /**
     * @notice Pays back the fees and the deposit of an operation that was never executed. Anyone may call.
     * @param slot The 93 bytes of the operation, from the event `ForcedOperationQueued`.
     * @dev Requirements
     *      - The rollup is frozen, and the operation was not executed. A departure may have been taken if it did not
     *        happen; its second fee is then paid back.
     *      - It was not refunded.
     */
    function refund(uint256 id, bytes calldata slot) external;

    /// @notice Returns whether the rollup is frozen.
    function isFrozen() external view returns (bool);

    /// @notice Returns whether the account escaped, or migrated after the freeze.
    function hasLeft(uint256 account) external view returns (bool);

    /// @notice Returns whether the operation was refunded.
    function isRefunded(uint256 id) external view returns (bool);

    /// @notice Returns the seconds for which an operation may wait for its execution before anyone may freeze the
    ///         rollup.
    function ESCAPE_DELAY() external view returns (uint256);

    /// @notice Returns the verifier of the circuits `escape` and `migration`.
    function ENFORCEMENT_VERIFIER() external view returns (IBatchVerifier);
}
