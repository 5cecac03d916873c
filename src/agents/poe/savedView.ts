// SPDX-License-Identifier: MIT
import type { LeafEffects } from "../ledgerNode.ts";
import type { Saved } from "../nodeStorage.ts";
import type { CoreFacts, CoreItem, LengthsOf } from "../savedCore.ts";
import type { BatchRecord } from "./rollupView.ts";

/** Facts of a view that a block of L1 may change. */
export interface SavedFacts extends CoreFacts {
  readonly isConsensusDeployed: boolean;
  /** Of the batches, 27 bytes in hex. */
  readonly accumulator: string;
  /** Number of proven batches. */
  readonly verified: number;
  /** Number of forced operations in batches. */
  readonly sequencedForced: number;
  /** Number of batches in the state that is saved with these facts: all of them are proven, and their departures done. */
  readonly base: number;
}

/** A batch without the work of its execution. */
export interface SavedBatch {
  readonly record: BatchRecord;
  readonly data: Uint8Array;
  readonly postedAt: number;
  readonly openings: string;
  readonly truthful: boolean;
  readonly context: bigint;
  readonly proverFees: bigint;
  readonly stateRoot: bigint;
  readonly leaves: readonly LeafEffects[];
  /** Operations that requested its departures. */
  readonly departures: readonly number[];
}

/**
 * A proof that L1 accepted, as it logged it (`IProofOfEfficiency.BatchesVerified`): its batches are final. L1 keeps
 * nothing of an old proof in its state, so of the proofs in a snapshot `aggregator` and `reward` are not known.
 */
export interface SavedProof {
  /** First batch that it proved: those before it were proven already. */
  readonly from: number;
  /** Last batch that it proved. */
  readonly to: number;
  /** L1 block; of a proof in a snapshot the snapshot's block, in which it was there already. */
  readonly block: number;
  /** L1 address that was paid. */
  readonly aggregator: string | undefined;
  /** Batch fees, and bonds of false commitments, of all its batches, in the native token's smallest unit. */
  readonly reward: bigint | undefined;
}

/** An item of each list of a view. */
export interface SavedItem extends CoreItem {
  readonly batch: SavedBatch;
  readonly proof: SavedProof;
}

export type SavedLengths = LengthsOf<SavedItem>;

/** Every list once: a list that is missing here would not be saved. */
const LISTS: Readonly<Record<keyof SavedItem, true>> = {
  forced: true,
  settlement: true,
  request: true,
  arrival: true,
  departure: true,
  delivered: true,
  batch: true,
  proof: true,
};

/** The names of the lists. */
export const SAVED_LISTS = Object.keys(LISTS) as readonly (keyof SavedItem)[];

export type SavedView = Saved<SavedFacts, SavedItem>;
