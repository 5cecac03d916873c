// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ERC20 } from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice A token that moves until whoever made it wants it to stop.
contract HostileToken is ERC20 {
    bool private _isStopped;

    error Stopped();

    constructor() ERC20("Hostile", "HST") {}

    function mint(address account, uint256 amount) external {
        _mint(account, amount);
    }

    function stop() external {
        _isStopped = true;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (_isStopped) revert Stopped();
        super._update(from, to, amount);
    }
}
