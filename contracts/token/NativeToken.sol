// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ERC20 } from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import { ERC20Burnable } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import { ERC20Permit } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/**
 * @title NativeToken
 * @notice Pays batch fees, bonds, stakes and bids. Its supply is minted once and can only be burned.
 */
contract NativeToken is ERC20, ERC20Permit, ERC20Burnable {
    /**
     * @param name_ Name of the token and of the EIP-712 domain of permits.
     * @param symbol_ Symbol of the token.
     * @param supply Supply in the smallest unit (18 decimals).
     * @param holder Account that receives the whole supply.
     */
    constructor(
        string memory name_,
        string memory symbol_,
        uint256 supply,
        address holder
    ) ERC20(name_, symbol_) ERC20Permit(name_) {
        _mint(holder, supply);
    }
}
