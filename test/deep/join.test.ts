// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";
import { hexlify } from "ethers";
import { network } from "hardhat";

import { P } from "../../src/field.ts";
import { writeJson } from "../../src/files.ts";
import type { CircuitInput } from "../../src/prover/witness.ts";
import {
  type AssertZero,
  Barretenberg,
  convertedWitness,
  type HonkKey,
  JOIN_INPUT,
  JOIN_INPUTS,
  type JoinableCircuit,
  type JoinChild,
  type Joined,
  joinedPair,
  joinedStatement,
  joinInput,
  JointProver,
  type JoinSetup,
  prepareDevelopmentCrs,
  type Program,
} from "../../src/recursion/index.ts";
import { BUILD } from "../../src/setup/paths.ts";
import { expectRejection } from "../helpers/expectRejection.ts";
import { callOf, type HonkCall, HonkVerifier } from "../helpers/honkVerifier.ts";
import { treeInputs } from "../helpers/honkTree.ts";
import { JOINT_FIXTURE, type JointFixture } from "../helpers/jointFixture.ts";
import { leafStatements } from "../helpers/jointStatements.ts";
import { compileHonkContract } from "../../tools/recursion/honkContract.ts";

const { ethers } = await network.create();

/** A node has 2^21 points. */
const POWER = 21;
const TIMEOUT = 1_800_000;
const POINT = 0x1234567890abcdefn;

