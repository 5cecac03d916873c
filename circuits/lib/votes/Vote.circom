// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/poseidon.circom";
include "../tree/BinaryRoot.circom";

/**
 * Prove: the transcript has `(nodes, h, S)` as the vote for the node, or, if `exists` is 0, nothing; then the three are
 * 0. The leaf of a vote is `Poseidon(Poseidon(nodes, h), S)`. The root fixes `exists`: a Poseidon hash is never 0.
 *
 * @param TREE_BITS depth of the tree of votes, 1 … 4
 * @input votesRoot field element
 * @input nodeBits[TREE_BITS] binary (ensured by the caller), little-endian
 * @input vote[3] nodes, h, S; exists, path[TREE_BITS] private
 * @constraints Vote(4): 1,449
 */
template Vote(TREE_BITS) {
    assert(TREE_BITS >= 1 && TREE_BITS <= 4);
    
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

    component votes = BinaryRoot(TREE_BITS);
    votes.leaf <== exists * hash.out;
    votes.indexBits <== nodeBits;
    votes.siblings <== path;
    votes.root === votesRoot;
}
