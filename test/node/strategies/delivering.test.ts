// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { decideDelivery, DELIVERY_STRATEGY, type DeliveryView } from "../../../src/node/strategies/index.ts";

const GWEI = 10n ** 9n;
const NOW = 1_800_000_000;
const MAX = DELIVERY_STRATEGY.maxCost;

const VIEW: DeliveryView = {
  now: NOW,
  isDelivering: false,
  departures: [
    { number: 4, fee: 1_000n * GWEI, failedAt: undefined, failures: 0 },
    { number: 5, fee: 2_000n * GWEI, failedAt: undefined, failures: 0 },
  ],
  maxFee: 10n ** 18n,
  gas: 2_000_000n,
  gasPrice: GWEI,
};
const [first, second] = VIEW.departures as [DeliveryView["departures"][0], DeliveryView["departures"][0]];
const GAS = VIEW.gas * VIEW.gasPrice;

const words = (view: Partial<DeliveryView>): string =>
  Object.values(decideDelivery({ ...VIEW, ...view }, DELIVERY_STRATEGY)).join(" ");

const CASES: readonly (readonly [what: string, view: Partial<DeliveryView>, is: string])[] = [
  ["two wait", {}, "deliver 4"],
  ["nothing waits", { departures: [] }, "wait empty"],
  ["a delivery is on its way", { isDelivering: true }, "wait delivering"],
  ["the first one is as dear as it may be", { departures: [{ ...first, fee: MAX - GAS }, second] }, "deliver 4"],
  ["the first one is a wei too dear", { departures: [{ ...first, fee: MAX - GAS + 1n }, second] }, "deliver 5"],
  ["gas is too dear", { gasPrice: 100n * GWEI }, "wait dear"],
  ["the first target gives no answer", { departures: [{ ...first, fee: undefined }, second] }, "deliver 5"],
  ["no target gives an answer", { departures: [{ ...first, fee: undefined }] }, "wait refused"],
  ["the first one failed 599 seconds ago", { departures: [{ ...first, failedAt: NOW - 599 }, second] }, "deliver 5"],
  ["the first one failed 600 seconds ago", { departures: [{ ...first, failedAt: NOW - 600 }, second] }, "deliver 4"],
  [
    "the first one failed for the third time 2,399 seconds ago",
    { departures: [{ ...first, failedAt: NOW - 2_399, failures: 3 }, second] },
    "deliver 5",
  ],
  [
    "the first one failed for the third time 2,400 seconds ago",
    { departures: [{ ...first, failedAt: NOW - 2_400, failures: 3 }, second] },
    "deliver 4",
  ],
  [
    "the first one failed a thousand times, the last time four days ago",
    { departures: [{ ...first, failedAt: NOW - 345_600, failures: 1_000 }, second] },
    "deliver 4",
  ],
  ["the first target asks a wei more than it may", { maxFee: first.fee! - 1n, departures: [first] }, "wait dear"],
  ["the first target asks as much as it may", { maxFee: first.fee!, departures: [first] }, "deliver 4"],
  ["the only one failed just now", { departures: [{ ...first, failedAt: NOW }] }, "wait refused"],
];

describe("Which departure to deliver", () => {
  for (const [what, view, expected] of CASES) {
    it(`is "${expected}" when ${what}`, () => {
      expect(words(view)).to.equal(expected);
    });
  }
});
