// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { keysOf, type Mutant, type Outcome, type Verdict } from "../../tools/mutation/mutant.ts";
import { choose, type Options, unsettled } from "../../tools/mutation/options.ts";
import { type Measured, rateOf, scoresOf, withNewer } from "../../tools/mutation/report.ts";

const mutantOf = (id: number, file = "contracts/a/A.sol"): Mutant => ({
  id,
  file,
  line: id,
  code: "a < b",
  operator: "< to <=",
  before: "a < b",
  after: "a <= b",
});

const OPTIONS: Options = {
  files: [],
  operators: [],
  percent: 100,
  seed: 1,
  until: 0,
  tests: 1,
  slow: false,
  onlySurvivors: false,
  verdictsBefore: Infinity,
  log: () => undefined,
};

describe("report of mutation tests", () => {
  it("tells equal changes of equal lines apart", () => {
    const keys = keysOf([mutantOf(1), mutantOf(2)]);
    expect([...keys.values()]).to.deep.equal([
      "contracts/a/A.sol | a < b | < to <= | a < b ⟶ a <= b",
      "contracts/a/A.sol | a < b | < to <= | a < b ⟶ a <= b #2",
    ]);
  });

  it("scores what was tested, is valid, and is not equivalent", () => {
    const mutants = [1, 2, 3, 4, 5, 6, 7].map((id) => mutantOf(id));
    const keys = keysOf(mutants);
    const outcomes: Outcome[] = ["killed", "killed", "survived", "survived", "invalid", "open"];
    const verdicts = new Map(
      outcomes.map((outcome, i) => [
        keys.get(i + 1)!,
        { key: keys.get(i + 1)!, outcome, by: i === 0 ? "signals.test.ts: of Leaf" : "a.test.ts: signals.test.ts" },
      ]),
    );
    const [score] = scoresOf(mutants, keys, verdicts, { [keys.get(4)!]: "the same" });
    expect(score).to.deep.include({ group: "contracts/a", mutants: 6, tested: 5, killed: 2, warned: 1, equivalent: 1 });
    expect(score!.survived).to.deep.equal([keys.get(3)!]);
    expect(score!.open).to.deep.equal([keys.get(6)!]);
    expect(rateOf(score!)).to.be.equal(50);
    const grouped = scoresOf(mutants, keys, verdicts, {}, ({ id }) => (id < 3 ? "first" : "others"));
    expect(grouped.map(({ group, mutants: count }) => [group, count])).to.deep.equal([
      ["first", 2],
      ["others", 4],
    ]);
  });

  it("keeps the older score of a folder of which nothing was tested", () => {
    const scoreOf = (group: string, tested: number) => ({
      ...{ group, mutants: 9, tested, killed: tested, equivalent: 0, survived: [], open: [] },
    });
    const older: Measured[] = ["contracts/a", "contracts/b"].map((group) => ({ ...scoreOf(group, 5), day: "then" }));
    const scores = [scoreOf("contracts/a", 0), scoreOf("contracts/b", 7), scoreOf("contracts/c", 1)];
    const newer = withNewer(
      older,
      scores.map((score) => ({ ...score, warned: 0 })),
      "now",
    );
    expect(newer).to.deep.equal([older[0], { ...scores[1], day: "now" }, { ...scores[2], day: "now" }]);
  });

  it("draws the same mutants for the same seed, whatever else there is", () => {
    const all = Array.from({ length: 200 }, (_, i) => ({ ...mutantOf(i + 1), code: `line ${i}` }));
    const options = { ...OPTIONS, percent: 30 };
    const drawn = choose(all, keysOf(all), options);
    expect(drawn.length).to.be.within(40, 80);
    const some = all.slice(100);
    expect(choose(some, keysOf(some), options)).to.deep.equal(drawn.filter(({ id }) => id > 100));
    expect(choose(all, keysOf(all), { ...options, seed: 2 })).not.to.deep.equal(drawn);
    expect(choose(all, keysOf(all), { ...options, files: ["contracts/b"] })).to.deep.equal([]);
  });

  it("tests again what is open or survived, but in one run each mutant once, in however many processes", () => {
    const mutants = Array.from({ length: 5 }, (_, i) => ({ ...mutantOf(i + 1), code: `line ${i}` }));
    const keys = keysOf(mutants);
    const verdict = (id: number, outcome: Outcome): Verdict => ({ key: keys.get(id)!, outcome, by: "" });
    const verdicts = [verdict(1, "survived"), verdict(2, "killed"), verdict(3, "open"), verdict(4, "survived")];
    const idsOf = (options: Partial<Options>, equivalents = {}): number[] =>
      unsettled(mutants, keys, verdicts, { ...OPTIONS, ...options }, equivalents).map(({ id }) => id);
    expect(idsOf({})).to.deep.equal([5, 3, 1, 4]);
    expect(idsOf({ verdictsBefore: 2 })).to.deep.equal([5, 1]);
    expect(idsOf({ onlySurvivors: true })).to.deep.equal([1, 4]);
    expect(idsOf({ onlySurvivors: true, verdictsBefore: 3 })).to.deep.equal([1]);
    const equivalents = { [keys.get(1)!]: "why", [keys.get(5)!]: "tested once all the same" };
    expect(idsOf({}, equivalents)).to.deep.equal([5, 3, 4]);
  });
});
