// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/bitify.circom";

/**
 * Prove: `out` is 1 if and only if `cost ≤ balance`.
 *
 * @input balance below 2^128, cost below 2^130 (ensured by the caller)
 * @output out 0 or 1
 * @constraints Covers: 131
 */
template Covers() {
    signal input balance;
    signal input cost;
    signal output out;

    // balance − cost + 2^130 lies in (0, 2^131); its top bit says whether the difference is negative.
    component difference = Num2Bits(131);
    difference.in <== balance - cost + (1 << 130);
    out <== difference.out[130];
}
