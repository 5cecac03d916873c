// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/comparators.circom";
include "circomlib/circuits/poseidon.circom";
include "../lib/commitment/DataCommitment.circom";
include "../lib/exits/ExitsHash.circom";
include "../lib/slot/ApplySlot.circom";
include "../lib/slot/CreditTips.circom";
include "../lib/statement/Evaluation.circom";

/**
 * Prove: applying `header` and SLOTS slots to the state `oldStateRoot` gives `newStateRoot`, `exitsHash` and
 * `proverFees` (docs/protocol.md §5), and `c`, `y` belong to that data (§7). These signals, in the order of §6, are the
 * statement. `digest` is the hash of the other signals. `evaluation` is the value of the polynomial with all signals
 * and the exits at `point`, which L1 draws after it has the statement (§6.1). The statement itself is private here.
 *
 * All data and states have exactly one result, and a witness: an invalid transaction is a no-op. `context` and `worker`
 * are bound through `digest`: a proof with other values for them does not verify.
 *
 * @param DEPTH levels of the account tree, 2 … 16
 * @param SLOTS slots of the leaf, a power of two, 1 … 128
 * @param LEVELS levels of an arrival's subtree, 1 … DEPTH - 1
 * @constraints Leaf(5, 4, 1): 60,200; Leaf(16, 1, 2): 38,907; Leaf(16, 2, 2): 65,929;
 *   Leaf(16, 2, 2) - Leaf(16, 1, 2): 27,022
 */
template Leaf(DEPTH, SLOTS, LEVELS) {
    assert(DEPTH >= 2 && DEPTH <= 16);
    assert(SLOTS >= 1 && SLOTS <= 128 && (SLOTS & (SLOTS - 1)) == 0);
    assert(LEVELS >= 1 && LEVELS < DEPTH);
    
    signal output digest;
    signal output evaluation;

    signal input point;

    signal input oldStateRoot;
    signal input header;
    signal input z;
    signal input sequencer;
    signal input domain;
    signal input context;
    signal input worker;

    signal input accountsRoot;
    signal input nextIndex;
    signal input chunks[SLOTS][3];
    signal input sender[SLOTS][6];
    signal input senderExists[SLOTS];
    signal input senderPath[SLOTS][DEPTH][4];
    signal input receiver[SLOTS][6];
    signal input receiverExists[SLOTS];
    signal input receiverPath[SLOTS][DEPTH][4];
    signal input keyRoot[SLOTS];
    signal input feeAccountLeaf[6];
    signal input feeAccountExists;
    signal input feeAccountPath[DEPTH][4];

    // ── The state before ─────────────────────────────────────────────────────────────────────────────────────────────
    component oldState = Poseidon(2);
    oldState.inputs[0] <== accountsRoot;
    oldState.inputs[1] <== nextIndex;
    oldState.out === oldStateRoot;

    // ── The header (§4) ──────────────────────────────────────────────────────────────────────────────────────────────
    component headerBits = Num2Bits(224);
    headerBits.in <== header;
    var forcedCount = 0;
    for (var i = 0; i < 16; i++) {
        forcedCount += headerBits.out[64 + i] * (1 << i);
    }
    var feeToken = 0;
    for (var i = 0; i < 16; i++) {
        feeToken += headerBits.out[112 + i] * (1 << i);
    }
    var baseFee = 0;
    for (var i = 0; i < 96; i++) {
        baseFee += headerBits.out[128 + i] * (1 << i);
    }

    // ── Slots ────────────────────────────────────────────────────────────────────────────────────────────────────────
    component isForced[SLOTS];
    component slot[SLOTS];
    var baseFees = 0;
    var tips = 0;
    for (var i = 0; i < SLOTS; i++) {
        isForced[i] = LessThan(16);
        isForced[i].in[0] <== i;
        isForced[i].in[1] <== forcedCount;

        slot[i] = ApplySlot(DEPTH, LEVELS);
        slot[i].isForced <== isForced[i].out;
        slot[i].chunks <== chunks[i];
        slot[i].baseFee <== baseFee;
        slot[i].feeToken <== feeToken;
        slot[i].sequencer <== sequencer;
        slot[i].domain <== domain;
        slot[i].accountsRoot <== i == 0 ? accountsRoot : slot[i - 1].newAccountsRoot;
        slot[i].nextIndex <== i == 0 ? nextIndex : slot[i - 1].newNextIndex;
        slot[i].sender <== sender[i];
        slot[i].senderExists <== senderExists[i];
        slot[i].senderPath <== senderPath[i];
        slot[i].receiver <== receiver[i];
        slot[i].receiverExists <== receiverExists[i];
        slot[i].receiverPath <== receiverPath[i];
        slot[i].keyRoot <== keyRoot[i];
        baseFees += slot[i].baseFeePaid;
        tips += slot[i].tipPaid;
    }

    // ── Tips ─────────────────────────────────────────────────────────────────────────────────────────────────────────
    component feeAccount = CreditTips(DEPTH);
    feeAccount.accountsRoot <== slot[SLOTS - 1].newAccountsRoot;
    feeAccount.tips <== tips;
    feeAccount.feeToken <== feeToken;
    for (var i = 0; i < 32; i++) {
        feeAccount.indexBits[i] <== headerBits.out[80 + i];
    }
    feeAccount.account <== feeAccountLeaf;
    feeAccount.exists <== feeAccountExists;
    feeAccount.path <== feeAccountPath;
    signal proverFees <== baseFees + feeAccount.rest;

    // ── The state after, exits and data ──────────────────────────────────────────────────────────────────────────────
    component newState = Poseidon(2);
    newState.inputs[0] <== feeAccount.newRoot;
    newState.inputs[1] <== slot[SLOTS - 1].newNextIndex;
    signal newStateRoot <== newState.out;

    component exits = ExitsHash(SLOTS);
    for (var i = 0; i < SLOTS; i++) {
        exits.exits[i] <== slot[i].exit;
    }
    signal exitsHash <== exits.hash;

    component data = DataCommitment(SLOTS);
    data.chunks <== chunks;
    data.z <== z;
    signal c <== data.c;
    signal y <== data.y;

    // ── The statement ────────────────────────────────────────────────────────────────────────────────────────────────
    component all = Poseidon(12);
    all.inputs[0] <== newStateRoot;
    all.inputs[1] <== exitsHash;
    all.inputs[2] <== proverFees;
    all.inputs[3] <== c;
    all.inputs[4] <== y;
    all.inputs[5] <== oldStateRoot;
    all.inputs[6] <== header;
    all.inputs[7] <== z;
    all.inputs[8] <== sequencer;
    all.inputs[9] <== domain;
    all.inputs[10] <== context;
    all.inputs[11] <== worker;
    digest <== all.out;

    component statement = Evaluation(13 + 2 * SLOTS);
    var signals[13] = [
        newStateRoot, exitsHash, proverFees, c, y, digest, oldStateRoot, header, z, sequencer, domain, context, worker
    ];
    for (var i = 0; i < 13; i++) {
        statement.words[i] <== signals[i];
    }
    for (var i = 0; i < SLOTS; i++) {
        statement.words[13 + 2 * i] <== slot[i].exit[0];
        statement.words[14 + 2 * i] <== slot[i].exit[1];
    }
    statement.point <== point;
    evaluation <== statement.value;
}
