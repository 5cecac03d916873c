// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/bitify.circom";

/**
 * Prove: `chunks` are the three words of the slot that a deposit of the account would have (docs/enforcement.md §5.2),
 *
 *   token·2^664 + balance·2^536 + y·2^251 + (x mod 2)·2^160 + owner,  x and y in [0, p),
 *
 * or 0 if `arrives` is 0; and, whether it arrives or not, balance and owner are in their ranges. An account in which
 * they are not has no witness.
 *
 * @input arrives binary (ensured by the caller)
 * @input key[2] field elements
 * @input token id in the target; 16 bit if `arrives` is 1 (ensured by the caller)
 * @input balance, owner field elements
 * @output chunks[3] below 2^248
 * @constraints ArrivalSlot: 1,321
 */
template ArrivalSlot() {
    signal input arrives;
    signal input key[2];
    signal input token;
    signal input balance;
    signal input owner;
    signal output chunks[3];

    component balanceBits = Num2Bits(128);
    balanceBits.in <== balance;
    component ownerBits = Num2Bits(160);
    ownerBits.in <== owner;
    component xBits = Num2Bits_strict();
    xBits.in <== key[0];
    component yBits = Num2Bits_strict();
    yBits.in <== key[1];

    // Bits 495 … 248 of the slot are the second word: y's lowest 245 bits, above three zeros.
    var LOW = 245;
    var yLow = 0;
    for (var i = 0; i < LOW; i++) {
        yLow += yBits.out[i] * (1 << i);
    }
    var yHigh = 0;
    for (var i = LOW; i < 254; i++) {
        yHigh += yBits.out[i] * (1 << (i - LOW));
    }
    chunks[0] <== arrives * (token * (1 << 168) + balance * (1 << 40) + yHigh);
    chunks[1] <== arrives * (yLow * (1 << 3));
    chunks[2] <== arrives * (xBits.out[0] * (1 << 160) + owner);
}
