// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { id, ZeroAddress, ZeroHash, type ContractTransactionResponse } from "ethers";

import { minedTransaction as mined, RevertError } from "../../src/chain/index.ts";
import { B52Model, EscrowModel, Refusal, type EscrowLock } from "../model/b52/index.ts";
import type { Proposal } from "./b52Block.ts";
import { factsOf, proposalOf } from "./b52Facts.ts";
import { deployB52, NO_RESULT, type B52Options, type Draft } from "./b52Harness.ts";
import { openNetwork } from "./b52Network.ts";
import { BUILDER, deployEscrow, STAGE, type EscrowHarness, type Lock } from "./builderHarness.ts";
import type { Random } from "./random.ts";

/*
 * Random calls, valid and not, to a B52 with an escrow and to the models of both. Each must succeed or fail with the same
 * error in both, and agree on all money and all places of the escrow.
 */

const PROPOSERS = [1, 2, 3];
const BUILDERS = [BUILDER, 8];
const PARTIES = [...PROPOSERS, ...BUILDERS, 4];
const BOND = 5n;

export const ACTIONS = [
  "deposit",
  "requestWithdrawal",
  "withdraw",
  "lock",
  "commit",
  "submit",
  "advance",
  "demand",
  "answer",
  "takeCover",
  "resolve",
] as const;
type Action = (typeof ACTIONS)[number];

/** A lock in both worlds. */
interface Sold {
  readonly model: EscrowLock;
  readonly draft: Draft;
  readonly lock: Lock;
}

async function outcomeOf(send: () => Promise<ContractTransactionResponse>): Promise<string | undefined> {
  try {
    await mined(send());
    return undefined;
  } catch (error) {
    if (error instanceof RevertError && error.revert.name !== undefined) return error.revert.name;
    const name = /custom error '(\w+)\(/.exec(error instanceof Error ? error.message : String(error))?.[1];
    if (name === undefined) throw error;
    return name;
  }
}

function modelOutcomeOf(call: () => void): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

/** One escrow with its B52, the models of both, and what was done to them. */
export class BuilderRun {
  readonly counts = new Map<string, number>();
  readonly #e: EscrowHarness;
  readonly #b52: B52Model;
  readonly #model: EscrowModel;
  readonly #random: Random;
  #now: number;
  readonly #drafts: Draft[] = [];
  readonly #sold: Sold[] = [];
  readonly #chain: Proposal[] = [];
  readonly #log: string[] = [];
  #salts = 0;

