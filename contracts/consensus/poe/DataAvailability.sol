// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @title DataAvailability
 * @notice Finds the bytes of a batch, and binds a proof to them. A mode implements two functions. The mode is chosen at
 *         compile time, so the choice costs nothing at run time.
 * @dev The sequencer gives `data`: the bytes themselves, or a reference by which the mode finds them.
 */
abstract contract DataAvailability {
    /**
     * @dev Returns the size of a batch, and its forced operations.
     * @param forcedCount Number of forced operations at the beginning of `data`, as the sequencer says.
     * @return leaves Number of leaves of the batch, at least 1.
     * @return forcedSlots Bytes of the forced operations; shorter than they should be if `data` is.
     */
    function _layout(
        bytes calldata data,
        uint256 forcedCount
    ) internal view virtual returns (uint256 leaves, bytes calldata forcedSlots);

    /**
     * @dev Binds commitments to the bytes of a batch.
     * @param commitments Poseidon commitments of the leaves, one for each leaf.
     * @return dataHash Hash that binds every byte; does not depend on the commitments.
     * @return evaluations Values of the leaves' polynomials at `DataCommitment.challenge(dataHash, commitments)`.
     */
    function _bind(
        bytes calldata data,
        uint256[] memory commitments
    ) internal view virtual returns (bytes32 dataHash, uint256[] memory evaluations);
}
