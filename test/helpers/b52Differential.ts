// SPDX-License-Identifier: MIT
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { id, ZeroAddress, ZeroHash, type ContractTransactionResponse } from "ethers";

import { B52Model, Refusal, type Demand, type Entry, type List, type Round } from "../model/b52/index.ts";
import { minedTransaction as mined, RevertError } from "../../src/chain/index.ts";
import { DEVELOPMENT } from "../../src/profile.ts";
import { listOf, openingsFor, proofBy, slotsOf, united } from "./b52Block.ts";
import {
  deployB52,
  NO_RESULT,
  type B52Harness,
  type B52Options,
  type Block,
  type Draft,
  type RoundResult,
} from "./b52Harness.ts";
import { BatchedViews } from "./batchedViews.ts";
import { factsOf, proposalOf } from "./b52Facts.ts";
import { openNetwork } from "./b52Network.ts";
import { stateOfModel, stateOnChain } from "./b52State.ts";
import { createFastSigner } from "./fastSigner.ts";
import type { Random } from "./random.ts";

/*
 * Random calls, valid and not, to B52 and to its model at once. Both must succeed or fail with the same error, and
 * agree on all state.
 */

const PROPOSERS = [1, 2, 3, 4, 5];
const TICKETS = [1, 2, 3, 4, 100, 247];
/**
 * The model has no notion of what is only in preimages: a call that is altered so has to fail with this, and then is
 * made right.
 */
type Altered = [error: string, send: () => Promise<ContractTransactionResponse>];

/** Few enough that the pool is short at times. */
const AMOUNTS = { minBid: 10n, blockReward: 10_007n, uncleReward: 333n, tip: 2_000n, voteDeposit: 17n, bounty: 30n };
const STAKING = { stake: 1001n, exitDelay: 600n, slashRate: 701n, maxSlashRate: 4001n, forgiveness: 700n };
/** As short as can be: the core is frozen soon after an operation was queued. */
const CORE = { forcedDeadline: 220n, escapeDelay: 880n };

export const ACTIONS = [
  "deposit",
  "withdraw",
  "fundPool",
  "burn",
  "commit",
  "submit",
  "advanceState",
  "settle",
  "payRewards",
  "defend",
  "demandVotes",
  "showVotes",
  "closeDemand",
  "slash",
  "join",
  "leaveRegistry",
  "withdrawStake",
] as const;
type Action = (typeof ACTIONS)[number];

/** Name of the custom error that a transaction failed with. */
function errorName(error: unknown): string {
  if (error instanceof RevertError && error.revert.name !== undefined) return error.revert.name;
  const text = error instanceof Error ? error.message : String(error);
  const name = /custom error '(\w+)\(/.exec(text)?.[1];
  if (name === undefined) throw error;
  return name;
}

