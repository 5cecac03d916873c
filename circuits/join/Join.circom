// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/poseidon.circom";
include "../lib/statement/JoinedProof.circom";

/**
 * Prove: the statements of the left child's proof, and then those of the right child's, are the ones under `root`; `sum`
 * is the value of the polynomial with their words at `point`, and `power` is `point` to the number of words
 * (docs/recursion.md). A statement has four words: 1 for a merge or 0 for a leaf, and the three public signals of its
 * proof.
 *
 * L1 draws `point` after it has `root`, which fixes all words, and its own words. So if `sum` is the value of L1's
 * polynomial too, the words are the same.
 *
 * With `rightIsEmpty` the right child's proof is verified and does not count: one statement alone has a proof.
 *
 * Ensured by the caller, which is the program around this circuit:
 * - `left` and `right` are the public inputs of two proofs that are verified with it;
 * - the key of each is that of nodes (`nodeKeyHash`), leaves or merges, as `leftIsNode` … `rightIsMerge` say;
 * - a proof of a leaf or a merge has zeros behind its three public signals.
 *
 * @input left[5], right[5] private: root, sum, power, point and nodeKeyHash of a node; digest, evaluation, point, 0 and 0
 *   of a leaf or a merge
 * @constraints Join: 866
 */
template Join() {
    signal output root;
    signal output sum;
    signal output power;

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
    signal rightSum <== (1 - rightIsEmpty) * rightProof.sum;
    sum <== leftProof.sum + leftProof.power * rightSum;
    signal rightPower <== rightProof.power + rightIsEmpty * (1 - rightProof.power);
    power <== leftProof.power * rightPower;
}
