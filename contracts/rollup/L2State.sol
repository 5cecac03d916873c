// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IL2State } from "../interfaces/IL2State.sol";
import { Domain } from "../libraries/Domain.sol";
import { ChainBound } from "./ChainBound.sol";

/// @title L2State
/// @notice Holds the domain of L2, and the root of its last proven state.
abstract contract L2State is ChainBound, IL2State {
    // ─── Immutables ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IL2State
    uint256 public immutable DOMAIN;

    // ─── Storage ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IL2State
    uint256 public stateRoot;

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    constructor(uint256 genesisStateRoot) {
        DOMAIN = Domain.ofCore(address(this));
        stateRoot = genesisStateRoot;
    }
}
