// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IRollup } from "./IRollup.sol";

/**
 * @title ICoreDeployer
 * @notice A consensus that deploys its own core, in a transaction of its own (docs/adr/0042). It knows the core's
 *         address and the hash of its init code from its own deployment on, so that nobody can pair the wrong ones.
 * @dev Lifecycle: deployed → with its core. Until the core is there, the consensus takes no batch and no proposal.
 */
interface ICoreDeployer {
    /// @notice The core was deployed: from now on the consensus works.
    event CoreDeployed(IRollup indexed rollup);

    /// @notice The init code is another than the one that the consensus was deployed for.
    error WrongCoreCode(bytes32 given, bytes32 expected);

    /// @notice The core is not deployed yet: call `deployCore`.
    error CoreMissing();

    /**
     * @notice Deploys the core. Anyone may call: one init code only is accepted. Does nothing if the core is there.
     * @param initCode Creation code of the core, with the addresses of its libraries; and the arguments of its
     *        constructor: `abi.encode` of the empty state's root, the slots of a leaf, and the core's parameters. The
     *        consensus has hashed those of its own keys, so the core has the same.
     * @dev Requirements
     *      - The init code has the hash `CORE_HASH`.
     *      Effects
     *      - The core is at `ROLLUP`, and this contract is its consensus. The consensus begins.
     */
    function deployCore(bytes calldata initCode) external;

    /// @notice The core, or where it is going to be.
    function ROLLUP() external view returns (IRollup);

    /// @notice `keccak256(keccak256(creation code of the core) ‖ keccak256(arguments of its constructor))`.
    function CORE_HASH() external view returns (bytes32);
}
