// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/babyjub.circom";
include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/comparators.circom";

/**
 * Prove: `good` is 1 if and only if there is a point (x, y) on BabyJubJub with `x mod 2 = sign` (x in [0, p)) and
 * 8·(x, y) ≠ identity; then `x` is its coordinate, else `x` is 0. Every (y, sign) has a witness, and only one result.
 *
 * With u = 1 − y² and w = a − d·y² the curve says x²·w = u. w is never 0, since a is a square and d is not. So x exists
 * if and only if u·w is a square, and then x = ±sqrt(u·w)/w. The prover gives `root` with root² = u·w if that is a
 * square, else root² = 5·u·w, where 5 is not a square; for u ≠ 0 exactly one of the two is possible, so the prover
 * cannot choose. For u = 0 (y = ±1: identity and the point of order two) both are, but `good` is 0 in either case. Of
 * the two signs of a root exactly one satisfies the parity, because p is odd and x ≠ 0.
 *
 * @input y field element (the caller rejects encodings ≥ p)
 * @input sign binary
 * @input root private: a root of u·w, or of 5·u·w if u·w is no square; its sign as `sign` demands
 * @output good 0 or 1
 * @output x field element
 * @constraints DecompressKey: 549
 */
template DecompressKey() {
    signal input y;
    signal input sign;
    signal input root;
    signal output good;
    signal output x;

    var A = 168700;
    var D = 168696;
    var NON_RESIDUE = 5;

    signal ySquared <== y * y;
    signal u <== 1 - ySquared;
    signal w <== A - D * ySquared;
    signal uw <== u * w;

    signal rootSquared <== root * root;
    signal isSquare;
    // A hint. The two lines below leave no other value, unless u = 0, where `onCurve` ignores it.
    isSquare <-- rootSquared == uw ? 1 : 0;
    isSquare * (1 - isSquare) === 0;
    rootSquared === uw * (NON_RESIDUE + (1 - NON_RESIDUE) * isSquare);

    component uIsZero = IsZero();
    uIsZero.in <== u;
    signal onCurve <== isSquare * (1 - uIsZero.out);

    // Unique, since w ≠ 0.
    signal candidate;
    signal scaledRoot <== root * onCurve;
    candidate <-- scaledRoot / w;
    candidate * w === scaledRoot;

    component bits = Num2Bits_strict();
    bits.in <== candidate;
    // Binds the sign of `root`.
    (bits.out[0] - sign) * onCurve === 0;

    // 8·key, or, where there is no key, 8·(0, 1) = (0, 1).
    component doubling[3];
    for (var i = 0; i < 3; i++) {
        doubling[i] = BabyDbl();
    }
    doubling[0].x <== candidate;
    doubling[0].y <== 1 + onCurve * (y - 1);
    for (var i = 1; i < 3; i++) {
        doubling[i].x <== doubling[i - 1].xout;
        doubling[i].y <== doubling[i - 1].yout;
    }
    component smallOrder = IsZero();
    smallOrder.in <== doubling[2].xout;

    good <== onCurve * (1 - smallOrder.out);
    x <== candidate * good;
}
