// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/comparators.circom";
include "circomlib/circuits/poseidon.circom";
include "../accounts/AccountHash.circom";
include "../accounts/KnownAccount.circom";
include "../accounts/PathUpdate.circom";
include "Covers.circom";
include "DecodeSlot.circom";
include "DecodeTip.circom";
include "FitsBalance.circom";
include "IndexInTree.circom";
include "NewAccountKey.circom";
include "TransactionAuthorised.circom";

/**
 * Prove: applying the slot `chunks` to the state (accountsRoot, nextIndex) gives (newAccountsRoot, newNextIndex), the
 * words `exit` of the exit, and the fees `baseFeePaid`, `tipPaid` (docs/protocol.md §5.1). For every slot and state
 * there is exactly one result, and a witness.
 *
 * A forced operation and a transaction differ in the authorisation of the debit. The sender's account is updated first,
 * then the receiver's, so that a transfer to oneself is an ordinary case, with one exception: the circuit does not test
 * there whether the receiver's balance overflows. It cannot overflow, and a test would let the prover choose: with the
 * debit it does not overflow, without the debit it might.
 *
 * An arrival replaces the subtree of LEVELS levels at base, which is nextIndex rounded up to a multiple of 4^LEVELS, by
 * the one whose root the slot names. So the receiver's update is made of two: one of its leaf in such a subtree, one of
 * the subtree's root in the tree. A departure changes no account.
 *
 * Invariants of a valid state on which this rests: index 0 and all indices from nextIndex on are absent, so that the
 * subtree at base is empty; keys are on the curve and not of small order; balances are below 2^128;
 * 1 ≤ nextIndex ≤ 4^DEPTH. L1 ensures that the accounts under an arrival's root fulfil them.
 *
 * @param DEPTH levels of the account tree, 2 … 16
 * @param LEVELS levels of an arrival's subtree, 1 … DEPTH - 1
 * @input isForced binary (ensured by the caller)
 * @input chunks[3], baseFee (96 bit), feeToken (16 bit), sequencer, domain, accountsRoot, nextIndex
 * @input sender, senderExists, senderPath private: the account at from mod 4^DEPTH
 * @input receiver, receiverExists, receiverPath private: the account at to mod 4^DEPTH, or at nextIndex mod 4^DEPTH
 *   where an account is to be created, or at base mod 4^DEPTH where some are to arrive, after the sender's update
 * @input keyRoot private: see NewAccountKey
 * @output newAccountsRoot, newNextIndex
 * @output exit[2] recipient + token·2^160, and amount; or 0 and 0
 * @output baseFeePaid baseFee or 0; tipPaid below 2^83
 * @constraints ApplySlot(5, 1): 13,360; ApplySlot(16, 2): 26,646
 */
