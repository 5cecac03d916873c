// SPDX-License-Identifier: MIT
import type { Mutant } from "./mutant.ts";

/** A mutant of a circuit, with its file as it changes it. */
export interface CircomMutant extends Mutant {
  readonly source: string;
}

interface Rule {
  readonly operator: string;
  readonly pattern: RegExp;
  readonly change: (match: string) => string;
}

const swap = (from: string, to: string): Rule => ({
  operator: `${from} to ${to}`,
  pattern: new RegExp(`(?<= )${from.replace(/[*+?|]/g, "\\$&")}(?= )`, "g"),
  change: () => to,
});

const RULES: readonly Rule[] = [
  // A constraint less: the assertion, or that by which a signal is bound to what it is computed from.
  { operator: "constraint deleted", pattern: /(?<=[;{}]\s*)[^;{}]*===[^;]*;/g, change: () => "" },
  { operator: "<== to <--", pattern: /<==/g, change: () => "<--" },
  { operator: "constant", pattern: /(?<![\w\].])\d+(?!\w)/g, change: (match) => `${BigInt(match) + 1n}` },
  swap("+", "-"),
  swap("-", "+"),
  swap("*", "+"),
  swap("==", "!="),
  swap("<", "<="),
  swap("&&", "||"),
  swap("||", "&&"),
  // With bits of value + r, the prover would have a second decomposition.
  { operator: "not strict", pattern: /Num2Bits_strict\(\)/g, change: () => "Num2Bits(254)" },
  { operator: "comparison", pattern: /\bLessThan\(/g, change: () => "LessEqThan(" },
  { operator: "comparison", pattern: /\bLessEqThan\(/g, change: () => "LessThan(" },
];

/** Lines that declare, whose numbers are only sizes. */
const DECLARATION = /^\s*(pragma|include|signal (input|output) |component \w+\[|for \()/;

/** All mutants of a file, which need not compile. */
export function mutateCircom(file: string, source: string, firstId = 1): CircomMutant[] {
  const masked = source.replace(/\/\*[^]*?\*\/|\/\/.*|"[^"\n]*"/g, (text) => text.replace(/[^\n]/g, " "));
  const mutants: CircomMutant[] = [];
  for (const { operator, pattern, change } of RULES) {
    for (const match of masked.matchAll(pattern)) {
      const start = match.index + /^\s*/.exec(match[0])![0].length;
      const before = source.slice(start, match.index + match[0].length);
      const lines = source.slice(0, start).split("\n");
      const code = source.split("\n")[lines.length - 1]!;
      if (operator !== "constraint deleted" && operator !== "<== to <--" && DECLARATION.test(code)) continue;
      const after = change(before);
      const changed = source.slice(0, start) + after + source.slice(start + before.length);
      const id = firstId + mutants.length;
      mutants.push({ id, file, line: lines.length, code: code.trim(), operator, before, after, source: changed });
    }
  }
  return mutants;
}
