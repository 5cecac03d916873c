// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { concat, type ContractTransactionReceipt, keccak256, toBeHex } from "ethers";
import { network } from "hardhat";

import { type CallGas, gasOf } from "../../tools/bench/calldata.ts";
import { P } from "../../src/field.ts";
import { terminateCurve } from "../../src/setup/curve.ts";
import type { TestVerifier } from "../../typechain-types/index.ts";
import { Random } from "../helpers/random.ts";
import { addMultiple, GENERATOR, negate, type Point, pointOutsideG2, Q } from "./curve.ts";
import { PlainVerifier } from "../../tools/bench/plainVerifier.ts";
import {
  encodeStatements,
  prepareTestCircuits,
  prove,
  type Statement,
  type TestCircuit,
  type TestCircuits,
} from "./testCircuits.ts";

const connection = await network.create();
const { ethers } = connection;

/** Bytes of a statement of `product` or `squareAndCube`, and of `powers`. */
const SMALL = 32 * (9 + 2);
const LARGE = 32 * (9 + 13);

/** Words of a proof at which its points begin. */
const A = 0;
const B = 2;
const C = 6;

/** First of a proof's coordinates that `InvalidPoint` names; none for those of B. */
const POINT_OF_WORD = [A, A, undefined, undefined, undefined, undefined, C, C] as const;

