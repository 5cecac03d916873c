// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { MockToken } from "./MockToken.sol";

/// @title FalseToken
/// @notice Returns false instead of a transfer after `setRefuses(true)`.
contract FalseToken is MockToken {
    bool public refuses;

    function setRefuses(bool value) external {
        refuses = value;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        return refuses ? false : super.transfer(to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        return refuses ? false : super.transferFrom(from, to, amount);
    }
}
