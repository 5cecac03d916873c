// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { ZeroAddress, type ContractTransactionResponse } from "ethers";

import { OutsourcedProvingModel, PLACES, SEATS, type Moment } from "../model/elections/outsourcedProving.ts";
import { BatchedViews } from "./batchedViews.ts";
import { mixHashOf, OutsourcedHarness, seatsIn } from "./outsourcedHarness.ts";
import { modelOutcomeOf, outcomeOf } from "./outcomes.ts";
import type { Random } from "./random.ts";

/*
 * Random calls, valid and not, to outsourced proving and to its model. Each must succeed or fail with the same error in
 * both, and agree on all state and all money.
 */

/** Places that the calls are about, and signers that make them. */
const IDS = [1, 2, 3, 4, 5, 6] as const;
const PARTIES = [1, 2, 3, 4, 5] as const;

export const PLACE_ACTIONS = ["join", "raise", "exit", "outbid", "withdrawDeposit", "withdraw", "burn"] as const;

export const DUTY_ACTIONS = ["seal", "convene", "post", "prove", "report"] as const;

type Action = (typeof PLACE_ACTIONS)[number] | (typeof DUTY_ACTIONS)[number];

const SHARES = { aggregators: 3_000n, fund: 2_500n, poolBatches: 7n };

export class OutsourcedRun {
  /** How often each action succeeded, and each error occurred. */
  readonly counts = new Map<string, number>();
  readonly #h: OutsourcedHarness;
  readonly #model: OutsourcedProvingModel;
  readonly #random: Random;
  readonly #views: BatchedViews;
  readonly #log: string[] = [];
  #now: Moment;

