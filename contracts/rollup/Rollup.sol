// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IRollup } from "../interfaces/IRollup.sol";
import { Custody } from "./Custody.sol";
import { Exits } from "./Exits.sol";
import { ForcedQueue } from "./ForcedQueue.sol";

/// @title Rollup
/// @notice The core. Deployed by its consensus, which alone may advance it.
contract Rollup is ForcedQueue, Exits, IRollup {
    // ─── Constants ──────────────────────────────────────────────────────────────────────────────────────────────────────

    bytes32 private constant DOMAIN_TAG = keccak256("DecentralisedSequencing.Domain.v1");

    // ─── Immutables ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IRollup
    address public immutable CONSENSUS;

    /// @inheritdoc IRollup
    uint256 public immutable DOMAIN;

    // ─── Storage ────────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IRollup
    uint256 public stateRoot;

    // ─── Constructor ────────────────────────────────────────────────────────────────────────────────────────────────────

    constructor(
        Parameters memory params
    )
        Custody(params.tokenFee)
        ForcedQueue(params.forcedDeadline, params.forcedFeeBase, params.forcedFeeStep)
        Exits(params.slots)
    {
        if (params.slots == 0 || params.slots & (params.slots - 1) != 0 || params.slots > type(uint16).max) {
            revert InvalidParameter("slots", params.slots);
        }
        if (params.forcedDeadline == 0) revert InvalidParameter("forcedDeadline", params.forcedDeadline);
        CONSENSUS = msg.sender;
        DOMAIN = uint256(keccak256(abi.encode(DOMAIN_TAG, block.chainid, address(this)))) >> 8;
        stateRoot = params.genesisStateRoot;
    }

    // ─── External ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IRollup
    function advance(Transition calldata transition) external onlyOwnChain {
        if (msg.sender != CONSENSUS) revert NotConsensus(msg.sender);
        stateRoot = transition.newStateRoot;
        uint256 executed = _execute(transition.forcedCount);
        emit StateAdvanced(transition.newStateRoot, executed);
        _settle(transition.exits);
        for (uint256 i = 0; i < transition.payments.length; ++i) {
            Payment calldata payment = transition.payments[i];
            if (payment.amount > 0) _credit(payment.token, payment.recipient, payment.amount);
        }
    }
}
