// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";

import { NODE_PROVING_STRATEGY } from "../../src/node/index.ts";
import { PROJECT_ROOT } from "../../src/setup/paths.ts";
import { PROOF_TIMES, rulesOf, USUAL } from "../../tools/simulation/defaults.ts";
import { bestOf, EXPERIMENTS, fromCsv, runPoint, toCsv, type Row } from "../../tools/simulation/experiments.ts";
import { longestPath, safeProofWindow, levelByLevel } from "../../tools/simulation/forms.ts";
import { EXPERIMENT_NAMES, type ExperimentName } from "../../tools/simulation/names.ts";
import { simulateRound, type BlockResult, type Scenario } from "../../tools/simulation/round.ts";
import { expectClose } from "../helpers/expectClose.ts";

/** Twenty hosts, so that the tests take seconds. */
const SMALL: Scenario = {
  ...USUAL,
  ...{ provers: 18, profile: "development", times: PROOF_TIMES.development, traffic: false },
};

const best = (changes: Partial<Scenario>): BlockResult => bestOf(simulateRound({ ...SMALL, ...changes }))!;

const rowsOf = (name: ExperimentName): Row[] =>
  fromCsv(readFileSync(join(PROJECT_ROOT, "docs", "simulation", `${name}.csv`), "utf8"));

describe("A simulated round of twenty hosts", function () {
  this.timeout(120_000);

  it("is the same bit for bit with the same seed, and another one with another seed", () => {
    const [first, again, other] = [7, 7, 8].map((seed) => simulateRound({ ...SMALL, seed, loss: 0.05, drop: 0.05 }));
    expect(again).to.deep.equal(first);
    expect(other!.digest).not.to.equal(first!.digest);
  });

  it("takes longer for a larger tree, and never less than its longest path of proofs", () => {
    const blocks = [2, 4, 8].map((leaves) => best({ leaves }));
    for (const { proven, path, credited, promised, nodes, delivered, begun, spread } of blocks) {
      expect(spread, "asked for again by those that do not have L1's block yet").to.be.below(10);
      expect(proven).to.be.greaterThan(path);
      expect(credited).to.equal(proven);
      expect([promised, delivered]).to.deep.equal([nodes, nodes]);
      expect(begun).to.deep.equal({ promise: nodes, better: 0, gap: 0 });
    }
    expect(blocks.map(({ proven }) => proven)).to.deep.equal(blocks.map(({ proven }) => proven!).sort((a, b) => a - b));
  });

  it("fills no gap that a prover delivers in the proof window of the formula, and does in one that is a third shorter", () => {
    const { times, spread } = SMALL;
    const safe = safeProofWindow(8, times, { slowest: spread, held: 2, revealed: 10 });
    const gaps = [1, 0.67].map((part) => {
      const proofWindow = Math.ceil(part * safe);
      return best({ rules: { ...SMALL.rules, proofWindow, proposalWindow: proofWindow } }).begun.gap;
    });
    expect(gaps[0]).to.equal(0);
    expect(gaps[1]).to.be.greaterThan(0);
  });

  it("needs no less than the formulas say, which are one if there are as many provers as leaves", () => {
    for (const leaves of [2, 8, 64]) {
      expectClose(levelByLevel(leaves, leaves, SMALL.times), longestPath(leaves, SMALL.times), 1e-9);
    }
    expectClose(levelByLevel(8, 2, SMALL.times), 4 * 12 + (2 + 1 + 1) * 5.6, 1e-9);
    expect(best({ spread: 1 }).proven).to.be.greaterThan(longestPath(8, SMALL.times));
  });

  it("is submitted within the proof window of each network, with the reserve that the strategies keep", () => {
    for (const network of ["local", "sepolia"]) {
      const rules = rulesOf(network);
      const block = best({ rules });
      expect(block.submitted, network).to.be.at.most(rules.proofWindow - 3 * NODE_PROVING_STRATEGY.margin);
      expect(block.delivered).to.equal(block.nodes);
    }
  });

  it("sends more messages and bytes with more hosts and larger blocks, and each host hears at most eight copies", () => {
    const run = (provers: number, leaves: number): ReturnType<typeof simulateRound> =>
      simulateRound({ ...SMALL, provers, leaves, traffic: true });
    const results = [run(8, 4), run(18, 4), run(18, 8)];
    const bytes = results.map(({ traffic }) => traffic.sent.mean);
    expect(bytes).to.deep.equal([...bytes].sort((a, b) => a - b));
    for (const { traffic, missing } of results) {
      const different = Object.values(traffic.messages).reduce((sum, count) => sum + count, 0);
      const received = Object.values(traffic.received).reduce((sum, count) => sum + count, 0);
      expect(traffic.refused, "no budget is used up").to.equal(0);
      expect(received / different / 20).to.be.below(9);
      expect(missing).to.equal(0);
    }
  });

  it("brings everything to all hosts after a cut of two minutes, and the block to L1, with all its credits", () => {
    const result = simulateRound({ ...SMALL, cuts: [{ after: 5, length: 120, part: 0.5 }] });
    const block = bestOf(result)!;
    expect(result.missing).to.equal(0);
    expect(block.proven).to.be.greaterThan(115);
    expect(block.everywhere).to.not.equal(undefined);
    expect(block.delivered).to.equal(block.nodes);
    expect(result.advanced).to.equal(true);
  });

  it("goes on if a third of the provers keep silent: their nodes are filled near the end, and credited to nobody", () => {
    const result = simulateRound({ ...SMALL, silent: 6 });
    const block = bestOf(result)!;
    expect(block.begun.gap).to.be.greaterThan(0);
    expect(block.delivered).to.be.lessThan(block.promised);
    expect(block.submitted).to.be.lessThan(SMALL.rules.proofWindow);
    expect(result.advanced).to.equal(true);
  });

  it("goes on if every fifth packet is sent again, and if every tenth RPC is lost", () => {
    for (const trouble of [{ loss: 0.2 }, { drop: 0.1 }]) {
      const result = simulateRound({ ...SMALL, ...trouble });
      expect(result.missing, JSON.stringify(trouble)).to.equal(0);
      expect(bestOf(result)!.delivered).to.equal(15);
    }
  });
});

describe("The tables of `npm run simulate`", function () {
  this.timeout(120_000);

  it("have each point of each experiment, in its order, with the same seeds", () => {
    for (const name of EXPERIMENT_NAMES) {
      const rows = rowsOf(name);
      const seeds = [...new Set(rows.map(({ seed }) => seed))];
      const expected = EXPERIMENTS[name].flatMap(({ label }) => seeds.map((seed) => `${label} ${seed}`));
      expect(
        rows.map(({ label, seed }) => `${label} ${seed}`),
        name,
      ).to.deep.equal(expected);
      expect(fromCsv(toCsv(rows))).to.deep.equal(rows);
    }
    expect(() => fromCsv("a,b\n1,2\n")).to.throw("the columns are a,b");
  });

  it("are what the program computes today: single rounds again, all cells alike", () => {
    for (const [name, label] of [
      ["tree", "development 4"],
      ["nodes", "10"],
      ["cut", "10"],
    ] as const) {
      const point = EXPERIMENTS[name].find((other) => other.label === label)!;
      const row = rowsOf(name).find((other) => other.label === label && other.seed === "1");
      expect(runPoint(point, 1), `${name}.csv is stale: npm run simulate`).to.deep.equal(row);
    }
  });
});
