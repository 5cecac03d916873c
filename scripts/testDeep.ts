// SPDX-License-Identifier: MIT
import { randomInt } from "node:crypto";
import { globSync } from "node:fs";

import { decimalNumber, oneOf, runCommand, wholeNumber } from "../tools/commandLine.ts";
import { runTestJob, type TestJob } from "../tools/testing/testJob.ts";

interface Step extends Pick<TestJob, "script" | "files"> {
  readonly options?: (seed: number) => readonly string[];
  readonly environment?: (seed: number) => Readonly<Record<string, string>>;
}

const INVARIANTS = globSync("test/contracts/invariant/*.t.sol").sort();
const FUZZ = globSync("test/contracts/**/*.t.sol", { exclude: INVARIANTS }).sort();
const hex = (seed: number): string => `0x${seed.toString(16).padStart(64, "0")}`;

const STEPS: Readonly<Record<string, Step>> = {
  invariants: {
    script: "solidityTests.ts",
    options: (seed) => ["--seed", hex(seed), "--invariantRuns", "30", "--depth", "300"],
    files: INVARIANTS,
  },
  b52: {
    script: "mochaTests.ts",
    environment: (seed) => ({ B52_SEED: String(seed), B52_STEPS: "1500" }),
    files: ["test/contracts/b52/differential.test.ts"],
  },
  escrow: {
    script: "mochaTests.ts",
    environment: (seed) => ({ B52_SEED: String(seed), BUILDER_STEPS: "3000" }),
    files: ["test/contracts/b52/builderDifferential.test.ts"],
  },
  ledger: {
    script: "mochaTests.ts",
    environment: (seed) => ({ SEED: String(seed) }),
    files: [
      ...globSync("test/{codec,ledger}/*.test.ts").sort(),
      ...["batchVerifier", "dataCommitment"].map((name) => `test/verification/${name}.test.ts`),
      "test/contracts/b52/money.test.ts",
    ],
  },
  // Alone, so that all others compute by WebAssembly.
  crypto: {
    script: "mochaTests.ts",
    environment: (seed) => ({ SEED: String(seed) }),
    files: globSync("test/{crypto,node/crypto}/*.test.ts").sort(),
  },
  proofs: {
    script: "mochaTests.ts",
    environment: (seed) => ({ SEED: String(seed) }),
    files: ["test/b52/proofTree.test.ts"],
  },
  circuits: {
    script: "mochaTests.ts",
    environment: (seed) => ({ SEED: String(seed) }),
    options: () => ["--grep", "against the (ledger|model)|random"],
    files: ["leaf", "merge", "migration", "escape"].map((name) => `test/circuits/${name}.test.ts`),
  },
  constraints: {
    script: "mochaTests.ts",
    environment: () => ({ DEEP: "1" }),
    files: ["test/circuits/constraints.test.ts"],
  },
  deepTree: {
    script: "mochaTests.ts",
    environment: (seed) => ({ DEEP: "1", SEED: String(seed) }),
    options: () => ["--grep", "as deep as in production"],
    files: ["test/circuits/leaf.test.ts"],
  },
  clients: {
    script: "mochaTests.ts",
    environment: () => ({ DEEP: "1" }),
    files: ["test/deployment/clients.test.ts", "test/deep/anvil.test.ts"],
  },
  elections: {
    script: "mochaTests.ts",
    environment: () => ({ DEEP: "1" }),
    files: ["test/e2e/lifecyclesUnderElections.test.ts"],
  },
  network: {
    script: "mochaTests.ts",
    environment: () => ({ DEEP: "1" }),
    files: ["test/deep/b52Network.test.ts"],
  },
  drawn: {
    script: "mochaTests.ts",
    environment: () => ({ DEEP: "1" }),
    files: ["test/setup/circuitKeys.test.ts", "test/deep/drawnHeight.test.ts"],
  },
  processes: {
    script: "mochaTests.ts",
    environment: () => ({ DEEP: "1" }),
    files: ["test/deep/b52Processes.test.ts"],
  },
  // By UltraHonk: a tree of proofs, with 2 GB, and every word of each circuit's proof altered.
  recursion: {
    script: "mochaTests.ts",
    environment: (seed) => ({ DEEP: "1", SEED: String(seed) }),
    files: [
      ...["barretenberg", "convertedCircuits", "determinism"].map((name) => `test/recursion/${name}.test.ts`),
      ...["honkCircuits", "honkTree", "chain", "join", "recursionDemo"].map((name) => `test/deep/${name}.test.ts`),
    ],
  },
  fuzz: {
    script: "solidityTests.ts",
    options: (seed) => ["--seed", hex(seed), "--fuzzRuns", "2000"],
    files: FUZZ,
  },
};

const USAGE = `
npm run test:deep [-- --minutes <n>] [--seed <number>] [--only <step>]

Runs what is random in the tests, longer and on other seeds, and what takes too long for npm test. Goes round the steps
until the time is over; each is run once at least. Round r has the seed S + r, and is all that --seed <S + r> begins
with. Exit code 1 if anything failed.

  --minutes <n>     default: 30
  --seed <number>   S; default: a random one, which is shown
  --only <step>     ${Object.keys(STEPS).join(" | ")}
`;

const options = {
  minutes: { type: "string", default: "30" },
  seed: { type: "string" },
  only: { type: "string" },
} as const;

await runCommand({ usage: USAGE, options }, async ({ values }) => {
  const minutes = decimalNumber("--minutes", values.minutes);
  const first = values.seed === undefined ? randomInt(2 ** 31) : wholeNumber("--seed", values.seed, 0);
  const names = values.only === undefined ? Object.keys(STEPS) : [oneOf("--only", values.only, Object.keys(STEPS))];

  const { default: hre } = await import("hardhat");
  const { prepareAll } = await import("../src/setup/index.ts");
  console.log(`seed ${first}, ${minutes} minutes: ${names.join(", ")}`);
  await prepareAll("development");
  await hre.tasks.getTask("build").run({ noTests: true });

  const start = Date.now();
  const seconds = (since: number): string => `${Math.round((Date.now() - since) / 1000)} s`;
  const isOver = (): boolean => Date.now() - start >= minutes * 60_000;
  const failures: string[] = [];
  let [runs, tests] = [0, 0];
  for (let round = 0; round === 0 || !isOver(); round++) {
    for (const name of names) {
      if (round > 0 && isOver()) break;
      const seed = first + round;
      const begun = Date.now();
      const { script, files, options, environment } = STEPS[name]!;
      const job = { name: `deep-${name}`, script, files, options: options?.(seed) ?? [] };
      const { counts, output } = await runTestJob({ ...job, environment: environment?.(seed) ?? {} });
      const { passed, failed } = counts;
      runs++;
      tests += passed + failed;
      const isGood = failed === 0;
      console.log(
        `[${seconds(start)}] ${isGood ? "✔" : "✘"} ${name}, seed ${seed}: ` +
          `${passed} passed, ${failed} failed, in ${seconds(begun)}`,
      );
      if (isGood) continue;
      console.log(output);
      failures.push(`npm run test:deep -- --only ${name} --seed ${seed} --minutes 0`);
    }
  }

  console.log(`\n${runs} runs of ${tests} tests in ${seconds(start)}, from seed ${first}; ${failures.length} failed`);
  for (const failure of failures) console.log(`  ${failure}`);
  return failures.length > 0 ? 1 : 0;
});
