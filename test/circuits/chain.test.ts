// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";

import { P } from "../../src/field.ts";
import { calculateWitness, type CircuitInput } from "../../src/prover/witness.ts";
import {
  CHAIN_INPUT,
  CHAIN_INPUTS,
  type ChainChild,
  chainCircuit,
  type Chained,
  chainedLeaf,
  chainedOf,
  chainedPair,
  chainInput,
} from "../../src/recursion/index.ts";
import { circuitsFolder, compileCircuit, type CompiledCircuit } from "../../src/setup/compile.ts";
import { readSymbols } from "../../src/setup/r1cs.ts";
import { randomChainChild, randomChainTree, SLOTS, withInputs } from "../helpers/chainChildren.ts";
import { expectRefusal, type Forgery, forgeable, outputsOf } from "../helpers/circuit.ts";
import { violatedInBoth } from "../helpers/conversion.ts";
import { freeWires } from "../helpers/freeWires.ts";
import { Random, seedFor } from "../helpers/random.ts";

const NO_BITS = [2n, P - 1n, (P + 1n) / 2n];
const KINDS = ["leaf", "node"] as const;

const random = new Random(seedFor("chain"));
const tree = randomChainTree(random);
const { point, hashes } = tree;
const listOf = ({ root, sum, count, oldStateRoot, newStateRoot }: Chained): bigint[] => [
  ...[root, sum, count],
  ...[oldStateRoot, newStateRoot],
];
const plusOne = (values: readonly bigint[], index: number): bigint[] => values.with(index, (values[index]! + 1n) % P);
const child = (kind: ChainChild["kind"], oldState?: bigint): ChainChild =>
  randomChainChild(kind, tree, random, oldState);
const inputFor = (left: ChainChild, right?: ChainChild): CircuitInput =>
  chainInput(point, hashes.node, SLOTS, left, right);
const chained = (left: ChainChild, right?: ChainChild): Chained => {
  const first = chainedOf(left, point);
  return right === undefined ? first : chainedPair(first, chainedOf(right, point), point, SLOTS);
};
/** The child, and one that begins where it ends. */
const neighbours = (left: ChainChild["kind"], right: ChainChild["kind"]): [ChainChild, ChainChild] => {
  const first = child(left);
  return [first, child(right, chainedOf(first, point).newStateRoot)];
};
/** Each kind beside each kind, and alone. */
const pairs: (readonly [ChainChild, ChainChild?])[] = KINDS.flatMap((left) => [
  ...KINDS.map((right) => neighbours(left, right)),
  [child(left)] as const,
]);

