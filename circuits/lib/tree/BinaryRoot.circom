// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/poseidon.circom";

/**
 * Prove: `root` is the root of a binary Poseidon tree that has `leaf` at the index.
 *
 * @param DEPTH levels, at least 1
 * @input leaf field element
 * @input indexBits[DEPTH] binary (ensured by the caller), little-endian
 * @input siblings[DEPTH] private; from the leaf upwards
 * @output root
 * @constraints BinaryRoot(4): 964; BinaryRoot(8): 1,928
 */
template BinaryRoot(DEPTH) {
    assert(DEPTH >= 1);
    
    signal input leaf;
    signal input indexBits[DEPTH];
    signal input siblings[DEPTH];
    signal output root;

    signal node[DEPTH + 1];
    node[0] <== leaf;
    signal swap[DEPTH];
    component hash[DEPTH];
    for (var i = 0; i < DEPTH; i++) {
        swap[i] <== indexBits[i] * (siblings[i] - node[i]);
        hash[i] = Poseidon(2);
        hash[i].inputs[0] <== node[i] + swap[i];
        hash[i].inputs[1] <== siblings[i] - swap[i];
        node[i + 1] <== hash[i].out;
    }
    root <== node[DEPTH];
}
