// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { NativeBalances } from "../consensus/NativeBalances.sol";
import { IProofOfEfficiency } from "../interfaces/IProofOfEfficiency.sol";
import { ISelector, Role, RoleTerms } from "../interfaces/ISelector.sol";

/**
 * @title Election
 * @notice Binds an election to its consensus, and keeps the balances of its parties. An election overrides what it
 *         decides.
 * @dev Anybody may bind an election that nobody has bound. So it takes no money before: a party sees the consensus that
 *      it pays for.
 */
abstract contract Election is ISelector, NativeBalances {
    // ─── Storage ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Returns the consensus whose roles are elected, or 0 before `bind`.
    IProofOfEfficiency public consensus;

    /// @notice Returns the only account that may call `admit`: the consensus, or a selector between it and this one.
    address public binder;

    // ─── Events ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Logs the consensus that the election is bound to.
    event ElectionBound(address indexed consensus, address indexed binder);

    // ─── Errors ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Rejects a second consensus.
    error AlreadyBound(address binder);

    /// @notice Rejects a call that needs the consensus of `election` before it is bound to one.
    error NotBound(address election);

    /// @notice Rejects a call that only the binder may make.
    error NotBinder(address caller, address binder);

    /// @notice Rejects a parameter out of its range.
    error InvalidParameter(string name, uint256 value);

    // ─── External ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ISelector
    function bind(
        address boundConsensus
    ) external virtual returns (RoleTerms memory sequencer, RoleTerms memory aggregator) {
        if (binder != address(0)) revert AlreadyBound(binder);
        (binder, consensus) = (msg.sender, IProofOfEfficiency(boundConsensus));
        emit ElectionBound(boundConsensus, msg.sender);
        return _terms();
    }

    /// @inheritdoc ISelector
    function admit(address account, Role role, uint256 first, uint256 last, uint256 leaves) external returns (bool) {
        if (msg.sender != binder) revert NotBinder(msg.sender, binder);
        return
            role == Role.Sequencer
                ? _admitBatches(account, first, last, leaves)
                : _admitProof(account, first, last, leaves);
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc NativeBalances
    /// @dev Reverts before `bind`. Parties join, bid and stake from their balances, so they cannot before it either.
    function _deposit(uint256 amount) internal override {
        _bound();
        super._deposit(amount);
    }

    /// @dev Returns the consensus. Reverts before `bind`.
    function _bound() internal view returns (IProofOfEfficiency bound) {
        bound = consensus;
        if (address(bound) == address(0)) revert NotBound(address(this));
    }

    /// @dev Returns whether the rollup is frozen: nothing can be posted or proven any more. Reverts before `bind`.
    function _isFrozen() internal view returns (bool) {
        return _bound().ROLLUP().isFrozen();
    }

    /// @dev Returns the terms of both roles. They never change.
    function _terms() internal view virtual returns (RoleTerms memory sequencer, RoleTerms memory aggregator);

    /// @dev Decides on, and records, batches `first … last` of `account`.
    function _admitBatches(
        address account,
        uint256 first,
        uint256 last,
        uint256 leaves
    ) internal virtual returns (bool);

    /// @dev Decides on, and records, a proof of the batches `first … last` by `account`, of which those that paid a fee
    ///      have so many leaves.
    function _admitProof(
        address account,
        uint256 first,
        uint256 last,
        uint256 /* leaves */
    ) internal virtual returns (bool) {
        return _admitProof(account, first, last);
    }

    /// @dev As the other one, for an election to which the number of leaves does not matter.
    function _admitProof(address account, uint256 first, uint256 last) internal virtual returns (bool);
}
