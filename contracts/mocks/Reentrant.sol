// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// solhint-disable no-complex-fallback, avoid-low-level-calls

/**
 * @title Reentrant
 * @notice An account that, when money or a callback reaches it, makes one call of its own and remembers the answer.
 *         It refuses plain ETH if told to.
 */
contract Reentrant {
    /// @notice This account does not take ETH now.
    error Refused();

    address private _target;
    bytes private _call;
    bool private _refuses;

    bool public reentered;
    bool public succeeded;
    bytes public answer;

    receive() external payable {
        if (_refuses) revert Refused();
        _reenter();
    }

    /// @notice What to call on the next callback.
    function arm(address target, bytes calldata call_) external {
        (_target, _call, reentered) = (target, call_, false);
    }

    function setRefuses(bool value) external {
        _refuses = value;
    }

    function onTransfer() external {
        _reenter();
    }

    /// @notice Calls anything in the name of this account.
    function execute(address target, bytes calldata call_) external payable returns (bytes memory result) {
        bool success;
        (success, result) = target.call{ value: msg.value }(call_);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(result, 0x20), mload(result))
            }
        }
    }

    function _reenter() private {
        if (_target == address(0) || reentered) return;
        reentered = true;
        (succeeded, answer) = _target.call(_call);
    }
}
