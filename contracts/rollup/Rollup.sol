// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IBatchVerifier } from "../verification/batch/IBatchVerifier.sol";
import { IRollup } from "../interfaces/IRollup.sol";
import { CoreRules } from "../libraries/CoreRules.sol";
import { Custody } from "./Custody.sol";
import { EscapeHatch } from "./EscapeHatch.sol";
import { Exits } from "./Exits.sol";
import { ForcedQueue } from "./ForcedQueue.sol";
import { L2State } from "./L2State.sol";
import { Migration } from "./Migration.sol";

/// @title Rollup
/// @notice Holds the state and the money of a rollup: its core. Only the consensus, which deploys it, may advance it.
contract Rollup is Exits, Migration, IRollup {
    // ─── Immutables ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IRollup
    address public immutable CONSENSUS;

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @param genesisStateRoot Root of the empty state.
     * @param slots Slots of a leaf proof, a power of two.
     */
    constructor(
        uint256 genesisStateRoot,
        uint256 slots,
        CoreParameters memory params
    )
        L2State(genesisStateRoot)
        Custody(params.tokenFee)
        ForcedQueue(params.forcedDeadline, params.forcedFeeBase, params.forcedFeeStep)
        Exits(slots)
        EscapeHatch(params.escapeDelay, IBatchVerifier(params.enforcementVerifier))
    {
        CoreRules.requireValid(slots, params);
        CONSENSUS = msg.sender;
    }

    // ─── External ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IRollup
    function advance(Transition calldata transition) external onlyOwnChain {
        if (msg.sender != CONSENSUS) revert NotConsensus(msg.sender);
        stateRoot = transition.newStateRoot;
        uint256 executed = _execute(transition.forcedCount);
        emit StateAdvanced(transition.newStateRoot, executed);
        _settle(transition.exitsRoot, transition.exitCount);
        for (uint256 i = 0; i < transition.payments.length; ++i) {
            Payment calldata payment = transition.payments[i];
            if (payment.amount > 0) _credit(payment.token, payment.recipient, payment.amount);
        }
    }
}
