// SPDX-License-Identifier: MIT
import { expect } from "chai";
import fc from "fast-check";

import {
  choosePromises,
  decideCommit,
  decideOffer,
  decideReveal,
  PROPOSING_STRATEGY,
  scoreOf,
  widthOf,
  type CommitView,
  type GivenVote,
  type OfferView,
  type RevealView,
} from "../../../../src/node/strategies/index.ts";
import { score as modelScore } from "../../../model/b52/score.ts";
import { check } from "../../../helpers/properties.ts";

const SEQ = 10n ** 18n;
const RULE = { target: 4n, slope: SEQ / 10n };
const { margin } = PROPOSING_STRATEGY;

const bits = (...nodes: number[]): bigint => nodes.reduce((bitmap, node) => bitmap | (1n << BigInt(node)), 0n);
const vote = (ticket: number, nodes: readonly number[], misses = 0): GivenVote => ({
  ...{ ticket, misses },
  nodes: bits(...nodes),
});

describe("The score that roles count with", () => {
  it("is that of the model", () => {
    check([fc.integer({ min: 0, max: 20 }), fc.bigInt(0n, 2n ** 88n), fc.bigInt(0n, 10n * SEQ)], (n, bid, slope) => {
      expect(scoreOf(n, bid, { target: 4n, slope })).to.equal(modelScore(BigInt(n), bid, { target: 4n, slope }));
    });
  });
});

describe("The choice of a transcript", () => {
  it("gives as many tickets as possible a node, also if each node has a ticket that others would take first", () => {
    // Ticket 1 could take any node, ticket 2 the first two, ticket 3 the first alone.
    const promises = choosePromises(3, [vote(1, [1, 2, 3]), vote(2, [1, 2]), vote(3, [1])]);
    expect(promises.map(({ node, ticket }) => [node, ticket])).to.deep.equal([
      [1, 3],
      [2, 2],
      [3, 1],
    ]);
  });

  it("promises every node that has a vote, and spreads what is beyond the widest assignment", () => {
    const promises = choosePromises(7, [vote(5, [1, 2, 3, 4, 5, 6, 7]), vote(9, [4, 5, 6, 7])]);
    expect(promises.map(({ node }) => node)).to.deep.equal([1, 2, 3, 4, 5, 6, 7]);
    const counts = [5, 9].map((ticket) => promises.filter((promise) => promise.ticket === ticket).length);
    expect(counts.sort()).to.deep.equal([3, 4]);
  });

  it("prefers tickets that have missed nothing, if there are more tickets than nodes", () => {
    const all = [1, 2, 3];
    const promises = choosePromises(3, [vote(1, all, 2), vote(2, all), vote(3, all, 1), vote(4, all)]);
    expect(promises.map(({ ticket }) => ticket).sort()).to.deep.equal([2, 3, 4]);
  });

  it("is as wide as any assignment, and promises nothing that nobody voted for", () => {
    const votes = fc.array(
      fc.record({
        ticket: fc.integer({ min: 1, max: 6 }),
        nodes: fc.bigInt(0n, 0xfen),
        misses: fc.integer({ min: 0, max: 2 }),
      }),
      { maxLength: 6 },
    );
    check([votes], (given) => {
      const promises = choosePromises(7, given);
      for (const { node, ticket, vote: index } of promises) {
        expect(given[index]!.ticket).to.equal(ticket);
        expect((given[index]!.nodes >> BigInt(node)) & 1n).to.equal(1n);
      }
      expect(widthOf(promises)).to.equal(widest(7, given));
      const covered = given.reduce((bitmap, { nodes }) => bitmap | nodes, 0n) & 0xfen;
      expect(bits(...promises.map(({ node }) => node))).to.equal(covered);
    });
  });
});

