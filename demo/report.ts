// SPDX-License-Identifier: MIT
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** One proof made during a run. */
export interface ProofRecord {
  readonly circuit: string;
  readonly constraints: number;
  /** Wall-clock seconds, witness included; 0 if it came from the cache. */
  readonly seconds: number;
}

/** One proposal of a run, and how it scored. */
export interface ScoreRecord {
  readonly round: number;
  readonly proposer: string;
  readonly promised: number;
  /** Provers that count; null if the block was not proven. */
  readonly delivered: number | null;
  readonly bid: string;
  readonly score: string | null;
}

/** Facts that a demo run writes to `build/reports/<lifecycle>.json`. */
export interface ReportFile {
  readonly checks: Readonly<Record<string, boolean>>;
  readonly gas: Readonly<Record<string, number>>;
  readonly proofs: readonly ProofRecord[];
  readonly balances: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Where blocks are scored. */
  readonly scores?: readonly ScoreRecord[];
}

/** Lines of a table; the first column is aligned to the left, the others to the right, or as `align` says. */
export function renderTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  align: "left" | "right" = "right",
): string[] {
  const widths = headings.map((heading, i) => Math.max(heading.length, ...rows.map((row) => (row[i] ?? "").length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (i === 0 || align === "left" ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join("  ")
      .trimEnd();
  return [line(headings), widths.map((width) => "─".repeat(width)).join("──"), ...rows.map(line)];
}

/**
 * Collects and prints what happens in a demo: numbered steps, checks, gas and proofs.
 * A check that fails does not stop the run; it makes `finish` return false.
 */
export class Report {
  readonly #checks: Record<string, boolean> = {};
  readonly #gas: Record<string, number> = {};
  readonly #proofs: ProofRecord[] = [];
  readonly #scores: ScoreRecord[] = [];
  #balances: Record<string, Record<string, string>> = {};
  #step = 0;
  readonly #startedAt = Date.now();
  readonly #steps: number;
  readonly #write: (line: string) => void;

  /** @param steps how many steps the run has, for the "n of m" of its headings */
  constructor(steps: number, write: (line: string) => void = (line) => console.log(line)) {
    this.#steps = steps;
    this.#write = write;
  }

  step(title: string): void {
    this.#step += 1;
    const elapsed = ((Date.now() - this.#startedAt) / 1000).toFixed(0).padStart(3);
    this.#write(`\n[${this.#step}/${this.#steps}] ${title} (${elapsed} s)`);
  }

  say(line: string): void {
    this.#write(`      ${line}`);
  }

  /**
   * Records a named check and prints its outcome.
   * @throws {Error} if the name is taken, so that no check hides another
   */
  check(name: string, holds: boolean): void {
    if (name in this.#checks) throw new Error(`two checks are named "${name}"`);
    this.#checks[name] = holds;
    this.say(`${holds ? "✔" : "✘ FAILED"} ${name}`);
  }

  /** Records the gas of a call; of several calls of one name each gets its own number. */
  gas(call: string, used: bigint): void {
    let name = call;
    for (let n = 2; name in this.#gas; n++) name = `${call} #${n}`;
    this.#gas[name] = Number(used);
  }

  /** Gas of a call that was recorded. @throws {Error} if none was */
  gasOf(call: string): number {
    const used = this.#gas[call];
    if (used === undefined) throw new Error(`no gas of "${call}"`);
    return used;
  }

  proof(record: ProofRecord): void {
    this.#proofs.push(record);
  }

  score(record: ScoreRecord): void {
    this.#scores.push(record);
  }

  balances(balances: Record<string, Record<string, string>>): void {
    this.#balances = balances;
  }

  table(headings: readonly string[], rows: readonly (readonly string[])[]): void {
    for (const line of renderTable(headings, rows)) this.say(line);
  }

  /** Prints gas and proofs, writes the report file and says whether all checks held. */
  finish(path: string): boolean {
    this.#write("");
    this.table(
      ["gas of each call", "gas"],
      Object.entries(this.#gas).map(([call, used]) => [call, used.toLocaleString("en")]),
    );
    this.#write("");
    this.table(
      ["proof", "constraints", "seconds"],
      this.#proofs.map((proof, i) => [
        `${i + 1} ${proof.circuit}`,
        proof.constraints.toLocaleString("en"),
        proof.seconds === 0 ? "cached" : proof.seconds.toFixed(1),
      ]),
    );
    const file: ReportFile = {
      checks: this.#checks,
      gas: this.#gas,
      proofs: this.#proofs,
      balances: this.#balances,
      ...(this.#scores.length > 0 ? { scores: this.#scores } : {}),
    };
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${JSON.stringify(file, null, 2)}\n`);
    const failed = Object.entries(this.#checks).filter(([, holds]) => !holds);
    const total = Object.keys(this.#checks).length;
    this.#write(`\n${total - failed.length} of ${total} checks hold; report in ${path}`);
    for (const [name] of failed) this.#write(`✘ ${name}`);
    return failed.length === 0 && total > 0;
  }
}
