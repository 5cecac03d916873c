// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { ZeroAddress, type ContractTransactionResponse } from "ethers";

import { minedTransaction as mined } from "../../src/chain/index.ts";
import { AuthorityModel, QUEUE_PLACES, type Operation } from "../model/elections/authority.ts";
import { ConsensusModel, type Moment } from "../model/elections/parts/index.ts";
import {
  AuthorityHarness,
  COUNCIL,
  encodedOperation,
  ESCAPE_DELAY,
  FUNDS,
  MAX_PENDING_LEAVES,
  PARTIES,
  SLOTS,
} from "./authorityHarness.ts";
import { BatchedViews } from "./batchedViews.ts";
import { BLOCK_TIME, modelOutcomeOf, outcomeOf } from "./electionWorld.ts";
import type { Random } from "./random.ts";

/*
 * Random calls, valid and not, to an authority and to its model. Each must succeed or fail with the same error in both,
 * and agree on all state and all money.
 */

const ACCOUNTS = [1, 2, 3, 4, 5] as const;
const COUNCILS = [COUNCIL, 8] as const;
const SUPPLY = 10n ** 27n;

export const ACTIONS = ["takeSeat", "resign", "returnBond", "queue", "cancel", "execute", "post", "prove"] as const;
type Action = (typeof ACTIONS)[number];

export class AuthorityRun {
  /** How often each action succeeded, and each error occurred. */
  readonly counts = new Map<string, number>();
  readonly #h: AuthorityHarness;
  readonly #model: AuthorityModel;
  readonly #random: Random;
  readonly #views: BatchedViews;
  /** Operations of each place, the last one last: also those that are gone. */
  readonly #shown = new Map<number, Operation>();
  readonly #log: string[] = [];
  #now: Moment;

