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

/** Names a mutant by what it changes, which a line number does not survive. */
export function keyOf({ file, code, operator, before, after }: Omit<Mutant, "id" | "line">): string {
  return [file, code, operator, before, after].map((part) => part.replace(/\s+/g, " ")).join(" | ");
}

export type Outcome = "killed" | "survived";

export interface Verdict {
  readonly key: string;
  readonly outcome: Outcome;
  /** Of a killed mutant: the test that failed first. Of a survivor: how many tests reached it. */
  readonly by: string;
}
