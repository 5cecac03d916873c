// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

/**
 * Prove: `out` is the value at the index.
 *
 * @param BITS bits of the index, 1 … 8
 * @input values[2^BITS] field elements
 * @input indexBits[BITS] binary (ensured by the caller), little-endian
 * @output out
 * @constraints Select(4): 15
 */
template Select(BITS) {
    assert(BITS >= 1 && BITS <= 8);
    
    signal input values[1 << BITS];
    signal input indexBits[BITS];
    signal output out;

    // A binary heap over the values, with node 1 as its root; each node is one of its two children.
    signal nodes[2 << BITS];
    nodes[0] <== 0;
    for (var i = 0; i < 1 << BITS; i++) {
        nodes[(1 << BITS) + i] <== values[i];
    }
    for (var level = BITS - 1; level >= 0; level--) {
        for (var node = 1 << level; node < 2 << level; node++) {
            nodes[node] <== nodes[2 * node] + indexBits[BITS - 1 - level] * (nodes[2 * node + 1] - nodes[2 * node]);
        }
    }
    out <== nodes[1];
}
