// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { LowLevelCall } from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

import { ICustody } from "../interfaces/ICustody.sol";
import { ChainBound } from "./ChainBound.sol";

/// @title Custody
/// @notice Registers tokens, moves money into and out of the core, and keeps credits.
abstract contract Custody is ICustody, ChainBound {
    using SafeERC20 for IERC20;

    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    uint16 internal constant ETH = 0;

    // ─── Immutables ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ICustody
    uint256 public immutable TOKEN_FEE;

    // ─── Storage ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ICustody
    uint256 public tokenCount = 1;

    /// @inheritdoc ICustody
    mapping(uint16 id => address) public tokenAddress;

    /// @inheritdoc ICustody
    mapping(address token => uint16) public tokenId;

    /// @dev One more than the credit, so that a withdrawn credit keeps its storage; 0 if the account never had a
    ///      credit.
    mapping(uint16 token => mapping(address account => uint256)) private _credits;

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    constructor(uint256 tokenFee) {
        TOKEN_FEE = tokenFee;
    }

    // ─── External ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ICustody
    function registerToken(address token) external payable onlyOwnChain returns (uint16 id) {
        uint256 surplus = _surplus(TOKEN_FEE);
        if (token.code.length == 0) revert TokenWithoutCode(token);
        if (tokenId[token] != 0) revert TokenAlreadyRegistered(token, tokenId[token]);
        uint256 next = tokenCount;
        if (next > type(uint16).max) revert TooManyTokens(type(uint16).max);

        id = uint16(next);
        tokenCount = next + 1;
        tokenAddress[id] = token;
        tokenId[token] = id;
        emit TokenRegistered(id, token);

        _sendEther(address(0), TOKEN_FEE);
        _sendEther(msg.sender, surplus);
    }

    /// @inheritdoc ICustody
    function withdraw(uint16 token) external onlyOwnChain returns (uint256 amount) {
        amount = credits(token, msg.sender);
        if (amount == 0) revert NothingToWithdraw(token, msg.sender);
        _credits[token][msg.sender] = 1;
        emit CreditWithdrawn(token, msg.sender, amount);
        _pay(token, msg.sender, amount);
    }

    /// @inheritdoc ICustody
    function credits(uint16 token, address account) public view returns (uint256) {
        return Math.saturatingSub(_credits[token][account], 1);
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Adds to a credit.
    function _credit(uint16 token, address account, uint256 amount) internal {
        if (amount > 0) _credits[token][account] = credits(token, account) + amount + 1;
        emit Credited(token, account, amount);
    }

    /// @dev Returns the wei that the caller sent beyond `required`.
    function _surplus(uint256 required) internal view returns (uint256) {
        if (msg.value < required) revert InsufficientValue(msg.value, required);
        return msg.value - required;
    }

    /// @dev Reverts unless the token is registered, or ETH.
    function _requireToken(uint16 token) internal view {
        if (token != ETH && tokenAddress[token] == address(0)) revert UnknownToken(token);
    }

    /**
     * @dev Takes an ERC-20 from the caller.
     *      WARNING: The caller must hold a reentrancy lock that covers every deposit. Without it, a token that calls
     *      its sender back and keeps a part of a transfer could replace the missing part by a second deposit inside the
     *      first one, and both would be credited.
     */
    function _pull(uint16 token, uint256 amount) internal {
        IERC20 erc20 = IERC20(tokenAddress[token]);
        uint256 before = erc20.balanceOf(address(this));
        erc20.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = erc20.balanceOf(address(this)) - before;
        if (received != amount) revert InexactTransfer(address(erc20), received, amount);
    }

    /// @dev Pays out. WARNING: This must be the last step of a function, as it gives control to the token or the
    ///      recipient.
    function _pay(uint16 token, address recipient, uint256 amount) internal {
        if (token == ETH) {
            _sendEther(recipient, amount);
        } else {
            _requireToken(token);
            IERC20(tokenAddress[token]).safeTransfer(recipient, amount);
        }
    }

    /// @dev Sends ETH. WARNING: This gives control to the recipient.
    function _sendEther(address recipient, uint256 amount) internal {
        if (amount == 0) return;
        // Returned bytes are not copied, so the caller does not pay for long ones.
        if (!LowLevelCall.callNoReturn(recipient, amount, "")) revert EtherTransferFailed(recipient, amount);
    }
}
