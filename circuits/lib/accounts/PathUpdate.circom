// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/poseidon.circom";

/**
 * Prove: the tree with root `oldRoot` has `oldLeaf` at `index`, and `newRoot` is the root of the same tree with
 * `newLeaf` there.
 *
 * At each level the prover gives all four children. The one on the path must be the node computed below it; the others
 * are bound by the hash. The new node has the same children except that one: child + selected·(new − old).
 *
 * @param DEPTH levels of arity 4, 1 … 16
 * @input indexBits[2·DEPTH] binary (ensured by the caller), little-endian
 * @input oldLeaf, newLeaf field elements
 * @input children[DEPTH][4] private; level 0 holds the children of the root
 * @output oldRoot, newRoot
 * @constraints PathUpdate(5): 3,010; PathUpdate(16): 9,632
 */
template PathUpdate(DEPTH) {
    assert(DEPTH >= 1 && DEPTH <= 16);
    
    signal input indexBits[2 * DEPTH];
    signal input oldLeaf;
    signal input newLeaf;
    signal input children[DEPTH][4];
    signal output oldRoot;
    signal output newRoot;

    signal oldNode[DEPTH + 1];
    signal newNode[DEPTH + 1];
    oldNode[DEPTH] <== oldLeaf;
    newNode[DEPTH] <== newLeaf;

    signal bothBits[DEPTH];
    signal selected[DEPTH][4];
    signal low[DEPTH];
    signal high[DEPTH];
    component oldHash[DEPTH];
    component newHash[DEPTH];

    for (var level = DEPTH - 1; level >= 0; level--) {
        var bit0 = indexBits[2 * (DEPTH - 1 - level)];
        var bit1 = indexBits[2 * (DEPTH - 1 - level) + 1];

        bothBits[level] <== bit0 * bit1;
        selected[level][0] <== 1 - bit0 - bit1 + bothBits[level];
        selected[level][1] <== bit0 - bothBits[level];
        selected[level][2] <== bit1 - bothBits[level];
        selected[level][3] <== bothBits[level];

        low[level] <== children[level][0] + bit0 * (children[level][1] - children[level][0]);
        high[level] <== children[level][2] + bit0 * (children[level][3] - children[level][2]);
        bit1 * (high[level] - low[level]) === oldNode[level + 1] - low[level];

        oldHash[level] = Poseidon(4);
        newHash[level] = Poseidon(4);
        for (var i = 0; i < 4; i++) {
            oldHash[level].inputs[i] <== children[level][i];
            newHash[level].inputs[i] <==
                children[level][i] + selected[level][i] * (newNode[level + 1] - oldNode[level + 1]);
        }
        oldNode[level] <== oldHash[level].out;
        newNode[level] <== newHash[level].out;
    }

    oldRoot <== oldNode[0];
    newRoot <== newNode[0];
}
