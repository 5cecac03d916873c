// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/comparators.circom";

/**
 * Prove: `isFirst[i]` is 1 if and only if pair `i` is (token, targetToken) and no pair before it is; `matches` if and
 * only if a pair is.
 *
 * @input token 16 bit, targetToken 32 bit (ensured by the caller)
 * @input pairs[4] id in the source + id in the target · 2^16, 32 bit (ensured by the caller)
 * @output isFirst[4], matches 0 or 1
 * @constraints MatchPair: 12
 */
template MatchPair() {
    signal input token;
    signal input targetToken;
    signal input pairs[4];
    signal output isFirst[4];
    signal output matches;

    component isPair[4];
    var found = 0;
    for (var i = 0; i < 4; i++) {
        isPair[i] = IsEqual();
        isPair[i].in[0] <== token + targetToken * (1 << 16);
        isPair[i].in[1] <== pairs[i];
        isFirst[i] <== isPair[i].out * (1 - found);
        found += isFirst[i];
    }
    matches <== found;
}
