// SPDX-License-Identifier: MIT
import { expect } from "chai";

import {
  assemblyOf,
  decideNodeProof,
  decideVote,
  expectedPay,
  NODE_PROVING_STRATEGY,
  secondsFor,
  VOTING_STRATEGY,
  type KnownProof,
  type OfferToProvers,
  type ProvingNodesView,
  type TreeView,
  type VotingView,
} from "../../../../src/node/strategies/index.ts";

const SEQ = 10n ** 18n;

describe("For which nodes a prover votes", () => {
  const offer = (changes: Partial<OfferToProvers> = {}): OfferToProvers => ({
    ...{ context: 1n, bid: 10n * SEQ, share: 4_000n, leaves: 2, isCovered: true },
    ...changes,
  });
  const view = (changes: Partial<VotingView> = {}): VotingView => ({
    ...{
      now: 1_000,
      isFrozen: false,
      ticket: 1,
      isRegistered: true,
      isElected: true,
      times: { leaf: 20, merge: 10 },
      proofWindow: 600,
    },
    ...{ endsAt: 1_600, offers: [offer()], promises: [], reward: 100n * SEQ, uncleNodeReward: 0n, fairPay: false },
    ...changes,
  });
  const decide = (changes: Partial<VotingView> = {}, strategy = {}) =>
    decideVote(view(changes), { ...VOTING_STRATEGY, ...strategy });

  it("votes for all nodes if it has time for all of them", () => {
    expect(decide()).to.deep.equal({ do: "vote", context: 1n, nodes: [1, 2, 3] });
    const nodes = Array.from({ length: 15 }, (_, i) => i + 1);
    expect(decide({ offers: [offer({ leaves: 8 })] })).to.deep.equal({ do: "vote", context: 1n, nodes });
  });

  it("promises no more than it can prove in the window, by the times that were measured", () => {
    // 60% of 600 s, less a leaf and three merges that others make: 40 s remain of 360 s at 80 s a proof.
    const times = { leaf: 80, merge: 80 };
    const offers = [offer({ leaves: 8 })];
    const decision = decide({ times, offers });
    expect(decision).to.deep.equal({ do: "wait", why: "busy" });
    const slower = decide({ times: { leaf: 40, merge: 40 }, offers });
    expect(slower.do === "vote" && slower.nodes.length).to.equal(5);
    expect(slower.do === "vote" && secondsFor(slower.nodes, 8, { leaf: 40, merge: 40 })).to.be.at.most(360 - 160);
  });

  it("counts what it has promised in the round, whether or not it will be in a transcript", () => {
    const times = { leaf: 40, merge: 40 };
    const promises = [{ context: 7n, leaves: 8, nodes: [8, 9, 10] }];
    const decision = decide({ times, promises, offers: [offer({ leaves: 8 })] });
    expect(decision.do === "vote" && decision.nodes.length).to.equal(2);
  });

  it("begins at another node for each ticket, so that those with little time do not all choose the same", () => {
    const few = (ticket: number) => decide({ ticket, offers: [offer({ leaves: 8 })] }, { maxNodes: 3 });
    expect(few(1)).to.deep.include({ nodes: [2, 3, 4] });
    expect(few(5)).to.deep.include({ nodes: [6, 7, 8] });
  });

  it("votes once for an offer, and for the one first that is expected to pay most", () => {
    const offers = [
      offer(),
      offer({ context: 2n, bid: 20n * SEQ }),
      offer({ context: 3n, bid: 5n * SEQ, share: 5_000n }),
    ];
    const order: bigint[] = [];
    for (const _ of offers) {
      const promises = order.map((context) => ({ context, leaves: 2, nodes: [2] }));
      const decision = decide({ offers, promises });
      if (decision.do === "vote") order.push(decision.context);
    }
    expect(order).to.deep.equal([2n, 1n, 3n]);
    const promises = order.map((context) => ({ context, leaves: 2, nodes: [2] }));
    expect(decide({ offers, promises })).to.deep.equal({ do: "wait", why: "empty" });
  });

  it("expects the pay of a node by the part that the square of the bid is of all squares", () => {
    const [first, second] = [offer({ bid: 10n * SEQ }), offer({ context: 2n, bid: 20n * SEQ })];
    const seen = view({ offers: [first, second], uncleNodeReward: 5n * SEQ });
    // 40 / 3 with 1 : 4; an uncle's node otherwise. At 0.001 ETH a token.
    const won = (100n * SEQ * 4_000n) / 10_000n / 3n;
    expect(expectedPay(first, seen, SEQ)).to.equal((won * 100n + 5n * SEQ * 400n) / 500n);
    expect(expectedPay(second, { ...seen, fairPay: true }, SEQ)).to.equal((won * 400n) / 500n);
    // One that cannot pay its bid is no rival.
    expect(expectedPay(first, { ...seen, offers: [first, { ...second, isCovered: false }] }, SEQ)).to.equal(won);
  });

  it("does not vote for what pays less than the proof costs, nor for a bid without a deposit", () => {
    expect(decide({ reward: 0n })).to.deep.equal({ do: "wait", why: "unprofitable" });
    // A node brings 13.3 tokens, 0.0133 ETH: less than a leaf costs, and more than a merge, which takes half the time.
    expect(decide({}, { secondCost: 10n ** 15n })).to.deep.include({ nodes: [1] });
    expect(decide({}, { secondCost: 2n * 10n ** 15n })).to.have.property("why", "unprofitable");
    expect(decide({}, { secondCost: 6n * 10n ** 14n })).to.deep.include({ nodes: [1, 2, 3] });
    expect(decide({}, { minProfit: 2n * 10n ** 16n })).to.have.property("why", "unprofitable");
    expect(decide({ offers: [offer({ isCovered: false })] })).to.have.property("why", "empty");
  });

  it("does not vote before its times are measured, without its key in the registry, after a freeze, or too late", () => {
    expect(decide({ times: undefined })).to.have.property("why", "unmeasured");
    expect(decide({ isRegistered: false })).to.have.property("why", "unregistered");
    expect(decide({ isElected: false })).to.have.property("why", "unelected");
    expect(decide({ isFrozen: true })).to.have.property("why", "frozen");
    expect(decide({ now: 1_588 })).to.have.property("why", "late");
    expect(decide({ now: 1_587 })).to.have.property("do", "vote");
  });
});

