// SPDX-License-Identifier: MIT
import hre, { network } from "hardhat";
import Mocha from "mocha";

import { coinbaseOf, type TestRun, type TestRunner } from "./runner.ts";

type Connection = Awaited<ReturnType<typeof network.create>>;

const TIMEOUT_MS = 60_000;

/** Hardhat's manager of coverage, which keeps what the tests of networks reach (internal, like `--coverage` itself). */
interface Coverage {
  readonly data: Map<string, number>;
}

/**
 * TypeScript tests in one process, on networks whose `block.coinbase` names the active mutant. Needs Hardhat's global
 * option `coverage`, which lifts the limits on code and gas, too. A test is what mocha calls so.
 */
export class MochaTests implements TestRunner {
  readonly #mocha: Mocha;
  readonly #byTitle: ReadonlyMap<string, Mocha.Test>;
  readonly #connections: Connection[];
  readonly #coverage: Coverage;

  private constructor(mocha: Mocha, connections: Connection[], coverage: Coverage) {
    this.#mocha = mocha;
    this.#connections = connections;
    this.#coverage = coverage;
    const tests: [string, Mocha.Test][] = [];
    mocha.suite.eachTest((test) => tests.push([test.fullTitle(), test]));
    this.#byTitle = new Map(tests);
  }

  static async create(files: readonly string[]): Promise<MochaTests> {
    // Of a test that failed before it awaited all it began: it counts by its failure, and the next one goes on.
    process.on("unhandledRejection", () => undefined);
    process.on("uncaughtException", () => undefined);
    const connections: Connection[] = [];
    const create = network.create.bind(network);
    network.create = (async (...args: Parameters<typeof create>) => {
      const connection = await create(...args);
      connections.push(connection);
      return connection;
    }) as typeof network.create;
    const { _coverage: coverage } = hre as unknown as { _coverage?: Coverage };
    if (coverage === undefined) throw new Error("wants HARDHAT_COVERAGE=true");
    const mocha = new Mocha({ timeout: TIMEOUT_MS, bail: true, reporter: Silent });
    mocha.cleanReferencesAfterRun(false);
    for (const file of files) mocha.addFile(file);
    await mocha.loadFilesAsync();
    return new MochaTests(mocha, connections, coverage);
  }

  get tests(): readonly string[] {
    return [...this.#byTitle.keys()];
  }

  /** Absolute path of the file that a test is in. */
  fileOf(test: string): string {
    return this.#byTitle.get(test)!.file!;
  }

  async run(test: string, active: number): Promise<TestRun> {
    const started = performance.now();
    await this.#activate(active);
    this.#coverage.data.clear();
    const failures: string[] = [];
    this.#mocha.grep(new RegExp(`^${escape(test)}$`));
    await new Promise<void>((resolve) => {
      const runner = this.#mocha.run(() => {
        resolve();
      });
      runner.on(Mocha.Runner.constants.EVENT_TEST_FAIL, (test) => failures.push(test.fullTitle()));
    });
    await this.#activate(0);
    const hits = new Set([...this.#coverage.data.keys()].map((tag) => Number(BigInt(`0x${tag}`))));
    return { failures, hits, seconds: (performance.now() - started) / 1000 };
  }

  async #activate(active: number): Promise<void> {
    for (const { provider } of this.#connections) {
      await provider.request({ method: "hardhat_setCoinbase", params: [coinbaseOf(active)] });
    }
  }
}

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

class Silent extends Mocha.reporters.Base {}
