// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { answerOf } from "../../../src/node/outbox/index.ts";

/** Words of clients for a transaction that they do not take, or have already. */
const WORDS = {
  accepted: [
    "already known",
    "AlreadyKnown",
    "Known transaction",
    "transaction already imported",
    "transaction already in mempool",
  ],
  underpriced: [
    "replacement transaction underpriced",
    "transaction underpriced: tip needed 1, tip permitted 0",
    "max fee per gas less than block base fee: address 0x01, maxFeePerGas: 1, baseFee: 7",
    "Gas price below current base fee",
    "ReplacementNotAllowed",
    "FeeTooLow, EffectivePriorityFeePerGas too low 0 < 1",
    "could not replace existing tx",
    "replacement fee too low",
  ],
  refused: [
    "nonce too low: next nonce 8, tx nonce 7",
    "nonce has already been used",
    "insufficient funds for gas * price + value: have 1 want 2",
    "429 Too Many Requests",
    "connect ECONNREFUSED 127.0.0.1:8545",
    "exceeds block gas limit",
  ],
} as const;

describe("An endpoint's answer to a transaction", () => {
  for (const [answer, texts] of Object.entries(WORDS)) {
    for (const text of texts) {
      it(`is "${answer}" by the words "${text}"`, () => {
        expect(answerOf(new Error(text))).to.equal(answer);
        // As ethers wraps what an endpoint says.
        const inner = { code: -32_000, message: text };
        expect(answerOf(Object.assign(new Error("could not coalesce error"), { error: inner }))).to.equal(answer);
      });
    }
  }

  it("is a refusal if it says nothing", () => {
    for (const error of [undefined, null, "text", {}, new Error("")]) expect(answerOf(error)).to.equal("refused");
  });

  it("is found behind causes, also if they are a circle", () => {
    const error = new Error("outer");
    error.cause = error;
    expect(answerOf(error)).to.equal("refused");
    expect(answerOf(new Error("outer", { cause: new Error("already known") }))).to.equal("accepted");
  });
});
