// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { CalldataAvailability } from "./CalldataAvailability.sol";
import { IRollup } from "../../interfaces/IRollup.sol";
import { ProofOfEfficiencyBase } from "./ProofOfEfficiencyBase.sol";

/// @title ProofOfEfficiency
/// @notice Runs Proof of Efficiency for a zk-rollup whose data is in calldata.
contract ProofOfEfficiency is ProofOfEfficiencyBase, CalldataAvailability {
    constructor(
        IRollup.CoreParameters memory core,
        Parameters memory params,
        bytes32 coreCodeHash
    ) ProofOfEfficiencyBase(core, params, coreCodeHash) {}
}
