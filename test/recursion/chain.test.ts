// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { concat, keccak256, toBeHex } from "ethers";

import { encodeLeafChain } from "../../src/codec/index.ts";
import { poseidon } from "../../src/crypto/index.ts";
import { P } from "../../src/field.ts";
import { wordsOf } from "../../src/recursion/barretenberg.ts";
import { MAX_LEAVES } from "../../src/recursion/chain/inputs.ts";
import {
  assertSatisfied,
  CHAIN_INPUT,
  type ChainChild,
  chainCircuit,
  type Chained,
  chainedLeaf,
  chainedOf,
  chainedPair,
  chainInput,
  chainNode,
  type ConvertedCircuit,
  convertedWitness,
  decodeChainChild,
  encodeChild,
  type NodeProgram,
  planChain,
  prepareConverted,
  requireChained,
  type VerifyProof,
  violatedOpcodes,
} from "../../src/recursion/index.ts";
import { readSymbols } from "../../src/setup/r1cs.ts";
import { randomChainChild, randomChainTree, randomOpenedLeaf, SLOTS, withInputs } from "../helpers/chainChildren.ts";
import { expectError } from "../helpers/expectError.ts";
import { Random, seedFor } from "../helpers/random.ts";

const random = new Random(seedFor("chain program"));
const tree = randomChainTree(random);
const { point, hashes } = tree;
const KINDS = ["leaf", "node"] as const;
const child = (kind: ChainChild["kind"], oldState?: bigint): ChainChild =>
  randomChainChild(kind, tree, random, oldState);
const plusOne = (values: readonly bigint[], index: number): bigint[] => values.with(index, (values[index]! + 1n) % P);
const after = (kind: ChainChild["kind"], left: ChainChild): ChainChild =>
  child(kind, chainedOf(left, point).newStateRoot);

describe("the program of a chain", () => {
  let circuit: ConvertedCircuit;
  let symbols: ReadonlyMap<string, number>;
  let node: NodeProgram<ChainChild>;
  before(async () => {
    circuit = await prepareConverted(chainCircuit("development"), "development");
    symbols = readSymbols(circuit.circuit.sym);
    node = chainNode(circuit, symbols, hashes.leaf);
  });

  const equationOf = (side: "left" | "right"): number => circuit.program.opcodes.length + (side === "left" ? 0 : 2);
  const proofOf = (side: "left" | "right"): VerifyProof => node.program.opcodes[equationOf(side) + 1] as VerifyProof;
  const witnessOf = async (left: ChainChild, right?: ChainChild): Promise<bigint[]> =>
    node.witness(await convertedWitness(circuit, chainInput(point, hashes.node, SLOTS, left, right)), left, right);

  it("verifies the children's own public inputs, keys and proofs, and says its model's words in public", async () => {
    for (const left of KINDS.map((kind) => child(kind))) {
      for (const right of [...KINDS.map((kind) => after(kind, left)), undefined]) {
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
        const first = chainedOf(left, point);
        const all = right === undefined ? first : chainedPair(first, chainedOf(right, point), point, SLOTS);
        const expected = { ...all, point, nodeKeyHash: hashes.node };
        const publics = valuesOf(node.program.publicWitnesses);
        for (const [name, place] of Object.entries(CHAIN_INPUT)) {
          expect(publics[place], name).to.equal(expected[name as keyof typeof CHAIN_INPUT]);
        }
      }
    }
  });

  it("takes for each kind the hash of its key alone, on each side", async () => {
    for (const kind of KINDS) {
      for (const side of ["left", "right"] as const) {
        for (const hash of [...Object.values(hashes), 0n, (hashes[kind] + 1n) % P, random.bigint(P)]) {
          if (hash === hashes[kind]) continue;
          const first = child(side === "left" ? kind : "node");
          const second = after(side === "left" ? "leaf" : kind, first);
          const forge = (honest: ChainChild): ChainChild => ({ ...honest, key: { ...honest.key, hash } });
          const pair = side === "left" ? ([forge(first), second] as const) : ([first, forge(second)] as const);
          const witness = await witnessOf(...pair);
          expect(violatedOpcodes(node.program, witness), `${kind} ${side}`).to.deep.equal([equationOf(side)]);
        }
      }
    }
  });

  it("is not made of another circuit, or with a hash that is no field element", () => {
    const { publicWitnesses } = circuit.program;
    for (const changed of [publicWitnesses.slice(1), [...publicWitnesses, 7]]) {
      const other = { ...circuit, program: { ...circuit.program, publicWitnesses: changed } };
      expectError(() => chainNode(other, symbols, hashes.leaf), "BAD_LENGTH");
    }
    for (const name of ["main.left[6]", "main.right[0]", "main.rightIsNode"]) {
      const missing = new Map(symbols);
      expect(missing.delete(name), name).to.equal(true);
      expectError(() => chainNode(circuit, missing, hashes.leaf), "OUT_OF_RANGE");
    }
    for (const hash of [-1n, P]) expectError(() => chainNode(circuit, symbols, hash), "NOT_A_FIELD_ELEMENT");
  });
});

