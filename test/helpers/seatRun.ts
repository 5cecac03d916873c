// SPDX-License-Identifier: MIT
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { ZeroAddress, type ContractTransactionResponse } from "ethers";

import { minedTransaction as mined } from "../../src/chain/index.ts";
import type { MockSlasher, NativeToken, SeatElection } from "../../typechain-types/index.ts";
import { SERVICES, type Moment, type SlotParameters } from "../model/elections/parts/index.ts";
import { fail, type Seat, type SeatModel, type SeatParameters } from "../model/elections/seats.ts";
import { BatchedViews } from "./batchedViews.ts";
import { ElectionWorld, modelOutcomeOf, outcomeOf } from "./electionWorld.ts";
import type { Random } from "./random.ts";

/*
 * Random calls, valid and not, to an election of seats and to its model. Each must succeed or fail with the same error in
 * both, and agree on all state.
 */

const SEAT_BITS = 24n;
const SUPPLY = 10n ** 27n;
const FUNDS = SUPPLY / 100n;
/** More than any call takes. */
const GAS = 3_000_000n;
/** Balance of the last account of the random runs. */
const LITTLE = 300_000n;

/** Parties and misses of the seats in a word of type `Seats`. */
export function seatsIn(word: bigint, count: bigint): Seat[] {
  return Array.from({ length: Number(count) }, (_, i) => {
    const seat = word >> (64n + SEAT_BITS * BigInt(i));
    return { id: Number(seat & 0xffffn), misses: (seat >> 16n) & 0xffn };
  });
}

/** An election under test in its world. */
export interface SeatWorld<Contract extends SeatElection> {
  readonly world: ElectionWorld;
  readonly election: Contract;
  readonly slasher: MockSlasher;
}

/** Clock of the random runs: an epoch has 384 blocks. */
export const SHORT_SLOTS: SlotParameters = {
  clock: { slotBlocks: 48n, epochSlots: 8n },
  silenceBlocks: 20n,
  opensAfter: 2_400n,
};

/** `SeatElection.SeatParameters`. */
export const seatArguments = (
  token: NativeToken,
  slasher: MockSlasher | string,
  rules: SeatParameters,
): SeatParameters & { readonly token: NativeToken; readonly slasher: MockSlasher | string } => ({
  token,
  slasher,
  ...rules,
});

/**
 * Opens a world, deploys the election, binds it, and gives all signers tokens for it.
 *
 * @param hasSlasher whether the election has the slasher that is deployed
 */
export async function openSeats<Contract extends SeatElection>(
  maxPendingLeaves: bigint,
  hasSlasher: boolean,
  deploy: (world: ElectionWorld, slasher: MockSlasher | string) => Promise<Contract>,
): Promise<SeatWorld<Contract>> {
  const world = await ElectionWorld.open(maxPendingLeaves);
  const slasher = await world.connection.ethers.deployContract("MockSlasher");
  const election = await deploy(world, hasSlasher ? slasher : ZeroAddress);
  await mined(world.consensus.bindTo(election));
  const parties = world.signers.slice(1, 10);
  await world.fund(parties, 2n * FUNDS, await election.getAddress());
  for (const party of parties) await mined(election.connect(party).deposit(FUNDS));
  return { world, election, slasher };
}

export type Call = () => Promise<ContractTransactionResponse>;

/** One election, its model, and what was done to both. */
export abstract class SeatRun<Contract extends SeatElection, Model extends SeatModel> {
  /** How often each action succeeded, and each error occurred. */
  readonly counts = new Map<string, number>();
  protected readonly world: ElectionWorld;
  protected readonly election: Contract;
  readonly #slasher: MockSlasher;
  protected readonly model: Model;
  protected readonly random: Random;
  protected readonly views: BatchedViews;
  protected now: Moment;
  readonly #randoms: Map<bigint, bigint>;
  readonly #ids: readonly number[];
  readonly #log: string[] = [];

