// SPDX-License-Identifier: MIT
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { PROJECT_ROOT } from "../../src/setup/paths.ts";
import { POINTS } from "./files.ts";
import type { Points } from "./instrument.ts";

/** A line, or one outcome of an operand of a condition, that need not be covered. */
export interface Exclusion {
  readonly file: string;
  /** The line without what surrounds it, or the operand. */
  readonly text: string;
  readonly what: "line" | "true" | "false";
  readonly reason: string;
}

export interface Missed {
  readonly line: number;
  readonly text: string;
  readonly what: Exclusion["what"];
}

export interface FileCoverage {
  readonly file: string;
  /** Lines on which statements begin, and outcomes of operands: all of them, without those that are excluded. */
  readonly lines: number;
  readonly branches: number;
  readonly missed: readonly Missed[];
}

/** Tags of all points that the runs passed; Hardhat leaves a file for each run and worker. */
export function passedTags(folder: string): Set<string> {
  const files = globSync("**/*.json", { cwd: folder });
  return new Set(
    files.flatMap((file) =>
      Object.keys(JSON.parse(readFileSync(join(folder, file), "utf8")) as Record<string, number>),
    ),
  );
}

/** Of all measured files, sorted. */
export function readPoints(): Record<string, Points> {
  const files = globSync("**/*.json", { cwd: POINTS }).sort();
  return Object.fromEntries(
    files.map((file) => [
      file.slice(0, -".json".length),
      JSON.parse(readFileSync(join(POINTS, file), "utf8")) as Points,
    ]),
  );
}

/**
 * @param points By file.
 * @param passed Tags.
 * @throws {Error} if an exclusion excludes nothing, or what is covered anyway.
 */
export function coverageOf(
  points: Readonly<Record<string, Points>>,
  passed: ReadonlySet<string>,
  exclusions: readonly Exclusion[],
  sourceOf: (file: string) => string = (file) => readFileSync(join(PROJECT_ROOT, file), "utf8"),
): FileCoverage[] {
  const used = new Set<Exclusion>();
  const files = Object.entries(points).map(([file, { statements, branches }]): FileCoverage => {
    const source = sourceOf(file).split("\n");
    // A line counts as covered if every statement that begins on it was passed.
    const isPassed = new Map<number, boolean>();
    for (const { line, tag } of statements) isPassed.set(line, (isPassed.get(line) ?? true) && passed.has(tag));
    const outcomes = [
      ...[...isPassed].map(([line, isHit]) => ({ line, text: source[line - 1]!.trim(), what: "line" as const, isHit })),
      ...branches.flatMap(({ line, text, yes, no }) => [
        { line, text, what: "true" as const, isHit: passed.has(yes) },
        { line, text, what: "false" as const, isHit: passed.has(no) },
      ]),
    ];
    const counted = outcomes.filter(({ text, what, isHit }) => {
      const exclusion = exclusions.find((one) => one.file === file && one.text === text && one.what === what);
      if (exclusion === undefined || isHit) return true;
      used.add(exclusion);
      return false;
    });
    return {
      file,
      lines: counted.filter(({ what }) => what === "line").length,
      branches: counted.filter(({ what }) => what !== "line").length,
      missed: counted.filter(({ isHit }) => !isHit).map(({ line, text, what }) => ({ line, text, what })),
    };
  });
  const stale = exclusions.filter((exclusion) => !used.has(exclusion));
  if (stale.length > 0) {
    throw new Error(
      `excluded, but covered or not there: ${stale.map(({ file, text }) => `${file}: ${text}`).join("; ")}`,
    );
  }
  return files.filter(({ lines }) => lines > 0);
}

/** Shares in percent; of none, all. */
export function shares(files: readonly FileCoverage[]): { lines: number; branches: number } {
  const missed = files.flatMap((file) => file.missed);
  const missedLines = missed.filter(({ what }) => what === "line").length;
  const share = (total: number, missing: number): number => (total === 0 ? 100 : (100 * (total - missing)) / total);
  return {
    lines: share(
      files.reduce((sum, { lines }) => sum + lines, 0),
      missedLines,
    ),
    branches: share(
      files.reduce((sum, { branches }) => sum + branches, 0),
      missed.length - missedLines,
    ),
  };
}
