// SPDX-License-Identifier: MIT
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

import { PROJECT_ROOT } from "../../src/setup/paths.ts";
import { check, type Options, type Target, type Verdict } from "./smtChecker.ts";

export interface Property {
  readonly name: string;
  /** Its `@notice`. */
  readonly statement: string;
  /** Of its assertions, and of the arithmetic in its own lines. */
  readonly verdict: Verdict;
  /**
   * Whether some arguments pass its `require`s and reach its assertions. Without such arguments every assertion holds.
   */
  readonly isReached: boolean;
}

export interface Report {
  /** From the project's root. */
  readonly file: string;
  readonly properties: readonly Property[];
  /**
   * Arithmetic of the libraries, and what the models in their way ask of their arguments, in all calls of the
   * properties.
   */
  readonly arithmetic: readonly Target[];
  /** Targets that can fail, with the compiler's counterexample. */
  readonly violations: readonly Target[];
}

const FUNCTION = /\/\/\/ @notice (?<statement>.*)\n\s*function (?<name>\w+)/g;
const SEVERITY: readonly Verdict[] = ["proven", "not proven", "violated"];

/** The files of properties in `test/formal`. */
export const propertyFiles = (): string[] => globSync("test/formal/*Properties.sol", { cwd: PROJECT_ROOT }).sort();

/** Checks every property of a file, whose contract is named as the file, or as `contract` says. */
export async function checkProperties(
  file: string,
  options: Options = {},
  contract: string = basename(file, ".sol"),
): Promise<Report> {
  const source = readFileSync(join(PROJECT_ROOT, file), "utf8");
  const targets = await check(file, contract, { ...options, source });
  const unreachable = source.replace(/\bassert\(.*\);/g, "assert(false);");
  const reached = await check(file, contract, { ...options, source: unreachable });

  const functions = [...source.matchAll(FUNCTION)].map(({ index, groups }) => ({
    name: groups!["name"]!,
    statement: groups!["statement"]!,
    line: source.slice(0, index).split("\n").length,
  }));
  const properties = functions.map(({ name, statement, line }, index): Property => {
    const end = functions[index + 1]?.line ?? Infinity;
    const own = (list: readonly Target[]): Target[] =>
      list.filter((target) => target.file === file && target.line >= line && target.line < end);
    const asserted = own(reached).filter(({ message }) => message.includes("Assertion"));
    return {
      name,
      statement,
      verdict: worst(own(targets)),
      isReached: asserted.length > 0 && asserted.every(({ verdict }) => verdict === "violated"),
    };
  });
  return {
    file,
    properties,
    arithmetic: targets.filter((target) => target.file !== file),
    violations: targets.filter(({ verdict }) => verdict === "violated"),
  };
}

/** Of none at all: not proven. */
export function worst(targets: readonly Target[]): Verdict {
  const levels = targets.map(({ verdict }) => SEVERITY.indexOf(verdict));
  return levels.length === 0 ? "not proven" : SEVERITY[Math.max(...levels)]!;
}
