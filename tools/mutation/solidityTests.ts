// SPDX-License-Identifier: MIT
import {
  CollectStackTraces,
  EdrContext,
  L1_CHAIN_TYPE,
  L1Hardfork,
  l1GenesisState,
  l1HardforkToString,
  l1SolidityTestRunnerFactory,
  TestStatus,
  type Artifact,
  type SuiteResult,
} from "@nomicfoundation/edr";

import { PROJECT_ROOT } from "../../src/setup/paths.ts";
import type { Contract } from "./compile.ts";
import { coinbaseOf, type TestRun, type TestRunner } from "./runner.ts";

const SOLC = "0.8.37";
const SEED = "0x7727ea51af0441c20da14dcd68a15dac8c9ebd589c5be8fa8c87c1d3720450bc";

/** More than nearly all tests need. A mutant that uses more is taken to run for ever. */
export const GAS_LIMIT = 200_000_000n;

/**
 * Solidity tests, by EDR, without Hardhat's reading of all artifacts before each run. A test is a function, so that the
 * shortest can fail first.
 */
export class SolidityTests implements TestRunner {
  readonly tests: readonly string[];
  readonly #context: EdrContext;
  readonly #artifacts: Artifact[];

  private constructor(context: EdrContext, artifacts: Artifact[], tests: readonly string[]) {
    this.#context = context;
    this.#artifacts = artifacts;
    this.tests = tests;
  }

  /**
   * @param contracts By file and name: all suites, and the libraries that they are linked with.
   */
  static async create(contracts: Readonly<Record<string, Readonly<Record<string, Contract>>>>): Promise<SolidityTests> {
    const context = new EdrContext();
    await context.registerSolidityTestRunnerFactory(L1_CHAIN_TYPE, l1SolidityTestRunnerFactory());
    const tests: string[] = [];
    const artifacts: Artifact[] = [];
    for (const [file, named] of Object.entries(contracts)) {
      for (const [name, { abi, evm }] of Object.entries(named)) {
        const { bytecode, deployedBytecode } = evm;
        artifacts.push({
          id: { name, source: file, solcVersion: SOLC },
          contract: {
            abi: JSON.stringify(abi),
            bytecode: `0x${bytecode.object}`,
            linkReferences: bytecode.linkReferences,
            deployedBytecode: `0x${deployedBytecode.object}`,
            deployedLinkReferences: deployedBytecode.linkReferences,
          },
        });
        if (bytecode.object === "") continue;
        for (const { type, name: entry = "" } of abi) {
          if (type === "function" && /^(test|invariant)/.test(entry)) tests.push(`${file}:${name}:${entry}`);
        }
      }
    }
    return new SolidityTests(context, artifacts, tests);
  }

  async run(test: string, active: number): Promise<TestRun> {
    const started = performance.now();
    const hits = new Set<number>();
    const [source, name, entry] = test.split(":") as [string, string, string];
    let report: (result: SuiteResult) => void;
    // May come after the run has ended.
    const reported = new Promise<SuiteResult>((resolve) => (report = resolve));
    await this.#context.runSolidityTests(
      L1_CHAIN_TYPE,
      this.#artifacts.filter(({ id }) => id.source === source || !id.source.startsWith("test/")),
      [{ name, source, solcVersion: SOLC }],
      {
        projectRoot: PROJECT_ROOT,
        testPattern: `^${entry}\\b`,
        hardfork: l1HardforkToString(L1Hardfork.Osaka),
        localPredeploys: l1GenesisState(L1Hardfork.Osaka),
        gasLimit: GAS_LIMIT,
        disableBlockGasLimit: true,
        disableTransactionGasCap: true,
        blockCoinbase: Buffer.from(coinbaseOf(active).slice(2), "hex"),
        fuzz: { runs: 24, seed: SEED },
        invariant: { runs: 3, depth: 40, failOnRevert: true, shrinkRunLimit: 0 },
        collectStackTraces: CollectStackTraces.OnFailure,
        observability: {
          codeCoverage: {
            onCollectedCoverageCallback: (tags) => {
              for (const tag of tags) hits.add(Number(BigInt(`0x${Buffer.from(tag).toString("hex")}`)));
              return Promise.resolve();
            },
          },
        },
      },
      {},
      (result) => report(result),
    );
    const { testResults } = await reported;
    const failed = testResults.filter(({ status }) => status === TestStatus.Failure);
    const failures = failed.map((result) => `${result.name}: ${result.reason ?? ""}`);
    return { failures, hits, seconds: (performance.now() - started) / 1000 };
  }
}
