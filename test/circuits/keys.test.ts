// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { B8, compressKey, decompressKey, keyRootHint, mulBase, type Point } from "../../src/crypto/index.ts";
import { P } from "../../src/field.ts";
import type { CompiledCircuit } from "../../src/setup/compile.ts";
import { calculateWitness } from "../../src/prover/witness.ts";
import {
  bitsOf,
  compileTemplate,
  expectRefusal,
  forgeable,
  outputsOf,
  violatedByBits,
  type Forgery,
} from "../helpers/circuit.ts";
import { createFastSigner } from "../helpers/fastSigner.ts";
import { F } from "../helpers/field.ts";
import { Random } from "../helpers/random.ts";
import { ORDER_8, SMALL_ORDER_POINTS } from "../helpers/smallOrder.ts";

const MAX_Y = (1n << 254n) - 1n;

const random = new Random("keys");
/** y of good keys, of small order, of no point, and at the edges; all below p. */
const YS = [
  ...[1n, 2n, 3n, 12345n].map((scalar) => mulBase(scalar).y),
  createFastSigner("outside the subgroup", ORDER_8).publicKey.y,
  ...SMALL_ORDER_POINTS.map(({ y }) => y),
  0n,
  1n,
  2n,
  P - 2n,
  P - 1n,
  ...Array.from({ length: 30 }, () => random.bigint(P)),
];

/** Good keys, then those for which no point exists. */
const existing = YS.filter((y) => "key" in decompressKey({ keyY: y, keySign: 0n }));
const missing = YS.filter((y) => {
  const result = decompressKey({ keyY: y, keySign: 0n });
  return "error" in result && result.error === "KEY_NOT_ON_CURVE" && y !== 1n && y !== P - 1n;
});

/** Whether a number other than 0 is a square modulo p, by Euler's criterion. */
function isSquare(value: bigint): boolean {
  let [result, base] = [1n, value % P];
  for (let exponent = (P - 1n) / 2n; exponent > 0n; exponent >>= 1n) {
    result = exponent & 1n ? (result * base) % P : result;
    base = (base * base) % P;
  }
  return result === 1n;
}

describe("circuits: AccountKey", () => {
  let circuit: CompiledCircuit;
  before(async () => {
    circuit = await compileTemplate("keys/AccountKey.circom");
  });
  const accepts = async ({ x, y }: Point): Promise<readonly bigint[]> => outputsOf(circuit, { key: [x, y] });
  const refuses = async (x: bigint, y: bigint, template: string): Promise<void> =>
    expectRefusal(circuit, { key: [x, y] }, template);

  it("takes every key that an account may have", async () => {
    for (const y of existing) {
      for (const keySign of [0n, 1n]) {
        const result = decompressKey({ keyY: y, keySign });
        if ("error" in result) throw new Error(result.error);
        expect(await accepts(result.key)).to.deep.equal([]);
      }
    }
  });

  it("refuses points of small order", async () => {
    for (const { x, y } of SMALL_ORDER_POINTS) await refuses(x, y, "AccountKey");
  });

  it("refuses what is no point", async () => {
    const { x, y } = mulBase(5n);
    for (const [a, b] of [
      [0n, 0n],
      [0n, 5n],
      [1n, 1n],
      [P - 1n, P - 1n],
      [y, x],
      [x + 1n, y],
      [x, P - y - 1n],
    ] as const) {
      await refuses(a, b, "BabyCheck");
    }
  });
});

