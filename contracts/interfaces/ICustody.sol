// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @title ICustody
 * @notice Tokens known to the rollup, and money that it owes on L1. Token 0 is ETH, the others are ERC-20s.
 * @dev Requirements
 *      - Every state change reverts with `WrongChain` on another chain id than that of the deployment.
 *      Invariants: INV-CUSTODY-01, INV-CUSTODY-02, INV-CUSTODY-03.
 */
interface ICustody {
    /// @notice `token` received the next id.
    event TokenRegistered(uint16 indexed id, address indexed token);

    /// @notice `account` may withdraw `amount` more of `token`.
    event Credited(uint16 indexed token, address indexed account, uint256 amount);

    /// @notice `account` withdrew all it was owed of `token`.
    event CreditWithdrawn(uint16 indexed token, address indexed account, uint256 amount);

    /// @notice The chain has another id than the one this contract was deployed to.
    error WrongChain(uint256 current, uint256 expected);

    /// @notice An address that has to be named is zero.
    error ZeroAddress();

    /// @notice There is no token with this id.
    error UnknownToken(uint256 token);

    /// @notice `token` has the id `id` already.
    error TokenAlreadyRegistered(address token, uint256 id);

    /// @notice There is no code at the address of the token.
    error TokenWithoutCode(address token);

    /// @notice All 16-bit ids are taken.
    error TooManyTokens(uint256 limit);

    /// @notice Less ETH was sent than the call costs, in wei.
    error InsufficientValue(uint256 sent, uint256 required);

    /// @notice A transfer moved another amount than asked for, as fee-on-transfer tokens do.
    error InexactTransfer(address token, uint256 received, uint256 expected);

    /// @notice `recipient` does not accept ETH.
    error EtherTransferFailed(address recipient, uint256 amount);

    /// @notice Nothing is owed to `account`.
    error NothingToWithdraw(uint256 token, address account);

    /**
     * @notice Gives an ERC-20 the next token id. Anyone may register any token, each once.
     * @dev Requirements
     *      - `token` has code and no id.
     *      - `msg.value` is at least `TOKEN_FEE`, which is burned, so that filling the 16-bit space is not cheap. The
     *        surplus is returned.
     *      Effects
     *      - Ids are sequential from 1 and never change.
     *      The rollup does not vouch for a token: one that cheats harms those who hold it, and nobody else
     *      (INV-CUSTODY-01 holds for each token by itself).
     */
    function registerToken(address token) external payable returns (uint16 id);

    /**
     * @notice Pays the caller everything it is owed of `token`.
     * @dev Requirements
     *      - Something is owed.
     *      Effects
     *      - The credit is 0 before the token moves. Its storage stays, so the next credit needs no new one. A caller
     *        that cannot receive fails alone.
     */
    function withdraw(uint16 token) external returns (uint256 amount);

    /// @notice Amount of `token` that `account` may withdraw, in the token's smallest unit.
    function credits(uint16 token, address account) external view returns (uint256);

    /// @notice Address of an ERC-20; zero for ETH and for ids not given yet.
    function tokenAddress(uint16 id) external view returns (address);

    /// @notice Id of an ERC-20; 0 if it was not registered.
    function tokenId(address token) external view returns (uint16);

    /// @notice Number of tokens, ETH included: the next id.
    function tokenCount() external view returns (uint256);

    /// @notice Price of registering a token, in wei.
    function TOKEN_FEE() external view returns (uint256);
}