describe("BatchVerifier", () => {
  let circuits: TestCircuits;
  let verifier: TestVerifier;
  let plain: readonly PlainVerifier[];
  let products: readonly Statement[];
  let powers: readonly Statement[];
  let squareAndCube: Statement;

  before(async () => {
    circuits = await prepareTestCircuits();
    verifier = await ethers.deployContract("TestVerifier");
    const [signer] = await ethers.getSigners();
    plain = await Promise.all(byId(circuits).map((circuit) => PlainVerifier.deploy(circuit, signer!)));
    products = await Promise.all(
      [2n, 3n, 4n, 5n].map((scale) => prove(circuits.product, { scale, factor: scale + 7n, cofactor: 11n })),
    );
    powers = await Promise.all([2n, 3n, 5n, P - 1n].map((base) => prove(circuits.powers, { base })));
    squareAndCube = await prove(circuits.squareAndCube, { base: 3n });
  });

  after(terminateCurve);

  async function expectAccepted(statements: readonly Statement[]): Promise<void> {
    await verifier.verify(encodeStatements(statements));
  }

  async function expectRejected(
    statements: readonly Statement[] | string,
    error: string,
    ...args: readonly unknown[]
  ): Promise<void> {
    const list = typeof statements === "string" ? statements : encodeStatements(statements);
    await expect(verifier.verify(list))
      .to.be.revertedWithCustomError(verifier, error)
      .withArgs(...args);
  }

  const isPlainlyValid = (statement: Statement): Promise<boolean> =>
    plain[Number(statement.circuit)]!.verify(statement);

  /** Three statements of two circuits. */
  const mixed = (): Statement[] => [powers[0]!, products[0]!, powers[1]!];

  describe("accepts", () => {
    it("one proof of each circuit", async () => {
      for (const statement of [products[0]!, powers[0]!, squareAndCube]) {
        expect(await isPlainlyValid(statement)).to.equal(true);
        await expectAccepted([statement]);
      }
    });

    it("the same proof twice", async () => {
      await expectAccepted([powers[0]!, powers[0]!]);
    });

    it("statements in any order", async () => {
      await expectAccepted([...mixed(), squareAndCube]);
      await expectAccepted([squareAndCube, ...mixed()].reverse());
    });

    it("another proof of a statement, made from a proof without its witness: proofs are malleable", async () => {
      const malleated = withPoint(withPoint(powers[0]!, A, negate), B, negateG2);
      expect(await isPlainlyValid(malleated)).to.equal(true);
      await expectAccepted([malleated, products[0]!]);
    });
  });

  describe("agrees with snarkjs's verifier", () => {
    it("on random lists of 1 to 8 statements, some of them altered", async () => {
      const random = new Random(process.env["SEED"] ?? "batch verifier");
      const pool = (): Statement => random.pick([...products, ...powers, squareAndCube]);
      const seen = { accepted: 0, rejected: 0 };
      for (let round = 0; round < 60; round++) {
        const list = Array.from({ length: 1 + random.int(8) }, pool);
        if (random.chance(0.7)) {
          const i = random.int(list.length);
          list[i] = alter(list[i]!, random, pool);
        }
        const expected = (await Promise.all(list.map(isPlainlyValid))).every(Boolean);
        const actual = await verifier.verify(encodeStatements(list)).then(
          () => true,
          () => false,
        );
        expect(actual, `round ${round}, seed ${random.seed}: ${encodeStatements(list)}`).to.equal(expected);
        seen[actual ? "accepted" : "rejected"]++;
      }
      expect(seen.accepted, "accepted").to.be.greaterThan(15);
      expect(seen.rejected, "rejected").to.be.greaterThan(15);
    });
  });

  describe("rejects, in a list of three,", () => {
    it("every altered coordinate of every proof", async () => {
      for (const [i, { proof }] of mixed().entries()) {
        for (const [word, value] of proof.entries()) {
          const list = withWord(mixed(), i, word, value + 1n);
          const point = POINT_OF_WORD[word];
          if (point === undefined) await expectRejected(list, "InvalidG2Point");
          else await expectRejected(list, "InvalidPoint", i, point);
        }
      }
    });

    it("every coordinate that is not below the base field's prime", async () => {
      for (const [i, { proof }] of mixed().entries()) {
        for (const [word, value] of proof.entries()) {
          const list = withWord(mixed(), i, word, value + Q);
          const point = POINT_OF_WORD[word];
          if (point === undefined) await expectRejected(list, "InvalidG2Point");
          else await expectRejected(list, "InvalidPoint", i, point);
        }
      }
    });

    it("every altered input", async () => {
      for (const [i, { inputs }] of mixed().entries()) {
        for (const [j, value] of inputs.entries()) {
          await expectRejected(withInput(mixed(), i, j, (value + 1n) % P), "ProofsRejected");
        }
      }
    });

    it("every input that is not below p, although it is congruent to the right one", async () => {
      for (const [i, { inputs }] of mixed().entries()) {
        for (const [j, value] of inputs.entries()) {
          await expectRejected(withInput(mixed(), i, j, value + P), "InputNotInField", i, j, value + P);
        }
      }
    });

    it("the smallest and the largest word that is no field element", async () => {
      for (const value of [P, 2n ** 256n - 1n]) {
        await expectRejected(withInput(mixed(), 1, 1, value), "InputNotInField", 1, 1, value);
      }
    });

    it("every exchange of two proofs of one circuit", async () => {
      const [first, second, third] = mixed() as [Statement, Statement, Statement];
      const exchanged = [{ ...first, proof: third.proof }, second, { ...third, proof: first.proof }];
      await expectRejected(exchanged, "ProofsRejected");
    });

    it("every exchange of an input of two statements of one circuit", async () => {
      const [first, , third] = mixed() as [Statement, Statement, Statement];
      for (const j of first.inputs.keys()) {
        const exchanged = withInput(withInput(mixed(), 0, j, third.inputs[j]!), 2, j, first.inputs[j]!);
        await expectRejected(exchanged, "ProofsRejected");
      }
    });

    it("another valid point, or infinity, in the place of any point", async () => {
      const other = products[1]!.proof;
      for (const i of mixed().keys()) {
        for (const [word, length] of [
          [A, 2],
          [B, 4],
          [C, 2],
        ] as const) {
          for (const words of [other.slice(word, word + length), Array<bigint>(length).fill(0n)]) {
            await expectRejected(withWords(mixed(), i, word, words), "ProofsRejected");
          }
        }
        await expectRejected(withWords(mixed(), i, A, Array<bigint>(8).fill(0n)), "ProofsRejected");
      }
    });

    it("a negated point", async () => {
      for (const i of mixed().keys()) {
        await expectRejected(
          replaced(mixed(), i, (statement) => withPoint(statement, A, negate)),
          "ProofsRejected",
        );
        await expectRejected(
          replaced(mixed(), i, (statement) => withPoint(statement, C, negate)),
          "ProofsRejected",
        );
        await expectRejected(
          replaced(mixed(), i, (statement) => withPoint(statement, B, negateG2)),
          "ProofsRejected",
        );
      }
    });

    it("a B on the curve of G2 but outside its subgroup", async () => {
      for (const i of mixed().keys()) {
        await expectRejected(withWords(mixed(), i, B, pointOutsideG2()), "InvalidG2Point");
      }
    });

    it("B with its coordinates' halves exchanged, as snarkjs has them", async () => {
      const [x1, x0, y1, y0] = powers[0]!.proof.slice(B, C) as [bigint, bigint, bigint, bigint];
      await expectRejected(withWords(mixed(), 0, B, [x0, x1, y0, y1]), "InvalidG2Point");
    });
  });

  it("rejects one bad statement among many, wherever it is", async () => {
    const list = [...powers, ...products, squareAndCube];
    await expectAccepted(list);
    for (const [i, { inputs }] of list.entries()) {
      await expectRejected(withInput(list, i, 0, (inputs[0]! + 1n) % P), "ProofsRejected");
    }
  });

  it("rejects a bad statement with whatever gas: a precompile that runs out of it proves nothing", async () => {
    const list = encodeStatements(withInput(mixed(), 0, 0, 5n));
    for (let gasLimit = 60_000n; gasLimit < 700_000n; gasLimit += 16_000n) {
      const outcome = await verifier.verify(list, { gasLimit }).then(
        () => "accepted",
        () => "rejected",
      );
      expect(outcome, `gas limit ${gasLimit}`).to.equal("rejected");
    }
  });

  describe("rejects other circuits:", () => {
    it("unknown ones", async () => {
      for (const circuit of [3n, 2n ** 256n - 1n]) {
        // A circuit's id is the last byte of the statement's first word.
        const id = circuit & 0xffn;
        await expectRejected([{ ...products[0]!, circuit }], "UnknownCircuit", 0, id);
        await expectRejected([powers[0]!, { ...products[0]!, circuit }], "UnknownCircuit", 1, id);
      }
    });

    it("one with as many inputs", async () => {
      await expectRejected([{ ...squareAndCube, circuit: 0n }], "ProofsRejected");
      await expectRejected([{ ...products[0]!, circuit: 2n }], "ProofsRejected");
      const [product] = products as [Statement];
      const exchanged = [
        { ...product, circuit: squareAndCube.circuit },
        { ...squareAndCube, circuit: product.circuit },
      ];
      await expectRejected(exchanged, "ProofsRejected");
    });

    it("one with more or fewer inputs", async () => {
      await expectRejected([{ ...products[0]!, circuit: 1n }], "TruncatedStatement", 0, SMALL, LARGE);
      // Read with two inputs, the third, 2⁴, is where the next statement's circuit would be.
      await expectRejected([{ ...powers[0]!, circuit: 0n }], "UnknownCircuit", 1, 16n);
    });
  });

  describe("rejects malformed lists:", () => {
    it("an empty one", async () => {
      await expectRejected([], "NoStatements");
    });

    it("one that ends within a statement", async () => {
      const whole = encodeStatements(mixed());
      const last = LARGE + SMALL;
      for (const length of [1, 31]) {
        await expectRejected(cut(whole, last + length), "TruncatedStatement", 2, length, 32);
      }
      for (const length of [32, 287, 288, LARGE - 32, LARGE - 1]) {
        await expectRejected(cut(whole, last + length), "TruncatedStatement", 2, length, LARGE);
      }
      for (const length of [1, 32, SMALL - 1]) {
        await expectRejected(
          cut(encodeStatements([products[0]!]), length),
          "TruncatedStatement",
          0,
          length,
          length < 32 ? 32 : SMALL,
        );
      }
    });

    it("one with bytes after the last statement", async () => {
      await expectRejected(concat([encodeStatements(mixed()), "0x00"]), "TruncatedStatement", 3, 1, 32);
      await expectRejected(concat([encodeStatements(mixed()), toBeHex(0, 32)]), "TruncatedStatement", 3, 32, SMALL);
    });
  });

  it("multiplies A by −rᵢ and C by rᵢ, with the factors that it describes", async () => {
    const factors = factorsOf(mixed());
    const scalars = await multiplicationsOf(await verifier.getAddress(), encodeCall(mixed()));
    // The first factor is 1, which takes no multiplication.
    expect(factors[0]).to.equal(1n);
    expect(scalars.slice(0, 4)).to.deep.equal(factors.slice(1).flatMap((r) => [P - r, r]));
  });

  describe("rejects errors that cancel out", () => {
    it("in a sum with equal factors: C + G and C − G", async () => {
      const list = replaced(
        replaced(mixed(), 0, (statement) => withPoint(statement, C, (point) => addMultiple(point, 1n, GENERATOR))),
        2,
        (statement) => withPoint(statement, C, (point) => addMultiple(point, P - 1n, GENERATOR)),
      );
      await expectRejected(list, "ProofsRejected");
    });

    it("in a sum with equal factors: inputs x + 1 and x − 1", async () => {
      const [first, , third] = mixed() as [Statement, Statement, Statement];
      for (const j of first.inputs.keys()) {
        const list = withInput(withInput(mixed(), 0, j, first.inputs[j]! + 1n), 2, j, third.inputs[j]! - 1n);
        await expectRejected(list, "ProofsRejected");
      }
    });

    // The factors of the valid list are known. Errors in proportion to them would cancel, had they no effect on the
    // factors.
    it("with the factors of the list before the alteration: C", async () => {
      const [r0, , r2] = factorsOf(mixed());
      const list = replaced(
        replaced(mixed(), 0, (statement) => withPoint(statement, C, (point) => addMultiple(point, r2!, GENERATOR))),
        2,
        (statement) => withPoint(statement, C, (point) => addMultiple(point, P - r0!, GENERATOR)),
      );
      expect(combine(list, C, [r0!, r2!])).to.deep.equal(combine(mixed(), C, [r0!, r2!]));
      await expectRejected(list, "ProofsRejected");
    });

    it("with the factors of the list before the alteration: inputs", async () => {
      const [r0, , r2] = factorsOf(mixed());
      const [first, , third] = mixed() as [Statement, Statement, Statement];
      for (const j of first.inputs.keys()) {
        const list = withInput(
          withInput(mixed(), 0, j, (first.inputs[j]! + r2!) % P),
          2,
          j,
          (third.inputs[j]! + P - r0!) % P,
        );
        await expectRejected(list, "ProofsRejected");
      }
    });
  });

  describe("gas", () => {
    it("of a further proof with 13 inputs is below 50,000 without its calldata", async () => {
      const execution = async (list: readonly Statement[]): Promise<number> =>
        (await measure(await verifier.getAddress(), encodeCall(list))).execution;
      const [one, four] = [await execution(powers.slice(0, 1)), await execution(powers)];
      // The precompiles alone take 46,450: two multiplications, an addition, a pair of the pairing, and three calls.
      expect((four - one) / 3).to.be.within(46_450, 50_000);
    });

    it("of two proofs is below that of two calls of snarkjs's verifier, and of one not a fifth above it", async () => {
      const ours = async (list: readonly Statement[]): Promise<number> =>
        (await measure(await verifier.getAddress(), encodeCall(list))).total;
      const [first, second] = await Promise.all(
        powers.slice(0, 2).map(async (statement) => (await measure(...(await plain[1]!.encodeCall(statement)))).total),
      );
      expect(await ours(powers.slice(0, 1))).to.be.below(1.2 * first!);
      expect(await ours(powers.slice(0, 2))).to.be.below(first! + second!);
    });
  });

  const encodeCall = (statements: readonly Statement[]): string =>
    verifier.interface.encodeFunctionData("verify", [encodeStatements(statements)]);

  /** The factors rᵢ of a list, from the description in BatchVerifier. */
  function factorsOf(statements: readonly Statement[]): bigint[] {
    const transcript = byId(circuits).reduce(
      (hash, circuit) => keccak256(concat([hash, keccak256(encodeKey(circuit))])),
      keccak256(encodeStatements(statements)),
    );
    return statements.map((_, i) =>
      i === 0 ? 1n : BigInt(keccak256(concat([transcript, toBeHex(i, 32)]))) % 2n ** 128n,
    );
  }
});

