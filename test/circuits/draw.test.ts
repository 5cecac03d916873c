// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { isElected, NO_LIMIT, ticketOutput } from "../../src/b52/index.ts";
import {
  clearCofactor,
  combination,
  hashToCurve,
  hashToCurveHint,
  isOnCurve,
  mulBase,
  poseidon,
  type Pair,
  type Point,
} from "../../src/crypto/index.ts";
import { L, P, toField } from "../../src/field.ts";
import { calculateWitness } from "../../src/prover/witness.ts";
import type { CompiledCircuit } from "../../src/setup/compile.ts";
import {
  bitsOf,
  compileTemplate,
  expectRefusal,
  forgeable,
  outputsOf,
  violatedByBits,
  type Forgery,
} from "../helpers/circuit.ts";
import { F } from "../helpers/field.ts";
import { freeWires } from "../helpers/freeWires.ts";
import { Random } from "../helpers/random.ts";
import { SMALL_ORDER_POINTS } from "../helpers/smallOrder.ts";

const A = 168698n;
const NON_SQUARE = 5n;
const random = new Random("draw");
const SEEDS = [0n, 1n, (1n << 128n) - 1n, ...Array.from({ length: 20 }, () => random.bigint(1n << 128n))];

/** w and g of Elligator 2, and whether g is a square, by Euler's criterion. */
function mapOf(seed: bigint): { readonly w: bigint; readonly g: bigint; readonly isSquare: boolean } {
  const t = poseidon([seed]);
  const w = F.div(P - A, F.create(1n + NON_SQUARE * t * t));
  const g = F.create(w * w * w + A * w * w + w);
  return { w, g, isSquare: F.pow(g, (P - 1n) / 2n) === 1n };
}

describe("circuits: DrawBase", () => {
  let circuit: CompiledCircuit;
  before(async () => {
    circuit = await compileTemplate("votes/DrawBase.circom");
  });

  it("rests on this: −1 is a square, and 5, A − 2 and A² − 4 are not", () => {
    const isSquare = (value: bigint): boolean => F.pow(F.create(value), (P - 1n) / 2n) === 1n;
    expect([-1n, NON_SQUARE, A - 2n, A * A - 4n].map(isSquare)).to.deep.equal([true, false, false, false]);
  });

  it("gives the model's point, of order l, on both branches of the map", async () => {
    const branches = new Set<boolean>();
    for (const seed of SEEDS) {
      const base = hashToCurve(seed);
      expect(await outputsOf(circuit, { seed, root: hashToCurveHint(seed) })).to.deep.equal([base.x, base.y]);
      expect(isOnCurve(base)).to.equal(true);
      expect(combination(L, base, 0n, base), "l times the point").to.deep.equal({ x: 0n, y: 1n });
      expect(base.x).not.to.equal(0n);
      branches.add(mapOf(seed).isSquare);
    }
    expect(branches.size).to.equal(2);
  });

  it("refuses the odd root, which would give the opposite point, and every other number", async () => {
    for (const seed of SEEDS.slice(0, 8)) {
      const root = hashToCurveHint(seed);
      for (const wrong of [P - root, 0n, (root + 1n) % P, hashToCurveHint(seed + 1n)]) {
        await expectRefusal(circuit, { seed, root: wrong }, "DrawBase");
      }
    }
  });

  // Bits of root + p would turn the parity: then the odd root would pass for an even one.
  it("leaves no choice between the root and the root + p", async () => {
    const original = await compileTemplate("votes/DrawBase.circom", [], "O0");
    let count = 0;
    for (const seed of SEEDS) {
      const root = hashToCurveHint(seed);
      const { values } = await calculateWitness(original, { seed, root });
      expect(await violatedByBits(original, values, "main.rootBits", bitsOf(root, 254), {})).to.deep.equal([]);
      if (root + P >= 1n << 254n) continue;
      expect(await violatedByBits(original, values, "main.rootBits", bitsOf(root + P, 254), {})).not.to.be.empty;
      count++;
    }
    expect(count).to.be.above(0);
  });

  describe("its hints, forged", () => {
    let forge: (input: Record<string, bigint>) => Promise<Forgery>;
    before(async () => {
      forge = await forgeable("votes/DrawBase.circom", ["w", "isSquare", "x", "y"]);
    });

    /** An even root of either branch, if there is one, and the point that would follow. */
    const inputFor = (seed: bigint, branch: boolean): Record<string, bigint> | undefined => {
      const { w, g } = mapOf(seed);
      const squared = branch ? g : F.mul(NON_SQUARE, g);
      if (F.pow(squared, (P - 1n) / 2n) !== 1n) return undefined;
      const either = F.sqrt(squared);
      const root = either % 2n === 0n ? either : P - either;
      const u = branch ? w : F.neg(F.add(w, A));
      const v = branch ? root : F.mul(poseidon([seed]), root);
      const point = { x: F.div(u, v), y: F.div(F.sub(u, 1n), F.add(u, 1n)) };
      return { seed, root, w, isSquare: branch ? 1n : 0n, ...point };
    };

    it("are those of one branch alone, and violate nothing if they are honest", async () => {
      for (const seed of SEEDS.slice(0, 10)) {
        const { isSquare } = mapOf(seed);
        expect(inputFor(seed, !isSquare)).to.equal(undefined);
        const { violated, outputs } = await forge(inputFor(seed, isSquare)!);
        expect(violated).to.deep.equal([]);
        const { x, y } = hashToCurve(seed);
        expect(outputs).to.deep.equal([x, y]);
      }
    });

    it("violate a constraint if one of them is another, with all that follows from it", async () => {
      for (const seed of SEEDS.slice(0, 6)) {
        const honest = inputFor(seed, mapOf(seed).isSquare)!;
        for (const changes of [
          { isSquare: 1n - honest["isSquare"]! },
          { isSquare: 2n },
          { w: F.neg(F.add(honest["w"]!, A)) },
          { w: F.add(honest["w"]!, 1n) },
          { x: P - honest["x"]! },
          { x: 0n },
          { y: F.add(honest["y"]!, 1n) },
          { root: P - honest["root"]! },
        ]) {
          expect((await forge({ ...honest, ...changes })).violated, JSON.stringify(Object.keys(changes))).not.to.be
            .empty;
        }
      }
    });
  });

  it("has no wire that can be changed alone", async () => {
    const unoptimised = await compileTemplate("votes/DrawBase.circom", [], "O0");
    const { values } = await calculateWitness(unoptimised, { seed: 7n, root: hashToCurveHint(7n) });
    expect(freeWires(unoptimised, values)).to.deep.equal([]);
  });
});

