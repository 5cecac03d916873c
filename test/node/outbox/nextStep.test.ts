// SPDX-License-Identifier: MIT
import { expect } from "chai";

import {
  nextStep,
  OUTBOX_POLICY,
  type Attempt,
  type L1View,
  type Mined,
  type OutboxRow,
  type OutboxStep,
} from "../../../src/node/outbox/index.ts";

const GWEI = 10n ** 9n;
const HEAD = 1_000;
const NONCE = 7;

const attempt = (fields: Partial<Attempt> = {}): Attempt => ({
  hash: "0xa1",
  raw: "0x01",
  nonce: NONCE,
  kind: "call",
  gasLimit: 100_000n,
  maxFeePerGas: 16n * GWEI,
  maxPriorityFeePerGas: 8n * GWEI,
  block: HEAD,
  ...fields,
});

const FIRST = attempt();
const SECOND = attempt({ hash: "0xa2", maxFeePerGas: 18n * GWEI, maxPriorityFeePerGas: 9n * GWEI });
const CANCEL = attempt({ hash: "0xc1", kind: "cancel", gasLimit: 30_000n, maxFeePerGas: 18n * GWEI });

const row = (attempts: readonly Attempt[] = [FIRST], fields: Partial<OutboxRow> = {}): OutboxRow => ({
  purpose: "verify 1",
  nonce: NONCE,
  call: { to: `0x${"11".repeat(20)}`, data: "0x", value: 0n },
  gasLimit: 100_000n,
  maxFee: 10n ** 16n,
  attempts,
  outcome: undefined,
  ...fields,
});

const view = (fields: Partial<L1View> = {}): L1View => ({
  head: HEAD,
  nonce: NONCE,
  mined: new Map(),
  pooled: new Set(["0xa1", "0xa2", "0xc1"]),
  answers: new Map(),
  use: undefined,
  fees: { maxFeePerGas: 2n * GWEI, maxPriorityFeePerGas: GWEI },
  isWanted: true,
  ...fields,
});

const minedAt = (hash: string, depth: number, fields: Partial<Mined> = {}): Partial<L1View> => ({
  nonce: NONCE + 1,
  mined: new Map([[hash, { block: HEAD - depth + 1, succeeded: true, gasUsed: 50_000n, ...fields }]]),
  pooled: new Set(),
});

const step = (of: OutboxRow, fields: Partial<L1View> = {}): OutboxStep => nextStep(of, view(fields), OUTBOX_POLICY);

/** A step in a few words, for the tables. */
function words(result: OutboxStep): string {
  switch (result.do) {
    case "wait":
      return `wait ${result.why}`;
    case "send":
      return `send ${result.attempts.map(({ hash }) => hash).join(" ")}`;
    case "replace":
      return `replace by ${result.kind}`;
    case "renew":
      return `renew ${result.why} ${result.gasLimit}`;
    case "settle":
      return `settle ${result.outcome}`;
  }
}

const NONE = new Set<string>();
const acceptedAt = (block: number): Partial<L1View> => ({
  pooled: NONE,
  answers: new Map([["0xa1", { answer: "accepted", block }]]),
});
const underpriced = new Map([["0xa1", { answer: "underpriced", block: HEAD } as const]]);
const aged = (fields: Partial<Attempt> = {}): Attempt => attempt({ block: HEAD - 4, ...fields });
const foreign = (depth: number): Partial<L1View> => ({
  nonce: NONCE + 1,
  pooled: NONE,
  use: { block: HEAD - depth + 1, hash: "0xf0" },
});

