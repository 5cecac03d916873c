// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { poseidon } from "../../src/crypto/index.ts";
import { P } from "../../src/field.ts";
import {
  assertSatisfied,
  type Conversion,
  type ConvertedCircuit,
  convertedWitness,
  JOIN,
  JOIN_INPUT,
  JOIN_INPUTS,
  type JoinChild,
  type Joined,
  joinedPair,
  joinedStatement,
  joinInput,
  type JoinNode,
  joinNode,
  padInputs,
  prepareConverted,
  type StatementKeys,
  type VerifyProof,
  violatedOpcodes,
} from "../../src/recursion/index.ts";
import { wordsOf } from "../../src/recursion/barretenberg.ts";
import { readSymbols } from "../../src/setup/r1cs.ts";
import { expectError } from "../helpers/expectError.ts";
import { JOIN_KINDS, joinedOf, randomJoinChild, randomJoinTree } from "../helpers/joinChildren.ts";
import { Random, seedFor } from "../helpers/random.ts";

const random = new Random(seedFor("join program"));
const tree = randomJoinTree(random);
const { point, hashes } = tree;
const KEYS: StatementKeys = { leaf: hashes.leaf, merge: hashes.merge };

describe("the program of a join", () => {
  let circuit: ConvertedCircuit;
  let symbols: ReadonlyMap<string, number>;
  let node: JoinNode;
  before(async () => {
    circuit = await prepareConverted(JOIN, "development");
    symbols = readSymbols(circuit.circuit.sym);
    node = joinNode(circuit, symbols, KEYS);
  });

  /** Numbers of the opcodes behind those of the circuit: an equation of the key's hash and a proof, left and right. */
  const equationOf = (side: "left" | "right"): number => circuit.program.opcodes.length + (side === "left" ? 0 : 2);
  const proofOf = (side: "left" | "right"): VerifyProof => node.program.opcodes[equationOf(side) + 1] as VerifyProof;
  const witnessOf = async (left: JoinChild, right?: JoinChild): Promise<bigint[]> =>
    node.witness(await convertedWitness(circuit, joinInput(point, hashes.node, left, right)), left, right);
  const child = (kind: JoinChild["kind"]): JoinChild => randomJoinChild(kind, tree, random);

  it("has the public signals of the circuit, its equations, and for each side the hash of a key and a proof", () => {
    expect(node.program.publicWitnesses).to.deep.equal(circuit.program.publicWitnesses);
    expect(node.program.opcodes.slice(0, equationOf("left"))).to.deep.equal(circuit.program.opcodes);
    const kinds = node.program.opcodes.slice(equationOf("left")).map(({ kind }) => kind);
    expect(kinds).to.deep.equal(["zero", "verify", "zero", "verify"]);
  });

  it("verifies the children's own public inputs, keys and proofs, and says its model's words in public", async () => {
    for (const left of JOIN_KINDS.map(child)) {
      for (const right of [...JOIN_KINDS.map(child), undefined]) {
        const witness = await witnessOf(left, right);
        assertSatisfied(node.program, witness);
        const valuesOf = (witnesses: readonly number[]): bigint[] => witnesses.map((i) => witness[i]!);
        for (const [side, { key, proof }] of [
          ["left", left],
          ["right", right ?? left],
        ] as const) {
          const opcode = proofOf(side);
          expect(valuesOf(opcode.publicInputs)).to.deep.equal(proof.publicInputs);
          expect(valuesOf(opcode.key)).to.deep.equal(wordsOf(key.bytes));
          expect(valuesOf(opcode.proof)).to.deep.equal(wordsOf(proof.bytes));
          expect(valuesOf([opcode.keyHash])).to.deep.equal([key.hash]);
        }
        const first = joinedOf(left, point);
        const { root, sum, count } = right === undefined ? first : joinedPair(first, joinedOf(right, point), point);
        const expected = { root, sum, count, point, nodeKeyHash: hashes.node };
        const publics = valuesOf(node.program.publicWitnesses);
        for (const [name, place] of Object.entries(JOIN_INPUT)) {
          expect(publics[place], name).to.equal(expected[name as keyof typeof JOIN_INPUT]);
        }
      }
    }
  });

  it("takes for each kind the hash of its key alone, on each side", async () => {
    for (const kind of JOIN_KINDS) {
      for (const side of ["left", "right"] as const) {
        const others = [...Object.values(hashes), 0n, (hashes[kind] + 1n) % P, random.bigint(P)];
        for (const hash of others.filter((other) => other !== hashes[kind])) {
          const honest = child(kind);
          const forged: JoinChild = { ...honest, key: { ...honest.key, hash } };
          const pair = side === "left" ? ([forged, child("leaf")] as const) : ([child("node"), forged] as const);
          const witness = await witnessOf(...pair);
          expect(violatedOpcodes(node.program, witness), `${kind} ${side}`).to.deep.equal([equationOf(side)]);
          const { data } = expectError(() => assertSatisfied(node.program, witness), "WITNESS_VIOLATES");
          expect(data).to.deep.equal({ opcodes: [equationOf(side)] });
        }
      }
    }
  });

  it("asks for the key of the child that stands in for an empty right side", async () => {
    const left = child("merge");
    const witness = await witnessOf(left);
    witness[proofOf("right").keyHash] = hashes.leaf;
    expect(violatedOpcodes(node.program, witness)).to.deep.equal([equationOf("right")]);
  });

  it("has witnesses of its own for each side's key, proof and hash", () => {
    const used = (["left", "right"] as const).flatMap((side) => {
      const { key, proof, keyHash } = proofOf(side);
      return [...key, ...proof, keyHash];
    });
    expect(new Set(used).size).to.equal(used.length);
    const first = circuit.wires - 1 + circuit.added.length;
    expect([...used].sort((a, b) => a - b)).to.deep.equal(Array.from(used, (_, i) => first + i));
  });

  it("is not made of a circuit with another number of public signals", () => {
    const { publicWitnesses } = circuit.program;
    for (const changed of [publicWitnesses.slice(1), [...publicWitnesses, 7]]) {
      const other = { ...circuit, program: { ...circuit.program, publicWitnesses: changed } };
      const { data } = expectError(() => joinNode(other, symbols, KEYS), "BAD_LENGTH");
      expect(data).to.deep.equal({
        name: "public signals",
        length: changed.length,
        expected: JOIN_INPUTS,
        relation: "exactly",
      });
    }
  });

  it("is not made of a circuit in which a signal has no wire, or one that is none", () => {
    const names = ["left", "right"].flatMap((side) => [
      ...Array.from({ length: JOIN_INPUTS }, (_, i) => `main.${side}[${i}]`),
      ...["IsNode", "IsMerge"].map((bit) => `main.${side}${bit}`),
    ]);
    const maximum = circuit.wires - 2;
    for (const name of names) {
      const missing = new Map(symbols);
      expect(missing.delete(name), name).to.equal(true);
      const { data } = expectError(() => joinNode(circuit, missing, KEYS), "OUT_OF_RANGE");
      expect(data).to.deep.equal({ name, value: -1, minimum: 0, maximum });
    }
    const outside = new Map(symbols).set("main.rightIsMerge", circuit.wires);
    const { data } = expectError(() => joinNode(circuit, outside, KEYS), "OUT_OF_RANGE");
    expect(data).to.deep.equal({ name: "main.rightIsMerge", value: circuit.wires - 1, minimum: 0, maximum });
  });

  it("is not made with a hash that is no field element", () => {
    for (const hash of [-1n, P, 2n ** 256n]) {
      expectError(() => joinNode(circuit, symbols, { ...KEYS, leaf: hash }), "NOT_A_FIELD_ELEMENT");
      expectError(() => joinNode(circuit, symbols, { ...KEYS, merge: hash }), "NOT_A_FIELD_ELEMENT");
    }
  });

  it("takes keys whose hashes are at the edges of the field", async () => {
    for (const [leaf, merge] of [
      [0n, P - 1n],
      [P - 1n, 0n],
      [0n, 0n],
    ] as const) {
      const edge = joinNode(circuit, symbols, { leaf, merge });
      const [left, right] = [child("leaf"), child("merge")];
      const ofLeaf: JoinChild = { ...left, key: { ...left.key, hash: leaf } };
      const ofMerge: JoinChild = { ...right, key: { ...right.key, hash: merge } };
      const values = await convertedWitness(circuit, joinInput(point, hashes.node, ofLeaf, ofMerge));
      assertSatisfied(edge.program, edge.witness(values, ofLeaf, ofMerge));
      const { terms } = edge.program.opcodes[equationOf("left")] as { terms: readonly (readonly [bigint, number])[] };
      for (const [coefficient] of terms) expect(coefficient >= 0n && coefficient < P).to.equal(true);
    }
  });

  it("is the same for the same keys, and another for others", () => {
    expect(joinNode(circuit, symbols, KEYS).program).to.deep.equal(node.program);
    expect(joinNode(circuit, symbols, { leaf: KEYS.merge, merge: KEYS.leaf }).program).not.to.deep.equal(node.program);
  });

  it("has a verifier that takes keys and proofs of one size for all kinds", () => {
    for (const side of ["left", "right"] as const) {
      const { key, proof, publicInputs } = proofOf(side);
      expect([key.length, proof.length, publicInputs.length]).to.deep.equal([115, 410, JOIN_INPUTS]);
    }
  });
});