template ApplySlot(DEPTH, LEVELS) {
    assert(DEPTH >= 2 && DEPTH <= 16);
    assert(LEVELS >= 1 && LEVELS < DEPTH);
    
    signal input isForced;
    signal input chunks[3];
    signal input baseFee;
    signal input feeToken;
    signal input sequencer;
    signal input domain;
    signal input accountsRoot;
    signal input nextIndex;
    signal input sender[6];
    signal input senderExists;
    signal input senderPath[DEPTH][4];
    signal input receiver[6];
    signal input receiverExists;
    signal input receiverPath[DEPTH][4];
    signal input keyRoot;
    signal output newAccountsRoot;
    signal output newNextIndex;
    signal output exit[2];
    signal output baseFeePaid;
    signal output tipPaid;

    var MIGRANTS = 4 ** LEVELS;
    var DEPARTURE = 1;
    var ARRIVAL = 2;
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
    component tip = DecodeTip();
    tip.mantissaBits <== slot.tipMantissaBits;
    tip.exponentBits <== slot.tipExponentBits;
    component from = IndexInTree(DEPTH);
    from.bits <== slot.fromBits;
    component to = IndexInTree(DEPTH);
    to.bits <== slot.toBits;
    // In a forced operation the bits of h hold a key's y, or the root of the arriving accounts; the bits of S hold the
    // parity of the key's x (bit 160) and an L1 address.
    component arrivalsRoot = Bits2Num(254);
    for (var i = 0; i < 254; i++) {
        arrivalsRoot.in[i] <== slot.hBits[i];
    }
    component l1Address = Bits2Num(160);
    for (var i = 0; i < 160; i++) {
        l1Address.in[i] <== slot.sBits[i];
    }

    // The other fields of an arrival or of a departure are ignored. A slot with both flags is an arrival.
    signal isArrival <== isForced * slot.flagBits[ARRIVAL];
    signal isDeparture <== (isForced - isArrival) * slot.flagBits[DEPARTURE];
    signal isOrdinary <== isForced - isArrival - isDeparture;
    signal isDeposit <== isOrdinary * from.isZero;
    signal isCreation <== isDeposit * to.isZero;
    signal isForcedExit <== (isOrdinary - isDeposit) * to.isZero;

    // ── The sender ───────────────────────────────────────────────────────────────────────────────────────────────────
    component senderLeaf = KnownAccount();
    senderLeaf.account <== sender;
    senderLeaf.exists <== senderExists;
    signal senderKnown <== senderExists * (from.inTree - from.isZero);

    component signed = TransactionAuthorised();
    signed.payload <== slot.payload;
    signed.hBits <== slot.hBits;
    signed.sBits <== slot.sBits;
    signed.flagBits <== slot.flagBits;
    signed.domain <== domain;
    signed.sequencer <== sequencer;
    signed.nonce <== sender[NONCE];
    // The key of an absent account is (0, 0), with which the curve arithmetic has no witness: B8 stands in.
    signed.key[0] <== sender[AX] + (1 - senderExists) * B8[0];
    signed.key[1] <== sender[AY] + (1 - senderExists) * B8[1];
    component isOwner = IsEqual();
    isOwner.in[0] <== sender[OWNER];
    isOwner.in[1] <== l1Address.out;
    signal ordered <== isOrdinary * isOwner.out;
    signal authorised <== ordered + (1 - isForced) * signed.out;

    component senderHasToken = IsEqual();
    senderHasToken.in[0] <== sender[TOKEN];
    senderHasToken.in[1] <== slot.token;

    component isFeeToken = IsEqual();
    isFeeToken.in[0] <== slot.token;
    isFeeToken.in[1] <== feeToken;
    signal paysFees <== (1 - isForced) * isFeeToken.out;
    signal fees <== paysFees * (baseFee + tip.tip);

    component enough = Covers();
    enough.balance <== sender[BALANCE];
    enough.cost <== slot.amount + fees;
    // A forced exit takes at most the balance.
    signal shortExit <== isForcedExit * (1 - enough.out);
    signal moved <== slot.amount + shortExit * (sender[BALANCE] - slot.amount);

    // ── The receiver ─────────────────────────────────────────────────────────────────────────────────────────────────
    component receiverLeaf = KnownAccount();
    receiverLeaf.account <== receiver;
    receiverLeaf.exists <== receiverExists;
    signal receiverKnown <== receiverExists * (to.inTree - to.isZero);

    component receiverHasToken = IsEqual();
    receiverHasToken.in[0] <== receiver[TOKEN];
    receiverHasToken.in[1] <== slot.token;
    component isSelf = IsZero();
    var difference = 0;
    for (var i = 0; i < 32; i++) {
        difference += (slot.fromBits[i] - slot.toBits[i]) * (1 << i);
    }
    isSelf.in <== difference;
    component fits = FitsBalance();
    fits.value <== receiver[BALANCE] + moved;
    signal noOverflow <== fits.out + isSelf.out * (1 - fits.out);
    signal receiverReady <== receiverKnown * receiverHasToken.out;
    signal creditable <== receiverReady * noOverflow;

    // ── The verdict ──────────────────────────────────────────────────────────────────────────────────────────────────
    signal mayDebit[3];
    mayDebit[0] <== senderKnown * authorised;
    mayDebit[1] <== mayDebit[0] * senderHasToken.out;
    mayDebit[2] <== mayDebit[1] * (enough.out + shortExit);
    signal exits <== mayDebit[2] * to.isZero;
    signal transfers <== (mayDebit[2] - exits) * creditable;
    signal debits <== exits + transfers;

    signal toppedUp <== (isDeposit - isCreation) * creditable;

    component key = NewAccountKey();
    key.wanted <== isCreation;
    key.yBits <== slot.hBits;
    key.sign <== slot.sBits[160];
    key.root <== keyRoot;
    // Position of a new account: nextIndex. Position of an arrival: base, in the bits from 2·LEVELS on; the lower bits
    // are ignored. If there is no room, the position is outside the tree, at 4^DEPTH or a little above.
    component place = Num2Bits(2 * DEPTH + 1);
    place.in <== nextIndex + isArrival * (MIGRANTS - 1);
    signal isFull <== place.out[2 * DEPTH];
    var base = 0;
    for (var i = 2 * LEVELS; i < 2 * DEPTH; i++) {
        base += place.out[i] * (1 << i);
    }
    signal created <== key.good * (1 - isFull);
    signal arrived <== isArrival * (1 - isFull);

    signal refunded <== isDeposit - toppedUp - created;
    signal credits <== transfers + toppedUp;

    // ── The accounts after ───────────────────────────────────────────────────────────────────────────────────────────
    component newSender = AccountHash();
    signal debited <== debits * (moved + fees);
    newSender.account[AX] <== sender[AX];
    newSender.account[AY] <== sender[AY];
    newSender.account[NONCE] <== sender[NONCE] + debits * (1 - isForced);
    newSender.account[TOKEN] <== sender[TOKEN];
    newSender.account[BALANCE] <== sender[BALANCE] - debited;
    newSender.account[OWNER] <== sender[OWNER];
    newSender.exists <== senderExists;

    component senderUpdate = PathUpdate(DEPTH);
    for (var i = 0; i < 2 * DEPTH; i++) {
        senderUpdate.indexBits[i] <== slot.fromBits[i];
    }
    senderUpdate.oldLeaf <== senderLeaf.hash;
    senderUpdate.newLeaf <== newSender.hash;
    senderUpdate.children <== senderPath;
    senderUpdate.oldRoot === accountsRoot;

    // An account that is created replaces an absent one, whose numbers are all 0.
    component newReceiver = AccountHash();
    newReceiver.account[AX] <== receiver[AX] + created * key.key[0];
    newReceiver.account[AY] <== receiver[AY] + created * key.key[1];
    newReceiver.account[NONCE] <== receiver[NONCE];
    newReceiver.account[TOKEN] <== receiver[TOKEN] + created * slot.token;
    newReceiver.account[BALANCE] <== receiver[BALANCE] + (credits + created) * moved;
    newReceiver.account[OWNER] <== receiver[OWNER] + created * l1Address.out;
    newReceiver.exists <== receiverExists + created;

    component leafUpdate = PathUpdate(LEVELS);
    signal givenBits[2 * LEVELS];
    for (var i = 0; i < 2 * LEVELS; i++) {
        givenBits[i] <== (1 - isCreation - isArrival) * slot.toBits[i];
        leafUpdate.indexBits[i] <== givenBits[i] + isCreation * place.out[i];
    }
    leafUpdate.oldLeaf <== receiverLeaf.hash;
    leafUpdate.newLeaf <== newReceiver.hash;
    for (var level = 0; level < LEVELS; level++) {
        leafUpdate.children[level] <== receiverPath[DEPTH - LEVELS + level];
    }

    component subtreeUpdate = PathUpdate(DEPTH - LEVELS);
    for (var i = 0; i < 2 * (DEPTH - LEVELS); i++) {
        var toBit = slot.toBits[2 * LEVELS + i];
        subtreeUpdate.indexBits[i] <== toBit + (isCreation + isArrival) * (place.out[2 * LEVELS + i] - toBit);
    }
    signal newSubtree <== leafUpdate.newRoot + arrived * (arrivalsRoot.out - leafUpdate.newRoot);
    subtreeUpdate.oldLeaf <== leafUpdate.oldRoot;
    subtreeUpdate.newLeaf <== newSubtree;
    for (var level = 0; level < DEPTH - LEVELS; level++) {
        subtreeUpdate.children[level] <== receiverPath[level];
    }
    subtreeUpdate.oldRoot === senderUpdate.newRoot;

    newAccountsRoot <== subtreeUpdate.newRoot;
    newNextIndex <== nextIndex + created + arrived * (base + MIGRANTS - nextIndex);

    // ── The exit ─────────────────────────────────────────────────────────────────────────────────────────────────────
    signal leaves <== exits + refunded;
    signal recipient <== l1Address.out + exits * (sender[OWNER] - l1Address.out);
    exit[0] <== leaves * (recipient + slot.token * (1 << 160));
    exit[1] <== leaves * moved;

    signal feesPaid <== debits * paysFees;
    baseFeePaid <== feesPaid * baseFee;
    tipPaid <== feesPaid * tip.tip;
}
