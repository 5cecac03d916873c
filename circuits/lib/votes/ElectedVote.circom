// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/babyjub.circom";
include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/comparators.circom";
include "circomlib/circuits/escalarmulany.circom";
include "circomlib/circuits/poseidon.circom";

/**
 * Prove: `elected` is 1 if and only if the ticket's output is drawn, that is, `gamma` is on the curve and
 * Poseidon(8·gamma, ticket) modulo 2^120 is at most `limit`. `nonceImage` is S·base − 8h·gamma, which the message of the
 * vote contains (docs/b52.md §11). If `(h, S)` is a signature of that message under the ticket's key, then 8·gamma is
 * 8·secret·base: one output for a key, a ticket and a seed, which nobody computes without the secret.
 *
 * Both are functions of the inputs, and every input has a witness: a vote without a point is not elected. For the
 * incomplete adders of `EscalarMulAny` see SignatureCheck: `base` and 8·gamma are multiples of a point of order l, and
 * circomlib treats the identity apart.
 *
 * @input base[2] affine point of order l (ensured by the caller)
 * @input limit below 2^120 (ensured by the caller)
 * @input ticket below 2^8 (ensured by the caller)
 * @input gamma[2] field elements
 * @input hBits[254], sBits[251] binary (ensured by the caller), little-endian
 * @output nonceImage[2] affine point
 * @output elected 0 or 1
 * @constraints ElectedVote: 5,522
 */
template ElectedVote() {
    signal input base[2];
    signal input limit;
    signal input ticket;
    signal input gamma[2];
    signal input hBits[254];
    signal input sBits[251];
    signal output nonceImage[2];
    signal output elected;

    var A = 168700;
    var D = 168696;
    var B8[2] = [
        5299619240641551281634865583518297030282874472190772894086521144482721001553,
        16950150798460657717958625567821834550301663161624707787222815936182638968203
    ];
    var OUTPUT_BITS = 120;

    signal xSquared <== gamma[0] * gamma[0];
    signal ySquared <== gamma[1] * gamma[1];
    signal xySquared <== xSquared * ySquared;
    component onCurve = IsZero();
    onCurve.in <== A * xSquared + ySquared - 1 - D * xySquared;

    // 8·gamma is in the subgroup of order l. B8 stands in for a pair of numbers that is no point.
    component doubling[3];
    for (var i = 0; i < 3; i++) {
        doubling[i] = BabyDbl();
    }
    doubling[0].x <== B8[0] + onCurve.out * (gamma[0] - B8[0]);
    doubling[0].y <== B8[1] + onCurve.out * (gamma[1] - B8[1]);
    for (var i = 1; i < 3; i++) {
        doubling[i].x <== doubling[i - 1].xout;
        doubling[i].y <== doubling[i - 1].yout;
    }

    component sBase = EscalarMulAny(251);
    sBase.e <== sBits;
    sBase.p <== base;
    component hGamma = EscalarMulAny(254);
    hGamma.e <== hBits;
    hGamma.p[0] <== doubling[2].xout;
    hGamma.p[1] <== doubling[2].yout;

    component image = BabyAdd();
    image.x1 <== sBase.out[0];
    image.y1 <== sBase.out[1];
    image.x2 <== -hGamma.out[0];
    image.y2 <== hGamma.out[1];
    nonceImage[0] <== image.xout;
    nonceImage[1] <== image.yout;

    component hash = Poseidon(3);
    hash.inputs[0] <== doubling[2].xout;
    hash.inputs[1] <== doubling[2].yout;
    hash.inputs[2] <== ticket;
    // Strictly: with bits of the hash + p, the prover would have a second output to show.
    component hashBits = Num2Bits_strict();
    hashBits.in <== hash.out;
    component low = Bits2Num(OUTPUT_BITS);
    for (var i = 0; i < OUTPUT_BITS; i++) {
        low.in[i] <== hashBits.out[i];
    }
    component isDrawn = LessEqThan(OUTPUT_BITS);
    isDrawn.in[0] <== low.out;
    isDrawn.in[1] <== limit;

    elected <== onCurve.out * isDrawn.out;
}
