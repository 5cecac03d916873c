// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/poseidon.circom";

/**
 * Prove: the tree with root `root` has `leaf` at `index`.
 *
 * As PathUpdate, without a new root: at each level the one child on the path must be the node computed below it.
 *
 * @param DEPTH levels of arity 4, 1 … 16
 * @input indexBits[2·DEPTH] binary (ensured by the caller), little-endian
 * @input leaf field element
 * @input children[DEPTH][4] private; level 0 holds the children of the root
 * @output root
 * @constraints PathRoot(5): 1,500; PathRoot(16): 4,800
 */
template PathRoot(DEPTH) {
    assert(DEPTH >= 1 && DEPTH <= 16);
    
    signal input indexBits[2 * DEPTH];
    signal input leaf;
    signal input children[DEPTH][4];
    signal output root;

    signal node[DEPTH + 1];
    node[DEPTH] <== leaf;

    signal low[DEPTH];
    signal high[DEPTH];
    component hash[DEPTH];

    for (var level = DEPTH - 1; level >= 0; level--) {
        var bit0 = indexBits[2 * (DEPTH - 1 - level)];
        var bit1 = indexBits[2 * (DEPTH - 1 - level) + 1];

        low[level] <== children[level][0] + bit0 * (children[level][1] - children[level][0]);
        high[level] <== children[level][2] + bit0 * (children[level][3] - children[level][2]);
        bit1 * (high[level] - low[level]) === node[level + 1] - low[level];

        hash[level] = Poseidon(4);
        hash[level].inputs <== children[level];
        node[level] <== hash[level].out;
    }
    root <== node[0];
}
