// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ISelector, Role, RoleTerms } from "../interfaces/ISelector.sol";

/// @title HostileSelector
/// @notice Tries to stop its consensus. A sequencer may be silent for a day, and an aggregator for half an
///         hour. It wants to hear of all calls.
contract HostileSelector is ISelector {
    /// @notice Lists the ways in which `admit` answers.
    enum Behaviour {
        Refuses,
        Reverts,
        RevertsAtLength,
        BurnsAllGas,
        ReturnsNothing,
        ReturnsLittle,
        ReturnsTwo,
        ReturnsMuch,
        CallsBack
    }

    /// @notice Returns the number of behaviours that refuse: all except the last.
    uint256 public constant REFUSALS = uint256(type(Behaviour).max);

    uint256 private constant MUCH = 32 * 1024;

    Behaviour public behaviour;
    address private _target;
    bytes private _call;
    bool public calledBack;

    function behave(Behaviour next) external {
        behaviour = next;
    }

    /// @notice Sets the call that `admit` makes, once. It agrees to everything.
    function arm(address target, bytes calldata call_) external {
        (_target, _call, behaviour) = (target, call_, Behaviour.CallsBack);
    }

    /// @inheritdoc ISelector
    function bind(address) external pure returns (RoleTerms memory sequencer, RoleTerms memory aggregator) {
        return (RoleTerms(1 days, true), RoleTerms(30 minutes, true));
    }

    /// @inheritdoc ISelector
    function admit(address, Role, uint256, uint256, uint256) external returns (bool) {
        Behaviour now_ = behaviour;
        if (now_ == Behaviour.Refuses) return false;
        // solhint-disable-next-line gas-custom-errors, reason-string
        if (now_ == Behaviour.Reverts) revert();
        if (now_ == Behaviour.BurnsAllGas) {
            // Assembly: takes all gas at once.
            assembly ("memory-safe") {
                invalid()
            }
        }
        if (now_ == Behaviour.CallsBack) {
            if (_target == address(0)) return true;
            address target = _target;
            _target = address(0);
            // solhint-disable-next-line avoid-low-level-calls
            (calledBack, ) = target.call(_call);
            return true;
        }
        uint256 size = 0x20;
        if (now_ == Behaviour.ReturnsNothing) size = 0;
        if (now_ == Behaviour.ReturnsLittle) size = 0x1f;
        if (now_ == Behaviour.ReturnsMuch || now_ == Behaviour.RevertsAtLength) size = MUCH;
        uint256 word = now_ == Behaviour.ReturnsTwo || now_ == Behaviour.ReturnsMuch ? 2 : type(uint256).max;
        bool reverts = now_ == Behaviour.RevertsAtLength;
        // Assembly: answers that Solidity does not give.
        assembly ("memory-safe") {
            let answer := mload(0x40)
            mstore(answer, word)
            if reverts {
                revert(answer, size)
            }
            return(answer, size)
        }
    }

    /// @inheritdoc ISelector
    /// @dev Says the contrary of `admit`.
    function isAllowed(address, Role, uint256) external pure returns (bool) {
        return true;
    }
}
