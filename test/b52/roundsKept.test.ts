// SPDX-License-Identifier: MIT
import { expect } from "chai";
import fc from "fast-check";

import { B52Model, Refusal, UNIT, type Parameters, type Proposal } from "../model/b52/index.ts";
import { check } from "../helpers/properties.ts";

const PARAMETERS: Omit<Parameters, "proposalWindow" | "proofWindow" | "defenceWindow" | "pipelined"> = {
  fairPay: false,
  maxUncles: 1,
  maxLeaves: 2,
  minBid: 1n,
  blockReward: 100n,
  uncleReward: 0n,
  tip: 0n,
  voteDeposit: 1n,
  bounty: 0n,
  lostBurnRate: 0n,
  unprovenBurnRate: 0n,
  maxShare: 5000n,
  targetProvers: 1n,
  minSlope: UNIT,
  maxSlope: UNIT,
  stake: 1n,
  exitDelay: 1_000_000,
  slashRate: 1n,
  maxSlashRate: 1n,
  forgiveness: 1,
};

/** Two who propose, and commit anew as often as they like: one settles as soon as it can. */
const PROPOSERS = ["alice", "bob"] as const;

/** Steps of the race; each happens as early as it can. */
const STEPS = ["commit", "commit ahead", "submit", "advance", "end of proposals", "end of proofs"] as const;
type Step = (typeof STEPS)[number];

/** A model on which rounds follow one another as fast as calls permit. */
class Race {
  readonly model: B52Model;
  #now = 1_000_000;
  #ids = 0;
  readonly #proposals: Proposal[] = [];

  constructor(windows: Pick<Parameters, "proposalWindow" | "proofWindow" | "defenceWindow" | "pipelined">) {
    this.model = new B52Model({ ...PARAMETERS, ...windows }, "genesis", this.#now);
    for (const proposer of PROPOSERS) this.model.deposit(proposer, 10n ** 9n);
  }

  do(step: Step, proposer: string): void {
    const { model } = this;
    const { current } = model;
    if (step === "end of proposals" || step === "end of proofs") {
      if (current === undefined) return;
      const end = step === "end of proofs" ? model.proofEnd(current) : model.proposalEnd(current);
      this.#now = Math.max(this.#now, end);
      return;
    }
    try {
      if (step === "submit") this.#submit();
      else if (step === "advance") model.advanceState("l1", this.#now);
      else this.#commit(proposer, step === "commit ahead");
    } catch (error) {
      // A step that is refused now changes nothing. INV-B52-11 is no `Refusal`.
      if (!(error instanceof Refusal)) throw error;
    }
  }

  #submit(): void {
    const proposal = this.#proposals.findLast(({ round }) => round === this.model.current?.id);
    if (proposal === undefined) return;
    const promised = new Map([[1, 1]]);
    this.model.submit(proposal, { leaves: 2, promised, credited: new Set([1]), defaulted: new Set() }, this.#now);
  }

  #commit(proposer: string, isAhead: boolean): void {
    const { model } = this;
    const open = model.openRound(this.#now);
    if (open.isNext !== isAhead) return;
    const parent = isAhead ? this.#proposals.findLast(({ round }) => round === model.current?.id)?.id : model.head;
    const old = model.placeOf(proposer, open.height);
    if (old?.isSettled === false) model.settle(old.proposal, this.#now);
    const proposal: Proposal = {
      id: `id ${String(this.#ids++).padStart(6, "0")}`,
      proposer,
      round: open.id,
      height: open.height,
      parent: parent ?? "nothing",
      bid: 1n,
      share: 0n,
      leaves: 2,
      promisedProvers: 1,
    };
    model.commit(proposer, proposal, this.#now);
    this.#proposals.push(proposal);
  }

  /** `opensAt` of all rounds, in order. */
  get openings(): number[] {
    return [...this.model.rounds.values()].map(({ opensAt }) => opensAt);
  }
}

describe("How long B52 keeps rounds (docs/adr/0046)", () => {
  it("two rounds after another one opens a proposal and a proof window later, and K rounds after it nothing of it can be slashed", () => {
    const seconds = fc.integer({ min: 1, max: 40 });
    const steps = fc.array(fc.tuple(fc.constantFrom(...STEPS), fc.constantFrom(...PROPOSERS)), {
      minLength: 100,
      maxLength: 300,
    });
    let rounds = 0;
    check(
      [seconds, seconds, fc.integer({ min: 3, max: 90 }), fc.boolean(), steps],
      (a, b, defenceWindow, pipelined, all) => {
        const [proposalWindow, proofWindow] = pipelined ? [Math.max(a, b), Math.min(a, b)] : [a, b];
        const race = new Race({ proposalWindow, proofWindow, defenceWindow, pipelined });
        for (const [step, proposer] of all) race.do(step, proposer);
        const { openings, model } = race;
        rounds = Math.max(rounds, openings.length / model.roundsKept);
        for (const [i, opensAt] of openings.entries()) {
          const [second, last] = [openings[i + 2], openings[i + model.roundsKept]];
          if (second !== undefined) expect(second - opensAt).to.be.at.least(proposalWindow + proofWindow);
          if (last !== undefined) {
            expect(last - opensAt).to.be.at.least(2 * (proposalWindow + proofWindow + defenceWindow));
          }
        }
      },
    );
    // Rings went around.
    expect(rounds).to.be.above(2);
  });

  it("is no longer than needed: rounds that fail in pairs come as fast as the bound says", () => {
    const [proposalWindow, proofWindow, defenceWindow] = [30, 10, 40];
    const race = new Race({ proposalWindow, proofWindow, defenceWindow, pipelined: true });
    expect(race.model.roundsKept).to.equal(8);
    for (let pair = 0; pair < 8; pair++) {
      race.do("commit", "alice");
      race.do("end of proposals", "alice");
      race.do("commit ahead", "bob");
      race.do("end of proofs", "alice");
    }
    const gaps = race.openings.slice(1).map((opensAt, i) => opensAt - race.openings[i]!);
    expect(gaps.slice(0, 6)).to.deep.equal([30, 10, 30, 10, 30, 10]);
    // 8 rounds last 160 seconds, as long as a round can be slashed.
    expect(race.openings[8]! - race.openings[0]!).to.equal(2 * (proposalWindow + proofWindow + defenceWindow));
  });
});
