// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/compconstant.circom";
include "../keys/DecompressKey.circom";

/**
 * Prove: `good` is 1 if and only if `wanted` is 1 and `(yBits, sign)` denotes a key that an account may have: y < p, on
 * the curve, not of small order (docs/protocol.md §5.1). Then `key` is that key.
 *
 * @input wanted binary; yBits[254] binary, little-endian; sign binary (ensured by the caller)
 * @input root private: as in DecompressKey; any value if `wanted` is 0
 * @output good 0 or 1
 * @output key[2] the key, if `good` is 1
 * @constraints NewAccountKey: 816
 */
template NewAccountKey() {
    signal input wanted;
    signal input yBits[254];
    signal input sign;
    signal input root;
    signal output good;
    signal output key[2];

    // If no key is wanted, the point B8 is decompressed instead, so that a witness exists for all bits.
    var B8_Y = 16950150798460657717958625567821834550301663161624707787222815936182638968203;
    var B8_SIGN = 1;
    var B8_ROOT = 18362792923270618610602190062421613446424626448841367818266524118932229741351;
    var P_MINUS_1 = -1;

    component yAboveField = CompConstant(P_MINUS_1);
    component y = Bits2Num(254);
    for (var i = 0; i < 254; i++) {
        yAboveField.in[i] <== yBits[i];
        y.in[i] <== yBits[i];
    }

    component point = DecompressKey();
    point.y <== B8_Y + wanted * (y.out - B8_Y);
    point.sign <== B8_SIGN + wanted * (sign - B8_SIGN);
    point.root <== B8_ROOT + wanted * (root - B8_ROOT);

    signal wantedAndCanonical <== wanted * (1 - yAboveField.out);
    good <== wantedAndCanonical * point.good;
    key[0] <== point.x;
    key[1] <== y.out;
}
