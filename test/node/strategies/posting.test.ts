// SPDX-License-Identifier: MIT
import { expect } from "chai";
import fc from "fast-check";

import {
  decidePosting,
  POSTING_STRATEGY,
  type PostingStrategy,
  type PostingView,
} from "../../../src/node/strategies/index.ts";
import { check, uint } from "../../helpers/properties.ts";

const GWEI = 10n ** 9n;
const NOW = 1_800_000_000;
const COST = 1_000_000n * GWEI;

const VIEW: PostingView = {
  now: NOW,
  isFrozen: false,
  isPosting: false,
  isElected: true,
  isRingFull: false,
  transactions: 3,
  tips: COST / 2n,
  forced: 0,
  firstDeadline: undefined,
  waitsSince: NOW - 10,
  isFull: false,
  leaves: 1,
  unprovenLeaves: 0,
  canProve: false,
  isDear: false,
  cost: COST,
  provenCost: 3n * COST,
};

const words = (view: Partial<PostingView>, strategy: Partial<PostingStrategy> = {}): string => {
  const decision = decidePosting({ ...VIEW, ...view }, { ...POSTING_STRATEGY, ...strategy });
  return `${decision.do} ${decision.why}`;
};

const EMPTY = { transactions: 0, tips: 0n, waitsSince: undefined };
const FORCED = { ...EMPTY, forced: 2, firstDeadline: NOW + 10_000, waitsSince: NOW - 10 };

const CASES: readonly (readonly [
  what: string,
  view: Partial<PostingView>,
  of: Partial<PostingStrategy>,
  is: string,
])[] = [
  ["nothing waits", EMPTY, {}, "wait empty"],
  ["another sequencer is elected, whatever waits", { tips: COST, isElected: false }, {}, "wait notElected"],
  [
    "another sequencer is elected, and an operation falls due",
    { ...FORCED, firstDeadline: NOW, isElected: false },
    {},
    "wait notElected",
  ],
  ["the tips are half of the cost", {}, {}, "wait patience"],
  ["the tips are the cost", { tips: COST }, {}, "post value"],
  ["the tips are one wei less than the cost", { tips: COST - 1n }, {}, "wait patience"],
  ["the tips are half of the cost, and that is enough", {}, { minValuePercent: 50 }, "post value"],
  ["no transaction pays, and no value is asked for", FORCED, { minValuePercent: 0 }, "wait patience"],
  ["something has waited for a minute", { waitsSince: NOW - 60 }, {}, "post age"],
  ["something has waited for a minute less a second", { waitsSince: NOW - 59 }, {}, "wait patience"],
  [
    "something is old, and the loss is a wei too large",
    { waitsSince: NOW - 60 },
    { maxLoss: COST / 2n - 1n },
    "wait dear",
  ],
  [
    "something is old, and the loss is as large as it may be",
    { waitsSince: NOW - 60 },
    { maxLoss: COST / 2n },
    "post age",
  ],
  ["nothing more fits, and the tips pay", { isFull: true, tips: COST }, {}, "post full"],
  ["nothing more fits, and the tips pay half", { isFull: true }, {}, "post full"],
  ["nothing more fits, and the loss is too large", { isFull: true }, { maxLoss: 0n }, "wait dear"],
  ["a forced operation is far from its deadline", FORCED, {}, "wait patience"],
  ["a forced operation is old", { ...FORCED, waitsSince: NOW - 60 }, {}, "post age"],
  ["a forced operation falls due in ten minutes", { ...FORCED, firstDeadline: NOW + 600 }, {}, "post deadline"],
  [
    "a forced operation falls due in ten minutes and a second",
    { ...FORCED, firstDeadline: NOW + 601 },
    {},
    "wait patience",
  ],
  [
    "an operation is overdue, whatever it costs",
    { ...FORCED, firstDeadline: NOW - 1 },
    { maxLoss: 0n },
    "post deadline",
  ],
  ["a post is on its way", { tips: COST, isPosting: true }, {}, "wait posting"],
  [
    "an operation is overdue, and a post is on its way",
    { firstDeadline: NOW - 1, isPosting: true },
    {},
    "wait posting",
  ],
  ["L1 takes no leaf", { tips: COST, isRingFull: true }, {}, "wait ringFull"],
  ["the rollup is frozen", { tips: COST, isFrozen: true }, {}, "wait frozen"],
  ["this node proves, and never at once", { tips: COST, canProve: true }, {}, "post value"],
  ["this node proves a leaf at once", { tips: 3n * COST, canProve: true }, { provenLeaves: 1 }, "postProven value"],
  [
    "this node proves a leaf at once, and the tips do not pay for that",
    { tips: 3n * COST - 1n, canProve: true },
    { provenLeaves: 1 },
    "wait patience",
  ],
  [
    "this node proves an old leaf at once, and the loss is a wei too large",
    { waitsSince: NOW - 60, tips: COST, canProve: true },
    { provenLeaves: 1, maxLoss: 2n * COST - 1n },
    "wait dear",
  ],
  [
    "this node proves a leaf at once, and there are two",
    { tips: COST, canProve: true, leaves: 2 },
    { provenLeaves: 1 },
    "post value",
  ],
  [
    "another batch has to be proven before",
    { tips: COST, canProve: true, unprovenLeaves: 1 },
    { provenLeaves: 1 },
    "post value",
  ],
  [
    "an operation falls due, and this node proves",
    { ...FORCED, firstDeadline: NOW + 600, canProve: true },
    { provenLeaves: 9 },
    "post deadline",
  ],
  ["gas is too dear, whatever the tips pay", { tips: 9n * COST, isDear: true }, {}, "wait dear"],
  [
    "gas is too dear, and an operation is overdue",
    { ...FORCED, firstDeadline: NOW - 1, isDear: true },
    {},
    "post deadline",
  ],
  ["this node does not prove", { tips: COST }, { provenLeaves: 9 }, "post value"],
];

describe("When to post", () => {
  for (const [what, view, strategy, expected] of CASES) {
    it(`is "${expected}" when ${what}`, () => {
      expect(words(view, strategy)).to.equal(expected);
    });
  }

  it("never loses more than it may, except for a deadline", () => {
    const amounts = uint(70);
    check([amounts, amounts, amounts, fc.boolean(), fc.nat(200)], (tips, cost, maxLoss, isFull, age) => {
      const view = { ...VIEW, tips, cost, isFull, waitsSince: NOW - age };
      const decision = decidePosting(view, { ...POSTING_STRATEGY, maxLoss });
      if (decision.do !== "wait") expect(cost - tips <= maxLoss || tips >= cost).to.equal(true);
    });
  });
});
