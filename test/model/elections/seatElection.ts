// SPDX-License-Identifier: MIT
import { keccak_256 } from "@noble/hashes/sha3";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils";

import { fail, SlotElectionModel, type Moment, type SlotParameters } from "./slotElection.ts";

/** Amounts in the native token, rates in 1/10,000. The names are those of `SeatElection.SeatParameters`. */
export interface SeatParameters {
  readonly minStake: bigint;
  readonly seats: number;
  readonly maxMisses: number;
  readonly leakRate: bigint;
  readonly exitEpochs: number;
}

interface Seat {
  readonly id: number;
  misses: number;
}

export interface Turns {
  readonly holder: string | undefined;
  readonly backup: string | undefined;
  readonly isEjected: boolean;
}

export const SEED_DELAY = 32;
export const MAX_ID = 1_023;
export const RATE_UNIT = 10_000n;
const MIN_WEIGHT = 16n;
const MAX_WEIGHT = 2n ** 18n - 1n;

export const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** `amount · rate / 10,000`, rounded up. */
export const partOf = (amount: bigint, rate: bigint): bigint => (amount * rate + RATE_UNIT - 1n) / RATE_UNIT;

/** Where in `0 … total − 1` the draw of a seat falls; `seed` is 27 bytes in hexadecimal with 0x. */
export function pointOf(seed: string, seat: number, total: bigint): bigint {
  const words = seed.slice(2).padEnd(64, "0") + seat.toString(16).padStart(64, "0");
  return BigInt(`0x${bytesToHex(keccak_256(hexToBytes(words)))}`) % total;
}

/** Seats of an epoch as in docs/elections/stakeRotation.md. */
export abstract class SeatElectionModel extends SlotElectionModel {
  readonly seats: SeatParameters;
  readonly maxStake: bigint;
  readonly seeds = new Map<number, string>();
  readonly drawn = new Map<number, readonly Seat[]>();
  /** Weights by id, each with the set from which on it counts, in the order of the calls. */
  readonly #weights = new Map<number, { readonly set: number; readonly weight: bigint }[]>();
  burned = 0n;

  constructor(slots: SlotParameters, seats: SeatParameters, maxPendingLeaves: number, time: number) {
    super(slots, maxPendingLeaves, time);
    [this.seats, this.maxStake] = [seats, (MAX_WEIGHT * seats.minStake) / MIN_WEIGHT];
  }

  // ─── Sets ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Set in which a change counts first. */
  openSet(block: number): number {
    const next = this.epochAt(block) + 1;
    return block >= this.freezeBlock(next) ? next + 1 : next;
  }

  weightOf(id: number, set: number): bigint {
    return this.#weights.get(id)?.findLast((change) => change.set <= set)?.weight ?? 0n;
  }

  totalWeight(set: number): bigint {
    return [...this.#weights.keys()].reduce((sum, id) => sum + this.weightOf(id, set), 0n);
  }

  protected setStake(id: number, stake: bigint, { block }: Moment): void {
    const weight = least((stake * MIN_WEIGHT) / this.seats.minStake, MAX_WEIGHT);
    this.#weights.set(id, [...(this.#weights.get(id) ?? []), { set: this.openSet(block), weight }]);
  }

  // ─── Draws ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  seedBlock(epoch: number): number {
    return this.freezeBlock(epoch) + SEED_DELAY;
  }

  /**
   * @param random `mixHash` of the block
   * @throws {Refusal} `NotSeedBlock`, `AlreadySealed`
   */
  seal(random: string, { block }: Moment): void {
    const epoch = this.epochAt(block) + 1;
    if (block !== this.seedBlock(epoch)) fail("NotSeedBlock");
    if (this.seeds.has(epoch)) fail("AlreadySealed");
    this.seeds.set(epoch, random.slice(0, 2 + 2 * 27));
  }

