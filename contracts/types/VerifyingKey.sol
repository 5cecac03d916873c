// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { G1Point, G2Point } from "../libraries/BN254.sol";

/**
 * A Groth16 verification key, named as in Groth's paper (eprint 2016/260).
 *
 * digest  keccak256 of the words of all points, in this order.
 * alpha   With `beta` and `gamma` from phase 1 of the setup: the same for all circuits.
 * delta   From phase 2 of the setup: another for each circuit.
 * ic      One point for the constant 1, then one for each public signal.
 */
struct VerifyingKey {
    bytes32 digest;
    G1Point alpha;
    G2Point beta;
    G2Point gamma;
    G2Point delta;
    G1Point[] ic;
}