// ─── Proofs ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Digests that say node and maker. */
const digest = (node: number, worker: number, more = 0): bigint => BigInt(1_000 * node + 10 * worker + more);
const leafProof = (node: number, worker: number): KnownProof => ({
  ...{ node, worker, digest: digest(node, worker), children: undefined },
});
const mergeProof = (node: number, worker: number, left: KnownProof, right: KnownProof, more = 0): KnownProof => ({
  ...{ node, worker, digest: digest(node, worker, more), children: [left.digest, right.digest] },
});

describe("Which node a prover proves", () => {
  const reserve = 3 * NODE_PROVING_STRATEGY.margin;
  const CLOSES = 10_000;
  const tree = (changes: Partial<TreeView> = {}): TreeView => ({
    ...{ id: "0xaa", leaves: 2, closesAt: CLOSES, score: 5n, promised: [0, 1, 2, 3], proofs: [] },
    ...{ nodePay: 10n * SEQ, stake: 0n, isDone: false },
    ...changes,
  });
  const decide = (changes: Partial<ProvingNodesView> = {}) =>
    decideNodeProof(
      { now: 9_000, isFrozen: false, ticket: 1, times: { leaf: 20, merge: 10 }, trees: [tree()], ...changes },
      NODE_PROVING_STRATEGY,
    );
  const proves = (node: number, worker: number, why: string, children?: readonly bigint[]) => ({
    ...{ do: "prove", id: "0xaa", node, worker, why, children },
  });

  it("proves an own leaf at once, and once", () => {
    expect(decide({ ticket: 2 })).to.deep.equal(proves(2, 2, "promise"));
    expect(decide({ ticket: 2, trees: [tree({ proofs: [leafProof(2, 2)] })] })).to.have.property("do", "wait");
    // Somebody else's proof of the node does not deliver it.
    expect(decide({ ticket: 2, trees: [tree({ proofs: [leafProof(2, 0)] })] })).to.have.property("do", "prove");
  });

  it("proves an own inner node when both children were delivered", () => {
    const [left, right] = [leafProof(2, 2), leafProof(3, 3)];
    expect(decide({ trees: [tree({ proofs: [left] })] })).to.have.property("do", "wait");
    expect(decide({ trees: [tree({ proofs: [left, right] })] })).to.deep.equal(
      proves(1, 1, "promise", [left.digest, right.digest]),
    );
  });

  it("waits for a promised child as long as there is time, and then takes the proof of somebody else", () => {
    const proofs = [leafProof(2, 2), leafProof(3, 0)];
    const latest = CLOSES - reserve - 2 * 10;
    expect(decide({ now: latest - 1, trees: [tree({ proofs })] })).to.have.property("do", "wait");
    expect(decide({ now: latest, trees: [tree({ proofs })] })).to.have.property("why", "promise");
  });

  it("proves an inner node once more if a child was delivered late, as long as that helps", () => {
    const [left, filled, late] = [leafProof(2, 2), leafProof(3, 0), leafProof(3, 3)];
    const proofs = [left, filled, late, mergeProof(1, 1, left, filled)];
    expect(decide({ trees: [tree({ proofs })] })).to.deep.equal(proves(1, 1, "better", [left.digest, late.digest]));
    expect(decide({ now: CLOSES - 72 - 10, trees: [tree({ proofs })] })).to.have.property("do", "wait");
  });

  it("fills a gap near the end, if its own pay depends on the block, one prover after the other", () => {
    const promised = [0, 1, 2, 3];
    const proofs = [leafProof(2, 2)];
    // Node 3 is in turn for ticket 1 first: holders 1, 2, 3, and 3 mod 3 = 0.
    const first = CLOSES - reserve - 3 * (20 + 10);
    const trees = [tree({ promised, proofs })];
    expect(decide({ now: first - 1, trees })).to.have.property("do", "wait");
    expect(decide({ now: first, trees })).to.deep.equal(proves(3, 0, "gap"));
    expect(decide({ now: first + 19, ticket: 2, trees })).to.have.property("do", "wait");
    expect(decide({ now: first + 20, ticket: 2, trees })).to.deep.equal(proves(3, 0, "gap"));
    // A prover that gains nothing by the block fills nothing; its proposer does.
    expect(decide({ now: first + 500, ticket: 9, trees })).to.have.property("do", "wait");
    const own = [tree({ promised, proofs, stake: 50n * SEQ })];
    expect(decide({ now: first, ticket: 0, trees: own })).to.deep.equal(proves(3, 0, "gap"));
  });

  it("proves a node that nobody promised without waiting", () => {
    const trees = [tree({ promised: [0, 1, 0, 3] })];
    // Node 2 of holders 1 and 3: ticket 1 first.
    expect(decide({ now: 1, trees })).to.deep.equal(proves(2, 0, "gap"));
  });

  it("works for the block first that can score most, and for none that is done, over or frozen", () => {
    const trees = [tree({ id: "0xbb", score: 4n }), tree({ score: 5n })];
    expect(decide({ ticket: 2, trees })).to.have.property("id", "0xaa");
    expect(decide({ ticket: 2, trees: [tree({ isDone: true })] })).to.have.property("do", "wait");
    expect(decide({ ticket: 2, now: CLOSES })).to.have.property("do", "wait");
    expect(decide({ ticket: 2, isFrozen: true })).to.have.property("why", "frozen");
  });
});

