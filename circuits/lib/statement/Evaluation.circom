// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

/**
 * Prove: `value` is the polynomial with the coefficients `words` at `point`: the sum of words[i] · point^i
 * (docs/protocol.md §6.1).
 *
 * @param N number of words, at least 2
 * @input words[N], point field elements
 * @output value field element
 * @constraints Evaluation(13): 12; Evaluation(11): 10
 */
template Evaluation(N) {
    assert(N >= 2);
    signal input words[N];
    signal input point;
    signal output value;

    // Horner's rule, from the last word.
    signal sums[N - 1];
    for (var i = N - 2; i >= 0; i--) {
        sums[i] <== words[i] + point * (i == N - 2 ? words[N - 1] : sums[i + 1]);
    }
    value <== sums[0];
}
