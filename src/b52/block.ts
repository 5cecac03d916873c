// SPDX-License-Identifier: MIT
import type { Header } from "../codec/index.ts";
import {
  applyBatch,
  applyLeaf,
  evaluationPoint,
  type Batch,
  type Environment,
  type LeafResult,
  type State,
} from "../ledger/index.ts";
import type { Field } from "../field.ts";
import { leafBytes, type Profile } from "../profile.ts";
import { treeSize } from "./nodes.ts";

/** A block's one result. */
export interface BlockResult {
  /** The state after the block. */
  readonly state: State;
  /** 2, 4 or 8: those of the data, then empty ones. */
  readonly leaves: readonly LeafResult[];
  /** 32 bytes in hex. */
  readonly dataHash: string;
  /** Point at which L1 and the circuits evaluate the data. */
  readonly z: Field;
}

/**
 * Adds empty leaves until a proof tree is full (docs/b52.md §2).
 *
 * @param header of the block; the empty leaves have no forced operations
 * @throws {ProtocolError} `OUT_OF_RANGE` for no leaves, or more than eight
 */
export function padLeaves(profile: Profile, leaves: readonly LeafResult[], header: Header): LeafResult[] {
  const padded = [...leaves];
  const size = treeSize(leaves.length);
  for (let last = padded.at(-1); last !== undefined && padded.length < size; last = padded.at(-1)) {
    const empty = { header: { ...header, forcedCount: 0 }, bytes: new Uint8Array(leafBytes(profile)) };
    padded.push(applyLeaf(profile, last.state, empty, last));
  }
  return padded;
}

/** Applies a block: its data, leaf by leaf, and empty leaves until a tree is full (docs/b52.md §2). */
export function applyBlock(profile: Profile, before: State, block: Batch, environment: Environment): BlockResult {
  const { leaves: withData, dataHash } = applyBatch(profile, before, block, environment);
  const leaves = padLeaves(profile, withData, block.header);
  return {
    state: leaves.at(-1)?.state ?? before,
    leaves,
    dataHash,
    z: evaluationPoint(
      dataHash,
      leaves.map(({ c }) => c),
    ),
  };
}
