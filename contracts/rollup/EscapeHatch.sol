// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { BitMaps } from "@openzeppelin/contracts/utils/structs/BitMaps.sol";

import { IBatchVerifier } from "../verification/batch/IBatchVerifier.sol";
import { ESCAPE_CIRCUIT } from "../verification/circuitIds.sol";
import { IEscapeHatch } from "../interfaces/IEscapeHatch.sol";
import { ForcedOperation } from "../libraries/ForcedOperation.sol";
import { ForcedQueue } from "./ForcedQueue.sol";

/// @title EscapeHatch
/// @notice Freezes the core, and lets its users take their money out.
abstract contract EscapeHatch is ForcedQueue, IEscapeHatch {
    using BitMaps for BitMaps.BitMap;

    // ─── Immutables ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IEscapeHatch
    uint256 public immutable ESCAPE_DELAY;

    /// @inheritdoc IEscapeHatch
    IBatchVerifier public immutable ENFORCEMENT_VERIFIER;

    // ─── Storage ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Accounts that escaped or migrated after the freeze.
    BitMaps.BitMap private _left;

    /// @dev Operations that were refunded.
    BitMaps.BitMap private _refunded;

    // ─── Modifiers ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Reverts unless the rollup is frozen.
    modifier onlyFrozen() {
        if (!_counters.isFrozen) revert NotFrozen();
        _;
    }

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    constructor(uint32 escapeDelay, IBatchVerifier enforcementVerifier) {
        ESCAPE_DELAY = escapeDelay;
        ENFORCEMENT_VERIFIER = enforcementVerifier;
    }

    // ─── External ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IEscapeHatch
    function freeze() external onlyOwnChain {
        Counters memory counters = _counters;
        if (counters.isFrozen) revert RollupFrozen();
        uint256 id = uint256(counters.executed) + 1;
        if (id > counters.queued) revert NothingQueued();
        uint256 deadline = _entry(id, counters.queued).timeOf() + ESCAPE_DELAY;
        if (block.timestamp <= deadline) revert NotLate(id, deadline, block.timestamp);
        _counters.isFrozen = true;
        emit Frozen(stateRoot, msg.sender);
    }

    /// @inheritdoc IEscapeHatch
    function escape(
        uint256 account,
        address owner,
        uint16 token,
        uint128 amount,
        uint256[8] calldata proof
    ) external onlyOwnChain onlyFrozen {
        if (amount == 0) revert NothingToEscape(account);
        _leave(account);
        // This encoding is that of a statement (`Statements`).
        ENFORCEMENT_VERIFIER.verify(abi.encode(ESCAPE_CIRCUIT, proof, owner, token, amount, stateRoot, account));
        emit Escaped(account, owner, token, amount);
        _credit(token, owner, amount);
    }

    /// @inheritdoc IEscapeHatch
    function refund(uint256 id, bytes calldata slot) external onlyOwnChain onlyFrozen {
        ForcedOperation.Fields memory op = _requireOperation(id, slot);
        Counters memory counters = _counters;
        bool isDeparture = op.flags == ForcedOperation.DEPARTURE;
        if (id <= counters.executed) {
            bool waits = isDeparture && counters.nextDeparture != 0 && id >= counters.nextDeparture;
            if (!waits) revert AlreadyExecuted(id, counters.executed);
        }
        if (_refunded.get(id)) revert AlreadyRefunded(id);
        _refunded.set(id);
        emit Refunded(id, op.l1Address);

        // The amount of a departure is the fee for its proof.
        uint256 fees = isDeparture ? op.amount : 0;
        if (id > counters.executed) fees += op.fee;
        _credit(ETH, op.l1Address, fees);
        if (op.flags == 0 && op.from == 0) _credit(op.token, op.l1Address, op.amount);
    }

    /// @inheritdoc IEscapeHatch
    function isFrozen() external view returns (bool) {
        return _counters.isFrozen;
    }

    /// @inheritdoc IEscapeHatch
    function hasLeft(uint256 account) external view returns (bool) {
        return _left.get(account);
    }

    /// @inheritdoc IEscapeHatch
    function isRefunded(uint256 id) external view returns (bool) {
        return _refunded.get(id);
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Marks an account as gone. Reverts if it left before.
    function _leave(uint256 account) internal {
        if (_left.get(account)) revert AlreadyLeft(account);
        _left.set(account);
    }
}
