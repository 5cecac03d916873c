// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { BatchHeader } from "../types/BatchHeader.sol";

/**
 * @title LeafChain
 * @notice Encodes a chain of leaves of which each begins in the state in which the one before ends, with the words
 *         that L1 knows, for one joint proof (docs/recursion.md).
 * @dev A row of words:
 *
 *        domain | worker | batch 0 | batch 1 | …
 *
 *      A batch of n leaves, of which there is at least one, and m words of exits:
 *
 *        header | z | sequencer | context | n | m | proverFees of n leaves | n words c | n words y | exits
 *
 *      The header is that of the batch: that of each leaf follows (`BatchHeader.ofLeaf`). Exits have two words each, as
 *      callers show them (`ShownExits`), with slots that are counted through the batch. The states between the leaves
 *      are not in it.
 */
library LeafChain {
    /// @dev Bytes before the first batch.
    uint256 internal constant HEAD_BYTES = 0x40;

    /// @dev Bytes of a batch before the fees.
    uint256 internal constant BATCH_BYTES = 0xc0;

    /// @dev Bytes of a leaf.
    uint256 internal constant LEAF_BYTES = 0x60;

    /// @dev Words of a batch that its leaves have in common. In memory only.
    struct Head {
        BatchHeader header;
        uint256 z;
        uint256 sequencer;
        uint256 context;
    }

    /// @dev Allocates a chain, and writes its head.
    /// @param exitWords Words of the exits of all batches.
    /// @return chain Room for exactly these batches.
    /// @return end Offset of the first batch.
    function allocate(
        uint256 domain,
        address worker,
        uint256 batches,
        uint256 leaves,
        uint256 exitWords
    ) internal pure returns (bytes memory chain, uint256 end) {
        chain = new bytes(HEAD_BYTES + batches * BATCH_BYTES + leaves * LEAF_BYTES + exitWords * 0x20);
        // Assembly: the chain has at least a head.
        assembly ("memory-safe") {
            mstore(add(chain, 0x20), domain)
            mstore(add(chain, 0x40), worker)
        }
        end = HEAD_BYTES;
    }

    /**
     * @dev Writes a batch.
     * @param openings Openings of its leaves (`Openings`), as many as fees.
     * @return end Offset behind it.
     */
    function writeBatch(
        bytes memory chain,
        uint256 offset,
        Head memory head,
        uint256[] calldata proverFees,
        uint256[] memory openings,
        uint256[] calldata exits
    ) internal pure returns (uint256 end) {
        end = offset + BATCH_BYTES + proverFees.length * LEAF_BYTES + exits.length * 0x20;
        assert(end <= chain.length && openings.length == 2 * proverFees.length + 1);
        // Assembly: copies whole arrays. The chain has room for them.
        assembly ("memory-safe") {
            let position := add(add(chain, 0x20), offset)
            mcopy(position, head, 0x80)
            mstore(add(position, 0x80), proverFees.length)
            mstore(add(position, 0xa0), exits.length)
            position := add(position, BATCH_BYTES)
            let size := shl(5, proverFees.length)
            calldatacopy(position, proverFees.offset, size)
            position := add(position, size)
            mcopy(position, add(openings, 0x40), shl(1, size))
            calldatacopy(add(position, shl(1, size)), exits.offset, shl(5, exits.length))
        }
    }
}