/** The widest assignment, by trying all of them. */
function widest(count: number, votes: readonly GivenVote[]): number {
  const tickets = [...new Set(votes.map(({ ticket }) => ticket))];
  const search = (i: number, taken: bigint): number => {
    const ticket = tickets[i];
    if (ticket === undefined) return 0;
    let best = search(i + 1, taken);
    for (let node = 1; node <= count; node++) {
      const bit = 1n << BigInt(node);
      const isOffered = votes.some((given) => given.ticket === ticket && (given.nodes & bit) !== 0n);
      if (isOffered && (taken & bit) === 0n) best = Math.max(best, 1 + search(i + 1, taken | bit));
    }
    return best;
  };
  return search(0, 0n);
}

describe("When a proposer offers a block", () => {
  const view = (changes: Partial<OfferView> = {}): OfferView => ({
    ...{ now: 1_000, isFrozen: false, isOpen: true, endsAt: 1_600, proposalWindow: 600 },
    ...{ isOffered: false, isCommitted: false, isPlaceTaken: false, slots: 3, fees: 0n, reward: 100n * SEQ },
    ...{ cost: 0n, balance: 1_000n * SEQ, tokens: 0n, minBid: SEQ / 1_000n, maxShare: 5_000n, rivalBid: 0n },
    ...changes,
  });
  const decide = (changes: Partial<OfferView> = {}, strategy = {}) =>
    decideOffer(view(changes), { ...PROPOSING_STRATEGY, ...strategy });

  it("bids a fifth of what the block brings, and at most what it may", () => {
    // 60 of the reward are the proposer's, so a fifth is 12.
    expect(decide()).to.deep.equal({ do: "offer", bid: 10n * SEQ, share: 4_000n });
    expect(decide({}, { maxBid: 50n * SEQ })).to.deep.equal({ do: "offer", bid: 12n * SEQ, share: 4_000n });
    // Fees of 0.01 ETH are 10 tokens more.
    expect(decide({ fees: 10n ** 16n }, { maxBid: 50n * SEQ })).to.have.property("bid", 14n * SEQ);
  });

  it("outbids a rival by a tenth, and never bids more than the block brings", () => {
    const strategy = { maxBid: 100n * SEQ };
    expect(decide({ rivalBid: 20n * SEQ }, strategy)).to.have.property("bid", 22n * SEQ);
    expect(decide({ rivalBid: 90n * SEQ }, strategy)).to.have.property("bid", 60n * SEQ);
  });

  it("bids the least bid for a block that users wait for, if the pool pays nothing", () => {
    expect(decide({ reward: 0n })).to.deep.equal({ do: "offer", bid: SEQ / 1_000n, share: 4_000n });
    expect(decide({ reward: 0n, slots: 0 }, { emptyBlocks: true })).to.have.property("why", "unprofitable");
  });

  it("offers no more of the reward than L1 permits", () => {
    expect(decide({ maxShare: 1_000n })).to.have.property("share", 1_000n);
  });

  it("deposits for some bids if its deposit is too small, and bids what it has if it has no more", () => {
    expect(decide({ balance: SEQ, tokens: 500n * SEQ })).to.deep.equal({ do: "deposit", amount: 40n * SEQ });
    expect(decide({ balance: SEQ, tokens: 10n * SEQ })).to.deep.equal({ do: "deposit", amount: 10n * SEQ });
    expect(decide({ balance: SEQ, tokens: 0n })).to.deep.equal({ do: "offer", bid: SEQ, share: 4_000n });
    expect(decide({ balance: 0n, tokens: 0n })).to.have.property("why", "poor");
  });

  it("makes one offer a round, in time, and none that L1 would not take", () => {
    const reasons: [Partial<OfferView>, string][] = [
      [{ isFrozen: true }, "frozen"],
      [{ isOpen: false }, "closed"],
      [{ isOffered: true }, "offered"],
      [{ isCommitted: true }, "offered"],
      [{ isPlaceTaken: true }, "unsettled"],
      [{ now: 1_600 - 2 * margin }, "late"],
      [{ slots: 0 }, "empty"],
    ];
    for (const [changes, why] of reasons) expect(decide(changes)).to.deep.equal({ do: "wait", why });
    expect(decide({ now: 1_599 - 2 * margin })).to.have.property("do", "offer");
    expect(decide({ now: 10_000, endsAt: undefined })).to.have.property("do", "offer");
  });
});

