// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { CHECKS, fateOf, judge, type AcceptedFact, type ChaosFacts, type SentFact } from "../../tools/chaos/checks.ts";

const OPERATOR = `0x${"a1".repeat(20)}`;
const CONSENSUS = `0x${"c0".repeat(20)}`;

const executed: AcceptedFact = {
  ...{ bytes: `0x${"01".repeat(93)}`, node: "sequencer-1", account: 4, nonce: 0n },
  ...{ places: [{ batch: 1, isFinal: true }], answer: { status: "final" } },
};
const replaced: AcceptedFact = {
  ...{ bytes: `0x${"02".repeat(93)}`, node: "sequencer-1", account: 4, nonce: 0n },
  ...{ places: [], answer: { status: "removed", reason: "its sender replaced it" } },
};
const noOp: AcceptedFact = {
  ...{ bytes: `0x${"03".repeat(93)}`, node: "sequencer-2", account: 5, nonce: 0n },
  ...{ places: [{ batch: 2, isFinal: true, reason: "BAD_SIGNATURE" }] },
  answer: { status: "void", reason: "BAD_SIGNATURE" },
};
const call: SentFact = {
  ...{ node: "sequencer-1", from: OPERATOR, nonce: 3, hash: "0x01", to: CONSENSUS, data: "0xabcd", value: 0n },
  succeeded: true,
};
const chain = { batches: 2, finalBatches: 2, finalRoot: "0xaa" };

/** A run in which all holds. */
const good: ChaosFacts = {
  accepted: [executed, replaced, noOp],
  nonces: new Map([
    [4, 1n],
    [5, 1n],
  ]),
  l1: { name: "L1", ...chain, isFrozen: false },
  nodes: [
    { name: "sequencer-1", ...chain },
    { name: "follower", ...chain },
  ],
  money: [{ currency: "ETH", custody: 5n, owed: 5n }],
  // The same call at a higher price, and the empty transaction that gives it up, have the same nonce.
  sent: [call, { ...call, hash: "0x02" }, { ...call, hash: "0x03", to: OPERATOR, data: "0x" }],
  ends: [],
};

/** Violated invariants: the check, what is wrong, and words of the violation. */
const BROKEN: readonly (readonly [check: string, title: string, change: Partial<ChaosFacts>, words: string])[] = [
  [
    "accepted",
    "a transaction that is in no batch, and whose nonce is not used",
    { accepted: [{ ...executed, places: [], nonce: 1n, answer: { status: "waiting" } }] },
    "is neither final nor void: nonce 1 of account 4 is not used: waiting",
  ],
  [
    "accepted",
    "a transaction that its node has forgotten",
    { accepted: [{ ...executed, places: [], nonce: 1n, answer: { status: "pending" } }] },
    "neither final nor void",
  ],
  [
    "accepted",
    "a transaction in a batch that is not proven",
    { accepted: [{ ...executed, places: [{ batch: 2, isFinal: false }], answer: { status: "virtual" } }] },
    "batch 2 is not final",
  ],
  [
    "accepted",
    "a transaction that was removed without a reason",
    { accepted: [{ ...replaced, answer: { status: "removed" } }] },
    "has no reason",
  ],
  [
    "answers",
    "a node that calls a final transaction void",
    { accepted: [{ ...executed, answer: { status: "void", reason: "BAD_SIGNATURE" } }] },
    'says of 0x0101010101010101… "void", and it is final',
  ],
  [
    "answers",
    "a node that still waits for a transaction which is void for good",
    { accepted: [{ ...noOp, answer: { status: "waiting" } }] },
    '"waiting", and it is void',
  ],
  [
    "answers",
    "a node that gives no reason for what is void",
    { accepted: [{ ...noOp, answer: { status: "void" } }] },
    '"void", and it is void',
  ],
  [
    "once",
    "a transaction that was executed twice",
    { accepted: [{ ...executed, places: [...executed.places, { batch: 2, isFinal: true }] }] },
    "was executed in batches 1, 2",
  ],
  ["roots", "a node with another root", { nodes: [{ name: "boot", ...chain, finalRoot: "0xbb" }] }, "root 0xbb"],
  ["roots", "a node that is behind", { nodes: [{ name: "boot", ...chain, batches: 1 }] }, "1 batches, and L1 2"],
  ["roots", "a node without a proof", { nodes: [{ name: "boot", ...chain, finalBatches: 1 }] }, "1 final batches"],
  ["progress", "a frozen rollup", { l1: { ...good.l1, isFrozen: true } }, "frozen"],
  ["progress", "a batch without a proof", { l1: { ...good.l1, batches: 3 }, nodes: [] }, "1 batches are not final"],
  ["money", "money that is missing", { money: [{ currency: "ETH", custody: 4n, owed: 5n }] }, "holds 4, and owes 5"],
  ["money", "money that is too much", { money: [{ currency: "ETH", custody: 6n, owed: 5n }] }, "holds 6, and owes 5"],
  [
    "sent",
    "a nonce that was signed for two calls",
    { sent: [call, { ...call, hash: "0x04", data: "0xabce", succeeded: false }] },
    "was signed for 2 different calls",
  ],
  [
    "sent",
    "a nonce that was signed for two values",
    { sent: [call, { ...call, hash: "0x04", value: 1n, succeeded: false }] },
    "was signed for 2 different calls",
  ],
  ["sent", "a call that happened twice", { sent: [call, { ...call, hash: "0x04", nonce: 4 }] }, "happened 2 times"],
  [
    "ends",
    "a node that ended by itself",
    { ends: [{ node: "follower", code: 1, signal: null, tail: "TypeError" }] },
    "follower ended by itself (exit code 1): TypeError",
  ],
];

describe("Checks after chaos", () => {
  it("find nothing in a run in which all holds, and look at something each", () => {
    const verdicts = judge(good, CHECKS);
    expect(verdicts.flatMap(({ violations }) => violations)).to.deep.equal([]);
    expect(verdicts.map(({ looked }) => looked > 0)).to.deep.equal(CHECKS.map(() => true));
  });

  for (const [check, title, change, words] of BROKEN) {
    it(`${check}: finds ${title}`, () => {
      const verdicts = judge({ ...good, ...change }, CHECKS);
      const violations = verdicts.find(({ name }) => name === check)!.violations;
      expect(violations.join("\n")).to.include(words);
      // No other check is needed to see it.
      const others = verdicts.filter(({ name, violations: found }) => name !== check && found.length > 0);
      expect(others.map(({ name }) => name)).to.deep.equal([]);
    });
  }

  it("are each seen to fail", () => {
    expect(new Set(BROKEN.map(([check]) => check))).to.deep.equal(new Set(CHECKS.map(({ name }) => name)));
  });

  it("call a transaction void whose nonce another one used, wherever it waited", () => {
    expect(
      fateOf({ ...executed, places: [], answer: { status: "unknown", reason: "BAD_SIGNATURE" } }, good.nonces),
    ).to.deep.equal({ fate: "void", reason: "another transaction used its nonce" });
  });
});
