// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { B52Parameters } from "../types/B52Parameters.sol";
import { IStatementVerifier } from "../verification/IStatementVerifier.sol";
import { IProverRegistry } from "./IProverRegistry.sol";
import { IRollup } from "./IRollup.sol";

/**
 * @title IB52Config
 * @notice Fixes the parameters of B52, and names the contracts that it uses.
 */
interface IB52Config {
    /// @notice Logs the deployment with its registry, and the parameters, which never change.
    event ConsensusDeployed(
        IRollup indexed rollup,
        IProverRegistry indexed registry,
        IRollup.CoreParameters core,
        B52Parameters params,
        IProverRegistry.StakingParameters staking
    );

    /// @notice Rejects a parameter out of its range.
    error InvalidParameter(string name, uint256 value);

    /// @notice Returns the registry of the provers' tickets.
    function REGISTRY() external view returns (IProverRegistry);

    /// @notice Returns the verifier of the circuits leaf and merge.
    function VERIFIER() external view returns (IStatementVerifier);

    /**
     * @notice Returns the number of rounds whose results and records are kept. Those of round r are kept until round
     *         r + `ROUNDS_KEPT` is open; no default of round r can be slashed from then on.
     * @dev `2 · ⌈2 (P + V + D) / (P + V)⌉`, of the proposal, proof and defence windows. Example: windows of 10, 10 and
     *      20 minutes give 8.
     */
    function ROUNDS_KEPT() external view returns (uint256);

    /// @notice Returns `keccak256(abi.encode(core, params, staking))` of the parameters in `ConsensusDeployed`.
    function PARAMETERS_HASH() external view returns (bytes32);
}
