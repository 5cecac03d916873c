// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/poseidon.circom";

/**
 * Prove: if `isLeaf` is 1, `digest` is the digest of a leaf with the signals `leaf`; else it is the digest of a merge
 * with the signals `merge`. The outputs are signals of that child. The two hashes have different widths, so that no
 * digest has an opening of each kind. The signals of the other kind are all 0.
 *
 * The child's own proof says that `delivered` and `nodes` are in their ranges.
 *
 * @input digest field element
 * @input isLeaf binary (ensured by the caller)
 * @input leaf[12] private: the leaf's signals without `digest` (docs/protocol.md §6)
 * @input merge[8] private: the inputs of the hash in the merge circuit (docs/b52.md §3)
 * @output oldStateRoot, newStateRoot, context, worker
 * @output place, delivered, nodes those of a merge, or 0
 * @constraints Child: 927
 */
template Child() {
    signal input digest;
    signal input isLeaf;
    signal input leaf[12];
    signal input merge[8];
    signal output oldStateRoot;
    signal output newStateRoot;
    signal output context;
    signal output worker;
    signal output place;
    signal output delivered;
    signal output nodes;

    // Indexes in `leaf`.
    var LEAF_NEW_STATE_ROOT = 0;
    var LEAF_OLD_STATE_ROOT = 5;
    var LEAF_CONTEXT = 10;
    var LEAF_WORKER = 11;
    // Indexes in `merge`.
    var MERGE_OLD_STATE_ROOT = 0;
    var MERGE_NEW_STATE_ROOT = 1;
    var MERGE_CONTEXT = 2;
    var MERGE_WORKER = 3;
    var MERGE_PLACE = 4;
    var MERGE_DELIVERED = 5;
    var MERGE_NODES = 6;

    component leafDigest = Poseidon(12);
    for (var i = 0; i < 12; i++) {
        leaf[i] * (1 - isLeaf) === 0;
        leafDigest.inputs[i] <== leaf[i];
    }
    component mergeDigest = Poseidon(8);
    for (var i = 0; i < 8; i++) {
        merge[i] * isLeaf === 0;
        mergeDigest.inputs[i] <== merge[i];
    }
    isLeaf * (leafDigest.out - mergeDigest.out) === digest - mergeDigest.out;

    // Of each sum, one term is 0.
    oldStateRoot <== leaf[LEAF_OLD_STATE_ROOT] + merge[MERGE_OLD_STATE_ROOT];
    newStateRoot <== leaf[LEAF_NEW_STATE_ROOT] + merge[MERGE_NEW_STATE_ROOT];
    context <== leaf[LEAF_CONTEXT] + merge[MERGE_CONTEXT];
    worker <== leaf[LEAF_WORKER] + merge[MERGE_WORKER];
    place <== merge[MERGE_PLACE];
    delivered <== merge[MERGE_DELIVERED];
    nodes <== merge[MERGE_NODES];
}
