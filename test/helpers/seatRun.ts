// SPDX-License-Identifier: MIT
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { ZeroAddress, zeroPadValue, toBeHex, type ContractTransactionResponse } from "ethers";

import { minedTransaction as mined } from "../../src/chain/index.ts";
import type { MockConsensus, NativeToken, SeatElection } from "../../typechain-types/index.ts";
import type { SeatElectionModel, SeatParameters } from "../model/elections/seatElection.ts";
import type { Moment, Service, SlotParameters } from "../model/elections/slotElection.ts";
import { BatchedViews } from "./batchedViews.ts";
import { ElectionNetwork } from "./electionNetwork.ts";
import { modelOutcomeOf, outcomeOf } from "./outcomes.ts";
import type { Random } from "./random.ts";

/*
 * Random calls, valid and not, to an election of seats and to its model. Each must succeed or fail with the same error in
 * both, and agree on all state.
 */

/** Services in the order of `SlotElection.Service`. */
const SERVICES: readonly Service[] = ["Running", "Unknown", "Unheld", "Served", "Excused", "Missed", "Counted"];

const SEAT_BITS = 24n;

/** Parties and misses of the seats in a word of type `Seats`. */
export function seatsIn(word: bigint, count: number): { id: number; misses: number }[] {
  return Array.from({ length: count }, (_, i) => {
    const seat = word >> (64n + SEAT_BITS * BigInt(i));
    return { id: Number(seat & 0xffffn), misses: Number((seat >> 16n) & 0xffn) };
  });
}

/** An election under test, with all that it needs. */
export interface SeatWorld<Contract extends SeatElection> {
  readonly network: ElectionNetwork;
  readonly token: NativeToken;
  readonly consensus: MockConsensus;
  readonly election: Contract;
  readonly signers: readonly HardhatEthersSigner[];
}

/** Clock of the random runs: an epoch has 96 blocks, its second half 16 after the seed block. */
export const SHORT_SLOTS = { slotBlocks: 12, epochSlots: 8, silenceBlocks: 5, opensAfter: 600 } as const;

/** What `SeatElection`'s constructor takes. */
export const slotArguments = ({ slotBlocks, epochSlots, silenceBlocks, opensAfter }: Omit<SlotParameters, "genesis">) => ({
  clock: { slotBlocks, epochSlots },
  silenceBlocks,
  opensAfter,
});

/** Deploys the parts around an election, and binds it. */
export async function openSeatWorld<Contract extends SeatElection>(
  maxPendingLeaves: number,
  deploy: (network: ElectionNetwork, token: NativeToken) => Promise<Contract>,
): Promise<SeatWorld<Contract>> {
  const network = await ElectionNetwork.open();
  const { ethers } = network.connection;
  const signers = await ethers.getSigners();
  const token = await ethers.deployContract("NativeToken", ["Native", "NAT", 10n ** 30n, signers[0]]);
  const consensus = await ethers.deployContract("MockConsensus", [token, maxPendingLeaves]);
  const election = await deploy(network, token);
  await mined(consensus.bindTo(election));
  for (const signer of signers.slice(1)) await mined(token.transfer(signer, 10n ** 27n));
  for (const signer of signers) await mined(token.connect(signer).approve(election, 2n ** 255n));
  return { network, token, consensus, election, signers };
}

export type Call = () => Promise<ContractTransactionResponse>;

/** One election, its model, and what was done to both. */
export abstract class SeatRun<Contract extends SeatElection, Model extends SeatElectionModel> {
  /** How often each action succeeded, and each error occurred. */
  readonly counts = new Map<string, number>();
  protected readonly world: SeatWorld<Contract>;
  protected readonly model: Model;
  protected readonly random: Random;
  protected readonly views: BatchedViews;
  protected now: Moment;
  readonly #ids: readonly number[];
  readonly #log: string[] = [];

  protected constructor(
    world: SeatWorld<Contract>,
    model: Model,
    random: Random,
    views: BatchedViews,
    now: Moment,
    ids: readonly number[],
  ) {
    [this.world, this.model, this.random, this.views, this.now] = [world, model, random, views, now];
    this.#ids = ids;
  }