/** Gas that a transaction of its own uses for a call. */
async function measure(to: string, data: string): Promise<CallGas> {
  const [signer] = await ethers.getSigners();
  // Not estimated: the estimate also covers the 64th of the gas that must be left over in every call of a precompile.
  const transaction = await signer!.sendTransaction({ to, data, gasLimit: 5_000_000n });
  return gasOf(connection, (await transaction.wait()) as ContractTransactionReceipt);
}

interface TraceStep {
  readonly op: string;
  /** Words without 0x; the top is last. */
  readonly stack: readonly string[];
  readonly memory: readonly string[];
}

/** Scalars of the calls of `ecMul` in the execution of a call, in order. */
async function multiplicationsOf(to: string, data: string): Promise<bigint[]> {
  const [signer] = await ethers.getSigners();
  const { hash } = await signer!.sendTransaction({ to, data, gasLimit: 5_000_000n });
  const { structLogs } = (await ethers.provider.send("debug_traceTransaction", [hash, { enableMemory: true }])) as {
    structLogs: readonly TraceStep[];
  };
  return structLogs.flatMap(({ op, stack, memory }) => {
    if (op !== "STATICCALL") return [];
    const [offset, address] = [stack.at(-3), stack.at(-2)].map((word) => BigInt(`0x${word!.replace(/^0x/, "")}`));
    if (address !== 7n) return [];
    const hex = memory.map((word) => word.replace(/^0x/, "")).join("");
    return [BigInt(`0x${hex.slice(2 * Number(offset) + 128, 2 * Number(offset) + 192)}`)];
  });
}

