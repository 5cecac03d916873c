// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ERC20 } from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title MockToken
/// @notice A plain ERC-20 that anyone may mint.
contract MockToken is ERC20("Mock", "MOCK") {
    function mint(address account, uint256 amount) external {
        _mint(account, amount);
    }
}
