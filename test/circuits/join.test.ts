// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";

import { P } from "../../src/field.ts";
import { calculateWitness, type CircuitInput } from "../../src/prover/witness.ts";
import {
  JOIN,
  JOIN_INPUT,
  JOIN_INPUTS,
  type JoinChild,
  type Joined,
  joinedPair,
  joinInput,
} from "../../src/recursion/index.ts";
import { circuitsFolder, compileCircuit, type CompiledCircuit } from "../../src/setup/compile.ts";
import { readSymbols } from "../../src/setup/r1cs.ts";
import { compileTemplate, expectRefusal, type Forgery, forgeable, outputsOf } from "../helpers/circuit.ts";
import { violatedInBoth } from "../helpers/conversion.ts";
import { F } from "../helpers/field.ts";
import { freeWires } from "../helpers/freeWires.ts";
import { JOIN_KINDS, joinedOf, randomJoinChild, randomJoinTree } from "../helpers/joinChildren.ts";
import { Random, seedFor } from "../helpers/random.ts";

const NO_BITS = [2n, P - 1n, (P + 1n) / 2n];
const ROUNDS = 3;

const random = new Random(seedFor("join"));
const tree = randomJoinTree(random);
const { point, hashes } = tree;
const listOf = ({ root, sum, count }: Joined): bigint[] => [root, sum, count];
const plusOne = (values: readonly bigint[], index: number): bigint[] => values.with(index, (values[index]! + 1n) % P);

describe("circuits: JoinedProof", () => {
  const inputFor = ({ kind, proof }: JoinChild): Readonly<Record<string, bigint | bigint[]>> => ({
    inputs: [...proof.publicInputs],
    isNode: kind === "node" ? 1n : 0n,
    isMerge: kind === "merge" ? 1n : 0n,
    point,
    nodeKeyHash: hashes.node,
  });
  const [leaf, merge, node] = JOIN_KINDS.map((kind) => randomJoinChild(kind, tree, random)) as [
    JoinChild,
    JoinChild,
    JoinChild,
  ];
  /** A leaf that has what a node needs behind its signals: nothing but the kind tells it from a node. */
  const nodelike = { ...inputFor(leaf), inputs: [...leaf.proof.publicInputs.slice(0, 3), point, hashes.node] };
  let circuit: CompiledCircuit;
  let forge: (input: CircuitInput) => Promise<Forgery>;
  before(async () => {
    circuit = await compileTemplate("statement/JoinedProof.circom");
    forge = await forgeable("statement/JoinedProof.circom", []);
  });

  it("gives the model's root, sum and count for leaves, merges and nodes", async () => {
    for (const kind of JOIN_KINDS) {
      for (let i = 0; i < ROUNDS; i++) {
        const child = randomJoinChild(kind, tree, random);
        expect(await outputsOf(circuit, inputFor(child)), kind).to.deep.equal(listOf(joinedOf(child, point)));
      }
    }
  });

  it("gives the model's outputs at the edges of the field, and where all words and the point are 0", async () => {
    for (const value of [0n, 1n, P - 1n]) {
      for (const kind of JOIN_KINDS) {
        const inputs = [value, value, value, ...(kind === "node" ? [value, hashes.node] : [0n, 0n])];
        const child: JoinChild = { ...leaf, kind, proof: { ...leaf.proof, publicInputs: inputs } };
        const expected = listOf(joinedOf(child, value));
        expect(await outputsOf(circuit, { ...inputFor(child), point: value }), kind).to.deep.equal(expected);
      }
    }
  });

  it("gives another root for a merge than for a leaf with the same signals, and for each altered signal", async () => {
    const roots = [
      await outputsOf(circuit, inputFor(leaf)),
      await outputsOf(circuit, { ...inputFor(leaf), isMerge: 1n }),
    ];
    for (let i = 0; i < 3; i++) {
      roots.push(await outputsOf(circuit, { ...inputFor(leaf), inputs: plusOne(leaf.proof.publicInputs, i) }));
    }
    expect(new Set(roots.map(([root]) => root)).size).to.equal(roots.length);
  });

  it("does not look behind the three signals of a statement: the program around it has zeros there", async () => {
    expect(await outputsOf(circuit, nodelike)).to.deep.equal(await outputsOf(circuit, inputFor(leaf)));
  });

  it("refuses bits that are no bits, each with everything else in order", async () => {
    for (const bit of NO_BITS) {
      await expectRefusal(circuit, { ...nodelike, isNode: bit }, "JoinedProof");
      await expectRefusal(circuit, { ...inputFor(node), isNode: bit }, "JoinedProof");
      await expectRefusal(circuit, { ...inputFor(merge), isMerge: bit }, "JoinedProof");
    }
  });

  it("refuses a child that is a node and a merge", async () => {
    await expectRefusal(circuit, { ...inputFor(node), isMerge: 1n }, "JoinedProof");
  });

  it("refuses a node with another point, or with another hash of the nodes' key", async () => {
    for (const place of [JOIN_INPUT.point, JOIN_INPUT.nodeKeyHash]) {
      const inputs = plusOne(node.proof.publicInputs, place);
      await expectRefusal(circuit, { ...inputFor(node), inputs }, "JoinedProof");
      await expectRefusal(circuit, { ...inputFor(node), inputs: inputs.with(place, 0n) }, "JoinedProof");
    }
    await expectRefusal(circuit, { ...inputFor(leaf), isNode: 1n }, "JoinedProof");
  });

  it("violates one constraint for each kind that is none, whatever follows from it", async () => {
    const honest = await forge(inputFor(leaf));
    expect(honest.violated).to.deep.equal([]);
    // A multiple of the difference between two roots: any root could be reached.
    const target = random.bigint(P);
    const root = honest.outputs[0]!;
    const isNode = F.div(F.sub(target, root), F.sub(leaf.proof.publicInputs[0]!, root));
    const { violated, outputs } = await forge({ ...nodelike, isNode });
    expect(outputs[0]).to.equal(target);
    expect(violated).to.have.lengthOf(1);
    const constraints = new Set(violated);
    for (const forged of [
      { ...inputFor(merge), isMerge: 2n },
      { ...inputFor(node), isMerge: 1n },
      { ...inputFor(node), inputs: plusOne(node.proof.publicInputs, JOIN_INPUT.point) },
      { ...inputFor(node), inputs: plusOne(node.proof.publicInputs, JOIN_INPUT.nodeKeyHash) },
    ]) {
      const { violated: broken } = await forge(forged);
      expect(broken).to.have.lengthOf(1);
      constraints.add(broken[0]!);
    }
    expect(constraints.size, "each by a constraint of its own").to.equal(5);
  });

  it("lets no output have another value, and no computed wire be changed alone", async () => {
    const original = await compileTemplate("statement/JoinedProof.circom", [], "O0");
    for (const child of [leaf, merge, node]) await expectOneValue(original, inputFor(child), [joinedOf(child, point)]);
  });
});