describe("the input of a join", () => {
  it("names the kinds of both children, and puts the left one in an empty place", () => {
    for (const left of JOIN_KINDS.map((kind) => randomJoinChild(kind, tree, random))) {
      for (const right of [...JOIN_KINDS.map((kind) => randomJoinChild(kind, tree, random)), undefined]) {
        const second = right ?? left;
        expect(joinInput(point, hashes.node, left, right)).to.deep.equal({
          point,
          nodeKeyHash: hashes.node,
          left: left.proof.publicInputs,
          right: second.proof.publicInputs,
          leftIsNode: left.kind === "node" ? 1n : 0n,
          leftIsMerge: left.kind === "merge" ? 1n : 0n,
          rightIsNode: second.kind === "node" ? 1n : 0n,
          rightIsMerge: second.kind === "merge" ? 1n : 0n,
          rightIsEmpty: right === undefined ? 1n : 0n,
        });
      }
    }
  });
});

describe("the model of a join", () => {
  const words = (count: number): bigint[] => Array.from({ length: count }, () => random.bigint(P));
  const polynomial = (coefficients: readonly bigint[]): bigint =>
    coefficients.reduce((sum, word, i) => (sum + word * power(i)) % P, 0n);
  const power = (exponent: number): bigint =>
    Array.from({ length: exponent }, () => point).reduce((a, b) => (a * b) % P, 1n);

  it("has the polynomial with the words of all statements in their order, whatever the shape of the tree", () => {
    const statements = (["leaf", "merge", "leaf", "leaf", "merge"] as const).map((kind) => ({
      kind,
      signals: words(3),
    }));
    const [a, b, c, d, e] = statements.map(({ kind, signals }) => joinedStatement(kind, signals, point));
    const all = statements.flatMap(({ kind, signals }) => [kind === "merge" ? 1n : 0n, ...signals]);
    const pair = (left: Joined, right: Joined): Joined => joinedPair(left, right, point);
    const shapes = [
      pair(pair(pair(pair(a!, b!), c!), d!), e!),
      pair(a!, pair(b!, pair(c!, pair(d!, e!)))),
      pair(pair(a!, b!), pair(pair(c!, d!), e!)),
    ];
    for (const shape of shapes) {
      expect([shape.sum, shape.count]).to.deep.equal([polynomial(all), 5n]);
    }
    expect(new Set(shapes.map(({ root }) => root)).size).to.equal(shapes.length);
    const hash = (i: number): bigint => poseidon(all.slice(4 * i, 4 * i + 4));
    const left = poseidon([hash(0), hash(1)]);
    expect(shapes[2]!.root).to.equal(poseidon([left, poseidon([poseidon([hash(2), hash(3)]), hash(4)])]));
  });

  it("is of three signals for each statement", () => {
    for (const count of [0, 2, 4]) {
      expect(() => joinedStatement("leaf", words(count), point)).to.throw(RangeError, `${count + 1} words`);
    }
  });
});