async function outcomeOf(send: () => Promise<ContractTransactionResponse>): Promise<string | undefined> {
  try {
    await mined(send());
    return undefined;
  } catch (error) {
    return errorName(error);
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

/** One contract, its model, and what was done to both. */
export class DifferentialRun {
  readonly harness: B52Harness;
  readonly model: B52Model;
  readonly random: Random;
  /** How often each action succeeded, and each error occurred. */
  readonly counts = new Map<string, number>();
  readonly #drafts = new Map<string, Draft>();
  readonly #blocks = new Map<string, Block>();
  readonly #producer: string;
  readonly #log: string[] = [];
  #salts = 0;
  #now: number;
  /** When the operation was queued that nobody takes. */
  #queuedAt = Infinity;
  readonly #lists = new Map<List, string>();
  // Calls that must not succeed twice.
  readonly #paid = new Set<string>();
  readonly #cleared = new Set<string>();
  readonly #settled = new Set<string>();
  readonly #heads = new Map<number, string>();
  #stateRoot: bigint;
  readonly #views: BatchedViews;
  /** Of each block, by leaf; random ones if none are given. */
  readonly #newStateRoots: Record<number, bigint>;

  private constructor(
    harness: B52Harness,
    random: Random,
    model: B52Model,
    state: { now: number; producer: string; stateRoot: bigint; views: BatchedViews; keepsState: boolean },
  ) {
    this.harness = harness;
    this.random = random;
    this.model = model;
    this.#now = state.now;
    this.#producer = state.producer;
    this.#stateRoot = state.stateRoot;
    this.#views = state.views;
    // A tree has eight leaves at most.
    this.#newStateRoots = state.keepsState ? Array<bigint>(8).fill(state.stateRoot) : {};
  }

  /** @param keepsState whether blocks claim that they leave the state as it is, as their void transactions do */
  static async start(options: B52Options, random: Random, { keepsState = false } = {}): Promise<DifferentialRun> {
    const deployment: B52Options = {
      pool: 0n,
      core: CORE,
      staking: { ...STAKING, ...options.staking },
      params: { ...AMOUNTS, ...options.params },
    };
    // Of equal scores the smaller hash wins. Hashes depend on addresses and salts: both are the same whatever ran before.
    const harness = await deployB52(deployment, await openNetwork());
    const { opensAt } = await harness.b52.roundOf(1);
    const { params, staking } = harness;
    const model = new B52Model(
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
      await harness.b52.head(),
      Number(opensAt),
    );
    const [token, { provider }] = [harness.token, harness.network.connection.ethers];
    for (let i = 1; i < 20; i++) {
      const signer = harness.signer(i);
      await mined(token.transfer(signer, 10n ** 12n));
      await mined(token.connect(signer).approve(harness.registry, 10n ** 12n));
      await mined(token.connect(signer).approve(harness.b52, 10n ** 12n));
      // The harness gave some of them a balance, too large to run out of.
      const balance = await harness.b52.balances(signer);
      if (balance > 0n) await mined(harness.b52.connect(signer).withdraw(balance));
    }
    const block = await provider.getBlock("latest");
    const state = {
      now: Number(await harness.now()),
      producer: block?.miner ?? ZeroAddress,
      stateRoot: await harness.rollup.stateRoot(),
      views: await BatchedViews.open(harness.network.connection),
    };
    return new DifferentialRun(harness, random, model, { ...state, keepsState });
  }

  async step(): Promise<void> {
    this.#passTime();
    if (this.#now > this.#lateAt && !this.model.isFrozen && this.random.chance(0.5)) await this.#freeze();
    const weighted: Action[] = [
      ...ACTIONS,
      ...Array.from({ length: 9 }, () => "commit" as const),
      ...Array.from({ length: 8 }, () => "submit" as const),
      ...(["advanceState", "advanceState", "settle", "settle", "settle", "payRewards", "payRewards"] as const),
      ...(["slash", "slash", "slash", "slash", "slash", "slash", "defend", "join", "withdrawStake"] as const),
      ...(["demandVotes", "demandVotes", "demandVotes", "showVotes", "showVotes", "showVotes", "closeDemand"] as const),
    ];
    await this[this.random.chance(0.3) ? this.#nextOfRound() : this.random.pick(weighted)]();
    await this.#compare();
  }

  /** A step that moves the round at hand on. With random steps alone, few blocks would be proven. */
  #nextOfRound(): Action {
    const { model, random } = this;
    const { current } = model;
    if (current === undefined) return "commit";
    if (this.#now < model.proposalEnd(current)) return current.entries.size < 2 ? "commit" : "submit";
    if (this.#now >= model.proofEnd(current)) return current.ranking.length > 0 ? "advanceState" : "commit";
    if (model.params.pipelined && (model.next?.entries.size ?? 0) < 2 && random.chance(0.4)) return "commit";
    return [...current.entries.values()].some(({ block }) => block === undefined) ? "submit" : "advanceState";
  }

  // ── Freeze ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Queues an operation, which no block takes: some time later somebody freezes the core. */
  async queue(): Promise<void> {
    this.#queuedAt = this.#now;
    await this.#at(() => this.harness.force())();
  }

  async #freeze(): Promise<void> {
    await mined(this.#at(() => this.harness.rollup.freeze())());
    this.model.freeze();
    this.#log.push(`${this.#now} freeze`);
    this.#count("freeze");
  }

  /** Last second at which the core cannot be frozen. */
  get #lateAt(): number {
    return this.#queuedAt + Number(CORE.escapeDelay);
  }

  /** After a freeze: all that is owed is paid, and nothing is left. */
  async close(): Promise<void> {
    const { harness, model } = this;
    if (!model.isFrozen) {
      this.#now = Math.max(this.#now, this.#lateAt + 1);
      await this.#freeze();
    }
    for (const draft of this.#drafts.values()) if (!this.#settled.has(draft.id)) await this.settle(draft);
    for (const block of this.#blocks.values()) if (!this.#paid.has(block.id)) await this.payRewards(block);
    const rounds = [...model.rounds.values()];
    this.#now = Math.max(this.#now, ...rounds.map((round) => model.defenceEnd(round)));
    for (const demand of this.#openDemands()) await this.closeDemand(demand);
    await this.burn();
    const owed = model.owed();
    expect(owed).to.include({ escrow: 0n, deposits: 0n, pool: 0n, toBurn: 0n });
    expect(owed.reserved, this.#story()).to.equal(this.#uncollectable());
    await harness.withdrawAll();
    expect(await harness.token.balanceOf(harness.b52)).to.equal(owed.reserved);
    for (const ticket of TICKETS) await this.leaveRegistry(ticket, harness.owner(ticket));
    this.#now += model.params.exitDelay;
    for (const ticket of TICKETS) await this.withdrawStake(ticket);
    expect(await harness.token.balanceOf(harness.registry)).to.equal(0n);
  }

  /**
   * Amount that stays reserved for good, as no result makes room any more after a freeze: with fair pay the remainders
   * of divisions; and the rewards of a block whose record made room for one of the very round that the freeze left
   * without a result.
   */
  #uncollectable(): bigint {
    const { current, params, rounds, roundsKept } = this.model;
    const nodes = BigInt(2 * params.maxLeaves - 1);
    let sum = 0n;
    for (const round of rounds.values()) {
      const { result } = round;
      if (result?.winner === undefined || this.model.hasLapsed(round)) continue;
      if (params.fairPay) sum += result.proversReward;
      for (const { block, proposal } of round.entries.values()) {
        if (block === undefined) continue;
        const isWinner = proposal.proposer === result.winner;
        let part = isWinner ? result.proversReward : 0n;
        if (params.fairPay) {
          part = result.scores === 0n ? 0n : (result.proversReward * block.score) / result.scores;
          sum -= part;
        }
        if (isWinner) part += result.proposerReward;
        if (result.uncles.includes(proposal.proposer)) part += result.uncleNodeReward * nodes;
        if (part === 0n || this.#paid.has(proposal.id)) continue;
        expect(current?.id, this.#story()).to.equal(round.id + roundsKept);
        expect(current?.entries.get(proposal.proposer)?.block, this.#story()).not.to.equal(undefined);
        sum += part;
      }
    }
    return sum;
  }

  // ── Time ───────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Mostly not at all; else to a second at which something begins or ends, or the one before, or anywhere. */
  #passTime(): void {
    if (!this.random.chance(0.12)) return;
    const { model } = this;
    const rounds = [...model.rounds.values()].slice(-4);
    const current = [model.current, model.next].flatMap((round) => round ?? []);
    const moments = [
      ...current.flatMap((round) => [model.proposalEnd(round), model.proofEnd(round)]),
      ...rounds.flatMap((round) => [
        model.demandEnd(round),
        model.answerEnd(round),
        model.defenceEnd(round),
        model.liabilityEnd(round),
      ]),
      ...[...model.registry.tickets.values()].flatMap(({ withdrawableAt }) => withdrawableAt ?? []),
      this.#lateAt + 1,
    ].filter((moment) => moment > this.#now);
    const nearest = Math.min(...moments, this.#now + 1000);
    const target = this.random.pick([nearest, nearest, nearest - 1, nearest + 1, this.#now + this.random.int(60)]);
    this.#now = Math.max(this.#now, target);
  }

  #at<T>(send: () => Promise<T>): () => Promise<T> {
    return () => {
      this.harness.at(BigInt(this.#now));
      return send();
    };
  }

  // ── Both ───────────────────────────────────────────────────────────────────────────────────────────────────────────

  #count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  /** @returns whether the call went through */
  async #both(
    action: Action,
    what: string,
    call: () => void,
    send: () => Promise<ContractTransactionResponse>,
    altered?: Altered,
    barred?: string,
  ): Promise<boolean> {
    const label = `${this.#now} ${action} ${what}`;
    const alteredOutcome = altered === undefined ? undefined : await outcomeOf(this.#at(altered[1]));
    // If the contract bars what the model knows nothing of, the model must not see the call when it would take it.
    const actual = await outcomeOf(this.#at(send));
    const expected = barred !== undefined && actual === barred ? barred : modelOutcomeOf(call);
    this.#log.push(`${label} → ${actual ?? "done"}`);
    expect(actual, this.#story()).to.equal(expected);
    if (barred !== undefined) expect(actual, this.#story()).not.to.equal(undefined);
    if (altered !== undefined) {
      // Altered in one way: it fails for that, or as it does anyway.
      const wanted = expected === undefined ? [altered[0]] : [altered[0], expected];
      expect(alteredOutcome, `altered: ${this.#story()}`).to.be.oneOf(wanted);
      this.#count(alteredOutcome ?? "");
    }
    this.#count(actual ?? action);
    if (this.model.isFrozen) this.#count(`${actual ?? action} after the freeze`);
    return actual === undefined;
  }

  #story(): string {
    return `seed ${this.random.seed}\n${this.#log.slice(-25).join("\n")}`;
  }

  // ── Money ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  async deposit(): Promise<void> {
    const signer = this.harness.signer(this.random.pick(PROPOSERS));
    const amount = this.random.bigint(500n);
    await this.#both(
      "deposit",
      `${amount}`,
      () => {
        this.model.deposit(signer.address, amount);
      },
      () => this.harness.b52.connect(signer).deposit(amount),
    );
  }

  async withdraw(): Promise<void> {
    const signer = this.harness.signer(this.random.pick(PROPOSERS));
    const amount = this.model.balanceOf(signer.address) / 2n + this.random.bigint(300n);
    await this.#both(
      "withdraw",
      `${amount}`,
      () => {
        this.model.withdraw(signer.address, amount);
      },
      () => this.harness.b52.connect(signer).withdraw(amount),
    );
  }

  async fundPool(amount = this.random.bigint(8_000n)): Promise<void> {
    await this.#both(
      "fundPool",
      `${amount}`,
      () => {
        this.model.fundPool(amount);
      },
      () => this.harness.b52.fundPool(amount),
    );
  }

  async burn(): Promise<void> {
    await this.#both(
      "burn",
      "",
      () => {
        this.model.burn();
      },
      () => this.harness.b52.burn(),
    );
  }

  // ── Rounds ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  async commit(): Promise<void> {
    const { model, random, harness } = this;
    const { current } = model;
    let open = { id: current?.id ?? 1, height: model.height + 1, isNext: false };
    try {
      open = model.openRound(this.#now);
    } catch {
      // The window is closed: a commit for the current round will be refused.
    }
    const parents = open.isNext ? [...(current?.entries.values() ?? [])].map(({ proposal }) => proposal) : [];
    const parent = open.isNext && parents.length > 0 ? random.pick(parents) : undefined;
    const trouble = random.chance(0.4) ? random.int(9) : -1;
    const round = open.isNext ? model.next : current;
    const idle = PROPOSERS.filter((i) => round?.entries.has(harness.address(i)) !== true);
    const proposer = random.pick(idle.length > 0 && random.chance(0.8) ? idle : PROPOSERS);
    const bid = 10n + random.bigint(60n);
    const balance = model.balanceOf(harness.address(proposer));
    if (balance < bid && trouble !== 5) {
      const signer = harness.signer(proposer);
      await this.#both(
        "deposit",
        "before a commit",
        () => {
          model.deposit(signer.address, 200n);
        },
        () => harness.b52.connect(signer).deposit(200n),
      );
    }
    const parentId = parent?.id ?? model.head;
    const tickets = [...(round?.id === open.id ? round.tickets : model.registry.active())];
    const promises = this.#promises(tickets);
    const draft = harness.draftFor({
      ...promises,
      newStateRoots: this.#newStateRoots,
      salt: id(`${random.seed}/salt ${this.#salts++}`),
      // Mostly a size that a tree can have: that it is another block's size shows only when the block is submitted.
      ...(trouble === 7
        ? { committedLeaves: random.chance(0.7) ? random.pick([2n, 4n, 8n]) : random.pick([0n, 3n, 16n, 255n]) }
        : {}),
      ...this.#listsFor(open.height),
      proposer,
      round: BigInt(trouble === 0 ? open.id + 1 - 2 * random.int(2) : open.id),
      height: BigInt(trouble === 1 ? open.height + 1 : open.height),
      parent: trouble === 2 ? ZeroHash : trouble === 8 ? endingOtherwise(parentId) : parentId,
      bid: trouble === 3 ? 9n : trouble === 5 ? 10n ** 20n : bid,
      share: trouble === 4 ? 5001n : random.bigint(5001n),
      promisedProvers: trouble === 6 ? 2n * BigInt(promises.leaves) : random.bigint(4n),
    });
    const proposal = proposalOf(draft);
    const caller = random.chance(0.04) ? harness.signer(9) : draft.proposer;
    const done = await this.#both(
      "commit",
      `by ${proposer} for round ${proposal.round}, height ${proposal.height}`,
      () => {
        model.commit(caller.address, proposal, this.#now);
      },
      () => harness.b52.connect(caller).commit(draft.proposal, parent?.proposer ?? ZeroAddress),
    );
    if (done) this.#drafts.set(draft.id, draft);
  }

  /** The list that a block carries, if any, and the one that it includes: mostly the right one. */
  #listsFor(height: number): { includeList?: string; included?: string } {
    const { random } = this;
    const due = this.#lists.get(this.model.lists.get(height) ?? "");
    const isRight = due !== undefined && random.chance(0.8);
    const included = isRight ? due : random.chance(0.1) ? this.#newList() : undefined;
    return {
      ...(random.chance(0.8) ? { includeList: this.#newList() } : {}),
      ...(included === undefined ? {} : { included }),
    };
  }

  #newList(): string {
    const slots = slotsOf(`${this.random.seed} ${this.#lists.size}`, 1 + this.random.int(DEVELOPMENT.slots));
    this.#lists.set(listOf(slots), slots);
    return slots;
  }

  /** Some nodes with tickets, some of whom do not deliver, and some of whom never said that they would. */
  #promises(tickets: number[]): {
    leaves: 2 | 4 | 8;
    promised: Record<number, number>;
    workers: Record<number, number>;
    invalidVotes: number[];
  } {
    const { random } = this;
    const leaves = random.pick([2, 2, 2, 4, 4, 2, 2, 8] as const);
    const promised: Record<number, number> = {};
    const workers: Record<number, number> = {};
    const invalidVotes: number[] = [];
    for (let node = 1; node < 2 * leaves; node++) {
      if (random.chance(0.1)) {
        promised[node] = random.pick(TICKETS);
        invalidVotes.push(node);
      } else if (tickets.length > 0 && random.chance(0.8)) {
        promised[node] = random.pick(tickets);
        // Merges more often: only of those the votes are demanded.
        if (random.chance(node < leaves ? 0.6 : 0.35)) workers[node] = random.pick([0, ...tickets]);
      }
    }
    return { leaves, promised, workers, invalidVotes };
  }

  /** Mostly of the current round. */
  #anyDraft(): Draft | undefined {
    const drafts = [...this.#drafts.values()];
    const fresh = [...(this.model.current?.entries.keys() ?? [])];
    const current = drafts.filter(
      ({ proposal }) => Number(proposal.round) === this.model.current?.id && fresh.includes(proposal.proposer),
    );
    const unproven = current.filter(({ id }) => !this.#blocks.has(id));
    const pools = [...Array.from({ length: 8 }, () => unproven), current, drafts.slice(-12)].filter(
      ({ length }) => length > 0,
    );
    return pools.length === 0 ? undefined : this.random.pick(this.random.pick(pools));
  }

  async submit(): Promise<void> {
    const { model, random, harness } = this;
    const found = this.#anyDraft();
    if (found === undefined) return;
    const before = this.#blocks.get(found.id);
    // Another version of the proofs: each version may have nodes that the other lacks.
    const draft = before !== undefined && random.chance(0.5) ? withWorkers(found, random) : found;
    const { current } = model;
    if (current !== undefined && random.chance(current.entries.size > 2 ? 0.5 : 0.1)) {
      this.#now = Math.max(this.#now, model.proposalEnd(current));
    }
    // Sometimes with other workers than those who were promised the nodes: somebody else's version of the proofs.
    const block = await harness.prove(random.chance(0.2) ? withFillers(draft, random) : draft);
    const { submission, proposal } = block;
    const alterations: Altered[] = [
      ["WrongTranscript", () => harness.b52.submit(proposal, { ...submission, votesRoot: 1n })],
      ["WrongContent", () => harness.b52.submit(proposal, { ...submission, salt: ZeroHash })],
      ["WrongContent", () => harness.b52.submit(proposal, { ...submission, includeList: slotsOf("another", 1) })],
      ["WrongNodeCount", () => harness.b52.submit(proposal, { ...submission, merges: submission.merges.slice(1) })],
      [
        "ProofsRejected",
        () =>
          harness.b52.submit(proposal, {
            ...submission,
            merges: submission.merges.map((merge, i) =>
              i === 0 ? { ...merge, delivered: merge.delivered + 2n ** 200n } : merge,
            ),
          }),
      ],
      ["UnknownCommitment", () => harness.b52.submit({ ...proposal, bid: proposal.bid + 1n }, submission)],
    ];
    const isLate = current !== undefined && model.proofEnd(current) > this.#queuedAt + Number(CORE.forcedDeadline);
    const barred = isLate && !model.isFrozen ? "ForcedOperationOverdue" : undefined;
    const done = await this.#both(
      "submit",
      `of ${proposal.round} by ${proposal.proposer}`,
      () => {
        model.submit(proposalOf(draft), factsOf(block), this.#now);
      },
      () => harness.b52.connect(harness.signer(random.int(6))).submit(proposal, submission),
      random.chance(0.5) ? random.pick(alterations) : undefined,
      barred,
    );
    if (!done) return;
    this.#blocks.set(draft.id, before === undefined ? block : united(before, block, proposal.promisedProvers));
    if (before !== undefined) this.#count("submit again");
    if (current?.list !== undefined) this.#count("submit with the list that is due");
  }

  async advanceState(): Promise<void> {
    const { model, random, harness } = this;
    const { current } = model;
    if (current !== undefined && current.ranking.length > 0 && random.chance(0.4)) {
      this.#now = Math.max(this.#now, model.proofEnd(current) - (random.chance(0.1) ? 1 : 0));
    }
    // About what the rewards of a block take: enough, or short by no more than the tip.
    const { blockReward, uncleReward, tip } = model.params;
    const missing = blockReward + uncleReward + tip - random.bigint(2n * uncleReward + tip + 1n) - model.pool;
    if (missing > 0n && random.chance(0.5)) await this.fundPool(missing);
    const best = this.#blocks.get(current?.ranking[0]?.proposal.id ?? "");
    const shown = best ?? [...this.#blocks.values()].at(-1);
    if (shown === undefined) return;
    const other = [...this.#blocks.values()].filter((block) => block !== shown).at(-1);
    const altered: Altered | undefined =
      other === undefined || random.chance(0.7)
        ? undefined
        : random.pick<Altered>([
            ["WrongPreimage", () => harness.b52.advanceState(other.record, other.transition)],
            ["WrongPreimage", () => harness.b52.advanceState(shown.record, { ...shown.transition, forcedCount: 1n })],
          ]);
    const done = await this.#both(
      "advanceState",
      `round ${current?.id ?? "none"}`,
      () => {
        model.advanceState(this.#producer, this.#now);
      },
      () => harness.sendAdvance(shown),
      altered,
    );
    if (!done) return;
    expect(this.#heads.has(model.height), this.#story()).to.equal(false);
    this.#heads.set(model.height, shown.id);
    this.#settled.add(shown.id);
    this.#stateRoot = shown.transition.newStateRoot;
    for (const height of [1, 2]) if (model.lists.has(model.height + height)) this.#count(`list due ${height} later`);
  }

  async settle(draft = this.#draftToSettle()): Promise<void> {
    const { model, random, harness } = this;
    if (draft === undefined) return;
    const round = model.rounds.get(Number(draft.proposal.round));
    // If the round has failed, this call closes it; its result is known before.
    const result = round === undefined ? NO_RESULT : this.#resultOf(round);
    const altered: Altered = ["WrongPreimage", () => harness.sendSettle(draft, { ...result, proposerReward: 1n })];
    const done = await this.#both(
      "settle",
      `round ${draft.proposal.round} of ${draft.proposal.proposer}`,
      () => {
        model.settle(proposalOf(draft), this.#now);
      },
      () => harness.sendSettle(draft, result),
      // A result that is kept no longer is not asked for.
      result.round !== 0n && this.#isKept(round) && random.chance(0.3) ? altered : undefined,
    );
    if (!done) return;
    if (round !== undefined && model.hasLapsed(round)) this.#count("settle without the result");
    expect(this.#settled.has(draft.id), this.#story()).to.equal(false);
    this.#settled.add(draft.id);
  }

  /** Whether the round's result is kept, also if this call ends the last round. */
  #isKept(round: Round | undefined): boolean {
    return round !== undefined && this.model.lastRound < round.id + this.model.roundsKept;
  }

  /** Mostly one that is not settled. */
  #draftToSettle(): Draft | undefined {
    const unsettled = [...this.#drafts.values()].filter(({ id }) => !this.#settled.has(id));
    const isUnsettled = this.random.chance(0.85) && unsettled.length > 0;
    const drafts = isUnsettled ? unsettled : [...this.#drafts.values()].slice(-12);
    return drafts.length === 0 ? undefined : this.random.pick(drafts);
  }

  /** The result that the contract has to know of a round; of a failed round that is not closed yet, the later one. */
  #resultOf(round: Round): RoundResult {
    const { model } = this;
    const { result } = round;
    if (result === undefined) {
      const hasFailed = round === model.current && round.ranking.length === 0 && this.#now >= model.proofEnd(round);
      return hasFailed && !model.isFrozen ? { ...NO_RESULT, round: BigInt(round.id), parent: model.head } : NO_RESULT;
    }
    return {
      ...result,
      round: BigInt(round.id),
      winner: result.winner ?? ZeroAddress,
      uncles: [...result.uncles],
    };
  }

  // ── Rewards and defaults ───────────────────────────────────────────────────────────────────────────────────────────

  /** Mostly one that can be paid or has defaults. */
  #anyBlock(
    isWanted: (entry: Entry, round: Round) => boolean,
  ): { block: Block; round: Round; entry: Entry } | undefined {
    const all = [...this.#blocks.values()].flatMap((block) => {
      const round = this.model.rounds.get(Number(block.proposal.round));
      const entry = round?.entries.get(block.proposal.proposer);
      return round === undefined || entry === undefined ? [] : [{ block, round, entry }];
    });
    const wanted = all.filter(({ entry, round }) => isWanted(entry, round));
    const pool = wanted.length > 0 && this.random.chance(0.8) ? wanted : all.slice(-8);
    return pool.length === 0 ? undefined : this.random.pick(pool);
  }

  async payRewards(block = this.#blockToPay()): Promise<void> {
    const { model, harness, random } = this;
    const round = model.rounds.get(Number(block?.proposal.round));
    if (block === undefined || round === undefined) return;
    const result = this.#resultOf(round);
    const altered: Altered = [
      "WrongPreimage",
      () => harness.b52.payRewards(result, { ...block.record, nodes: block.record.nodes ^ 2n }),
    ];
    const done = await this.#both(
      "payRewards",
      `round ${round.id} of ${block.proposal.proposer}`,
      () => {
        model.payRewards(round.id, block.proposal.proposer);
      },
      () => harness.b52.payRewards(result, block.record),
      random.chance(0.2) ? altered : undefined,
    );
    if (!done) return;
    expect(this.#paid.has(block.id), this.#story()).to.equal(false);
    this.#paid.add(block.id);
  }

  #blockToPay(): Block | undefined {
    const isDue = (entry: Entry, round: Round): boolean => this.#isKept(round) && entry.block?.isPaid === false;
    return this.#anyBlock((entry, round) => round.result !== undefined && isDue(entry, round))?.block;
  }

  #hasDefaults = ({ block }: Entry): boolean =>
    block !== undefined && [...block.defaulted].some((node) => !block.cleared.has(node));

  #anyNode({ block }: Entry, leaves: number): number {
    const open = [...(block?.defaulted ?? [])].filter((node) => !block?.cleared.has(node));
    return open.length > 0 && this.random.chance(0.85) ? this.random.pick(open) : this.random.int(2 * leaves + 2);
  }

  async defend(): Promise<void> {
    const { model, random, harness } = this;
    const found = this.#anyBlock((entry, round) => this.#hasDefaults(entry) && this.#now < model.defenceEnd(round));
    if (found === undefined) return;
    const { block, round, entry } = found;
    const node = this.#anyNode(entry, block.submission.leaves.length);
    const ticket = entry.block?.promised.get(node) ?? 0;
    const inTree = node > 0 && node < 2 * block.submission.leaves.length;
    const proof = inTree ? proofBy(ticket, block, node, 99n) : Array.from({ length: 8 }, () => 0n);
    const stranger = inTree ? proofBy(ticket + 1, block, node, 99n) : proof;
    const alterations: Altered[] = [
      ["WrongPreimage", () => harness.b52.defend(block.record, "0x", node, proof, 99n)],
      ["ProofsRejected", () => harness.b52.defend(block.record, block.statements, node, stranger, 99n)],
      ["ProofsRejected", () => harness.b52.defend(block.record, block.statements, node, proof, 98n)],
      [
        "WrongPreimage",
        () =>
          harness.b52.defend({ ...block.record, leaves: 4n ^ block.record.leaves }, block.statements, node, proof, 99n),
      ],
    ];
    const done = await this.#both(
      "defend",
      `round ${round.id} node ${node}`,
      () => {
        model.defend(round.id, block.proposal.proposer, node, this.#now);
      },
      () => harness.b52.defend(block.record, block.statements, node, proof, 99n),
      random.chance(0.4) && inTree ? random.pick(alterations) : undefined,
    );
    if (done) this.#once(`${block.id} ${node}`);
  }

  async slash(): Promise<void> {
    const { model, random, harness } = this;
    const found = this.#anyBlock((entry, round) => {
      const isOver = round.result !== undefined && this.#now < model.liabilityEnd(round);
      return this.#hasDefaults(entry) && isOver;
    });
    if (found === undefined) return;
    const { block, round, entry } = found;
    if (this.#now < model.defenceEnd(round) && round.result !== undefined && random.chance(0.5)) {
      this.#now = model.defenceEnd(round);
    }
    const [hidden] = [...(entry.block?.demands ?? [])].find(([, { answerer }]) => answerer === undefined) ?? [];
    const isHidden = hidden !== undefined && random.chance(0.5);
    const node = isHidden ? hidden : this.#anyNode(entry, block.submission.leaves.length);
    const result = this.#resultOf(round);
    const slasher = harness.signer(random.pick(PROPOSERS));
    const altered: Altered = random.pick<Altered>([
      ["WrongPreimage", () => harness.b52.slash(result, { ...block.record, promised: 0n }, node)],
      [
        "WrongPreimage",
        () => harness.b52.slash({ ...result, winner: block.proposal.proposer, proversReward: 1n }, block.record, node),
      ],
      ["NotSlasher", () => harness.registry.slash(1)],
    ]);
    const done = await this.#both(
      "slash",
      `round ${round.id} node ${node} of ${block.proposal.proposer}`,
      () => {
        model.slash(slasher.address, round.id, block.proposal.proposer, node, this.#now);
      },
      () => harness.b52.connect(slasher).slash(result, block.record, node),
      random.chance(0.2) ? altered : undefined,
    );
    if (!done) return;
    this.#once(`${block.id} ${node}`);
    this.#once(`round ${round.id} ticket ${block.content.claim.promised?.[node]}`);
  }

  /** Notes an event that must happen only once. */
  #once(key: string): void {
    expect(this.#cleared.has(key), this.#story()).to.equal(false);
    this.#cleared.add(key);
  }

  // ── Votes ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Merges that defaulted, and of which nobody demanded the votes. */
  #hiddenMerges({ block }: Entry): number[] {
    if (block === undefined) return [];
    const { defaulted, cleared, demands, leaves } = block;
    return [...defaulted].filter((node) => node < leaves && !cleared.has(node) && !demands.has(node));
  }

  async demandVotes(): Promise<void> {
    const { model, random, harness } = this;
    const found = this.#anyBlock(
      (entry, round) => this.#hiddenMerges(entry).length > 0 && this.#now < model.demandEnd(round),
    );
    if (found === undefined) return;
    let { block, round } = found;
    const merges = this.#hiddenMerges(found.entry);
    const isMerge = merges.length > 0 && random.chance(0.85);
    let node = isMerge ? random.pick(merges) : this.#anyNode(found.entry, block.submission.leaves.length);
    const [again] = this.#openDemands().filter((demand) => this.#now < model.demandEnd(demand.round));
    if (again !== undefined && random.chance(0.3)) ({ block, round, node } = again);
    const asker = harness.signer(random.pick(PROPOSERS));
    const altered: Altered = [
      "WrongPreimage",
      () => harness.b52.connect(asker).demandVotes({ ...block.record, votesRoot: 1n }, node),
    ];
    await this.#both(
      "demandVotes",
      `round ${round.id} node ${node} of ${block.proposal.proposer}`,
      () => {
        model.demandVotes(asker.address, round.id, block.proposal.proposer, node, this.#now);
      },
      () => harness.b52.connect(asker).demandVotes(block.record, node),
      random.chance(0.2) ? altered : undefined,
    );
  }

  async showVotes(): Promise<void> {
    const { model, random, harness } = this;
    const isDue = (demand: Demand, round: Round): boolean =>
      demand.answerer === undefined && this.#now < model.answerEnd(round);
    // Few are: one more, if there can be.
    if (!this.#openDemands().some(({ demand, round }) => isDue(demand, round))) await this.demandVotes();
    const { block, node } = this.#anyDemand(isDue);
    if (block === undefined) return;
    const answerer = harness.signer(random.pick(PROPOSERS));
    const openings = openingsFor(Math.max(1, Math.min(node, 7)));
    const [first, ...others] = openings;
    if (first === undefined) throw new Error("a merge has children");
    const tooFew = openings.slice(0, -1);
    const refusal = await outcomeOf(
      this.#at(() => harness.b52.connect(answerer).showVotes(block.record, node, tooFew)),
    );
    expect(refusal, this.#story()).not.to.equal(undefined);
    this.#count(refusal ?? "");
    const alterations: Altered[] = [
      ["WrongOpeningCount", () => harness.b52.connect(answerer).showVotes(block.record, node, tooFew)],
      [
        "WrongVote",
        () => {
          const vote = { ...first.vote, s: first.vote.s + 1n };
          return harness.b52
            .connect(answerer)
            .showVotes(block.record, node, [{ ...first, exists: true, vote }, ...others]);
        },
      ],
      [
        "WrongPreimage",
        () => harness.b52.connect(answerer).showVotes({ ...block.record, provers: 9n }, node, openings),
      ],
    ];
    await this.#both(
      "showVotes",
      `round ${block.record.round} node ${node} of ${block.proposal.proposer}`,
      () => {
        model.showVotes(answerer.address, Number(block.record.round), block.proposal.proposer, node, this.#now);
      },
      () => harness.b52.connect(answerer).showVotes(block.record, node, openings),
      random.chance(0.5) ? random.pick(alterations) : undefined,
    );
  }

  async closeDemand({ block, node } = this.#anyDemand()): Promise<void> {
    const { model, random, harness } = this;
    if (block === undefined) return;
    const round = model.rounds.get(Number(block.record.round));
    if (round !== undefined && random.chance(0.3)) this.#now = Math.max(this.#now, model.defenceEnd(round));
    await this.#both(
      "closeDemand",
      `round ${block.record.round} node ${node} of ${block.proposal.proposer}`,
      () => {
        model.closeDemand(Number(block.record.round), block.proposal.proposer, node, this.#now);
      },
      () => harness.b52.closeDemand(block.record, node),
    );
  }

  #openDemands(): { block: Block; node: number; demand: Demand; round: Round }[] {
    return [...this.#blocks.values()].flatMap((block) => {
      const round = this.model.rounds.get(Number(block.record.round));
      const demands = round?.entries.get(block.proposal.proposer)?.block?.demands ?? [];
      return round === undefined ? [] : [...demands].map(([node, demand]) => ({ block, node, demand, round }));
    });
  }

  /** Mostly one that is there, and is wanted. */
  #anyDemand(isWanted: (demand: Demand, round: Round) => boolean = () => true): {
    block: Block | undefined;
    node: number;
  } {
    const { random } = this;
    const open = this.#openDemands();
    const wanted = open.filter(({ demand, round }) => isWanted(demand, round));
    if (wanted.length > 0 && random.chance(0.8)) return random.pick(wanted);
    if (open.length > 0 && random.chance(0.5)) return random.pick(open);
    const blocks = [...this.#blocks.values()].slice(-3);
    return { block: blocks.length === 0 ? undefined : random.pick(blocks), node: random.int(8) };
  }

  // ── Tickets ────────────────────────────────────────────────────────────────────────────────────────────────────────

  async join(): Promise<void> {
    const { model, harness, random } = this;
    const ticket = random.chance(0.1) ? random.pick([0, 248, 1000]) : random.pick(TICKETS);
    const owner = harness.owner(ticket);
    const key = createFastSigner(`ticket ${ticket}`).publicKey;
    const payout = harness.payout(ticket);
    const altered: Altered = [
      "NoPayout",
      () => harness.registry.connect(owner).join(ticket, key.x, key.y, ZeroAddress),
    ];
    await this.#both(
      "join",
      `${ticket}`,
      () => {
        model.registry.join(owner.address, ticket, payout);
      },
      () => harness.registry.connect(owner).join(ticket, key.x, key.y, payout),
      random.chance(0.1) ? altered : undefined,
    );
  }

  async leaveRegistry(ticket = this.random.pick(TICKETS), caller = this.#ownerOrNot(ticket)): Promise<void> {
    const { model, harness } = this;
    await this.#both(
      "leaveRegistry",
      `${ticket}`,
      () => {
        model.registry.leaveRegistry(caller.address, ticket, this.#now);
      },
      () => harness.registry.connect(caller).leaveRegistry(ticket),
    );
  }

  #ownerOrNot(ticket: number): HardhatEthersSigner {
    return this.random.chance(0.8) ? this.harness.owner(ticket) : this.harness.signer(1);
  }

  async withdrawStake(ticket = this.#ticketToWithdraw()): Promise<void> {
    const { model, harness, random } = this;
    const leaving = model.registry.tickets.get(ticket)?.withdrawableAt;
    if (leaving !== undefined && random.chance(0.3)) {
      this.#now = Math.max(this.#now, leaving - (random.chance(0.3) ? 1 : 0));
    }
    await this.#both(
      "withdrawStake",
      `${ticket}`,
      () => {
        model.registry.withdrawStake(ticket, this.#now);
      },
      () => harness.registry.withdrawStake(ticket),
    );
  }

  #ticketToWithdraw(): number {
    const gone = TICKETS.filter((id) => this.model.registry.tickets.get(id)?.withdrawableAt !== undefined);
    return this.random.pick(gone.length > 0 && this.random.chance(0.7) ? gone : TICKETS);
  }

  // ── State ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  async #compare(): Promise<void> {
    const { harness, model } = this;
    const accounts = [
      ...PROPOSERS.map((i) => harness.address(i)),
      ...TICKETS.map((ticket) => harness.payout(ticket)),
      this.#producer,
    ];
    const observed = { accounts, proposers: accounts.slice(0, PROPOSERS.length), tickets: TICKETS };
    const expected = { ...stateOfModel(model, observed), stateRoot: this.#stateRoot };
    expect(await stateOnChain(harness, this.#views, model.height, observed), this.#story()).to.deep.equal(expected);
  }
}

/** The same hash to L1, which keeps 208 bits of it. */
const endingOtherwise = (hash: string): string => `${hash.slice(0, 54)}${"5".repeat(12)}`;

/** The same block, with other nodes delivered. */
function withWorkers(draft: Draft, random: Random): Draft {
  const { claim } = draft.content;
  const workers = Object.fromEntries(
    Object.entries(claim.promised ?? {}).map(([node, ticket]) => [node, random.chance(0.5) ? ticket : 0]),
  );
  return { ...draft, content: { ...draft.content, claim: { ...claim, workers } } };
}

/** The same block, with some nodes proven by nobody who was promised them. */
function withFillers(draft: Draft, random: Random): Draft {
  const { claim } = draft.content;
  const nodes = Object.keys(claim.promised ?? {}).map(Number);
  const filled = nodes.filter(() => random.chance(0.4)).map((node) => [node, 0] as const);
  const workers = { ...claim.workers, ...Object.fromEntries(filled) };
  return { ...draft, content: { ...draft.content, claim: { ...claim, workers } } };
}
