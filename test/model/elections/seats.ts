// SPDX-License-Identifier: MIT
import { keccak_256 } from "@noble/hashes/sha3";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils";

import { Refusal } from "../b52/refusal.ts";
import {
  BalancesModel,
  CAPACITY,
  MAX_TOTAL,
  SeedsModel,
  SlotModel,
  WeightsModel,
  type ConsensusModel,
  type Moment,
  type SlotParameters,
} from "./parts/index.ts";

/** Amounts in the native token, rates in 1/10,000. The names are those of `SeatElection.SeatParameters`. */
export interface SeatParameters {
  readonly minStake: bigint;
  readonly seats: bigint;
  readonly maxMisses: bigint;
  readonly leakRate: bigint;
  readonly exitEpochs: bigint;
}

/** The places that an election is deployed with and bound to. */
export interface SeatSurroundings {
  readonly genesisBlock: bigint;
  readonly consensus: ConsensusModel;
  /** `mixHash` of a block. */
  readonly randomOf: (block: bigint) => bigint;
  readonly hasSlasher?: boolean;
}

export interface Seat {
  readonly id: number;
  misses: bigint;
}

export interface Turns {
  readonly holder: string | undefined;
  readonly backup: string | undefined;
  readonly isEjected: boolean;
}

export const MAX_ID = CAPACITY - 1;
export const RATE_UNIT = 10_000n;
const MIN_WEIGHT = 16n;
const MAX_WEIGHT = MAX_TOTAL / BigInt(CAPACITY);

export function fail(code: string): never {
  throw new Refusal(code, code);
}

export const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

export const ceilDiv = (a: bigint, b: bigint): bigint => (a + b - 1n) / b;

/** `amount · rate / 10,000`, rounded up. */
export const partOf = (amount: bigint, rate: bigint): bigint => ceilDiv(amount * rate, RATE_UNIT);

/** Randomness of a seat: `keccak256(abi.encode(seed, seat))`. A seed has 216 bits. */
export function randomOfSeat(seed: bigint, seat: number): bigint {
  const words = seed.toString(16).padStart(54, "0").padEnd(64, "0") + seat.toString(16).padStart(64, "0");
  return BigInt(`0x${bytesToHex(keccak_256(hexToBytes(words)))}`);
}

/** Seats of an epoch as in docs/elections/stakeRotation.md. */
export abstract class SeatModel extends SlotModel {
  readonly rules: SeatParameters;
  readonly maxStake: bigint;
  readonly seeds: SeedsModel;
  readonly weights = new WeightsModel();
  readonly balances = new BalancesModel();
  readonly hasSlasher: boolean;
  /** Seats by epoch. */
  readonly drawn = new Map<bigint, readonly Seat[]>();
  burned = 0n;

  constructor(slots: SlotParameters, rules: SeatParameters, surroundings: SeatSurroundings) {
    const { genesisBlock, consensus, randomOf, hasSlasher = false } = surroundings;
    super(slots, genesisBlock, consensus);
    this.hasSlasher = hasSlasher;
    [this.rules, this.maxStake] = [rules, (MAX_WEIGHT * rules.minStake) / MIN_WEIGHT];
    this.seeds = new SeedsModel(this.clock, randomOf);
  }

  // ─── Sets and draws ────────────────────────────────────────────────────────────────────────────────────────────────

  /** Epoch from which on a change counts. */
  openSet(moment: Moment): bigint {
    const next = this.clock.epochAt(moment) + 1n;
    return moment.block >= this.clock.freezeBlock(next) ? next + 1n : next;
  }

  protected setStake(id: number, stake: bigint, moment: Moment): void {
    this.weights.set(id, this.#weightFor(stake), this.openSet(moment));
  }

  #weightFor(stake: bigint): bigint {
    return least((stake * MIN_WEIGHT) / this.rules.minStake, MAX_WEIGHT);
  }

