// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/**
 * @title INativeBalances
 * @notice Keeps balances in the native token in a consensus contract. Fees and bonds are taken from them, and rewards
 *         are added to them, so that no token moves while the chain makes progress.
 * @dev Invariants: INV-BALANCE-01.
 */
interface INativeBalances {
    /// @notice Logs a payment of `account` into its balance.
    event Deposited(address indexed account, uint256 amount);

    /// @notice Logs a withdrawal of `account` from its balance.
    event Withdrawn(address indexed account, uint256 amount);

    /// @notice Rejects a call for which the balance of `account` is too low.
    error InsufficientBalance(address account, uint256 balance, uint256 needed);

    /**
     * @notice Adds `amount` to the caller's balance.
     * @dev Requirements
     *      - The caller approved `amount`. The token moves exactly the amount of a transfer, as `NativeToken` does.
     */
    function deposit(uint256 amount) external;

    /**
     * @notice Adds `amount` to the caller's balance, with an EIP-2612 signature instead of an approval.
     * @dev A permit that another account submitted first does no harm, since only the allowance counts.
     */
    function depositWithPermit(uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;

    /// @notice Pays `amount` of the caller's balance to the caller.
    function withdraw(uint256 amount) external;

    /// @notice Returns the balance of `account` in the token's smallest unit.
    function balances(address account) external view returns (uint256);

    /// @notice Returns the native token.
    function TOKEN() external view returns (IERC20);
}
