// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/comparators.circom";
include "circomlib/circuits/poseidon.circom";
include "../signature/SignatureCheck.circom";

/**
 * Prove: `out` is 1 if and only if the flags are known and the slot carries the sender's signature over
 * `Poseidon(domain, payload, nonce, bound)`, where `bound` is the batch's sequencer if the sender bound the transaction
 * to one, else 0 (docs/protocol.md §3).
 *
 * @input payload, hBits[254], sBits[251], flagBits[5] from DecodeSlot
 * @input domain, sequencer, nonce field elements
 * @input key[2] on the curve and not of small order (ensured by the caller)
 * @output out 0 or 1
 * @constraints TransactionAuthorised: 4,000
 */
template TransactionAuthorised() {
    signal input payload;
    signal input hBits[254];
    signal input sBits[251];
    signal input flagBits[5];
    signal input domain;
    signal input sequencer;
    signal input nonce;
    signal input key[2];
    signal output out;

    var SEQUENCER_BOUND = 0;

    component unknownFlags = IsZero();
    unknownFlags.in <== flagBits[1] + flagBits[2] + flagBits[3] + flagBits[4];

    component message = Poseidon(4);
    message.inputs[0] <== domain;
    message.inputs[1] <== payload;
    message.inputs[2] <== nonce;
    message.inputs[3] <== flagBits[SEQUENCER_BOUND] * sequencer;

    component signature = SignatureCheck();
    signature.hBits <== hBits;
    signature.sBits <== sBits;
    signature.key <== key;
    signature.message <== message.out;

    out <== signature.valid * unknownFlags.out;
}