const CASES: readonly (readonly [what: string, of: OutboxRow, fields: Partial<L1View>, expected: string])[] = [
  // In the pool.
  ["it was just sent", row(), {}, "wait fresh"],
  ["three blocks went by", row([attempt({ block: HEAD - 3 })]), {}, "wait fresh"],
  ["four blocks went by", row([aged()]), {}, "replace by call"],
  ["four blocks, an earlier nonce is open", row([aged()]), { nonce: NONCE - 1 }, "wait blocked"],
  ["four blocks, no higher fee is allowed", row([aged()], { maxFee: 17n * GWEI * 100_000n }), {}, "wait capped"],
  ["the second was just sent", row([aged(), SECOND]), {}, "wait fresh"],
  // Not in the pool.
  ["the pool lost it", row(), { pooled: NONE }, "send 0xa1"],
  ["the pool lost it, an earlier nonce is open", row(), { nonce: NONCE - 1, pooled: NONE }, "send 0xa1"],
  ["the pool has the first only", row([FIRST, SECOND]), { pooled: new Set(["0xa1"]) }, "send 0xa2"],
  ["the pool has neither", row([FIRST, SECOND]), { pooled: NONE }, "send 0xa1 0xa2"],
  ["the endpoint never took it, for long", row([aged()]), { pooled: NONE }, "send 0xa1"],
  ["the endpoint took it long ago, and does not show it", row([aged()]), acceptedAt(HEAD - 4), "send 0xa1"],
  ["the endpoint took it again, and does not show it", row([aged()]), acceptedAt(HEAD - 1), "replace by call"],
  ["it was too cheap, in this block", row(), { pooled: NONE, answers: underpriced }, "send 0xa1"],
  ["it was too cheap", row([attempt({ block: HEAD - 1 })]), { pooled: NONE, answers: underpriced }, "replace by call"],
  [
    "it was too cheap, no higher fee is allowed",
    row([attempt({ block: HEAD - 1 })], { maxFee: 17n * GWEI * 100_000n }),
    { pooled: NONE, answers: underpriced },
    "send 0xa1",
  ],
  // Not wanted any more.
  ["it is not wanted", row(), { isWanted: false }, "replace by cancel"],
  ["it is not wanted, the pool lost it", row(), { isWanted: false, pooled: NONE }, "replace by cancel"],
  [
    "it is not wanted, no higher fee is allowed",
    row([FIRST], { maxFee: 17n * GWEI * 30_000n }),
    { isWanted: false, pooled: NONE },
    "wait capped",
  ],
  ["it was cancelled", row([FIRST, CANCEL]), { isWanted: false }, "wait fresh"],
  ["it was cancelled long ago", row([FIRST, { ...CANCEL, block: HEAD - 4 }]), { isWanted: false }, "replace by cancel"],
  ["it was cancelled, and is wanted again", row([FIRST, { ...CANCEL, block: HEAD - 4 }]), {}, "replace by cancel"],
  ["it was cancelled, the pool has neither", row([FIRST, CANCEL]), { pooled: NONE, isWanted: false }, "send 0xc1"],
  // In a block.
  ["it is in the newest block", row(), minedAt("0xa1", 1), "wait mined"],
  ["it is 63 deep", row(), minedAt("0xa1", 63), "wait mined"],
  ["it is 64 deep", row(), minedAt("0xa1", 64), "settle succeeded"],
  ["the first is in a block, not the second", row([FIRST, SECOND]), minedAt("0xa1", 64), "settle succeeded"],
  ["it happened, so it is not wanted", row([FIRST, SECOND]), { ...minedAt("0xa1", 3), isWanted: false }, "wait mined"],
  ["it was mined while it was cancelled", row([FIRST, CANCEL]), minedAt("0xa1", 64), "settle succeeded"],
  ["the cancellation was mined", row([FIRST, CANCEL]), minedAt("0xc1", 64), "settle cancelled"],
  ["the cancellation is young", row([FIRST, CANCEL]), minedAt("0xc1", 2), "wait mined"],
  ["it failed", row(), minedAt("0xa1", 64, { succeeded: false }), "settle reverted"],
  ["it failed in the newest block", row(), minedAt("0xa1", 1, { succeeded: false }), "wait mined"],
  // Out of gas.
  ["out of gas, young", row(), minedAt("0xa1", 11, { succeeded: false, gasUsed: 99_000n }), "wait mined"],
  ["out of gas", row(), minedAt("0xa1", 12, { succeeded: false, gasUsed: 99_000n }), "renew outOfGas 120000"],
  [
    "out of gas, not wanted",
    row(),
    { ...minedAt("0xa1", 64, { succeeded: false, gasUsed: 99_000n }), isWanted: false },
    "settle reverted",
  ],
  [
    "out of gas, with all the gas there is",
    row([attempt({ gasLimit: 2n ** 24n })], { gasLimit: 2n ** 24n }),
    minedAt("0xa1", 64, { succeeded: false, gasUsed: 2n ** 24n }),
    "settle reverted",
  ],
  // Used by something else.
  ["the nonce is used, nobody knows by what", row(), { nonce: NONCE + 1, pooled: NONE }, "wait unexplained"],
  [
    "the nonce is used by its own transaction, whose receipt is not there yet",
    row(),
    { ...foreign(20), use: { block: HEAD - 19, hash: "0xa1" } },
    "wait unexplained",
  ],
  ["a foreign transaction, young", row(), foreign(11), "wait foreign"],
  ["a foreign transaction", row(), foreign(12), "renew foreign 100000"],
  ["an authorisation", row(), { ...foreign(12), use: { block: HEAD - 11, hash: undefined } }, "renew foreign 100000"],
  ["a foreign transaction, not wanted", row(), { ...foreign(64), isWanted: false }, "settle superseded"],
  ["a foreign transaction, cancelled", row([FIRST, CANCEL]), foreign(64), "settle superseded"],
  ["a foreign transaction, not wanted, young", row(), { ...foreign(20), isWanted: false }, "wait mined"],
];

