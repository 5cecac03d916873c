// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IRollup } from "./IRollup.sol";

/**
 * @title ICoreDeployer
 * @notice Deploys the core of a consensus, in a transaction of its own (docs/adr/0042). The consensus knows the core's
 *         address and the hash of its init code from its own deployment on, so nobody can pair it with another core.
 * @dev Lifecycle: deployed → with its core. Before the core is deployed, the consensus takes no batch and no proposal.
 */
interface ICoreDeployer {
    /// @notice Logs the deployment of the core. From now on the consensus works.
    event CoreDeployed(IRollup indexed rollup);

    /// @notice Rejects an init code that is not the one for which the consensus was deployed.
    error WrongCoreCode(bytes32 given, bytes32 expected);

    /// @notice Rejects a call before the deployment of the core (`deployCore`).
    error CoreMissing();

    /**
     * @notice Deploys the core. Anyone may call, since only one init code is accepted. Does nothing if the core is
     *         deployed.
     * @param initCode Creation code of the core, with the addresses of its libraries, and the arguments of its
     *        constructor: `abi.encode` of the empty state's root, the slots of a leaf, and the core's parameters. The
     *        consensus has hashed the root and the slots of its own keys, so the core has the same ones.
     * @dev Requirements
     *      - The init code has the hash `CORE_HASH`.
     *      Effects
     *      - The core is at `ROLLUP`, and this contract is its consensus. The consensus begins.
     */
    function deployCore(bytes calldata initCode) external;

    /// @notice Returns the address of the core, also before its deployment.
    function ROLLUP() external view returns (IRollup);

    /// @notice Returns `keccak256(keccak256(creation code of the core) ‖ keccak256(arguments of its constructor))`.
    function CORE_HASH() external view returns (bytes32);
}
