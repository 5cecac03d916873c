// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

/**
 * Prove: `tip = mantissa · 2^exponent` (docs/protocol.md §3).
 *
 * @input mantissaBits[20], exponentBits[6] binary (ensured by the caller), little-endian
 * @output tip below 2^83: at most (2^20 − 1)·2^63
 * @constraints DecodeTip: 6
 */
template DecodeTip() {
    signal input mantissaBits[20];
    signal input exponentBits[6];
    signal output tip;

    var mantissa = 0;
    for (var i = 0; i < 20; i++) {
        mantissa += mantissaBits[i] * (1 << i);
    }
    signal scaled[7];
    scaled[0] <== mantissa;
    for (var i = 0; i < 6; i++) {
        scaled[i + 1] <== scaled[i] * (1 + exponentBits[i] * ((1 << (1 << i)) - 1));
    }
    tip <== scaled[6];
}
