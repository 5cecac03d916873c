// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/poseidon.circom";
include "../exits/ExitsHash.circom";

/**
 * Prove: the outputs are those of a proof with the public inputs `inputs`. A node has them among its inputs, for the
 * same point and the same key of nodes. Of a leaf they follow from its digest, which is opened: `root` is the digest,
 * `sum` the value at `point` of the polynomial with the words that L1 knows, each in its place in a leaf's statement
 * (docs/protocol.md §6): proverFees, c, y, header, z, sequencer, domain, context, worker, and the exits; `count` is 1.
 *
 * The point of the leaf's own proof does not matter: the digest alone fixes all words.
 *
 * @param SLOTS slots of the leaf, a power of two, 1 … 128
 * @input inputs[7], point, nodeKeyHash field elements
 * @input isNode binary (checked)
 * @input words[12] of the leaf: the words under its digest, in that order; for a node any
 * @input exits[SLOTS][2] of the leaf; for a node any
 * @output root, sum field elements
 * @output count number of leaves
 * @output oldStateRoot, newStateRoot field elements
 * @constraints ChainedProof(4): 935
 */
template ChainedProof(SLOTS) {
    assert(SLOTS >= 1 && SLOTS <= 128 && (SLOTS & (SLOTS - 1)) == 0);
    var KNOWN = 13;

    signal input inputs[7];
    signal input isNode;
    signal input words[12];
    signal input exits[SLOTS][2];
    signal input point;
    signal input nodeKeyHash;
    signal output root;
    signal output sum;
    signal output count;
    signal output oldStateRoot;
    signal output newStateRoot;

    isNode * (1 - isNode) === 0;
    isNode * (inputs[5] - point) === 0;
    isNode * (inputs[6] - nodeKeyHash) === 0;

    component digest = Poseidon(12);
    digest.inputs <== words;
    (1 - isNode) * (digest.out - inputs[0]) === 0;
    component exitsHash = ExitsHash(SLOTS);
    exitsHash.exits <== exits;
    (1 - isNode) * (exitsHash.hash - words[1]) === 0;

    // Places 0, 1, 5 and 6 are those of new state, hash of the exits, digest and old state.
    var coefficients[KNOWN + 2 * SLOTS];
    for (var i = 0; i < KNOWN + 2 * SLOTS; i++) {
        coefficients[i] = 0;
    }
    for (var i = 2; i < 12; i++) {
        if (i < 5) coefficients[i] = words[i];
        if (i > 5) coefficients[i + 1] = words[i];
    }
    for (var i = 0; i < SLOTS; i++) {
        coefficients[KNOWN + 2 * i] = exits[i][0];
        coefficients[KNOWN + 2 * i + 1] = exits[i][1];
    }
    // Horner's rule, from the last word.
    signal sums[KNOWN + 2 * SLOTS - 1];
    for (var i = KNOWN + 2 * SLOTS - 2; i >= 0; i--) {
        var next = i == KNOWN + 2 * SLOTS - 2 ? coefficients[i + 1] : sums[i + 1];
        sums[i] <== coefficients[i] + point * next;
    }

    root <== inputs[0];
    sum <== sums[0] + isNode * (inputs[1] - sums[0]);
    count <== 1 + isNode * (inputs[2] - 1);
    oldStateRoot <== words[5] + isNode * (inputs[3] - words[5]);
    newStateRoot <== words[0] + isNode * (inputs[4] - words[0]);
}
