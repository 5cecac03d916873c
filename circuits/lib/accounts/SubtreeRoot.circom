// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/poseidon.circom";

/**
 * Prove: `root` is the root of the tree of arity 4 over `leaves`.
 *
 * @param LEVELS levels of arity 4, 1 … 16
 * @input leaves[4^LEVELS] hashes of accounts, or 0
 * @output root
 * @constraints SubtreeRoot(1): 297; SubtreeRoot(2): 1,485
 */
template SubtreeRoot(LEVELS) {
    assert(LEVELS >= 1 && LEVELS <= 16);
    
    signal input leaves[4 ** LEVELS];
    signal output root;

    // Each hash joins the next four of the list that begins with the leaves and goes on with the hashes themselves.
    var LEAVES = 4 ** LEVELS;
    var HASHES = (LEAVES - 1) \ 3;
    signal nodes[LEAVES + HASHES];
    component hash[HASHES];
    for (var i = 0; i < LEAVES; i++) {
        nodes[i] <== leaves[i];
    }
    for (var i = 0; i < HASHES; i++) {
        hash[i] = Poseidon(4);
        for (var j = 0; j < 4; j++) {
            hash[i].inputs[j] <== nodes[4 * i + j];
        }
        nodes[LEAVES + i] <== hash[i].out;
    }
    root <== nodes[LEAVES + HASHES - 1];
}
