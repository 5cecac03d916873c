// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IProofOfEfficiency } from "../interfaces/IProofOfEfficiency.sol";
import { ISelector, Role, RoleTerms } from "../interfaces/ISelector.sol";

/// @title Election
/// @notice Binds an election to its consensus. An election overrides what it decides.
abstract contract Election is ISelector {
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
