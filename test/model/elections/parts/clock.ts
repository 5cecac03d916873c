// SPDX-License-Identifier: MIT
import { Refusal } from "../../b52/refusal.ts";

/** Fields of `EpochClock.ClockParameters`. */
export interface ClockParameters {
  readonly slotBlocks: bigint;
  readonly epochSlots: bigint;
}

/** A moment on L1. */
export interface Moment {
  readonly block: bigint;
  /** Unix seconds. */
  readonly time: bigint;
}

/** Slots and epochs, as in `EpochClock`. */
export class ClockModel {
  readonly parameters: ClockParameters;
  /** First block of slot 0. */
  readonly genesisBlock: bigint;

  constructor(parameters: ClockParameters, genesisBlock: bigint) {
    [this.parameters, this.genesisBlock] = [parameters, genesisBlock];
  }

  slotAt({ block }: Moment): bigint {
    return (block - this.genesisBlock) / this.parameters.slotBlocks;
  }

  slotStart(slot: bigint): bigint {
    return this.genesisBlock + slot * this.parameters.slotBlocks;
  }

  epochOf(slot: bigint): bigint {
    return slot / this.parameters.epochSlots;
  }

  epochAt(moment: Moment): bigint {
    return this.epochOf(this.slotAt(moment));
  }

  epochStart(epoch: bigint): bigint {
    return this.slotStart(epoch * this.parameters.epochSlots);
  }

  /** First block in which the set of an epoch may change. */
  changesFrom(epoch: bigint): bigint {
    return this.slotStart((epoch - 1n) * this.parameters.epochSlots + this.parameters.epochSlots / 4n);
  }

  /** First block in which the set of an epoch is frozen. */
  freezeBlock(epoch: bigint): bigint {
    return this.slotStart((epoch - 1n) * this.parameters.epochSlots + this.parameters.epochSlots / 2n);
  }

  /**
   * Returns the next epoch, whose set may change.
   *
   * @throws {Refusal} `SetClosed`
   */
  openEpoch(moment: Moment): bigint {
    const epoch = this.epochAt(moment) + 1n;
    if (moment.block < this.changesFrom(epoch) || moment.block >= this.freezeBlock(epoch)) {
      throw new Refusal("SetClosed", `the set of epoch ${epoch} cannot change in block ${moment.block}`);
    }
    return epoch;
  }
}