describe("circuits: Join", () => {
  let circuit: CompiledCircuit;
  let forge: (input: CircuitInput) => Promise<Forgery>;
  before(async () => {
    circuit = await compileCircuit(JOIN, circuitsFolder("development"));
    forge = await forgeable("../join/Join.circom", ["rightSum", "square"]);
  });

  const square = (point * point) % P;
  const inputFor = (left: JoinChild, right?: JoinChild): CircuitInput => joinInput(point, hashes.node, left, right);
  const child = (kind: JoinChild["kind"]): JoinChild => randomJoinChild(kind, tree, random);
  const joined = (left: JoinChild, right?: JoinChild): Joined => {
    const first = joinedOf(left, point);
    return right === undefined ? first : joinedPair(first, joinedOf(right, point), point);
  };
  /** Each kind beside each kind, and alone. */
  const pairs = JOIN_KINDS.flatMap((left) =>
    [...JOIN_KINDS, undefined].map((right) => [child(left), right && child(right)] as const),
  );

  it("has root, sum, count, point and the hash of the nodes' key as its public signals, in this order", async () => {
    const [left, right] = [child("leaf"), child("node")];
    const { publicSignals } = await calculateWitness(circuit, inputFor(left, right));
    expect(circuit.publicSignals).to.equal(JOIN_INPUTS);
    const expected = { ...joined(left, right), point, nodeKeyHash: hashes.node };
    for (const [name, place] of Object.entries(JOIN_INPUT)) {
      expect(publicSignals[place], name).to.equal(expected[name as keyof typeof JOIN_INPUT]);
    }
  });

  it("gives the model's public signals for all kinds of children, and for one child alone", async () => {
    for (const [left, right] of pairs) {
      const expected = [...listOf(joined(left, right)), point, hashes.node];
      const names = `${left.kind}, ${right?.kind ?? "nothing"}`;
      expect(await outputsOf(circuit, inputFor(left, right)), names).to.deep.equal(expected);
    }
  });

  it("is the same for an empty right side, whichever valid child stands there", async () => {
    const left = child("merge");
    for (const kind of JOIN_KINDS) {
      const outputs = await outputsOf(circuit, { ...inputFor(left, child(kind)), rightIsEmpty: 1n });
      expect(outputs.slice(0, 3), kind).to.deep.equal(listOf(joined(left)));
    }
  });

  it("tells the order of its children, and the shape of its tree, in the root alone", async () => {
    const [a, b, c] = JOIN_KINDS.map(child) as [JoinChild, JoinChild, JoinChild];
    const node = async (left: JoinChild, right?: JoinChild): Promise<JoinChild> => {
      const publicInputs = await outputsOf(circuit, inputFor(left, right));
      return { ...c, kind: "node", proof: { ...c.proof, publicInputs } };
    };
    const statements = [a, b, c];
    const roots = await Promise.all([
      node(await node(a, b), c),
      node(a, await node(b, c)),
      node(await node(a), await node(b, c)),
    ]).then((nodes) => nodes.map(({ proof }) => proof.publicInputs));
    // With a child alone nothing is hashed: the second and the third tree have one root.
    expect(roots[1]).to.deep.equal(roots[2]);
    expect(roots[0]![0]).not.to.equal(roots[1]![0]);
    for (const [, sum, count] of roots) expect([sum, count]).to.deep.equal([roots[0]![1], roots[0]![2]]);
    const swapped = await node(await node(b, a), c);
    for (const i of [0, 1]) expect(swapped.proof.publicInputs[i]).not.to.equal(roots[0]![i]);
    expect(new Set(statements.map((statement) => joinedOf(statement, point).root)).size).to.equal(3);
  });

  it("refuses bits of either child that are no bits, and a child that is a node and a merge", async () => {
    const honest = inputFor(child("node"), child("node"));
    const merges = inputFor(child("merge"), child("merge"));
    for (const side of ["left", "right"]) {
      for (const bit of NO_BITS) {
        await expectRefusal(circuit, { ...honest, [`${side}IsNode`]: bit }, "JoinedProof");
        await expectRefusal(circuit, { ...merges, [`${side}IsMerge`]: bit }, "JoinedProof");
      }
      await expectRefusal(circuit, { ...honest, [`${side}IsMerge`]: 1n }, "JoinedProof");
    }
  });

  it("refuses an emptiness that is no bit", async () => {
    for (const [left, right] of pairs) {
      const input = inputFor(left, right);
      for (const rightIsEmpty of NO_BITS) await expectRefusal(circuit, { ...input, rightIsEmpty }, "Join");
    }
  });

  it("refuses a node of another point or of another key on either side, and on a side that is empty", async () => {
    const nodes = [child("node"), child("node")] as const;
    for (const place of [JOIN_INPUT.point, JOIN_INPUT.nodeKeyHash]) {
      for (const [side, i] of [
        ["left", 0],
        ["right", 1],
      ] as const) {
        const inputs = plusOne(nodes[i].proof.publicInputs, place);
        await expectRefusal(circuit, { ...inputFor(...nodes), [side]: inputs }, "JoinedProof");
        await expectRefusal(circuit, { ...inputFor(...nodes), [side]: inputs, rightIsEmpty: 1n }, "JoinedProof");
      }
    }
    await expectRefusal(circuit, { ...inputFor(...nodes), point: (point + 1n) % P }, "JoinedProof");
    await expectRefusal(circuit, { ...inputFor(...nodes), nodeKeyHash: hashes.leaf }, "JoinedProof");
  });

  it("takes no other right side than the child's or none, with whatever follows from it", async () => {
    for (const [left, right] of pairs) {
      const second = joinedOf(right ?? left, point);
      const isEmpty = right === undefined;
      const input = {
        ...inputFor(left, right),
        rightSum: isEmpty ? 0n : second.sum,
        square,
      };
      const honest = await forge(input);
      expect(honest.violated).to.deep.equal([]);
      expect(honest.outputs).to.deep.equal(listOf(joined(left, right)));
      for (const rightSum of [isEmpty ? second.sum : 0n, (input.rightSum + 1n) % P]) {
        const { violated, outputs } = await forge({ ...input, rightSum });
        expect(outputs[1]).not.to.equal(honest.outputs[1]);
        expect(violated, "sum").to.have.lengthOf(1);
      }
      for (const other of [P - square, (square + 1n) % P, 0n]) {
        expect((await forge({ ...input, square: other })).violated, "square").to.have.lengthOf(1);
      }
    }
  });

  it("has one constraint against a right side that counts twice, with everything else in order", async () => {
    const [left, right] = [child("leaf"), child("merge")];
    const rightIsEmpty = P - 1n;
    const rightSum = F.mul(2n, joinedOf(right, point).sum);
    const { violated, outputs } = await forge({ ...inputFor(left, right), rightIsEmpty, rightSum, square });
    expect(outputs[2]).to.equal(3n);
    expect(violated).to.have.lengthOf(1);
  });

  it("counts up to 65,535 statements, and no further", async () => {
    const withCount = (count: bigint): JoinChild => {
      const node = child("node");
      return { ...node, proof: { ...node.proof, publicInputs: node.proof.publicInputs.with(JOIN_INPUT.count, count) } };
    };
    for (const pair of [
      [withCount(65_534n), child("leaf")],
      [withCount(1n), withCount(65_534n)],
      [withCount(65_535n)],
    ] as [JoinChild, JoinChild?][]) {
      expect(await outputsOf(circuit, inputFor(...pair))).to.deep.equal([
        ...listOf(joined(...pair)),
        ...[point, hashes.node],
      ]);
    }
    for (const pair of [
      [withCount(65_535n), child("leaf")],
      [child("merge"), withCount(65_535n)],
      [withCount(65_536n)],
      [withCount(P - 1n), withCount(2n)],
    ] as [JoinChild, JoinChild?][]) {
      await expectRefusal(circuit, inputFor(...pair), "Num2Bits");
    }
  });

  /**
   * By these trees anything could be proven, if they were not counted: since point^(p − 1) = 1, a tree of m + t·(p − 1)/4
   * statements has the powers of one with m, and a word that is there p times adds nothing.
   */
  it("does not join a proof with itself again and again", async () => {
    let tree = child("leaf");
    for (let statements = 2; statements < 2 ** 16; statements *= 2) {
      const publicInputs = await outputsOf(circuit, inputFor(tree, tree));
      expect(publicInputs[JOIN_INPUT.count]).to.equal(BigInt(statements));
      tree = { ...tree, kind: "node", proof: { ...tree.proof, publicInputs } };
    }
    await expectRefusal(circuit, inputFor(tree, tree), "Num2Bits");
  });

  it("lets no public signal have another value, and no computed wire be changed alone", async () => {
    const original = await compileCircuit(JOIN, join(circuitsFolder("development"), "O0"), "O0");
    for (const [left, right] of pairs) await expectOneValue(original, inputFor(left, right), [joined(left, right)]);
  });
});

/** Expects that each altered output of an honest witness violates something, in both forms, and each altered wire too. */
async function expectOneValue(circuit: CompiledCircuit, input: CircuitInput, [expected]: [Joined]): Promise<void> {
  const { values } = await calculateWitness(circuit, input);
  const file = readFileSync(circuit.r1cs);
  const wires = readSymbols(circuit.sym);
  expect(violatedInBoth(file, values)).to.deep.equal([]);
  for (const [name, value] of Object.entries(expected) as [string, bigint][]) {
    const wire = wires.get(`main.${name}`)!;
    expect(values[wire], name).to.equal(value);
    for (const other of [(value + 1n) % P, P - value, 0n, 1n]) {
      if (other !== value) expect(violatedInBoth(file, values.with(wire, other)), name).not.to.deep.equal([]);
    }
  }
  // Inputs that the kinds of the children make meaningless; no signal that is computed.
  const computed = freeWires(circuit, values).filter((name) => !(/^main\.(\w+)/.exec(name)![1]! in input));
  expect(computed).to.deep.equal([]);
}
