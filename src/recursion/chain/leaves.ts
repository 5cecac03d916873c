// SPDX-License-Identifier: GPL-3.0-or-later
import { evaluateStatement } from "../../codec/index.ts";
import { poseidon } from "../../crypto/index.ts";
import { P } from "../../field.ts";
import type { OpenedLeaf } from "../../ledger/index.ts";
import { SIGNALS } from "./inputs.ts";

/** Statement of a proof in a chain about its leaves. */
export interface Chained {
  /** Hash of the leaves' digests, in their order and in the shape of the tree; in [0, p). */
  readonly root: bigint;
  /** Value at the point of the polynomial with the words that L1 knows; in [0, p). */
  readonly sum: bigint;
  /** Number of leaves, 1 … `MAX_LEAVES`. */
  readonly count: bigint;
  readonly oldStateRoot: bigint;
  readonly newStateRoot: bigint;
}

/** Places in a statement of words that L1 does not know: new state, hash of the exits, digest, old state. */
const UNKNOWN: readonly number[] = [0, 1, 5, 6];
const DIGEST = 5;

/** One leaf. */
export function chainedLeaf({ words, exits }: OpenedLeaf, point: bigint): Chained {
  const digest = poseidon(words);
  const signals = [...words.slice(0, DIGEST), digest, ...words.slice(DIGEST)];
  const known = signals.map((word, place) => (UNKNOWN.includes(place) ? 0n : word));
  return {
    root: digest,
    sum: evaluateStatement([...known, ...exits], point),
    count: 1n,
    oldStateRoot: signals[6]!,
    newStateRoot: signals[0]!,
  };
}

/** The leaves of `left`, then those of `right`. @param slots of a leaf */
export function chainedPair(left: Chained, right: Chained, point: bigint, slots: number): Chained {
  let place = 1n;
  let power = point;
  for (let stride = 1; stride < SIGNALS + 2 * slots; stride *= 2) power = (power * power) % P;
  for (let bits = left.count; bits > 0n; bits >>= 1n, power = (power * power) % P) {
    if (bits & 1n) place = (place * power) % P;
  }
  return {
    root: poseidon([left.root, right.root]),
    sum: (left.sum + place * right.sum) % P,
    count: left.count + right.count,
    oldStateRoot: left.oldStateRoot,
    newStateRoot: right.newStateRoot,
  };
}
