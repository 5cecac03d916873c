// SPDX-License-Identifier: GPL-3.0-or-later
import { poseidon } from "../../crypto/index.ts";
import { ProtocolError } from "../../errors.ts";
import { P } from "../../field.ts";
import { STATEMENT_WORDS } from "./inputs.ts";

/** Kind of a proof: a statement's circuit, or two joined proofs. */
export type JoinKind = StatementKind | "node";

/** The circuit of a statement. */
export type StatementKind = "leaf" | "merge";

/**
 * The kind of a node's statement, by its circuit.
 *
 * @throws {ProtocolError} `UNKNOWN_CIRCUIT` for the merge of drawn tickets, whose key no node's program knows (ADR 0074)
 */
export function statementKindOf(circuit: string): StatementKind {
  if (circuit === "leaf" || circuit === "merge") return circuit;
  throw new ProtocolError("UNKNOWN_CIRCUIT", { circuit }, `proofs of ${circuit} cannot be joined: only leaf and merge`);
}

/** Words of a joined proof about its statements. */
export interface Joined {
  /** Hash of the statements, in their order and in the shape of the tree; in [0, p). */
  readonly root: bigint;
  /** Value at the point of the polynomial whose coefficients are the statements' words; in [0, p). */
  readonly sum: bigint;
  /** Number of statements, 1 … `MAX_STATEMENTS`. */
  readonly count: bigint;
}

/** One statement: the words 0 for a leaf or 1 for a merge, digest, evaluation, point (docs/recursion.md). */
export function joinedStatement(kind: StatementKind, signals: readonly bigint[], point: bigint): Joined {
  const words = [kind === "merge" ? 1n : 0n, ...signals];
  if (words.length !== STATEMENT_WORDS) throw new RangeError(`${words.length} words of a statement`);
  return { root: poseidon(words), sum: words.reduceRight((sum, word) => (word + point * sum) % P, 0n), count: 1n };
}

/** The statements of `left`, then those of `right`. */
export function joinedPair(left: Joined, right: Joined, point: bigint): Joined {
  let place = 1n;
  const fourth = point ** BigInt(STATEMENT_WORDS) % P;
  for (let [bits, power] = [left.count, fourth]; bits > 0n; bits >>= 1n, power = (power * power) % P) {
    if (bits & 1n) place = (place * power) % P;
  }
  return {
    root: poseidon([left.root, right.root]),
    sum: (left.sum + place * right.sum) % P,
    count: left.count + right.count,
  };
}
