// SPDX-License-Identifier: MIT
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

import { expect } from "chai";
import { parseEther } from "ethers";

import { roundTipDown } from "../../src/codec/index.ts";
import { runExamples, type ExamplesResult } from "../../tools/docs/examples.ts";
import { createProver } from "../../src/prover/index.ts";
import { prepareAll } from "../../src/setup/index.ts";
import { PROJECT_ROOT } from "../../src/setup/paths.ts";

const EXAMPLES = globSync("docs/examples/*.ts", { cwd: PROJECT_ROOT }).sort();

describe("docs/examples, with real proofs", () => {
  let result: ExamplesResult;

  before(async function () {
    this.timeout(600_000);
    const artifacts = await prepareAll("development");
    const provers = { poe: createProver(artifacts, { cacheFolder: false }), b52: createProver(artifacts) };
    try {
      result = await runExamples(provers, () => undefined);
    } finally {
      await Promise.all(Object.values(provers).map((prover) => prover.dispose()));
    }
  });

  it("wallet: a transfer goes from pending to virtual to final", () => {
    expect(result.transfer[0], "the deposit").to.equal("pending");
    // The sequencer may be faster than the first look.
    const seen = result.transfer.slice(1);
    expect(seen.slice(-2)).to.deep.equal(["virtual", "final"]);
    expect(seen.length === 2 || (seen.length === 3 && seen[0] === "pending")).to.equal(true);
  });

  it("wallet, forced: everything that was deposited is on L1 again or with the receiver", () => {
    const { node } = result.poe;
    const tips = 2n * roundTipDown(parseEther("0.0001"));
    expect(node.finalState.account(1)?.balance, "the sequencer").to.equal(
      parseEther("0.1") + parseEther("0.25") + tips,
    );
    expect(node.finalState.account(2)?.balance, "the user").to.equal(0n);
    expect(result.forced).to.equal(parseEther("0.25") - tips - 2n * node.baseFee);
    expect(node.verifiedBatches).to.equal(node.batches.length);
  });

  it("sequencer, prover: every batch was posted by the one and proven by the other", () => {
    expect(result.posted).to.equal(result.poe.node.batches.length);
    expect(result.proven).to.equal(result.posted);
    expect(result.posted).to.be.at.least(3);
  });

  it("events: tell it all", () => {
    const { events, posted } = result;
    expect(events.filter((line) => line.includes("posted by")).length).to.equal(posted);
    expect(events.filter((line) => line.includes("queued by")).length).to.equal(3);
    expect(events.filter((line) => line.includes("was paid")).length).to.be.at.least(1);
    expect(result.next?.block).to.be.greaterThan(0);
  });

  for (const [run, when] of ["a day after the deployment", "again, over a head"].entries()) {
    it(`b52, ${when}: a deposit is virtual when no other block can win any more, and final at the new head`, () => {
      const { statuses } = result.b52[run]!;
      expect(statuses.map(({ status }) => status)).to.deep.equal(["pending", "pending", "virtual", "final"]);
      const [queued, proven, decided, head] = statuses;
      expect(queued).not.to.have.property("candidates");
      expect(proven).to.have.property("candidates").with.lengthOf(1);
      const place = { batch: run + 1, leaf: 0, slot: 0 };
      for (const status of [decided, head]) expect(status).to.deep.include({ place });
      expect(head)
        .to.have.property("l1Block")
        .greaterThan((decided as { l1Block: number }).l1Block);
    });
  }

  it("b52: the reward of a block is shared by its nodes", () => {
    const ofProvers = (parseEther("100") * 4_000n) / 10_000n / 3n;
    for (const { earned } of result.b52) expect(earned).to.deep.equal([2n * ofProvers, ofProvers]);
  });

  it("b52: tickets are those that nobody else has, and are kept", () => {
    const lines = result.lines.filter((line) => /ticket \d earned/.test(line));
    expect(lines.map((line) => /ticket (\d)/.exec(line)?.[1])).to.deep.equal(["2", "3", "2", "3"]);
  });

  it("need nothing but ethers, Node and the client library", () => {
    expect(EXAMPLES.length).to.equal(6);
    for (const file of EXAMPLES) {
      const text = readFileSync(join(PROJECT_ROOT, file), "utf8");
      const imported = [...text.matchAll(/from "([^"]+)"/g)].map(([, specifier]) => specifier ?? "");
      const foreign = imported.filter(
        (specifier) => !/^(ethers|node:.*|\.\.\/\.\.\/src\/index\.ts|\.\/\w+\.ts)$/.test(specifier),
      );
      expect(foreign, file).to.deep.equal([]);
    }
  });

  it("are all explained", () => {
    const text = readFileSync(join(PROJECT_ROOT, "docs", "client.md"), "utf8");
    for (const file of EXAMPLES) expect(text).to.include(`(examples/${basename(file)})`);
  });
});