describe("the plan of a chain", () => {
  const chainOf = (count: number) => {
    const leaves = [randomOpenedLeaf(random)];
    while (leaves.length < count) leaves.push(randomOpenedLeaf(random, leaves.at(-1)!.words[0]));
    return leaves;
  };
  const chain = encodeLeafChain(5n, 6n, [
    { header: 1n, z: 2n, sequencer: 3n, context: 4n, proverFees: [7n], openings: [8n, 9n], exits: [] },
  ]);

  it("draws the point that L1 draws: the hash of the root and of what L1 knows", () => {
    const leaves = chainOf(3);
    const plan = planChain(leaves, chain, SLOTS);
    const [a, b, c] = leaves.map((leaf) => chainedLeaf(leaf, plan.point)) as [Chained, Chained, Chained];
    const root = poseidon([poseidon([a.root, b.root]), c.root]);
    expect(plan.chainedAt(plan.shape).root).to.equal(root);
    expect(plan.point).to.equal(BigInt(keccak256(concat([toBeHex(root, 32), chain]))) % P);
    const pair = chainedPair(a, b, plan.point, SLOTS);
    expect(plan.chainedAt(plan.shape)).to.deep.equal(chainedPair(pair, c, plan.point, SLOTS));
  });

  it("is not made of no leaf, of more than 65,535, or of leaves that are no chain", () => {
    expectError(() => planChain([], chain, SLOTS), "NOTHING_TO_PROVE");
    const many = new Array<ReturnType<typeof randomOpenedLeaf>>(MAX_LEAVES + 1).fill(randomOpenedLeaf(random));
    expectError(() => planChain(many, chain, SLOTS), "OUT_OF_RANGE");
    const [first, second, third] = chainOf(3);
    const { message } = expectError(() => planChain([first!, third!, second!], chain, SLOTS), "INVALID_INPUT");
    expect(message).to.equal("leaf 1 does not begin in the state in which leaf 0 ends");
  });

  it("takes for each place the proof of its leaves alone", () => {
    const leaves = chainOf(3);
    const plan = planChain(leaves, chain, SLOTS);
    const proofOf = (i: number): ChainChild => {
      const made = child("leaf") as ChainChild & { readonly kind: "leaf" };
      const digest = poseidon(leaves[i]!.words);
      return { ...withInputs(made, made.proof.publicInputs.with(0, digest)), kind: "leaf", opened: leaves[i]! };
    };
    const { keys } = tree;
    leaves.forEach((opened, i) => {
      const proof = proofOf(i);
      expect(requireChained(plan, i, proof, keys)).to.deep.equal(proof);
      // Its digest counts, and not what it was sent with.
      const disguised: ChainChild = { ...proof, kind: "leaf", opened: randomOpenedLeaf(random) };
      expect(requireChained(plan, i, disguised, keys)).to.deep.equal({ ...proof, opened });
      const { publicInputs } = proof.proof;
      for (const changed of [0, 3, 6]) {
        const other = withInputs(proof, plusOne(publicInputs, changed));
        expectError(() => requireChained(plan, i, other, keys), "PROVER_FAILED");
      }
      expectError(() => requireChained(plan, (i + 1) % 3, proof, keys), "PROVER_FAILED");
    });
    expectError(() => requireChained(plan, 0, undefined, keys), "PROOF_MISSING");
    const { root, sum, count, oldStateRoot, newStateRoot } = plan.chainedAt([0, 1]);
    const words = [root, sum, count, oldStateRoot, newStateRoot, plan.point, hashes.node];
    const good = withInputs(child("node"), words);
    expect(requireChained(plan, [0, 1], good, keys)).to.equal(good);
    for (const i of words.keys()) {
      const other = withInputs(good, plusOne(words, i));
      expectError(() => requireChained(plan, [0, 1], other, keys), "PROVER_FAILED");
    }
    expectError(() => requireChained(plan, 0, good, keys), "PROVER_FAILED");
    // Under another key, "valid" says nothing.
    const bytes = Buffer.alloc(good.key.bytes.length);
    for (const change of [{ bytes }, { hash: 1n }, { power: 31 }, { publicInputs: 5 }]) {
      const { message } = expectError(
        () => requireChained(plan, [0, 1], { ...good, key: { ...good.key, ...change } }, keys),
        "PROVER_FAILED",
      );
      expect(message).to.equal("the proof of leaves 0,1 has another key than that of a node");
    }
  });
});

describe("a proof in a chain from another process", () => {
  it("is read as it was written, and refused without what is under its digest", () => {
    for (const kind of KINDS) {
      const written = child(kind);
      expect(decodeChainChild(encodeChild(written), SLOTS)).to.deep.equal(written);
    }
    const text = encodeChild(child("leaf"));
    for (let length = 0; length < text.length; length += 97) {
      expectError(() => decodeChainChild(text.slice(0, length), SLOTS), "INVALID_INPUT");
    }
    expectError(() => decodeChainChild(text, 2 * SLOTS), "INVALID_INPUT");
    const value = JSON.parse(text) as { kind: unknown; opened: Record<string, unknown> | undefined };
    for (const opened of [undefined, null, {}, { ...value.opened, words: [] }, { ...value.opened, exits: "x" }]) {
      expectError(() => decodeChainChild(JSON.stringify({ ...value, opened }), SLOTS), "INVALID_INPUT");
    }
    for (const kind of ["merge", "", 5]) {
      expectError(() => decodeChainChild(JSON.stringify({ ...value, kind }), SLOTS), "INVALID_INPUT");
    }
  });
});
