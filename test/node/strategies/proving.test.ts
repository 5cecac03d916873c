// SPDX-License-Identifier: MIT
import { expect } from "chai";

import {
  decideProving,
  profitOf,
  PROVING_STRATEGY,
  type ProvingStrategy,
  type ProvingView,
  type WaitingBatch,
} from "../../../src/node/strategies/index.ts";

const GWEI = 10n ** 9n;
const ETHER = 10n ** 18n;
const NOW = 1_800_000_000;

const BATCH: WaitingBatch = {
  leaves: 2,
  postedAt: NOW - 100,
  // 2 tokens at 0.001 ETH.
  fee: 2n * ETHER,
  baseFees: 500_000n * GWEI,
  isOwn: false,
};

// Brings 0.0025 ETH, and costs 0.001.
const VIEW: ProvingView = {
  now: NOW,
  isFrozen: false,
  isProving: false,
  isElected: true,
  isDepartureDue: false,
  batches: [BATCH],
  gas: 500_000n,
  gasPrice: 2n * GWEI,
};

const words = (view: Partial<ProvingView>, strategy: Partial<ProvingStrategy> = {}): string => {
  const decision = decideProving({ ...VIEW, ...view }, { ...PROVING_STRATEGY, ...strategy });
  return `${decision.do} ${decision.why}`;
};

const DEAR = { gasPrice: 5n * GWEI + 1n };
const CASES: readonly (readonly [
  what: string,
  view: Partial<ProvingView>,
  of: Partial<ProvingStrategy>,
  is: string,
])[] = [
  ["no batch waits", { batches: [] }, {}, "wait empty"],
  ["it brings more than it costs", {}, {}, "prove profit"],
  ["another aggregator is elected, whatever it brings", { isElected: false }, { patience: 0 }, "wait notElected"],
  [
    "another aggregator is elected, and a departure is due",
    { isElected: false, isDepartureDue: true },
    {},
    "prove departure",
  ],
  ["it brings what it costs", { gasPrice: 5n * GWEI }, {}, "prove profit"],
  ["gas is dearer by a wei", DEAR, {}, "wait unprofitable"],
  ["the profit is too small", {}, { minProfit: 1_500_000n * GWEI + 1n }, "wait unprofitable"],
  ["the profit is large enough", {}, { minProfit: 1_500_000n * GWEI }, "prove profit"],
  ["proofs cost too much", {}, { leafCost: 750_000n * GWEI + 1n }, "wait unprofitable"],
  ["the token is worth nothing", {}, { tokenPrice: 0n }, "wait unprofitable"],
  ["two batches share the gas", { ...DEAR, batches: [BATCH, BATCH] }, {}, "prove profit"],
  ["it brings too little, and the oldest has waited long enough", DEAR, { patience: 100 }, "prove patience"],
  ["it brings too little, and the oldest may wait a second more", DEAR, { patience: 101 }, "wait unprofitable"],
  ["it brings too little, and a foreign batch is old", DEAR, { ownPatience: 100 }, "wait unprofitable"],
  [
    "it brings too little, and an own batch is old",
    { ...DEAR, batches: [{ ...BATCH, isOwn: true }] },
    { ownPatience: 100 },
    "prove own",
  ],
  ["a departure is due, whatever it costs", { ...DEAR, isDepartureDue: true }, {}, "prove departure"],
  ["a departure is due, and no batch waits", { batches: [], isDepartureDue: true }, {}, "prove departure"],
  ["a call is on its way", { isProving: true }, {}, "wait proving"],
  ["a departure is due, and a call is on its way", { isProving: true, isDepartureDue: true }, {}, "wait proving"],
  ["the rollup is frozen", { isFrozen: true, isDepartureDue: true }, {}, "wait frozen"],
];

describe("When to prove", () => {
  for (const [what, view, strategy, expected] of CASES) {
    it(`is "${expected}" when ${what}`, () => {
      expect(words(view, strategy)).to.equal(expected);
    });
  }

  it("is decided by the profit: fees in both tokens, less gas and the operator's own cost", () => {
    expect(profitOf(VIEW, PROVING_STRATEGY)).to.equal(1_500_000n * GWEI);
    expect(profitOf(VIEW, { ...PROVING_STRATEGY, leafCost: 1_000_000n * GWEI })).to.equal(-500_000n * GWEI);
  });
});
