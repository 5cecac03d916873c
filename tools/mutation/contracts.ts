// SPDX-License-Identifier: MIT
import { createHash } from "node:crypto";
import { appendFileSync, cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

import { PROJECT_ROOT } from "../../src/setup/paths.ts";
import { type Contract, compile, mutate, MUTATION_BUILD, readSources } from "./compile.ts";
import type { MochaTests } from "./mochaTests.ts";
import { choose, type Options, readEquivalents, readLines, unsettled } from "./options.ts";
import { keysOf, type Mutant, type Verdict } from "./mutant.ts";
import type { TestRunner } from "./runner.ts";
import { RECORDING, type Rewriting } from "./solidity.ts";
import { GAS_LIMIT, SolidityTests } from "./solidityTests.ts";

/** Contracts that are mutated together, and the tests that run against them. */
interface Area {
  /** Sources, which are compiled with all that they import. */
  readonly sources: readonly string[];
  readonly isMutated: (file: string) => boolean;
  /** Contracts that tests deploy, with their libraries. The code of a test does not contain them. */
  readonly deployed: readonly string[];
  /** Solidity tests, without suites in which no mutant can change anything, or which test the tests. */
  readonly suites: string;
  /** TypeScript tests. */
  readonly mocha: string;
  /** Of these, hundreds of random steps: too slow for each mutant. */
  readonly slow: string;
}

/** Names of commands, and of files in `build/mutation`. */
export const AREA_NAMES = ["contracts", "elections"] as const;
export type AreaName = (typeof AREA_NAMES)[number];

const ELECTIONS = "contracts/elections/";

const AREAS: Readonly<Record<AreaName, Area>> = {
  contracts: {
    sources: ["contracts/**/*.sol"],
    isMutated: (file) =>
      file.startsWith("contracts/") &&
      !file.startsWith(ELECTIONS) &&
      !/^contracts\/(mocks|interfaces|token)\/|\/(keys\/|example\/|Poseidon\.sol)/.test(file),
    deployed: [
      "contracts/consensus/b52/B52.sol",
      "contracts/consensus/b52/BlockRecords.sol",
      "contracts/consensus/b52/BlockVerification.sol",
      "contracts/consensus/b52/DrawnB52.sol",
      "contracts/libraries/Poseidon.sol",
      "contracts/rollup/Rollup.sol",
      "contracts/rollup/MigrationVerification.sol",
      "contracts/consensus/poe/ProofOfEfficiency.sol",
      "contracts/token/NativeToken.sol",
      "contracts/verification/LeafVerifier.sol",
      "contracts/verification/RollupVerifier.sol",
      "contracts/verification/EnforcementVerifier.sol",
      "contracts/mocks/TestVerifier.sol",
      "contracts/mocks/DataCommitmentHarness.sol",
    ],
    suites: "test/contracts/{verification,poe,staking,rollup,b52,invariant}/*.t.sol",
    mocha: "test/{contracts/b52/*,verification/{batchVerifier,dataCommitment}}.test.ts",
    slow: "test/contracts/b52/differential.test.ts",
  },
  elections: {
    sources: [`${ELECTIONS}**/*.sol`, "contracts/mocks/SlotElectionHarness.sol"],
    isMutated: (file) => file.startsWith(ELECTIONS),
    deployed: [
      ...globSync(`${ELECTIONS}[A-Z]*.sol`, { cwd: PROJECT_ROOT })
        .filter((file) => file !== `${ELECTIONS}Election.sol`)
        .sort(),
      "contracts/mocks/SlotElectionHarness.sol",
    ],
    // Those of elections run all of Proof of Efficiency. The TypeScript tests, under a mock of it, look closer.
    suites: "",
    mocha: "test/contracts/elections/!(*Gas|*Design).test.ts",
    slow: "test/contracts/elections/{*Differential,slotAuction,multiWinnerAuction}.test.ts",
  },
};

/** Code made with the project's own settings, in the folder of its artifacts. */
const ARTIFACTS = join(PROJECT_ROOT, "artifacts");
const MUTATED_ARTIFACTS = join(MUTATION_BUILD, "artifacts");

const POSEIDON = "poseidon-solidity/PoseidonT3.sol";

const TIMEOUT_MS = 60_000;
const SLOW_TIMEOUT_MS = 600_000;

/** No mutant. */
const NONE = 0;

interface Artifact {
  readonly abi: Contract["abi"];
  readonly bytecode: string;
  readonly deployedBytecode: string;
  readonly linkReferences: Contract["evm"]["bytecode"]["linkReferences"];
}

const resultsOf = (area: AreaName): string => join(MUTATION_BUILD, `${area}.jsonl`);

/** All mutants of an area, and the sources that hold them. */
export function mutateContracts(area: AreaName): Rewriting {
  const { sources, isMutated, suites } = AREAS[area];
  return mutate(readSources([...sources, suites]), isMutated);
}

export const countVerdicts = (area: AreaName): number => readLines(resultsOf(area)).length;

/** Memory that simulated networks leave behind adds up. A process with more than this begins no other mutant. */
const MAX_MEMORY_BYTES = 6e9;

/**
 * Runs the tests against the mutants, and appends the verdicts to `build/mutation/<area>.jsonl`; those that are there
 * already are not sought again.
 * @returns Whether that is all, or the memory is full: another process can go on.
 */
export async function testContracts(area: AreaName, options: Options): Promise<"done" | "full"> {
  const { log } = options;
  const { deployed, suites, mocha: mochaFiles, slow } = AREAS[area];
  const { mutants, sources: mutated } = mutateContracts(area);
  log(`${mutants.length} mutants of ${area}`);
  const compiled: Record<string, Record<string, Contract>> = {};
  for (const file of [...deployed, ...globSync(suites, { cwd: PROJECT_ROOT }).sort()]) {
    log(`compiling ${file}`);
    compiled[file] = compile(mutated, file);
  }
  writeArtifacts(deployed.map((file) => [file, compiled[file]!]));
  compiled[POSEIDON] = { PoseidonT3: poseidon() };
  const solidity = await SolidityTests.create(compiled);
  const { MochaTests } = await import("./mochaTests.ts");
  const tooSlow = options.slow ? [] : globSync(slow, { cwd: PROJECT_ROOT });
  const files = globSync(mochaFiles, { cwd: PROJECT_ROOT }).filter((file) => !tooSlow.includes(file));
  const mocha = await MochaTests.create(
    files.sort(),
    options.slow ? SLOW_TIMEOUT_MS : TIMEOUT_MS,
    area === "elections",
  );
  const sha256 = (value: unknown): string => createHash("sha256").update(JSON.stringify(value)).digest("hex");
  const hashes = Object.fromEntries(Object.entries(compiled).map(([file, contracts]) => [file, sha256(contracts)]));
  const codes = deployed.map((file) => hashes[file]);
  const hashOfSolidity = (test: string): string => sha256([`${GAS_LIMIT}`, codes, hashes[test.split(":")[0]!]]);
  const tests = [
    ...(await record("solidity", solidity, hashOfSolidity, log)),
    ...(await record("mocha", mocha, (test) => sha256([codes, readFileSync(mocha.fileOf(test), "utf8")]), log)),
  ];
  const keys = keysOf(mutants);
  const known = readLines<Verdict>(resultsOf(area));
  const chosen = unsettled(choose(mutants, keys, options), keys, known, options, readEquivalents());
  log(`${chosen.length} mutants to test`);
  const kills = new Map<string, number>();
  for (const [i, mutant] of chosen.entries()) {
    if (Date.now() > options.until) break;
    if (process.memoryUsage.rss() > MAX_MEMORY_BYTES) return "full";
    const started = performance.now();
    const reaching = tests.filter(({ hits }) => hits.has(mutant.id));
    const by = await kill(mutant, reaching, kills, solidity, mocha, options.tests);
    const verdict: Verdict = {
      key: keys.get(mutant.id)!,
      outcome: by !== undefined ? "killed" : reaching.length > options.tests ? "open" : "survived",
      by: by ?? `${reaching.length} tests`,
    };
    appendFileSync(resultsOf(area), `${JSON.stringify(verdict)}\n`);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    log(`${i + 1}/${chosen.length} ${seconds} s ${verdict.outcome} ${verdict.key} ⟵ ${verdict.by}`);
  }
  return "done";
}

interface Test {
  readonly kind: "solidity" | "mocha";
  readonly name: string;
  readonly seconds: number;
  readonly hits: ReadonlySet<number>;
}

/**
 * Which mutants each test reaches, kept for the same code. Leaves out tests that fail with no mutant active, such as those
 * of gas.
 */
async function record(
  kind: Test["kind"],
  runner: TestRunner,
  hashOf: (test: string) => string,
  log: (line: string) => void,
): Promise<Test[]> {
  const path = join(MUTATION_BUILD, `reached-${kind}.jsonl`);
  const kept = new Map(readLines<Reached>(path).map((line) => [line.name, line]));
  const reached: Reached[] = [];
  for (const name of runner.tests) {
    const sha256 = hashOf(name);
    const known = kept.get(name);
    if (known?.sha256 === sha256) {
      reached.push(known);
      continue;
    }
    const { failures, hits, seconds } = await runner.run(name, RECORDING);
    const line = { name, sha256, seconds, hits: failures.length > 0 ? [] : [...hits] };
    reached.push(line);
    appendFileSync(path, `${JSON.stringify(line)}\n`);
    log(`${seconds.toFixed(1)} s ${failures.length > 0 ? "left out" : `${hits.size} mutants reached`} by ${name}`);
  }
  return reached.map(({ name, seconds, hits }) => ({ kind, name, seconds, hits: new Set(hits) }));
}

interface Reached {
  readonly name: string;
  readonly sha256: string;
  readonly seconds: number;
  readonly hits: readonly number[];
}

/**
 * Solidity tests first, which cost little, and of each kind first what has killed mutants of this file, costs little, and
 * reaches little else.
 * @returns The test that failed first.
 */
async function kill(
  { id, file }: Mutant,
  reaching: readonly Test[],
  kills: Map<string, number>,
  solidity: SolidityTests,
  mocha: MochaTests,
  most: number,
): Promise<string | undefined> {
  const worth = new Map(
    reaching.map((test) => {
      const known = Math.log2(1.1 + (kills.get(`${file} ${test.name}`) ?? 0) + 0.1 * (kills.get(test.name) ?? 0));
      const stage = test.kind === "mocha" ? 1e-3 : test.name.includes("/invariant/") ? 1e-6 : 1;
      return [test, (known * stage) / (test.seconds + 0.05) / test.hits.size];
    }),
  );
  for (const test of reaching.toSorted((a, b) => worth.get(b)! - worth.get(a)!).slice(0, most)) {
    const runner = test.kind === "solidity" ? solidity : mocha;
    const { failures } = await runner.run(test.name, id);
    if (failures[0] === undefined || !(await isKilledBy(test.name, id, runner))) continue;
    for (const key of [test.name, `${file} ${test.name}`]) kills.set(key, (kills.get(key) ?? 0) + 1);
    return test.kind === "solidity" ? `${test.name} ${failures[0]}` : test.name;
  }
  return undefined;
}

/**
 * Whether a test fails again, and passes in between without the mutant. TypeScript tests share networks: one that fails
 * in the middle may leave behind what makes the next one fail, such as the time of a block that was not mined.
 */
async function isKilledBy(test: string, id: number, runner: TestRunner): Promise<boolean> {
  for (const { active, fails } of [
    { active: NONE, fails: false },
    { active: id, fails: true },
  ]) {
    const { failures } = await runner.run(test, active);
    if (failures.length > 0 !== fails) return false;
  }
  return true;
}

function writeArtifacts(compiled: readonly (readonly [string, Readonly<Record<string, Contract>>])[]): void {
  rmSync(MUTATED_ARTIFACTS, { recursive: true, force: true });
  cpSync(ARTIFACTS, MUTATED_ARTIFACTS, { recursive: true, filter: (path) => basename(path) !== "build-info" });
  for (const [file, contracts] of compiled) {
    for (const [name, { abi, evm }] of Object.entries(contracts)) {
      const path = join(MUTATED_ARTIFACTS, file, `${name}.json`);
      const artifact = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as object) : {};
      mkdirSync(dirname(path), { recursive: true });
      const { bytecode, deployedBytecode } = evm;
      const code = {
        bytecode: `0x${bytecode.object}`,
        linkReferences: bytecode.linkReferences,
        deployedBytecode: `0x${deployedBytecode.object}`,
        deployedLinkReferences: deployedBytecode.linkReferences,
      };
      writeFileSync(path, JSON.stringify({ ...artifact, abi, ...code, buildInfoId: undefined }));
    }
  }
}

function poseidon(): Contract {
  const path = join(ARTIFACTS, POSEIDON, "PoseidonT3.json");
  const { abi, bytecode, deployedBytecode, linkReferences } = JSON.parse(readFileSync(path, "utf8")) as Artifact;
  const code = (object: string) => ({ object: object.slice(2), linkReferences });
  return { abi, evm: { bytecode: code(bytecode), deployedBytecode: code(deployedBytecode) } };
}
