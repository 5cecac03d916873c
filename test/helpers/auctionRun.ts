// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { ZeroAddress, type BaseContract, type ContractTransactionResponse } from "ethers";

import { minedTransaction as mined } from "../../src/chain/index.ts";
import type { MultiWinnerAuction, SlotAuction } from "../../typechain-types/index.ts";
import {
  SERVICES,
  type BalancesModel,
  type Moment,
  type ProceedsModel,
  type SlotModel,
} from "../model/elections/parts/index.ts";
import { FUND, GAS, type AuctionWorld } from "./auctionWorld.ts";
import { BatchedViews } from "./batchedViews.ts";
import { modelOutcomeOf, outcomeOf } from "./electionWorld.ts";
import type { Random } from "./random.ts";

/*
 * Random calls, valid and not, to an auction and to its model. Each must succeed or fail with the same error in both, and
 * agree on all state.
 */

/** Accounts that bid, and account 0, which only posts. */
const BIDDERS = [1, 2, 3, 4, 5];

export type Auction = SlotAuction | MultiWinnerAuction;

/** A model of an election with proceeds. */
export type AuctionModel = SlotModel & {
  readonly balances: BalancesModel;
  readonly proceeds: ProceedsModel;
  held(): bigint;
};

/** One auction, its model, and what was done to both. */
export abstract class AuctionRun<Contract extends Auction, Model extends AuctionModel> {
  /** How often each action succeeded, and each error occurred. */
  readonly counts = new Map<string, number>();
  protected readonly world: AuctionWorld<Contract>;
  protected readonly model: Model;
  protected readonly random: Random;
  protected readonly views: BatchedViews;
  protected now: Moment;
  readonly #log: string[] = [];

  protected constructor(world: AuctionWorld<Contract>, model: Model, random: Random, views: BatchedViews, now: Moment) {
    [this.world, this.model, this.random, this.views, this.now] = [world, model, random, views, now];
  }

  /** Gives each bidder tokens and a balance. */
  async fund(amount: bigint): Promise<void> {
    for (const i of BIDDERS) {
      await this.world.fund(i, amount);
      // Enough for each later deposit.
      await this.world.world.fund([this.world.world.signer(i)], 10n ** 9n, this.world.election.target as string);
      this.model.balances.credit(this.world.address(i), amount);
    }
  }

  /** One random call, after which everything is compared. */
  async step(): Promise<void> {
    await this.#passTime();
    if (this.random.chance(0.3)) await this.#ofBatches();
    else if (this.random.chance(0.15)) await this.#ofMoney();
    else await this.ofAuction();
    await this.#compare();
  }

  /** Freezes the rollup: nothing is a miss any more. */
  async freeze(): Promise<void> {
    await mined(this.world.world.consensus.freeze());
    this.model.consensus.isFrozen = true;
  }

  /** Ends what is sold, takes all balances out, and expects that nothing is left but the pool. */
  async close(): Promise<void> {
    await this.settleAll();
    for (const account of [...BIDDERS, FUND]) await this.#withdraw(account, this.#balanceOf(account));
    await this.#burn();
    await this.#compare();
    expect(this.model.held(), this.story()).to.equal(0n);
    const left = this.#balanceOf(0) + this.model.proceeds.pool;
    expect(await this.world.world.token.balanceOf(this.world.election)).to.equal(left);
  }

  // ─── An auction's own ──────────────────────────────────────────────────────────────────────────────────────────────

  /** A random call about bids or slots. */
  protected abstract ofAuction(): Promise<void>;

  /** Settles all that can be settled. */
  protected abstract settleAll(): Promise<void>;

  /** Compares bids. */
  protected abstract compareBids(latest: Moment): Promise<void>;

  /** Blocks at which something begins or ends, beside those of slots. */
  protected abstract moments(): readonly bigint[];

  /** Slots whose holder and service both worlds know. */
  protected abstract knownSlots(current: bigint): readonly bigint[];

  // ─── Both ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Does the same to both. */
  protected async both(
    action: string,
    call: () => void,
    send: () => Promise<ContractTransactionResponse>,
  ): Promise<boolean> {
    this.now = await this.world.world.next();
    const actual = await outcomeOf(send);
    const expected = modelOutcomeOf(call);
    this.#log.push(`${this.now.block} ${action} → ${actual ?? "done"}`);
    expect(actual, this.story()).to.equal(expected);
    this.count(actual ?? action.split(" ")[0]!);
    return actual === undefined;
  }

  protected count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  protected story(): string {
    return `seed ${this.random.seed}\n${this.#log.slice(-25).join("\n")}`;
  }

  protected anyBidder(): number {
    return this.random.pick(BIDDERS);
  }

  /** The number of the bidder with an address; another one if there is none. */
  protected bidderAt(address: string | undefined): number {
    return BIDDERS.find((i) => this.world.address(i) === address) ?? this.anyBidder();
  }

  protected read(name: keyof Contract & string, ...args: readonly (string | number | bigint)[]): Promise<unknown> {
    const election: BaseContract = this.world.election;
    return this.views.read(election, name as keyof BaseContract & string, ...args);
  }

