// SPDX-License-Identifier: MIT
import hre, { network } from "hardhat";
import Mocha from "mocha";

import { coinbaseOf, type TestRun, type TestRunner } from "./runner.ts";

type Connection = Awaited<ReturnType<typeof network.create>>;

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
  readonly #networks: Networks;
  readonly #coverage: Coverage;

  private constructor(mocha: Mocha, networks: Networks, coverage: Coverage) {
    this.#mocha = mocha;
    this.#networks = networks;
    this.#coverage = coverage;
    const tests: [string, Mocha.Test][] = [];
    mocha.suite.eachTest((test) => tests.push([test.fullTitle(), test]));
    this.#byTitle = new Map(tests);
  }

  /**
   * @param timeout of a test, in milliseconds
   * @param ownNetworks whether no test uses a network that another one created: they are closed after each test
   */
  static async create(files: readonly string[], timeout: number, ownNetworks: boolean): Promise<MochaTests> {
    // Of a test that failed before it awaited all it began: it counts by its failure, and the next one goes on.
    process.on("unhandledRejection", () => undefined);
    process.on("uncaughtException", () => undefined);
    const networks = new Networks();
    const create = network.create.bind(network);
    network.create = (async (...args: Parameters<typeof create>) => {
      const connection = await create(...args);
      await networks.add(connection);
      return connection;
    }) as typeof network.create;
    const { _coverage: coverage } = hre as unknown as { _coverage?: Coverage };
    if (coverage === undefined) throw new Error("wants HARDHAT_COVERAGE=true");
    const mocha = new Mocha({ timeout, bail: true, reporter: Silent });
    mocha.cleanReferencesAfterRun(false);
    for (const file of files) mocha.addFile(file);
    await mocha.loadFilesAsync();
    if (ownNetworks) networks.keep();
    return new MochaTests(mocha, networks, coverage);
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
    await this.#networks.activate(active);
    this.#coverage.data.clear();
    const failures: string[] = [];
    this.#mocha.grep(new RegExp(`^${escape(test)}$`));
    await new Promise<void>((resolve) => {
      const runner = this.#mocha.run(() => {
        resolve();
      });
      runner.on(Mocha.Runner.constants.EVENT_TEST_FAIL, (test) => failures.push(test.fullTitle()));
    });
    await this.#networks.activate(0);
    await this.#networks.close();
    const hits = new Set([...this.#coverage.data.keys()].map((tag) => Number(BigInt(`0x${tag}`))));
    return { failures, hits, seconds: (performance.now() - started) / 1000 };
  }
}

/** Those that are open: `block.coinbase` of each names the active mutant, also of one that a test creates. */
class Networks {
  readonly #open = new Set<Connection>();
  /** Those that stay open after a test; undefined if all do. */
  #kept: ReadonlySet<Connection> | undefined;
  #active = 0;

  async add(connection: Connection): Promise<void> {
    this.#open.add(connection);
    const close = connection.close.bind(connection);
    connection.close = () => {
      this.#open.delete(connection);
      return close();
    };
    await this.#choose(connection);
  }

  async activate(active: number): Promise<void> {
    this.#active = active;
    for (const connection of this.#open) await this.#choose(connection);
  }

  /** All networks that are created from now on belong to one test. */
  keep(): void {
    this.#kept = new Set(this.#open);
  }

  /** Closes the networks of a test, whose memory would add up. */
  async close(): Promise<void> {
    if (this.#kept === undefined) return;
    for (const connection of this.#open) if (!this.#kept.has(connection)) await connection.close();
  }

  async #choose({ provider }: Connection): Promise<void> {
    await provider.request({ method: "hardhat_setCoinbase", params: [coinbaseOf(this.#active)] });
  }
}

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

class Silent extends Mocha.reporters.Base {}
