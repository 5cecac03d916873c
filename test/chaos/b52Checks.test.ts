// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { B52_CHECKS, settlementOf, type B52Facts, type BidFact } from "../../tools/chaos/b52Checks.ts";
import { judge } from "../../tools/chaos/checks.ts";
import { longestCalm, type Span } from "../../tools/chaos/timeline.ts";

const rates = { lost: 0n, unproven: 1_000n };
const bid = (changes: Partial<BidFact> = {}): BidFact => ({
  ...{ proposer: "proposer-1", round: 3n, bid: 100n, outcome: "won", isShown: true, calm: 90_000, needed: 60_000 },
  settled: { returned: 0n, burned: 0n },
  ...changes,
});
const vote = { ticket: 1, context: "0xaa00", nodes: "0xe" };

/** A run in which all holds. */
const good: B52Facts = {
  rates,
  bids: [
    bid(),
    bid({ outcome: "lost", settled: { returned: 100n, burned: 0n } }),
    bid({ outcome: "unproven", settled: { returned: 90n, burned: 10n } }),
    // It was down for nearly all of the window.
    bid({ outcome: "unproven", settled: { returned: 90n, burned: 10n }, isShown: false, calm: 20_000 }),
  ],
  votes: [
    // Said twice, and for another proposal.
    ...[vote, vote, { ...vote, context: "0xbb00", nodes: "0x4" }],
    // Of the hostile ticket.
    ...[
      { ...vote, ticket: 4 },
      { ...vote, ticket: 4, nodes: "0x2" },
    ],
  ],
  tickets: [
    { ticket: 1, stake: 1_000n, full: 1_000n },
    { ticket: 2, stake: 950n, full: 1_000n },
  ],
  slashes: [
    { ticket: 4, round: 3n, node: 2, calm: 300_000, needed: 60_000 },
    // Its prover had no time to defend.
    { ticket: 2, round: 3n, node: 3, calm: 20_000, needed: 60_000 },
  ],
  eras: [{ spared: ["proposer-1", "prover-1", "prover-2"], seconds: 900, heights: 2 }],
  ...{ hostileActs: 12, rubbish: 0 },
};

/** Violated invariants: the check, what is wrong, and words of the violation. */
const BROKEN: readonly (readonly [check: string, title: string, change: Partial<B52Facts>, words: string])[] = [
  ["bids", "a bid that was never settled", { bids: [bid({ settled: undefined })] }, "in round 3 is not settled"],
  [
    "bids",
    "a bid of a proven block of which something burned",
    { bids: [bid({ outcome: "lost", settled: { returned: 90n, burned: 10n } })] },
    "gave back 90 and burned 10, and not 100 and 0",
  ],
  [
    "bids",
    "an unproven bid that came back whole",
    { bids: [bid({ outcome: "unproven", settled: { returned: 100n, burned: 0n } })] },
    "and not 90 and 10",
  ],
  [
    "bids",
    "a block that its proposer never showed though it could: its salt was forgotten",
    { bids: [bid({ outcome: "unproven", settled: { returned: 90n, burned: 10n }, isShown: false })] },
    "nobody saw the content, though nothing was wrong with proposer-1 for 90 s",
  ],
  [
    "votes",
    "an honest ticket with two votes for a proposal",
    { votes: [vote, { ...vote, nodes: "0x2" }] },
    "ticket 1 for 0xaa00… voted 0xe and 0x2",
  ],
  [
    "stakes",
    "a slash of an honest ticket whose prover could defend",
    { slashes: [...good.slashes, { ticket: 1, round: 5n, node: 2, calm: 60_000, needed: 60_000 }] },
    "ticket 1 was slashed for node 2 of round 5",
  ],
  [
    "stakes",
    "a stake that is smaller without a slash",
    { slashes: [] },
    "ticket 2 has 950 of its 1000, and was not slashed",
  ],
  [
    "eras",
    "an era without a height",
    { eras: [...good.eras, { spared: ["proposer-2", "prover-1", "prover-3"], seconds: 700, heights: 0 }] },
    "no height in 700 s in which proposer-2, prover-1, prover-3 could talk",
  ],
  ["rubbish", "rubbish that was passed on", { rubbish: 1 }, "1 messages that are none"],
];

describe("Checks of B52 after chaos", () => {
  it("find nothing in a run in which all holds, and look at something each", () => {
    const verdicts = judge(good, B52_CHECKS);
    expect(verdicts.flatMap(({ violations }) => violations)).to.deep.equal([]);
    expect(verdicts.map(({ looked }) => looked > 0)).to.deep.equal(B52_CHECKS.map(() => true));
  });

  for (const [check, title, change, words] of BROKEN) {
    it(`${check}: finds ${title}`, () => {
      const verdicts = judge({ ...good, ...change }, B52_CHECKS);
      expect(verdicts.find(({ name }) => name === check)!.violations.join("\n")).to.include(words);
      const others = verdicts.filter(({ name, violations }) => name !== check && violations.length > 0);
      expect(others.map(({ name }) => name)).to.deep.equal([]);
    });
  }

  it("are each seen to fail", () => {
    expect(new Set(BROKEN.map(([check]) => check))).to.deep.equal(new Set(B52_CHECKS.map(({ name }) => name)));
  });

  it("know the rules of a bid, and round its burned part up", () => {
    const of = (outcome: BidFact["outcome"]) => settlementOf({ bid: 101n, outcome }, { lost: 500n, unproven: 1_000n });
    expect([of("won"), of("lost"), of("unproven")]).to.deep.equal([
      { returned: 0n, burned: 0n },
      { returned: 95n, burned: 6n },
      { returned: 90n, burned: 11n },
    ]);
  });

  it("know the longest time in which nothing was wrong with a node", () => {
    const spans: Span[] = [
      { node: "a", isNetwork: false, from: 10, to: 20 },
      { node: "a", isNetwork: true, from: 40, to: 80 },
      { node: "all", isNetwork: false, from: 15, to: 30 },
      { node: "b", isNetwork: false, from: 0, to: 100 },
    ];
    const calm = (node: string, from: number, to: number, withNetwork: boolean): number =>
      longestCalm(spans, node, { from, to, withNetwork });
    expect(calm("a", 0, 100, true)).to.equal(20);
    expect(calm("a", 0, 100, false)).to.equal(70);
    expect(calm("a", 0, 85, true)).to.equal(10);
    expect(calm("b", 0, 100, true)).to.equal(0);
    expect(calm("c", 0, 12, true)).to.equal(12);
    expect(calm("a", 12, 18, true)).to.equal(0);
    // One that goes on.
    expect(
      longestCalm([{ node: "a", isNetwork: false, from: 30, to: undefined }], "a", {
        from: 0,
        to: 50,
        withNetwork: true,
      }),
    ).to.equal(30);
  });
});
