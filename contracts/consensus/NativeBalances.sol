// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { IERC20Permit } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import { INativeBalances } from "../interfaces/INativeBalances.sol";
import { KeptBalances } from "../libraries/KeptBalances.sol";

/// @title NativeBalances
/// @notice Keeps native-token balances of the parties of a consensus.
abstract contract NativeBalances is INativeBalances {
    using SafeERC20 for IERC20;
    using KeptBalances for KeptBalances.Book;

    // ─── Immutables ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc INativeBalances
    IERC20 public immutable TOKEN;

    // ─── Storage ─────────────────────────────────────────────────────────────────────────────────────────────────────

    KeptBalances.Book internal _balances;

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    constructor(IERC20 token) {
        TOKEN = token;
    }

    // ─── External ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc INativeBalances
    function deposit(uint256 amount) external {
        _deposit(amount);
    }

    /// @inheritdoc INativeBalances
    function depositWithPermit(uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external {
        // solhint-disable-next-line no-empty-blocks
        try IERC20Permit(address(TOKEN)).permit(msg.sender, address(this), amount, deadline, v, r, s) {} catch {
            // The permit was used by a front-runner, or is invalid: the allowance decides.
        }
        _deposit(amount);
    }

    /// @inheritdoc INativeBalances
    function withdraw(uint256 amount) external {
        _debit(msg.sender, amount);
        emit Withdrawn(msg.sender, amount);
        TOKEN.safeTransfer(msg.sender, amount);
    }

    // ─── Views ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc INativeBalances
    function balances(address account) external view returns (uint256) {
        return _balances.balanceOf(account);
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Adds to a balance.
    function _credit(address account, uint256 amount) internal {
        _balances.credit(account, amount);
    }

    /// @dev Takes from a balance.
    function _debit(address account, uint256 amount) internal {
        uint256 balance = _balances.balanceOf(account);
        if (balance < amount) revert InsufficientBalance(account, balance, amount);
        _balances.debit(account, amount);
    }

    /// @dev Adds to the caller's balance, and takes the tokens. No other function makes a balance of new tokens.
    function _deposit(uint256 amount) internal virtual {
        _credit(msg.sender, amount);
        emit Deposited(msg.sender, amount);
        TOKEN.safeTransferFrom(msg.sender, address(this), amount);
    }
}
