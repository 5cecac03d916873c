// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/poseidon.circom";
include "../tree/BinaryRoot.circom";

/**
 * Prove: the registry has `key` for the ticket, or, if `exists` is 0, nothing; then `key` is 0. The root fixes
 * `exists`: a Poseidon hash is never 0.
 *
 * @param TICKET_BITS depth of the registry, 1 … 8
 * @input registryRoot whose keys are on the curve and not of small order (ensured by the caller: L1 checks them)
 * @input ticketBits[TICKET_BITS] binary (ensured by the caller), little-endian
 * @input key[2], exists, path[TICKET_BITS] private
 * @output point[2] the key, or B8 if there is no key: on the curve and not of small order
 * @constraints TicketKey(8): 2,172
 */
template TicketKey(TICKET_BITS) {
    assert(TICKET_BITS >= 1 && TICKET_BITS <= 8);
    
    signal input registryRoot;
    signal input ticketBits[TICKET_BITS];
    signal input key[2];
    signal input exists;
    signal input path[TICKET_BITS];
    signal output point[2];

    var B8[2] = [
        5299619240641551281634865583518297030282874472190772894086521144482721001553,
        16950150798460657717958625567821834550301663161624707787222815936182638968203
    ];

    exists * (1 - exists) === 0;
    component hash = Poseidon(2);
    for (var i = 0; i < 2; i++) {
        key[i] * (1 - exists) === 0;
        hash.inputs[i] <== key[i];
        point[i] <== key[i] + (1 - exists) * B8[i];
    }

    component registry = BinaryRoot(TICKET_BITS);
    registry.leaf <== exists * hash.out;
    registry.indexBits <== ticketBits;
    registry.siblings <== path;
    registry.root === registryRoot;
}
