// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/babyjub.circom";
include "circomlib/circuits/escalarmulfix.circom";

/**
 * Prove: `out = (Σ bits[i]·2^i) · B8` on BabyJubJub, for every value of the bits.
 *
 * circomlib's `EscalarMulFix(253, B8)` has no witness for some scalars. A segment of w windows of three bits adds
 * (1 + aᵢ)·8^i times its base, aᵢ in [0, 7], to an accumulator that begins at 2·8^w times the base, with incomplete
 * Montgomery additions: one has a result iff its operands are neither equal nor opposite modulo l. An addend is at most
 * 8^w, so they are never equal. Their sum is below (22/7)·8^w, so if that is at most l they are never opposite. It is
 * for w ≤ 82, that is 246 bits. circomlib's first segment has w = 83, and for S* = l − 2^250 − (8^83 − 1)/7 =
 * 797546722194482024037982888770643071568945925300745316575367714387401675944 its last addition fails: one posted
 * transaction with that S would make its batch unprovable.
 *
 * So the scalar is split: 246 bits times B8, the rest times 2^246·B8, added with the complete Edwards formula.
 *
 * @param BITS bits of the scalar, 247 … 254
 * @input bits[BITS] binary (ensured by the caller), little-endian
 * @output out[2] affine point of the prime-order subgroup
 * @constraints FixedBaseMul(251): 518
 */
template FixedBaseMul(BITS) {
    assert(BITS >= 247 && BITS <= 254);
    
    signal input bits[BITS];
    signal output out[2];

    var LOW = 246;
    var B8[2] = [
        5299619240641551281634865583518297030282874472190772894086521144482721001553,
        16950150798460657717958625567821834550301663161624707787222815936182638968203
    ];
    // 2^246 · B8
    var B8_SHIFTED[2] = [
        8448361671856611094368094893873528300213448016874278049008935486981108396466,
        3719130040286663224590128240427185068966755285258175280098621282171226423213
    ];

    component low = EscalarMulFix(LOW, B8);
    for (var i = 0; i < LOW; i++) {
        low.e[i] <== bits[i];
    }
    component high = EscalarMulFix(BITS - LOW, B8_SHIFTED);
    for (var i = LOW; i < BITS; i++) {
        high.e[i - LOW] <== bits[i];
    }

    component sum = BabyAdd();
    sum.x1 <== low.out[0];
    sum.y1 <== low.out[1];
    sum.x2 <== high.out[0];
    sum.y2 <== high.out[1];
    out[0] <== sum.xout;
    out[1] <== sum.yout;
}
