// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import { MockConsensus } from "./MockConsensus.sol";

/// @title MockExitCore
/// @notice Stands for a consensus and its core, of which users can leave after a delay.
contract MockExitCore is MockConsensus {
    uint256 public immutable ESCAPE_DELAY;

    constructor(IERC20 token, uint256 maxPendingLeaves, uint256 escapeDelay) MockConsensus(token, maxPendingLeaves) {
        ESCAPE_DELAY = escapeDelay;
    }
}
