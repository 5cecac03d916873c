import { spawnSync } from "node:child_process";
import { appendFileSync, cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";

import { NODE_MODULES, PROJECT_ROOT } from "../setup/paths.ts";
import { type CircomMutant, mutateCircom } from "./circom.ts";
import { MUTATION_BUILD } from "./compile.ts";
import { choose, type Options, readEquivalents, readLines, unsettled } from "./options.ts";
import { keysOf, type Verdict } from "./mutant.ts";

/** Which test files look at the templates of a folder, cheapest first. Numbers of constraints are no test here. */
const TESTS: Readonly<Record<string, readonly string[]>> = {
  "circuits/lib/accounts": ["accounts", "slots"],
  "circuits/lib/commitment": ["data"],
  "circuits/lib/exits": ["data"],
  "circuits/lib/keys": ["keys", "slots"],
  "circuits/lib/migration": ["migration"],
  "circuits/lib/signature": ["signature"],
  "circuits/lib/slot": ["slots", "arrivals"],
  "circuits/lib/tree": ["votes"],
  "circuits/lib/votes": ["votes"],
  "circuits/escape": ["escape"],
  "circuits/leaf": ["leaf"],
  "circuits/merge": ["merge"],
  "circuits/migration": ["migration"],
};

/** In which circom says which signals of the whole circuits are unconstrained. */
const SIGNALS = "signals";

const TREE = join(MUTATION_BUILD, "circuits");
const RESULTS = join(MUTATION_BUILD, "circuits.jsonl");
const MOCHA = createRequire(import.meta.url).resolve("mocha/bin/mocha.js");
const TIMEOUT_MS = 240_000;

/** All mutants, of which circom may refuse some. */
export function mutateCircuits(): readonly CircomMutant[] {
  const mutants: CircomMutant[] = [];
  for (const file of globSync("circuits/**/*.circom", { cwd: PROJECT_ROOT }).sort()) {
    mutants.push(...mutateCircom(file, readFileSync(join(PROJECT_ROOT, file), "utf8"), mutants.length + 1));
  }
  return mutants;
}

/**
 * Runs the circuits' tests against mutants of the circuits, in a copy of the project, since circom compiles each anew;
 * appends the verdicts to `build/mutation/circuits.jsonl`. Mutants that circom refuses do not count.
 */
export function testCircuits(options: Options): void {
  const { log } = options;
  prepareTree();
  const mutants = mutateCircuits();
  log(`${mutants.length} mutants of circuits`);
  const keys = keysOf(mutants);
  const known = readLines<Verdict>(RESULTS);
  const chosen = unsettled(choose(mutants, keys, options), keys, known, options, readEquivalents());
  for (const [i, mutant] of chosen.entries()) {
    if (Date.now() > options.until) break;
    const started = performance.now();
    const key = keys.get(mutant.id)!;
    const verdict = testMutant(mutant, key, options.tests);
    appendFileSync(RESULTS, `${JSON.stringify(verdict)}\n`);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    log(`${i + 1}/${chosen.length} ${seconds} s ${verdict.outcome} ${verdict.key} ⟵ ${verdict.by}`);
  }
}

/** A mutant is open, too, if its tests took too long. */
function testMutant({ file, source }: CircomMutant, key: string, most: number): Verdict {
  const path = join(TREE, file);
  const original = readFileSync(path, "utf8");
  const folder = Object.keys(TESTS).find((prefix) => file.startsWith(`${prefix}/`))!;
  const pathOf = (name: string): string => join("test", "circuits", `${name}.test.ts`);
  const files = TESTS[folder]!.map(pathOf);
  // First the tests of the template, then what circom says of the whole circuits, then all tests of the folder.
  const runs = [
    ...files.map((test) => [test, "--fgrep", `circuits: ${basename(file, ".circom")}`]),
    [pathOf(SIGNALS)],
    ...files.map((test) => [test]),
  ];
  writeFileSync(path, source);
  try {
    for (const args of runs.slice(0, most)) {
      const options = ["--bail", "--exit", "--timeout", `${TIMEOUT_MS}`, ...args];
      const run = spawnSync(process.execPath, [MOCHA, ...options], {
        cwd: TREE,
        encoding: "utf8",
        timeout: TIMEOUT_MS,
      });
      const { status, stdout } = run;
      if (status === null) return { key, outcome: "open", by: "time" };
      if (/CIRCUIT_COMPILATION_FAILED|circom failed/.test(stdout)) return { key, outcome: "invalid", by: "circom" };
      if (status !== 0) return { key, outcome: "killed", by: `${basename(args[0]!)}: ${failureIn(stdout)}` };
    }
    return { key, outcome: most < runs.length ? "open" : "survived", by: TESTS[folder]!.join(", ") };
  } finally {
    writeFileSync(path, original);
  }
}

const failureIn = (output: string): string => /^ {2}1\) ([^]*?):\n/m.exec(output)?.[1]?.replace(/\s+/g, " ") ?? "";

/** circom sees only what is below the folder it runs in, and follows no links. */
function prepareTree(): void {
  mkdirSync(join(TREE, "node_modules"), { recursive: true });
  for (const folder of ["circuits", "src", "test"]) {
    rmSync(join(TREE, folder), { recursive: true, force: true });
    cpSync(join(PROJECT_ROOT, folder), join(TREE, folder), { recursive: true });
  }
  cpSync(join(NODE_MODULES, "circomlib"), join(TREE, "node_modules", "circomlib"), { recursive: true });
  for (const file of ["package.json", "hardhat.config.ts"]) cpSync(join(PROJECT_ROOT, file), join(TREE, file));
  for (const folder of ["test-circuits", "circuits", "keys"]) {
    const from = join(PROJECT_ROOT, "build", folder);
    const to = join(TREE, "build", folder);
    if (existsSync(from) && !existsSync(to)) cpSync(from, to, { recursive: true });
  }
}
