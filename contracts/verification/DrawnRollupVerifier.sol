// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { LEAF_CIRCUIT, MERGE_CIRCUIT } from "./circuitIds.sol";
import { ICircuitSizes, ILeafSizes, IMergeSizes } from "../interfaces/ICircuitSizes.sol";
import { BatchVerifier } from "./batch/BatchVerifier.sol";
import { IStatementVerifier } from "./IStatementVerifier.sol";
import { StatementVerifier } from "./StatementVerifier.sol";
import { LeafVerifyingKey } from "./keys/LeafVerifyingKey.sol";
import { DrawnMergeVerifyingKey } from "./keys/DrawnMergeVerifyingKey.sol";

/// @title DrawnRollupVerifier
/// @notice Verifies proofs of the leaf circuit (docs/protocol.md §6), whose id is `LEAF_CIRCUIT`, and of the merge
///         circuit that counts votes of elected tickets alone (docs/b52.md §11), whose id is `MERGE_CIRCUIT`: whole
///         proof trees in one call.
contract DrawnRollupVerifier is StatementVerifier, IStatementVerifier, IMergeSizes {
    /// @notice Says whether one of the keys is a development key.
    /// @dev WARNING: The secret of a development key is public. Anyone can prove any statement with it.
    bool public constant IS_DEVELOPMENT = LeafVerifyingKey.IS_DEVELOPMENT || DrawnMergeVerifyingKey.IS_DEVELOPMENT;

    /// @inheritdoc ICircuitSizes
    uint256 public constant DEPTH = LeafVerifyingKey.DEPTH;

    /// @inheritdoc ILeafSizes
    uint256 public constant SLOTS = LeafVerifyingKey.SLOTS;

    /// @inheritdoc ICircuitSizes
    uint256 public constant LEVELS = LeafVerifyingKey.LEVELS;

    /// @inheritdoc IMergeSizes
    uint256 public constant TICKET_BITS = DrawnMergeVerifyingKey.TICKET_BITS;

    /// @inheritdoc IMergeSizes
    uint256 public constant TREE_BITS = DrawnMergeVerifyingKey.TREE_BITS;

    /// @inheritdoc IMergeSizes
    uint256 public constant DRAWS = DrawnMergeVerifyingKey.DRAWS;

    /// @inheritdoc IStatementVerifier
    function verifyJointly(bytes calldata, bytes calldata) external pure {
        revert NoJointProofs();
    }

    /// @inheritdoc BatchVerifier
    function _verifyingKeys() internal pure override returns (bytes[] memory keys) {
        keys = new bytes[](2);
        keys[LEAF_CIRCUIT] = LeafVerifyingKey.POINTS;
        keys[MERGE_CIRCUIT] = DrawnMergeVerifyingKey.POINTS;
    }
}
