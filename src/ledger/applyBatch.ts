import type { Header } from "../codec/header.ts";
import { applyLeaf, type LeafContext, type LeafResult } from "./applyLeaf.ts";
import { challengePoint, commitToLeaf, hashData, splitBatch } from "./dataCommitment.ts";
import type { Field } from "../field.ts";
import type { State } from "./state.ts";

export interface BatchResult {
  readonly state: State;
  readonly leaves: readonly LeafResult[];
  /** The true commitments of the leaves. */
  readonly commitments: readonly Field[];
  /** 0x… */
  readonly dataHash: string;
  /** The evaluation point that follows from the true commitments. */
  readonly z: Field;
}

/**
 * Applies a batch leaf by leaf (docs/protocol.md §4, §5). Total: any bytes and header.
 * @param header `forcedCount` is the whole batch's
 * @param data posted bytes, forced operations first
 */
export function applyBatch(before: State, header: Header, data: Uint8Array, context: LeafContext): BatchResult {
  let state = before;
  const leaves = splitBatch(header, data, context.profile).map((leaf) => {
    const result = applyLeaf(state, leaf, context);
    state = result.state;
    return result;
  });
  const commitments = leaves.map((leaf) => commitToLeaf(leaf.data));
  const dataHash = hashData(header, data);
  return { state, leaves, commitments, dataHash, z: challengePoint(dataHash, commitments) };
}
