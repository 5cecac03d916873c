// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/poseidon.circom";

/**
 * Prove: `c` commits to the leaf's data and `y` is its value as a polynomial at `z` (docs/protocol.md §6, §7).
 *
 * @param SLOTS slots of the leaf, at least 1
 * @input chunks[SLOTS][3], z field elements
 * @output c Poseidon(… Poseidon(Poseidon(0, slot 0), slot 1) …)
 * @output y Σ chunkᵢ·zⁱ, i from 0
 * @constraints DataCommitment(4): 1,196
 */
template DataCommitment(SLOTS) {
    assert(SLOTS >= 1);
    
    signal input chunks[SLOTS][3];
    signal input z;
    signal output c;
    signal output y;

    component hash[SLOTS];
    for (var slot = 0; slot < SLOTS; slot++) {
        hash[slot] = Poseidon(4);
        hash[slot].inputs[0] <== slot == 0 ? 0 : hash[slot - 1].out;
        for (var i = 0; i < 3; i++) {
            hash[slot].inputs[1 + i] <== chunks[slot][i];
        }
    }
    c <== hash[SLOTS - 1].out;

    // Horner's rule from the last chunk down.
    signal sum[3 * SLOTS];
    sum[3 * SLOTS - 1] <== chunks[SLOTS - 1][2];
    for (var i = 3 * SLOTS - 2; i >= 0; i--) {
        sum[i] <== sum[i + 1] * z + chunks[i \ 3][i % 3];
    }
    y <== sum[0];
}
