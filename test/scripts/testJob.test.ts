// SPDX-License-Identifier: MIT
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";

import { BUILD, PROJECT_ROOT } from "../../src/setup/paths.ts";
import { runTestJob } from "../../tools/testing/testJob.ts";

const FOLDER = join(BUILD, "test", `jobs-${process.pid}`);

const FILES = {
  good: 'describe("good", () => { it("passes", () => {}); });',
  bad: 'describe("bad", () => { it("fails", () => { throw new Error("a fault"); }); });',
  only: 'describe("only", () => { it.only("passes", () => {}); });',
  floating: `describe("floating", () => {
    it("passes too early", async () => {
      void Promise.resolve(1).then((answer) => { if (answer !== 2) throw new Error("the answer is not 2"); });
    });
  });`,
  empty: "export {};",
  skipped: 'describe("skipped", () => { it.skip("waits", () => {}); it("passes", () => {}); });',
  crypto: `import { fastCrypto } from "../../../src/crypto/index.ts";
  describe("crypto", () => {
    it("is WebAssembly's", () => { if (fastCrypto() === undefined) throw new Error("no WebAssembly"); });
  });`,
  exits: 'describe("exits", () => { it("ends the process", () => { process.exit(0); }); });',
} as const;

describe("A job of tests", function () {
  this.timeout(120_000);

  before(() => {
    mkdirSync(FOLDER, { recursive: true });
    for (const [name, source] of Object.entries(FILES)) writeFileSync(join(FOLDER, `${name}.ts`), source);
  });

  after(() => {
    rmSync(FOLDER, { recursive: true, force: true });
  });

  const run = (...names: (keyof typeof FILES)[]): ReturnType<typeof runTestJob> =>
    runTestJob({
      name: `job-${process.pid}`,
      script: "mochaTests.ts",
      files: names.map((name) => join(FOLDER, `${name}.ts`)),
    });

  it("counts what passed, failed and was skipped", async () => {
    const { counts, output } = await run("good", "bad", "skipped");
    expect(counts, output).to.deep.equal({ passed: 2, failed: 1, skipped: 1 });
  });

  it("fails if a promise is rejected that no test awaits", async () => {
    const { counts, output } = await run("good", "floating");
    expect(counts, output).to.deep.equal({ passed: 2, failed: 1, skipped: 0 });
    expect(output).to.include("the answer is not 2");
  });

  it("fails if one test would silence the others", async () => {
    const { counts, output } = await run("good", "only");
    expect(counts.failed, output).to.be.above(0);
  });

  it("fails if a file has no tests", async () => {
    const { counts, output } = await run("good", "empty");
    expect(counts, output).to.deep.equal({ passed: 1, failed: 1, skipped: 0 });
    expect(output).to.include("empty.ts: no test of it was run");
  });

  it("computes by WebAssembly, unless one of its files tests the library's own hashes and signatures", async () => {
    const fast = await run("crypto");
    expect(fast.counts, fast.output).to.deep.equal({ passed: 1, failed: 0, skipped: 0 });
    const files = [join(FOLDER, "crypto.ts"), join(PROJECT_ROOT, "test", "crypto", "poseidon.test.ts")];
    const own = await runTestJob({ name: `job-${process.pid}`, script: "mochaTests.ts", files });
    expect(own.counts.failed, own.output).to.equal(1);
    expect(own.output).to.include("no WebAssembly");
  });

  it("fails if its process ends without a result", async () => {
    const { counts, output } = await run("good", "exits");
    expect(counts, output).to.deep.equal({ passed: 0, failed: 1, skipped: 0 });
  });
});
