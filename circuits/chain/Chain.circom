// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/poseidon.circom";
include "../lib/statement/ChainedProof.circom";

/**
 * Prove: the leaves of the left child's proof, and then those of the right child's, are the ones under `root`, a hash of
 * their digests. The first begins in `oldStateRoot`, each other one in the state in which the one before ends, and the
 * last ends in `newStateRoot`. `count` is their number, and `sum` the value at `point` of the polynomial with the words
 * of all leaves that L1 knows (`ChainedProof`), STRIDE places apart (docs/recursion.md).
 *
 * L1 draws `point` after it has `root`, which fixes all words, and its own words. So if `sum` is the value of L1's
 * polynomial too, the words are the same. That needs a bound for the degree: a proof can be joined with itself, so a tree
 * may have more leaves than p, and powers of a point repeat after p − 1. Hence `count` has 16 bits.
 *
 * With `rightIsEmpty` the right child's proof is verified and does not count: one leaf alone has a proof.
 *
 * Ensured by the caller, which is the program around this circuit:
 * - `left` and `right` are the public inputs of two proofs that are verified with it;
 * - the key of each is that of nodes (`nodeKeyHash`) or that of leaves, as `leftIsNode` and `rightIsNode` say.
 *
 * @param SLOTS slots of a leaf, a power of two, 1 … 128
 * @input left[7], right[7] private: root, sum, count, oldStateRoot, newStateRoot, point and nodeKeyHash of a node; digest,
 *   evaluation, point and zeros of a leaf
 * @input leftWords[12] … rightExits[SLOTS][2] private: see `ChainedProof`
 * @constraints Chain(4): 2,200; Chain(16): 4,361
 */
template Chain(SLOTS) {
    assert(SLOTS >= 1 && SLOTS <= 128 && (SLOTS & (SLOTS - 1)) == 0);
    // At most 65,535 leaves: the sum of two counts below 2^16 does not wrap.
    var COUNT_BITS = 16;
    // The least power of two that a statement with its exits fits into.
    var STRIDE_BITS = 0;
    while ((1 << STRIDE_BITS) < 13 + 2 * SLOTS) {
        STRIDE_BITS++;
    }

    signal output root;
    signal output sum;
    signal output count;
    signal output oldStateRoot;
    signal output newStateRoot;

    signal input point;
    signal input nodeKeyHash;

    signal input left[7];
    signal input right[7];
    signal input leftIsNode;
    signal input rightIsNode;
    signal input rightIsEmpty;
    signal input leftWords[12];
    signal input rightWords[12];
    signal input leftExits[SLOTS][2];
    signal input rightExits[SLOTS][2];

    component leftProof = ChainedProof(SLOTS);
    leftProof.inputs <== left;
    leftProof.isNode <== leftIsNode;
    leftProof.words <== leftWords;
    leftProof.exits <== leftExits;
    leftProof.point <== point;
    leftProof.nodeKeyHash <== nodeKeyHash;

    component rightProof = ChainedProof(SLOTS);
    rightProof.inputs <== right;
    rightProof.isNode <== rightIsNode;
    rightProof.words <== rightWords;
    rightProof.exits <== rightExits;
    rightProof.point <== point;
    rightProof.nodeKeyHash <== nodeKeyHash;

    rightIsEmpty * (1 - rightIsEmpty) === 0;
    component both = Poseidon(2);
    both.inputs[0] <== leftProof.root;
    both.inputs[1] <== rightProof.root;
    root <== both.out + rightIsEmpty * (leftProof.root - both.out);

    (1 - rightIsEmpty) * (rightProof.oldStateRoot - leftProof.newStateRoot) === 0;
    oldStateRoot <== leftProof.oldStateRoot;
    newStateRoot <== rightProof.newStateRoot + rightIsEmpty * (leftProof.newStateRoot - rightProof.newStateRoot);

    count <== leftProof.count + (1 - rightIsEmpty) * rightProof.count;
    component countBits = Num2Bits(COUNT_BITS);
    countBits.in <== count;

    // point^(STRIDE · leftProof.count): the place of the right child's first word.
    component leftBits = Num2Bits(COUNT_BITS);
    leftBits.in <== leftProof.count;
    signal squares[STRIDE_BITS];
    for (var i = 0; i < STRIDE_BITS; i++) {
        squares[i] <== i == 0 ? point * point : squares[i - 1] * squares[i - 1];
    }
    signal powers[COUNT_BITS];
    signal places[COUNT_BITS + 1];
    signal factors[COUNT_BITS];
    places[0] <== 1;
    for (var i = 0; i < COUNT_BITS; i++) {
        powers[i] <== i == 0 ? squares[STRIDE_BITS - 1] : powers[i - 1] * powers[i - 1];
        factors[i] <== 1 + leftBits.out[i] * (powers[i] - 1);
        places[i + 1] <== places[i] * factors[i];
    }
    signal rightSum <== (1 - rightIsEmpty) * rightProof.sum;
    sum <== leftProof.sum + places[COUNT_BITS] * rightSum;
}
