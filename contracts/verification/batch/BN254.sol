// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Holds an affine point of BN254's G1, as in EIP-196; (0, 0) is the point at infinity.
struct G1Point {
    uint256 x;
    uint256 y;
}

/**
 * @title BN254
 * @notice Calls the curve's precompiles (EIP-196, EIP-197; prices by EIP-1108).
 * @dev Each precompile fails, and consumes all its gas, if a coordinate is not below the base field's prime or a point
 *      is not in its group: `ecAdd` and `ecMul` check that points are on the curve (G1 is the whole curve), the pairing
 *      also that its G2 points are in the subgroup. Fixed gas limits would save the gas of a caller with invalid
 *      points, but a repricing of a precompile would then break an immutable contract for ever. So all gas is
 *      forwarded, and the caller, who gave the points, pays.
 */
library BN254 {
    /// @dev Order of G1 and G2: the field of scalars and public signals, `p` in docs/protocol.md.
    uint256 internal constant SCALAR_FIELD =
        21888242871839275222246405745257275088548364400416034343698204186575808495617;

    /// @dev Field of the coordinates.
    uint256 internal constant BASE_FIELD =
        21888242871839275222246405745257275088696311157297823662689037894645226208583;

    /// @dev Bytes of a pair (G1, G2).
    uint256 internal constant PAIR_BYTES = 192;

    /**
     * @notice Adds Σ scalarsᵢ · pointsᵢ to `sum`.
     * @param sum Point of G1, which is changed.
     * @param points Position in memory of the points, two words each, one for each scalar.
     * @param scalars Factors of the points.
     * @return valid False if a point is not in G1; then `sum` has no meaning.
     */
    function mulAdd(G1Point memory sum, uint256 points, uint256[] memory scalars) internal view returns (bool valid) {
        // Assembly: calls precompiles, with each result where the next call wants it.
        assembly ("memory-safe") {
            let input := mload(0x40)
            let product := add(input, 0x40)
            mcopy(input, sum, 0x40)
            valid := 1
            let scalar := add(scalars, 0x20)
            for {
                let end := add(scalar, shl(5, mload(scalars)))
            } lt(scalar, end) {
                scalar := add(scalar, 0x20)
                points := add(points, 0x40)
            } {
                mcopy(product, points, 0x40)
                mstore(add(product, 0x40), mload(scalar))
                valid := and(valid, staticcall(gas(), 0x07, product, 0x60, product, 0x40))
                valid := and(valid, staticcall(gas(), 0x06, input, 0x80, input, 0x40))
            }
            mcopy(sum, input, 0x40)
        }
    }

    /// @notice Allocates the input of `pairing`.
    function allocatePairs(uint256 count) internal pure returns (bytes memory pairs) {
        return new bytes(count * PAIR_BYTES);
    }

    /**
     * @notice Returns the position in memory of a pair: a point of G1 (2 words), then one of G2 (4), the imaginary part
     *         of a coordinate first.
     * @param index Number of the pair.
     *        WARNING: It must be below the number of allocated pairs, which is not checked.
     */
    function pairPosition(bytes memory pairs, uint256 index) internal pure returns (uint256 position) {
        assembly ("memory-safe") {
            position := add(add(pairs, 0x20), mul(index, PAIR_BYTES))
        }
    }

    /// @notice Writes a pair at its position. `b` is the position in memory of a point of G2.
    function setPair(uint256 position, G1Point memory a, uint256 b) internal pure {
        // Assembly: Solidity would scatter structs over memory, but the precompile wants them in a row.
        assembly ("memory-safe") {
            mcopy(position, a, 0x40)
            mcopy(add(position, 0x40), b, 0x80)
        }
    }

    /**
     * @notice Returns whether e(a₀, b₀) · e(a₁, b₁) · … = 1 over the first `count` pairs, of those that were allocated.
     * @return valid False if an aᵢ is not in G1 or a bᵢ is not in G2.
     */
    function pairing(bytes memory pairs, uint256 count) internal view returns (bool valid, bool isOne) {
        // Assembly: calls a precompile.
        assembly ("memory-safe") {
            valid := staticcall(gas(), 0x08, add(pairs, 0x20), mul(count, PAIR_BYTES), 0x00, 0x20)
            isOne := and(valid, eq(mload(0x00), 1))
        }
    }
}
