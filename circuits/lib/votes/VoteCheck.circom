// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/comparators.circom";
include "circomlib/circuits/poseidon.circom";
include "../signature/SignatureCheck.circom";
include "Select.circom";
include "TicketKey.circom";
include "Vote.circom";

/**
 * Prove: `valid` is 1 if and only if the transcript's vote for the node is a valid one of the ticket that was promised
 * it (docs/b52.md §2). The result is a boolean that the prover cannot choose. A proposer may have put any three field
 * elements, or nothing, in the place of a vote: there is a witness for all of them.
 *
 * @param TICKET_BITS depth of the registry, 1 … 8
 * @param TREE_BITS depth of the tree of votes, 1 … 4
 * @input nodeBits[TREE_BITS], ticketBits[TICKET_BITS] binary (ensured by the caller), little-endian
 * @input context, votesRoot field elements
 * @input registryRoot with keys on the curve and not of small order, for tickets alone (ensured by the caller)
 * @input vote[3], voteExists, votesPath private: see Vote
 * @input key[2], keyExists, registryPath private: see TicketKey
 * @output valid 0 or 1
 * @constraints VoteCheck(8, 4): 9,144
 */
template VoteCheck(TICKET_BITS, TREE_BITS) {
    assert(TICKET_BITS >= 1 && TICKET_BITS <= 8);
    assert(TREE_BITS >= 1 && TREE_BITS <= 4);
    
    signal input nodeBits[TREE_BITS];
    signal input ticketBits[TICKET_BITS];
    signal input context;
    signal input registryRoot;
    signal input votesRoot;
    signal input vote[3];
    signal input voteExists;
    signal input votesPath[TREE_BITS];
    signal input key[2];
    signal input keyExists;
    signal input registryPath[TICKET_BITS];
    signal output valid;

    var NODES = 0;
    var H = 1;
    var S = 2;
    var MAX_NODES = 1 << TREE_BITS;

    component opened = Vote(TREE_BITS);
    opened.votesRoot <== votesRoot;
    opened.nodeBits <== nodeBits;
    opened.vote <== vote;
    opened.exists <== voteExists;
    opened.path <== votesPath;

    component registered = TicketKey(TICKET_BITS);
    registered.registryRoot <== registryRoot;
    registered.ticketBits <== ticketBits;
    registered.key <== key;
    registered.exists <== keyExists;
    registered.path <== registryPath;

    // Strictly: with bits of vote + p, the prover would have a second vote to show.
    component bits[3];
    for (var i = 0; i < 3; i++) {
        bits[i] = Num2Bits_strict();
        bits[i].in <== vote[i];
    }
    component namesNode = Select(TREE_BITS);
    for (var i = 0; i < MAX_NODES; i++) {
        namesNode.values[i] <== bits[NODES].out[i];
    }
    namesNode.indexBits <== nodeBits;

    // Number of conditions that fail, beside the signature. At most 3 + 254 + 3: the sum does not wrap.
    var faults = (1 - voteExists) + (1 - keyExists) + (1 - namesNode.out);
    for (var i = MAX_NODES; i < 254; i++) {
        faults += bits[NODES].out[i];
    }
    for (var i = 251; i < 254; i++) {
        faults += bits[S].out[i];
    }
    component faultless = IsZero();
    faultless.in <== faults;

    var ticket = 0;
    for (var i = 0; i < TICKET_BITS; i++) {
        ticket += ticketBits[i] * (1 << i);
    }
    component message = Poseidon(3);
    message.inputs[0] <== context;
    message.inputs[1] <== ticket;
    message.inputs[2] <== vote[NODES];

    component signature = SignatureCheck();
    signature.hBits <== bits[H].out;
    for (var i = 0; i < 251; i++) {
        signature.sBits[i] <== bits[S].out[i];
    }
    signature.key <== registered.point;
    signature.message <== message.out;

    valid <== faultless.out * signature.valid;
}
