// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/comparators.circom";
include "../accounts/AccountHash.circom";
include "../accounts/KnownAccount.circom";
include "../accounts/PathUpdate.circom";
include "../keys/AccountKey.circom";
include "../slot/DecodeSlot.circom";
include "../slot/IndexInTree.circom";
include "ArrivalSlot.circom";
include "MatchPair.circom";
include "MoveAuthorised.circom";

/**
 * Prove: applying the move `chunks` to the accounts of `accountsRoot` gives those of `newAccountsRoot`, the arrival
 * `arrivalHash` with the slot `arrivalChunks`, and `moved` by token pair (docs/enforcement.md §5.2). For every slot and
 * every state that fulfils its invariants there is exactly one result, and a witness.
 *
 * The account's key, balance and owner are checked although the invariants say that they are good: the target of the
 * arrivals relies on this proof only, and `accountsRoot` may be an invention. For an account that breaks them there is
 * no witness, for valid and for invalid moves. Its token need not be checked: an arriving account has the token of a
 * pair.
 *
 * @param DEPTH levels of the account tree, 1 … 16
 * @input chunks[3], domain, target, accountsRoot
 * @input pairs[4] 32 bit (ensured by the caller): see MatchPair
 * @input account, exists, path private: the account at from mod 4^DEPTH
 * @output newAccountsRoot
 * @output arrivalHash leaf of the account in the target, or 0
 * @output arrivalChunks[3] its slot, or zeros
 * @output moved[4] below 2^128; at most one is not 0
 * @constraints ApplyMove(5): 10,191; ApplyMove(16): 16,811
 */
template ApplyMove(DEPTH) {
    assert(DEPTH >= 1 && DEPTH <= 16);
    
    signal input chunks[3];
    signal input domain;
    signal input target;
    signal input pairs[4];
    signal input accountsRoot;
    signal input account[6];
    signal input exists;
    signal input path[DEPTH][4];
    signal output newAccountsRoot;
    signal output arrivalHash;
    signal output arrivalChunks[3];
    signal output moved[4];

    var AX = 0;
    var AY = 1;
    var NONCE = 2;
    var TOKEN = 3;
    var BALANCE = 4;
    var OWNER = 5;
    var B8[2] = [
        5299619240641551281634865583518297030282874472190772894086521144482721001553,
        16950150798460657717958625567821834550301663161624707787222815936182638968203
    ];

    // ── The slot ─────────────────────────────────────────────────────────────────────────────────────────────────────
    component slot = DecodeSlot();
    slot.chunks <== chunks;
    component from = IndexInTree(DEPTH);
    from.bits <== slot.fromBits;
    component targetToken = Bits2Num(32);
    targetToken.in <== slot.toBits;

    // ── The account ──────────────────────────────────────────────────────────────────────────────────────────────────
    component leaf = KnownAccount();
    leaf.account <== account;
    leaf.exists <== exists;
    signal known <== exists * (from.inTree - from.isZero);

    // The key of an absent account is (0, 0), which is no key: B8 replaces it.
    component key = AccountKey();
    key.key[0] <== account[AX] + (1 - exists) * B8[0];
    key.key[1] <== account[AY] + (1 - exists) * B8[1];

    component signed = MoveAuthorised();
    signed.payload <== slot.payload;
    signed.hBits <== slot.hBits;
    signed.sBits <== slot.sBits;
    signed.flagBits <== slot.flagBits;
    signed.domain <== domain;
    signed.target <== target;
    signed.nonce <== account[NONCE];
    signed.key <== key.key;

    component hasToken = IsEqual();
    hasToken.in[0] <== account[TOKEN];
    hasToken.in[1] <== slot.token;
    component pair = MatchPair();
    pair.token <== slot.token;
    pair.targetToken <== targetToken.out;
    pair.pairs <== pairs;

    // ── The verdict ──────────────────────────────────────────────────────────────────────────────────────────────────
    signal authorised <== known * signed.out;
    signal mayMove <== authorised * hasToken.out;
    signal moves <== mayMove * pair.matches;
    signal amount <== moves * account[BALANCE];

    // ── The account that stays ───────────────────────────────────────────────────────────────────────────────────────
    component left = AccountHash();
    left.account[AX] <== account[AX];
    left.account[AY] <== account[AY];
    left.account[NONCE] <== account[NONCE] + moves;
    left.account[TOKEN] <== account[TOKEN];
    left.account[BALANCE] <== account[BALANCE] - amount;
    left.account[OWNER] <== account[OWNER];
    left.exists <== exists;

    component update = PathUpdate(DEPTH);
    for (var i = 0; i < 2 * DEPTH; i++) {
        update.indexBits[i] <== slot.fromBits[i];
    }
    update.oldLeaf <== leaf.hash;
    update.newLeaf <== left.hash;
    update.children <== path;
    update.oldRoot === accountsRoot;
    newAccountsRoot <== update.newRoot;

    // ── The account that arrives ─────────────────────────────────────────────────────────────────────────────────────
    component arrival = AccountHash();
    arrival.account[AX] <== account[AX];
    arrival.account[AY] <== account[AY];
    arrival.account[NONCE] <== 0;
    arrival.account[TOKEN] <== targetToken.out;
    arrival.account[BALANCE] <== account[BALANCE];
    arrival.account[OWNER] <== account[OWNER];
    arrival.exists <== moves;
    arrivalHash <== arrival.hash;

    component arrivalSlot = ArrivalSlot();
    arrivalSlot.arrives <== moves;
    arrivalSlot.key[0] <== account[AX];
    arrivalSlot.key[1] <== account[AY];
    arrivalSlot.token <== targetToken.out;
    arrivalSlot.balance <== account[BALANCE];
    arrivalSlot.owner <== account[OWNER];
    arrivalChunks <== arrivalSlot.chunks;

    for (var i = 0; i < 4; i++) {
        moved[i] <== amount * pair.isFirst[i];
    }
}
