// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/bitify.circom";

/**
 * Prove: `out` is 1 if and only if `value < 2^128`.
 *
 * @input value below 2^129 (ensured by the caller)
 * @output out 0 or 1
 * @constraints FitsBalance: 129
 */
template FitsBalance() {
    signal input value;
    signal output out;

    component bits = Num2Bits(129);
    bits.in <== value;
    out <== 1 - bits.out[128];
}