  /** One random call, after which everything is compared. */
  async step(): Promise<void> {
    await this.#passTime();
    const { block } = this.now;
    const epoch = this.model.epochAt(block) + 1;
    const isUndrawn = this.model.seeds.has(epoch) && !this.model.drawn.has(epoch);
    if (block === this.model.seedBlock(epoch) && this.random.chance(0.85)) await this.#seal();
    else if (isUndrawn && this.random.chance(0.5)) await this.#draw();
    else if (this.random.chance(0.4)) await this.#ofSlots();
    else await this.ofStakes();
    await this.#compare();
  }

  /** A random call about a stake. */
  protected abstract ofStakes(): Promise<void>;

  /** Compares all that the election keeps beside sets, seats and slots. */
  protected abstract compareStakes(): Promise<void>;

  /** Tokens that the election holds for somebody. */
  protected abstract owed(): bigint;

  /** Blocks at which something begins or ends, beside those of the clock. */
  protected moments(): readonly number[] {
    return [];
  }

  /** Accounts of the parties. */
  protected get accounts(): readonly HardhatEthersSigner[] {
    return this.world.signers.slice(1, 6);
  }

  /** Does the same to both. */
  protected async both(action: string, call: () => void, send: Call): Promise<boolean> {
    this.now = await this.world.network.next();
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
    const { network } = this.world;
    this.now = await network.next();
    if (!this.random.chance(0.35)) return;
    const { block } = this.now;
    const { slotBlocks, silenceBlocks } = this.model.slots;
    const [slot, epoch] = [this.model.slotAt(block), this.model.epochAt(block)];
    const start = this.model.slotStart(slot);
    const moments = [
      ...[start + silenceBlocks, start + 2 * silenceBlocks, this.model.slotStart(slot + 1)],
      ...[this.model.freezeBlock(epoch + 1), this.model.seedBlock(epoch + 1), this.model.epochStart(epoch + 1)],
      ...this.moments(),
    ].filter((moment) => moment > block);
    const nearest = Math.min(...moments);
    const far = this.random.pick(moments);
    const target = this.random.pick([nearest, nearest - 1, nearest + 1, far, far, block + this.random.int(slotBlocks)]);
    if (target <= block) return;
    await network.moveTo(target);
    this.now = await network.next();
  }

