// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @title DataAvailability
 * @notice Where the bytes of a batch are, and how L1 binds a proof to them. A mode implements two functions; which one is in
 *         use is settled at compile time, so the choice costs nothing at run time.
 * @dev `data` is what the sequencer hands in: the bytes themselves, or what a mode needs to find them.
 */
abstract contract DataAvailability {
    /**
     * @param forcedCount Number of forced operations that `data` begins with, as the sequencer says.
     * @return leaves Number of leaves of the batch, at least 1.
     * @return forcedSlots Bytes of the forced operations; shorter than they should be if `data` is.
     */
    function _layout(
        bytes calldata data,
        uint256 forcedCount
    ) internal view virtual returns (uint256 leaves, bytes calldata forcedSlots);

    /**
     * @param commitments Poseidon commitments of the leaves, as many as there are leaves.
     * @return dataHash Binds every byte; does not depend on the commitments.
     * @return evaluations Of each leaf's polynomial at `DataCommitment.challenge(dataHash, commitments)`.
     */
    function _bind(
        bytes calldata data,
        uint256[] memory commitments
    ) internal view virtual returns (bytes32 dataHash, uint256[] memory evaluations);
}