  private constructor(
    h: OutsourcedHarness,
    model: OutsourcedProvingModel,
    random: Random,
    views: BatchedViews,
    now: Moment,
  ) {
    [this.#h, this.#model, this.#random, this.#views, this.#now] = [h, model, random, views, now];
  }

  /** @param isFull whether all places but six are taken for good */
  static async start(random: Random, isFull: boolean): Promise<OutsourcedRun> {
    const h = await OutsourcedHarness.open({}, SHARES);
    const epochs = { genesis: h.genesis, blocks: h.epochBlocks };
    const model = new OutsourcedProvingModel(h.terms, epochs, h.shares);
    for (let i = 0; i < 8; i++) model.deposit(h.address(i), 10n ** 12n);
    if (isFull) {
      const first = await h.network.next();
      const filler = await h.fill(IDS.length);
      model.deposit(filler, h.terms.minDeposit * BigInt(PLACES - IDS.length));
      for (let id = IDS.length + 1; id <= PLACES; id++) model.join(filler, id, h.terms.minDeposit, first);
    }
    const views = await BatchedViews.open(h.network.connection);
    const run = new OutsourcedRun(h, model, random, views, await h.network.next());
    // Small deposits, and one at the cap.
    if (isFull) for (const id of IDS) await run.#join(id, id === 1 ? 1_000n : 200n + BigInt(id));
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
        this.#model.isFrozen = true;
      },
      () => this.#h.consensus.freeze(),
    );
  }

  #next(): Action {
    const { block } = this.#now;
    const epoch = this.#model.epochAt(block);
    if (block === this.#model.seedBlock(epoch + 1) && this.#random.chance(0.9)) return "seal";
    const isWanted = this.#model.seeds.has(epoch) && !this.#model.committees.has(epoch);
    if (isWanted && this.#random.chance(0.6)) return "convene";
    if (this.#random.chance(0.03)) return this.#random.pick(["seal", "convene"]);
    if (this.#random.chance(0.4)) return this.#random.pick([...PLACE_ACTIONS, "join", "join", "raise", "outbid"]);
    return this.#random.pick(["post", "post", "prove", "prove", "prove", "report", "report"]);
  }

  async #do(action: Action): Promise<void> {
    if (action === "seal") await this.#seal();
    else if (action === "convene") await this.#convene();
    else if (action === "post") await this.#post();
    else if (action === "prove") await this.#prove();
    else if (action === "report") await this.#report();
    else await this.#ofPlace(action);
  }

  /** Does the same to both. */
  async #both(action: string, call: () => void, send: () => Promise<ContractTransactionResponse>): Promise<void> {
    this.#now = await this.#h.network.next();
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
    this.#now = await this.#h.network.next();
    if (!this.#random.chance(0.3)) return;
    const { block, time } = this.#now;
    const epoch = this.#model.epochAt(block);
    const late = block + Math.ceil((this.#model.deadline() + 1 - time) / 12);
    const moments = [
      ...[this.#model.freezeBlock(epoch + 1), this.#model.seedBlock(epoch + 1), this.#model.epochStart(epoch + 1)],
      ...[late, late, late, late + 15],
      ...[...this.#model.rollers.values()].map(({ withdrawableFrom }) => withdrawableFrom),
    ].filter((moment) => moment > block);
    const [nearest, far] = [Math.min(...moments), this.#random.pick(moments)];
    const target = this.#random.pick([nearest, nearest, nearest - 1, far, block + this.#random.int(8)]);
    if (target <= block) return;
    await this.#h.network.moveTo(target);
    this.#now = await this.#h.network.next();
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
      withdraw: [() => model.withdraw(address, amount), () => election.withdraw(amount)],
      burn: [() => model.burn(), () => election.burn()],
    } as const;
    await this.#both(`${action} ${id} ${amount} by ${i}`, ...calls[action]);
  }

  /** Mostly an id for which the call can succeed. */
  #idFor(action: (typeof PLACE_ACTIONS)[number]): number {
    if (this.#random.chance(0.04)) return this.#random.pick([0, PLACES + 1]);
    const isFit = (id: number): boolean => {
      const roller = this.#model.rollers.get(id);
      if (action === "join") return roller === undefined;
      if (action === "withdrawDeposit") return (roller?.withdrawableFrom ?? 0) > 0;
      return roller?.withdrawableFrom === 0;
    };
    const fit = IDS.filter(isFit);
    return fit.length > 0 && this.#random.chance(0.8) ? this.#random.pick(fit) : this.#random.pick(IDS);
  }

  /** Mostly an amount that is allowed. */
  #amount(id: number): bigint {
    const { minDeposit, cap } = this.#model.terms;
    const deposit = this.#model.rollers.get(id)?.deposit ?? 0n;
    const raised = deposit + (deposit + 9n) / 10n;
    if (this.#random.chance(0.1)) return this.#random.pick([0n, minDeposit - 1n, 10n ** 13n]);
    if (deposit > 0n && this.#random.chance(0.2)) return raised - 1n;
    return this.#random.pick([minDeposit, raised, minDeposit + this.#random.bigint(2n * cap)]);
  }

  // ── Duties ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  async #seal(): Promise<void> {
    const random = this.#random.bigint(1n << 256n);
    await this.#h.network.setRandom(random);
    await this.#both(
      "seal",
      () => {
        this.#model.seal(mixHashOf(random), this.#now);
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
    const count = 1 + this.#random.int(4);
    if (this.#model.batches.length - this.#model.verified + count > 40) return this.#prove();
    await this.#both(
      `post ${count}`,
      () => {
        this.#model.post(count, this.#now);
      },
      () =>
        this.#h.consensus.post(
          this.#h.signer(0),
          Array.from({ length: count }, () => 1),
        ),
    );
  }

  /** Mostly by the roller whose turn it is, and up to the end of its term. */
  async #prove(): Promise<void> {
    const { rangeBatches } = this.#model.terms;
    const first = this.#model.verified + 1;
    const duty = this.#model.dutyOf(first, this.#now).account;
    const own = PARTIES.find((i) => this.#h.address(i) === duty);
    const i = own !== undefined && this.#random.chance(0.75) ? own : this.#random.pick([0, ...PARTIES]);
    const rest = rangeBatches - ((first - 1) % rangeBatches);
    const far = this.#random.chance(0.05) ? 60 : 20;
    const count = this.#random.pick([1, rest, rest, rest + 1, 1 + this.#random.int(far)]);
    await this.#both(
      `prove ${count} by ${i}`,
      () => {
        this.#model.prove(this.#h.address(i), count, this.#now);
      },
      () => this.#h.consensus.prove(this.#h.signer(i), count),
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

  // ── State ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  async #compare(): Promise<void> {
    const latest = await this.#h.network.latest();
    await Promise.all([this.#comparePlaces(latest), this.#compareDuties(latest), this.#compareMoney()]);
  }

  async #comparePlaces({ block }: Moment): Promise<void> {
    const { election } = this.#h;
    const open = this.#model.openSet(block);
    const places = IDS.map(async (id) => {
      const roller = await this.#views.read(election, "rollerOf", id);
      const expected = this.#model.rollers.get(id);
      expect([...roller], `place ${id}, ${this.#story()}`).to.deep.equal([
        expected?.account ?? ZeroAddress,
        expected?.deposit ?? 0n,
        BigInt(expected?.withdrawableFrom ?? 0),
        BigInt(expected?.reputation ?? 0),
        BigInt(expected?.misses ?? 0),
      ]);
      const heir = await this.#views.read(election, "heirOf", id);
      const waiting = this.#model.heirs.get(id);
      expect([...heir], this.#story()).to.deep.equal([waiting?.account ?? ZeroAddress, waiting?.deposit ?? 0n]);
      for (const set of [open - 1, open]) {
        const weight = await this.#views.read(election, "weightOf", id, set);
        expect(weight, `weight of ${id} in ${set}, ${this.#story()}`).to.equal(this.#model.weights.of(id, set));
      }
    });
    await Promise.all(places);
    expect(await this.#views.read(election, "rollers"), this.#story()).to.equal(BigInt(this.#model.rollers.size));
  }

  async #compareDuties(latest: Moment): Promise<void> {
    const { election } = this.#h;
    const model = this.#model;
    const current = model.epochAt(latest.block);
    const committees = [current, current - 1]
      .filter((epoch) => epoch > 0)
      .map(async (epoch) => {
        const committee = await this.#views.read(election, "committeeOf", epoch);
        const expected = model.committees.get(epoch);
        const nobody = Array.from({ length: SEATS }, () => 0);
        expect(
          [committee.epoch, committee.firstBatch, seatsIn(committee.seats)],
          `committee of ${epoch}, ${this.#story()}`,
        ).to.deep.equal([
          BigInt(expected === undefined ? 0 : epoch),
          BigInt(expected?.firstBatch ?? 0),
          expected?.seats ?? nobody,
        ]);
      });
    const next = model.verified + 1;
    const terms = [next, next + 1, next + 3].map(async (batch) => {
      const { epoch, id, account } = await this.#views.read(election, "termOf", batch);
      const expected = model.dutyOf(batch, latest);
      expect([epoch, id, account], `batch ${batch}, ${this.#story()}`).to.deep.equal([
        BigInt(expected.epoch),
        BigInt(expected.id),
        expected.account ?? ZeroAddress,
      ]);
    });
    const allowed = [0, ...PARTIES].map(async (i) => {
      const isAllowed = await this.#views.read(election, "isAllowed", this.#h.address(i), 1, next);
      expect(isAllowed, this.#story()).to.equal(model.isAllowed(this.#h.address(i), next, latest));
    });
    await Promise.all([...committees, ...terms, ...allowed]);
    if (model.verified === 0) return;
    const due = await this.#views.read(election, "due");
    expect([...due], this.#story()).to.deep.equal([
      BigInt(next),
      BigInt(model.since),
      BigInt(model.epoch),
      model.isFined,
      model.isPartial,
    ]);
  }

  async #compareMoney(): Promise<void> {
    const { election, token } = this.#h;
    const accounts = [...[0, ...PARTIES].map((i) => this.#h.address(i)), this.#model.shares.fundAccount];
    const balances = accounts.map(async (account) => {
      const balance = await this.#views.read(election, "balances", account);
      expect(balance, this.#story()).to.equal(this.#model.balanceOf(account));
    });
    await Promise.all(balances);
    const [pool, toBurn] = await this.#views.read(election, "undivided");
    expect([pool, toBurn], this.#story()).to.deep.equal([this.#model.pool, this.#model.toBurn]);
    const held = await this.#views.read(token, "balanceOf", election.target as string);
    expect(held, this.#story()).to.equal(this.#model.owed());
  }
}
