// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @title IDelegatedStake
 * @notice Elects sequencers by stake that others may delegate to them. The stake of an operator and of its delegators is
 *         one vault, of which each owns shares.
 * @dev Source: "Brainstorming: sequencer consensus mechanisms", delegated proof-of-stake;
 *      docs/elections/delegatedStake.md.
 *      Lifecycle of a vault: waiting or active → closed → without id. A vault counts while it is active. It waits if its
 *      operator has outbid the vault that has the id.
 *      Stake that leaves is no share any more: it counts for nothing and earns nothing. It is liable until it is paid:
 *      of each slash, it loses the same part.
 *      L1 does not see what a sequencer earns. So an operator pays its delegators by `reward`, and they judge it by what
 *      it has paid.
 *      Invariants: INV-SEATS-01, INV-SEATS-02, INV-VAULT-01, INV-VAULT-02.
 */
interface IDelegatedStake {
    // ─── Types ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Sets the rules of vaults. They never change.
     * @param maxRatio Highest stake that counts, as a multiple of the operator's own, 1 … 1,000.
     */
    struct VaultParameters {
        uint16 maxRatio;
    }

    /**
     * @notice Holds the state of a vault.
     * @param operator Account that opened it, and that may act; zero if there is no such vault.
     * @param commission Part of each reward that is the operator's, in 1/10,000.
     * @param nextCommission Commission from `commissionEpoch` on.
     * @param commissionEpoch Epoch in which `nextCommission` begins; 0 if no change was announced.
     * @param exitEpoch Epoch from which on stakes can be withdrawn at once; 0 while the vault is open.
     * @param assets Tokens of all shares.
     * @param unvested Part of `assets` that was not earned in block `vestFrom`.
     * @param vestFrom Block from which on `unvested` is earned, evenly.
     * @param vestUntil Block in which all of it is earned.
     * @param shares Shares of all owners.
     * @param leaving Tokens that leave.
     * @param id Id that the vault has, or waits for; 0 once the id is free.
     * @param kept Product of the parts that all slashes have left, in units of 2^-200, rounded down.
     */
    struct Vault {
        address operator; // slot 0
        uint16 commission; // slot 0
        uint16 nextCommission; // slot 0
        uint32 commissionEpoch; // slot 0
        uint32 exitEpoch; // slot 0
        uint96 assets; // slot 1
        uint96 unvested; // slot 1
        uint32 vestFrom; // slot 1
        uint32 vestUntil; // slot 1
        uint104 shares; // slot 2
        uint96 leaving; // slot 2
        uint16 id; // slot 2
        uint256 kept; // slot 3
    }

    /**
     * @notice Holds the stake of an account in a vault.
     * @param shares Shares.
     * @param leaving Tokens that left, before the slashes since.
     * @param exitEpoch Epoch from which on they can be withdrawn. Meaningless without any.
     * @param kept Product of the vault when they left.
     */
    struct Delegation {
        uint104 shares; // slot 0
        uint96 leaving; // slot 0
        uint32 exitEpoch; // slot 0
        uint256 kept; // slot 1
    }

    // ─── Events ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Logs a new vault for `id`. Its operator has `stake` shares. If the id is not free, the vault waits until the one that has it is out.
    event VaultOpened(
        uint256 indexed vault,
        uint256 indexed id,
        address indexed operator,
        uint256 stake,
        uint256 commission
    );

    /// @notice Logs that a vault has its id. It counts from `epoch` on.
    event VaultSeated(uint256 indexed vault, uint256 indexed id, uint256 epoch);

    /// @notice Logs that a vault is closed. Its stakes can be withdrawn in `exitEpoch`.
    event VaultClosed(uint256 indexed vault, uint256 exitEpoch);

    /// @notice Logs that the id of a closed vault is free.
    event IdFreed(uint256 indexed vault, uint256 indexed id);

    /// @notice Logs the new shares of an account for `amount` tokens.
    event Delegated(uint256 indexed vault, address indexed account, uint256 amount, uint256 shares);

    /// @notice Logs that `shares` became `amount` tokens that leave. They, and all of the account's that left before, can
    ///         be withdrawn in `exitEpoch`.
    event Undelegated(
        uint256 indexed vault,
        address indexed account,
        uint256 shares,
        uint256 amount,
        uint256 exitEpoch
    );

    /// @notice Logs that stake that had left was paid out.
    event StakeWithdrawn(uint256 indexed vault, address indexed account, uint256 amount);

    /// @notice Logs that shares have another owner.
    event SharesTransferred(uint256 indexed vault, address indexed from, address indexed to, uint256 shares);

    /// @notice Logs a reward. Its part `commission` became `shares` of the operator; the rest is earned by all shares,
    ///         evenly until block `vestUntil`.
    event Rewarded(uint256 indexed vault, uint256 amount, uint256 commission, uint256 shares, uint256 vestUntil);

    /// @notice Logs a commission that begins in `epoch`.
    event CommissionAnnounced(uint256 indexed vault, uint256 commission, uint256 epoch);

    // ─── Errors ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Rejects an id that has a vault.
    error IdTaken(uint256 id, uint256 vault);

    /// @notice Rejects a bid for an id for which another vault waits.
    error AlreadyOutbid(uint256 id, uint256 vault);

    /// @notice Rejects a caller that is not the operator of the vault.
    error NotOperator(uint256 vault, address caller, address operator);

    /// @notice Rejects a stake of `stake`.
    error StakeOutOfRange(uint256 stake, uint256 minimum, uint256 maximum);

    /// @notice Rejects a vault that does not exist, or is closed.
    error NotOpen(uint256 vault);

