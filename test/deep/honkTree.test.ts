// SPDX-License-Identifier: MIT
import { join } from "node:path";

import { expect } from "chai";
import { network } from "hardhat";

import { P } from "../../src/field.ts";
import {
  type AssertZero,
  Barretenberg,
  type ConvertedCircuit,
  convertedWitness,
  type HonkKey,
  type HonkProof,
  padInputs,
  type PaddedProgram,
  prepareConverted,
  prepareDevelopmentCrs,
  type Program,
  type ProofWithKey,
  TREE_INPUT,
  TREE_INPUTS,
  treeMerge,
  treeNode,
  type TreeNode,
} from "../../src/recursion/index.ts";
import type { CircuitInput } from "../../src/prover/witness.ts";
import { findCircuit, readSymbols } from "../../src/setup/index.ts";
import { BUILD } from "../../src/setup/paths.ts";
import { expectRejection } from "../helpers/expectRejection.ts";
import { callOf, HonkVerifier } from "../helpers/honkVerifier.ts";
import { treeInputs } from "../helpers/honkTree.ts";

const { ethers } = await network.create();

/** A node has 2^21 points. */
const POWER = 21;
const TIMEOUT = 1_800_000;
const ROOT = 1;
const SIZE = 4;

/** Five minutes and two gigabytes on two cores. */
describe("a tree of UltraHonk proofs", function () {
  this.timeout(TIMEOUT);
  let bb: Barretenberg;
  let leafCircuit: ConvertedCircuit;
  let mergeCircuit: ConvertedCircuit;
  let leaf: PaddedProgram;
  let leafKey: HonkKey;
  let node: TreeNode;
  let nodeKey: HonkKey;
  let l1Key: HonkKey;
  let verifier: HonkVerifier;
  let inputs: ReadonlyMap<number, CircuitInput>;
  const proofs = new Map<number, ProofWithKey>();

  const nodeWitness = async (number: number, children: readonly [ProofWithKey, ProofWithKey]): Promise<bigint[]> =>
    node.witness(await convertedWitness(mergeCircuit, inputs.get(number)!), nodeKey.hash, children);
  /** The proof of a node, or of a leaf, for its parent: made when it is asked for first. */
  const proofOf = async (number: number): Promise<ProofWithKey> => {
    const known = proofs.get(number);
    if (known !== undefined) return known;
    const isLeaf = number >= SIZE;
    const [program, key] = isLeaf ? [leaf.program, leafKey] : [node.program, nodeKey];
    const witness = isLeaf
      ? leaf.witness(await convertedWitness(leafCircuit, inputs.get(number)!))
      : await nodeWitness(number, await childrenOf(number));
    const made = { key, proof: await bb.prove(program, key, witness) };
    proofs.set(number, made);
    return made;
  };
  const childrenOf = async (number: number): Promise<readonly [ProofWithKey, ProofWithKey]> => [
    await proofOf(2 * number),
    await proofOf(2 * number + 1),
  ];
  const isRefusedByBb = async (witness: readonly bigint[]): Promise<void> => {
    const { data } = await expectRejection(bb.prove(node.program, nodeKey, witness), "PROVER_FAILED");
    expect(data).to.deep.equal({ reason: "the witness does not satisfy the circuit" });
  };
  const isRefused = async (witness: readonly bigint[]): Promise<void> => {
    await expectRejection(bb.prove(node.program, nodeKey, witness), "WITNESS_VIOLATES");
  };

  before(async () => {
    const crs = await prepareDevelopmentCrs(join(BUILD, "crs", "development"), POWER);
    bb = await Barretenberg.create(crs);
    leafCircuit = await prepareConverted(findCircuit("leaf", "development"), "development");
    mergeCircuit = await prepareConverted(treeMerge("development"), "development");
    leaf = padInputs(leafCircuit, TREE_INPUTS);
    leafKey = await bb.makeKey(leaf.program, "node");
    const bit = readSymbols(mergeCircuit.circuit.sym).get("main.childrenAreLeaves")! - 1;
    node = treeNode(mergeCircuit, bit, leafKey.hash);
    nodeKey = await bb.makeKey(node.program, "node");
    inputs = await treeInputs(SIZE, 0x11n, { leaf: leafCircuit.circuit, merge: mergeCircuit.circuit });
  });

  it("has leaves and nodes with as many public inputs, and other keys", () => {
    expect(mergeCircuit.circuit.publicSignals).to.equal(TREE_INPUTS - 1);
    expect([leafKey.publicInputs, nodeKey.publicInputs]).to.deep.equal([TREE_INPUTS, TREE_INPUTS]);
    expect(leafKey.hash).not.to.equal(nodeKey.hash);
    expect(nodeKey.power).to.equal(POWER);
  });

  it("refuses by its equations valid proofs of others than those that Merge opens, and other common signals", async () => {
    const [left, right] = await childrenOf(2);
    const [other] = await childrenOf(3);
    await isRefused(await nodeWitness(2, [right, left]));
    await isRefused(await nodeWitness(2, [left, other]));
    await isRefused(await nodeWitness(2, [left, left]));
    await isRefused(await nodeWitness(2, [{ ...left, key: nodeKey }, right]));
  });

  it("refuses by bb a proof with an altered word, and two that are swapped under each other's inputs", async () => {
    const [left, right] = await childrenOf(2);
    const bytes = Buffer.from(left.proof.bytes);
    bytes[200 * 32 + 31]! ^= 1;
    await isRefusedByBb(await nodeWitness(2, [{ ...left, proof: { ...left.proof, bytes } }, right]));
    const under = (proof: HonkProof, { publicInputs }: HonkProof): HonkProof => ({ ...proof, publicInputs });
    await isRefusedByBb(
      await nodeWitness(2, [
        { ...left, proof: under(right.proof, left.proof) },
        { ...right, proof: under(left.proof, right.proof) },
      ]),
    );
  });

  it("refuses a proof of a program that proves nothing, under its own key and under the leaf's", async () => {
    const [left, right] = await childrenOf(2);
    const foreign = await foreignProof(left.proof.publicInputs);
    // By the equation for the hash, if it is the key's own; by bb, if it is said to be the leaf's.
    await isRefused(await nodeWitness(2, [foreign, right]));
    const disguised = { ...foreign, key: { ...foreign.key, hash: leafKey.hash } };
    await isRefusedByBb(await nodeWitness(2, [disguised, right]));
  });

  it("joins two leaves to a proof that L1 accepts", async () => {
    l1Key = await bb.makeKey(node.program, "l1");
    const [signer] = await ethers.getSigners();
    verifier = await HonkVerifier.deploy(await bb.solidityVerifier(l1Key), signer!);
    expect(verifier.codeBytes).to.be.below(24_576);
    const call = callOf(await bb.prove(node.program, l1Key, await nodeWitness(2, await childrenOf(2))));
    expect(await verifier.accepts(call)).to.equal(true);
    const gas = await verifier.gasOf(call, signer!);
    console.log(`      a node on L1: ${gas} gas, ${verifier.codeBytes} bytes of code`);
    for (let i = 0; i < TREE_INPUTS; i++) {
      const altered = call.inputs.with(i, (call.inputs[i]! + 1n) % P);
      expect(await verifier.accepts({ ...call, inputs: altered }), `input ${i}`).to.equal(false);
    }
  });

  it("joins nodes by the same program, to a root that the same contract accepts", async () => {
    const root = callOf(await bb.prove(node.program, l1Key, await nodeWitness(ROOT, await childrenOf(ROOT))));
    expect(root.inputs[TREE_INPUT.nodeKeyHash]).to.equal(nodeKey.hash);
    expect(await verifier.accepts(root)).to.equal(true);
  });

  it("of a foreign program in the nodes' place is accepted by the contract alone: its key's hash has to be compared", async () => {
    const [left, right] = await childrenOf(ROOT);
    const hash = (await foreignKey()).hash;
    const asNode = ({ proof }: ProofWithKey): Promise<ProofWithKey> =>
      foreignProof(proof.publicInputs.with(TREE_INPUT.nodeKeyHash, hash));
    const merge = await convertedWitness(mergeCircuit, inputs.get(ROOT)!);
    const witness = node.witness(merge, hash, [await asNode(left), await asNode(right)]);
    const forged = callOf(await bb.prove(node.program, l1Key, witness));
    expect(await verifier.accepts(forged)).to.equal(true);
    expect(forged.inputs[TREE_INPUT.nodeKeyHash]).to.equal(hash).and.not.to.equal(nodeKey.hash);
    const claimed = forged.inputs.with(TREE_INPUT.nodeKeyHash, nodeKey.hash);
    expect(await verifier.accepts({ ...forged, inputs: claimed })).to.equal(false);
  });

  /** A program without any condition on its public inputs. */
  const square: AssertZero = {
    kind: "zero",
    products: [[1n, 0, 0]],
    terms: [[P - 1n, TREE_INPUTS]],
    constant: 0n,
  };
  const nothing: Program = { opcodes: [square], publicWitnesses: Array.from({ length: TREE_INPUTS }, (_, i) => i) };
  const foreignKey = (): Promise<HonkKey> => bb.makeKey(nothing, "node");
  async function foreignProof(publicInputs: readonly bigint[]): Promise<ProofWithKey> {
    const key = await foreignKey();
    const witness = [...publicInputs, (publicInputs[0]! * publicInputs[0]!) % P];
    return { key, proof: await bb.prove(nothing, key, witness) };
  }
});