  /** @param randoms where the model finds the `mixHash` of blocks */
  protected constructor(
    { world, election, slasher }: SeatWorld<Contract>,
    model: Model,
    random: Random,
    views: BatchedViews,
    now: Moment,
    ids: readonly number[],
    randoms: Map<bigint, bigint>,
  ) {
    [this.world, this.election, this.model, this.random, this.views] = [world, election, model, random, views];
    this.#slasher = slasher;
    world.fixGas(GAS);
    [this.now, this.#ids, this.#randoms] = [now, ids, randoms];
  }

  /** Tells the model of all balances; the last account keeps only a little. */
  protected async openBalances(): Promise<void> {
    const last = this.accounts.at(-1)!;
    await mined(this.election.connect(last).withdraw(FUNDS - LITTLE));
    for (const { address } of this.accounts) {
      this.model.balances.credit(address, address === last.address ? LITTLE : FUNDS);
    }
  }

  /** One random call, after which everything is compared. */
  async step(): Promise<void> {
    await this.#passTime();
    const { clock, seeds, drawn } = this.model;
    const epoch = clock.epochAt(this.now) + 1n;
    const isUndrawn = seeds.seedOf(epoch) !== 0n && !drawn.has(epoch);
    if (this.now.block === seeds.seedBlock(epoch) && this.random.chance(0.85)) await this.#seal();
    else if (isUndrawn && this.random.chance(0.5)) await this.#draw();
    else if (this.random.chance(0.4)) await this.#ofSlots();
    else await this.ofStakes();
    await this.#compare();
  }

  /** How often time passes between two calls. */
  protected get pace(): number {
    return 0.4;
  }

  /** A random call about a stake. */
  protected abstract ofStakes(): Promise<void>;

  /** Compares all that the election keeps beside sets, seats and slots. */
  protected abstract compareStakes(): Promise<void>;

  /** Tokens that the election holds for somebody. */
  protected abstract owed(): bigint;

  /** Blocks at which something begins or ends, beside those of the clock. */
  protected moments(): readonly bigint[] {
    return [];
  }

  /** Accounts of the parties. */
  protected get accounts(): readonly HardhatEthersSigner[] {
    return this.world.signers.slice(1, 6);
  }

  /** Does the same to both. */
  protected async both(action: string, call: () => void, send: Call): Promise<boolean> {
    this.now = await this.world.next();
    const actual = await outcomeOf(send);
    const expected = modelOutcomeOf(call);
    this.#log.push(`${this.now.block} ${action} → ${actual ?? "done"}`);
    expect(actual, this.story()).to.equal(expected);
    const what = actual ?? action.split(" ")[0]!;
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
    return actual === undefined;
  }

  protected story(): string {
    return `seed ${this.random.seed}\n${this.#log.slice(-25).join("\n")}`;
  }

  /** Mostly not at all; else to a block at which something begins or ends, or the one before or after, or anywhere. */
  async #passTime(): Promise<void> {
    this.now = await this.world.next();
    if (!this.random.chance(this.pace)) return;
    const { block } = this.now;
    const { clock, seeds, parameters } = this.model;
    const [slot, next] = [clock.slotAt(this.now), clock.epochAt(this.now) + 1n];
    const start = clock.slotStart(slot);
    const moments = [
      ...[start + parameters.silenceBlocks, start + 2n * parameters.silenceBlocks, clock.slotStart(slot + 1n)],
      ...[clock.freezeBlock(next), seeds.seedBlock(next), clock.epochStart(next), ...this.moments()],
    ].filter((moment) => moment > block);
    const nearest = moments.reduce((least, moment) => (moment < least ? moment : least));
    const anywhere = block + this.random.bigint(parameters.clock.slotBlocks);
    const far = this.random.pick(moments);
    // Without a seed nothing happens in the next epoch.
    const sealed = seeds.seedBlock(next);
    const isUnsealed = seeds.seedOf(next) === 0n && block < sealed;
    const toSeed = isUnsealed && this.random.chance(0.3) ? [sealed] : [];
    const target = this.random.pick([
      nearest,
      nearest - 1n,
      nearest + 1n,
      far,
      anywhere,
      ...toSeed,
      ...toSeed,
      ...toSeed,
    ]);
    if (target <= block) return;
    await this.world.mineBefore(target);
    this.now = await this.world.next();
  }

