// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/poseidon.circom";

/**
 * Prove: `hash` commits to the exits of a leaf (docs/protocol.md §5.3): the words are hashed sixteen at a time, and, if
 * there are more than sixteen, the hashes once more.
 *
 * @param SLOTS a power of two, 1 … 128
 * @input exits[SLOTS][2] recipient + token·2^160, and amount; 0 and 0 where nothing leaves
 * @output hash
 * @constraints ExitsHash(4): 402
 */
template ExitsHash(SLOTS) {
    assert(SLOTS >= 1 && SLOTS <= 128 && (SLOTS & (SLOTS - 1)) == 0);

    var WORDS = 2 * SLOTS;
    var WIDTH = WORDS < 16 ? WORDS : 16;
    var GROUPS = WORDS \ WIDTH;
    signal input exits[SLOTS][2];
    signal output hash;

    component group[GROUPS];
    for (var i = 0; i < GROUPS; i++) {
        group[i] = Poseidon(WIDTH);
        for (var j = 0; j < WIDTH; j++) {
            group[i].inputs[j] <== exits[(WIDTH * i + j) \ 2][j % 2];
        }
    }
    if (GROUPS == 1) {
        hash <== group[0].out;
    } else {
        component all = Poseidon(GROUPS);
        for (var i = 0; i < GROUPS; i++) {
            all.inputs[i] <== group[i].out;
        }
        hash <== all.out;
    }
}