  // ─── Seats ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  async #seal(): Promise<void> {
    const random = this.random.bigint(1n << 256n);
    await this.world.network.setRandom(random);
    await this.both(
      "seal",
      () => {
        this.model.seal(zeroPadValue(toBeHex(random), 32), this.now);
      },
      () => this.world.election.seal(),
    );
  }

  async #draw(): Promise<void> {
    await this.both(
      "drawSeats",
      () => {
        this.model.drawSeats(this.now);
      },
      () => this.world.election.drawSeats(),
    );
  }

  async #ofSlots(): Promise<void> {
    const kind = this.random.int(20);
    if (kind === 0) await this.#seal();
    else if (kind === 1) await this.#draw();
    else if (kind < 9) await this.#post();
    else if (kind < 12) await this.#prove();
    else await this.#report();
  }

  async #post(): Promise<void> {
    const { holder, backup } = this.model.turnsOf(this.model.slotAt(this.now.block));
    const others = [...this.accounts, this.world.signers[0]!].map(({ address }) => address);
    const account = this.random.pick([holder ?? others[0]!, holder ?? others[0]!, backup ?? others[0]!, ...others]);
    const batches = Array.from({ length: 1 + this.random.int(2) }, () => 1 + this.random.int(3));
    await this.both(
      `post ${account} ${batches}`,
      () => {
        this.model.post(account, batches, this.now);
      },
      () => this.world.consensus.post(account, batches),
    );
  }

  async #prove(): Promise<void> {
    const count = 1 + this.random.int(4);
    await this.both(
      `prove ${count}`,
      () => {
        this.model.prove(count, this.now);
      },
      () => this.world.consensus.prove(this.world.signers[0]!, count),
    );
  }

  async #report(): Promise<void> {
    const current = this.model.slotAt(this.now.block);
    const span = 2 * this.model.slots.epochSlots + 2;
    const recent = Array.from({ length: span }, (_, i) => current + 1 - i).filter((slot) => slot >= 0);
    const missed = recent.filter((slot) => this.model.serviceOf(slot, this.now) === "Missed");
    const slot = this.random.pick(missed.length > 0 && this.random.chance(0.7) ? missed : recent);
    await this.both(
      `reportMiss ${slot}`,
      () => {
        this.model.reportMiss(slot, this.now);
      },
      () => this.world.election.reportMiss(slot),
    );
  }

  /** Freezes the rollup: nothing is a miss any more. */
  async freeze(): Promise<void> {
    await mined(this.world.consensus.freeze());
    this.model.isFrozen = true;
  }

  // ─── State ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  async #compare(): Promise<void> {
    const latest = await this.world.network.latest();
    await Promise.all([
      this.#compareSets(latest),
      this.#compareSlots(latest),
      this.#compareMoney(),
      this.compareStakes(),
    ]);
  }

  async #compareSets({ block }: Moment): Promise<void> {
    const { election } = this.world;
    const open = this.model.openSet(block);
    const sets = [open - 1, open].flatMap((set) => [
      this.views.read(election, "totalWeight", set).then((total) => {
        expect(total, `total of set ${set}, ${this.story()}`).to.equal(this.model.totalWeight(set));
      }),
      ...this.#ids.map(async (id) => {
        const weight = await this.views.read(election, "weightOf", id, set);
        expect(weight, `weight of ${id} in set ${set}, ${this.story()}`).to.equal(this.model.weightOf(id, set));
      }),
    ]);
    const epoch = this.model.epochAt(block);
    const seats = [epoch - 1, epoch, epoch + 1]
      .filter((each) => each >= 0)
      .map(async (each) => {
        const word = await this.views.read(election, "seatsOf", each);
        const nobody = Array.from({ length: this.model.seats.seats }, () => ({ id: 0, misses: 0 }));
        const expected = this.model.drawn.get(each) ?? nobody;
        expect(seatsIn(word, expected.length), `seats of ${each}, ${this.story()}`).to.deep.equal(expected);
      });
    await Promise.all([...sets, ...seats]);
    expect(await this.views.read(election, "openSet"), this.story()).to.equal(BigInt(open));
  }

  async #compareSlots(latest: Moment): Promise<void> {
    const { election } = this.world;
    const slot = this.model.slotAt(latest.block);
    const { holder, backup, isEjected } = this.model.turnsOf(slot);
    const [isHolder, isBackup, ejected] = await this.views.read(election, "turnsOf", slot);
    expect([isHolder, isBackup, ejected], this.story()).to.deep.equal([
      holder ?? ZeroAddress,
      backup ?? ZeroAddress,
      isEjected,
    ]);
    const services = [slot, slot - 1, slot - 2, slot - 2 * this.model.slots.epochSlots].map(async (each) => {
      if (each < 0) return;
      const service = SERVICES[Number(await this.views.read(election, "serviceOf", each))];
      expect(service, `slot ${each}, ${this.story()}`).to.equal(this.model.serviceOf(each, latest));
    });
    const allowed = this.accounts.map(async ({ address }) => {
      const isAllowed = await this.views.read(election, "isAllowed", address, 0, 0);
      expect(isAllowed, this.story()).to.equal(this.model.isAllowed(address, 1, latest));
    });
    await Promise.all([...services, ...allowed]);
  }

  async #compareMoney(): Promise<void> {
    const { token, election } = this.world;
    expect(await this.views.read(token, "balanceOf", election.target as string), this.story()).to.equal(this.owed());
    expect(10n ** 30n - (await this.views.read(token, "totalSupply")), this.story()).to.equal(this.model.burned);
  }
}

export const seatArguments = (token: NativeToken, { minStake, seats, maxMisses, leakRate, exitEpochs }: SeatParameters) => ({
  token,
  minStake,
  seats,
  maxMisses,
  leakRate,
  exitEpochs,
});
