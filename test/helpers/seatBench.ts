// SPDX-License-Identifier: MIT
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import type { ContractTransactionResponse } from "ethers";

import { minedTransaction as mined } from "../../src/chain/index.ts";
import type { SeatElection } from "../../typechain-types/index.ts";
import { pointOf } from "../model/elections/seatElection.ts";
import { EpochClock, type Service, type SlotParameters } from "../model/elections/slotElection.ts";
import type { Random } from "./random.ts";
import { seatsIn, SERVICES, type SeatWorld } from "./seatRun.ts";

/** A seed is the first 27 bytes of a `mixHash`. */
const SEED_SHIFT = 40n;

/** An election of seats in a known state, moved from block to block by a test. */
export class SeatBench<Contract extends SeatElection> {
  readonly world: SeatWorld<Contract>;
  readonly clock: EpochClock;

  private constructor(world: SeatWorld<Contract>, clock: EpochClock) {
    [this.world, this.clock] = [world, clock];
  }

  static async of<Contract extends SeatElection>(
    world: SeatWorld<Contract>,
    slots: Omit<SlotParameters, "genesis">,
  ): Promise<SeatBench<Contract>> {
    const genesis = Number(await world.election.GENESIS_BLOCK());
    return new SeatBench(world, new EpochClock({ genesis, ...slots }));
  }

  signer(i: number): HardhatEthersSigner {
    return this.world.signers[i]!;
  }

  address(i: number): string {
    return this.signer(i).address;
  }

  /** The election, called by a signer. */
  by(i: number): Contract {
    return this.world.election.connect(this.signer(i)) as Contract;
  }

  /** Lets the next transaction be in `block`. */
  at(block: number): Promise<void> {
    return this.world.network.moveTo(block);
  }

  /** Mines `block`, so that views see it. */
  seen(block: number): Promise<void> {
    return this.world.network.moveTo(block + 1);
  }

  /** Block of the next transaction. */
  async block(): Promise<number> {
    return (await this.world.network.next()).block;
  }

  /** Posts one batch. */
  post(i: number, leaves = 1): Promise<ContractTransactionResponse> {
    return this.world.consensus.post(this.address(i), [leaves]);
  }

  async service(slot: number): Promise<Service> {
    return SERVICES[Number(await this.world.election.serviceOf(slot))]!;
  }

  /** Ids of the seats of an epoch. */
  async ids(epoch: number): Promise<number[]> {
    const seats = Number(await this.world.election.SEATS());
    return seatsIn(await this.world.election.seatsOf(epoch), seats).map(({ id }) => id);
  }

  /** Misses of the seats of an epoch. */
  async misses(epoch: number): Promise<number[]> {
    const seats = Number(await this.world.election.SEATS());
    return seatsIn(await this.world.election.seatsOf(epoch), seats).map(({ misses }) => misses);
  }

  /** Seals a seed in the seed block of an epoch. */
  async seal(epoch: number, random: bigint): Promise<void> {
    await this.at(this.clock.seedBlock(epoch));
    await this.world.network.setRandom(random);
    await mined(this.world.election.seal());
  }

  /** Chooses the seed of an epoch so that the parties `wanted` are drawn for its seats, in order, and draws them. */
  async draw(epoch: number, wanted: readonly number[]): Promise<void> {
    await this.seal(epoch, await this.randomFor(epoch, wanted));
    await mined(this.world.election.drawSeats());
  }

  /** A `mixHash` that gives the seats to the parties `wanted`, for the weights that the epoch has now. */
  async randomFor(epoch: number, wanted: readonly number[]): Promise<bigint> {
    const { election } = this.world;
    const total = await election.totalWeight(epoch);
    const spans = new Map<number, readonly [bigint, bigint]>();
    let start = 0n;
    for (let id = 1; id <= Math.max(...wanted); id++) {
      const end = start + (await election.weightOf(id, epoch));
      spans.set(id, [start, end]);
      start = end;
    }
    for (let candidate = 1n; candidate < 1_000_000n; candidate++) {
      const seed = `0x${candidate.toString(16).padStart(54, "0")}`;
      const isFit = wanted.every((id, seat) => {
        const point = pointOf(seed, seat, total);
        const [from, to] = spans.get(id)!;
        return point >= from && point < to;
      });
      if (isFit) return candidate << SEED_SHIFT;
    }
    throw new Error(`no seed gives the seats to ${wanted}`);
  }
}

/** A `mixHash` whose seed is not 0. */
export const randomHash = (random: Random): bigint => ((1n + random.bigint(1n << 200n)) << SEED_SHIFT) % (1n << 256n);