describe("The next step of the outbox", () => {
  for (const [what, of, fields, expected] of CASES) {
    it(`is "${expected}" when ${what}`, () => {
      expect(words(step(of, fields))).to.equal(expected);
    });
  }

  it("raises both fees by an eighth of the highest, rounded up, and by one wei at least", () => {
    const fees = (attempts: readonly Attempt[], changes: Partial<L1View> = {}): unknown => {
      const result = step(row(attempts), changes);
      return result.do === "replace" && [result.fees.maxFeePerGas, result.fees.maxPriorityFeePerGas];
    };
    const cheap = { maxFeePerGas: 1n, maxPriorityFeePerGas: 0n };
    expect(fees([aged()])).to.deep.equal([18n * GWEI, 9n * GWEI]);
    expect(fees([aged({ maxFeePerGas: 9n, maxPriorityFeePerGas: 0n })], { fees: cheap })).to.deep.equal([11n, 1n]);
    // The one before may have a higher tip.
    expect(fees([aged({ maxPriorityFeePerGas: 16n * GWEI }), aged({ maxFeePerGas: 32n * GWEI })])).to.deep.equal([
      36n * GWEI,
      18n * GWEI,
    ]);
  });

  it("offers what L1 asks now if that is more, and no more than it may cost", () => {
    const of = row([aged()], { maxFee: 40n * GWEI * 100_000n });
    const offered = { maxFeePerGas: 100n * GWEI, maxPriorityFeePerGas: 3n * GWEI };
    expect(step(of, { fees: offered })).to.deep.equal({
      ...{ do: "replace", kind: "call" },
      fees: { maxFeePerGas: 40n * GWEI, maxPriorityFeePerGas: 9n * GWEI },
    });
  });

  it("frees the newer nonce when an older transaction is mined after all", () => {
    const newer = attempt({ hash: "0xb1", nonce: 9 });
    const renewed = row([FIRST, newer], { nonce: 9 });
    const mined = minedAt("0xa1", 1).mined!;
    expect(words(step(renewed, { mined, nonce: 8 }))).to.equal("replace by cancel");
    expect(words(step(renewed, { mined, nonce: 10 }))).to.equal("wait mined");
  });

  it("raises the gas three times, and then takes the failure for an answer", () => {
    const failures = [100_000n, 120_000n, 144_000n, 172_800n].map((gasLimit, i) =>
      attempt({ hash: `0x0${i}`, nonce: NONCE + i, gasLimit }),
    );
    const results = failures.map((_, i) => {
      const attempts = failures.slice(0, i + 1);
      const mined = new Map(
        attempts.map(
          ({ hash, gasLimit }) => [hash, { block: HEAD - 70, succeeded: false, gasUsed: gasLimit }] as const,
        ),
      );
      const { nonce, gasLimit } = attempts.at(-1)!;
      return words(step(row(attempts, { nonce, gasLimit }), { mined, nonce: nonce + 1 }));
    });
    expect(results).to.deep.equal([
      "renew outOfGas 120000",
      "renew outOfGas 144000",
      "renew outOfGas 172800",
      "settle reverted",
    ]);
  });
});