  private constructor(e: EscrowHarness, b52: B52Model, model: EscrowModel, random: Random, now: number) {
    [this.#e, this.#b52, this.#model, this.#random, this.#now] = [e, b52, model, random, now];
  }

  static async start(options: B52Options, random: Random): Promise<BuilderRun> {
    // Of equal scores the smaller hash wins. Hashes depend on addresses and salts: both are the same whatever ran before.
    const network = await openNetwork();
    const h = await deployB52({ ...options, core: { forcedDeadline: 220n, escapeDelay: 880n } }, network);
    const { params, staking } = h;
    const { opensAt } = await h.b52.roundOf(1);
    const b52 = new B52Model(
      {
        ...params,
        ...staking,
        proposalWindow: Number(params.proposalWindow),
        proofWindow: Number(params.proofWindow),
        defenceWindow: Number(params.defenceWindow),
        maxUncles: Number(params.maxUncles),
        maxLeaves: Number(params.maxLeaves),
        exitDelay: Number(staking.exitDelay),
        forgiveness: Number(staking.forgiveness),
      },
      await h.b52.head(),
      Number(opensAt),
    );
    const e = await deployEscrow(h, { demandBond: BOND });
    const model = new EscrowModel(b52, { answerWindow: 40, withdrawalDelay: 150, demandBond: BOND });
    model.follow();
    for (const i of PARTIES) {
      await mined(h.token.transfer(h.signer(i), 10n ** 9n));
      await mined(h.token.connect(h.signer(i)).approve(e.escrow, 10n ** 9n));
      b52.deposit(h.address(i), await h.b52.balances(h.signer(i)));
    }
    model.deposit(h.address(BUILDER), (await e.escrow.accountOf(h.signer(BUILDER))).balance);
    return new BuilderRun(e, b52, model, random, Number(await h.now()));
  }

  async step(): Promise<void> {
    this.#passTime();
    const weighted: Action[] = [...ACTIONS, "lock", "lock", "lock", "commit", "commit", "submit", "demand", "answer"];
    await this[this.#random.chance(0.35) ? this.#next() : this.#random.pick(weighted)]();
    await this.#compare();
  }

  /** A step that moves the round at hand on. */
  #next(): Action {
    const { current } = this.#b52;
    if (current === undefined) return this.#random.pick(["lock", "commit"]);
    if (this.#now < this.#b52.proposalEnd(current)) return this.#random.pick(["lock", "commit"]);
    if (this.#now >= this.#b52.proofEnd(current)) {
      return current.ranking.length > 0 ? this.#random.pick(["advance", "advance", "resolve"]) : "lock";
    }
    return this.#random.pick(["submit", "demand", "demand", "answer", "takeCover", "resolve"]);
  }

  /** Freezes the core, with a jump over all windows. */
  async freeze(): Promise<void> {
    const { h } = this.#e;
    h.at(BigInt(this.#now));
    await h.force();
    this.#now += Number(h.core.escapeDelay) + 1;
    h.at(BigInt(this.#now));
    await mined(h.rollup.freeze());
    this.#b52.freeze();
  }

  /** At the end every lock ends, and everybody takes out everything. */
  async close(): Promise<void> {
    const deadlines = [...this.#model.places.values()].map(({ deadline }) => deadline);
    this.#now = Math.max(this.#now + 1_000, ...deadlines);
    for (const sold of this.#sold) {
      if (this.#isOpen(sold)) await (sold.model.stage === "demanded" ? this.takeCover(sold) : this.resolve(sold));
    }
    expect(this.#model.places.size, this.#story()).to.equal(0);
    for (const i of PARTIES) await this.requestWithdrawal(i, 2n ** 96n - 1n);
    this.#now += 150;
    for (const i of PARTIES) await this.withdraw(i);
    expect(await this.#e.h.token.balanceOf(this.#e.escrow)).to.equal(0n);
  }

  // ── Time ───────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Mostly not at all; else to a second at which something begins or ends, or the one before, or anywhere. */
  #passTime(): void {
    if (!this.#random.chance(0.2)) return;
    const rounds = [this.#b52.current, this.#b52.next].flatMap((round) => round ?? []);
    const moments = [
      ...rounds.flatMap((round) => [
        this.#b52.proposalEnd(round),
        this.#b52.proofEnd(round),
        this.#b52.proofEnd(round) - 40,
      ]),
      ...[...this.#model.places.values()].flatMap(({ deadline, answerBy }) => [deadline, answerBy]),
      ...[...this.#model.balances.values()].map(({ readyAt }) => readyAt),
    ].filter((moment) => moment > this.#now);
    const nearest = Math.min(...moments, this.#now + 300);
    const target = this.#random.pick([nearest, nearest, nearest - 1, nearest + 1, this.#now + this.#random.int(40)]);
    this.#now = Math.max(this.#now, target);
  }

  // ── Both ───────────────────────────────────────────────────────────────────────────────────────────────────────────

  async #both(
    action: string,
    call: () => void,
    send: () => Promise<ContractTransactionResponse>,
    isLogged = true,
  ): Promise<boolean> {
    this.#e.h.at(BigInt(this.#now));
    const actual = await outcomeOf(send);
    const expected = modelOutcomeOf(call);
    this.#log.push(`${this.#now} ${action} → ${actual ?? "done"}`);
    expect(actual, this.#story()).to.equal(expected);
    if (isLogged) {
      const what = actual ?? action;
      this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
    }
    return actual === undefined;
  }

  #story(): string {
    return `seed ${this.#random.seed}\n${this.#log.slice(-25).join("\n")}`;
  }

  async #compare(): Promise<void> {
    const { escrow, h } = this.#e;
    const reads = PARTIES.map(async (i) => {
      const { balance, usable, requested, readyAt } = await escrow.accountOf(h.address(i), {
        blockTag: "latest",
      });
      const expected = this.#model.balanceOf(h.address(i));
      expect([balance, requested, Number(readyAt)], this.#story()).to.deep.equal([
        expected.amount,
        expected.requested,
        expected.readyAt,
      ]);
      expect(usable <= balance).to.equal(true);
    });
    const places = PROPOSERS.flatMap((i) =>
      [0, 1].map(async (parity) => {
        const kept = await escrow.placeOf(h.address(i), parity);
        const open = this.#model.placeOf(h.address(i), parity);
        const sold = this.#sold.find(({ model }) => model === open);
        if (sold === undefined) expect(BigInt(kept) <= 1n, this.#story()).to.equal(true);
        else expect(kept, this.#story()).to.equal(this.#e.hashOf(this.#lockNow(sold)));
      }),
    );
    await Promise.all([...reads, ...places]);
    expect(await h.token.balanceOf(escrow), this.#story()).to.equal(this.#model.owed());
  }

  #isOpen({ model }: Sold): boolean {
    return this.#model.placeOf(model.proposal.proposer, model.proposal.height) === model;
  }

  /** The preimage that L1 has the hash of. */
  #lockNow({ model, lock }: Sold): Lock {
    const { stage, answerBy, demander = ZeroAddress } = model;
    return { ...lock, stage: STAGE[stage], answerBy: BigInt(answerBy), demander };
  }

  /** Mostly an open lock, and one that is wanted if there is any; else one that has ended. */
  #anySold(isWanted: (sold: Sold) => boolean = () => true): Sold | undefined {
    if (this.#sold.length === 0) return undefined;
    const open = this.#sold.filter((sold) => this.#isOpen(sold));
    const wanted = open.filter(isWanted);
    if (wanted.length > 0 && this.#random.chance(0.8)) return this.#random.pick(wanted);
    return this.#random.pick(open.length > 0 && this.#random.chance(0.8) ? open : this.#sold);
  }

  /** Whether the content of a block could be missing. */
  #isMissing({ model }: Sold): boolean {
    const entry = this.#b52.current?.entries.get(model.proposal.proposer);
    return entry?.proposal.id === model.proposal.id && entry.block === undefined && model.stage === "locked";
  }

  #isDemanded = ({ model }: Sold): boolean => model.stage === "demanded";

  // ── Money ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  async deposit(i = this.#random.pick(PARTIES), amount = this.#random.bigint(60n)): Promise<void> {
    const { escrow, h } = this.#e;
    const to = h.address(this.#random.pick(PARTIES));
    await this.#both(
      "deposit",
      () => {
        this.#model.deposit(to, amount);
      },
      () => escrow.connect(h.signer(i)).deposit(to, amount),
    );
  }

  async requestWithdrawal(i = this.#random.pick(PARTIES), amount = this.#random.bigint(80n)): Promise<void> {
    const { escrow, h } = this.#e;
    await this.#both(
      "requestWithdrawal",
      () => {
        this.#model.requestWithdrawal(h.address(i), amount, this.#now);
      },
      () => escrow.connect(h.signer(i)).requestWithdrawal(amount),
    );
  }

  async withdraw(i = this.#random.pick(PARTIES)): Promise<void> {
    const { escrow, h } = this.#e;
    await this.#both(
      "withdraw",
      () => {
        this.#model.withdraw(h.address(i), this.#now);
      },
      () => escrow.connect(h.signer(i)).withdraw(),
    );
  }

  // ── Rounds ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A draft for the window that is open, or for the last that was. */
  #draft(proposer: number): Draft {
    const { current } = this.#b52;
    let open = { id: current?.id ?? 1, height: this.#b52.height + 1, isNext: false };
    try {
      open = this.#b52.openRound(this.#now);
    } catch {
      // The window is closed: a lock or a commitment will be refused.
    }
    const parents = open.isNext ? [...(current?.entries.values() ?? [])].map(({ proposal }) => proposal) : [];
    const parent = parents.length > 0 ? this.#random.pick(parents).id : this.#b52.head;
    return this.#e.h.draftFor({
      proposer,
      round: BigInt(open.id),
      height: BigInt(open.height),
      parent,
      bid: this.#e.h.params.minBid + this.#random.bigint(10n),
      salt: id(`${this.#random.seed}/salt ${this.#salts++}`),
    });
  }

  async lock(): Promise<void> {
    const { escrow, h } = this.#e;
    const proposer = this.#random.pick(PROPOSERS);
    let draft = this.#draft(proposer);
    const trouble = this.#random.chance(0.3) ? this.#random.int(5) : -1;
    if (trouble === 0) draft = this.#drafts.length > 0 ? this.#random.pick(this.#drafts) : draft;
    const builder = this.#random.pick(BUILDERS);
    const payment = 1n + this.#random.bigint(30n);
    const cover = this.#random.bigint(9n);
    const deadline = trouble === 1 ? this.#now : this.#now + 1 + this.#random.int(200);
    const offer = { builder: h.address(builder), payment, cover, deadline: BigInt(deadline) };
    const isSigned = trouble !== 2;
    const signature = await this.#e.sign(isSigned ? draft.id : ZeroHash, offer, h.signer(builder));
    const caller = trouble === 3 ? h.signer(4) : draft.proposer;
    const done = await this.#both(
      "lock",
      () => {
        this.#model.lock(caller.address, proposalOf(draft), { ...offer, deadline }, isSigned, this.#now);
      },
      () => escrow.connect(caller).lock(draft.proposal, offer, signature),
    );
    if (!done) return;
    const model = this.#model.placeOf(draft.proposal.proposer, Number(draft.proposal.height));
    if (model === undefined) throw new Error("the model has no lock");
    this.#sold.push({ model, draft, lock: this.#e.lockOf(draft, offer) });
    this.#drafts.push(draft);
  }

  /** Of a block that was locked mostly; else of one's own. Settles before if need be. */
  async commit(): Promise<void> {
    const { h } = this.#e;
    const open = this.#sold.filter((sold) => this.#isOpen(sold)).map(({ draft }) => draft);
    const own = this.#draft(this.#random.pick(PROPOSERS));
    const draft = open.length > 0 && this.#random.chance(0.8) ? this.#random.pick(open) : own;
    await this.#settleBefore(draft);
    const parent = [...(this.#b52.current?.entries.values() ?? [])].find(
      ({ proposal }) => proposal.id === draft.proposal.parent,
    );
    const done = await this.#both(
      "commit",
      () => {
        this.#b52.commit(draft.proposal.proposer, proposalOf(draft), this.#now);
      },
      () => h.sendCommit(draft, parent?.proposal.proposer ?? ZeroAddress),
    );
    if (done && !this.#drafts.includes(draft)) this.#drafts.push(draft);
  }

  async #settleBefore({ proposal }: Draft): Promise<void> {
    const entry = this.#b52.placeOf(proposal.proposer, Number(proposal.height));
    if (entry === undefined || entry.isSettled || entry.proposal.round === Number(proposal.round)) return;
    const old = this.#drafts.find(({ id }) => id === entry.proposal.id);
    if (old === undefined) return;
    const { h } = this.#e;
    const known = await h.resultOf(old.proposal.round);
    const failed = { ...NO_RESULT, round: old.proposal.round, parent: await h.b52.head() };
    await this.#both(
      "settle",
      () => {
        this.#b52.settle(entry.proposal, this.#now);
      },
      () => h.sendSettle(old, known.round === 0n ? failed : known),
      false,
    );
  }

  async submit(): Promise<void> {
    const { h } = this.#e;
    const waiting = [...(this.#b52.current?.entries.values() ?? [])].filter(({ block }) => block === undefined);
    const entry = waiting.length > 0 ? this.#random.pick(waiting) : undefined;
    const draft = this.#drafts.find(({ id }) => id === entry?.proposal.id);
    if (entry === undefined || draft === undefined) return;
    const block = await h.prove(draft);
    await this.#both(
      "submit",
      () => {
        this.#b52.submit(entry.proposal, factsOf(block), this.#now);
      },
      () => h.sendSubmit(block),
    );
  }

  async advance(): Promise<void> {
    const { h } = this.#e;
    const best = this.#b52.current?.ranking[0];
    const draft = this.#drafts.find(({ id }) => id === best?.proposal.id);
    if (draft === undefined) return;
    const block = await h.prove(draft);
    const done = await this.#both(
      "advance",
      () => {
        this.#b52.advanceState(ZeroAddress, this.#now);
      },
      () => h.sendAdvance(block),
    );
    if (!done) return;
    this.#chain.push(draft.proposal);
    this.#model.follow();
  }

  // ── Ends ───────────────────────────────────────────────────────────────────────────────────────────────────────────

  async demand(sold = this.#anySold((each) => this.#isMissing(each))): Promise<void> {
    if (sold === undefined) return;
    const { escrow, h } = this.#e;
    const caller = h.signer(this.#random.chance(0.8) ? BUILDER : this.#random.pick(PARTIES));
    const lock = this.#lockNow(sold);
    await this.#both(
      "demand",
      () => {
        this.#model.demand(caller.address, sold.model, this.#now);
      },
      () => escrow.connect(caller).demand(lock),
    );
  }

  async answer(sold = this.#anySold(this.#isDemanded)): Promise<void> {
    if (sold === undefined) return;
    const lock = this.#lockNow(sold);
    await this.#both(
      "answer",
      () => {
        this.#model.answer(sold.model, this.#now);
      },
      () => this.#e.sendAnswer(lock, sold.draft, this.#random.pick(PARTIES)),
    );
  }

  async takeCover(sold = this.#anySold(this.#isDemanded)): Promise<void> {
    if (sold === undefined) return;
    const lock = this.#lockNow(sold);
    await this.#both(
      "takeCover",
      () => {
        this.#model.takeCover(sold.model, this.#now);
      },
      () => this.#e.sendTake(lock),
    );
  }

  async resolve(sold = this.#anySold()): Promise<void> {
    if (sold === undefined) return;
    const lock = this.#lockNow(sold);
    const later = this.#chain.slice(sold.model.proposal.height);
    await this.#both(
      "resolve",
      () => {
        this.#model.resolve(sold.model, this.#now);
      },
      () => this.#e.sendResolve(lock, later.length > 32 ? [] : later),
    );
  }
}
