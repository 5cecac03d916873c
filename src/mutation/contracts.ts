import { createHash } from "node:crypto";
import { appendFileSync, cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

import { PROJECT_ROOT } from "../setup/paths.ts";
import { type Contract, compile, mutate, MUTATION_BUILD, readSources } from "./compile.ts";
import type { MochaTests } from "./mochaTests.ts";
import { choose, type Options, readVerdicts } from "./options.ts";
import { keysOf, type Mutant, type Verdict } from "./mutant.ts";
import type { TestRun } from "./runner.ts";
import { RECORDING, type Rewriting } from "./solidity.ts";
import { SolidityTests } from "./solidityTests.ts";

const isMutated = (file: string): boolean =>
  file.startsWith("contracts/") && !/^contracts\/(mocks|interfaces|token)\/|\/keys\//.test(file);

/** Suites in which no mutant can change anything, or which test the tests. */
const SUITES = "test/contracts/{verification,poe,staking,rollup,b52,invariant}/*.t.sol";
const MOCHA = "test/{consensus/**/*,verification/batchVerifier,verification/dataCommitment}.test.ts";
/** Hundreds of random steps: too slow here. */
const TOO_SLOW = "test/consensus/b52/differential.test.ts";

/** What TypeScript tests deploy, and what Solidity tests are linked with. */
const DEPLOYED = [
  "contracts/consensus/b52/B52.sol",
  "contracts/consensus/b52/BlockVerification.sol",
  "contracts/rollup/RollupDeployment.sol",
  "contracts/rollup/MigrationVerification.sol",
  "contracts/verification/EnforcementVerifier.sol",
  "contracts/mocks/TestVerifier.sol",
  "contracts/mocks/DataCommitmentHarness.sol",
];
const FACTORIES = ["mutation/RollupFactory.sol", "mutation/ProofOfEfficiencyFactory.sol"];
const POSEIDON = "poseidon-solidity/PoseidonT3.sol";

/** Code made with the project's own settings, in the folder of its artifacts. */
const ARTIFACTS = join(PROJECT_ROOT, "artifacts");
const MUTATED_ARTIFACTS = join(MUTATION_BUILD, "artifacts");

interface Artifact {
  readonly abi: Contract["abi"];
  readonly bytecode: string;
  readonly deployedBytecode: string;
  readonly linkReferences: Contract["evm"]["bytecode"]["linkReferences"];
}

const RESULTS = join(MUTATION_BUILD, "contracts.jsonl");

/** All mutants, and the sources that hold them. */
export const mutateContracts = (): Rewriting => mutate(readSources(["contracts/**/*.sol", SUITES]), isMutated);

/**
 * Runs the tests against the mutants, and appends the verdicts to `build/mutation/contracts.jsonl`; those that are
 * there already are not sought again.
 */
export async function testContracts(options: Options): Promise<void> {
  const { log } = options;
  const { mutants, sources: mutated } = mutateContracts();
  log(`${mutants.length} mutants of contracts`);
  const suites = globSync(SUITES, { cwd: PROJECT_ROOT }).sort();
  const compiled: Record<string, Record<string, Contract>> = {};
  for (const file of [...DEPLOYED, ...FACTORIES, ...suites]) {
    log(`compiling ${file}`);
    compiled[file] = compile(mutated, file);
  }
  writeArtifacts(compiled);
  compiled[POSEIDON] = { PoseidonT3: poseidon() };
  const solidity = await SolidityTests.create(compiled);
  const { MochaTests } = await import("./mochaTests.ts");
  const mochaFiles = globSync(MOCHA, { cwd: PROJECT_ROOT }).filter((file) => file !== TOO_SLOW);
  const mocha = await MochaTests.create(mochaFiles.sort());
  const tests = await recordOnce(
    [compiled, mochaFiles.map((file) => readFileSync(file, "utf8"))],
    solidity,
    mocha,
    log,
  );
  const keys = keysOf(mutants);
  const known = readVerdicts(RESULTS);
  const chosen = choose(mutants, keys, options).filter(({ id }) => !known.has(keys.get(id)!));
  log(`${chosen.length} mutants to test`);
  const kills = new Map<Test, number>();
  for (const [i, mutant] of chosen.entries()) {
    if (Date.now() > options.until) break;
    const started = performance.now();
    const reaching = tests.filter(({ hits }) => hits.has(mutant.id));
    const by = await kill(mutant, reaching, kills, solidity, mocha);
    const verdict: Verdict = {
      key: keys.get(mutant.id)!,
      outcome: by === undefined ? "survived" : "killed",
      by: by ?? `${reaching.length} tests`,
    };
    appendFileSync(RESULTS, `${JSON.stringify(verdict)}\n`);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    log(`${i + 1}/${chosen.length} ${seconds} s ${verdict.outcome} ${verdict.key} ⟵ ${verdict.by}`);
  }
}

interface Test {
  readonly kind: "solidity" | "mocha";
  readonly name: string;
  readonly seconds: number;
  readonly hits: ReadonlySet<number>;
}

/** As `record`, unless it was done for the same code and the same tests. */
async function recordOnce(
  code: unknown,
  solidity: SolidityTests,
  mocha: MochaTests,
  log: (line: string) => void,
): Promise<readonly Test[]> {
  const path = join(MUTATION_BUILD, "reached.json");
  const sha256 = createHash("sha256").update(JSON.stringify(code)).digest("hex");
  const kept = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Reached) : undefined;
  if (kept?.sha256 === sha256) return kept.tests.map((test) => ({ ...test, hits: new Set(test.hits) }));
  const tests = await record(solidity, mocha, log);
  writeFileSync(path, JSON.stringify({ sha256, tests: tests.map((test) => ({ ...test, hits: [...test.hits] })) }));
  return tests;
}