describe("The proofs that are submitted together", () => {
  const promised = [0, 1, 2, 3, 4, 5, 6, 7];

  it("are those that credit the most nodes, and fit each other by their digests", () => {
    const leaves = [4, 5, 6, 7].map((node) => leafProof(node, node));
    const filled = leafProof(7, 0);
    const two = mergeProof(2, 2, leaves[0]!, leaves[1]!);
    const worse = mergeProof(3, 3, leaves[2]!, filled);
    const better = mergeProof(3, 3, leaves[2]!, leaves[3]!, 1);
    const roots = [mergeProof(1, 1, two, worse), mergeProof(1, 1, two, better, 1)];
    const proofs = [...leaves, filled, two, worse, better, ...roots];
    const found = assemblyOf({ leaves: 4, promised, proofs })!;
    expect(found.credited).to.equal(0xfen);
    expect(found.proofs.map(({ node }) => node)).to.deep.equal([1, 2, 3, 4, 5, 6, 7]);
    expect(found.proofs[0]).to.equal(roots[1]);
    expect(found.proofs[2]).to.equal(better);
  });

  it("are none as long as a node below the root is missing", () => {
    const [left, right] = [leafProof(2, 2), leafProof(3, 3)];
    const root = mergeProof(1, 1, left, right);
    expect(assemblyOf({ leaves: 2, promised, proofs: [left, root] })).to.equal(undefined);
    expect(assemblyOf({ leaves: 2, promised, proofs: [left, right] })).to.equal(undefined);
    expect(assemblyOf({ leaves: 2, promised, proofs: [left, right, root] })?.credited).to.equal(0xen);
    // A proof that says it is a leaf in the place of an inner node.
    expect(assemblyOf({ leaves: 2, promised, proofs: [leafProof(1, 1)] })).to.equal(undefined);
  });
});
