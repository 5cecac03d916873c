// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { toBeHex, ZeroAddress, zeroPadBytes, type ContractTransactionResponse } from "ethers";

import { minedTransaction as mined } from "../../src/chain/index.ts";
import { ConsensusModel, type Moment } from "../model/elections/parts/index.ts";
import { KEPT_SLOTS, RandomPriorityModel } from "../model/elections/randomPriority.ts";
import { BatchedViews } from "./batchedViews.ts";
import { modelOutcomeOf, outcomeOf } from "./electionWorld.ts";
import { Chain, FUNDS, GAS, PriorityWorld, scoreOf } from "./priorityWorld.ts";
import type { Random } from "./random.ts";

/*
 * Random calls, valid and not, to RandomPriority and to its model. Each must succeed or fail with the same error in both,
 * and agree on all state.
 */

/** An epoch is as short as can be. */
const CLOCK = { slotBlocks: 8, epochSlots: 48 } as const;
/** Fines that leave a rest, and that do not. */
const TERMS = { ticket: 1_001n, fine: 499n, claimBlocks: 3n, opensAfter: 288n } as const;
const BLOCK_TIME = 12n;
const MEMBERS = [1, 2, 3, 4];
/** The last one is never a member. */
const PARTIES = [...MEMBERS, 5];

export const ACTIONS = [
  ...(["join", "claim", "report", "leaveElection", "release", "seal", "post", "prove"] as const),
  ...(["deposit", "withdraw"] as const),
];
type Action = (typeof ACTIONS)[number];

/** A key as the test knows it. */
interface Key {
  readonly chain: Chain;
  readonly firstSlot: bigint;
}

export class PriorityRun {
  /** How often each action succeeded, and each error occurred. */
  readonly counts = new Map<string, number>();
  readonly #w: PriorityWorld;
  readonly #model: RandomPriorityModel;
  readonly #random: Random;
  readonly #views: BatchedViews;
  readonly #randoms: Map<bigint, bigint>;
  readonly #keys = new Map<number, Key>();
  readonly #log: string[] = [];
  #now: Moment;

