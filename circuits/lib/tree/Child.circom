pragma circom 2.2.2;

include "circomlib/circuits/poseidon.circom";

/**
 * Prove: `digest` is that of a leaf's proof with the signals `leaf` if `isLeaf` is 1, else that of a merge's proof with
 * the signals `merge`; and the outputs are taken from it. The two hashes have different widths, so that no digest has
 * an opening of each kind. The signals of the other kind are all 0.
 *
 * Whether `delivered` and `nodes` are in their ranges is what the child's own proof says.
 *
 * @input digest field element
 * @input isLeaf binary (ensured by the caller)
 * @input leaf[12] private: the leaf's signals without `digest` (docs/protocol.md §6)
 * @input merge[8] private: what the merge circuit hashes (docs/b52.md §3)
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
    oldStateRoot <== leaf[5] + merge[0];
    newStateRoot <== leaf[0] + merge[1];
    context <== leaf[10] + merge[2];
    worker <== leaf[11] + merge[3];
    place <== merge[4];
    delivered <== merge[5];
    nodes <== merge[6];
}
