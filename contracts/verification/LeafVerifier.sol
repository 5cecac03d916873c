// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { LEAF_CIRCUIT } from "./circuitIds.sol";
import { ICircuitSizes, ILeafSizes } from "../interfaces/ICircuitSizes.sol";
import { BatchVerifier } from "./batch/BatchVerifier.sol";
import { IChainVerifier } from "./IChainVerifier.sol";
import { StatementVerifier } from "./StatementVerifier.sol";
import { LeafVerifyingKey } from "./keys/LeafVerifyingKey.sol";

/// @title LeafVerifier
/// @notice Verifies proofs of the leaf circuit (docs/protocol.md §6), whose id is `LEAF_CIRCUIT`.
contract LeafVerifier is StatementVerifier, IChainVerifier, ILeafSizes {
    /// @notice Says whether the key is a development key.
    /// @dev WARNING: The secret of a development key is public. Anyone can prove any statement with it.
    bool public constant IS_DEVELOPMENT = LeafVerifyingKey.IS_DEVELOPMENT;

    /// @inheritdoc ICircuitSizes
    uint256 public constant DEPTH = LeafVerifyingKey.DEPTH;

    /// @inheritdoc ILeafSizes
    uint256 public constant SLOTS = LeafVerifyingKey.SLOTS;

    /// @inheritdoc ICircuitSizes
    uint256 public constant LEVELS = LeafVerifyingKey.LEVELS;

    /// @inheritdoc IChainVerifier
    function verifyChain(bytes calldata, uint256, uint256, bytes calldata) public view virtual {
        revert NoJointProofs();
    }

    /// @inheritdoc BatchVerifier
    function _verifyingKeys() internal pure override returns (bytes[] memory keys) {
        keys = new bytes[](1);
        keys[LEAF_CIRCUIT] = LeafVerifyingKey.POINTS;
    }
}
