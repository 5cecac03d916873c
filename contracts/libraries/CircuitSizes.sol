// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ICircuitSizes, ILeafSizes, IMergeSizes } from "../interfaces/ICircuitSizes.sol";
import { EscapeVerifyingKey } from "../verification/keys/EscapeVerifyingKey.sol";
import { TicketTree } from "../staking/TicketTree.sol";
import { LeafVerifyingKey } from "../verification/keys/LeafVerifyingKey.sol";
import { MergeVerifyingKey } from "../verification/keys/MergeVerifyingKey.sol";
import { MigrationVerifyingKey } from "../verification/keys/MigrationVerifyingKey.sol";
import { VoteOpening } from "./VoteOpening.sol";

/**
 * @title CircuitSizes
 * @notice Compares the sizes of circuits, for constructors: all circuits of a rollup prove about one tree of accounts,
 *         and the leaf inserts the subtrees that migrations make.
 */
library CircuitSizes {
    /// @notice Rejects a circuit whose size does not fit.
    error CircuitSizeMismatch(string name, uint256 size, uint256 expected);

    /// @dev Compares the keys that were compiled together. All sizes are constants, so the optimiser removes the
    ///      comparison, or leaves the error only.
    function requireOneProfile() internal pure {
        requireFit(
            LeafVerifyingKey.DEPTH,
            LeafVerifyingKey.LEVELS,
            MigrationVerifyingKey.DEPTH,
            MigrationVerifyingKey.LEVELS,
            MigrationVerifyingKey.MIGRANTS,
            EscapeVerifyingKey.DEPTH
        );
    }

    /// @dev Compares any sizes of one profile.
    function requireFit(
        uint256 leafDepth,
        uint256 leafLevels,
        uint256 migrationDepth,
        uint256 migrationLevels,
        uint256 migrants,
        uint256 escapeDepth
    ) internal pure {
        _requireEqual("migration.DEPTH", migrationDepth, leafDepth);
        _requireEqual("migration.LEVELS", migrationLevels, leafLevels);
        _requireEqual("migration.MIGRANTS", migrants, 4 ** leafLevels);
        _requireEqual("escape.DEPTH", escapeDepth, leafDepth);
    }

    /// @dev Compares a deployed verifier of the leaf circuit with the key that the consensus was compiled with.
    function requireLeafVerifier(address verifier) internal view {
        _requireEqual("verifier.DEPTH", ILeafSizes(verifier).DEPTH(), LeafVerifyingKey.DEPTH);
        _requireEqual("verifier.LEVELS", ILeafSizes(verifier).LEVELS(), LeafVerifyingKey.LEVELS);
        _requireEqual("verifier.SLOTS", ILeafSizes(verifier).SLOTS(), LeafVerifyingKey.SLOTS);
    }

    /// @dev Compares a deployed verifier of the leaf and the merge circuit with the keys that the consensus was
    ///      compiled with, and the merge circuit with the trees that L1 opens.
    /// @param isDrawn True if the key has to be that of the merge circuit that counts votes of elected tickets alone.
    function requireMergeVerifier(address verifier, bool isDrawn) internal view {
        requireLeafVerifier(verifier);
        _requireEqual("verifier.TICKET_BITS", IMergeSizes(verifier).TICKET_BITS(), MergeVerifyingKey.TICKET_BITS);
        _requireEqual("verifier.TREE_BITS", IMergeSizes(verifier).TREE_BITS(), MergeVerifyingKey.TREE_BITS);
        _requireEqual("verifier.DRAWS", IMergeSizes(verifier).DRAWS(), isDrawn ? 1 : 0);
        requireMergeFit(MergeVerifyingKey.TICKET_BITS, MergeVerifyingKey.TREE_BITS);
    }

    /// @dev Compares the merge circuit with the trees of the registry and of the votes.
    function requireMergeFit(uint256 ticketBits, uint256 treeBits) internal pure {
        _requireEqual("merge.TICKET_BITS", ticketBits, TicketTree.DEPTH);
        _requireEqual("merge.TREE_BITS", treeBits, VoteOpening.DEPTH);
    }

    /// @dev Compares a deployed verifier of the circuits of enforcement with the keys that the core was compiled with.
    function requireEnforcementVerifier(address verifier) internal view {
        _requireEqual("enforcement.DEPTH", ICircuitSizes(verifier).DEPTH(), MigrationVerifyingKey.DEPTH);
        _requireEqual("enforcement.LEVELS", ICircuitSizes(verifier).LEVELS(), MigrationVerifyingKey.LEVELS);
    }

    /// @dev Reverts unless two sizes are equal.
    function _requireEqual(string memory name, uint256 size, uint256 expected) private pure {
        if (size != expected) revert CircuitSizeMismatch(name, size, expected);
    }
}
