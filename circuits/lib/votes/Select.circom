pragma circom 2.2.2;

/**
 * Prove: `out` is the value at the index.
 *
 * @param BITS of the index
 * @input values[2^BITS] field elements
 * @input indexBits[BITS] binary (ensured by the caller), little-endian
 * @output out
 * @constraints Select(4): 0
 */
template Select(BITS) {
    signal input values[1 << BITS];
    signal input indexBits[BITS];
    signal output out;

    // halves[level] are the values whose lowest `level` index bits are those of the index.
    signal halves[BITS + 1][1 << BITS];
    halves[0] <== values;
    for (var level = 0; level < BITS; level++) {
        for (var i = 0; i < 1 << (BITS - 1 - level); i++) {
            halves[level + 1][i] <==
                halves[level][2 * i] + indexBits[level] * (halves[level][2 * i + 1] - halves[level][2 * i]);
        }
    }
    out <== halves[BITS][0];
}
