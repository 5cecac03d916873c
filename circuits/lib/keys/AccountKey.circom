// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/babyjub.circom";
include "circomlib/circuits/comparators.circom";

/**
 * Prove: `key` is a point of BabyJubJub, and 8·key is not the identity: one that an account may have.
 *
 * On the curve the doublings are complete. 8·key is in the subgroup of odd order l, in which the identity alone has
 * x = 0.
 *
 * @input key[2] field elements; others have no witness
 * @constraints AccountKey: 22
 */
template AccountKey() {
    signal input key[2];

    component onCurve = BabyCheck();
    onCurve.x <== key[0];
    onCurve.y <== key[1];

    component doubling[3];
    for (var i = 0; i < 3; i++) {
        doubling[i] = BabyDbl();
        doubling[i].x <== i == 0 ? key[0] : doubling[i - 1].xout;
        doubling[i].y <== i == 0 ? key[1] : doubling[i - 1].yout;
    }
    component smallOrder = IsZero();
    smallOrder.in <== doubling[2].xout;
    smallOrder.out === 0;
}
