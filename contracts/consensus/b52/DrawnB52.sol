// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ERC20Burnable } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";

import { IProverRegistry } from "../../interfaces/IProverRegistry.sol";
import { IRollup } from "../../interfaces/IRollup.sol";
import { DrawnProverRegistry } from "../../staking/DrawnProverRegistry.sol";
import { B52Parameters } from "../../types/B52Parameters.sol";
import { B52 } from "./B52.sol";

/// @title DrawnB52
/// @notice Runs B52 for a zk-rollup, with votes of drawn tickets alone (docs/b52.md §11).
/// @dev A contract of its own, so that a deployment without a draw does not pay for the code of the draw.
contract DrawnB52 is B52 {
    constructor(
        IRollup.CoreParameters memory core,
        B52Parameters memory params,
        IProverRegistry.StakingParameters memory staking,
        bytes32 coreCodeHash
    ) B52(core, params, staking, coreCodeHash) {}

    /// @inheritdoc B52
    function _deployRegistry(
        ERC20Burnable token,
        IProverRegistry.StakingParameters memory staking
    ) internal override returns (IProverRegistry) {
        return new DrawnProverRegistry(token, staking);
    }
}