describe("circuits: Chain", () => {
  let circuit: CompiledCircuit;
  let forge: (input: CircuitInput) => Promise<Forgery>;
  before(async () => {
    circuit = await compileCircuit(chainCircuit("development"), circuitsFolder("development"));
    forge = await forgeable("../chain/Chain.circom", ["rightSum"], [SLOTS]);
  });

  it("has the inputs of CHAIN_INPUT as its public signals, in this order", async () => {
    const [left, right] = neighbours("leaf", "node");
    const { publicSignals } = await calculateWitness(circuit, inputFor(left, right));
    expect(circuit.publicSignals).to.equal(CHAIN_INPUTS);
    const expected = { ...chained(left, right), point, nodeKeyHash: hashes.node };
    for (const [name, place] of Object.entries(CHAIN_INPUT)) {
      expect(publicSignals[place], name).to.equal(expected[name as keyof typeof CHAIN_INPUT]);
    }
  });

  it("gives the model's public signals for leaves and nodes, and for one child alone", async () => {
    for (const [left, right] of pairs) {
      const expected = [...listOf(chained(left, right)), point, hashes.node];
      const names = `${left.kind}, ${right?.kind ?? "nothing"}`;
      expect(await outputsOf(circuit, inputFor(left, right)), names).to.deep.equal(expected);
    }
  });

  it("has a sum that is the polynomial with the words that L1 knows, in their places in the statements", async () => {
    const [left, right] = neighbours("leaf", "leaf") as [ChainChild & { kind: "leaf" }, ChainChild & { kind: "leaf" }];
    const coefficients = [left, right].flatMap(({ opened: { words, exits } }) => {
      const [, , proverFees, c, y, , header, z, sequencer, domain, context, worker] = words;
      const known = [
        0n,
        0n,
        proverFees!,
        c!,
        y!,
        0n,
        0n,
        header!,
        z!,
        sequencer!,
        domain!,
        context!,
        worker!,
        ...exits,
      ];
      // 13 + 2 · 4 words, and zeros up to 32.
      return [...known, ...new Array<bigint>(32 - known.length).fill(0n)];
    });
    let [expected, power] = [0n, 1n];
    for (const coefficient of coefficients) {
      expected = (expected + coefficient * power) % P;
      power = (power * point) % P;
    }
    expect((await outputsOf(circuit, inputFor(left, right)))[CHAIN_INPUT.sum]).to.equal(expected);
  });

  it("has a root that each word of a leaf, each exit, and the order of the leaves change", async () => {
    const [left, right] = neighbours("leaf", "leaf");
    const { root } = chained(left, right);
    const opened = (left as ChainChild & { kind: "leaf" }).opened;
    for (let i = 0; i < opened.words.length; i++) {
      expect(chainedLeaf({ ...opened, words: plusOne(opened.words, i) }, point).root).not.to.equal(root);
      // The words are those under the leaf's digest.
      await expectRefusal(circuit, { ...inputFor(left, right), leftWords: plusOne(opened.words, i) }, "ChainedProof");
    }
    for (let i = 0; i < opened.exits.length; i++) {
      const exits = plusOne(opened.exits, i);
      const leftExits = Array.from({ length: SLOTS }, (_, slot) => exits.slice(2 * slot, 2 * slot + 2));
      await expectRefusal(circuit, { ...inputFor(left, right), leftExits }, "ChainedProof");
    }
  });

  it("refuses children of which the right one does not begin in the state in which the left one ends", async () => {
    for (const left of KINDS) {
      for (const right of KINDS) {
        await expectRefusal(circuit, inputFor(child(left), child(right)), "Chain");
        const [first, second] = neighbours(left, right);
        await expectRefusal(circuit, inputFor(second, first), "Chain");
        // An empty side does not have to.
        const outputs = await outputsOf(circuit, { ...inputFor(first, child(right)), rightIsEmpty: 1n });
        expect(outputs.slice(0, 5)).to.deep.equal(listOf(chained(first)));
      }
    }
  });

  it("refuses a leaf whose digest is another's, and bits that are no bits", async () => {
    for (const [side, i] of [
      ["left", 0],
      ["right", 1],
    ] as const) {
      const pair = neighbours("leaf", "leaf");
      const forged = pair.with(i, withInputs(pair[i], plusOne(pair[i].proof.publicInputs, 0)));
      await expectRefusal(circuit, inputFor(forged[0]!, forged[1]), "ChainedProof");
      const nodes = neighbours("node", "node");
      for (const bit of NO_BITS) {
        await expectRefusal(circuit, { ...inputFor(...nodes), [`${side}IsNode`]: bit }, "ChainedProof");
        await expectRefusal(circuit, { ...inputFor(...pair), [`${side}IsNode`]: bit }, "ChainedProof");
        await expectRefusal(circuit, { ...inputFor(...pair), rightIsEmpty: bit }, "Chain");
      }
      // A leaf as a node, and a node as a leaf.
      await expectRefusal(circuit, { ...inputFor(...pair), [`${side}IsNode`]: 1n }, "ChainedProof");
      await expectRefusal(circuit, { ...inputFor(...nodes), [`${side}IsNode`]: 0n }, "ChainedProof");
    }
  });

  it("refuses a node of another point or of another key on either side, and on a side that is empty", async () => {
    const nodes = neighbours("node", "node");
    for (const place of [CHAIN_INPUT.point, CHAIN_INPUT.nodeKeyHash]) {
      for (const [side, i] of [
        ["left", 0],
        ["right", 1],
      ] as const) {
        const inputs = plusOne(nodes[i].proof.publicInputs, place);
        await expectRefusal(circuit, { ...inputFor(...nodes), [side]: inputs }, "ChainedProof");
        await expectRefusal(circuit, { ...inputFor(...nodes), [side]: inputs, rightIsEmpty: 1n }, "ChainedProof");
      }
    }
  });

  it("counts up to 65,535 leaves, and does not join a proof with itself again and again", async () => {
    const withCount = (count: bigint, oldState?: bigint): ChainChild => {
      const node = child("node", oldState);
      return withInputs(node, node.proof.publicInputs.with(CHAIN_INPUT.count, count));
    };
    for (const [left, right] of [
      [65_534n, 1n],
      [1n, 65_534n],
    ] as const) {
      const first = withCount(left);
      const second = withCount(right, chainedOf(first, point).newStateRoot);
      const outputs = await outputsOf(circuit, inputFor(first, second));
      expect(outputs.slice(0, 5)).to.deep.equal(listOf(chained(first, second)));
    }
    for (const [left, right] of [
      [65_535n, 1n],
      [1n, 65_535n],
      [P - 1n, 2n],
    ] as const) {
      const first = withCount(left);
      const second = withCount(right, chainedOf(first, point).newStateRoot);
      await expectRefusal(circuit, inputFor(first, second), "Num2Bits");
    }
    await expectRefusal(circuit, inputFor(withCount(65_536n)), "Num2Bits");
    // Of a leaf that changes nothing, the proof is a neighbour of itself.
    const first = child("leaf");
    let tree = first;
    const state = chainedOf(first, point).newStateRoot;
    const opened = (first as ChainChild & { kind: "leaf" }).opened;
    const still = { ...opened, words: opened.words.with(5, state) };
    tree = {
      ...withInputs(first, first.proof.publicInputs.with(0, chainedLeaf(still, point).root)),
      kind: "leaf",
      opened: still,
    };
    for (let leaves = 2; leaves < 2 ** 16; leaves *= 2) {
      const publicInputs = await outputsOf(circuit, inputFor(tree, tree));
      expect(publicInputs[CHAIN_INPUT.count]).to.equal(BigInt(leaves));
      tree = { kind: "node", key: tree.key, proof: { ...tree.proof, publicInputs } };
    }
    await expectRefusal(circuit, inputFor(tree, tree), "Num2Bits");
  });

  it("takes no other right side than the child's or none, with whatever follows from it", async () => {
    for (const [left, right] of pairs) {
      const second = chainedOf(right ?? left, point);
      const isEmpty = right === undefined;
      const input = { ...inputFor(left, right), rightSum: isEmpty ? 0n : second.sum };
      const honest = await forge(input);
      expect(honest.violated).to.deep.equal([]);
      expect(honest.outputs).to.deep.equal(listOf(chained(left, right)));
      for (const rightSum of [isEmpty ? second.sum : 0n, (input.rightSum + 1n) % P]) {
        const { violated, outputs } = await forge({ ...input, rightSum });
        expect(outputs[1]).not.to.equal(honest.outputs[1]);
        expect(violated, "sum").to.have.lengthOf(1);
      }
    }
  });

  it("lets no public signal have another value, and no computed wire be changed alone", async () => {
    const original = await compileCircuit(chainCircuit("development"), join(circuitsFolder("development"), "O0"), "O0");
    const file = readFileSync(original.r1cs);
    const wires = readSymbols(original.sym);
    for (const [left, right] of pairs) {
      const input = inputFor(left, right);
      const { values } = await calculateWitness(original, input);
      expect(violatedInBoth(file, values)).to.deep.equal([]);
      for (const [name, value] of Object.entries(chained(left, right)) as [string, bigint][]) {
        const wire = wires.get(`main.${name}`)!;
        expect(values[wire], name).to.equal(value);
        for (const other of [(value + 1n) % P, P - value, 0n, 1n]) {
          if (other !== value) expect(violatedInBoth(file, values.with(wire, other)), name).not.to.deep.equal([]);
        }
      }
      const computed = freeWires(original, values).filter((name) => !(/^main\.(\w+)/.exec(name)![1]! in input));
      expect(computed).to.deep.equal([]);
    }
  });
});
