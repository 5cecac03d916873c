// SPDX-License-Identifier: MIT
import { randomBytes } from "node:crypto";

import { expect } from "chai";

import { ACTIONS, BuilderRun } from "../../helpers/builderDifferential.ts";
import type { B52Options } from "../../helpers/b52Harness.ts";
import { Random } from "../../helpers/random.ts";

/*
 * B52_SEED=random, or a seed, for another run, of which nothing is asked but agreement; BUILDER_STEPS for a longer one.
 */

const FIXED_SEED = "builder";
const seed = process.env["B52_SEED"] ?? FIXED_SEED;
const SEED = seed === "random" ? randomBytes(8).toString("hex") : seed;
const STEPS = Number(process.env["BUILDER_STEPS"] ?? 900);
/** Part of them after the freeze. */
const LAST_PART = 0.1;

const MODES: Record<string, B52Options> = {
  plain: {},
  "pipelined, as short as can be": { params: { pipelined: true, proposalWindow: 100n, proofWindow: 100n } },
};

/** Every error of the escrow that does not need a wrong preimage, signature aside. */
const ERRORS = [
  ...["InsufficientBalance", "NoRequest", "WithdrawalNotReady", "NotProposer", "OfferExpired", "RoundNotOpen"],
  ...["UnresolvedLock", "InvalidSignature", "UnknownLock", "DemandWindow", "WrongRound", "NotOnHead", "NotCommitted"],
  ...["AlreadyDemanded", "NoDemand", "AnswerWindow", "DemandOpen", "LockBinding", "RoundUndecided"],
];

describe(`BuilderEscrow against its model (seed ${SEED})`, () => {
  const counts = new Map<string, number>();

  for (const [mode, options] of Object.entries(MODES)) {
    it(`${mode}: ${STEPS} steps`, async () => {
      const run = await BuilderRun.start(options, new Random(`${SEED}/${mode}`));
      for (let left = STEPS; left > 0; left--) {
        if (left === Math.round(STEPS * LAST_PART)) await run.freeze();
        await run.step();
      }
      await run.close();
      for (const [what, count] of run.counts) counts.set(what, (counts.get(what) ?? 0) + count);
      if (SEED !== FIXED_SEED) return;
      for (const action of ACTIONS) expect(run.counts.get(action) ?? 0, `${mode}: ${action}`).to.be.above(0);
    });
  }

  it("met every error", function () {
    if (SEED !== FIXED_SEED) this.skip();
    expect(ERRORS.filter((name) => !counts.has(name))).to.deep.equal([]);
  });
});
