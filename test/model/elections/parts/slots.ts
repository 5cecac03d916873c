// SPDX-License-Identifier: MIT
import { Refusal } from "../../b52/refusal.ts";
import { ClockModel, type ClockParameters, type Moment } from "./clock.ts";
import type { Call, ConsensusModel, Role, RoleTerms, SelectorModel } from "./consensus.ts";

/** Fields of `SlotElection.SlotParameters`. */
export interface SlotParameters {
  readonly clock: ClockParameters;
  readonly silenceBlocks: bigint;
  /** Seconds. */
  readonly opensAfter: bigint;
}

/** `SlotElection.Service`, in its order. */
export const SERVICES = ["Running", "Unknown", "Unheld", "Served", "Excused", "Missed", "Counted"] as const;
export type Service = (typeof SERVICES)[number];

/** Times in which the ring was full that are kept. */
const FULL_TIMES = 8;

/** Batches of a slot, and their leaves that count towards a quota. */
export interface SlotRecord {
  holderBatches: bigint;
  otherBatches: bigint;
  holderLeaves: bigint;
  otherLeaves: bigint;
  /** 0 if its holder posted nothing. */
  lastHolderBlock: bigint;
  isMissed: boolean;
}

/** An election of the holders of slots, as in `SlotElection`. */
export abstract class SlotModel implements SelectorModel {
  readonly parameters: SlotParameters;
  readonly clock: ClockModel;
  readonly consensus: ConsensusModel;
  readonly #records = new Map<bigint, SlotRecord>();
  firstBlock = 0n;
  lastBlock = 0n;
  /** Times in which the ring was full: from the batch that filled it to the proof that made room. */
  readonly fullTimes: { readonly from: bigint; readonly until: bigint }[] = [];

  constructor(parameters: SlotParameters, genesisBlock: bigint, consensus: ConsensusModel) {
    [this.parameters, this.consensus] = [parameters, consensus];
    this.clock = new ClockModel(parameters.clock, genesisBlock);
  }

  get terms(): Readonly<Record<Role, RoleTerms>> {
    return {
      sequencer: { opensAfter: this.parameters.opensAfter, isHeard: true },
      aggregator: { opensAfter: 0n, isHeard: true },
    };
  }

  get quota(): bigint {
    const quarter = this.consensus.maxPendingLeaves / 4n;
    return quarter > 1n ? quarter : 1n;
  }

  /** Leaves of a call that count towards a quota: none while no more than a quota waits. */
  countedOf(leaves: bigint): bigint {
    return this.consensus.pendingLeaves + leaves <= this.quota ? 0n : leaves;
  }

  /** Holder of a slot; undefined if nobody holds it. */
  abstract holderOf(slot: bigint): string | undefined;

  /** Whether an account that does not hold a slot may post in it after so many blocks without a batch of its holder. */
  isOpenTo(_account: string, _slot: bigint, silence: bigint): boolean {
    return silence >= this.parameters.silenceBlocks;
  }

  /** Oldest slot whose miss can be counted, in the slot `current`. */
  oldestClaimable(current: bigint, _moment: Moment): bigint {
    const places = 2n * this.parameters.clock.epochSlots;
    return current < places ? 0n : current - places + 1n;
  }

  /** Of elections whose sets are frozen by epoch. */
  oldestOfFrozenSets(current: bigint, { block }: Moment): bigint {
    const epoch = this.clock.epochOf(current);
    const first = epoch * this.parameters.clock.epochSlots;
    return epoch > 0n && block < this.clock.changesFrom(epoch + 1n) ? first - this.parameters.clock.epochSlots : first;
  }

  recordOf(slot: bigint): SlotRecord {
    const empty = { holderBatches: 0n, otherBatches: 0n, holderLeaves: 0n, otherLeaves: 0n };
    return this.#records.get(slot) ?? { ...empty, lastHolderBlock: 0n, isMissed: false };
  }

  serviceOf(slot: bigint, moment: Moment): Service {
    const current = this.clock.slotAt(moment);
    if (slot >= current) return "Running";
    if (slot < this.oldestClaimable(current, moment)) return "Unknown";
    const record = this.recordOf(slot);
    if (record.isMissed) return "Counted";
    if (record.holderBatches > 0n) return "Served";
    if (this.firstBlock === 0n || this.clock.slotStart(slot) < this.firstBlock) return "Unheld";
    if (this.#wasFull(slot) || this.consensus.isFrozen) return "Excused";
    return this.holderOf(slot) === undefined ? "Unheld" : "Missed";
  }

  /** Block until which times are forgotten in which the ring was full; 0 if none is. */
  get forgottenUntil(): bigint {
    return this.fullTimes.at(-1 - FULL_TIMES)?.until ?? 0n;
  }

  /** Whether the ring was, or may have been, full in the last blocks of a slot that is over. */
  #wasFull(slot: bigint): boolean {
    const end = this.clock.slotStart(slot + 1n);
    const from = end - this.parameters.silenceBlocks;
    const isNow = this.consensus.isFull && this.lastBlock < end;
    const kept = this.fullTimes.slice(-FULL_TIMES);
    return isNow || this.forgottenUntil >= from || kept.some((time) => time.until >= from && time.from < end);
  }

  /**
   * Counts a miss, and returns the holder.
   *
   * @throws {Refusal} `NotMissed`
   */
  countMiss(slot: bigint, moment: Moment): string {
    const service = this.serviceOf(slot, moment);
    const holder = this.holderOf(slot);
    if (service !== "Missed" || holder === undefined) throw new Refusal("NotMissed", `slot ${slot}: ${service}`);
    this.#records.set(slot, { ...this.recordOf(slot), isMissed: true });
    return holder;
  }

  decide({ account, role, leaves }: Call, moment: Moment): boolean {
    if (role === "aggregator") return true;
    const slot = this.clock.slotAt(moment);
    const holder = this.holderOf(slot);
    const record = this.recordOf(slot);
    const counted = this.countedOf(leaves);
    if (account === holder) return counted === 0n || record.holderLeaves + counted <= this.quota;
    const start = this.clock.slotStart(slot);
    const since = record.lastHolderBlock > start ? record.lastHolderBlock : start;
    const isHeld = holder !== undefined && record.holderLeaves < this.quota;
    if (isHeld && !this.isOpenTo(account, slot, moment.block - since)) return false;
    return counted === 0n || record.otherLeaves + counted <= this.quota;
  }

  record({ account, role, first, last, leaves }: Call, moment: Moment): void {
    if (role === "aggregator") {
      if (this.consensus.isFull) this.fullTimes.push({ from: this.lastBlock, until: moment.block });
      return;
    }
    const slot = this.clock.slotAt(moment);
    const counted = this.countedOf(leaves);
    const record = { ...this.recordOf(slot) };
    if (account === this.holderOf(slot)) {
      record.holderBatches += last - first + 1n;
      record.holderLeaves += counted;
      record.lastHolderBlock = moment.block;
    } else {
      record.otherBatches += last - first + 1n;
      record.otherLeaves += counted;
    }
    this.#records.set(slot, record);
    if (this.firstBlock === 0n) this.firstBlock = moment.block;
    this.lastBlock = moment.block;
  }
}