describe("public inputs that fill a place", () => {
  const conversion: Conversion = {
    program: { opcodes: [], publicWitnesses: [0, 1, 2] },
    wires: 20,
    added: [],
    constraints: 0,
  };

  it("are behind all witnesses, and 0", () => {
    const { program, witness } = padInputs(conversion, JOIN_INPUTS);
    expect(program.publicWitnesses).to.deep.equal([0, 1, 2, 19, 20]);
    const values = witness(Array.from({ length: 19 }, (_, i) => BigInt(i) + 1n));
    expect(values.slice(18)).to.deep.equal([19n, 0n, 0n]);
    expect(violatedOpcodes(program, values)).to.deep.equal([]);
    expect(violatedOpcodes(program, values.with(19, 1n))).to.deep.equal([0]);
    expect(violatedOpcodes(program, values.with(20, P - 1n))).to.deep.equal([1]);
  });

  it("come behind the witnesses that the conversion added", async () => {
    const circuit = await prepareConverted(JOIN, "development");
    const { program, witness } = padInputs(circuit, JOIN_INPUTS + 2);
    const first = circuit.wires - 1 + circuit.added.length;
    expect(program.publicWitnesses).to.deep.equal([...circuit.program.publicWitnesses, first, first + 1]);
    const left = randomJoinChild("leaf", tree, random);
    const values = await convertedWitness(circuit, joinInput(point, hashes.node, left, undefined));
    expect(values).to.have.length(first);
    assertSatisfied(program, witness(values));
  });

  it("are none if there are as many already", () => {
    const { program, witness } = padInputs(conversion, 3);
    expect(program).to.deep.equal(conversion.program);
    expect(witness([5n, 6n])).to.deep.equal([5n, 6n]);
  });

  it("are no fewer than the circuit's own, and a number that ACIR can hold", () => {
    for (const count of [2, 0, -1, 3.5, NaN, 2 ** 16 + 1]) {
      const { data } = expectError(() => padInputs(conversion, count), "OUT_OF_RANGE");
      expect(data).to.deep.equal({ name: "public inputs", value: count, minimum: 3, maximum: 2 ** 16 });
    }
    expect(padInputs(conversion, 2 ** 16).program.publicWitnesses).to.have.length(2 ** 16);
  });
});