  // ─── Seats ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  async #seal(): Promise<void> {
    const random = this.random.bigint(1n << 256n);
    await this.world.connection.networkHelpers.setPrevRandao(random);
    this.#randoms.set(this.now.block, random);
    await this.both(
      "seal",
      () => {
        this.model.seeds.seal(this.now);
      },
      () => this.election.seal(),
    );
  }

  async #draw(): Promise<void> {
    await this.both(
      "drawSeats",
      () => {
        this.model.drawSeats(this.now);
      },
      () => this.election.drawSeats(),
    );
  }

  async #ofSlots(): Promise<void> {
    const kind = this.random.int(20);
    if (kind === 0) await this.#seal();
    else if (kind <= 2) await this.#draw();
    else if (kind < 9) await this.post();
    else if (kind < 10) await this.#prove();
    else if (kind < 12) await this.#slash();
    else await this.#report();
  }

  /** Mostly the holder of the slot posts, or its backup. */
  protected async post(given?: string): Promise<void> {
    const slot = this.model.clock.slotAt(this.now);
    const { backup } = this.model.turnsOf(slot);
    const holder = this.model.holderOf(slot);
    const others = [...this.accounts, this.world.signer(0)].map(({ address }) => address);
    const first = others[0]!;
    const account = given ?? this.random.pick([holder ?? first, holder ?? first, backup ?? first, ...others]);
    const batches = Array.from({ length: 1 + this.random.int(2) }, () => 1n + this.random.bigint(3n));
    await this.both(
      `post ${account} ${batches.join()}`,
      () => {
        this.model.consensus.post(account, batches, this.now);
      },
      () => this.world.consensus.post(account, batches),
    );
  }

  async #prove(): Promise<void> {
    await this.prove(this.world.signer(0).address);
  }

  /** An account proves some of the batches that wait, or one more. */
  protected async prove(address: string): Promise<void> {
    const { sequenced, verified } = this.model.consensus;
    const waiting = sequenced - verified;
    const count = waiting > 0n && this.random.chance(0.65) ? 1n + this.random.bigint(waiting) : waiting + 1n;
    await this.both(
      `prove ${count}`,
      () => {
        this.model.consensus.prove(address, count, this.now);
      },
      () => this.world.consensus.prove(address, count),
    );
  }

  async #report(): Promise<void> {
    const current = this.model.clock.slotAt(this.now);
    const span = 2 * Number(this.model.parameters.clock.epochSlots) + 2;
    const recent = Array.from({ length: span }, (_, i) => current + 1n - BigInt(i)).filter((slot) => slot >= 0n);
    const missed = recent.filter((slot) => this.model.serviceOf(slot, this.now) === "Missed");
    const slot = this.random.pick(missed.length > 0 && this.random.chance(0.7) ? missed : recent);
    await this.both(
      `reportMiss ${slot}`,
      () => {
        this.model.reportMiss(slot, this.now);
      },
      () => this.election.reportMiss(slot),
    );
  }

  async #slash(): Promise<void> {
    const id = this.random.pick(this.#ids);
    const stake = this.model.stakeOf(id)?.stake ?? 0n;
    const amount = this.random.pick([
      0n,
      1n,
      this.random.bigint(stake + 1n),
      this.random.bigint(stake / 3n + 1n),
      stake,
      stake + 1n,
    ]);
    const isSlasher = this.model.hasSlasher && this.random.chance(0.7);
    await this.both(
      `slash ${id} ${amount}`,
      () => {
        if (!isSlasher) fail("NotSlasher");
        this.model.slash(id, amount, this.now);
      },
      () => (isSlasher ? this.#slasher : this.election).slash(id, amount),
    );
  }

  /** Seals the seed of the first epoch while nobody has a stake, and tries to draw from it. */
  async drawNobody(): Promise<void> {
    await this.world.mineBefore(this.model.seeds.seedBlock(1n));
    this.now = await this.world.next();
    await this.#seal();
    await this.#draw();
  }

  /** Adds up the weights that the events tell, and compares them with those of the open set. */
  async compareEvents(): Promise<void> {
    const { election, model } = this;
    const weights = new Map<bigint, bigint>();
    for (const { args } of await election.queryFilter(election.filters.WeightSet())) weights.set(args.id, args.weight);
    const open = model.openSet(await this.world.now());
    expect([...weights.values()].reduce((sum, weight) => sum + weight, 0n)).to.equal(model.weights.total(open));
    for (const id of this.#ids) expect(weights.get(BigInt(id)) ?? 0n).to.equal(model.weights.weightOf(id, open));
  }

  /** Freezes the rollup: nothing is a miss any more. */
  async freeze(): Promise<void> {
    await mined(this.world.consensus.freeze());
    this.model.consensus.isFrozen = true;
  }

  // ─── State ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  async #compare(): Promise<void> {
    const latest = await this.world.now();
    await Promise.all([
      this.#compareSets(latest),
      this.#compareSlots(latest),
      this.#compareMoney(),
      this.compareStakes(),
    ]);
  }

  async #compareSets(latest: Moment): Promise<void> {
    const { views, election, model } = this;
    const open = model.openSet(latest);
    const sets = [open - 1n, open].flatMap((set) => [
      views.read(election, "totalWeight", set).then((total) => {
        expect(total, `total of set ${set}, ${this.story()}`).to.equal(model.weights.total(set));
      }),
      ...this.#ids.map(async (id) => {
        const weight = await views.read(election, "weightOf", id, set);
        expect(weight, `weight of ${id} in set ${set}, ${this.story()}`).to.equal(model.weights.weightOf(id, set));
      }),
    ]);
    const epoch = model.clock.epochAt(latest);
    const nobody = seatsIn(0n, model.rules.seats);
    const seats = [epoch - 1n, epoch, epoch + 1n].map(async (each) => {
      if (each < 0n) return;
      const word = await views.read(election, "seatsOf", each);
      const expected = model.drawn.get(each) ?? nobody;
      expect(seatsIn(word, model.rules.seats), `seats of ${each}, ${this.story()}`).to.deep.equal(expected);
    });
    await Promise.all([...sets, ...seats]);
    expect(await views.read(election, "openSet"), this.story()).to.equal(open);
    expect(await views.read(election, "totalStake"), this.story()).to.equal(model.totalStake(latest));
    const id = this.#ids[0]!;
    const [votes, allVotes] = await views.read(election, "votesOf", id);
    expect({ votes, total: allVotes }, this.story()).to.deep.equal(model.votesOf(id, latest));
    const [owner, stake] = await views.read(election, "stakeOf", id);
    const { owner: expected = ZeroAddress, stake: held = 0n } = model.stakeOf(id) ?? {};
    expect([owner, stake], this.story()).to.deep.equal([expected, held]);
  }

  async #compareSlots(latest: Moment): Promise<void> {
    const { views, election, model } = this;
    const slot = model.clock.slotAt(latest);
    const { holder, backup, isEjected } = model.turnsOf(slot);
    const [isHolder, isBackup, ejected] = await views.read(election, "turnsOf", slot);
    const turns = [holder ?? ZeroAddress, backup ?? ZeroAddress, isEjected];
    expect([isHolder, isBackup, ejected], this.story()).to.deep.equal(turns);
    const old = slot - 2n * model.parameters.clock.epochSlots;
    const services = [slot, slot - 1n, slot - 2n, old].map(async (each) => {
      if (each < 0n) return;
      const service = SERVICES[Number(await views.read(election, "serviceOf", each))];
      expect(service, `slot ${each}, ${this.story()}`).to.equal(model.serviceOf(each, latest));
    });
    const allowed = this.accounts.map(async ({ address }) => {
      const isAllowed = await views.read(election, "isAllowed", address, 0, 0);
      const call = { account: address, role: "sequencer", first: 1n, last: 1n, leaves: 1n } as const;
      expect(isAllowed, this.story()).to.equal(model.decide(call, latest));
    });
    await Promise.all([...services, ...allowed]);
  }

  async #compareMoney(): Promise<void> {
    const { token, signers } = this.world;
    const { views, election, model } = this;
    const balances = signers.slice(1, 10).map(({ address }) => views.read(election, "balances", address));
    const others = (await Promise.all(balances)).reduce((sum, balance) => sum + balance, 0n);
    const held = await views.read(token, "balanceOf", election.target as string);
    expect(held, this.story()).to.equal(this.owed() + others);
    for (const { address } of this.accounts) {
      expect(await views.read(election, "balances", address), this.story()).to.equal(model.balances.of(address));
    }
    expect(SUPPLY - (await views.read(token, "totalSupply")), this.story()).to.equal(model.burned);
  }
}
