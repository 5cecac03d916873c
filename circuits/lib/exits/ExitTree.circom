pragma circom 2.2.2;

include "circomlib/circuits/poseidon.circom";

/**
 * Prove: `root` is the root of the binary Poseidon tree over `exits` (docs/protocol.md §5.3).
 *
 * @param SLOTS a power of two, at least 2
 * @input exits[SLOTS] hashes of exits, or 0
 * @output root
 * @constraints ExitTree(4): 720
 */
template ExitTree(SLOTS) {
    signal input exits[SLOTS];
    signal output root;

    // Each hash joins the next two of the list that begins with the exits and goes on with the hashes themselves.
    signal nodes[2 * SLOTS - 1];
    component hash[SLOTS - 1];
    for (var i = 0; i < SLOTS; i++) {
        nodes[i] <== exits[i];
    }
    for (var i = 0; i < SLOTS - 1; i++) {
        hash[i] = Poseidon(2);
        hash[i].inputs[0] <== nodes[2 * i];
        hash[i].inputs[1] <== nodes[2 * i + 1];
        nodes[SLOTS + i] <== hash[i].out;
    }
    root <== nodes[2 * SLOTS - 2];
}