const byId = ({ product, powers, squareAndCube }: TestCircuits): TestCircuit[] => [product, powers, squareAndCube];

function encodeKey({ verificationKey }: TestCircuit): string {
  const g1 = ([x, y]: readonly string[]): string[] => [x!, y!];
  const g2 = ([x, y]: readonly string[][]): string[] => [x![1]!, x![0]!, y![1]!, y![0]!];
  const words = [
    ...g1(verificationKey.vk_alpha_1),
    ...g2(verificationKey.vk_beta_2),
    ...g2(verificationKey.vk_gamma_2),
    ...g2(verificationKey.vk_delta_2),
    ...verificationKey.IC.flatMap(g1),
  ];
  return concat(words.map((word) => toBeHex(BigInt(word), 32)));
}

/** r₀·P₀ + r₂·P₂, the points being those at `word` of the proofs 0 and 2. */
function combine(list: readonly Statement[], word: number, [r0, r2]: readonly [bigint, bigint]): Point {
  const [p0, p2] = [list[0]!, list[2]!].map(({ proof }): Point => [proof[word]!, proof[word + 1]!]) as [Point, Point];
  return addMultiple(addMultiple(p0, r0 - 1n, p0), r2, p2);
}

/** A statement that looks like the given one; it may by chance still be valid. */
function alter(statement: Statement, random: Random, pool: () => Statement): Statement {
  const { proof, inputs } = statement;
  const j = random.int(inputs.length);
  const alterations: (() => Statement)[] = [
    () => withInput([statement], 0, j, random.bigint(P))[0]!,
    () => withInput([statement], 0, j, inputs[j]! + P)[0]!,
    () => ({ ...statement, proof: pool().proof }),
    () => ({ ...statement, proof: proof.map((value, word) => (word === random.int(8) ? value + 1n : value)) }),
    () => withPoint(statement, C, (point) => addMultiple(point, 1n + random.bigint(P - 1n), GENERATOR)),
    () => withWords([statement], 0, B, pool().proof.slice(B, C))[0]!,
    () => withPoint(statement, A, negate),
    // Stays valid.
    () => withPoint(withPoint(statement, A, negate), B, negateG2),
  ];
  return random.pick(alterations)();
}

