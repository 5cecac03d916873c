// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/babyjub.circom";
include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/poseidon.circom";

/**
 * Prove: `base` is the point that the seed names: 8 times the point that Elligator 2 gives for `t = Poseidon(seed)`
 * (docs/b52.md §11). Every seed has one base, of order l, and nobody knows its logarithm.
 *
 * Elligator 2 on the Montgomery curve v² = u³ + A·u² + u, with the non-square 5: of w = −A / (1 + 5t²) and −w − A
 * exactly one is the u of a point. It is w if g = w³ + A·w² + w is a square; else g(−w − A) = 5t²·g.
 *
 * - 1 + 5t² is never 0: −1 is a square modulo p, and 5 is not.
 * - g is never 0: w ≠ 0, and A² − 4 is no square, so w² + A·w + 1 has no root. So exactly one of g and 5g is a square,
 *   and the prover cannot choose which one it shows the root of. Of the two roots it shows the even one.
 * - The conversion to the Edwards form divides by v and by u + 1. There is no point with u = −1, and v = 0 needs t = 0.
 *   Nobody knows a seed for it.
 *
 * @input seed field element
 * @input root private: the even root of g, or of 5g if g is no square
 * @output base[2] affine point of order l
 * @constraints DrawBase: 756
 */
template DrawBase() {
    signal input seed;
    signal input root;
    signal output base[2];

    var A = 168698;
    var NON_RESIDUE = 5;

    component hash = Poseidon(1);
    hash.inputs[0] <== seed;
    signal t <== hash.out;

    signal tSquared <== t * t;
    signal w;
    // Unique, since the factor is not 0.
    w <-- -A / (1 + NON_RESIDUE * tSquared);
    w * (1 + NON_RESIDUE * tSquared) === -A;
    signal wSquared <== w * w;
    signal g <== w * (wSquared + A * w + 1);

    signal rootSquared <== root * root;
    signal isSquare;
    // A hint. The two lines below leave no other value, since g is not 0.
    isSquare <-- rootSquared == g ? 1 : 0;
    isSquare * (1 - isSquare) === 0;
    rootSquared === g * (NON_RESIDUE + (1 - NON_RESIDUE) * isSquare);
    component rootBits = Num2Bits_strict();
    rootBits.in <== root;
    // Binds the sign of `root`, which is not 0.
    rootBits.out[0] === 0;

    // (t·root)² = 5t²·g = g(−w − A) if g is no square.
    signal u <== -w - A + isSquare * (2 * w + A);
    signal factor <== t + isSquare * (1 - t);
    signal v <== root * factor;

    signal x;
    x <-- u / v;
    x * v === u;
    signal y;
    y <-- (u - 1) / (u + 1);
    y * (u + 1) === u - 1;

    component doubling[3];
    for (var i = 0; i < 3; i++) {
        doubling[i] = BabyDbl();
        doubling[i].x <== i == 0 ? x : doubling[i - 1].xout;
        doubling[i].y <== i == 0 ? y : doubling[i - 1].yout;
    }
    base[0] <== doubling[2].xout;
    base[1] <== doubling[2].yout;
}
