// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/poseidon.circom";
include "../tree/BinaryRoot.circom";

/**
 * Prove: the transcript has `(nodes, h, S)` as the vote for the node, or, if `exists` is 0, nothing; then the three are
 * 0. The leaf of a vote is `Poseidon(Poseidon(nodes, h), S)`. The root fixes `exists`: a Poseidon hash is never 0.
 *
 * Where tickets are drawn (docs/b52.md §11), a vote has a pair `gamma` as well, and its leaf is the hash of that leaf
 * and of `Poseidon(gamma)`. A circuit knows one form, so no leaf can be opened in two.
 *
 * @param TREE_BITS depth of the tree of votes, 1 … 4
 * @param DRAWS 1 where tickets are drawn, else 0
 * @input votesRoot field element
 * @input nodeBits[TREE_BITS] binary (ensured by the caller), little-endian
 * @input vote[3] nodes, h, S; exists, path[TREE_BITS] private
 * @input gamma[2] private, if `DRAWS` is 1
 * @constraints Vote(4, 0): 1,449; Vote(4, 1): 1,931
 */
template Vote(TREE_BITS, DRAWS) {
    assert(TREE_BITS >= 1 && TREE_BITS <= 4);
    assert(DRAWS == 0 || DRAWS == 1);

    signal input votesRoot;
    signal input nodeBits[TREE_BITS];
    signal input vote[3];
    signal input exists;
    signal input path[TREE_BITS];

    var NODES = 0;
    var H = 1;
    var S = 2;

    exists * (1 - exists) === 0;
    for (var i = 0; i < 3; i++) {
        vote[i] * (1 - exists) === 0;
    }
    // Hashes of two numbers only: L1 opens votes as well, and has no other Poseidon.
    component inner = Poseidon(2);
    inner.inputs[0] <== vote[NODES];
    inner.inputs[1] <== vote[H];
    component hash = Poseidon(2);
    hash.inputs[0] <== inner.out;
    hash.inputs[1] <== vote[S];

    var leaf = hash.out;
    if (DRAWS == 1) {
        signal input gamma[2];
        component point = Poseidon(2);
        point.inputs <== gamma;
        component drawn = Poseidon(2);
        drawn.inputs[0] <== hash.out;
        drawn.inputs[1] <== point.out;
        for (var i = 0; i < 2; i++) {
            gamma[i] * (1 - exists) === 0;
        }
        leaf = drawn.out;
    }

    component votes = BinaryRoot(TREE_BITS);
    votes.leaf <== exists * leaf;
    votes.indexBits <== nodeBits;
    votes.siblings <== path;
    votes.root === votesRoot;
}
