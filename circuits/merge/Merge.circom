// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.2.2;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/comparators.circom";
include "circomlib/circuits/poseidon.circom";
include "../lib/statement/Evaluation.circom";
include "../lib/tree/Child.circom";
include "../lib/votes/DrawBase.circom";
include "../lib/votes/Select.circom";
include "../lib/votes/TicketLine.circom";
include "../lib/votes/TicketUnion.circom";
include "../lib/votes/VoteCheck.circom";

/**
 * Prove: the proofs with `leftDigest` and `rightDigest` are neighbours, the children of a node i of the proof tree; and
 * `delivered`, `nodes` follow from the transcript's votes for the nodes from its children down, and for the root if
 * node i is the root (docs/b52.md §3). Its signals, in the order given there, are the statement. `digest` binds the
 * other signals, and `evaluation` is the value of the polynomial with all signals at `point`, which L1 draws after it
 * has the statement (docs/protocol.md §6.1).
 *
 * Every transcript has exactly one result, and a witness: a vote that is not valid does not count.
 *
 * Where tickets are drawn (docs/b52.md §11), `registryRoot` is Poseidon(keysRoot, draw): the root of the keys, and
 * which tickets are elected, as 2^120 times a seed plus a limit. The vote of another ticket is not valid.
 *
 * Ensured by the caller, which is L1:
 * - both digests are public signals of proofs that are verified with this one, of leaves if `place` is odd, else of
 *   merges, and all merges of a tree have the same `context`, `registryRoot`, `votesRoot` and `promised`;
 * - 2 ≤ `place` < 2^TREE_BITS; `promised` < 2^(8·2^TREE_BITS), of which byte 0 is not read;
 * - the keys under the root of the keys are on the curve, not of small order, and belong to tickets
 *   1 … 2^TICKET_BITS − 9;
 * - each leaf under `votesRoot` is known to the provers, and is 0 or the leaf of field elements, see Vote;
 * - `draw` < 2^248.
 *
 * @param TICKET_BITS bits of a ticket's id: 8, as many as `promised` has for a node
 * @param TREE_BITS bits of a node's number, 2 … 4: 2^(TREE_BITS − 1) leaves are the most that a tree has
 * @param DRAWS 1 where tickets are drawn, else 0
 * @constraints Merge(8, 4, 0): 31,964; Merge(8, 4, 1): 51,646
 */
