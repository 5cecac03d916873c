// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// solhint-disable no-complex-fallback, avoid-low-level-calls

/**
 * @title Reentrant
 * @notice Makes one call of its own when it receives money or a callback, and keeps the answer. Refuses plain ETH after
 *         `setRefuses(true)`.
 */
contract Reentrant {
    /// @notice Rejects a payment of ETH.
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

    /// @notice Sets the call that the next callback makes.
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