  // ─── Time ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Mostly not at all; else to a block at which something begins or ends, or the one before or after, or anywhere. */
  async #passTime(): Promise<void> {
    const { world } = this.world;
    this.now = await world.next();
    if (!this.random.chance(0.3)) return;
    const { block } = this.now;
    const { clock, parameters } = this.model;
    const slot = clock.slotAt(this.now);
    const moments = [
      clock.slotStart(slot) + parameters.silenceBlocks,
      this.model.recordOf(slot).lastHolderBlock + parameters.silenceBlocks,
      clock.slotStart(slot + 1n),
      clock.slotStart(slot + 2n),
      ...this.moments(),
    ].filter((moment) => moment > block);
    const [nearest, far] = [moments.reduce((a, b) => (a < b ? a : b)), this.random.pick(moments)];
    const anywhere = block + this.random.bigint(parameters.clock.slotBlocks);
    const target = this.random.pick([nearest, nearest - 1n, nearest + 1n, far, anywhere]);
    if (target > block) await world.mineBefore(target);
    this.now = await world.next();
  }

  // ─── Batches ───────────────────────────────────────────────────────────────────────────────────────────────────────

  async #ofBatches(): Promise<void> {
    await (this.random.chance(0.6) ? this.#post() : this.#prove());
  }

  async #post(): Promise<void> {
    const holder = this.model.holderOf(this.model.clock.slotAt(this.now));
    const account = holder !== undefined && this.random.chance(0.6) ? holder : this.world.address(this.random.int(6));
    const batches = Array.from({ length: 1 + this.random.int(2) }, () => 1n + this.random.bigint(3n));
    await this.both(
      `post ${account} ${batches.join()}`,
      () => {
        this.model.consensus.post(account, batches, this.now);
      },
      () => this.world.world.consensus.post(account, batches, GAS),
    );
  }

  async #prove(): Promise<void> {
    const { sequenced, verified } = this.model.consensus;
    const pending = sequenced - verified;
    const count = 1n + this.random.bigint(pending > 0n && this.random.chance(0.8) ? pending : 4n);
    const account = this.world.address(this.random.int(6));
    await this.both(
      `prove ${count}`,
      () => {
        this.model.consensus.prove(account, count, this.now);
      },
      () => this.world.world.consensus.prove(account, count, GAS),
    );
  }

  // ─── Money ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  async #ofMoney(): Promise<void> {
    const i = this.anyBidder();
    const kind = this.random.int(4);
    if (kind === 0) await this.#burn();
    else if (kind === 1) await this.#withdraw(i, this.random.bigint(this.#balanceOf(i) + 20n));
    else await this.#deposit(i, this.random.bigint(2_000n));
  }

  #balanceOf(i: number): bigint {
    return this.model.balances.of(this.world.address(i));
  }

  async #deposit(i: number, amount: bigint): Promise<void> {
    await this.both(
      `deposit ${i} ${amount}`,
      () => {
        this.model.balances.credit(this.world.address(i), amount);
      },
      () => this.world.as(i).deposit(amount, GAS),
    );
  }

  async #withdraw(i: number, amount: bigint): Promise<void> {
    await this.both(
      `withdraw ${i} ${amount}`,
      () => {
        this.model.balances.debit(this.world.address(i), amount);
      },
      () => this.world.as(i).withdraw(amount, GAS),
    );
  }

  async #burn(): Promise<void> {
    await this.both(
      "burn",
      () => {
        this.model.proceeds.burn(this.model.consensus.isFrozen);
      },
      () => this.world.as(0).burn(GAS),
    );
  }

  // ─── State ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  async #compare(): Promise<void> {
    const latest = await this.world.world.now();
    await Promise.all([this.#compareMoney(), this.#compareSlots(latest), this.compareBids(latest)]);
  }

  async #compareMoney(): Promise<void> {
    const { world, election } = this.world;
    const balances = [0, ...BIDDERS, FUND].map(async (i) => {
      const balance = await this.read("balances", this.world.address(i));
      expect(balance, `balance of ${i}, ${this.story()}`).to.equal(this.#balanceOf(i));
    });
    const { pool, toBurn } = this.model.proceeds;
    const [undivided, held] = await Promise.all([
      this.read("undivided"),
      this.views.read(world.token, "balanceOf", election.target as string),
    ]);
    expect([...(undivided as bigint[])], this.story()).to.deep.equal([pool, toBurn]);
    expect(held, this.story()).to.equal(this.model.balances.sum() + pool + toBurn + this.model.held());
    await Promise.all(balances);
  }

  async #compareSlots(latest: Moment): Promise<void> {
    const slot = this.model.clock.slotAt(latest);
    const known = this.knownSlots(slot).map(async (each) => {
      const [holder, service] = await Promise.all([this.read("holderOf", each), this.read("serviceOf", each)]);
      expect(holder, `holder of ${each}, ${this.story()}`).to.equal(this.model.holderOf(each) ?? ZeroAddress);
      const expected = this.model.serviceOf(each, latest);
      expect(SERVICES[Number(service)], `service of ${each}, ${this.story()}`).to.equal(expected);
    });
    const allowed = [0, ...BIDDERS].map(async (i) => {
      const account = this.world.address(i);
      const isAllowed = await this.read("isAllowed", account, 0, 0);
      const call = { account, role: "sequencer", first: 0n, last: 0n, leaves: 1n } as const;
      expect(isAllowed, `${i} allowed, ${this.story()}`).to.equal(this.model.decide(call, latest));
    });
    await Promise.all([...known, ...allowed]);
  }
}
