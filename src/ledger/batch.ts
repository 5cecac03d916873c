// SPDX-License-Identifier: MIT
import type { Header } from "../codec/index.ts";
import type { Field } from "../field.ts";
import { leafBytes, type Profile } from "../profile.ts";
import {
  batchDataHash,
  commitLeafData,
  encodeLeafData,
  evaluateLeafData,
  evaluationPoint,
  type LeafData,
} from "./commitment.ts";
import { applyLeaf, type Environment, type LeafResult } from "./leaf.ts";
import type { State } from "./state.ts";

/** A batch as it is posted on L1. */
export interface Batch {
  /** `forcedCount` is the batch's total. */
  readonly header: Header;
  /** Forced slots as L1 wrote them, then the sequencer's bytes, without padding. */
  readonly data: Uint8Array;
}

/** Effects of a batch. */
export interface BatchResult {
  /** The state after the batch. */
  readonly state: State;
  /** Results of the leaves, in order. */
  readonly leaves: readonly LeafResult[];
  /** 32 bytes in hex. */
  readonly dataHash: string;
  /** Point at which L1 and the circuits evaluate the data. */
  readonly z: Field;
  /** Sum over the leaves, in units of the fee token. */
  readonly proverFees: bigint;
}

/** Number of leaf proofs that `length` posted bytes need; at least one. */
export const leafCount = (profile: Profile, length: number): number =>
  Math.max(1, Math.ceil(length / leafBytes(profile)));

/** The batch's leaves: data padded with zeros, and each its share of the forced operations (docs/protocol.md §4). */
export function splitBatch(profile: Profile, { header, data }: Batch): { header: Header; bytes: Uint8Array }[] {
  const size = leafBytes(profile);
  return Array.from({ length: leafCount(profile, data.length) }, (_, i) => {
    const bytes = new Uint8Array(size);
    bytes.set(data.subarray(i * size, (i + 1) * size));
    const forcedCount = Math.min(Math.max(header.forcedCount - i * profile.slots, 0), profile.slots);
    return { header: { ...header, forcedCount }, bytes };
  });
}

/** The true commitments of a batch's leaves. They depend on nothing but the posted bytes (docs/protocol.md §6). */
export const commitToData = (profile: Profile, data: Uint8Array): Field[] =>
  leafData(profile, data).map(commitLeafData);

/** The evaluations of a batch's leaves at `z`. */
export const evaluateData = (profile: Profile, data: Uint8Array, z: bigint): Field[] =>
  leafData(profile, data).map((leaf) => evaluateLeafData(leaf, z));

function leafData(profile: Profile, data: Uint8Array): LeafData[] {
  const header = { baseFee: 0n, feeToken: 0n, feeAccount: 0, forcedCount: 0, timestamp: 0n };
  return splitBatch(profile, { header, data }).map((leaf) => encodeLeafData(leaf.header, leaf.bytes));
}

/** Applies a batch, leaf by leaf. Every `data` has exactly one result. @throws {ProtocolError} as `applyLeaf` */
export function applyBatch(profile: Profile, before: State, batch: Batch, environment: Environment): BatchResult {
  const leaves: LeafResult[] = [];
  let state = before;
  for (const leaf of splitBatch(profile, batch)) {
    const result = applyLeaf(profile, state, leaf, environment);
    leaves.push(result);
    state = result.state;
  }
  const dataHash = batchDataHash(batch.data);
  return {
    state,
    leaves,
    dataHash,
    z: evaluationPoint(
      dataHash,
      leaves.map(({ c }) => c),
    ),
    proverFees: leaves.reduce((sum, leaf) => sum + leaf.proverFees, 0n),
  };
}
