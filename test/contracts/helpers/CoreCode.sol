// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ICoreDeployer } from "../../../contracts/interfaces/ICoreDeployer.sol";
import { IRollup } from "../../../contracts/interfaces/IRollup.sol";
import { Rollup } from "../../../contracts/rollup/Rollup.sol";
import { LeafVerifyingKey } from "../../../contracts/verification/keys/LeafVerifyingKey.sol";

/// @notice The core's code, for a consensus and for the deployer of its core.
library CoreCode {
    function hash() internal pure returns (bytes32) {
        return keccak256(type(Rollup).creationCode);
    }

    function deploy(ICoreDeployer consensus, IRollup.CoreParameters memory core) internal {
        consensus.deployCore(initCode(core));
    }

    function initCode(IRollup.CoreParameters memory core) internal pure returns (bytes memory) {
        return
            bytes.concat(
                type(Rollup).creationCode,
                abi.encode(LeafVerifyingKey.GENESIS_STATE_ROOT, LeafVerifyingKey.SLOTS, core)
            );
    }
}
