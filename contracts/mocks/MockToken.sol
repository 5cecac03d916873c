// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ERC20 } from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title MockToken
/// @notice Lets anyone mint a plain ERC-20.
contract MockToken is ERC20("Mock", "MOCK") {
    function mint(address account, uint256 amount) external {
        _mint(account, amount);
    }
}
