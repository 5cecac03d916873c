// SPDX-License-Identifier: MIT
/** A small change of a source file, of which a test is expected to take notice. */
export interface Mutant {
  /** Unique in a run, from 1. */
  readonly id: number;
  /** Path from the project's root. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** The line, trimmed. */
  readonly code: string;
  readonly operator: string;
  readonly before: string;
  readonly after: string;
}

/** Names mutants by what they change, which line numbers do not survive. */
export function keysOf(mutants: readonly Mutant[]): ReadonlyMap<number, string> {
  const seen = new Map<string, number>();
  return new Map(
    mutants.map((mutant) => {
      const { id, file, code, operator, before, after } = mutant;
      const name = [file, code, operator, `${before} ⟶ ${after}`].map((part) => part.replace(/\s+/g, " ")).join(" | ");
      const count = (seen.get(name) ?? 0) + 1;
      seen.set(name, count);
      return [id, count === 1 ? name : `${name} #${count}`];
    }),
  );
}

/**
 * A mutant that does not compile is invalid, and does not count. An open one has survived as many tests as it was
 * given.
 */
export type Outcome = "killed" | "survived" | "open" | "invalid";

export interface Verdict {
  readonly key: string;
  readonly outcome: Outcome;
  /** Of a killed mutant: the test that failed first. Of a survivor: how many tests reached it. */
  readonly by: string;
}
