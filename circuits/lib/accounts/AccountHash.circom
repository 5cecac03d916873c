// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/poseidon.circom";

/**
 * Prove: `hash` is the leaf of the account tree for `account`, or 0 if `exists` is 0.
 *
 * @input account[6] ax, ay, nonce, token, balance, owner
 * @input exists binary (ensured by the caller)
 * @output hash Poseidon(account) or 0
 * @constraints AccountHash: 355
 */
template AccountHash() {
    signal input account[6];
    signal input exists;
    signal output hash;

    component poseidon = Poseidon(6);
    for (var i = 0; i < 6; i++) {
        poseidon.inputs[i] <== account[i];
    }
    hash <== exists * poseidon.out;
}
