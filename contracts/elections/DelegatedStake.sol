// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

import { IDelegatedStake } from "../interfaces/IDelegatedStake.sol";
import { SeatElection } from "./parts/SeatElection.sol";

/// @title DelegatedStake
/// @notice Elects sequencers by stake that others may delegate to them.
contract DelegatedStake is SeatElection, IDelegatedStake {
    // ─── Types ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Vaults of an id; 0 for none.
    struct Place {
        uint128 vault; // slot 0: vault that counts, or is closed and still liable
        uint128 waiting; // slot 0: vault that gets the id next
    }

    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    uint256 private constant MAX_MAX_RATIO = 1_000;

    /// @dev A vault is ruined if a share is worth less than a tenth of its first price. So the number of shares stays
    ///      within ten times the tokens that were ever in a vault, and no price is 0.
    uint256 private constant RUIN_DIVISOR = 10;

    /// @dev Unit of `Vault.kept`.
    uint256 private constant KEPT_UNIT = 2 ** 200;

    /// @dev A vault is closed when less than this is kept, 4,800 misses at 1 %: payouts round by less than 2^-34 of a
    ///      token unit. Only a slash of all leaves 0, and then there is nothing to pay out any more.
    uint256 private constant LOWEST_KEPT = 2 ** 130;

    // ─── Immutables ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IDelegatedStake
    uint256 public immutable MAX_RATIO;

    /// @inheritdoc IDelegatedStake
    uint256 public immutable VESTING_BLOCKS;

    // ─── Storage ─────────────────────────────────────────────────────────────────────────────────────────────────────

    mapping(uint256 vault => Vault) private _vaults;

    mapping(uint256 vault => mapping(address account => Delegation)) private _delegations;

    mapping(uint256 id => Place) private _places;

    /// @inheritdoc IDelegatedStake
    uint256 public vaultCount;

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    constructor(
        SlotParameters memory slots,
        SeatParameters memory seats,
        VaultParameters memory params
    ) SeatElection(slots, seats) {
        if (params.maxRatio == 0 || params.maxRatio > MAX_MAX_RATIO) {
            revert InvalidParameter("maxRatio", params.maxRatio);
        }
        MAX_RATIO = params.maxRatio;
        VESTING_BLOCKS = EXIT_EPOCHS * EPOCH_SLOTS * SLOT_BLOCKS;
        // Check: blocks up to the end of each vesting have 32 bits.
        if (VESTING_BLOCKS > type(uint32).max / 2) revert InvalidParameter("exitEpochs", EXIT_EPOCHS);
    }

    // ─── External: operators ─────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IDelegatedStake
    function open(uint256 id, uint96 amount, uint16 commission) external returns (uint256 vault) {
        _requireId(id);
        if (amount < MIN_STAKE || amount > MAX_STAKE) revert StakeOutOfRange(amount, MIN_STAKE, MAX_STAKE);
        if (_places[id].vault != 0) revert IdTaken(id, _places[id].vault);
        _takeId();
        vault = _open(id, amount, commission);
        _seat(vault, id);
        _debit(msg.sender, amount);
    }

    /// @inheritdoc IDelegatedStake
    function outbid(uint256 id, uint96 amount, uint16 commission) external returns (uint256 vault) {
        _requireId(id);
        _requireNoneFree();
        Place memory place = _places[id];
        if (place.waiting != 0) revert AlreadyOutbid(id, place.waiting);
        _requireOpen(place.vault);
        uint256 minimum = _minimumBid(worthOf(place.vault));
        if (amount < minimum || amount > MAX_STAKE) revert StakeOutOfRange(amount, minimum, MAX_STAKE);
        vault = _open(id, amount, commission);
        _places[id].waiting = uint128(vault);
        _close(place.vault);
        _debit(msg.sender, amount);
    }

    /// @inheritdoc IDelegatedStake
    function close(uint256 vault) external {
        _requireOperator(vault);
        if (!_isSeated(vault)) revert IsWaiting(vault);
        _close(vault);
    }

    /// @inheritdoc IDelegatedStake
    function free(uint256 vault) external {
        Vault memory state = _vaults[vault];
        uint256 epoch = currentEpoch();
        if (state.exitEpoch == 0 || state.id == 0 || epoch < state.exitEpoch) {
            revert NotOver(vault, state.exitEpoch, epoch);
        }
        _vaults[vault].id = 0;
        emit IdFreed(vault, state.id);
        uint256 waiting = _places[state.id].waiting;
        if (waiting == 0) {
            delete _places[state.id];
            _freeId();
        } else {
            _seat(waiting, state.id);
        }
    }

    /// @inheritdoc IDelegatedStake
    function announceCommission(uint256 vault, uint16 commission) external {
        _requireOperator(vault);
        _requireCommission(commission);
        Vault storage state = _vaults[vault];
        uint256 epoch = _exitEpoch() + 1;
        state.commission = uint16(commissionOf(vault));
        (state.nextCommission, state.commissionEpoch) = (commission, uint32(epoch));
        emit CommissionAnnounced(vault, commission, epoch);
    }

    // ─── External: delegators ────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IDelegatedStake
    function delegate(uint256 vault, uint96 amount, uint256 minShares) external returns (uint256 shares) {
        shares = _buy(vault, amount, minShares);
        _debit(msg.sender, amount);
    }

    /// @inheritdoc IDelegatedStake
    function undelegate(uint256 vault, uint256 shares) external {
        _requireSpare(vault, shares);
        Vault memory state = _vaults[vault];
        uint256 amount = Math.mulDiv(state.assets - _unvested(state), shares, state.shares);
        uint256 exitEpoch = state.exitEpoch == 0 ? _exitEpoch() : state.exitEpoch;
        // At most what the caller and the vault have.
        state.assets -= uint96(amount);
        state.leaving += uint96(amount);
        state.shares -= uint104(shares);
        Delegation memory own = _delegations[vault][msg.sender];
        own.leaving = uint96(_left(own, state) + amount);
        own.shares -= uint104(shares);
        (own.exitEpoch, own.kept) = (uint32(exitEpoch), state.kept);
        _vaults[vault] = state;
        _delegations[vault][msg.sender] = own;
        emit Undelegated(vault, msg.sender, shares, amount, exitEpoch);
        _weigh(vault);
    }

    /// @inheritdoc IDelegatedStake
    function collect(uint256 vault, address account) external returns (uint256 amount) {
        amount = _collect(vault, account);
        _credit(account, amount);
    }

    /// @inheritdoc IDelegatedStake
    function switchTo(uint256 from, uint256 to, uint256 minShares) external returns (uint256 shares) {
        return _buy(to, _collect(from, msg.sender), minShares);
    }

    /// @inheritdoc IDelegatedStake
    function transferShares(uint256 vault, address to, uint256 shares) external {
        _requireSpare(vault, shares);
        _delegations[vault][msg.sender].shares -= uint104(shares);
        _delegations[vault][to].shares += uint104(shares);
        emit SharesTransferred(vault, msg.sender, to, shares);
        // The operator's own shares may have changed.
        _weigh(vault);
    }

    // ─── External: anybody ───────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IDelegatedStake
    function reward(uint256 vault, uint96 amount) external {
        uint256 value = _requireSound(vault);
        Vault memory state = _vaults[vault];
        uint256 assets = uint256(state.assets) + amount;
        if (assets > type(uint96).max) revert StakeOutOfRange(assets, 0, type(uint96).max);
        uint256 commission = (uint256(amount) * commissionOf(vault)) / RATE_UNIT;
        uint256 shares = Math.mulDiv(commission, state.shares, value);

        // Effect: the unearned rest and the new reward are earned together, in the mean of their times. So a small
        // reward delays no large one.
        (uint256 before, uint256 added) = (_unvested(state), amount - commission);
        uint256 time = before == 0 ? 0 : before * (state.vestUntil - block.number);
        uint256 until = block.number + Math.ceilDiv(time + added * VESTING_BLOCKS, Math.max(before + added, 1));
        state.assets = uint96(assets);
        state.unvested = uint96(before + added);
        (state.vestFrom, state.vestUntil) = (uint32(block.number), uint32(until));
        state.shares += uint104(shares);
        _vaults[vault] = state;
        _delegations[vault][state.operator].shares += uint104(shares);
        emit Rewarded(vault, amount, commission, shares, until);
        _weigh(vault);
        _debit(msg.sender, amount);
    }

    /// @inheritdoc IDelegatedStake
    function weigh(uint256 vault) external {
        _requireOpen(vault);
        _weigh(vault);
    }

    // ─── Views ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IDelegatedStake
    function vaultOf(uint256 vault) external view returns (Vault memory) {
        return _vaults[vault];
    }

    /// @inheritdoc IDelegatedStake
    function delegationOf(uint256 vault, address account) external view returns (Delegation memory) {
        return _delegations[vault][account];
    }

    /// @inheritdoc IDelegatedStake
    function leavingOf(uint256 vault, address account) external view returns (uint256) {
        return _left(_delegations[vault][account], _vaults[vault]);
    }

    /// @inheritdoc SeatElection
    function stakeOf(uint256 id) public view override returns (address owner, uint256 stake) {
        Vault memory state = _vaults[_places[id].vault];
        return (state.operator, uint256(state.assets) + state.leaving);
    }

    /// @inheritdoc IDelegatedStake
    function vaultsAt(uint256 id) external view returns (uint256 vault, uint256 waiting) {
        return (_places[id].vault, _places[id].waiting);
    }

    /// @inheritdoc IDelegatedStake
    function worthOf(uint256 vault) public view returns (uint256) {
        Vault memory state = _vaults[vault];
        return state.assets - _unvested(state);
    }

    /// @inheritdoc IDelegatedStake
    function commissionOf(uint256 vault) public view returns (uint256) {
        Vault storage state = _vaults[vault];
        bool isChanged = state.commissionEpoch != 0 && currentEpoch() >= state.commissionEpoch;
        return isChanged ? state.nextCommission : state.commission;
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc SeatElection
    function _accountOf(uint256 id) internal view override returns (address) {
        return _vaults[_places[id].vault].operator;
    }

    /// @inheritdoc SeatElection
    /// @dev Divided between the assets and what leaves, by their tokens. The part of what leaves is rounded down.
    function _slash(uint256 id, uint256 amount) internal override {
        if (amount == 0) return;
        uint256 vault = _places[id].vault;
        Vault memory state = _vaults[vault];
        uint256 total = uint256(state.assets) + state.leaving;
        uint256 ofLeaving = Math.mulDiv(state.leaving, amount, total);
        uint256 assets = state.assets - (amount - ofLeaving);
        // The parts are at most what they are taken from.
        if (state.unvested > 0) state.unvested = uint96(Math.mulDiv(state.unvested, assets, state.assets));
        state.assets = uint96(assets);
        state.leaving -= uint96(ofLeaving);
        state.kept = Math.mulDiv(state.kept, total - amount, total, Math.Rounding.Ceil);
        _vaults[vault] = state;
        _weigh(vault);
    }

    // ─── Private: vaults ─────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Makes a vault of the caller, with a share for each token.
    function _open(uint256 id, uint96 amount, uint16 commission) private returns (uint256 vault) {
        _requireCommission(commission);
        vault = ++vaultCount;
        Vault storage state = _vaults[vault];
        (state.operator, state.commission, state.kept) = (msg.sender, commission, KEPT_UNIT);
        (state.assets, state.shares, state.id) = (amount, amount, uint16(id));
        _delegations[vault][msg.sender].shares = amount;
        emit VaultOpened(vault, id, msg.sender, amount, commission);
    }

    function _seat(uint256 vault, uint256 id) private {
        _places[id] = Place(uint128(vault), 0);
        emit VaultSeated(vault, id, openSet());
        _weigh(vault);
    }

    /// @dev Closes an open vault that has its id. All its rewards are earned.
    function _close(uint256 vault) private {
        Vault storage state = _vaults[vault];
        uint256 exitEpoch = _exitEpoch();
        (state.exitEpoch, state.unvested) = (uint32(exitEpoch), 0);
        _setStake(state.id, 0);
        emit VaultClosed(vault, exitEpoch);
    }

    /// @dev Sets the weight of a vault, if it is open and has its id; or closes it, if less than half of the lowest
    ///      stake is left, or almost nothing is kept.
    function _weigh(uint256 vault) private {
        Vault memory state = _vaults[vault];
        if (state.exitEpoch != 0 || !_isSeated(vault)) return;
        uint256 value = state.assets - _unvested(state);
        if (2 * value < MIN_STAKE || state.kept < LOWEST_KEPT) return _close(vault);
        uint256 own = Math.mulDiv(value, _delegations[vault][state.operator].shares, state.shares);
        _setStake(state.id, Math.min(value, own * MAX_RATIO));
    }

    /// @dev Returns the part of the assets that is not earned yet, rounded up.
    function _unvested(Vault memory state) private view returns (uint256) {
        if (block.number >= state.vestUntil) return 0;
        uint256 left = state.vestUntil - block.number;
        return Math.mulDiv(state.unvested, left, state.vestUntil - state.vestFrom, Math.Rounding.Ceil);
    }

    // ─── Private: shares ─────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Gives the caller shares for tokens that the contract has, or gets after this.
    function _buy(uint256 vault, uint256 amount, uint256 minShares) private returns (uint256 shares) {
        uint256 value = _requireSound(vault);
        if (value + amount > MAX_STAKE) revert StakeOutOfRange(value + amount, 0, MAX_STAKE);
        Vault storage state = _vaults[vault];
        shares = Math.mulDiv(amount, state.shares, value);
        uint256 minimum = Math.max(minShares, 1);
        if (shares < minimum) revert TooFewShares(shares, minimum);
        // At most `MAX_STAKE`, which has 96 bits, and ten times as many shares.
        state.assets += uint96(amount);
        state.shares += uint104(shares);
        _delegations[vault][msg.sender].shares += uint104(shares);
        emit Delegated(vault, msg.sender, amount, shares);
        _weigh(vault);
    }

    /// @dev Takes what left of an account's stake, in or after its exit epoch, for tokens that it is owed.
    function _collect(uint256 vault, address account) private returns (uint256 amount) {
        Delegation memory own = _delegations[vault][account];
        uint256 epoch = currentEpoch();
        if (own.leaving == 0 || epoch < own.exitEpoch) revert StakeLocked(vault, account, own.exitEpoch, epoch);
        amount = _left(own, _vaults[vault]);
        _vaults[vault].leaving -= uint96(amount);
        _delegations[vault][account].leaving = 0;
        emit StakeWithdrawn(vault, account, amount);
    }

    /// @dev Returns the tokens that are left of those that leave: `leaving · kept now / kept then`, rounded down. All
    ///      of them together are at most those that the vault has for it.
    function _left(Delegation memory own, Vault memory state) private pure returns (uint256) {
        return own.leaving == 0 ? 0 : Math.mulDiv(own.leaving, state.kept, own.kept);
    }

    // ─── Private: conditions ─────────────────────────────────────────────────────────────────────────────────────────

    function _isSeated(uint256 vault) private view returns (bool) {
        return _places[_vaults[vault].id].vault == vault;
    }

    function _requireCommission(uint256 commission) private pure {
        if (commission > RATE_UNIT) revert InvalidCommission(commission);
    }

    function _requireOpen(uint256 vault) private view {
        if (_vaults[vault].operator == address(0) || _vaults[vault].exitEpoch != 0) revert NotOpen(vault);
    }

    function _requireOperator(uint256 vault) private view {
        _requireOpen(vault);
        address operator = _vaults[vault].operator;
        if (operator != msg.sender) revert NotOperator(vault, msg.sender, operator);
    }

    /// @dev Reverts unless the vault is open and not ruined.
    /// @return value Value of all its shares, above 0.
    function _requireSound(uint256 vault) private view returns (uint256 value) {
        _requireOpen(vault);
        value = worthOf(vault);
        uint256 shares = _vaults[vault].shares;
        if (value * RUIN_DIVISOR < shares) revert VaultRuined(vault, value, shares);
    }

    /// @dev Reverts unless the caller can do without this many shares. The operator of a vault that waits has to keep
    ///      all: with them it has pushed out another one.
    function _requireSpare(uint256 vault, uint256 shares) private view {
        uint256 spare = _delegations[vault][msg.sender].shares;
        bool isBound = msg.sender == _vaults[vault].operator && _vaults[vault].exitEpoch == 0;
        if (isBound) spare = _isSeated(vault) ? Math.saturatingSub(spare, MIN_STAKE) : 0;
        if (shares == 0 || shares > spare) revert SharesMissing(vault, msg.sender, spare, shares);
    }
}
