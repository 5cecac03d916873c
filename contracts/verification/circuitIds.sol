// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev Id of the leaf circuit (docs/protocol.md §6) in the verifiers of transitions.
uint256 constant LEAF_CIRCUIT = 0;

/// @dev Id of the merge circuit (docs/b52.md §3) in those that have it.
uint256 constant MERGE_CIRCUIT = 1;

/// @dev Id of the escape circuit (docs/enforcement.md §3) in the verifier of enforcement.
uint256 constant ESCAPE_CIRCUIT = 0;

/// @dev Id of the migration circuit (docs/enforcement.md §5.3) in the verifier of enforcement.
uint256 constant MIGRATION_CIRCUIT = 1;
