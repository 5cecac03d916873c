// SPDX-License-Identifier: MIT
import { Refusal } from "../b52/refusal.ts";

/** Spans in blocks of L1, `opensAfter` in seconds. The names are those of `SlotElection.SlotParameters`. */
export interface SlotParameters {
  /** First block of slot 0. */
  readonly genesis: number;
  readonly slotBlocks: number;
  readonly epochSlots: number;
  readonly silenceBlocks: number;
  readonly opensAfter: number;
}

/** A moment on L1: a block, and its time in unix seconds. */
export interface Moment {
  readonly block: number;
  readonly time: number;
}

export type Service = "Running" | "Unknown" | "Unheld" | "Served" | "Excused" | "Missed" | "Counted";

interface SlotRecord {
  holderBatches: number;
  otherBatches: number;
  holderLeaves: number;
  otherLeaves: number;
  lastHolderBlock: number;
  isMissed: boolean;
}

export function fail(code: string): never {
  throw new Refusal(code, code);
}

/**
 * Slots as in docs/elections.md, with the batches of a consensus as `MockConsensus` counts them. Nothing is ever
 * forgotten, so the rings of the contract show if they forget too early.
 */
export abstract class SlotElectionModel {
  readonly slots: SlotParameters;
  readonly maxPendingLeaves: number;
  readonly records = new Map<number, SlotRecord>();
  isFrozen = false;
  firstBlock = 0;
  lastBlock = 0;
  fullUntil = 0;
  /** Leaves of each batch, from batch 1 on. */
  readonly batches: number[] = [];
  verified = 0;
  /** Time of the last batch, or of the beginning. */
  lastTime: number;

  constructor(slots: SlotParameters, maxPendingLeaves: number, time: number) {
    [this.slots, this.maxPendingLeaves, this.lastTime] = [slots, maxPendingLeaves, time];
  }

  // ─── The clock ─────────────────────────────────────────────────────────────────────────────────────────────────────

  slotAt(block: number): number {
    return Math.floor((block - this.slots.genesis) / this.slots.slotBlocks);
  }

  slotStart(slot: number): number {
    return this.slots.genesis + slot * this.slots.slotBlocks;
  }

  epochOf(slot: number): number {
    return Math.floor(slot / this.slots.epochSlots);
  }

  epochAt(block: number): number {
    return this.epochOf(this.slotAt(block));
  }

  epochStart(epoch: number): number {
    return this.slotStart(epoch * this.slots.epochSlots);
  }

  freezeBlock(epoch: number): number {
    return this.slotStart((epoch - 1) * this.slots.epochSlots + this.slots.epochSlots / 2);
  }

  // ─── Batches ───────────────────────────────────────────────────────────────────────────────────────────────────────

  get pendingLeaves(): number {
    return this.batches.slice(this.verified).reduce((sum, leaves) => sum + leaves, 0);
  }

  get quota(): number {
    return Math.max(1, Math.floor(this.maxPendingLeaves / 4));
  }

  recordOf(slot: number): SlotRecord {
    return (
      this.records.get(slot) ?? {
        ...{ holderBatches: 0, otherBatches: 0, holderLeaves: 0, otherLeaves: 0 },
        ...{ lastHolderBlock: 0, isMissed: false },
      }
    );
  }

  /** Whether the election lets an account post so many leaves, if the consensus asks it. */
  isAllowed(account: string, leaves: number, { block }: Moment): boolean {
    const slot = this.slotAt(block);
    const [record, holder] = [this.recordOf(slot), this.holderOf(slot)];
    if (account === holder) return record.holderLeaves + leaves <= this.quota;
    if (holder !== undefined) {
      const silence = block - Math.max(this.slotStart(slot), record.lastHolderBlock);
      if (!this.isOpenTo(account, slot, silence)) return false;
    }
    return record.otherLeaves + leaves <= this.quota;
  }

  /** @throws {Refusal} `NotAllowed`, `TooManyPendingLeaves` */
  post(account: string, batches: readonly number[], now: Moment): void {
    const leaves = batches.reduce((sum, each) => sum + each, 0);
    const isOpen = now.time >= this.lastTime + this.slots.opensAfter;
    if (!isOpen && !this.isAllowed(account, leaves, now)) fail("NotAllowed");
    if (this.pendingLeaves + leaves > this.maxPendingLeaves) fail("TooManyPendingLeaves");
    const slot = this.slotAt(now.block);
    const record = this.recordOf(slot);
    if (account === this.holderOf(slot)) {
      record.holderBatches += batches.length;
      record.holderLeaves += leaves;
      record.lastHolderBlock = now.block;
    } else {
      record.otherBatches += batches.length;
      record.otherLeaves += leaves;
    }
    this.records.set(slot, record);
    if (this.firstBlock === 0) this.firstBlock = now.block;
    [this.lastBlock, this.lastTime] = [now.block, now.time];
    this.batches.push(...batches);
  }

  /** @throws {Refusal} `NotSequenced` */
  prove(count: number, { block }: Moment): void {
    if (this.verified + count > this.batches.length) fail("NotSequenced");
    if (this.pendingLeaves >= this.maxPendingLeaves) this.fullUntil = block;
    this.verified += count;
  }

  // ─── Misses ────────────────────────────────────────────────────────────────────────────────────────────────────────

  serviceOf(slot: number, { block }: Moment): Service {
    const current = this.slotAt(block);
    if (slot >= current) return "Running";
    if (slot < this.oldestClaimable(current)) return "Unknown";
    const record = this.recordOf(slot);
    if (record.isMissed) return "Counted";
    if (record.holderBatches > 0) return "Served";
    const start = this.slotStart(slot);
    if (this.firstBlock === 0 || start < this.firstBlock) return "Unheld";
    if (this.fullUntil >= start) return "Excused";
    if (this.pendingLeaves >= this.maxPendingLeaves && this.lastBlock < this.slotStart(slot + 1)) return "Excused";
    if (this.isFrozen) return "Excused";
    return this.holderOf(slot) === undefined ? "Unheld" : "Missed";
  }

  /** @throws {Refusal} `NotMissed` */
  protected countMiss(slot: number, now: Moment): void {
    if (this.serviceOf(slot, now) !== "Missed") fail("NotMissed");
    this.records.set(slot, { ...this.recordOf(slot), isMissed: true });
  }

  abstract holderOf(slot: number): string | undefined;

  protected abstract isOpenTo(account: string, slot: number, silence: number): boolean;

  protected abstract oldestClaimable(current: number): number;
}