    /// @notice Rejects the end of a vault that waits for its id: it has closed another one.
    error IsWaiting(uint256 vault);

    /// @notice Rejects a vault whose id is not free yet, or that has none.
    error NotOver(uint256 vault, uint256 exitEpoch, uint256 epoch);

    /// @notice Rejects a commission above 10,000.
    error InvalidCommission(uint256 commission);

    /// @notice Rejects new stake of a vault that lost more than nine tenths of what its shares have cost.
    error VaultRuined(uint256 vault, uint256 value, uint256 shares);

    /// @notice Rejects stake for fewer shares than the caller demands, or for none.
    error TooFewShares(uint256 shares, uint256 minimum);

    /// @notice Rejects a call for more shares than the account has to spare: all its shares, or, for the operator of an
    ///         open vault, those above `MIN_STAKE`.
    error SharesMissing(uint256 vault, address account, uint256 spare, uint256 shares);

    /// @notice Rejects a withdrawal before `exitEpoch`, or of nothing.
    error StakeLocked(uint256 vault, address account, uint256 exitEpoch, uint256 epoch);

    // ─── Functions ───────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Opens a vault with the caller as its operator. The stake is taken from the
     *         caller's balance.
     * @param id Free id, 1 … `MAX_ID`.
     * @param amount The operator's own stake, `MIN_STAKE … MAX_STAKE`. It gets as many shares. `MIN_STAKE` of them stay
     *        until the vault is closed, so that one share is never worth much.
     * @param commission Part of each reward that is the operator's, in 1/10,000.
     * @return vault Number of the vault. Numbers are never used again.
     */
    function open(uint256 id, uint96 amount, uint16 commission) external returns (uint256 vault);

    /**
     * @notice Opens a vault that takes the place of one with a smaller stake, which is closed. Only if no id is free.
     * @param id Id for which no vault waits.
     * @param amount The operator's own stake: at least 11/10 of the other vault's value, rounded up. The vault has the
     *        id, and counts, once the other one is out.
     */
    function outbid(uint256 id, uint96 amount, uint16 commission) external returns (uint256 vault);

    /// @notice Closes the caller's vault. It is in no set that is not frozen, and takes no new stake.
    function close(uint256 vault) external;

    /// @notice Frees the id of a closed vault in its exit epoch, or gives it to the vault that waits. Anyone may call.
    function free(uint256 vault) external;

    /**
     * @notice Stakes tokens of the caller's balance in an open vault. They count from the open set on.
     * @param minShares Lowest number of shares that the caller accepts.
     * @return shares Shares of the caller: `amount · all shares / value`, rounded down.
     */
    function delegate(uint256 vault, uint96 amount, uint256 minShares) external returns (uint256 shares);

    /**
     * @notice Lets shares of the caller leave: they become `shares · value / all shares` tokens, rounded down. They count
     *         for no set that is not frozen, and earn nothing.
     * @dev Tokens that left before wait as long as the new ones.
     */
    function undelegate(uint256 vault, uint256 shares) external;

    /// @notice Credits an account with the rest of what left, in or after its exit epoch. Anyone may call.
    /// @return amount Tokens that are left after the slashes since, rounded down.
    function withdraw(uint256 vault, address account) external returns (uint256 amount);

    /// @notice Moves what left of the caller's stake to another vault, in or after its exit epoch. Before, it is liable
    ///         for the old vault, and counts for none.
    function switchTo(uint256 from, uint256 to, uint256 minShares) external returns (uint256 shares);

    /// @notice Gives shares to another account. They are a derivative of the stake: their owner may sell them
    ///         while the stake stays.
    function transferShares(uint256 vault, address to, uint256 shares) external;

    /**
     * @notice Adds tokens of the caller's balance to an open vault. Anyone may call; it is how an operator pays.
     * @dev The commission becomes shares of the operator at the price of now. The rest is earned evenly, over as many
     *      blocks as `EXIT_EPOCHS` have. A delegator that comes for one reward and leaves gets the part that was earned
     *      meanwhile.
     */
    function reward(uint256 vault, uint96 amount) external;

    /// @notice Announces another commission of the caller's vault. It begins one epoch after a delegator can be out that
    ///         leaves now.
    function announceCommission(uint256 vault, uint16 commission) external;

    /// @notice Sets the weight of an open vault to what it is worth now. Anyone may call. Only what was earned since the
    ///         last call about the vault can differ.
    function weigh(uint256 vault) external;

    // ─── Views ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Returns a vault; zeros if there is none.
    function vaultOf(uint256 vault) external view returns (Vault memory);

    /// @notice Returns the stake of an account.
    function delegationOf(uint256 vault, address account) external view returns (Delegation memory);

    /// @notice Returns the vault that has an id, and the one that waits for it; 0 for none.
    function vaultsAt(uint256 id) external view returns (uint256 vault, uint256 waiting);

    /// @notice Returns the tokens that are left of those of an account that leave.
    function leavingOf(uint256 vault, address account) external view returns (uint256);

    /// @notice Returns the tokens that the shares of a vault are worth: all that they have earned by now.
    function valueOf(uint256 vault) external view returns (uint256);

    /// @notice Returns the commission of a vault in this epoch, in 1/10,000.
    function commissionOf(uint256 vault) external view returns (uint256);

    /// @notice Returns the number of vaults that were opened.
    function vaultCount() external view returns (uint256);

    /// @notice Returns the highest stake that counts, as a multiple of the operator's own.
    function MAX_RATIO() external view returns (uint256);

    /// @notice Returns the blocks in which a reward is earned.
    function VESTING_BLOCKS() external view returns (uint256);
}
