// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @title Statements
 * @notice Encodes the statements that `IBatchVerifier` verifies, with their proofs.
 * @dev A statement is a row of words, and a list is its statements in a row, without lengths or padding:
 *
 *        head | A.x | A.y | B.x₁ | B.x₀ | B.y₁ | B.y₀ | C.x | C.y | word 0 | … | word n − 1
 *
 *      `head` is the circuit's id and, from bit 8 on, the number of words beyond those that every statement of the
 *      circuit has: both fix n. The words are the public signals of the circuit or, if a verifier condenses statements,
 *      the words that it condenses to them. The eight words of the proof are as in EIP-197: the imaginary part of a
 *      coordinate of B comes first. Inputs are the public signals in circom's order: outputs, then inputs.
 *
 *      Why not an array of structs: with 13 inputs, a struct that is built in memory and ABI-encoded costs 4,000 gas
 *      more for each statement, 7% of the price of a further proof.
 */
library Statements {
    /// @dev Bytes of a statement before its inputs.
    uint256 internal constant HEAD_BYTES = 0x120;

    /// @dev Returns the number of bytes of a statement with this number of inputs.
    function size(uint256 inputCount) internal pure returns (uint256) {
        return HEAD_BYTES + inputCount * 0x20;
    }

    /// @dev Returns the first word of a statement.
    function head(uint256 circuit, uint256 further) internal pure returns (uint256) {
        return circuit | (further << 8);
    }

    /**
     * @notice Reads the first word of a statement.
     * @return circuit Id of the circuit, below 256.
     * @return further Number of words beyond those that every statement of the circuit has.
     */
    function parseHead(uint256 word) internal pure returns (uint256 circuit, uint256 further) {
        return (word & 0xff, word >> 8);
    }

    /**
     * @notice Writes a statement to `list` at `offset`. Fails if the list has no room for it.
     * @return end Offset after the statement, for the next one.
     */
    function write(
        bytes memory list,
        uint256 offset,
        uint256 circuit,
        uint256[8] calldata proof,
        uint256[] memory inputs
    ) internal pure returns (uint256 end) {
        end = offset + size(inputs.length);
        assert(end <= list.length);
        // Assembly: copies whole arrays.
        assembly ("memory-safe") {
            let statement := add(add(list, 0x20), offset)
            mstore(statement, circuit)
            calldatacopy(add(statement, 0x20), proof, 0x100)
            mcopy(add(statement, HEAD_BYTES), add(inputs, 0x20), shl(5, mload(inputs)))
        }
    }

    /// @notice Shortens a list that was allocated for the worst case.
    function truncate(bytes memory list, uint256 length) internal pure {
        assert(length <= list.length);
        // Assembly: shortening an array in memory is safe.
        assembly ("memory-safe") {
            mstore(list, length)
        }
    }
}
