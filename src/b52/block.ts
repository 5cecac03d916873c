import {
  applyBatch,
  evaluationPoint,
  type Batch,
  type Environment,
  type LeafResult,
  type State,
} from "../ledger/index.ts";
import type { Field } from "../field.ts";
import type { Profile } from "../profile.ts";
import { padLeaves } from "./proofTree.ts";

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
