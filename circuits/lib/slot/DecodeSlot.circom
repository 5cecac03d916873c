// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/bitify.circom";

/**
 * Prove: the outputs are the fields of the 744-bit slot whose three 248-bit words are `chunks` (docs/protocol.md §3).
 *
 * @input chunks[3] field elements; a chunk of 2^248 or more has no witness (posted chunks are 31 bytes)
 * @output payload bits 743…505 as one number
 * @output fromBits[32], toBits[32] little-endian; token 16 bit; amount 128 bit
 * @output tipMantissaBits[20], tipExponentBits[6], flagBits[5] little-endian
 * @output hBits[254], sBits[251] little-endian
 * @constraints DecodeSlot: 745
 */
template DecodeSlot() {
    signal input chunks[3];
    signal output payload;
    signal output fromBits[32];
    signal output toBits[32];
    signal output token;
    signal output amount;
    signal output tipMantissaBits[20];
    signal output tipExponentBits[6];
    signal output flagBits[5];
    signal output hBits[254];
    signal output sBits[251];

    // bits[n] is bit n of the slot, 0 the least significant.
    signal bits[744];
    component chunkBits[3];
    for (var chunk = 0; chunk < 3; chunk++) {
        chunkBits[chunk] = Num2Bits(248);
        chunkBits[chunk].in <== chunks[chunk];
        for (var i = 0; i < 248; i++) {
            bits[248 * (2 - chunk) + i] <== chunkBits[chunk].out[i];
        }
    }

    for (var i = 0; i < 251; i++) {
        sBits[i] <== bits[i];
    }
    for (var i = 0; i < 254; i++) {
        hBits[i] <== bits[251 + i];
    }
    for (var i = 0; i < 5; i++) {
        flagBits[i] <== bits[505 + i];
    }
    for (var i = 0; i < 6; i++) {
        tipExponentBits[i] <== bits[510 + i];
    }
    for (var i = 0; i < 20; i++) {
        tipMantissaBits[i] <== bits[516 + i];
    }
    var amountSum = 0;
    for (var i = 0; i < 128; i++) {
        amountSum += bits[536 + i] * (1 << i);
    }
    amount <== amountSum;
    var tokenSum = 0;
    for (var i = 0; i < 16; i++) {
        tokenSum += bits[664 + i] * (1 << i);
    }
    token <== tokenSum;
    for (var i = 0; i < 32; i++) {
        toBits[i] <== bits[680 + i];
        fromBits[i] <== bits[712 + i];
    }
    var payloadSum = 0;
    for (var i = 0; i < 239; i++) {
        payloadSum += bits[505 + i] * (1 << i);
    }
    payload <== payloadSum;
}