describe("circuits: DecompressKey", () => {
  it("rests on this: a is a square, d and 5 are not", () => {
    // So a/d is no square, a − d·y² is never 0, and the addition law is complete; 5·v is a square iff v is not.
    expect([168700n, 168696n, 5n].map(isSquare)).to.deep.equal([true, false, false]);
  });

  let circuit: CompiledCircuit;
  before(async () => {
    circuit = await compileTemplate("keys/DecompressKey.circom");
  });

  it("meets keys of each kind", () => {
    expect(existing.length).to.be.above(10);
    expect(missing.length).to.be.above(10);
  });

  for (const sign of [0n, 1n]) {
    it(`agrees with the model for sign ${sign}`, async () => {
      for (const y of YS) {
        const key = { keyY: y, keySign: sign };
        const expected = decompressKey(key);
        const outputs = await outputsOf(circuit, { y, sign, root: keyRootHint(key) });
        expect(outputs, `y = ${y}`).to.deep.equal("key" in expected ? [1n, expected.key.x] : [0n, 0n]);
      }
    });
  }

  it("refuses the root of the other sign, and any other root, of a key that exists", async () => {
    for (const y of existing.slice(0, 6)) {
      const key = { keyY: y, keySign: 1n };
      const root = keyRootHint(key);
      for (const wrong of [P - root, 0n, (root + 1n) % P]) {
        await expectRefusal(circuit, { y, sign: 1n, root: wrong }, "DecompressKey");
      }
    }
  });

  it("takes either root of 5·u·w, with the same result, where no key exists, and no other number", async () => {
    for (const y of missing.slice(0, 6)) {
      const root = keyRootHint({ keyY: y, keySign: 0n });
      expect(await outputsOf(circuit, { y, sign: 0n, root })).to.deep.equal([0n, 0n]);
      expect(await outputsOf(circuit, { y, sign: 0n, root: P - root })).to.deep.equal([0n, 0n]);
      await expectRefusal(circuit, { y, sign: 0n, root: 0n }, "DecompressKey");
      await expectRefusal(circuit, { y, sign: 0n, root: (root + 1n) % P }, "DecompressKey");
    }
  });

  // The one choice that bits of x + p would give: the other of two points, whose parity they turn.
  it("leaves no choice between x and x + p", async () => {
    const original = await compileTemplate("keys/DecompressKey.circom", [], "O0");
    let count = 0;
    for (const y of existing.slice(0, 8)) {
      for (const sign of [0n, 1n]) {
        const { values, publicSignals } = await calculateWitness(original, {
          y,
          sign,
          root: keyRootHint({ keyY: y, keySign: sign }),
        });
        const x = publicSignals[1]!;
        const violatedBy = async (number: bigint): Promise<readonly number[]> =>
          violatedByBits(original, values, "main.bits", bitsOf(number, 254), { "main.sign": number % 2n });
        expect(await violatedBy(x)).to.deep.equal([]);
        if (x + P >= 1n << 254n) continue;
        expect(await violatedBy(x + P)).to.have.lengthOf(1);
        count++;
      }
    }
    expect(count).to.be.above(0);
  });

  describe("its hints, forged", () => {
    let forge: (input: Record<string, bigint>) => Promise<Forgery>;
    before(async () => {
      forge = await forgeable("keys/DecompressKey.circom", ["isSquare", "candidate"]);
    });

    /** x of the honest prover, or 0 if no key exists. */
    const candidateOf = (y: bigint, sign: bigint): bigint => {
      const result = decompressKey({ keyY: y, keySign: sign });
      return "key" in result ? result.key.x : 0n;
    };

    it("violate nothing if they are honest", async () => {
      for (const sign of [0n, 1n]) {
        for (const y of existing) {
          const root = keyRootHint({ keyY: y, keySign: sign });
          const { violated } = await forge({ y, sign, root, isSquare: 1n, candidate: candidateOf(y, sign) });
          expect(violated, `existing ${y}`).to.deep.equal([]);
        }
        for (const y of missing) {
          const root = keyRootHint({ keyY: y, keySign: sign });
          const { violated } = await forge({ y, sign, root, isSquare: 0n, candidate: 0n });
          expect(violated, `missing ${y}`).to.deep.equal([]);
        }
      }
    });

    it("cannot deny a key that exists", async () => {
      for (const y of existing.slice(0, 8)) {
        const root = keyRootHint({ keyY: y, keySign: 0n });
        for (const candidate of [0n, candidateOf(y, 0n)]) {
          expect((await forge({ y, sign: 0n, root, isSquare: 0n, candidate })).violated).not.to.be.empty;
          expect((await forge({ y, sign: 0n, root: 0n, isSquare: 0n, candidate })).violated).not.to.be.empty;
        }
      }
    });

    it("cannot claim a key that does not exist", async () => {
      for (const y of missing.slice(0, 8)) {
        const root = keyRootHint({ keyY: y, keySign: 0n });
        for (const candidate of [0n, 2n, root, B8.x]) {
          expect((await forge({ y, sign: 0n, root, isSquare: 1n, candidate })).violated).not.to.be.empty;
          expect((await forge({ y, sign: 0n, root: 0n, isSquare: 1n, candidate })).violated).not.to.be.empty;
        }
      }
    });

    it("cannot be another x, nor another parity", async () => {
      for (const y of existing.slice(0, 8)) {
        const root = keyRootHint({ keyY: y, keySign: 0n });
        const x = candidateOf(y, 0n);
        for (const candidate of [P - x, (x + 2n) % P, 0n]) {
          expect((await forge({ y, sign: 0n, root, isSquare: 1n, candidate })).violated).not.to.be.empty;
        }
        const negated = { y, sign: 0n, root: P - root, isSquare: 1n, candidate: P - x };
        expect((await forge(negated)).violated, "both signs turned").to.have.lengthOf(1);
      }
    });

    // For any root there is a number that solves the equation, and an x that follows from both.
    it("cannot be no bit, with whatever else follows from it", async () => {
      for (const y of [...existing.slice(0, 8), ...missing.slice(0, 8)]) {
        const [ySquared, root] = [(y * y) % P, 12345n];
        const [u, w] = [1n - ySquared, 168700n - 168696n * ySquared];
        const isSquare = F.div(F.create(root * root - 5n * u * w), F.create(-4n * u * w));
        const candidate = F.div(F.create(root * isSquare), F.create(w));
        const { violated, outputs } = await forge({ y, sign: candidate % 2n, root, isSquare, candidate });
        expect(outputs[1]).not.to.be.oneOf([0n, candidateOf(y, 0n), candidateOf(y, 1n)]);
        expect(violated).to.have.lengthOf(1);
      }
    });

    it("are free at most at y = ±1, where the result is the same", async () => {
      for (const y of [1n, P - 1n]) {
        for (const sign of [0n, 1n]) {
          for (const isSquare of [0n, 1n]) {
            const { violated, outputs } = await forge({ y, sign, root: 0n, isSquare, candidate: 0n });
            expect(violated).to.deep.equal([]);
            expect(outputs).to.deep.equal([0n, 0n]);
          }
        }
      }
    });
  });
});

