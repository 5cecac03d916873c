// SPDX-License-Identifier: GPL-3.0-or-later
import { poseidon } from "../../crypto/index.ts";
import { P } from "../../field.ts";
import { STATEMENT_WORDS } from "./inputs.ts";

/** Kind of a proof: a statement's circuit, or two joined proofs. */
export type JoinKind = StatementKind | "node";

/** The circuit of a statement. */
export type StatementKind = "leaf" | "merge";

/** Words of a joined proof about its statements, all in [0, p). */
export interface Joined {
  /** Hash of the statements, in their order and in the shape of the tree. */
  readonly root: bigint;
  /** Value at the point of the polynomial whose coefficients are the statements' words. */
  readonly sum: bigint;
  /** The point to the number of words. */
  readonly power: bigint;
}

/** One statement: the words 0 for a leaf or 1 for a merge, digest, evaluation, point (docs/recursion.md). */
export function joinedStatement(kind: StatementKind, signals: readonly bigint[], point: bigint): Joined {
  const words = [kind === "merge" ? 1n : 0n, ...signals];
  let [sum, power] = [0n, 1n];
  for (const word of words) {
    sum = (sum + power * word) % P;
    power = (power * point) % P;
  }
  if (words.length !== STATEMENT_WORDS) throw new RangeError(`${words.length} words of a statement`);
  return { root: poseidon(words), sum, power };
}

/** The statements of `left`, then those of `right`. */
export function joinedPair(left: Joined, right: Joined): Joined {
  return {
    root: poseidon([left.root, right.root]),
    sum: (left.sum + left.power * right.sum) % P,
    power: (left.power * right.power) % P,
  };
}
