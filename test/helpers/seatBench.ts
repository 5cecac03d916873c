// SPDX-License-Identifier: MIT
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import type { ContractTransactionResponse } from "ethers";

import { minedTransaction as mined } from "../../src/chain/index.ts";
import type { MockSlasher, SeatElection } from "../../typechain-types/index.ts";
import { ClockModel, SeedsModel, SERVICES, type Service, type SlotParameters } from "../model/elections/parts/index.ts";
import { randomOfSeat } from "../model/elections/seats.ts";
import type { ElectionWorld } from "./electionWorld.ts";
import type { Random } from "./random.ts";
import { seatsIn, type SeatWorld } from "./seatRun.ts";

/** A seed is the first 27 bytes of a `mixHash`. */
const SEED_SHIFT = 40n;

/** An election of seats in a known state, moved from block to block by a test. */
export class SeatBench<Contract extends SeatElection> {
  readonly world: ElectionWorld;
  readonly election: Contract;
  readonly slasher: MockSlasher;
  readonly clock: ClockModel;
  readonly seats: bigint;

  private constructor({ world, election, slasher }: SeatWorld<Contract>, clock: ClockModel, seats: bigint) {
    [this.world, this.election, this.slasher, this.clock, this.seats] = [world, election, slasher, clock, seats];
  }

  static async of<Contract extends SeatElection>(
    opened: SeatWorld<Contract>,
    { clock }: SlotParameters,
  ): Promise<SeatBench<Contract>> {
    const { election } = opened;
    return new SeatBench(opened, new ClockModel(clock, await election.GENESIS_BLOCK()), await election.SEATS());
  }

  address(i: number): string {
    return this.world.signer(i).address;
  }

  /** The election, called by a signer. */
  by(i: number): Contract {
    return this.election.connect(this.signer(i)) as Contract;
  }

  signer(i: number): HardhatEthersSigner {
    return this.world.signer(i);
  }

  slotStart(slot: number): bigint {
    return this.clock.slotStart(BigInt(slot));
  }

  epochStart(epoch: number): bigint {
    return this.clock.epochStart(BigInt(epoch));
  }

  freezeBlock(epoch: number): bigint {
    return this.clock.freezeBlock(BigInt(epoch));
  }

  seedBlock(epoch: number): bigint {
    return new SeedsModel(this.clock, () => 0n).seedBlock(BigInt(epoch));
  }

  /** Lets the next transaction be in `block`, which is in the future. */
  async at(block: bigint): Promise<void> {
    const { block: next } = await this.world.next();
    if (block < next) throw new Error(`block ${block} is in the past: the next one is ${next}`);
    await this.world.mineBefore(block);
  }

  /** Mines `block`, so that views see it. */
  seen(block: bigint): Promise<void> {
    return this.world.mineBefore(block + 1n);
  }

  balance(i: number): Promise<bigint> {
    return this.election.balances(this.address(i));
  }

  /** Tokens that the election holds beside balances. */
  async held(): Promise<bigint> {
    let held = await this.world.token.balanceOf(this.election);
    for (const { address } of this.world.signers.slice(1, 10)) held -= await this.election.balances(address);
    return held;
  }

  /** Posts one batch. */
  post(i: number, leaves = 1): Promise<ContractTransactionResponse> {
    return this.world.consensus.post(this.address(i), [leaves]);
  }

  async service(slot: number): Promise<Service> {
    return SERVICES[Number(await this.election.serviceOf(slot))]!;
  }

  /** Ids of the seats of an epoch. */
  async ids(epoch: number): Promise<number[]> {
    return seatsIn(await this.election.seatsOf(epoch), this.seats).map(({ id }) => id);
  }

  /** Misses of the seats of an epoch. */
  async misses(epoch: number): Promise<number[]> {
    return seatsIn(await this.election.seatsOf(epoch), this.seats).map(({ misses }) => Number(misses));
  }

  /** Seals a seed in the seed block of an epoch. */
  async seal(epoch: number, random: bigint): Promise<void> {
    await this.at(this.seedBlock(epoch));
    await this.world.connection.networkHelpers.setPrevRandao(random);
    await mined(this.election.seal());
  }

  /** Chooses the seed of an epoch so that the parties `wanted` are drawn for its seats, in order, and draws them. */
  async draw(epoch: number, wanted: readonly number[]): Promise<void> {
    await this.seal(epoch, await this.randomFor(epoch, wanted));
    await mined(this.election.drawSeats());
  }

  /** A `mixHash` that gives the seats to the parties `wanted`, for the weights that the epoch has now. */
  async randomFor(epoch: number, wanted: readonly number[]): Promise<bigint> {
    const { election } = this;
    const total = await election.totalWeight(epoch);
    const spans = new Map<number, readonly [bigint, bigint]>();
    let start = 0n;
    for (let id = 1; id <= Math.max(...wanted); id++) {
      const end = start + (await election.weightOf(id, epoch));
      spans.set(id, [start, end]);
      start = end;
    }
    for (let candidate = 1n; candidate < 1_000_000n; candidate++) {
      const isFit = wanted.every((id, seat) => {
        const point = randomOfSeat(candidate, seat) % total;
        const [from, to] = spans.get(id)!;
        return point >= from && point < to;
      });
      if (isFit) return candidate << SEED_SHIFT;
    }
    throw new Error(`no seed gives the seats to ${wanted.join(", ")}`);
  }
}

/** Seeds, one after another. */
export function* seedsOf(random: Random): Generator<bigint, never> {
  for (;;) yield 1n + random.bigint((1n << 216n) - 1n);
}
