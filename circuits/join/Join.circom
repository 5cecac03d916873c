// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/poseidon.circom";
include "../lib/statement/JoinedProof.circom";

/**
 * Prove: the statements of the left child's proof, and then those of the right child's, are the ones under `root`; `sum`
 * is the value of the polynomial with their words at `point`, and `count` is their number (docs/recursion.md). A
 * statement has four words: 1 for a merge or 0 for a leaf, and the three public signals of its proof.
 *
 * L1 draws `point` after it has `root`, which fixes all words, and its own words. So if `sum` is the value of L1's
 * polynomial too, the words are the same. That needs a bound for the degree: a proof can be joined with itself, so a tree
 * may have more statements than p, and powers of a point repeat after p − 1. Hence `count` has 16 bits.
 *
 * With `rightIsEmpty` the right child's proof is verified and does not count: one statement alone has a proof.
 *
 * Ensured by the caller, which is the program around this circuit:
 * - `left` and `right` are the public inputs of two proofs that are verified with it;
 * - the key of each is that of nodes (`nodeKeyHash`), leaves or merges, as `leftIsNode` … `rightIsMerge` say;
 * - a proof of a leaf or a merge has zeros behind its three public signals.
 *
 * @input left[5], right[5] private: root, sum, count, point and nodeKeyHash of a node; digest, evaluation, point, 0 and 0
 *   of a leaf or a merge
 * @constraints Join: 941
 */
template Join() {
    // At most 65,535 statements: the sum of two counts below 2^16 does not wrap.
    var COUNT_BITS = 16;

    signal output root;
    signal output sum;
    signal output count;

    signal input point;
    signal input nodeKeyHash;

    signal input left[5];
    signal input right[5];
    signal input leftIsNode;
    signal input leftIsMerge;
    signal input rightIsNode;
    signal input rightIsMerge;
    signal input rightIsEmpty;

    component leftProof = JoinedProof();
    leftProof.inputs <== left;
    leftProof.isNode <== leftIsNode;
    leftProof.isMerge <== leftIsMerge;
    leftProof.point <== point;
    leftProof.nodeKeyHash <== nodeKeyHash;

    component rightProof = JoinedProof();
    rightProof.inputs <== right;
    rightProof.isNode <== rightIsNode;
    rightProof.isMerge <== rightIsMerge;
    rightProof.point <== point;
    rightProof.nodeKeyHash <== nodeKeyHash;

    rightIsEmpty * (1 - rightIsEmpty) === 0;
    component both = Poseidon(2);
    both.inputs[0] <== leftProof.root;
    both.inputs[1] <== rightProof.root;
    root <== both.out + rightIsEmpty * (leftProof.root - both.out);

    count <== leftProof.count + (1 - rightIsEmpty) * rightProof.count;
    component countBits = Num2Bits(COUNT_BITS);
    countBits.in <== count;

    // point^(4 · leftProof.count): the place of the right child's first word.
    component leftBits = Num2Bits(COUNT_BITS);
    leftBits.in <== leftProof.count;
    signal square <== point * point;
    signal powers[COUNT_BITS];
    signal places[COUNT_BITS + 1];
    signal factors[COUNT_BITS];
    places[0] <== 1;
    for (var i = 0; i < COUNT_BITS; i++) {
        powers[i] <== i == 0 ? square * square : powers[i - 1] * powers[i - 1];
        factors[i] <== 1 + leftBits.out[i] * (powers[i] - 1);
        places[i + 1] <== places[i] * factors[i];
    }
    signal rightSum <== (1 - rightIsEmpty) * rightProof.sum;
    sum <== leftProof.sum + places[COUNT_BITS] * rightSum;
}
