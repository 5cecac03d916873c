// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ICoreDeployer } from "../../../contracts/interfaces/ICoreDeployer.sol";
import { IRollup } from "../../../contracts/interfaces/IRollup.sol";
import { LeafVerifyingKey } from "../../../contracts/verification/keys/LeafVerifyingKey.sol";
import { Deploy } from "./Deploy.sol";

/// @notice The core's code, for a consensus and for the deployer of its core.
library CoreCode {
    function code() internal view returns (bytes memory) {
        return Deploy.codeOf("Rollup.sol:Rollup");
    }

    function hash() internal view returns (bytes32) {
        return keccak256(code());
    }

    function deploy(ICoreDeployer consensus, IRollup.CoreParameters memory core) internal {
        consensus.deployCore(initCode(core));
    }

    function initCode(IRollup.CoreParameters memory core) internal view returns (bytes memory) {
        return bytes.concat(code(), abi.encode(LeafVerifyingKey.GENESIS_STATE_ROOT, LeafVerifyingKey.SLOTS, core));
    }
}
