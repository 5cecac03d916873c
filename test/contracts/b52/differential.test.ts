// SPDX-License-Identifier: MIT
import { randomBytes } from "node:crypto";

import { expect } from "chai";

import { ACTIONS, DifferentialRun } from "../../helpers/b52Differential.ts";
import type { B52Options } from "../../helpers/b52Harness.ts";
import { Random } from "../../helpers/random.ts";

/*
 * B52_SEED=random, or a seed, for another run, of which nothing is asked but agreement; B52_STEPS for a longer one.
 */

const FIXED_SEED = "b52";
const seed = process.env["B52_SEED"] ?? FIXED_SEED;
const SEED = seed === "random" ? randomBytes(8).toString("hex") : seed;
const STEPS = Number(process.env["B52_STEPS"] ?? 1_000);
/** Part of them that is left when the operation is queued for which somebody will freeze the core. */
const LAST_PART = 0.3;

const MODES: Record<string, B52Options> = {
  plain: { params: { maxUncles: 1n, maxLeaves: 4n } },
  "pipelined, fair pay, all pay": {
    params: {
      pipelined: true,
      fairPay: true,
      maxUncles: 0n,
      maxLeaves: 4n,
      lostBurnRate: 10_000n,
      unprovenBurnRate: 10_000n,
    },
  },
  "pipelined, as short as can be": {
    params: { pipelined: true, proposalWindow: 100n, proofWindow: 100n, maxUncles: 3n, tip: 0n },
  },
  "fair pay, bids returned": {
    // A miss leaves half the odd stake, rounded down: too little.
    staking: { slashRate: 5000n, maxSlashRate: 5000n },
    params: { fairPay: true, maxUncles: 2n, lostBurnRate: 0n, unprovenBurnRate: 0n, blockReward: 9_999n },
  },
};

/** Every error that a caller can meet, but those of forced operations, parameters, tokens and the length of lists. */
const ERRORS = [
  ...["NotProposer", "BidBelowMinimum", "ShareAboveMaximum", "ProposalWindowClosed", "WrongRound", "WrongParent"],
  ...["AlreadyCommitted", "UnsettledCommitment", "InsufficientBalance", "UnknownCommitment", "WrongStatus"],
  ...["NotCurrentRound", "ProofWindowClosed", "WrongTranscript", "WrongContent", "WrongTreeSize", "WrongNodeCount"],
  ...["InvalidTreeSize", "TooManyProvers", "DemandWindow", "AnswerWindow", "NoVotesNeeded", "AlreadyDemanded"],
  ...["NotDemanded", "AlreadyShown", "WrongOpeningCount", "WrongVote", "VotesNotShown", "AlreadySlashed"],
  ...[
    "ProofsRejected",
    "NotBetter",
    "NothingProven",
    "RoundNotOver",
    "WrongPreimage",
    "AlreadyPaid",
    "NotRewarded",
    "NoDefault",
  ],
  ...["DefenceWindow", "DefaultLapsed", "NothingToBurn", "NotSlasher", "UnknownTicket", "TicketTaken"],
  ...["NotTicketOwner", "TicketNotActive", "StakeLocked", "NoPayout", "ListIgnored", "RollupFrozen", "ResultLapsed"],
];

/**
 * Cases that some mode has to reach. Payment and slashes after a freeze are in `freeze.test.ts`: few are left by then.
 */
const CASES = [
  ...[
    "list due 1 later",
    "list due 2 later",
    "submit with the list that is due",
    "submit again",
    "settle without the result",
  ],
  ...["commit", "settle", "burn", "fundPool"].map((name) => `${name} after the freeze`),
];

describe(`B52 against its model (seed ${SEED})`, () => {
  const counts = new Map<string, number>();

  for (const [mode, options] of Object.entries(MODES)) {
    it(`${mode}: ${STEPS} steps`, async () => {
      const run = await DifferentialRun.start(options, new Random(`${SEED}/${mode}`));
      for (let left = STEPS; left > 0; left--) {
        if (left === Math.round(STEPS * LAST_PART)) await run.queue();
        await run.step();
      }
      for (const [what, count] of run.counts) counts.set(what, (counts.get(what) ?? 0) + count);
      // A second account of it, from the events alone.
      const owed = await run.harness.owed();
      expect(owed).to.deep.include({ escrow: run.model.owed().escrow, reserved: run.model.owed().reserved });
      await run.close();
      if (SEED !== FIXED_SEED) return;
      for (const action of ACTIONS) expect(run.counts.get(action) ?? 0, `${mode}: ${action}`).to.be.above(0);
      expect(run.model.height, "heights").to.be.above(3);
    });
  }

  it("met every error and every case", function () {
    if (SEED !== FIXED_SEED) this.skip();
    expect([...ERRORS, ...CASES].filter((name) => !counts.has(name))).to.deep.equal([]);
  });
});
