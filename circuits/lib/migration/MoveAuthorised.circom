// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/comparators.circom";
include "circomlib/circuits/poseidon.circom";
include "../signature/SignatureCheck.circom";

/**
 * Prove: `out` is 1 if and only if the flags are those of a move, and the slot carries the account's signature over
 * `Poseidon(domain, payload, nonce, target)` (docs/enforcement.md §5.1).
 *
 * @input payload, hBits[254], sBits[251], flagBits[5] from DecodeSlot
 * @input domain, target, nonce field elements
 * @input key[2] on the curve and not of small order (ensured by the caller)
 * @output out 0 or 1
 * @constraints MoveAuthorised: 3,999
 */
template MoveAuthorised() {
    signal input payload;
    signal input hBits[254];
    signal input sBits[251];
    signal input flagBits[5];
    signal input domain;
    signal input target;
    signal input nonce;
    signal input key[2];
    signal output out;

    var MOVE = 2;

    var flags = 0;
    for (var i = 0; i < 5; i++) {
        flags += flagBits[i] * (1 << i);
    }
    component isMove = IsEqual();
    isMove.in[0] <== flags;
    isMove.in[1] <== MOVE;

    component message = Poseidon(4);
    message.inputs[0] <== domain;
    message.inputs[1] <== payload;
    message.inputs[2] <== nonce;
    message.inputs[3] <== target;

    component signature = SignatureCheck();
    signature.hBits <== hBits;
    signature.sBits <== sBits;
    signature.key <== key;
    signature.message <== message.out;

    out <== signature.valid * isMove.out;
}
