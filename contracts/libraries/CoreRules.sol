// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IRollup } from "../interfaces/IRollup.sol";
import { CircuitSizes } from "./CircuitSizes.sol";

/// @title CoreRules
/// @notice Checks the ranges of the core's parameters, for the constructors of the core and of its consensus.
library CoreRules {
    /**
     * @dev Reverts unless a core can be deployed.
     * @param slots Slots of a leaf, a power of two.
     */
    function requireValid(uint256 slots, IRollup.CoreParameters memory params) internal view {
        if (slots == 0 || slots & (slots - 1) != 0 || slots > type(uint16).max) {
            revert IRollup.InvalidParameter("slots", slots);
        }
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