  private constructor(
    w: PriorityWorld,
    model: RandomPriorityModel,
    random: Random,
    views: BatchedViews,
    now: Moment,
    randoms: Map<bigint, bigint>,
  ) {
    [this.#w, this.#model, this.#random, this.#views, this.#now] = [w, model, random, views, now];
    this.#randoms = randoms;
  }

  static async start(random: Random): Promise<PriorityRun> {
    const terms = { ...TERMS, claimBlocks: Number(TERMS.claimBlocks), opensAfter: Number(TERMS.opensAfter) };
    const w = await PriorityWorld.open({ clock: CLOCK, terms }, PARTIES.length);
    const randoms = new Map<bigint, bigint>();
    const surroundings = {
      genesisBlock: BigInt(w.genesis),
      randomOf: (block: bigint): bigint => randoms.get(block) ?? 0n,
    };
    const clock = { slotBlocks: BigInt(CLOCK.slotBlocks), epochSlots: BigInt(CLOCK.epochSlots) };
    const startsAt = { block: 0n, time: await w.world.consensus.timeOf(0) };
    const consensus = new ConsensusModel(
      await w.world.consensus.MAX_PENDING_LEAVES(),
      startsAt,
      (bound) => new RandomPriorityModel(clock, TERMS, { ...surroundings, consensus: bound }),
    );
    const model = consensus.selector;
    for (const i of PARTIES) model.balances.credit(w.address(i), FUNDS);
    const views = await BatchedViews.open(w.world.connection);
    const run = new PriorityRun(w, model, random, views, await w.world.next(), randoms);
    await run.#begin();
    return run;
  }

  /** Members join, and two epochs pass: then there is something to claim. */
  async #begin(): Promise<void> {
    while (this.#keys.size < MEMBERS.length) await this.join();
    for (const epoch of [1n, 2n]) {
      await this.#w.world.mineBefore(this.#model.seeds.seedBlock(epoch));
      this.#now = await this.#w.world.next();
      await this.seal();
    }
    await this.#w.world.mineBefore(this.#model.clock.epochStart(2n) - 6n);
  }

  async step(): Promise<void> {
    await this.#passTime();
    const often = ["claim", "claim", "claim", "claim", "post", "prove", "report", "report", "report", "join"] as const;
    const epoch = this.#model.clock.epochAt(this.#now) + 1n;
    const isSeedBlock = this.#now.block === this.#model.seeds.seedBlock(epoch);
    const { clock, claims } = this.#model;
    const next = clock.slotAt(this.#now) + 1n;
    // A second claim of a slot.
    const isContested = claims.has(next) && this.#random.chance(0.5);
    const isProof = claims.has(next - 1n) && this.#random.chance(0.25);
    const any = isContested ? "claim" : isProof ? "prove" : this.#random.pick([...ACTIONS, ...often]);
    const action: Action = isSeedBlock && this.#random.chance(0.7) ? "seal" : any;
    await this[action]();
    await this.#compare();
  }

  async freeze(): Promise<void> {
    await mined(this.#w.world.consensus.freeze());
    this.#model.consensus.isFrozen = true;
  }

  /** Everybody leaves and takes out everything. */
  async close(): Promise<void> {
    for (const i of MEMBERS) await this.leaveElection(i);
    await this.#w.moveTo(Number(this.#model.clock.slotAt(this.#now)) + 20);
    for (const i of MEMBERS) await this.release(i);
    for (const i of PARTIES) await this.withdraw(i, this.#model.balances.of(this.#w.address(i)));
    await this.#compare();
    expect(await this.#w.world.token.balanceOf(this.#w.election), this.#story()).to.equal(0n);
  }

  // ─── Time ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Mostly not at all; else to a block at which something begins or ends, or the one before or after, or anywhere. */
  async #passTime(): Promise<void> {
    this.#now = await this.#w.world.next();
    if (!this.#random.chance(0.33)) return;
    const { clock, consensus, seeds, members } = this.#model;
    const { block, time } = this.#now;
    const next = clock.slotStart(clock.slotAt(this.#now) + 1n);
    const opensAt = consensus.opensAt("aggregator");
    const moments = [
      ...[next - TERMS.claimBlocks, next, ...(opensAt === undefined ? [] : [block + (opensAt - time) / BLOCK_TIME])],
      ...[...members.values()].map(({ releasedFrom = 0n }) => clock.slotStart(releasedFrom)),
    ].filter((moment) => moment > block);
    const nearest = moments.reduce((least, moment) => (moment < least ? moment : least));
    const picked = this.#random.pick([nearest, nearest, nearest - 1n, nearest + 1n, this.#random.pick(moments)]);
    const seedBlock = seeds.seedBlock(clock.epochAt(this.#now) + 1n);
    const passesSeed = block < seedBlock && picked > seedBlock;
    const target = passesSeed && this.#random.chance(0.9) ? seedBlock : picked;
    if (target <= block) return;
    await this.#w.world.mineBefore(target);
    this.#now = await this.#w.world.next();
  }

  // ─── Both ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  async #both(action: string, call: () => void, send: () => Promise<ContractTransactionResponse>): Promise<boolean> {
    this.#now = await this.#w.world.next();
    const actual = await outcomeOf(send);
    const expected = modelOutcomeOf(call);
    this.#log.push(`${this.#now.block} ${action} → ${actual ?? "done"}`);
    expect(actual, this.#story()).to.equal(expected);
    const outcome = actual ?? action.split(" ")[0]!;
    this.counts.set(outcome, (this.counts.get(outcome) ?? 0) + 1);
    return actual === undefined;
  }

  #story(): string {
    return `seed ${this.#random.seed}\n${this.#log.slice(-30).join("\n")}`;
  }

  // ─── Members ───────────────────────────────────────────────────────────────────────────────────────────────────────

  async join(): Promise<void> {
    const i = this.#random.pick(MEMBERS);
    const tickets = this.#random.pick([0n, 1n, 1n, 2n, 3n, 5n]);
    const chain = new Chain(`${this.#random.seed}/${this.#log.length}`);
    const hasAnchor = !this.#random.chance(0.1);
    const firstSlot = this.#model.firstSlotFor(this.#now);
    const done = await this.#both(
      `join ${i} ${tickets}`,
      () => {
        this.#model.join(this.#w.address(i), tickets, hasAnchor, this.#now);
      },
      () => this.#w.as(i).join(hasAnchor ? chain.anchor : zeroPadBytes("0x", 25), tickets, GAS),
    );
    if (done) this.#keys.set(i, { chain, firstSlot });
  }

  /** At times somebody who can claim a slot that another one has claimed. */
  #claimer(): number {
    const { claims, clock, members } = this.#model;
    const next = clock.slotAt(this.#now) + 1n;
    const holder = claims.get(next)?.holder;
    const rivals = MEMBERS.filter((i) => {
      const { tickets = 0n, slot = next } = members.get(this.#w.address(i)) ?? {};
      return this.#w.address(i) !== holder && tickets > 0n && slot < next;
    });
    const isContested = holder !== undefined && rivals.length > 0 && this.#random.chance(0.8);
    return this.#random.pick(isContested ? rivals : MEMBERS);
  }

  async claim(): Promise<void> {
    const i = this.#claimer();
    const account = this.#w.address(i);
    const next = this.#model.clock.slotAt(this.#now) + 1n;
    const slot = this.#random.chance(0.95) ? next : next + this.#random.pick([-1n, 1n]);
    const tickets = this.#model.members.get(account)?.tickets ?? 0n;
    const { chain, firstSlot } = this.#keys.get(i) ?? { chain: new Chain(this.#random.seed, 2), firstSlot: slot };
    const number = slot < firstSlot ? 0 : Number(slot - firstSlot) + 1;
    const isRight = !this.#random.chance(0.08);
    // Another link of the chain, or one of no chain.
    const wrong = this.#random.chance(0.5) ? chain.link(number + 1) : new Chain("another", 1).link(0);
    const link = isRight ? chain.link(number) : wrong;
    const ticket = this.#random.chance(0.95) && tickets > 0n ? this.#random.bigint(tickets) : tickets;
    const seed = toBeHex(this.#model.seeds.seedOf(this.#model.clock.epochOf(slot)), 27);
    const score = scoreOf(account, Number(slot), Number(ticket), link, seed);
    await this.#both(
      `claim ${i} ${slot} ${ticket}`,
      () => {
        this.#model.claim(account, slot, ticket, { isRight, score }, this.#now);
      },
      () => this.#w.as(i).claim(slot, ticket, link, GAS),
    );
  }

  async report(): Promise<void> {
    const current = this.#model.clock.slotAt(this.#now);
    const wantsSettled = this.#random.chance(0.2);
    const over = [...this.#model.claims].filter(
      ([slot, { isSettled }]) => slot < current && isSettled === wantsSettled,
    );
    const back = this.#random.bigint(KEPT_SLOTS + 2n);
    const near = current > back ? current - back : 0n;
    const slot = this.#random.chance(0.7) ? (over.at(-1)?.[0] ?? near) : near;
    const reporter = this.#random.pick(PARTIES);
    await this.#both(
      `report ${slot}`,
      () => {
        this.#model.report(this.#w.address(reporter), slot, this.#now);
      },
      () => this.#w.as(reporter).report(slot, GAS),
    );
  }

  async leaveElection(i?: number): Promise<void> {
    // Rarely, or there would be few claims.
    if (i === undefined && this.#random.chance(0.6)) return this.claim();
    const member = i ?? this.#random.pick(MEMBERS);
    await this.#both(
      `leaveElection ${member}`,
      () => {
        this.#model.leave(this.#w.address(member), this.#now);
      },
      () => this.#w.as(member).leaveElection(GAS),
    );
  }

  async release(i = this.#random.pick(MEMBERS)): Promise<void> {
    await this.#both(
      `release ${i}`,
      () => {
        this.#model.release(this.#w.address(i), this.#now);
      },
      () => this.#w.as(i).release(GAS),
    );
  }

  // ─── Seeds and batches ─────────────────────────────────────────────────────────────────────────────────────────────

  async seal(): Promise<void> {
    const random = this.#random.bigint(1n << 256n);
    await this.#w.world.connection.networkHelpers.setPrevRandao(random);
    this.#randoms.set(this.#now.block, random);
    await this.#both(
      "seal",
      () => {
        this.#model.seeds.seal(this.#now);
      },
      () => this.#w.election.seal(GAS),
    );
  }

  async post(): Promise<void> {
    const batches = Array<bigint>(1 + this.#random.int(2)).fill(1n);
    const account = this.#w.address(this.#random.pick(PARTIES));
    await this.#both(
      `post ${batches.length}`,
      () => {
        this.#model.consensus.post(account, batches, this.#now);
      },
      () => this.#w.world.consensus.post(account, batches, GAS),
    );
  }

  async prove(): Promise<void> {
    const { consensus, claims, clock } = this.#model;
    const holder = claims.get(clock.slotAt(this.#now))?.holder;
    const any = this.#w.address(this.#random.pick(PARTIES));
    const account = this.#random.chance(0.5) ? (holder ?? any) : any;
    const waiting = consensus.sequenced - consensus.verified;
    const wanted = this.#random.chance(0.9) ? waiting - this.#random.bigint(3n) : waiting + 1n;
    const count = wanted > 0n ? wanted : 1n;
    await this.#both(
      `prove ${count}`,
      () => {
        consensus.prove(account, count, this.#now);
      },
      () => this.#w.world.consensus.prove(account, count, GAS),
    );
  }

  // ─── Money ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  async deposit(): Promise<void> {
    const [i, amount] = [this.#random.pick(PARTIES), this.#random.bigint(6_000n)];
    await this.#both(
      `deposit ${i}`,
      () => {
        this.#model.balances.credit(this.#w.address(i), amount);
      },
      () => this.#w.as(i).deposit(amount, GAS),
    );
  }

  async withdraw(i = this.#random.pick(PARTIES), given?: bigint): Promise<void> {
    const balance = this.#model.balances.of(this.#w.address(i));
    // All, or one more, at times: then a deposit fails for lack of a balance.
    const amount = this.#random.chance(0.9) ? this.#random.bigint(1_000n) : balance + this.#random.bigint(2n);
    await this.#both(
      `withdraw ${i}`,
      () => {
        this.#model.balances.debit(this.#w.address(i), given ?? amount);
      },
      () => this.#w.as(i).withdraw(given ?? amount, GAS),
    );
  }

  // ─── State ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  async #compare(): Promise<void> {
    const latest = await this.#w.world.now();
    const { token } = this.#w.world;
    const held = this.#views.read(token, "balanceOf", this.#w.election.target as string);
    const current = this.#model.clock.slotAt(latest);
    const slots = [current - 2n, current - 1n, current, current + 1n].filter((slot) => slot >= 0n);
    await Promise.all([
      ...PARTIES.map((i) => this.#compareParty(this.#w.address(i), latest)),
      ...slots.map((slot) => this.#compareClaim(slot)),
    ]);
    expect(await held, this.#story()).to.equal(this.#model.owed());
  }

  async #compareParty(account: string, latest: Moment): Promise<void> {
    const { election } = this.#w;
    const [balance, key, deposit, isAllowed] = await Promise.all([
      this.#views.read(election, "balances", account),
      this.#views.read(election, "keyOf", account),
      this.#views.read(election, "depositOf", account),
      this.#views.read(election, "isAllowed", account, 1, 0),
    ]);
    const { deposit: amount = 0n, releasedFrom = 0n, tickets = 0n, slot = 0n } = this.#model.members.get(account) ?? {};
    expect(balance, this.#story()).to.equal(this.#model.balances.of(account));
    expect([deposit.amount, deposit.releasedFrom], this.#story()).to.deep.equal([amount, releasedFrom]);
    expect([key.tickets, key.slot], this.#story()).to.deep.equal([tickets, slot]);
    const call = { account, role: "aggregator", first: 1n, last: 1n, leaves: 0n } as const;
    expect(isAllowed, this.#story()).to.equal(this.#model.decide(call, latest));
  }

  async #compareClaim(slot: bigint): Promise<void> {
    const { holder, isSettled, score } = await this.#views.read(this.#w.election, "claimOf", slot);
    const expected = this.#model.claims.get(slot);
    expect([holder, isSettled, Number(score)], `slot ${slot}, ${this.#story()}`).to.deep.equal([
      expected?.holder ?? ZeroAddress,
      expected?.isSettled ?? false,
      expected?.score ?? 0,
    ]);
  }
}
