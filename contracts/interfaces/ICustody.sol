// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @title ICustody
 * @notice Registers tokens, and pays the money that the rollup owes on L1. Token 0 is ETH, the others are ERC-20s.
 * @dev Requirements
 *      - Every state change reverts with `WrongChain` on another chain id than that of the deployment.
 *      Invariants: INV-CUSTODY-01, INV-CUSTODY-02, INV-CUSTODY-03.
 */
interface ICustody {
    /// @notice Logs the id of a new `token`.
    event TokenRegistered(uint16 indexed id, address indexed token);

    /// @notice Logs that `account` may withdraw `amount` more of `token`.
    event Credited(uint16 indexed token, address indexed account, uint256 amount);

    /// @notice Logs that `account` withdrew its whole credit of `token`.
    event CreditWithdrawn(uint16 indexed token, address indexed account, uint256 amount);

    /// @notice Rejects a call on another chain than the one of the deployment.
    error WrongChain(uint256 current, uint256 expected);

    /// @notice Rejects the zero address.
    error ZeroAddress();

    /// @notice Rejects the id of an unknown token.
    error UnknownToken(uint256 token);

    /// @notice Rejects a second registration of `token`, which has the id `id`.
    error TokenAlreadyRegistered(address token, uint256 id);

    /// @notice Rejects a token without code.
    error TokenWithoutCode(address token);

    /// @notice Rejects a token after all 16-bit ids are taken.
    error TooManyTokens(uint256 limit);

    /// @notice Rejects a call with less ETH than it costs, in wei.
    error InsufficientValue(uint256 sent, uint256 required);

    /// @notice Rejects a transfer that moved another amount, as fee-on-transfer tokens do.
    error InexactTransfer(address token, uint256 received, uint256 expected);

    /// @notice Rejects a payment to a `recipient` that does not accept ETH.
    error EtherTransferFailed(address recipient, uint256 amount);

    /// @notice Rejects a withdrawal of an `account` without a credit.
    error NothingToWithdraw(uint256 token, address account);

    /**
     * @notice Gives an ERC-20 the next token id. Anyone may register any token, once.
     * @dev Requirements
     *      - `token` has code and no id.
     *      - `msg.value` is at least `TOKEN_FEE`, which is burned, so that it is not cheap to fill the 16-bit space.
     *        The surplus is returned.
     *      Effects
     *      - Ids are sequential from 1 and never change.
     *      WARNING: The rollup does not check a token. A token that cheats harms its holders, and no other user
     *      (INV-CUSTODY-01 holds for each token by itself).
     */
    function registerToken(address token) external payable returns (uint16 id);

    /**
     * @notice Pays the caller its whole credit of `token`.
     * @dev Requirements
     *      - The credit is not 0.
     *      Effects
     *      - The credit is 0 before the token moves. Its storage stays, so the next credit needs no new slot. If a
     *        caller cannot receive the token, no other caller is affected.
     */
    function withdraw(uint16 token) external returns (uint256 amount);

    /// @notice Returns the amount of `token` that `account` may withdraw, in the token's smallest unit.
    function credits(uint16 token, address account) external view returns (uint256);

    /// @notice Returns the address of an ERC-20; zero for ETH and for unused ids.
    function tokenAddress(uint16 id) external view returns (address);

    /// @notice Returns the id of an ERC-20; 0 if it is not registered.
    function tokenId(address token) external view returns (uint16);

    /// @notice Returns the number of tokens, ETH included: the next id.
    function tokenCount() external view returns (uint256);

    /// @notice Returns the price of the registration of a token, in wei.
    function TOKEN_FEE() external view returns (uint256);
}
