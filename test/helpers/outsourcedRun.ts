// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { ZeroAddress, type ContractTransactionResponse } from "ethers";

import { OutsourcedProvingModel, PLACES, SEATS } from "../model/elections/outsourcedProving.ts";
import { ConsensusModel, type Moment } from "../model/elections/parts/index.ts";
import { BatchedViews } from "./batchedViews.ts";
import { BLOCK_TIME, modelOutcomeOf, outcomeOf } from "./electionWorld.ts";
import { CLOCK, FUNDS, MAX_PENDING_LEAVES, OutsourcedHarness, seatsIn } from "./outsourcedHarness.ts";
import type { Random } from "./random.ts";

/*
 * Random calls, valid and not, to outsourced proving and to its model. Each must succeed or fail with the same error in
 * both, and agree on all state and all money.
 */

/** Places that the calls are about, and signers that make them. */
const IDS = [1, 2, 3, 4, 5, 6] as const;
const PARTIES = [1, 2, 3, 4, 5] as const;

export const PLACE_ACTIONS = ["join", "raise", "exit", "outbid", "withdrawDeposit", "withdraw", "burn"] as const;

export const DUTY_ACTIONS = ["seal", "convene", "post", "prove", "report", "postpone", "departure"] as const;

type Action = (typeof PLACE_ACTIONS)[number] | (typeof DUTY_ACTIONS)[number];

const greatest = (...values: readonly bigint[]): bigint => values.reduce((a, b) => (a > b ? a : b));

export class OutsourcedRun {
  /** How often each action succeeded, and each error occurred. */
  readonly counts = new Map<string, number>();
  readonly #h: OutsourcedHarness;
  readonly #model: OutsourcedProvingModel;
  readonly #random: Random;
  readonly #views: BatchedViews;
  /** `mixHash` of blocks. */
  readonly #randoms: Map<bigint, bigint>;
  readonly #log: string[] = [];
  #now: Moment;

