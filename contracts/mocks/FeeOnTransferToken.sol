// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { MockToken } from "./MockToken.sol";

/// @title FeeOnTransferToken
/// @notice Burns one percent of each transfer. It may call the sender back before.
contract FeeOnTransferToken is MockToken {
    mapping(address account => bool) public wantsCallback;

    function setCallback(bool wanted) external {
        wantsCallback[msg.sender] = wanted;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (wantsCallback[from]) ITransferCallback(from).onTransfer();
        if (from == address(0) || to == address(0)) return super._update(from, to, amount);
        super._update(from, address(0), amount / 100);
        super._update(from, to, amount - amount / 100);
    }
}

interface ITransferCallback {
    function onTransfer() external;
}
