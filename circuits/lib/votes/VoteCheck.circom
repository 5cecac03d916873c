// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/comparators.circom";
include "circomlib/circuits/poseidon.circom";
include "../signature/SignatureCheck.circom";
include "ElectedVote.circom";
include "Select.circom";
include "TicketKey.circom";
include "Vote.circom";

/**
 * Prove: `valid` is 1 if and only if the transcript's vote for the node is a valid one of the ticket that was promised
 * it (docs/b52.md §2), and, where tickets are drawn, one of an elected ticket (§11). The result is a boolean that the
 * prover cannot choose. A proposer may have put any field elements, or nothing, in the place of a vote: there is a
 * witness for all of them.
 *
 * @param TICKET_BITS depth of the registry, 1 … 8
 * @param TREE_BITS depth of the tree of votes, 1 … 4
 * @param DRAWS 1 where tickets are drawn, else 0
 * @input nodeBits[TREE_BITS], ticketBits[TICKET_BITS] binary (ensured by the caller), little-endian
 * @input context, votesRoot field elements
 * @input registryRoot with keys on the curve and not of small order, for tickets alone (ensured by the caller)
 * @input vote[3], voteExists, votesPath private: see Vote
 * @input key[2], keyExists, registryPath private: see TicketKey
 * @input seed, base[2], limit, if `DRAWS` is 1: see DrawBase, ElectedVote (ensured by the caller)
 * @input gamma[2] private, if `DRAWS` is 1: see ElectedVote
 * @output valid 0 or 1
 * @constraints VoteCheck(8, 4, 0): 9,144; VoteCheck(8, 4, 1): 15,290
 */
template VoteCheck(TICKET_BITS, TREE_BITS, DRAWS) {
    assert(TICKET_BITS >= 1 && TICKET_BITS <= 8);
    assert(TREE_BITS >= 1 && TREE_BITS <= 4);
    assert(DRAWS == 0 || DRAWS == 1);

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

    component opened = Vote(TREE_BITS, DRAWS);
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

    // The hash that is signed, and whether the ticket is elected.
    var signed;
    var elected = 1;
    if (DRAWS == 0) {
        component message = Poseidon(3);
        message.inputs[0] <== context;
        message.inputs[1] <== ticket;
        message.inputs[2] <== vote[NODES];
        signed = message.out;
    } else {
        signal input seed;
        signal input base[2];
        signal input limit;
        signal input gamma[2];
        opened.gamma <== gamma;

        component election = ElectedVote();
        election.base <== base;
        election.limit <== limit;
        election.ticket <== ticket;
        election.gamma <== gamma;
        election.hBits <== bits[H].out;
        for (var i = 0; i < 251; i++) {
            election.sBits[i] <== bits[S].out[i];
        }
        elected = election.elected;

        component message = Poseidon(8);
        message.inputs[0] <== context;
        message.inputs[1] <== ticket;
        message.inputs[2] <== vote[NODES];
        message.inputs[3] <== seed;
        message.inputs[4] <== gamma[0];
        message.inputs[5] <== gamma[1];
        message.inputs[6] <== election.nonceImage[0];
        message.inputs[7] <== election.nonceImage[1];
        signed = message.out;
    }

    component signature = SignatureCheck();
    signature.hBits <== bits[H].out;
    for (var i = 0; i < 251; i++) {
        signature.sBits[i] <== bits[S].out[i];
    }
    signature.key <== registered.point;
    signature.message <== signed;

    if (DRAWS == 0) {
        valid <== faultless.out * signature.valid;
    } else {
        signal isVote <== faultless.out * signature.valid;
        valid <== isVote * elected;
    }
}
