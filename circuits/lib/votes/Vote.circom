pragma circom 2.2.2;

include "circomlib/circuits/poseidon.circom";
include "../tree/BinaryRoot.circom";

/**
 * Prove: the transcript has `(nodes, h, S)` as the vote for the node, or, if `exists` is 0, nothing; then the three are 0.
 * The root fixes `exists`: a Poseidon hash is never 0.
 *
 * @param TREE_BITS depth of the tree of votes
 * @input votesRoot field element
 * @input nodeBits[TREE_BITS] binary (ensured by the caller), little-endian
 * @input vote[3] nodes, h, S; exists, path[TREE_BITS] private
 * @constraints Vote(4): 1,230
 */
template Vote(TREE_BITS) {
    signal input votesRoot;
    signal input nodeBits[TREE_BITS];
    signal input vote[3];
    signal input exists;
    signal input path[TREE_BITS];

    exists * (1 - exists) === 0;
    component hash = Poseidon(3);
    for (var i = 0; i < 3; i++) {
        vote[i] * (1 - exists) === 0;
        hash.inputs[i] <== vote[i];
    }

    component votes = BinaryRoot(TREE_BITS);
    votes.leaf <== exists * hash.out;
    votes.indexBits <== nodeBits;
    votes.siblings <== path;
    votes.root === votesRoot;
}
