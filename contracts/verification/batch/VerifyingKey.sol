// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @title VerifyingKey
 * @notice Reads a Groth16 verification key, with the names of Groth's paper (eprint 2016/260).
 * @dev A key is the words of its points in a row, as the precompiles take them:
 *
 *        α (2 words) | β (4) | γ (4) | δ (4) | IC₀ (2) | IC₁ (2) | …
 *
 *      α, β and γ are from phase 1 of the setup and common to all circuits, δ is from phase 2. IC₀ belongs to the
 *      constant 1, the other points to the public signals. In this form, a key is one literal, and a point is used in
 *      place: the functions return positions in memory. To build structs would cost more than to use them.
 */
library VerifyingKey {
    /// @dev Offsets in the key, behind the length of the `bytes`.
    uint256 private constant ALPHA = 0x20;
    uint256 private constant BETA = 0x60;
    uint256 private constant GAMMA = 0xe0;
    uint256 private constant DELTA = 0x160;
    uint256 private constant IC = 0x1e0;

    uint256 private constant G1_BYTES = 0x40;

    /// @dev Returns the number of points in IC: the number of public signals plus 1.
    function icCount(bytes memory key) internal pure returns (uint256) {
        return (key.length + 0x20 - IC) / G1_BYTES;
    }

    /// @dev Returns the hash of α, β and γ, which all circuits of one setup have in common.
    function phase1Hash(bytes memory key) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            hash := keccak256(add(key, ALPHA), sub(DELTA, ALPHA))
        }
    }

    function alpha(bytes memory key) internal pure returns (uint256 position) {
        return _position(key, ALPHA);
    }

    function beta(bytes memory key) internal pure returns (uint256 position) {
        return _position(key, BETA);
    }

    function gamma(bytes memory key) internal pure returns (uint256 position) {
        return _position(key, GAMMA);
    }

    function delta(bytes memory key) internal pure returns (uint256 position) {
        return _position(key, DELTA);
    }

    /// @return position Position of IC₀. The other points follow, `icCount` in all.
    function ic(bytes memory key) internal pure returns (uint256 position) {
        return _position(key, IC);
    }

    function _position(bytes memory key, uint256 offset) private pure returns (uint256 position) {
        assembly ("memory-safe") {
            position := add(key, offset)
        }
    }
}