template Merge(TICKET_BITS, TREE_BITS, DRAWS) {
    assert(TICKET_BITS == 8);
    assert(TREE_BITS >= 2 && TREE_BITS <= 4);
    assert(DRAWS == 0 || DRAWS == 1);

    var NODES = 1 << TREE_BITS;
    // The last eight ids are no tickets, so that the bitmap of all tickets is below 2^248.
    var TICKETS = (1 << TICKET_BITS) - 8;
    // Votes: those for the left and the right child, and, in the root, the one for itself. Elsewhere the third is the
    // left child's again, and does not count: so a proof needs no vote that is not for its own children.
    var LEFT = 0;
    var RIGHT = 1;
    var ROOT = 2;

    signal output digest;
    signal output evaluation;

    signal input point;

    signal input leftDigest;
    signal input rightDigest;
    signal input context;
    signal input registryRoot;
    signal input votesRoot;
    signal input promised;
    signal input place;
    signal input worker;

    signal input leftLeaf[12];
    signal input rightLeaf[12];
    signal input leftMerge[8];
    signal input rightMerge[8];
    signal input vote[3][3];
    signal input voteExists[3];
    signal input votesPath[3][TREE_BITS];
    signal input key[3][2];
    signal input keyExists[3];
    signal input registryPath[3][TICKET_BITS];

    // ── The place in the tree ────────────────────────────────────────────────────────────────────────────────────────
    component placeBits = Num2Bits(TREE_BITS);
    placeBits.in <== place;
    signal childrenAreLeaves <== placeBits.out[0];
    var leftNode = place - childrenAreLeaves;
    component isRoot = IsEqual();
    isRoot.in[0] <== leftNode;
    isRoot.in[1] <== 2;

    // 2^leftNode
    signal leftPower[TREE_BITS];
    leftPower[0] <== 1;
    for (var i = 1; i < TREE_BITS; i++) {
        leftPower[i] <== leftPower[i - 1] * (1 + placeBits.out[i] * ((1 << (1 << i)) - 1));
    }

    // ── The children ─────────────────────────────────────────────────────────────────────────────────────────────────
    component left = Child();
    left.digest <== leftDigest;
    left.isLeaf <== childrenAreLeaves;
    left.leaf <== leftLeaf;
    left.merge <== leftMerge;

    component right = Child();
    right.digest <== rightDigest;
    right.isLeaf <== childrenAreLeaves;
    right.leaf <== rightLeaf;
    right.merge <== rightMerge;

    // The context of a leaf has the leaf's node added.
    left.context === context + childrenAreLeaves * leftNode;
    right.context === context + childrenAreLeaves * (leftNode + 1);

    // The place of a merge is twice its node, or one more.
    signal leftExcess <== (1 - childrenAreLeaves) * (left.place - 2 * leftNode);
    leftExcess * (1 - leftExcess) === 0;
    signal rightExcess <== (1 - childrenAreLeaves) * (right.place - 2 * (leftNode + 1));
    rightExcess * (1 - rightExcess) === 0;

    left.newStateRoot === right.oldStateRoot;

    // ── The draw ─────────────────────────────────────────────────────────────────────────────────────────────────────
    var LIMIT_BITS = 120;
    var DRAW_BITS = 248;
    var keys = registryRoot;
    var seed = 0;
    var limit = 0;
    var base[2];
    var gammas[3][2];
    if (DRAWS == 1) {
        signal input keysRoot;
        signal input draw;
        signal input drawRoot;
        signal input gamma[3][2];

        component voters = Poseidon(2);
        voters.inputs[0] <== keysRoot;
        voters.inputs[1] <== draw;
        voters.out === registryRoot;
        keys = keysRoot;

        component drawBits = Num2Bits(DRAW_BITS);
        drawBits.in <== draw;
        for (var i = 0; i < LIMIT_BITS; i++) {
            limit += drawBits.out[i] * (1 << i);
        }
        for (var i = LIMIT_BITS; i < DRAW_BITS; i++) {
            seed += drawBits.out[i] * (1 << (i - LIMIT_BITS));
        }
        component drawBase = DrawBase();
        drawBase.seed <== seed;
        drawBase.root <== drawRoot;
        for (var j = 0; j < 2; j++) {
            base[j] = drawBase.base[j];
            for (var i = 0; i < 3; i++) {
                gammas[i][j] = gamma[i][j];
            }
        }
    }

    // ── The votes ────────────────────────────────────────────────────────────────────────────────────────────────────
    component promisedBits = Num2Bits(8 * NODES);
    promisedBits.in <== promised;

    component promisedTicket[3];
    component ticketBits[3];
    component check[3];
    component isWorker[3];
    component line[3];
    signal counts[3];
    signal credited[3];
    var defaulted[3];
    for (var i = 0; i < 3; i++) {
        promisedTicket[i] = Select(TREE_BITS);
        for (var node = 0; node < NODES; node++) {
            var byte = 0;
            for (var bit = 0; bit < 8; bit++) {
                byte += promisedBits.out[8 * node + bit] * (1 << bit);
            }
            promisedTicket[i].values[node] <== byte;
        }
        check[i] = VoteCheck(TICKET_BITS, TREE_BITS, DRAWS);
        for (var bit = 0; bit < TREE_BITS; bit++) {
            // From the bits of the left child: the right one is the next; the root is node 1, and its left child 2.
            var nodeBit = bit == 0 ? 0 : placeBits.out[bit];
            if (i == RIGHT && bit == 0) nodeBit = 1;
            if (i == ROOT && bit == 0) nodeBit = isRoot.out;
            if (i == ROOT && bit == 1) nodeBit -= isRoot.out;
            promisedTicket[i].indexBits[bit] <== nodeBit;
            check[i].nodeBits[bit] <== nodeBit;
        }

        ticketBits[i] = Num2Bits(TICKET_BITS);
        ticketBits[i].in <== promisedTicket[i].out;
        check[i].ticketBits <== ticketBits[i].out;
        check[i].context <== context;
        check[i].registryRoot <== keys;
        check[i].votesRoot <== votesRoot;
        check[i].vote <== vote[i];
        check[i].voteExists <== voteExists[i];
        check[i].votesPath <== votesPath[i];
        check[i].key <== key[i];
        check[i].keyExists <== keyExists[i];
        check[i].registryPath <== registryPath[i];
        if (DRAWS == 1) {
            check[i].seed <== seed;
            check[i].limit <== limit;
            for (var j = 0; j < 2; j++) {
                check[i].base[j] <== base[j];
                check[i].gamma[j] <== gammas[i][j];
            }
        }

        // Only the root looks at its own vote: for others, their parent does.
        counts[i] <== (i == ROOT ? isRoot.out : 1) * check[i].valid;
        isWorker[i] = IsEqual();
        isWorker[i].in[0] <== promisedTicket[i].out;
        isWorker[i].in[1] <== i == LEFT ? left.worker : (i == RIGHT ? right.worker : worker);
        credited[i] <== counts[i] * isWorker[i].out;
        defaulted[i] = counts[i] - credited[i];

        line[i] = TicketLine(TICKET_BITS);
        line[i].value <== credited[i];
        line[i].ticketBits <== ticketBits[i].out;
    }

    // ── The sets ─────────────────────────────────────────────────────────────────────────────────────────────────────
    component union = TicketUnion(TICKETS, 2, 3);
    union.sets[0] <== left.delivered;
    union.sets[1] <== right.delivered;
    for (var i = 0; i < 3; i++) {
        for (var ticket = 0; ticket < TICKETS; ticket++) {
            union.lines[i][ticket] <== line[i].lines[ticket];
        }
    }
    signal delivered <== union.union;

    // Of each node the one parent adds at most one bit, so no sum of bits carries.
    var DEFAULTED = 1 << NODES;
    var leftBit = credited[LEFT] + DEFAULTED * defaulted[LEFT];
    var rightBit = credited[RIGHT] + DEFAULTED * defaulted[RIGHT];
    var rootBit = credited[ROOT] + DEFAULTED * defaulted[ROOT];
    signal childBits <== leftPower[TREE_BITS - 1] * (leftBit + 2 * rightBit);
    signal nodes <== left.nodes + right.nodes + childBits + 2 * rootBit;

    // ── The statement ────────────────────────────────────────────────────────────────────────────────────────────────
    // Signals that L1 gives, and that no parent reads.
    component given = Poseidon(5);
    given.inputs[0] <== leftDigest;
    given.inputs[1] <== rightDigest;
    given.inputs[2] <== registryRoot;
    given.inputs[3] <== votesRoot;
    given.inputs[4] <== promised;

    component all = Poseidon(8);
    all.inputs[0] <== left.oldStateRoot;
    all.inputs[1] <== right.newStateRoot;
    all.inputs[2] <== context;
    all.inputs[3] <== worker;
    all.inputs[4] <== place;
    all.inputs[5] <== delivered;
    all.inputs[6] <== nodes;
    all.inputs[7] <== given.out;
    digest <== all.out;

    component statement = Evaluation(11);
    statement.words <== [
        digest, delivered, nodes, leftDigest, rightDigest, context, registryRoot, votesRoot, promised, place, worker
    ];
    statement.point <== point;
    evaluation <== statement.value;
}