/** Six minutes and two gigabytes on two cores. */
describe("proofs of statements that are joined", function () {
  this.timeout(TIMEOUT);
  let bb: Barretenberg;
  let prover: JointProver;
  let setup: JoinSetup;
  let rootKey: HonkKey;
  let verifier: HonkVerifier;
  /** Two leaves, and their merge: the statements of a small block of B52. */
  let leaves: readonly JoinChild[];
  let merge: JoinChild;
  let pair: JoinChild;

  const statement = async (
    kind: "leaf" | "merge",
    { circuit, padded, key }: JoinableCircuit,
    input: CircuitInput,
  ): Promise<JoinChild> => {
    const witness = padded.witness(await convertedWitness(circuit, input));
    return { kind, key, proof: await bb.prove(padded.program, key, witness) };
  };
  const joined = ({ kind, proof: { publicInputs } }: JoinChild): Joined =>
    kind === "node"
      ? { root: publicInputs[0]!, sum: publicInputs[1]!, count: publicInputs[2]! }
      : joinedStatement(kind, publicInputs.slice(0, 3), POINT);
  const witnessOf = async (left: JoinChild, right?: JoinChild, hash = setup.nodeKey.hash): Promise<bigint[]> =>
    setup.node.witness(await convertedWitness(setup.join, joinInput(POINT, hash, left, right)), left, right);
  const node = async (left: JoinChild, right?: JoinChild): Promise<JoinChild> => ({
    kind: "node",
    key: setup.nodeKey,
    proof: await bb.prove(setup.node.program, setup.nodeKey, await witnessOf(left, right)),
  });
  const root = async (left: JoinChild, right?: JoinChild): Promise<HonkCall> =>
    callOf(await bb.prove(setup.node.program, rootKey, await witnessOf(left, right)));
  const isRefusedByBb = async (witness: readonly bigint[]): Promise<void> => {
    const { data } = await expectRejection(bb.prove(setup.node.program, setup.nodeKey, witness), "PROVER_FAILED");
    expect(data).to.deep.equal({ reason: "the witness does not satisfy the circuit" });
  };

  before(async () => {
    bb = await Barretenberg.create(await prepareDevelopmentCrs(join(BUILD, "crs", "development"), POWER));
    prover = await JointProver.create("development", bb);
    ({ setup, rootKey } = prover);
    const inputs = await treeInputs(2, 0x22n, {
      leaf: prover.statements.leaf.circuit.circuit,
      merge: prover.statements.merge.circuit.circuit,
    });
    leaves = [
      await statement("leaf", prover.statements.leaf, inputs.get(2)!),
      await statement("leaf", prover.statements.leaf, inputs.get(3)!),
    ];
    merge = await statement("merge", prover.statements.merge, inputs.get(1)!);
    const [signer] = await ethers.getSigners();
    verifier = await HonkVerifier.deploy(await bb.solidityVerifier(rootKey), signer!);
  });

  it("have as many public inputs as nodes, and other keys", () => {
    const keys = [prover.statements.leaf.key, prover.statements.merge.key, setup.nodeKey];
    expect(keys.map(({ publicInputs }) => publicInputs)).to.deep.equal([JOIN_INPUTS, JOIN_INPUTS, JOIN_INPUTS]);
    expect(new Set(keys.map(({ hash }) => hash)).size).to.equal(3);
    expect(setup.nodeKey.power).to.equal(POWER);
  });

  it("are refused if one has an altered word, stands under another's inputs, or is of a program that proves nothing", async () => {
    const [left, right] = leaves as [JoinChild, JoinChild];
    const bytes = Buffer.from(left.proof.bytes);
    bytes[200 * 32 + 31]! ^= 1;
    await isRefusedByBb(await witnessOf({ ...left, proof: { ...left.proof, bytes } }, right));
    await isRefusedByBb(await witnessOf(left, { ...right, proof: { ...right.proof, bytes: left.proof.bytes } }));
    const foreign = await foreignProof(left.proof.publicInputs);
    await expectRejection(
      bb.prove(setup.node.program, setup.nodeKey, await witnessOf({ ...foreign, kind: "leaf" }, right)),
      "WITNESS_VIOLATES",
    );
    const disguised = {
      ...foreign,
      kind: "leaf" as const,
      key: { ...foreign.key, hash: prover.statements.leaf.key.hash },
    };
    await isRefusedByBb(await witnessOf(disguised, right));
    // A merge's proof as a leaf's: with its own key, and under the leaf's hash.
    await expectRejection(
      bb.prove(setup.node.program, setup.nodeKey, await witnessOf(left, { ...merge, kind: "leaf" })),
      "WITNESS_VIOLATES",
    );
    const renamed = { ...merge, kind: "leaf" as const, key: { ...merge.key, hash: prover.statements.leaf.key.hash } };
    await isRefusedByBb(await witnessOf(left, renamed));
  });

  it("say what they join: two leaves, and with them a merge, in a tree that is not balanced", async () => {
    const [left, right] = leaves as [JoinChild, JoinChild];
    pair = await node(left, right);
    expect(joined(pair)).to.deep.equal(joinedPair(joined(left), joined(right), POINT));
    const start = performance.now();
    const call = await root(pair, merge);
    console.log(`      a node for L1 was proven in ${Math.round(performance.now() - start)} ms`);
    const { root: hash, sum, count } = joinedPair(joined(pair), joined(merge), POINT);
    expect(call.inputs).to.deep.equal([hash, sum, count, POINT, setup.nodeKey.hash]);
    expect(await verifier.accepts(call)).to.equal(true);
    const [signer] = await ethers.getSigners();
    console.log(`      on L1: ${await verifier.gasOf(call, signer!)} gas, ${verifier.codeBytes} bytes of code`);
    for (let i = 0; i < JOIN_INPUTS; i++) {
      const inputs = call.inputs.with(i, (call.inputs[i]! + 1n) % P);
      expect(await verifier.accepts({ ...call, inputs }), `input ${i}`).to.equal(false);
    }
  });

  it("may be one statement alone", async () => {
    const [left] = leaves as [JoinChild];
    const call = await root(left);
    const { root: hash, sum, count } = joined(left);
    expect(call.inputs).to.deep.equal([hash, sum, count, POINT, setup.nodeKey.hash]);
    expect(await verifier.accepts(call)).to.equal(true);
  });

  it("of three leaves are verified by the contract of a rollup: the proof of the fast tests", async () => {
    const { inputs, statements } = leafStatements();
    const { code } = compileHonkContract(await bb.solidityVerifier(rootKey));
    const [signer] = await ethers.getSigners();
    const honk = await (await signer!.sendTransaction({ data: code })).wait();
    const contract = await ethers.deployContract("JointLeafVerifier", [
      honk!.contractAddress!,
      setup.nodeKey.hash,
      true,
    ]);
    const proof = hexlify(await prover.prove(inputs));
    await contract.verifyJointly(statements, proof);
    const keys = { honkCode: code, nodeKeyHash: String(setup.nodeKey.hash) };
    if (process.env["UPDATE_SNAPSHOTS"] === "1") writeJson(JOINT_FIXTURE, { ...keys, statements, proof });
    const kept = JSON.parse(readFileSync(JOINT_FIXTURE, "utf8")) as JointFixture;
    expect({ honkCode: kept.honkCode, nodeKeyHash: kept.nodeKeyHash }).to.deep.equal(keys);
    await contract.verifyJointly(kept.statements, kept.proof);
  });

  it("under a foreign program in the nodes' place are accepted by the contract alone: the key's hash has to be compared", async () => {
    const hash = (await foreignKey()).hash;
    const words = [...pair.proof.publicInputs.slice(0, 3), POINT, hash];
    const foreign: JoinChild = { ...(await foreignProof(words)), kind: "node" };
    const witness = await witnessOf(foreign, undefined, hash);
    const forged = callOf(await bb.prove(setup.node.program, rootKey, witness));
    expect(await verifier.accepts(forged)).to.equal(true);
    expect(forged.inputs[JOIN_INPUT.nodeKeyHash]).to.equal(hash).and.not.to.equal(setup.nodeKey.hash);
    const claimed = forged.inputs.with(JOIN_INPUT.nodeKeyHash, setup.nodeKey.hash);
    expect(await verifier.accepts({ ...forged, inputs: claimed })).to.equal(false);
  });

  /** A program without any condition on its public inputs. */
  const square: AssertZero = { kind: "zero", products: [[1n, 0, 0]], terms: [[P - 1n, JOIN_INPUTS]], constant: 0n };
  const nothing: Program = { opcodes: [square], publicWitnesses: Array.from({ length: JOIN_INPUTS }, (_, i) => i) };
  const foreignKey = (): Promise<HonkKey> => bb.makeKey(nothing, "node");
  async function foreignProof(publicInputs: readonly bigint[]): Promise<Omit<JoinChild, "kind">> {
    const key = await foreignKey();
    const witness = [...publicInputs, (publicInputs[0]! * publicInputs[0]!) % P];
    return { key, proof: await bb.prove(nothing, key, witness) };
  }
});