interface Reached {
  readonly sha256: string;
  readonly tests: readonly (Omit<Test, "hits"> & { readonly hits: readonly number[] })[];
}

/** Which mutants each test reaches. Leaves out tests that fail with no mutant active, such as those of gas. */
async function record(solidity: SolidityTests, mocha: MochaTests, log: (line: string) => void): Promise<Test[]> {
  const tests: Test[] = [];
  const add = (kind: Test["kind"], name: string, run: TestRun): void => {
    if (run.failures.length > 0) log(`left out: ${name}: ${run.failures.join("; ")}`);
    else tests.push({ kind, name, seconds: run.seconds, hits: run.hits });
    log(`${run.seconds.toFixed(1)} s ${run.hits.size} mutants reached by ${name}`);
  };
  for (const name of solidity.tests) add("solidity", name, await solidity.run(name, RECORDING));
  for (const name of mocha.tests) add("mocha", name, await mocha.run(name, RECORDING));
  return tests.sort((a, b) => a.seconds - b.seconds);
}

/** @returns The test that failed first. */
async function kill(
  { id }: Mutant,
  reaching: readonly Test[],
  kills: Map<Test, number>,
  solidity: SolidityTests,
  mocha: MochaTests,
): Promise<string | undefined> {
  // What has killed often, and costs little, kills soon.
  const worth = (test: Test): number => ((kills.get(test) ?? 0) + 1) / (test.seconds + 0.02);
  for (const test of [...reaching].sort((a, b) => worth(b) - worth(a))) {
    const { failures } = await (test.kind === "solidity" ? solidity : mocha).run(test.name, id);
    if (failures[0] === undefined) continue;
    kills.set(test, (kills.get(test) ?? 0) + 1);
    return test.kind === "solidity" ? `${test.name} ${failures[0]}` : test.name;
  }
  return undefined;
}

function writeArtifacts(compiled: Readonly<Record<string, Readonly<Record<string, Contract>>>>): void {
  rmSync(MUTATED_ARTIFACTS, { recursive: true, force: true });
  cpSync(ARTIFACTS, MUTATED_ARTIFACTS, { recursive: true, filter: (path) => basename(path) !== "build-info" });
  for (const file of DEPLOYED) {
    for (const [name, { abi, evm }] of Object.entries(compiled[file]!)) {
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