function replaced(list: readonly Statement[], i: number, change: (statement: Statement) => Statement): Statement[] {
  return list.map((statement, k) => (k === i ? change(statement) : statement));
}

function withWords(list: readonly Statement[], i: number, word: number, words: readonly bigint[]): Statement[] {
  return replaced(list, i, (statement) => {
    const proof = [...statement.proof];
    proof.splice(word, words.length, ...words);
    return { ...statement, proof };
  });
}

function withWord(list: readonly Statement[], i: number, word: number, value: bigint): Statement[] {
  return withWords(list, i, word, [value]);
}

function withInput(list: readonly Statement[], i: number, j: number, value: bigint): Statement[] {
  return replaced(list, i, (statement) => ({ ...statement, inputs: statement.inputs.with(j, value) }));
}

/** Changes the point that begins at `word`. */
function withPoint(statement: Statement, word: typeof A | typeof C, change: (point: Point) => Point): Statement;
function withPoint(statement: Statement, word: typeof B, change: (words: readonly bigint[]) => bigint[]): Statement;
function withPoint(
  statement: Statement,
  word: number,
  change: ((point: Point) => Point) | ((words: readonly bigint[]) => bigint[]),
): Statement {
  const words = statement.proof.slice(word, word + (word === B ? 4 : 2));
  return withWords([statement], 0, word, change(words as unknown as Point))[0]!;
}

const negateG2 = ([x1, x0, y1, y0]: readonly bigint[]): bigint[] => [x1!, x0!, (Q - y1!) % Q, (Q - y0!) % Q];

/** The first `length` bytes. */
const cut = (hex: string, length: number): string => hex.slice(0, 2 + 2 * length);