  private constructor(h: AuthorityHarness, model: AuthorityModel, random: Random, views: BatchedViews, now: Moment) {
    [this.#h, this.#model, this.#random, this.#views, this.#now] = [h, model, random, views, now];
  }

  static async start(random: Random): Promise<AuthorityRun> {
    const h = await AuthorityHarness.open();
    const setup = {
      escapeDelay: ESCAPE_DELAY,
      council: h.address(COUNCIL),
      parties: PARTIES.map((i) => h.address(i)),
    };
    const startsAt = { block: 0n, time: await h.consensus.timeOf(0) };
    const consensus = new ConsensusModel(
      MAX_PENDING_LEAVES,
      startsAt,
      (bound) => new AuthorityModel(SLOTS, h.terms, setup, h.clock.genesisBlock, bound),
    );
    const model = consensus.selector;
    if (!(model instanceof AuthorityModel)) throw new Error("the consensus has another selector");
    for (let i = 0; i < 10; i++) model.balances.credit(h.address(i), FUNDS);
    // An account that cannot pay a bond.
    await mined(h.as(5).withdraw(FUNDS - 900n));
    model.balances.debit(h.address(5), FUNDS - 900n);
    const views = await BatchedViews.open(h.world.connection);
    return new AuthorityRun(h, model, random, views, await h.world.next());
  }

  /** One random call, after which everything is compared. */
  async step(): Promise<void> {
    await this.#passTime();
    const weighted: Action[] = [...ACTIONS, "takeSeat", "takeSeat", "queue", "execute", "execute", "post", "post"];
    await this[this.#random.pick(weighted)]();
    await this.#compare();
  }

  /** Does the same to both. */
  async #both(action: string, call: () => void, send: () => Promise<ContractTransactionResponse>): Promise<boolean> {
    this.#now = await this.#h.world.next();
    const actual = await outcomeOf(send);
    const expected = modelOutcomeOf(call);
    this.#log.push(`${this.#now.block} ${action} → ${actual ?? "done"}`);
    expect(actual, this.#story()).to.equal(expected);
    const name = actual ?? action.split(" ")[0]!;
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    return actual === undefined;
  }

  #story(): string {
    return `seed ${this.#random.seed}\n${this.#log.slice(-25).join("\n")}`;
  }

  /** Mostly not at all; else to a block at which something begins or ends, or the one before or after, or anywhere. */
  async #passTime(): Promise<void> {
    this.#now = await this.#h.world.next();
    if (!this.#random.chance(0.3)) return;
    const { block, time } = this.#now;
    const { clock, queue, bonds } = this.#model;
    const at = (target: bigint): bigint => block + (target - time + BLOCK_TIME - 1n) / BLOCK_TIME;
    const slot = clock.slotAt(this.#now);
    const near = [
      clock.slotStart(slot + 1n),
      clock.slotStart(slot) + SLOTS.silenceBlocks,
      clock.epochStart(clock.epochAt(this.#now) + 1n),
    ];
    const far = [
      ...[...queue.values()].flatMap(({ readyAt }) => [at(readyAt), at(readyAt + this.#h.terms.lifetime)]),
      ...[...bonds.values()].map(({ freeFrom }) => freeFrom),
    ].filter((moment) => moment > block + 1n);
    const moments = far.length > 0 && this.#random.chance(0.15) ? far : near;
    const target = this.#random.pick(moments) + this.#random.pick([0n, 0n, 1n, -1n]);
    if (target <= block) return;
    await this.#h.moveTo(target);
    this.#now = await this.#h.world.next();
  }

  // ── Parties ────────────────────────────────────────────────────────────────────────────────────────────────────────

  async takeSeat(): Promise<void> {
    const seat = this.#random.int(Number(this.#h.terms.seats) + 1);
    const named = ACCOUNTS.find((i) => this.#h.address(i) === this.#model.named[seat]);
    const i = named !== undefined && this.#random.chance(0.85) ? named : this.#random.pick(ACCOUNTS);
    await this.#both(
      `takeSeat ${seat} by ${i}`,
      () => {
        this.#model.takeSeat(this.#h.address(i), seat, this.#now);
      },
      () => this.#h.as(i).takeSeat(seat),
    );
  }

  async resign(): Promise<void> {
    const i = this.#random.pick(ACCOUNTS);
    await this.#both(
      `resign by ${i}`,
      () => {
        this.#model.resign(this.#h.address(i), this.#now);
      },
      () => this.#h.as(i).resign(),
    );
  }

  async returnBond(): Promise<void> {
    const leaving = ACCOUNTS.filter((i) => this.#model.bonds.get(this.#h.address(i))?.freeFrom);
    const i = leaving.length > 0 && this.#random.chance(0.8) ? this.#random.pick(leaving) : this.#random.pick(ACCOUNTS);
    await this.#both(
      `returnBond ${i}`,
      () => {
        this.#model.returnBond(this.#h.address(i), this.#now);
      },
      () => this.#h.election.returnBond(this.#h.address(i)),
    );
  }

  // ── The council ────────────────────────────────────────────────────────────────────────────────────────────────────

  #operation(): Operation {
    const account = this.#h.address(this.#random.pick(ACCOUNTS));
    if (this.#random.chance(0.55)) {
      const named = this.#random.chance(0.9) ? account : undefined;
      return { kind: "Replace", seat: this.#random.int(Number(this.#h.terms.seats)), account: named };
    }
    if (this.#random.chance(0.85)) return { kind: "Slash", account, amount: 1n + this.#random.bigint(900n) };
    return { kind: "HandOver", account: this.#h.address(this.#random.pick(COUNCILS)) };
  }

  /** Mostly the council. */
  #councilOrAnyone(): number {
    const council = COUNCILS.find((i) => this.#h.address(i) === this.#model.council);
    return council !== undefined && this.#random.chance(0.9) ? council : this.#random.pick([1, ...COUNCILS]);
  }

  /** Mostly one of four places, so that places are used again. */
  #place(): number {
    return this.#random.chance(0.95) ? this.#random.int(4) : QUEUE_PLACES;
  }

  async queue(): Promise<void> {
    const [i, place, operation] = [this.#councilOrAnyone(), this.#place(), this.#operation()];
    const done = await this.#both(
      `queue ${place} ${operation.kind} by ${i}`,
      () => {
        this.#model.enqueue(this.#h.address(i), place, operation, this.#now);
      },
      () => this.#h.as(i).queue(place, encodedOperation(operation)),
    );
    if (done) this.#shown.set(place, operation);
  }

  async cancel(): Promise<void> {
    const [i, place] = [this.#councilOrAnyone(), this.#place()];
    await this.#both(
      `cancel ${place} by ${i}`,
      () => {
        this.#model.cancel(this.#h.address(i), place);
      },
      () => this.#h.as(i).cancel(place),
    );
  }

  async execute(): Promise<void> {
    const ready = [...this.#model.queue].filter(([, { readyAt }]) => readyAt <= this.#now.time).map(([place]) => place);
    const place = ready.length > 0 && this.#random.chance(0.8) ? this.#random.pick(ready) : this.#place();
    const shown = this.#shown.get(place);
    const isTrue = shown !== undefined && this.#random.chance(0.9);
    const operation = isTrue ? shown : this.#operation();
    await this.#both(
      `execute ${place} ${operation.kind}`,
      () => {
        this.#model.execute(place, isTrue ? operation : undefined, this.#now);
      },
      () => this.#h.as(0).execute(place, encodedOperation(operation)),
    );
  }

  // ── Batches ────────────────────────────────────────────────────────────────────────────────────────────────────────

  async post(): Promise<void> {
    const holder = this.#model.holderOf(this.#model.clock.slotAt(this.#now));
    const others = ACCOUNTS.map((i) => this.#h.address(i));
    const account = this.#random.pick([holder ?? others[0]!, holder ?? others[0]!, ...others]);
    const leaves = [1n + this.#random.bigint(3n)];
    await this.#both(
      `post ${leaves.join()} by ${account}`,
      () => {
        this.#model.consensus.post(account, leaves, this.#now);
      },
      () => this.#h.consensus.post(account, leaves),
    );
  }

  async prove(): Promise<void> {
    const count = 1n + this.#random.bigint(4n);
    await this.#both(
      `prove ${count}`,
      () => {
        this.#model.consensus.prove(this.#h.address(0), count, this.#now);
      },
      () => this.#h.consensus.prove(this.#h.address(0), count),
    );
  }

  // ── State ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  async #compare(): Promise<void> {
    const { election, world } = this.#h;
    const model = this.#model;
    const latest = await world.now();
    const [slot, epoch] = [model.clock.slotAt(latest), model.clock.epochAt(latest)];
    const seats = Array.from({ length: Number(this.#h.terms.seats) }, async (_, seat) => {
      const { holder, from, next, named } = await this.#views.read(election, "seatOf", seat);
      expect([from <= epoch ? next : holder, next, named], this.#story()).to.deep.equal([
        model.partyOf(seat, epoch) ?? ZeroAddress,
        model.partyOf(seat, epoch + 1n) ?? ZeroAddress,
        model.named[seat] ?? ZeroAddress,
      ]);
    });
    const bonds = ACCOUNTS.map(async (i) => {
      const bond = await this.#views.read(election, "bondOf", this.#h.address(i));
      const expected = model.bonds.get(this.#h.address(i));
      expect([...bond], this.#story()).to.deep.equal([
        expected?.amount ?? 0n,
        expected?.seat === undefined ? 0n : BigInt(expected.seat) + 1n,
        expected?.freeFrom ?? 0n,
      ]);
      const balance = await this.#views.read(election, "balances", this.#h.address(i));
      expect(balance, this.#story()).to.equal(model.balances.of(this.#h.address(i)));
    });
    const places = [0, 1, 2, 3].map(async (place) => {
      const [, readyAt] = await this.#views.read(election, "queued", place);
      expect(readyAt, this.#story()).to.equal(model.queue.get(place)?.readyAt ?? 0n);
    });
    const holders = [slot, slot + SLOTS.clock.epochSlots].map(async (each) => {
      const holder = await this.#views.read(election, "holderOf", each);
      expect(holder, this.#story()).to.equal(model.holderOf(each) ?? ZeroAddress);
    });
    const { sequenced } = model.consensus;
    const allowed = ACCOUNTS.map(async (i) => {
      const account = this.#h.address(i);
      const isAllowed = await this.#views.read(election, "isAllowed", account, 0, sequenced + 1n);
      const first = sequenced + 1n;
      const call = { account, role: "sequencer", first, last: first, leaves: 1n } as const;
      expect(isAllowed, this.#story()).to.equal(model.decide(call, latest));
    });
    await Promise.all([...seats, ...bonds, ...places, ...holders, ...allowed]);
    expect(await this.#views.read(election, "council"), this.#story()).to.equal(model.council);
    const held = await this.#views.read(world.token, "balanceOf", election.target as string);
    expect(held, this.#story()).to.equal(model.owed());
    expect(SUPPLY - (await this.#views.read(world.token, "totalSupply")), this.#story()).to.equal(model.burned);
  }
}
