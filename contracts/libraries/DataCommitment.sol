// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { LeafProfile } from "../verification/keys/LeafProfile.sol";

/**
 * @title DataCommitment
 * @notice Binds a batch's bytes on L1 to what the leaf circuit proves about (docs/protocol.md §4, §7).
 * @dev Data that ends within a leaf counts as padded with zero bytes.
 */
library DataCommitment {
    /// @dev Order of the scalar field.
    uint256 internal constant FIELD = 21888242871839275222246405745257275088548364400416034343698204186575808495617;

    /// @dev Bytes of one field element of data.
    uint256 internal constant CHUNK_BYTES = 31;

    /// @dev Bytes that one leaf proof covers.
    uint256 internal constant LEAF_BYTES = LeafProfile.SLOTS * 3 * CHUNK_BYTES;

    uint256 private constant FORCED_COUNT_OFFSET = 64;
    uint256 private constant FORCED_COUNT_MASK = 0xffff << FORCED_COUNT_OFFSET;

    /// @return Leaves that so many bytes take, at least 1.
    function leafCount(uint256 dataLength) internal pure returns (uint256) {
        return dataLength == 0 ? 1 : (dataLength + LEAF_BYTES - 1) / LEAF_BYTES;
    }

    /// @param header Header chunk with the forced operations of the whole batch.
    function dataHash(uint256 header, bytes calldata data) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(header, data));
    }

    /// @return z Where the leaves are evaluated. Fixed only after the data and every commitment.
    function challenge(bytes32 hash, uint256[] memory commitments) internal pure returns (uint256 z) {
        return uint256(keccak256(abi.encodePacked(hash, commitments))) % FIELD;
    }

    /**
     * @param header Header chunk; its forced count is replaced by each leaf's own.
     * @param forcedCount Forced operations at the beginning of `data`.
     * @param z Below the field's order.
     * @return evaluations `y` of each leaf: Σ chunkᵢ·zⁱ, the header being chunk 0.
     */
    function evaluate(
        uint256 header,
        uint256 forcedCount,
        bytes calldata data,
        uint256 z
    ) internal pure returns (uint256[] memory evaluations) {
        evaluations = new uint256[](leafCount(data.length));
        uint256 constantPart = header & ~FORCED_COUNT_MASK;
        for (uint256 leaf = 0; leaf < evaluations.length; ++leaf) {
            uint256 start = leaf * LEAF_BYTES;
            uint256 end = start + LEAF_BYTES;
            uint256 slots = _evaluateChunks(data, start, end < data.length ? end : data.length, z);
            uint256 forced = _forcedOfLeaf(forcedCount, leaf);
            evaluations[leaf] = addmod(constantPart | (forced << FORCED_COUNT_OFFSET), mulmod(slots, z, FIELD), FIELD);
        }
    }

    /// @return How many of the batch's forced operations fall into this leaf.
    function _forcedOfLeaf(uint256 forcedCount, uint256 leaf) private pure returns (uint256) {
        uint256 before = leaf * LeafProfile.SLOTS;
        if (forcedCount <= before) return 0;
        uint256 rest = forcedCount - before;
        return rest < LeafProfile.SLOTS ? rest : LeafProfile.SLOTS;
    }

    /// @return sum Σ chunkᵢ·zⁱ over the 31-byte chunks of data[start … end), the last one padded.
    function _evaluateChunks(
        bytes calldata data,
        uint256 start,
        uint256 end,
        uint256 z
    ) private pure returns (uint256 sum) {
        if (end <= start) return 0;
        uint256 lastChunk = start + ((end - start - 1) / CHUNK_BYTES) * CHUNK_BYTES;
        uint256 lastBytes = end - lastChunk;
        // Assembly: Horner's rule over all posted data, from the last chunk down, without bounds checks (start < end ≤ length).
        // A chunk is a word whose lowest byte, the next chunk's first, is shifted out; of the last one more is.
        assembly ("memory-safe") {
            let position := add(data.offset, lastChunk)
            let first := add(data.offset, start)
            let unused := mul(8, sub(32, lastBytes))
            // In place: the high `lastBytes` bytes of a 31-byte number.
            sum := shr(8, shl(unused, shr(unused, calldataload(position))))
            for { } gt(position, first) { } {
                position := sub(position, CHUNK_BYTES)
                sum := addmod(mulmod(sum, z, FIELD), shr(8, calldataload(position)), FIELD)
            }
        }
    }
}
