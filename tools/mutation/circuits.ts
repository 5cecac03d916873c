// SPDX-License-Identifier: MIT
import { execFile } from "node:child_process";
import { appendFileSync, cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { basename, join } from "node:path";

import { NODE_MODULES, PROJECT_ROOT } from "../../src/setup/paths.ts";
import { type CircomMutant, mutateCircom } from "./circom.ts";
import { MUTATION_BUILD } from "./compile.ts";
import { choose, type Options, readEquivalents, readLines, unsettled } from "./options.ts";
import { keysOf, type Verdict } from "./mutant.ts";

/**
 * Which test files look at the templates of a folder, cheapest first; the last ones have the whole circuit. Numbers of
 * constraints are no test here.
 */
const TESTS: Readonly<Record<string, readonly string[]>> = {
  "circuits/lib/accounts": ["accounts", "slots", "leaf"],
  "circuits/lib/commitment": ["data", "leaf"],
  "circuits/lib/exits": ["data", "leaf"],
  "circuits/lib/keys": ["keys", "slots", "leaf"],
  "circuits/lib/migration": ["moves", "migration"],
  "circuits/lib/signature": ["signature", "leaf"],
  "circuits/lib/slot": ["slots", "arrivals", "leaf"],
  "circuits/lib/tree": ["votes", "merge"],
  "circuits/lib/votes": ["votes", "draw", "merge"],
  "circuits/escape": ["escape"],
  "circuits/leaf": ["leaf"],
  "circuits/merge": ["merge"],
  "circuits/migration": ["migration"],
};

/**
 * The test of circom's warnings about the whole circuits: signals that no constraint uses, and each `<--` that could be
 * `<==`.
 */
export const INSPECTION = "signals.test.ts";

const RESULTS = join(MUTATION_BUILD, "circuits.jsonl");
const MOCHA = createRequire(import.meta.url).resolve("mocha/bin/mocha.js");
const TIMEOUT_MS = 600_000;

/** All mutants, of which circom may refuse some. */
export function mutateCircuits(): readonly CircomMutant[] {
  const mutants: CircomMutant[] = [];
  for (const file of globSync("circuits/**/*.circom", { cwd: PROJECT_ROOT }).sort()) {
    mutants.push(...mutateCircom(file, readFileSync(join(PROJECT_ROOT, file), "utf8"), mutants.length + 1));
  }
  return mutants;
}

/**
 * Runs the circuits' tests against mutants of the circuits, on each core in a copy of the project, since circom compiles
 * each anew; appends the verdicts to `build/mutation/circuits.jsonl`. Mutants that circom refuses do not count.
 */
export async function testCircuits(options: Options): Promise<void> {
  const { log } = options;
  const mutants = mutateCircuits();
  log(`${mutants.length} mutants of circuits`);
  const keys = keysOf(mutants);
  const known = readLines<Verdict>(RESULTS);
  const chosen = unsettled(choose(mutants, keys, options), keys, known, options, readEquivalents());
  const rest = chosen.entries();
  const work = async (worker: number): Promise<void> => {
    const tree = join(MUTATION_BUILD, "circuits", `${worker}`);
    prepareTree(tree);
    for (const [i, mutant] of rest) {
      if (Date.now() > options.until) break;
      const started = performance.now();
      const verdict = await testMutant(tree, mutant, keys.get(mutant.id)!, options.tests);
      appendFileSync(RESULTS, `${JSON.stringify(verdict)}\n`);
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      log(`${i + 1}/${chosen.length} ${seconds} s ${verdict.outcome} ${verdict.key} ⟵ ${verdict.by}`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, (_, worker) => work(worker)));
}

/** A mutant is open, too, if its tests took too long. */
async function testMutant(
  tree: string,
  { file, operator, source }: CircomMutant,
  key: string,
  most: number,
): Promise<Verdict> {
  const path = join(tree, file);
  const original = readFileSync(path, "utf8");
  const folder = Object.keys(TESTS).find((prefix) => file.startsWith(`${prefix}/`))!;
  const pathOf = (name: string): string => join("test", "circuits", `${name}.test.ts`);
  const files = TESTS[folder]!.map(pathOf);
  const ofTemplate = files.map((test) => [test, "--fgrep", `circuits: ${basename(file, ".circom")}`]);
  const ofFolder = files.map((test) => [test]);
  const ofSignals = [[join("test", "circuits", INSPECTION)]];
  const first = operator === "<== to <--" ? [...ofSignals, ...ofTemplate] : [...ofTemplate, ...ofSignals];
  const runs = [...first, ...ofFolder];
  writeFileSync(path, source);
  try {
    for (const args of runs.slice(0, most)) {
      const { isOver, failed, output } = await mocha(tree, args);
      if (!isOver) return { key, outcome: "open", by: "time" };
      if (/CIRCUIT_COMPILATION_FAILED|circom failed/.test(output)) return { key, outcome: "invalid", by: "circom" };
      if (failed) return { key, outcome: "killed", by: `${basename(args[0]!)}: ${failureIn(output)}` };
    }
    return { key, outcome: most < runs.length ? "open" : "survived", by: TESTS[folder]!.join(", ") };
  } finally {
    writeFileSync(path, original);
  }
}

interface Run {
  /** False if it was ended. */
  readonly isOver: boolean;
  readonly failed: boolean;
  readonly output: string;
}

const mocha = async (cwd: string, args: readonly string[]): Promise<Run> =>
  new Promise((resolve) => {
    const options = { cwd, timeout: TIMEOUT_MS, maxBuffer: 1 << 26 };
    const all = [MOCHA, "--bail", "--exit", "--timeout", `${TIMEOUT_MS}`, ...args];
    execFile(process.execPath, all, options, (error, output) => {
      resolve({ isOver: error?.killed !== true, failed: error !== null, output });
    });
  });

const failureIn = (output: string): string => /^ {2}1\) ([^]*?):\n/m.exec(output)?.[1]?.replace(/\s+/g, " ") ?? "";

/** circom sees only what is below the folder it runs in, and follows no links. */
function prepareTree(tree: string): void {
  mkdirSync(join(tree, "node_modules"), { recursive: true });
  for (const folder of ["circuits", "src", "test", "tools"]) {
    rmSync(join(tree, folder), { recursive: true, force: true });
    cpSync(join(PROJECT_ROOT, folder), join(tree, folder), { recursive: true });
  }
  cpSync(join(NODE_MODULES, "circomlib"), join(tree, "node_modules", "circomlib"), { recursive: true });
  for (const file of ["package.json", "hardhat.config.ts"]) cpSync(join(PROJECT_ROOT, file), join(tree, file));
  for (const folder of ["test-circuits", "circuits", "keys"]) {
    const from = join(PROJECT_ROOT, "build", folder);
    const to = join(tree, "build", folder);
    if (existsSync(from) && !existsSync(to)) cpSync(from, to, { recursive: true });
  }
}
