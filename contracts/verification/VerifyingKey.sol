// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * The part of a Groth16 verifying key that phase 1 fixes, and that all circuits of a deployment share.
 * G1 points are (x, y), G2 points (x.c1, x.c0, y.c1, y.c0), as in EIP-197.
 */
struct Phase1Key {
    uint256[2] alpha;
    uint256[4] beta;
    uint256[4] gamma;
}

/// The part of a Groth16 verifying key that belongs to one circuit. `ic` holds x and y of one point more than there are inputs.
struct CircuitKey {
    uint256[4] delta;
    uint256[] ic;
}
