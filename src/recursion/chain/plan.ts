// SPDX-License-Identifier: GPL-3.0-or-later
import { leafChainPoint } from "../../codec/index.ts";
import { ProtocolError } from "../../errors.ts";
import type { OpenedLeaf } from "../../ledger/index.ts";
import type { HonkKey } from "../barretenberg.ts";
import { requireKey } from "../child.ts";
import { requireInteger } from "../ranges.ts";
import { balancedShape, type TreeShape } from "../shape.ts";
import { MAX_LEAVES } from "./inputs.ts";
import { type Chained, chainedLeaf, chainedPair } from "./leaves.ts";
import type { ChainChild } from "./node.ts";

/** Shape and point of a tree over a chain of leaves. Provers need both before they join the first two proofs. */
export interface ChainPlan {
  readonly shape: TreeShape;
  readonly point: bigint;
  /** The leaves, in order. */
  readonly leaves: readonly OpenedLeaf[];
  /** The statement that a proof at a place of the tree has to have. */
  readonly chainedAt: (place: TreeShape) => Chained;
}

/**
 * Plans one proof of a chain of leaves: a tree as low as it can be, and the point that L1 will draw. It follows from the
 * leaves: none needs to be proven. Proofs of leaves do not depend on it.
 *
 * @param leaves one or more; each begins in the state in which the one before ends
 * @param chain words that L1 will derive of them (`encodeLeafChain`)
 * @param slots of a leaf
 * @throws {ProtocolError} `NOTHING_TO_PROVE` for none; `OUT_OF_RANGE` for more than 65,535; `INVALID_INPUT` for leaves that
 *   are no chain; `NOT_A_FIELD_ELEMENT`
 */
export function planChain(leaves: readonly OpenedLeaf[], chain: string, slots: number): ChainPlan {
  const count = leaves.length;
  requireInteger("leaves", count, 0, MAX_LEAVES);
  if (count === 0) throw new ProtocolError("NOTHING_TO_PROVE", { from: 0, to: -1 }, "a joint proof of no leaf");
  leaves.slice(1).forEach(({ words }, i) => {
    if (words[5] === leaves[i]!.words[0]) return;
    throw new ProtocolError(
      "INVALID_INPUT",
      { reason: `the old state of leaf ${i + 1}` },
      `leaf ${i + 1} does not begin in the state in which leaf ${i} ends`,
    );
  });
  const shape = balancedShape(0, count);
  const at = (place: TreeShape, point: bigint): Chained =>
    typeof place === "number"
      ? chainedLeaf(leaves[place]!, point)
      : chainedPair(at(place[0], point), at(place[1], point), point, slots);
  // The root does not depend on the point.
  const point = leafChainPoint(at(shape, 0n).root, chain);
  return { shape, point, leaves, chainedAt: (place) => at(place, point) };
}

/**
 * Takes a proof for a place of a tree: a valid proof of something else, or under another key, would make the whole tree
 * worthless.
 *
 * @param keys of the tree's leaves and nodes
 * @throws {ProtocolError} `PROOF_MISSING`; `PROVER_FAILED` if it is of other leaves or of another tree, or has another key
 */
export function requireChained(
  plan: ChainPlan,
  place: TreeShape,
  child: ChainChild | undefined,
  keys: Readonly<Record<ChainChild["kind"], HonkKey>>,
): ChainChild {
  const what = typeof place === "number" ? `leaf ${place}` : `leaves ${String(place)}`;
  if (child === undefined) throw new ProtocolError("PROOF_MISSING", { node: Number(place) }, `no proof of ${what}`);
  requireKey(child, keys, what);
  const { publicInputs } = child.proof;
  const { root, sum, count, oldStateRoot, newStateRoot } = plan.chainedAt(place);
  if (typeof place === "number" && child.kind === "leaf") {
    // Its digest fixes all words: those that it was sent with are not looked at.
    const opened = plan.leaves[place]!;
    if (publicInputs[0] === root && publicInputs.slice(SIGNALS).every((input) => input === 0n)) {
      return { ...child, opened };
    }
  }
  if (typeof place !== "number" && child.kind === "node") {
    const expected = [root, sum, count, oldStateRoot, newStateRoot, plan.point, keys.node.hash];
    if (expected.every((input, i) => input === publicInputs[i])) return child;
  }
  throw new ProtocolError("PROVER_FAILED", { reason: `other leaves than ${what}` }, `a proof that is not of ${what}`);
}

/** Public signals of a leaf's proof: digest, evaluation, point. Zeros follow. */
const SIGNALS = 3;