  /** Lowest stake that takes the place of another one. @throws {Refusal} `AboveMean` */
  protected minimumBid(replaced: bigint, moment: Moment): bigint {
    const limit = (2n * this.weights.total(this.openSet(moment))) / BigInt(MAX_ID);
    if (this.#weightFor(replaced) > limit) fail("AboveMean");
    const raised = replaced + ceilDiv(replaced, 10n);
    return raised > this.rules.minStake ? raised : this.rules.minStake;
  }

  /** @throws {Refusal} `NotSealed`, `AlreadyDrawn`, `NothingToDraw` */
  drawSeats(moment: Moment): void {
    const epoch = this.clock.epochAt(moment) + 1n;
    const seed = this.seeds.seedOf(epoch);
    if (seed === 0n) fail("NotSealed");
    if (this.drawn.has(epoch)) fail("AlreadyDrawn");
    const seats = Array.from({ length: Number(this.rules.seats) }, (_, seat) => ({
      id: this.weights.draw(randomOfSeat(seed, seat), epoch),
      misses: 0n,
    }));
    this.drawn.set(epoch, seats);
  }

  isScheduled(id: number, epoch: bigint): boolean {
    return this.drawn.get(epoch)?.some((seat) => seat.id === id) ?? false;
  }

  /** @throws {Refusal} `NotDrawn`, `Scheduled` */
  protected requireUnscheduled(id: number, moment: Moment): void {
    const [current, frozen] = [this.clock.epochAt(moment), this.openSet(moment) - 1n];
    if (frozen > current && !this.drawn.has(frozen)) fail("NotDrawn");
    if (this.isScheduled(id, current) || this.isScheduled(id, frozen)) fail("Scheduled");
  }

  protected exitEpoch(moment: Moment): bigint {
    return this.openSet(moment) - 1n + this.rules.exitEpochs;
  }

  // ─── Turns ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The seat that has a slot. */
  seatOf(slot: bigint): Seat | undefined {
    return this.drawn.get(this.clock.epochOf(slot))?.[this.#placeOf(slot)];
  }

  turnsOf(slot: bigint): Turns {
    const seats = this.drawn.get(this.clock.epochOf(slot));
    const own = this.seatOf(slot);
    if (seats === undefined || own === undefined) return { holder: undefined, backup: undefined, isEjected: false };
    const order = seats.map((_, i) => seats[(this.#placeOf(slot) + i) % seats.length]!);
    const backup = order.find((seat) => seat.id !== own.id && !this.#isEjected(seat));
    return {
      holder: this.accountOf(own.id),
      backup: backup && this.accountOf(backup.id),
      isEjected: this.#isEjected(own),
    };
  }

  override holderOf(slot: bigint): string | undefined {
    return this.turnsOf(slot).holder;
  }

  override isOpenTo(account: string, slot: bigint, silence: bigint): boolean {
    const { backup, isEjected } = this.turnsOf(slot);
    const step = this.parameters.silenceBlocks;
    const counted = isEjected ? silence + step : silence;
    return counted >= 2n * step || (counted >= step && account === backup);
  }

  // ─── Misses ────────────────────────────────────────────────────────────────────────────────────────────────────────

  override oldestClaimable(current: bigint): bigint {
    const epoch = this.clock.epochOf(current);
    return epoch === 0n ? 0n : (epoch - 1n) * this.parameters.clock.epochSlots;
  }

  /** @throws {Refusal} `NotMissed`, `SeatEjected` */
  reportMiss(slot: bigint, moment: Moment): void {
    const seat = this.seatOf(slot);
    if (seat && this.#isEjected(seat) && this.serviceOf(slot, moment) === "Missed") fail("SeatEjected");
    this.countMiss(slot, moment);
    seat!.misses++;
    const price = this.priceOfMiss(seat!.id);
    this.take(seat!.id, price, moment);
    this.burned += price;
  }

  // ─── Slashes ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Owner of a party, and the stake that can be slashed. */
  abstract stakeOf(id: number): { owner: string; stake: bigint } | undefined;

  /** A slash by the slasher. */
  slash(id: number, amount: bigint, moment: Moment): void {
    const slashed = least(amount, this.stakeOf(id)?.stake ?? 0n);
    if (slashed === 0n) return;
    this.take(id, slashed, moment);
    this.burned += slashed;
  }

  /** Votes of a party in the epoch, and of all; 0 in its second half. */
  votesOf(id: number, moment: Moment): { votes: bigint; total: bigint } {
    const epoch = this.clock.epochAt(moment);
    if (this.openSet(moment) !== epoch + 1n) return { votes: 0n, total: 0n };
    return { votes: this.weights.weightOf(id, epoch), total: this.weights.total(epoch) };
  }

  /** All stakes in the newest frozen set. */
  totalStake(moment: Moment): bigint {
    return (this.weights.total(this.openSet(moment) - 1n) * this.rules.minStake) / MIN_WEIGHT;
  }

  /** Account that acts for a party. */
  protected abstract accountOf(id: number): string | undefined;

  /** Takes an amount, at most the stake, from a party. */
  protected abstract take(id: number, amount: bigint, moment: Moment): void;

  protected priceOfMiss(id: number): bigint {
    return partOf(this.stakeOf(id)?.stake ?? 0n, this.rules.leakRate);
  }

  #isEjected({ misses }: Seat): boolean {
    return misses >= this.rules.maxMisses;
  }

  /** Number of the seat that has a slot. */
  #placeOf(slot: bigint): number {
    return Number((slot % this.parameters.clock.epochSlots) % this.rules.seats);
  }
}
