// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IBatchVerifier } from "../verification/batch/IBatchVerifier.sol";
import { MIGRATION_CIRCUIT } from "../verification/circuitIds.sol";
import { IMigration } from "../interfaces/IMigration.sol";
import { DataCommitment } from "../libraries/DataCommitment.sol";
import { ForcedOperation } from "../libraries/ForcedOperation.sol";
import { MigrationSignals as Signals } from "../libraries/MigrationSignals.sol";
import { Openings } from "../libraries/Openings.sol";
import { MigrationVerifyingKey } from "../verification/keys/MigrationVerifyingKey.sol";

/**
 * @title MigrationVerification
 * @notice Compares the public signals of a migration with the values of L1, and has its proof verified
 *         (docs/enforcement.md §5.3). Changes no state.
 * @dev The library is linked, not inlined: with its code the core would exceed the size limit of contracts
 *      (docs/adr/0022).
 */
library MigrationVerification {
    using Openings for uint256[];

    uint256 private constant MAX_BYTES = MigrationVerifyingKey.MIGRANTS * ForcedOperation.SLOT_BYTES;

    // ─── External ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Checks a migration for its source: state, domain, the caller as worker, the ranges of target and tokens,
    ///         moves and arrivals.
    function verifyDeparture(
        address verifier,
        uint256 stateRoot,
        uint256 domain,
        uint256[8] calldata proof,
        uint256[17] calldata signals,
        bytes calldata moves,
        bytes calldata arrivals
    ) external view {
        _requireSignal(signals, Signals.OLD_STATE_ROOT, stateRoot);
        _requireSignal(signals, Signals.DOMAIN, domain);
        _requireSignal(signals, Signals.WORKER, uint160(msg.sender));
        _requireSignal(signals, Signals.TARGET, uint160(signals[Signals.TARGET]));
        _requireSignal(signals, Signals.TOKENS, uint128(signals[Signals.TOKENS]));
        _requireData(moves, signals, Signals.MOVES_COMMITMENT, Signals.MOVES_POINT);
        verifyArrival(verifier, proof, signals, arrivals);
    }

    /// @notice Checks a migration for its target: the arrivals.
    function verifyArrival(
        address verifier,
        uint256[8] calldata proof,
        uint256[17] calldata signals,
        bytes calldata arrivals
    ) public view {
        _requireData(arrivals, signals, Signals.ARRIVALS_COMMITMENT, Signals.ARRIVALS_POINT);
        // This encoding is that of a statement (`Statements`).
        IBatchVerifier(verifier).verify(abi.encode(MIGRATION_CIRCUIT, proof, signals));
    }

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Binds the proof to the shown slots (docs/protocol.md §7). The signal of the evaluation follows that of the
    ///      commitment.
    function _requireData(
        bytes calldata slots,
        uint256[17] calldata signals,
        uint256 commitment,
        uint256 point
    ) private pure {
        if (slots.length % ForcedOperation.SLOT_BYTES != 0 || slots.length > MAX_BYTES) {
            revert IMigration.WrongMigrantsLength(slots.length, MAX_BYTES);
        }
        uint256[] memory openings = Openings.allocate(keccak256(slots), 1);
        openings.setLeaf(0, signals[commitment], 0);
        uint256 z = openings.challenge();
        _requireSignal(signals, point, z);
        _requireSignal(signals, commitment + 1, DataCommitment.evaluateLeaf(slots, z));
    }

    /// @dev Reverts unless a signal has the expected value.
    function _requireSignal(uint256[17] calldata signals, uint256 position, uint256 expected) private pure {
        if (signals[position] != expected) revert IMigration.WrongSignal(position, signals[position], expected);
    }
}
