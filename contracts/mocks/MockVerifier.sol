// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IBatchVerifier, LEAF_CIRCUIT } from "../interfaces/IBatchVerifier.sol";
import { ICircuitSizes, ILeafSizes, IMergeSizes } from "../interfaces/ICircuitSizes.sol";
import { Statements } from "../libraries/Statements.sol";
import { LeafVerifyingKey } from "../verification/keys/LeafVerifyingKey.sol";
import { MergeVerifyingKey } from "../verification/keys/MergeVerifyingKey.sol";

/**
 * @title MockVerifier
 * @notice Accepts a proof of a circuit if, and only if, it was made for exactly these public inputs: its first word is
 *         their hash. So a test of the protocol that passes has named every input, and one that alters any of them is
 *         refused.
 */
contract MockVerifier is IBatchVerifier, IMergeSizes {
    /// @inheritdoc ICircuitSizes
    // solhint-disable-next-line var-name-mixedcase
    uint256 public DEPTH = LeafVerifyingKey.DEPTH;

    /// @inheritdoc ICircuitSizes
    // solhint-disable-next-line var-name-mixedcase
    uint256 public LEVELS = LeafVerifyingKey.LEVELS;

    /// @inheritdoc ILeafSizes
    // solhint-disable-next-line var-name-mixedcase
    uint256 public SLOTS = LeafVerifyingKey.SLOTS;

    /// @inheritdoc IMergeSizes
    // solhint-disable-next-line var-name-mixedcase
    uint256 public TICKET_BITS = MergeVerifyingKey.TICKET_BITS;

    /// @inheritdoc IMergeSizes
    // solhint-disable-next-line var-name-mixedcase
    uint256 public TREE_BITS = MergeVerifyingKey.TREE_BITS;

    /// @inheritdoc IBatchVerifier
    function verify(bytes calldata statements) external pure {
        if (statements.length == 0) revert NoStatements();
        uint256 size;
        for (uint256 i = 0; statements.length > 0; ++i) {
            if (statements.length < 0x20) revert TruncatedStatement(i, statements.length, 0x20);
            uint256 circuit = uint256(bytes32(statements[:0x20]));
            size = Statements.size(
                circuit == LEAF_CIRCUIT ? LeafVerifyingKey.PUBLIC_SIGNALS : MergeVerifyingKey.PUBLIC_SIGNALS
            );
            if (statements.length < size) revert TruncatedStatement(i, statements.length, size);
            uint256 firstProofWord = uint256(bytes32(statements[0x20:0x40]));
            bytes32 hash = keccak256(abi.encodePacked(circuit, statements[Statements.HEAD_BYTES:size]));
            if (firstProofWord != uint256(hash)) revert ProofsRejected();
            statements = statements[size:];
        }
    }

    /// @notice Makes this a verifier of another profile.
    function setSizes(uint256 depth, uint256 levels, uint256 slots) external {
        (DEPTH, LEVELS, SLOTS) = (depth, levels, slots);
    }

    /// @notice The same for the merge circuit.
    function setTreeSizes(uint256 ticketBits, uint256 treeBits) external {
        (TICKET_BITS, TREE_BITS) = (ticketBits, treeBits);
    }

    /// @notice First word of the proof that `verify` accepts.
    function hashOf(uint256 circuit, uint256[] memory inputs) public pure returns (uint256) {
        return uint256(keccak256(abi.encodePacked(circuit, inputs)));
    }
}