describe("circuits: NewAccountKey", () => {
  let circuit: CompiledCircuit;
  before(async () => {
    circuit = await compileTemplate("slot/NewAccountKey.circom");
  });

  const run = async (wanted: bigint, keyY: bigint, keySign: bigint, root?: bigint): Promise<readonly bigint[]> =>
    outputsOf(circuit, {
      wanted,
      yBits: bitsOf(keyY, 254),
      sign: keySign,
      root: root ?? keyRootHint({ keyY, keySign }),
    });

  it("agrees with the model where a key is wanted, also for a y of p and more", async () => {
    const beyond = [P, P + 1n, P + 2n, MAX_Y, ...existing.slice(0, 4).map((y) => y + P)].filter((y) => y <= MAX_Y);
    for (const y of [...YS, ...beyond]) {
      for (const sign of [0n, 1n]) {
        const expected = decompressKey({ keyY: y, keySign: sign });
        const [good, ...key] = await run(1n, y, sign);
        expect(good, `y = ${y}`).to.equal("key" in expected ? 1n : 0n);
        if ("key" in expected) {
          expect(key).to.deep.equal([expected.key.x, expected.key.y]);
        }
      }
    }
  });

  it("has a witness and no good key where none is wanted, whatever the slot and the hint are", async () => {
    for (const y of [0n, 1n, P - 1n, P, MAX_Y, ...existing.slice(0, 2), ...missing.slice(0, 2)]) {
      for (const root of [0n, 1n, P - 1n]) {
        expect((await run(0n, y, 1n, root))[0]).to.equal(0n);
      }
    }
  });

  it("takes the compressed form that the codec makes", async () => {
    const { publicKey } = createFastSigner("somebody");
    const { keyY, keySign } = compressKey(publicKey);
    expect(await run(1n, keyY, keySign)).to.deep.equal([1n, publicKey.x, publicKey.y]);
  });
});