describe("circuits: ElectedVote", () => {
  const base = hashToCurve(5n);
  let circuit: CompiledCircuit;
  before(async () => {
    circuit = await compileTemplate("votes/ElectedVote.circom");
  });

  interface Case {
    readonly gamma: Pair;
    readonly ticket: number;
    readonly limit: bigint;
    readonly h: bigint;
    readonly s: bigint;
  }
  const inputOf = ({ gamma, ticket, limit, h, s }: Case) => ({
    base: [base.x, base.y],
    limit,
    ticket: BigInt(ticket),
    gamma: [gamma.x, gamma.y],
    hBits: bitsOf(h, 254),
    sBits: bitsOf(s, 251),
  });
  const GOOD: Case = { gamma: mulBase(99n), ticket: 7, limit: NO_LIMIT, h: 12345n, s: 6789n };
  const imageOf = ({ gamma, h, s }: Case): Point =>
    combination(s, base, h, { x: toField(gamma.x), y: toField(gamma.y) });

  it("gives the model's image and result at random", async () => {
    let elected = 0;
    for (let i = 0; i < 40; i++) {
      const test = {
        gamma: mulBase(1n + random.bigint(L - 1n)),
        ticket: random.int(256),
        limit: NO_LIMIT / 2n,
        ...{ h: random.bigint(P), s: random.bigint(L) },
      };
      const [x, y, isIn] = await outputsOf(circuit, inputOf(test));
      expect({ x, y }).to.deep.equal(imageOf(test));
      expect(isIn).to.equal(isElected(test.gamma, test.ticket, test) ? 1n : 0n);
      elected += Number(isIn);
    }
    expect(elected).to.be.within(10, 30);
  });

  it("elects up to the limit and not above it", async () => {
    const output = ticketOutput(GOOD.gamma, GOOD.ticket)!;
    for (const [limit, expected] of [
      [output, 1n],
      [output - 1n, 0n],
      [output + 1n, 1n],
      [0n, 0n],
      [NO_LIMIT, 1n],
    ] as const) {
      expect((await outputsOf(circuit, inputOf({ ...GOOD, limit })))[2], `${limit}`).to.equal(expected);
    }
  });

  it("gives two tickets of one key two outputs", async () => {
    const limit = ticketOutput(GOOD.gamma, 7)!;
    const outputs = Array.from({ length: 20 }, (_, ticket) => ticketOutput(GOOD.gamma, ticket)!);
    expect(new Set(outputs).size).to.equal(20);
    for (let ticket = 1; ticket < 20; ticket++) {
      const [, , elected] = await outputsOf(circuit, inputOf({ ...GOOD, ticket, limit }));
      expect(elected).to.equal(outputs[ticket]! <= limit ? 1n : 0n);
    }
  });

  it("has a witness, and gives the model's image, at the edges of all numbers", async () => {
    for (const s of [0n, 1n, L - 1n, L, (1n << 251n) - 1n]) {
      for (const h of [0n, 1n, P - 1n, (1n << 254n) - 1n]) {
        for (const gamma of [GOOD.gamma, base, SMALL_ORDER_POINTS[0]!, SMALL_ORDER_POINTS[5]!]) {
          const test = { ...GOOD, gamma, s, h };
          const [x, y] = await outputsOf(circuit, inputOf(test));
          expect({ x, y }, `${s} ${h} ${gamma.x}`).to.deep.equal(
            imageOf({ ...test, s: s % (8n * L), h: h % (8n * L) }),
          );
        }
      }
    }
  });

  it("finds points of small order no better than others: their output is that of the identity", async () => {
    for (const gamma of SMALL_ORDER_POINTS) {
      const [, , elected] = await outputsOf(circuit, inputOf({ ...GOOD, gamma }));
      expect(elected).to.equal(1n);
      expect(ticketOutput(gamma, 7)).to.equal(poseidon([0n, 1n, 7n]) & NO_LIMIT);
    }
  });

  it("gives a point the output of every point that differs by a small order", () => {
    const { x, y } = clearCofactor(mulBase(99n));
    expect(ticketOutput(GOOD.gamma, 7)).to.equal(poseidon([x, y, 7n]) & NO_LIMIT);
  });

  it("elects nobody for numbers that are no point, without a limit too, and has a witness", async () => {
    for (const gamma of [
      { x: 0n, y: 0n },
      { x: P - 1n, y: P - 1n },
      { x: GOOD.gamma.y, y: GOOD.gamma.x },
      { x: GOOD.gamma.x, y: (GOOD.gamma.y + 1n) % P },
    ]) {
      const [, , elected] = await outputsOf(circuit, inputOf({ ...GOOD, gamma }));
      expect(elected).to.equal(0n);
      expect(isElected(gamma, 7, { limit: NO_LIMIT })).to.equal(false);
    }
  });

  // The one choice that bits of the hash + p would give: another output.
  it("leaves no choice between an output's hash and the hash + p", async () => {
    const original = await compileTemplate("votes/ElectedVote.circom", [], "O0");
    let count = 0;
    for (let ticket = 0; ticket < 20; ticket++) {
      const { x, y } = clearCofactor(mulBase(99n));
      const hash = poseidon([x, y, BigInt(ticket)]);
      if (hash + P >= 1n << 254n) continue;
      const { values } = await calculateWitness(original, inputOf({ ...GOOD, ticket }));
      expect(await violatedByBits(original, values, "main.hashBits", bitsOf(hash, 254), {})).to.deep.equal([]);
      expect(await violatedByBits(original, values, "main.hashBits", bitsOf(hash + P, 254), {})).not.to.be.empty;
      if (++count === 3) break;
    }
    expect(count).to.equal(3);
  });

  it("has no wire that can be changed alone but harmless ones", async () => {
    // circomlib's IsZero: the hint `inv` of a 0 is multiplied by it. Of the inputs the limit is free: the next one elects
    // the same ticket.
    const { values } = await calculateWitness(circuit, inputOf(GOOD));
    const free = freeWires(circuit, values).filter((name) => !name.endsWith(".inv"));
    expect(free).to.deep.equal(["main.limit"]);
  });
});
