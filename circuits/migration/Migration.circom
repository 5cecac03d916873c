// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/poseidon.circom";
include "../lib/accounts/SubtreeRoot.circom";
include "../lib/commitment/DataCommitment.circom";
include "../lib/migration/ApplyMove.circom";

/**
 * Prove: applying the moves to the state `oldStateRoot` gives `newStateRoot`, the arrivals of `arrivalsRoot` and
 * `totals` (docs/enforcement.md §5.2); and the commitments and evaluations belong to the moves and to the arrivals'
 * data. Signals in the order of §5.3.
 *
 * All moves and all states that fulfil their invariants have exactly one result, and a witness. Also from another
 * state, no account arrives that the target's state may not have.
 *
 * @param DEPTH levels of the account tree, 1 … 16
 * @param LEVELS levels of the tree of arrivals, 1 … 16
 * @constraints Migration(5, 1): 44,062
 */
template Migration(DEPTH, LEVELS) {
    assert(DEPTH >= 1 && DEPTH <= 16);
    assert(LEVELS >= 1 && LEVELS <= 16);
    
    var MIGRANTS = 4 ** LEVELS;
    var PAIRS = 4;

    signal output newStateRoot;
    signal output arrivalsRoot;
    signal output totals[PAIRS];
    signal output movesCommitment;
    signal output movesEvaluation;
    signal output arrivalsCommitment;
    signal output arrivalsEvaluation;

    signal input oldStateRoot;
    signal input domain;
    signal input target;
    signal input tokens;
    signal input movesPoint;
    signal input arrivalsPoint;
    signal input worker;

    signal input accountsRoot;
    signal input nextIndex;
    signal input moves[MIGRANTS][3];
    signal input account[MIGRANTS][6];
    signal input exists[MIGRANTS];
    signal input path[MIGRANTS][DEPTH][4];

    // ── The state before ─────────────────────────────────────────────────────────────────────────────────────────────
    component oldState = Poseidon(2);
    oldState.inputs[0] <== accountsRoot;
    oldState.inputs[1] <== nextIndex;
    oldState.out === oldStateRoot;

    // ── The token pairs ──────────────────────────────────────────────────────────────────────────────────────────────
    component tokenBits = Num2Bits(32 * PAIRS);
    tokenBits.in <== tokens;
    component pairs[PAIRS];
    for (var i = 0; i < PAIRS; i++) {
        pairs[i] = Bits2Num(32);
        for (var bit = 0; bit < 32; bit++) {
            pairs[i].in[bit] <== tokenBits.out[32 * i + bit];
        }
    }

    // ── Moves ────────────────────────────────────────────────────────────────────────────────────────────────────────
    component move[MIGRANTS];
    var sums[PAIRS];
    for (var i = 0; i < MIGRANTS; i++) {
        move[i] = ApplyMove(DEPTH);
        move[i].chunks <== moves[i];
        move[i].domain <== domain;
        move[i].target <== target;
        for (var pair = 0; pair < PAIRS; pair++) {
            move[i].pairs[pair] <== pairs[pair].out;
        }
        move[i].accountsRoot <== i == 0 ? accountsRoot : move[i - 1].newAccountsRoot;
        move[i].account <== account[i];
        move[i].exists <== exists[i];
        move[i].path <== path[i];
        for (var pair = 0; pair < PAIRS; pair++) {
            sums[pair] += move[i].moved[pair];
        }
    }
    totals <== sums;

    // ── The state after ──────────────────────────────────────────────────────────────────────────────────────────────
    component newState = Poseidon(2);
    newState.inputs[0] <== move[MIGRANTS - 1].newAccountsRoot;
    newState.inputs[1] <== nextIndex;
    newStateRoot <== newState.out;

    // ── Arrivals and data ────────────────────────────────────────────────────────────────────────────────────────────
    component arrivals = SubtreeRoot(LEVELS);
    component movesData = DataCommitment(MIGRANTS);
    component arrivalsData = DataCommitment(MIGRANTS);
    for (var i = 0; i < MIGRANTS; i++) {
        arrivals.leaves[i] <== move[i].arrivalHash;
        movesData.chunks[i] <== moves[i];
        arrivalsData.chunks[i] <== move[i].arrivalChunks;
    }
    arrivalsRoot <== arrivals.root;
    movesData.z <== movesPoint;
    movesCommitment <== movesData.c;
    movesEvaluation <== movesData.y;
    arrivalsData.z <== arrivalsPoint;
    arrivalsCommitment <== arrivalsData.c;
    arrivalsEvaluation <== arrivalsData.y;

    // `worker` binds the proof to the account that may submit it. No other signal depends on it, so it has a constraint
    // of its own.
    signal workerSquared <== worker * worker;
}
