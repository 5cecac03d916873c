// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/poseidon.circom";
include "../lib/accounts/AccountHash.circom";
include "../lib/accounts/PathRoot.circom";

/**
 * Prove: the state `stateRoot` has an account at `index`, with this owner, token and balance (docs/enforcement.md §3).
 * Signals in the order given there.
 *
 * An absent account has the leaf 0, which is no hash. The ranges of the numbers are an invariant of the state, which L1
 * takes from proven transitions.
 *
 * @param DEPTH levels of the account tree, 1 … 16
 * @constraints Escape(5): 2,104; Escape(16): 5,426
 */
template Escape(DEPTH) {
    assert(DEPTH >= 1 && DEPTH <= 16);
    
    signal output owner;
    signal output token;
    signal output balance;

    signal input stateRoot;
    signal input index;

    signal input accountsRoot;
    signal input nextIndex;
    signal input account[6];
    signal input path[DEPTH][4];

    var TOKEN = 3;
    var BALANCE = 4;
    var OWNER = 5;

    component state = Poseidon(2);
    state.inputs[0] <== accountsRoot;
    state.inputs[1] <== nextIndex;
    state.out === stateRoot;

    component leaf = AccountHash();
    leaf.account <== account;
    leaf.exists <== 1;

    // An index of 4^DEPTH or more has no witness.
    component indexBits = Num2Bits(2 * DEPTH);
    indexBits.in <== index;
    component tree = PathRoot(DEPTH);
    tree.indexBits <== indexBits.out;
    tree.leaf <== leaf.hash;
    tree.children <== path;
    tree.root === accountsRoot;

    owner <== account[OWNER];
    token <== account[TOKEN];
    balance <== account[BALANCE];
}