  private constructor(
    h: OutsourcedHarness,
    model: OutsourcedProvingModel,
    random: Random,
    views: BatchedViews,
    randoms: Map<bigint, bigint>,
    now: Moment,
  ) {
    [this.#h, this.#model, this.#random, this.#views] = [h, model, random, views];
    [this.#randoms, this.#now] = [randoms, now];
  }

  /** @param isFull whether all places but six are taken for good */
  static async start(random: Random, isFull: boolean): Promise<OutsourcedRun> {
    const h = await OutsourcedHarness.open();
    const rules = { terms: h.terms, clock: CLOCK };
    const randoms = new Map<bigint, bigint>();
    const startsAt = { block: 0n, time: await h.consensus.timeOf(0) };
    const consensus = new ConsensusModel(
      MAX_PENDING_LEAVES,
      startsAt,
      (bound) => new OutsourcedProvingModel(rules, h.clock.genesisBlock, bound, (block) => randoms.get(block) ?? 0n),
    );
    const model = consensus.selector;
    if (!(model instanceof OutsourcedProvingModel)) throw new Error("the consensus has another selector");
    for (let i = 0; i < 8; i++) model.balances.credit(h.address(i), FUNDS);
    if (isFull) {
      const first = await h.world.next();
      const filler = await h.fill(IDS.length);
      model.balances.credit(filler, h.terms.minDeposit * BigInt(PLACES - IDS.length));
      for (let id = IDS.length + 1; id <= PLACES; id++) model.join(filler, id, h.terms.minDeposit, first);
    }
    const views = await BatchedViews.open(h.world.connection);
    const run = new OutsourcedRun(h, model, random, views, randoms, await h.world.next());
    // Small deposits, and one at the cap.
    const ids = isFull ? IDS : IDS.slice(0, 3);
    for (const id of ids) await run.#join(id, id === 1 ? h.terms.cap : h.terms.minDeposit + BigInt(id));
    return run;
  }

  /** One random call, after which everything is compared. */
  async step(): Promise<void> {
    await this.#passTime();
    await this.#do(this.#next());
    await this.#compare();
  }

  /** Freezes the rollup: nobody is late any more. */
  async freeze(): Promise<void> {
    await this.#both(
      "freeze",
      () => {
        this.#model.consensus.isFrozen = true;
      },
      () => this.#h.consensus.freeze(),
    );
  }

  /** At the end everybody leaves, and gets its deposit. Those who outbid somebody have the places then. */
  async close(): Promise<void> {
    for (const id of IDS) {
      const i = PARTIES.find((each) => this.#h.address(each) === this.#model.rollers.get(id)?.account);
      if (i === undefined || this.#model.rollers.get(id)?.withdrawableFrom !== 0n) continue;
      await this.#both(
        `exit ${id}`,
        () => {
          this.#model.exit(this.#h.address(i), id, this.#now);
        },
        () => this.#h.as(i).exit(id),
      );
    }
    const leaving = [...this.#model.rollers].filter(([, { withdrawableFrom }]) => withdrawableFrom > 0n);
    await this.#h.moveTo(greatest(0n, ...leaving.map(([, { withdrawableFrom }]) => withdrawableFrom)));
    for (const [id] of leaving) {
      await this.#both(
        `withdrawDeposit ${id}`,
        () => {
          this.#model.withdrawDeposit(id, this.#now);
        },
        () => this.#h.election.withdrawDeposit(id),
      );
    }
    await this.#compare();
  }

  #next(): Action {
    const { clock, seeds, committees, weights } = this.#model;
    const epoch = clock.epochAt(this.#now);
    if (this.#now.block === seeds.seedBlock(epoch + 1n) && this.#random.chance(0.85)) return "seal";
    if (seeds.seedOf(epoch) === 0n && this.#random.chance(0.06)) return "convene";
    const isWanted = seeds.seedOf(epoch) !== 0n && !committees.has(epoch);
    // Rarely in vain: later, or without a weight.
    const isPossible = this.#now.block < clock.freezeBlock(epoch + 1n) && weights.total(epoch) > 0n;
    if (isWanted && this.#random.chance(isPossible ? 0.6 : 0.03)) return "convene";
    if (this.#random.chance(0.06)) return this.#random.pick(["seal", "convene"]);
    if (this.#model.isFined && this.#random.chance(0.15)) return "report";
    // While the roller alone may prove, which is rare.
    const { next, consensus } = this.#model;
    const isExclusive = this.#model.dutyOf(next, this.#now).account !== undefined && !this.#model.isLate(this.#now);
    if (isExclusive && next <= consensus.sequenced && this.#random.chance(0.4)) return "prove";
    if (this.#model.rollers.size === PLACES && this.#random.chance(0.2)) return "outbid";
    if (this.#random.chance(0.4)) {
      const action = this.#random.pick([...PLACE_ACTIONS, "join", "raise"] as const);
      // In vain while places are free.
      return action === "outbid" && this.#model.rollers.size < PLACES && this.#random.chance(0.7) ? "exit" : action;
    }
    // A departure is not due for long.
    const { isDepartureDue } = consensus;
    if (this.#random.chance(isDepartureDue ? 0.3 : 0.05)) return "departure";
    if (this.#random.chance(isDepartureDue ? 0.3 : 0.03)) return "postpone";
    return this.#random.pick(["post", "post", "prove", "prove", "prove", "report", "report"]);
  }

  async #do(action: Action): Promise<void> {
    if (action === "seal") await this.#seal();
    else if (action === "convene") await this.#convene();
    else if (action === "post") await this.#post();
    else if (action === "prove") await this.#prove();
    else if (action === "report") await this.#report();
    else if (action === "postpone") await this.#postpone();
    else if (action === "departure") await this.#departure();
    else await this.#ofPlace(action);
  }

  /** Does the same to both. */
  async #both(action: string, call: () => void, send: () => Promise<ContractTransactionResponse>): Promise<void> {
    this.#now = await this.#h.world.next();
    const actual = await outcomeOf(send);
    const expected = modelOutcomeOf(call);
    this.#log.push(`${this.#now.block} ${action} → ${actual ?? "done"}`);
    expect(actual, this.#story()).to.equal(expected);
    const name = actual ?? action.split(" ")[0]!;
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  #story(): string {
    return `seed ${this.#random.seed}\n${this.#log.slice(-25).join("\n")}`;
  }

  /** Mostly not at all; else to a block at which something begins or ends, or the one before or after, or anywhere. */
  async #passTime(): Promise<void> {
    this.#now = await this.#h.world.next();
    if (!this.#random.chance(0.22)) return;
    const { block, time } = this.#now;
    const { clock, seeds } = this.#model;
    const next = clock.epochAt(this.#now) + 1n;
    const late = block + (this.#model.deadline() + BLOCK_TIME - time) / BLOCK_TIME;
    const moments = [
      ...[clock.freezeBlock(next), seeds.seedBlock(next), clock.epochStart(next)],
      ...[late, late, late + 15n],
      ...[...this.#model.rollers.values()].map(({ withdrawableFrom }) => withdrawableFrom),
    ].filter((moment) => moment > block);
    const nearest = moments.reduce((least, moment) => (moment < least ? moment : least));
    const far = this.#random.pick(moments);
    const anywhere = block + this.#random.bigint(8n);
    const target = this.#random.pick([
      nearest,
      nearest,
      nearest - 1n,
      this.#random.chance(0.3) ? far : nearest,
      anywhere,
    ]);
    if (target <= block) return;
    await this.#h.moveTo(target);
    this.#now = await this.#h.world.next();
  }

  async #join(id: number, amount: bigint): Promise<void> {
    const [election, account] = [this.#h.as(1), this.#h.address(1)];
    await this.#both(
      "join",
      () => {
        this.#model.join(account, id, amount, this.#now);
      },
      () => election.join(id, amount),
    );
  }

  // ── Places ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  async #ofPlace(action: (typeof PLACE_ACTIONS)[number]): Promise<void> {
    const id = this.#idFor(action);
    const owner = this.#model.rollers.get(id)?.account;
    const own = PARTIES.find((i) => this.#h.address(i) === owner);
    const i = own !== undefined && this.#random.chance(0.9) ? own : this.#random.pick(PARTIES);
    const [election, address, amount] = [this.#h.as(i), this.#h.address(i), this.#amount(id)];
    const model = this.#model;
    const calls = {
      join: [() => model.join(address, id, amount, this.#now), () => election.join(id, amount)],
      raise: [() => model.raise(address, id, amount, this.#now), () => election.raise(id, amount)],
      exit: [() => model.exit(address, id, this.#now), () => election.exit(id)],
      outbid: [() => model.outbid(address, id, amount, this.#now), () => election.outbid(id, amount)],
      withdrawDeposit: [() => model.withdrawDeposit(id, this.#now), () => election.withdrawDeposit(id)],
      withdraw: [() => model.balances.debit(address, amount), () => election.withdraw(amount)],
      burn: [() => void (model.toBurn = 0n), () => election.burn()],
    } as const;
    const [ofModel, send] = calls[action];
    await this.#both(`${action} ${id} ${amount} by ${i}`, ofModel, send);
  }

  /** Mostly an id for which the call can succeed. */
  #idFor(action: (typeof PLACE_ACTIONS)[number]): number {
    if (this.#random.chance(0.06)) return this.#random.pick([0, PLACES + 1]);
    const isFit = (id: number): boolean => {
      const roller = this.#model.rollers.get(id);
      if (action === "join") return roller === undefined;
      const isLeaving = (roller?.withdrawableFrom ?? 0n) > 0n;
      return action === "withdrawDeposit" ? isLeaving : roller !== undefined && !isLeaving;
    };
    const fit = IDS.filter(isFit);
    return fit.length > 0 && this.#random.chance(0.8) ? this.#random.pick(fit) : this.#random.pick(IDS);
  }

  /** Mostly an amount that is allowed. */
  #amount(id: number): bigint {
    const { minDeposit, cap } = this.#model.parameters;
    const deposit = this.#model.rollers.get(id)?.deposit ?? 0n;
    const raised = deposit + (deposit + 9n) / 10n;
    if (this.#random.chance(0.1)) return this.#random.pick([0n, minDeposit - 1n, 10n * FUNDS]);
    if (deposit > 0n && this.#random.chance(0.2)) return raised - 1n;
    return this.#random.pick([minDeposit, greatest(raised, 1n), minDeposit + this.#random.bigint(2n * cap)]);
  }

  // ── Duties ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  async #seal(): Promise<void> {
    const random = this.#random.bigint(1n << 256n);
    await this.#h.world.connection.networkHelpers.setPrevRandao(random);
    this.#randoms.set((await this.#h.world.next()).block, random);
    await this.#both(
      "seal",
      () => {
        this.#model.seeds.seal(this.#now);
      },
      () => this.#h.election.seal(),
    );
  }

  async #convene(): Promise<void> {
    await this.#both(
      "convene",
      () => {
        this.#model.convene(this.#now);
      },
      () => this.#h.election.convene(),
    );
  }

  async #post(): Promise<void> {
    const { consensus } = this.#model;
    const leaves = Array.from({ length: 1 + this.#random.int(4) }, () => 1n);
    if (consensus.pendingLeaves > 40n) return this.#prove();
    await this.#both(
      `post ${leaves.length}`,
      () => {
        consensus.post(this.#h.address(0), leaves, this.#now);
      },
      () => this.#h.consensus.post(this.#h.address(0), leaves),
    );
  }

  /** Mostly by the roller whose turn it is, and up to the end of its term. */
  async #prove(): Promise<void> {
    const { consensus, next } = this.#model;
    const { rangeBatches } = this.#model.parameters;
    const duty = this.#model.dutyOf(next, this.#now).account;
    const own = PARTIES.find((i) => this.#h.address(i) === duty);
    const i = own !== undefined && this.#random.chance(0.6) ? own : this.#random.pick([0, ...PARTIES]);
    const rest = rangeBatches - ((next - 1n) % rangeBatches);
    const far = 1n + this.#random.bigint(this.#random.chance(0.05) ? 60n : 20n);
    const count = this.#random.pick([1n, rest, rest, rest + 1n, far]);
    await this.#both(
      `prove ${count} by ${i}`,
      () => {
        consensus.prove(this.#h.address(i), count, this.#now);
      },
      () => this.#h.consensus.prove(this.#h.address(i), count),
    );
  }

  async #report(): Promise<void> {
    const i = this.#random.pick([0, ...PARTIES]);
    await this.#both(
      `report by ${i}`,
      () => {
        this.#model.report(this.#h.address(i), this.#now);
      },
      () => this.#h.as(i).report(),
    );
  }

  async #postpone(): Promise<void> {
    await this.#both(
      "postpone",
      () => {
        this.#model.postpone(this.#now);
      },
      () => this.#h.election.postpone(),
    );
  }

  /** Makes a departure due, or lets it happen. */
  async #departure(): Promise<void> {
    const isDue = !this.#model.consensus.isDepartureDue;
    await this.#both(
      "departure",
      () => {
        this.#model.consensus.isDepartureDue = isDue;
      },
      () => this.#h.consensus.setDepartureDue(isDue),
    );
  }

  // ── State ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  async #compare(): Promise<void> {
    const latest = await this.#h.world.now();
    await Promise.all([this.#comparePlaces(latest), this.#compareDuties(latest), this.#compareMoney()]);
  }

  async #comparePlaces(latest: Moment): Promise<void> {
    const { election } = this.#h;
    const open = this.#model.openSet(latest);
    const places = IDS.map(async (id) => {
      const roller = await this.#views.read(election, "rollerOf", id);
      const expected = this.#model.rollers.get(id);
      expect([...roller], `place ${id}, ${this.#story()}`).to.deep.equal([
        expected?.account ?? ZeroAddress,
        expected?.deposit ?? 0n,
        expected?.withdrawableFrom ?? 0n,
        expected?.reputation ?? 0n,
        expected?.misses ?? 0n,
      ]);
      const heir = await this.#views.read(election, "heirOf", id);
      const waiting = this.#model.heirs.get(id);
      expect([...heir], this.#story()).to.deep.equal([waiting?.account ?? ZeroAddress, waiting?.deposit ?? 0n]);
      for (const set of [open - 1n, open]) {
        const weight = await this.#views.read(election, "weightOf", id, set);
        expect(weight, `weight of ${id} in ${set}, ${this.#story()}`).to.equal(this.#model.weights.weightOf(id, set));
      }
    });
    await Promise.all(places);
    expect(await this.#views.read(election, "rollers"), this.#story()).to.equal(BigInt(this.#model.rollers.size));
  }

  async #compareDuties(latest: Moment): Promise<void> {
    const { election } = this.#h;
    const model = this.#model;
    const current = model.clock.epochAt(latest);
    const committees = [current, current - 1n]
      .filter((epoch) => epoch > 0n)
      .map(async (epoch) => {
        const committee = await this.#views.read(election, "committeeOf", epoch);
        const expected = model.committees.get(epoch);
        const nobody = Array.from({ length: SEATS }, () => 0);
        expect(
          [committee.epoch, committee.firstBatch, seatsIn(committee.seats)],
          `committee of ${epoch}, ${this.#story()}`,
        ).to.deep.equal([expected === undefined ? 0n : epoch, expected?.firstBatch ?? 0n, expected?.seats ?? nobody]);
      });
    const { next } = model;
    const terms = [next, next + 1n, next + 3n].map(async (batch) => {
      const { epoch, id, account } = await this.#views.read(election, "termOf", batch);
      const expected = model.dutyOf(batch, latest);
      expect([epoch, id, account], `batch ${batch}, ${this.#story()}`).to.deep.equal([
        expected.epoch,
        BigInt(expected.id),
        expected.account ?? ZeroAddress,
      ]);
    });
    const allowed = [0, ...PARTIES].map(async (i) => {
      const account = this.#h.address(i);
      const isAllowed = await this.#views.read(election, "isAllowed", account, 1, next);
      const call = { account, role: "aggregator", first: next, last: next, leaves: 0n } as const;
      expect(isAllowed, this.#story()).to.equal(model.decide(call, latest));
    });
    await Promise.all([...committees, ...terms, ...allowed]);
    if (model.consensus.verified === 0n) return;
    const due = await this.#views.read(election, "due");
    expect([...due], this.#story()).to.deep.equal([next, model.since, model.epoch, model.isFined, model.isPartial]);
  }

  async #compareMoney(): Promise<void> {
    const { election, world } = this.#h;
    const accounts = [0, ...PARTIES].map(async (i) => {
      const balance = await this.#views.read(election, "balances", this.#h.address(i));
      expect(balance, this.#story()).to.equal(this.#model.balances.of(this.#h.address(i)));
    });
    await Promise.all(accounts);
    const [, toBurn] = await this.#views.read(election, "undivided");
    expect(toBurn, this.#story()).to.equal(this.#model.toBurn);
    const held = await this.#views.read(world.token, "balanceOf", election.target as string);
    expect(held, this.#story()).to.equal(this.#model.owed());
  }
}
