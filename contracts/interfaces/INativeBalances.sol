// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/**
 * @title INativeBalances
 * @notice Balances in the native token, held by a consensus contract: fees and bonds are taken from them and rewards are added
 *         to them, so that no token moves while the chain makes progress.
 * @dev Invariants: INV-BALANCE-01.
 */
interface INativeBalances {
    /// @notice `account` paid in.
    event Deposited(address indexed account, uint256 amount);

    /// @notice `account` took out.
    event Withdrawn(address indexed account, uint256 amount);

    /// @notice `account` has less than is needed.
    error InsufficientBalance(address account, uint256 balance, uint256 needed);

    /**
     * @notice Adds `amount` to the caller's balance.
     * @dev Requirements
     *      - The caller approved `amount`. The token moves exactly what it is asked to, as `NativeToken` does.
     */
    function deposit(uint256 amount) external;

    /**
     * @notice The same with an EIP-2612 signature instead of an approval.
     * @dev A permit that somebody else submitted first does no harm: what counts is the allowance.
     */
    function depositWithPermit(uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;

    /// @notice Pays `amount` of the caller's balance to the caller.
    function withdraw(uint256 amount) external;

    /// @notice Balance of `account` in the token's smallest unit.
    function balances(address account) external view returns (uint256);

    /// @notice The native token.
    function TOKEN() external view returns (IERC20);
}
