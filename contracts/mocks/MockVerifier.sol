// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IBatchVerifier } from "../interfaces/IBatchVerifier.sol";
import { Statements } from "../libraries/Statements.sol";
import { LeafVerifyingKey } from "../verification/keys/LeafVerifyingKey.sol";

/**
 * @title MockVerifier
 * @notice Accepts a proof of the leaf circuit if, and only if, it was made for exactly these public inputs: its first
 *         word is their hash. So a test of the protocol that passes has named every input, and one that alters any of
 *         them is refused.
 */
contract MockVerifier is IBatchVerifier {
    /// @inheritdoc IBatchVerifier
    function verify(bytes calldata statements) external pure {
        if (statements.length == 0) revert NoStatements();
        uint256 size = Statements.size(LeafVerifyingKey.PUBLIC_SIGNALS);
        for (uint256 offset = 0; offset < statements.length; offset += size) {
            bytes calldata rest = statements[offset:];
            if (rest.length < size) revert TruncatedStatement(offset / size, rest.length, size);
            uint256 circuit = uint256(bytes32(rest[:0x20]));
            uint256 firstProofWord = uint256(bytes32(rest[0x20:0x40]));
            bytes32 hash = keccak256(abi.encodePacked(circuit, rest[Statements.HEAD_BYTES:size]));
            if (firstProofWord != uint256(hash)) revert ProofsRejected();
        }
    }

    /// @notice First word of the proof that `verify` accepts.
    function hashOf(uint256 circuit, uint256[] memory inputs) public pure returns (uint256) {
        return uint256(keccak256(abi.encodePacked(circuit, inputs)));
    }
}
