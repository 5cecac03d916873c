// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ERC20Burnable } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";

import { IB52 } from "../../interfaces/IB52.sol";
import { IProverRegistry } from "../../interfaces/IProverRegistry.sol";
import { IRollup } from "../../interfaces/IRollup.sol";
import { ProverRegistry } from "../../staking/ProverRegistry.sol";
import { B52Parameters } from "../../types/B52Parameters.sol";
import { B52Config } from "./B52Config.sol";
import { B52Defaults } from "./B52Defaults.sol";
import { B52Settlement } from "./B52Settlement.sol";

/// @title B52
/// @notice Runs B52 for a zk-rollup: rounds and proposals, proven blocks, rewards, and defaults.
contract B52 is B52Settlement, B52Defaults, IB52 {
    constructor(
        IRollup.CoreParameters memory core,
        B52Parameters memory params,
        IProverRegistry.StakingParameters memory staking,
        bytes32 coreCodeHash
    ) B52Config(core, params, staking, coreCodeHash) {}

    /// @inheritdoc B52Config
    function _deployRegistry(
        ERC20Burnable token,
        IProverRegistry.StakingParameters memory staking
    ) internal virtual override returns (IProverRegistry) {
        return new ProverRegistry(token, staking);
    }
}
