// SPDX-License-Identifier: MIT
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";

import { PROJECT_ROOT } from "../../src/setup/paths.ts";
import { UsageError } from "../../tools/commandLine.ts";
import { CLOSING } from "../../tools/lab/closing.ts";
import { LOADERS } from "../../tools/lab/experiments/index.ts";
import { EXPERIMENT_NAMES } from "../../tools/lab/names.ts";
import { reportOf } from "../../tools/lab/report.ts";
import { digestOf, filesOf, run, smallValues, type Outcome } from "../../tools/lab/run.ts";
import { decimals, defaultsOf, whole, withValues, words } from "../../tools/lab/settings.ts";
import { Cells, formatted, headOf, readTable, Table, toLine } from "../../tools/lab/table.ts";
import { committed, expectToHold, readLab } from "../helpers/lab.ts";

describe("The lab's report", () => {
  const outcomes: Outcome[] = [];

  before(async function () {
    this.timeout(60_000);
    for (const name of EXPERIMENT_NAMES) outcomes.push(await committed(name));
  });

  it("is what `npm run lab -- all` makes of the tables in docs/lab", async () => {
    const report = readFileSync(join(PROJECT_ROOT, "docs", "lab.md"), "utf8");
    expect(
      (await reportOf(outcomes, CLOSING(outcomes))) === report,
      "docs/lab.md is stale: npm run lab -- all",
    ).to.equal(true);
    const digests = outcomes.flatMap(({ files }) => Object.values(files).map(digestOf));
    for (const digest of digests) expect(report).to.include(`\`${digest}\``);
  });

  it("has the plots that follow from the tables, and no other files", () => {
    const files = new Map(outcomes.flatMap((outcome) => [...filesOf(outcome)]));
    for (const [name, content] of files) {
      expect(readLab(name) === content, `docs/lab/${name} is stale: npm run lab -- all`).to.equal(true);
    }
    expect(readdirSync(join(PROJECT_ROOT, "docs", "lab")).sort()).to.deep.equal([...files.keys()].sort());
  });

  it("has no plot with a place that is no number: browsers leave out a line with one", () => {
    for (const outcome of outcomes) {
      for (const [name, content] of filesOf(outcome)) {
        if (name.endsWith(".svg")) expect(content, name).not.to.match(/NaN|Infinity/);
      }
    }
  });

  it("says nothing that its tables contradict", () => {
    for (const outcome of outcomes) expectToHold(outcome);
  });

  it("shows each plot with a description and each table with its file", () => {
    const report = readFileSync(join(PROJECT_ROOT, "docs", "lab.md"), "utf8");
    for (const name of outcomes.flatMap((outcome) => [...filesOf(outcome).keys()])) {
      expect(report).to.include(`(lab/${name})`);
    }
  });
});

const SETTINGS = {
  bidders: whole(5, [2, 20], "bidders"),
  shares: decimals([0.1, 0.5], [0, 1], "shares", "of 1"),
  bidding: words(["honest"], ["honest", "ring"], "strategies"),
};

describe("Parameters of the lab", () => {
  const parse = (...assignments: string[]): unknown => withValues(SETTINGS, defaultsOf(SETTINGS), assignments);

  it("take the place of the defaults", () => {
    expect(parse()).to.deep.equal({ bidders: 5, shares: [0.1, 0.5], bidding: ["honest"] });
    expect(parse("bidders=20", "shares=0,0.25,1", "bidding=ring,honest")).to.deep.equal({
      ...{ bidders: 20, shares: [0, 0.25, 1], bidding: ["ring", "honest"] },
    });
  });

  for (const [assignment, sentence] of [
    ["bidders=1", "--set bidders=1: must be a whole number from 2 to 20"],
    ["bidders=21", "--set bidders=21: must be a whole number from 2 to 20"],
    ["bidders=2.5", "--set bidders=2.5: must be a whole number from 2 to 20"],
    ["bidders=1e1", "--set bidders=1e1: must be a whole number from 2 to 20"],
    ["bidders=", "--set bidders=: must be a whole number from 2 to 20"],
    ["bidders", "--set bidders: has no value, as in bidders=5"],
    ["shares=0.1,1.1", "--set shares=1.1: must be a number from 0 to 1 of 1"],
    [`shares=${"0,".repeat(64)}0`, "--set shares: has 65 values; it must have at most 64"],
    ["shares=0.25,0", "--set shares=0.25,0: must ascend"],
    ["shares=0,0", "--set shares=0,0: must ascend"],
    ["bidding=ring,ring", "--set bidding=ring,ring: has ring twice"],
    ["bidding=sly", "--set bidding=sly: must be one of honest, ring"],
    ["price=1", "--set price: must be one of bidders, shares, bidding"],
    ["__proto__=1", "--set __proto__: must be one of bidders, shares, bidding"],
  ] as const) {
    it(`${assignment.slice(0, 20)}: one sentence says the value and the limit`, () => {
      expect(() => parse(assignment)).to.throw(UsageError, sentence);
    });
  }
});