describe("When a proposer commits", () => {
  const all = [1, 2, 3];
  const view = (changes: Partial<CommitView> = {}): CommitView => ({
    ...{ now: 1_100, isFrozen: false, isCurrent: true, endsAt: 1_600, proposalWindow: 600, offeredAt: 1_000 },
    ...{ nodes: 3, bid: 10n * SEQ, votes: [vote(1, all), vote(2, all)], electorate: 5, rivals: [], rule: RULE },
    ...changes,
  });
  const decide = (changes: Partial<CommitView> = {}, strategy = {}) =>
    decideCommit(view(changes), { ...PROPOSING_STRATEGY, ...strategy });

  it("waits for more votes as long as there is time, and no longer than half of the window", () => {
    expect(decide()).to.deep.equal({ do: "wait", why: "gathering" });
    expect(decide({ now: 1_299 })).to.have.property("do", "wait");
    expect(decide({ now: 1_300 })).to.include({ do: "commit", provers: 2 });
  });

  it("commits at once when no further vote would make the transcript wider", () => {
    const votes = [vote(1, all), vote(2, all), vote(3, all)];
    expect(decide({ now: 1_001, votes })).to.include({ do: "commit", provers: 3 });
    expect(decide({ now: 1_001, electorate: 2 })).to.include({ do: "commit", provers: 2 });
    // A node that nobody promised may still be promised.
    expect(decide({ now: 1_001, electorate: 2, votes: [vote(1, [1]), vote(2, [2])] })).to.have.property("do", "wait");
  });

  it("commits before the window ends, with a margin, and not in its last block", () => {
    const offeredAt = 1_590 - 300;
    expect(decide({ offeredAt, now: 1_599 - margin })).to.have.property("why", "gathering");
    expect(decide({ offeredAt, now: 1_600 - margin })).to.have.property("do", "commit");
    expect(decide({ offeredAt, now: 1_588 })).to.have.property("why", "late");
  });

  it("does not commit without votes, in another round, after a freeze, or behind too many", () => {
    expect(decide({ now: 1_500, votes: [] })).to.have.property("why", "noVotes");
    expect(decide({ now: 1_500, isCurrent: false })).to.have.property("why", "stale");
    expect(decide({ now: 1_500, isFrozen: true })).to.have.property("why", "frozen");
    const better = { bid: 11n * SEQ, provers: 2 };
    expect(decide({ now: 1_500, rivals: [better] })).to.have.property("do", "commit");
    expect(decide({ now: 1_500, rivals: [better, better] })).to.have.property("why", "outbid");
    // Two provers with ten score less than three with eight.
    const wider = { bid: 8n * SEQ, provers: 3 };
    expect(decide({ now: 1_500, rivals: [wider, better] })).to.have.property("why", "outbid");
    expect(decide({ now: 1_500, rivals: [{ bid: 9n * SEQ, provers: 2 }, better] })).to.have.property("do", "commit");
  });
});

describe("When a proposer shows the order of its block", () => {
  const view = (changes: Partial<RevealView> = {}): RevealView => ({
    ...{ now: 1_600, isFrozen: false, opensAt: 1_600, closesAt: 2_200, isOnHead: true, depth: 4, isRevealed: false },
    ...changes,
  });
  const decide = (changes: Partial<RevealView> = {}) => decideReveal(view(changes), PROPOSING_STRATEGY);

  it("shows it in the proof window, when the commitment is deep enough in L1", () => {
    expect(decide()).to.deep.equal({ do: "reveal" });
    const reasons: [Partial<RevealView>, string][] = [
      [{ now: 1_599 }, "early"],
      [{ depth: 3 }, "shallow"],
      [{ now: 2_200 }, "over"],
      [{ isOnHead: false }, "parent"],
      [{ isRevealed: true }, "done"],
      [{ isFrozen: true }, "frozen"],
    ];
    for (const [changes, why] of reasons) expect(decide(changes)).to.deep.equal({ do: "wait", why });
  });
});
