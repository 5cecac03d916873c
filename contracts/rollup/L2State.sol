// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IL2State } from "../interfaces/IL2State.sol";
import { ChainBound } from "./ChainBound.sol";

/// @title L2State
/// @notice What the core knows of L2: its domain, and the root of its last proven state.
abstract contract L2State is ChainBound, IL2State {
    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    bytes32 private constant DOMAIN_TAG = keccak256("DecentralisedSequencing.Domain.v1");

    // ─── Immutables ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IL2State
    uint256 public immutable DOMAIN;

    // ─── Storage ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IL2State
    uint256 public stateRoot;

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    constructor(uint256 genesisStateRoot) {
        DOMAIN = uint256(keccak256(abi.encode(DOMAIN_TAG, block.chainid, address(this)))) >> 8;
        stateRoot = genesisStateRoot;
    }
}