  /** The party whose weights, added in the order of the ids, hold a point. */
  partyAt(point: bigint, set: number): number {
    let rest = point;
    for (const id of [...this.#weights.keys()].sort((a, b) => a - b)) {
      const weight = this.weightOf(id, set);
      if (rest < weight) return id;
      rest -= weight;
    }
    throw new Error(`${point} is beyond the weights of set ${set}`);
  }

  /** @throws {Refusal} `NotSealed`, `AlreadyDrawn`, `NothingToDraw` */
  drawSeats({ block }: Moment): void {
    const epoch = this.epochAt(block) + 1;
    const seed = this.seeds.get(epoch) ?? fail("NotSealed");
    if (this.drawn.has(epoch)) fail("AlreadyDrawn");
    const total = this.totalWeight(epoch);
    if (total === 0n) fail("NothingToDraw");
    const points = Array.from({ length: this.seats.seats }, (_, seat) => pointOf(seed, seat, total));
    this.drawn.set(
      epoch,
      points.map((point) => ({ id: this.partyAt(point, epoch), misses: 0 })),
    );
  }

  // ─── Turns ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Number of the seat that has a slot. */
  seatOf(slot: number): number {
    return (slot % this.slots.epochSlots) % this.seats.seats;
  }

  turnsOf(slot: number): Turns {
    const seats = this.drawn.get(this.epochOf(slot));
    if (seats === undefined) return { holder: undefined, backup: undefined, isEjected: false };
    const order = seats.map((_, i) => seats[(this.seatOf(slot) + i) % seats.length]!);
    const [own] = order;
    const backup = order.find((seat) => seat.id !== own!.id && !this.#isEjected(seat));
    return {
      holder: this.accountOf(own!.id),
      backup: backup && this.accountOf(backup.id),
      isEjected: this.#isEjected(own!),
    };
  }

  override holderOf(slot: number): string | undefined {
    return this.turnsOf(slot).holder;
  }

  protected override isOpenTo(account: string, slot: number, silence: number): boolean {
    const { backup, isEjected } = this.turnsOf(slot);
    const step = this.slots.silenceBlocks;
    const counted = isEjected ? silence + step : silence;
    return counted >= 2 * step || (counted >= step && account === backup);
  }

  // ─── Misses ────────────────────────────────────────────────────────────────────────────────────────────────────────

  protected override oldestClaimable(current: number): number {
    return Math.max(this.epochOf(current) - 1, 0) * this.slots.epochSlots;
  }

  /** @throws {Refusal} `NotMissed`, `SeatEjected` */
  reportMiss(slot: number, now: Moment): void {
    const seat = this.drawn.get(this.epochOf(slot))?.[this.seatOf(slot)];
    if (seat && this.#isEjected(seat) && this.serviceOf(slot, now) === "Missed") fail("SeatEjected");
    this.countMiss(slot, now);
    seat!.misses++;
    this.burned += this.leak(seat!.id, now);
  }

  isScheduled(id: number, epoch: number): boolean {
    return this.drawn.get(epoch)?.some((seat) => seat.id === id) ?? false;
  }

  /** @throws {Refusal} `NotDrawn`, `Scheduled` */
  protected requireUnscheduled(id: number, { block }: Moment): void {
    const [current, frozen] = [this.epochAt(block), this.openSet(block) - 1];
    if (frozen > current && !this.drawn.has(frozen)) fail("NotDrawn");
    for (let epoch = current; epoch <= frozen; epoch++) if (this.isScheduled(id, epoch)) fail("Scheduled");
  }

  protected exitEpoch(block: number): number {
    return this.openSet(block) - 1 + this.seats.exitEpochs;
  }

  #isEjected({ misses }: Seat): boolean {
    return misses >= this.seats.maxMisses;
  }

  protected abstract accountOf(id: number): string | undefined;

  /** Takes the price of a miss from a party's stake, and gives it. */
  protected abstract leak(id: number, now: Moment): bigint;
}
