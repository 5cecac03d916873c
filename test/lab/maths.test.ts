// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { Chance } from "../../tools/lab/chance.ts";
import { concentration, exp, inequality, ln, mean, normalBelow, percentile, power } from "../../tools/lab/maths.ts";
import { expectClose } from "../helpers/expectClose.ts";

/** Values over many sizes. */
const VALUES = Array.from({ length: 400 }, (_, i) => 1e-12 * 1.17 ** i);

describe("Lab: functions of its own", () => {
  it("have the logarithm, the exponential and powers to 2·10⁻¹⁵", () => {
    for (const value of VALUES) {
      expect(Math.abs(ln(value) - Math.log(value)), `ln ${value}`).to.be.at.most(
        2e-15 * Math.max(1, Math.abs(Math.log(value))),
      );
      for (const exponent of [-1.5, 0.5, 1.5, 3]) {
        const expected = value ** exponent;
        expect(Math.abs(power(value, exponent) / expected - 1), `${value} ^ ${exponent}`).to.be.below(1e-13);
      }
    }
    for (let at = -600; at <= 600; at += 0.37) {
      expect(Math.abs(exp(at) / Math.exp(at) - 1), `exp ${at}`).to.be.below(2e-15);
    }
  });

  it("give the same bits for ever", () => {
    const bits = (value: number): string => Buffer.from(new Float64Array([value]).buffer).toString("hex");
    expect([ln(10), exp(1), power(51 / 49, 1.5), normalBelow(0.2)].map(bits)).to.deep.equal([
      "1655b5bbb16b0240",
      "6a57148b0abf0540",
      "b60c673a51fdf03f",
      "1cce7da84b89e23f",
    ]);
  });

  it("have the normal distribution as its tables do", () => {
    for (const [at, below] of [
      [0, 0.5],
      [0.2, 0.579_259_709_439_103],
      [1, 0.841_344_746_068_543],
      [-1.96, 0.024_997_895_148_220_4],
      [3.5, 0.999_767_370_920_965],
      [-6, 9.865_876_450_377e-10],
    ] as const) {
      expect(Math.abs(normalBelow(at) / below - 1), String(at)).to.be.below(1e-11);
    }
  });

  it("measure concentration and inequality", () => {
    expect(concentration([1, 1, 1, 1])).to.equal(0.25);
    expect(concentration([5, 0])).to.equal(1);
    expect(concentration([0, 0])).to.equal(0);
    expectClose(inequality([3, 3, 3]), 0, 1e-12);
    expect(inequality([0, 0, 0, 1])).to.equal(0.75);
    expect(percentile([5, 1, 3], 50)).to.equal(3);
    expect(percentile([5, 1, 3], 99)).to.equal(5);
    expect(() => mean([])).to.throw(RangeError, "no values");
    expect(() => percentile([], 50)).to.throw(RangeError, "no values");
  });
});

describe("Lab: chance", () => {
  const many = (draw: (chance: Chance) => number): number[] => {
    const chance = new Chance(7, "test");
    return Array.from({ length: 20_000 }, () => draw(chance));
  };

  it("draws from the distributions that it names", () => {
    const normal = many((chance) => chance.normal());
    expectClose(mean(normal), 0, 0.03);
    expectClose(mean(normal.map((value) => value * value)), 1, 0.04);
    expectClose(mean(many((chance) => chance.exponential(3))), 3, 0.1);
    expectClose(
      percentile(
        many((chance) => chance.lognormal(5, 0.8)),
        50,
      ),
      5,
      0.15,
    );
    expectClose(mean(many((chance) => chance.poisson(4))), 4, 0.1);
    const picked = many((chance) => chance.pickWeighted([0, 1, 2], [1, 0, 3]));
    expect(picked.filter((item) => item === 1)).to.deep.equal([]);
    expectClose(picked.filter((item) => item === 2).length / picked.length, 0.75, 0.02);
    expect(Math.min(...many((chance) => chance.unit()))).to.be.above(0);
  });

  it("is the same for the same seed and purpose, and another for another", () => {
    const draws = (seed: number, purpose: string): number[] => {
      const chance = new Chance(seed, purpose);
      return Array.from({ length: 5 }, () => chance.normal());
    };
    expect(draws(1, "a")).to.deep.equal(draws(1, "a"));
    expect(draws(1, "a")).not.to.deep.equal(draws(2, "a"));
    expect(draws(1, "a")).not.to.deep.equal(draws(1, "b"));
  });

  it("picks from something only", () => {
    const chance = new Chance(1, "nothing");
    expect(() => chance.pick([])).to.throw(RangeError, "nothing to pick from");
    expect(() => chance.pickWeighted([1], [0])).to.throw(RangeError, "all weights are 0");
  });
});
