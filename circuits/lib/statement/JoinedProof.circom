// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/poseidon.circom";
include "Evaluation.circom";

/**
 * Prove: the outputs are those of a proof with the public inputs `inputs`. A node has them among its inputs, for the
 * same point and the same key of nodes. Of a statement they follow from its four words: `root` is their hash, `sum` the
 * value of the polynomial with them, and `count` is 1. Hashes of statements and of nodes have different widths, so that
 * no root is both.
 *
 * @input inputs[5], point, nodeKeyHash field elements
 * @input isNode, isMerge binary (checked); not both are 1
 * @output root, sum field elements
 * @output count number of statements
 * @constraints JoinedProof: 308
 */
template JoinedProof() {
    signal input inputs[5];
    signal input isNode;
    signal input isMerge;
    signal input point;
    signal input nodeKeyHash;
    signal output root;
    signal output sum;
    signal output count;

    isNode * (1 - isNode) === 0;
    isMerge * (1 - isMerge) === 0;
    isNode * isMerge === 0;
    isNode * (inputs[3] - point) === 0;
    isNode * (inputs[4] - nodeKeyHash) === 0;

    var words[4] = [isMerge, inputs[0], inputs[1], inputs[2]];
    component hash = Poseidon(4);
    component evaluation = Evaluation(4);
    for (var i = 0; i < 4; i++) {
        hash.inputs[i] <== words[i];
        evaluation.words[i] <== words[i];
    }
    evaluation.point <== point;

    root <== hash.out + isNode * (inputs[0] - hash.out);
    sum <== evaluation.value + isNode * (inputs[1] - evaluation.value);
    count <== 1 + isNode * (inputs[2] - 1);
}
