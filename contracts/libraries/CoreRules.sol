// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IRollup } from "../interfaces/IRollup.sol";
import { CircuitSizes } from "./CircuitSizes.sol";

/// @title CoreRules
/// @notice Ranges of the core's parameters, for its constructor and for that of its consensus.
library CoreRules {
    /// @dev Reverts unless a core can be deployed with the parameters.
    function requireValid(IRollup.CoreParameters memory params) internal view {
        if (params.forcedDeadline == 0) revert IRollup.InvalidParameter("forcedDeadline", params.forcedDeadline);
        if (params.escapeDelay <= params.forcedDeadline) {
            revert IRollup.InvalidParameter("escapeDelay", params.escapeDelay);
        }
        if (params.enforcementVerifier.code.length == 0) {
            revert IRollup.InvalidParameter("enforcementVerifier", uint160(params.enforcementVerifier));
        }
        CircuitSizes.requireEnforcementVerifier(params.enforcementVerifier);
    }
}
