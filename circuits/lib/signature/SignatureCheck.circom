// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/babyjub.circom";
include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/comparators.circom";
include "circomlib/circuits/compconstant.circom";
include "circomlib/circuits/escalarmulany.circom";
include "circomlib/circuits/poseidon.circom";
include "FixedBaseMul.circom";

/**
 * Prove: `valid` is 1 if and only if `(h, S)` is an EdDSA-Poseidon signature of `message` under `key`, that is
 *
 *   h < p,  S < l,  and  h = Poseidon(R8.x, R8.y, key.x, key.y, message)  for  R8 = S·B8 − 8h·key
 *
 * (docs/protocol.md §3). The result is a boolean that the prover cannot choose, and every input has a witness: a bad
 * signature makes a no-op, never an unprovable batch. Working from (h, S) needs no decompression of a point.
 *
 * Why the incomplete adders of `EscalarMulAny` are safe here: 8·key has order l; within a segment of at most 148 bits
 * the accumulator is m·P and the addend 2^i·P with m + 2^i < 2^149 < l, so neither their sum nor their difference
 * vanishes, and no multiple of P but the identity has a coordinate at which a conversion or doubling divides by zero.
 * For `FixedBaseMul` see there. `BabyAdd` is complete for points on the curve.
 *
 * @input hBits[254], sBits[251] binary (ensured by the caller), little-endian
 * @input key[2] on the curve and not of small order (ensured by the caller: keys are checked when an account is
 *   created)
 * @input message field element
 * @output valid 0 or 1
 * @constraints SignatureCheck: 3,699
 */
template SignatureCheck() {
    signal input hBits[254];
    signal input sBits[251];
    signal input key[2];
    signal input message;
    signal output valid;

    var P_MINUS_1 = -1;
    var L_MINUS_1 = 2736030358979909402780800718157159386076813972158567259200215660948447373040;

    component hAboveField = CompConstant(P_MINUS_1);
    component h = Bits2Num(254);
    for (var i = 0; i < 254; i++) {
        hAboveField.in[i] <== hBits[i];
        h.in[i] <== hBits[i];
    }

    component sAboveOrder = CompConstant(L_MINUS_1);
    for (var i = 0; i < 251; i++) {
        sAboveOrder.in[i] <== sBits[i];
    }
    for (var i = 251; i < 254; i++) {
        sAboveOrder.in[i] <== 0;
    }

    // 8·key has order l, also if the key has a component of small order.
    component doubling[3];
    for (var i = 0; i < 3; i++) {
        doubling[i] = BabyDbl();
        doubling[i].x <== i == 0 ? key[0] : doubling[i - 1].xout;
        doubling[i].y <== i == 0 ? key[1] : doubling[i - 1].yout;
    }

    component hKey = EscalarMulAny(254);
    for (var i = 0; i < 254; i++) {
        hKey.e[i] <== hBits[i];
    }
    hKey.p[0] <== doubling[2].xout;
    hKey.p[1] <== doubling[2].yout;

    component sBase = FixedBaseMul(251);
    for (var i = 0; i < 251; i++) {
        sBase.bits[i] <== sBits[i];
    }

    component r8 = BabyAdd();
    r8.x1 <== sBase.out[0];
    r8.y1 <== sBase.out[1];
    r8.x2 <== -hKey.out[0];
    r8.y2 <== hKey.out[1];

    component challenge = Poseidon(5);
    challenge.inputs[0] <== r8.xout;
    challenge.inputs[1] <== r8.yout;
    challenge.inputs[2] <== key[0];
    challenge.inputs[3] <== key[1];
    challenge.inputs[4] <== message;

    component matches = IsEqual();
    matches.in[0] <== challenge.out;
    matches.in[1] <== h.out;

    signal canonical <== (1 - hAboveField.out) * (1 - sAboveOrder.out);
    valid <== canonical * matches.out;
}
