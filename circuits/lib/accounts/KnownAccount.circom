// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "AccountHash.circom";

/**
 * Prove: `hash` is the leaf of an account that the prover claims to be in the tree, or 0 for one claimed absent, whose
 * numbers are then all 0. Where the leaf is opened against a root this fixes `exists`: a Poseidon hash is never 0.
 *
 * The numbers of an existing account need no range checks: an earlier valid transition hashed them.
 *
 * @input account[6] ax, ay, nonce, token, balance, owner (private)
 * @input exists private
 * @output hash leaf of the account tree
 * @constraints KnownAccount: 362
 */
template KnownAccount() {
    signal input account[6];
    signal input exists;
    signal output hash;

    exists * (1 - exists) === 0;
    for (var i = 0; i < 6; i++) {
        account[i] * (1 - exists) === 0;
    }
    component leaf = AccountHash();
    leaf.account <== account;
    leaf.exists <== exists;
    hash <== leaf.hash;
}
