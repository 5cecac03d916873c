// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/comparators.circom";
include "../accounts/AccountHash.circom";
include "../accounts/KnownAccount.circom";
include "../accounts/PathUpdate.circom";
include "FitsBalance.circom";
include "IndexInTree.circom";

/**
 * Prove: `newRoot` is `accountsRoot` after crediting `tips` to the fee account, and `rest` is 0; or nothing changed and
 * `rest` is `tips`, because the account is absent, holds another token, or would overflow (docs/protocol.md §5.2).
 *
 * @param DEPTH levels of the account tree, 1 … 16
 * @input accountsRoot, tips (below 2^128), feeToken, indexBits[32] binary, little-endian
 * @input account, exists, path private: the account at index mod 4^DEPTH
 * @output newRoot, rest
 * @constraints CreditTips(5): 3,866; CreditTips(16): 10,486
 */
template CreditTips(DEPTH) {
    assert(DEPTH >= 1 && DEPTH <= 16);
    
    signal input accountsRoot;
    signal input tips;
    signal input feeToken;
    signal input indexBits[32];
    signal input account[6];
    signal input exists;
    signal input path[DEPTH][4];
    signal output newRoot;
    signal output rest;

    var TOKEN = 3;
    var BALANCE = 4;

    component index = IndexInTree(DEPTH);
    index.bits <== indexBits;
    component leaf = KnownAccount();
    leaf.account <== account;
    leaf.exists <== exists;
    component hasToken = IsEqual();
    hasToken.in[0] <== account[TOKEN];
    hasToken.in[1] <== feeToken;
    component fits = FitsBalance();
    fits.value <== account[BALANCE] + tips;

    signal known <== exists * (index.inTree - index.isZero);
    signal ready <== known * hasToken.out;
    signal credits <== ready * fits.out;
    signal credited <== credits * tips;
    rest <== tips - credited;

    component newLeaf = AccountHash();
    for (var i = 0; i < 6; i++) {
        newLeaf.account[i] <== i == BALANCE ? account[i] + credited : account[i];
    }
    newLeaf.exists <== exists;

    component update = PathUpdate(DEPTH);
    for (var i = 0; i < 2 * DEPTH; i++) {
        update.indexBits[i] <== indexBits[i];
    }
    update.oldLeaf <== leaf.hash;
    update.newLeaf <== newLeaf.hash;
    update.children <== path;
    update.oldRoot === accountsRoot;
    newRoot <== update.newRoot;
}
