// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IRollup } from "../interfaces/IRollup.sol";
import { CircuitSizes } from "../libraries/CircuitSizes.sol";
import { LeafVerifyingKey } from "../verification/keys/LeafVerifyingKey.sol";
import { Rollup } from "./Rollup.sol";

/**
 * @title RollupDeployment
 * @notice Deploys the core in the name of the consensus that calls.
 * @dev Linked, not inlined: the code of the core would not fit into a consensus's init code (docs/adr/0022).
 */
library RollupDeployment {
    /// @return rollup With the sizes and the empty state of the leaf circuit whose key is compiled in.
    function deploy(IRollup.CoreParameters memory params) external returns (address rollup) {
        CircuitSizes.requireOneProfile();
        return address(new Rollup(LeafVerifyingKey.GENESIS_STATE_ROOT, LeafVerifyingKey.SLOTS, params));
    }
}
