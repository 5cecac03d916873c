// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/comparators.circom";

/**
 * Prove: `inTree` is 1 if and only if the 32-bit index is below 4^DEPTH; `isZero` if and only if it is 0.
 *
 * @param DEPTH levels of the account tree, 1 … 16
 * @input bits[32] binary (ensured by the caller), little-endian
 * @output inTree, isZero 0 or 1
 * @constraints IndexInTree(5): 4; IndexInTree(16): 3
 */
template IndexInTree(DEPTH) {
    assert(DEPTH >= 1 && DEPTH <= 16);
    
    signal input bits[32];
    signal output inTree;
    signal output isZero;

    var low = 0;
    for (var i = 0; i < 2 * DEPTH; i++) {
        low += bits[i] * (1 << i);
    }
    var high = 0;
    for (var i = 2 * DEPTH; i < 32; i++) {
        high += bits[i] * (1 << i);
    }
    component highIsZero = IsZero();
    highIsZero.in <== high;
    inTree <== highIsZero.out;
    component allIsZero = IsZero();
    allIsZero.in <== low + high;
    isZero <== allIsZero.out;
}
