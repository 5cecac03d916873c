// SPDX-License-Identifier: MIT
import { Refusal } from "../../b52/refusal.ts";
import type { ClockModel, Moment } from "./clock.ts";

/** Blocks between the freeze of a set and its seed block. */
export const SEED_DELAY = 64n;
/** Seeds that are kept. */
const SEEDS = 8n;

/** Seeds of epochs, as in `Seed`. The model knows the `mixHash` of each block; headers are left out. */
export class SeedsModel {
  readonly #clock: ClockModel;
  readonly #randomOf: (block: bigint) => bigint;
  readonly #seeds = new Map<bigint, bigint>();

  /** @param randomOf `mixHash` of a block */
  constructor(clock: ClockModel, randomOf: (block: bigint) => bigint) {
    [this.#clock, this.#randomOf] = [clock, randomOf];
  }

  seedBlock(epoch: bigint): bigint {
    return this.#clock.freezeBlock(epoch) + SEED_DELAY;
  }

  /** First 216 bits of the `mixHash`, or 0. */
  seedOf(epoch: bigint): bigint {
    const isGone = [...this.#seeds.keys()].some((later) => later > epoch && later % SEEDS === epoch % SEEDS);
    return isGone ? 0n : (this.#seeds.get(epoch) ?? 0n);
  }

  /** @throws {Refusal} `NotSeedBlock`, `AlreadySealed` */
  seal(moment: Moment): void {
    const epoch = this.#clock.epochAt(moment) + 1n;
    if (moment.block !== this.seedBlock(epoch)) throw new Refusal("NotSeedBlock", `block ${moment.block}`);
    this.#seal(epoch);
  }

  /**
   * @param block whose header is shown
   * @throws {Refusal} `NotSeedBlock`, `WrongHeader`, `AlreadySealed`
   */
  sealByHeader(block: bigint, moment: Moment): void {
    const epoch = this.#clock.epochAt(moment) + 1n;
    if (moment.block <= this.seedBlock(epoch)) throw new Refusal("NotSeedBlock", `block ${moment.block}`);
    if (block !== this.seedBlock(epoch)) throw new Refusal("WrongHeader", `header of block ${block}`);
    this.#seal(epoch);
  }

  #seal(epoch: bigint): void {
    if (this.#seeds.has(epoch)) throw new Refusal("AlreadySealed", `epoch ${epoch}`);
    this.#seeds.set(epoch, this.#randomOf(this.seedBlock(epoch)) >> 40n);
  }
}