describe("Tables of the lab", () => {
  const COLUMNS = { who: { title: "party" }, share: { title: "share", unit: "%", digits: 1 } } as const;
  const content = [
    headOf(COLUMNS),
    toLine(COLUMNS, { who: "a", share: 12.34 }),
    toLine(COLUMNS, { who: "b", share: undefined }),
    "",
  ];

  it("are read as they are written, with the digits of the file", () => {
    const table = readTable(COLUMNS, content.join("\n"));
    expect(content[0]).to.equal("party,share (%)");
    expect(table.where({ who: "a" }).only().number("share")).to.equal(12.3);
    expect(table.rows[1]!.maybe("share")).to.equal(undefined);
    expect(table.where({ share: 12.3 }).values("who")).to.deep.equal(["a"]);
  });

  it("refuse cells, columns and files that do not fit", () => {
    expect(() => toLine(COLUMNS, { who: "a,b", share: 1 })).to.throw(RangeError, "a,b is no cell of the column who");
    expect(() => toLine(COLUMNS, { who: 1, share: 1 })).to.throw(RangeError, "1 is no cell of the column who");
    expect(() => toLine(COLUMNS, { who: "a", share: "1" })).to.throw(RangeError, "1 is no cell of the column share");
    expect(() => formatted(Number.NaN, 1)).to.throw(RangeError, "NaN is no number of a table");
    expect(formatted(-0.04, 1)).to.equal("0.0");
    expect(() => readTable(COLUMNS, "party,part\na,1\n")).to.throw(RangeError, "the columns are party,part");
    const cells = new Cells(new Map([["share", ""]]));
    expect(() => cells.number("share")).to.throw(RangeError, "has no number here");
    expect(() => cells.word("price")).to.throw(RangeError, "no column price");
    expect(() => new Table([]).only()).to.throw(RangeError, "there are 0");
  });
});

describe("Experiments of the lab with other values", () => {
  const outcome = async (name: "emptyBlocks" | "denial" | "mev", ...assignments: string[]): Promise<Outcome> => {
    const experiment = await LOADERS[name]();
    return run(experiment, withValues(experiment.settings, smallValues(experiment), assignments), 1);
  };

  it("have tables, and no answer, if a row is left out that the answer compares", async () => {
    const { findings, plots, tables } = await outcome(
      "emptyBlocks",
      "elections=Authority",
      "attacks=empty",
      "shares=1",
    );
    expect(findings.map(({ name, holds }) => [name, holds])).to.deep.equal([["answer", false]]);
    expect(findings[0]!.text).to.include("No answer: these values leave out rows that it compares");
    expect(plots).to.deep.equal([]);
    expect(tables["slots"]!.rows).to.have.length(1);
  });

  for (const [name, assignment, sentence] of [
    ["denial", "depths=0.25", "--set depths=0.25: the plan buys 0.275 of the stake in the market"],
    ["mev", "toFund=51", "--set toFund=51: must be at most 50"],
    ["emptyBlocks", "elections=Lottery", "--set elections=Lottery: must be one of Authority"],
  ] as const) {
    it(`${name} ${assignment}: one sentence says the value and the limit`, async () => {
      let refusal: unknown;
      await outcome(name, assignment).catch((error: unknown) => (refusal = error));
      expect(refusal).to.be.instanceOf(UsageError);
      expect((refusal as Error).message).to.include(sentence);
    });
  }
});
