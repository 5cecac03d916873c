// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/poseidon.circom";
include "../tree/BinaryRoot.circom";

/**
 * Prove: the transcript has `(nodes, h, S)` as the vote for the node, with `gamma` where votes are drawn, or, if `exists`
 * is 0, nothing; then all are 0. The leaf of a vote is `Poseidon(Poseidon(nodes, h), S)`, and where votes are drawn the
 * hash of that and of `gamma`. The root fixes `exists`: a Poseidon hash is never 0. `isDrawn` fixes the form, so no vote
 * can be opened in two forms.
 *
 * @param TREE_BITS depth of the tree of votes, 1 … 4
 * @input votesRoot field element
 * @input nodeBits[TREE_BITS] binary (ensured by the caller), little-endian
 * @input isDrawn binary (ensured by the caller)
 * @input vote[3] nodes, h, S; gamma[2], 0 if `isDrawn` is; exists, path[TREE_BITS] private
 * @constraints Vote(4): 0
 */
template Vote(TREE_BITS) {
    assert(TREE_BITS >= 1 && TREE_BITS <= 4);
    
    signal input votesRoot;
    signal input nodeBits[TREE_BITS];
    signal input isDrawn;
    signal input vote[3];
    signal input gamma[2];
    signal input exists;
    signal input path[TREE_BITS];

    var NODES = 0;
    var H = 1;
    var S = 2;

    exists * (1 - exists) === 0;
    for (var i = 0; i < 3; i++) {
        vote[i] * (1 - exists) === 0;
    }
    signal hasGamma <== exists * isDrawn;
    for (var i = 0; i < 2; i++) {
        gamma[i] * (1 - hasGamma) === 0;
    }
    // Hashes of two numbers only: L1 opens votes as well, and has no other Poseidon.
    component inner = Poseidon(2);
    inner.inputs[0] <== vote[NODES];
    inner.inputs[1] <== vote[H];
    component hash = Poseidon(2);
    hash.inputs[0] <== inner.out;
    hash.inputs[1] <== vote[S];
    component point = Poseidon(2);
    point.inputs <== gamma;
    component drawn = Poseidon(2);
    drawn.inputs[0] <== hash.out;
    drawn.inputs[1] <== point.out;
    signal leaf <== exists * hash.out;

    component votes = BinaryRoot(TREE_BITS);
    votes.leaf <== leaf + hasGamma * (drawn.out - hash.out);
    votes.indexBits <== nodeBits;
    votes.siblings <== path;
    votes.root === votesRoot;
}
