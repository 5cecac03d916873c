// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";
import { hexlify } from "ethers";
import { network } from "hardhat";

import { poseidon } from "../../src/crypto/index.ts";
import { P } from "../../src/field.ts";
import { writeJson } from "../../src/files.ts";
import {
  type AssertZero,
  Barretenberg,
  CHAIN_INPUT,
  CHAIN_INPUTS,
  type ChainChild,
  chainedOf,
  chainedPair,
  chainInput,
  ChainProver,
  convertedWitness,
  type HonkKey,
  joinLeaves,
  planChain,
  prepareDevelopmentCrs,
  type Program,
  proveLeaf,
  requireChained,
} from "../../src/recursion/index.ts";
import { BUILD } from "../../src/setup/paths.ts";
import { compileHonkContract } from "../../tools/recursion/honkContract.ts";
import { expectRejection } from "../helpers/expectRejection.ts";
import { callOf, type HonkCall, HonkVerifier } from "../helpers/honkVerifier.ts";
import { CHAIN_FIXTURE, type ChainFixture, leafChain } from "../helpers/leafChain.ts";

const { ethers } = await network.create();

/** A node has 2^21 points. */
const POWER = 21;
const TIMEOUT = 1_800_000;

/** Eight minutes and two gigabytes on two cores. */
describe("a chain of leaves, proven", function () {
  this.timeout(TIMEOUT);
  const { leaves, chain, oldStateRoot, newStateRoot } = leafChain();
  let bb: Barretenberg;
  let prover: ChainProver;
  let verifier: HonkVerifier;
  let proofs: readonly ChainChild[];
  /** Of the first two leaves. */
  let pair: ChainChild;
  const point = (): bigint => planChain(leaves, chain, prover.setup.slots).point;

  const witnessOf = async (left: ChainChild, right?: ChainChild, hash?: bigint): Promise<bigint[]> => {
    const { circuit, node, nodeKey, slots } = prover.setup;
    const input = chainInput(point(), hash ?? nodeKey.hash, slots, left, right);
    return node.witness(await convertedWitness(circuit, input), left, right);
  };
  const root = async (left: ChainChild, right?: ChainChild): Promise<HonkCall> =>
    callOf(await bb.prove(prover.setup.node.program, prover.rootKey, await witnessOf(left, right)));
  const isRefusedByBb = async (witness: readonly bigint[]): Promise<void> => {
    const { program } = prover.setup.node;
    const { data } = await expectRejection(bb.prove(program, prover.setup.nodeKey, witness), "PROVER_FAILED");
    expect(data).to.deep.equal({ reason: "the witness does not satisfy the circuit" });
  };

  before(async () => {
    bb = await Barretenberg.create(await prepareDevelopmentCrs(join(BUILD, "crs", "development"), POWER));
    prover = await ChainProver.create("development", bb);
    const made: ChainChild[] = [];
    for (const leaf of leaves) made.push(await proveLeaf(bb, prover.setup, leaf));
    proofs = made;
    const [signer] = await ethers.getSigners();
    verifier = await HonkVerifier.deploy(await bb.solidityVerifier(prover.rootKey), signer!);
  });

  it("has leaves with as many public inputs as nodes, and another key", () => {
    const { leaf, nodeKey } = prover.setup;
    expect([leaf.key.publicInputs, nodeKey.publicInputs]).to.deep.equal([CHAIN_INPUTS, CHAIN_INPUTS]);
    expect(leaf.key.hash).not.to.equal(nodeKey.hash);
    expect(nodeKey.power).to.equal(POWER);
  });

  it("refuses an altered word, another leaf's proof, and a proof of a program that proves nothing", async () => {
    const [left, right] = proofs as [ChainChild, ChainChild];
    const bytes = Buffer.from(left.proof.bytes);
    bytes[200 * 32 + 31]! ^= 1;
    await isRefusedByBb(await witnessOf({ ...left, proof: { ...left.proof, bytes } }, right));
    await isRefusedByBb(await witnessOf(left, { ...right, proof: { ...right.proof, bytes: left.proof.bytes } }));
    const foreign = await foreignProof(left.proof.publicInputs);
    const opened = (left as ChainChild & { readonly kind: "leaf" }).opened;
    await expectRejection(
      bb.prove(
        prover.setup.node.program,
        prover.setup.nodeKey,
        await witnessOf({ ...foreign, kind: "leaf", opened }, right),
      ),
      "WITNESS_VIOLATES",
    );
    const key = { ...foreign.key, hash: prover.setup.leaf.key.hash };
    await isRefusedByBb(await witnessOf({ ...foreign, key, kind: "leaf", opened }, right));
  });

  it("refuses leaves that are no neighbours, and one that is not the one that is opened", async () => {
    const [first, second, third] = proofs as [ChainChild, ChainChild, ChainChild];
    for (const [left, right] of [
      [second, first],
      [first, third],
      [first, first],
    ] as const) {
      await expectRejection(joinLeaves(bb, prover.setup, point(), left, right), "WITNESS_FAILED");
    }
    const { opened } = third as ChainChild & { readonly kind: "leaf" };
    const swapped: ChainChild = { ...second, kind: "leaf", opened };
    await expectRejection(joinLeaves(bb, prover.setup, point(), first, swapped), "WITNESS_FAILED");
  });

  it("says what its leaves say, in a tree that is not balanced, and of one leaf alone", async () => {
    const [first, second, third] = proofs as [ChainChild, ChainChild, ChainChild];
    pair = await joinLeaves(bb, prover.setup, point(), first, second);
    const { slots, nodeKey } = prover.setup;
    const ofPair = chainedPair(chainedOf(first, point()), chainedOf(second, point()), point(), slots);
    expect(chainedOf(pair, point())).to.deep.equal(ofPair);
    const start = performance.now();
    const call = await root(pair, third);
    console.log(`      a node for L1 was proven in ${Math.round(performance.now() - start)} ms`);
    const all = chainedPair(ofPair, chainedOf(third, point()), point(), slots);
    expect(call.inputs).to.deep.equal([
      ...[all.root, all.sum, all.count, oldStateRoot, newStateRoot],
      ...[point(), nodeKey.hash],
    ]);
    expect(await verifier.accepts(call)).to.equal(true);
    const [signer] = await ethers.getSigners();
    console.log(`      on L1: ${await verifier.gasOf(call, signer!)} gas, ${verifier.codeBytes} bytes of code`);
    for (let i = 0; i < CHAIN_INPUTS; i++) {
      const inputs = call.inputs.with(i, (call.inputs[i]! + 1n) % P);
      expect(await verifier.accepts({ ...call, inputs }), `input ${i}`).to.equal(false);
    }
    const alone = await root(third);
    const { root: hash, sum, count, oldStateRoot: from, newStateRoot: to } = chainedOf(third, point());
    expect(alone.inputs).to.deep.equal([hash, sum, count, from, to, point(), nodeKey.hash]);
    expect(await verifier.accepts(alone)).to.equal(true);
  });

  it("is verified by the contract of a rollup: the proof of the fast tests", async () => {
    const { code } = compileHonkContract(await bb.solidityVerifier(prover.rootKey));
    const [signer] = await ethers.getSigners();
    const honk = await (await signer!.sendTransaction({ data: code })).wait();
    const { nodeKey } = prover.setup;
    const contract = await ethers.deployContract("JointLeafVerifier", [honk!.contractAddress!, nodeKey.hash, true]);
    const proof = hexlify(await prover.prove({ leaves, chain }));
    await contract.verifyChain(chain, oldStateRoot, newStateRoot, proof);
    const keys = { honkCode: code, nodeKeyHash: String(nodeKey.hash) };
    const states = { oldStateRoot: String(oldStateRoot), newStateRoot: String(newStateRoot) };
    if (process.env["UPDATE_SNAPSHOTS"] === "1") writeJson(CHAIN_FIXTURE, { ...keys, chain, ...states, proof });
    const kept = JSON.parse(readFileSync(CHAIN_FIXTURE, "utf8")) as ChainFixture;
    expect({ honkCode: kept.honkCode, nodeKeyHash: kept.nodeKeyHash }).to.deep.equal(keys);
    await contract.verifyChain(kept.chain, kept.oldStateRoot, kept.newStateRoot, kept.proof);
  });

  it("under a foreign program in the nodes' place is accepted by bb's contract alone: the key's hash has to be compared", async () => {
    const hash = (await foreignKey()).hash;
    const words = pair.proof.publicInputs.with(CHAIN_INPUT.nodeKeyHash, hash);
    const foreign: ChainChild = { ...(await foreignProof(words)), kind: "node" };
    const forged = callOf(
      await bb.prove(prover.setup.node.program, prover.rootKey, await witnessOf(foreign, undefined, hash)),
    );
    expect(await verifier.accepts(forged)).to.equal(true);
    expect(forged.inputs[CHAIN_INPUT.nodeKeyHash]).to.equal(hash).and.not.to.equal(prover.setup.nodeKey.hash);
    const claimed = forged.inputs.with(CHAIN_INPUT.nodeKeyHash, prover.setup.nodeKey.hash);
    expect(await verifier.accepts({ ...forged, inputs: claimed })).to.equal(false);
  });

  it("is taken from other provers only for its own place", () => {
    const plan = planChain(leaves, chain, prover.setup.slots);
    const keys = { leaf: prover.setup.leaf.key, node: prover.setup.nodeKey };
    expect(requireChained(plan, 0, proofs[0], keys)).to.deep.equal(proofs[0]);
    expect(requireChained(plan, [0, 1], pair, keys)).to.equal(pair);
    expect(poseidon(leaves[0]!.words)).to.equal(proofs[0]!.proof.publicInputs[0]);
  });

  /** A program without any condition on its public inputs. */
  const square: AssertZero = { kind: "zero", products: [[1n, 0, 0]], terms: [[P - 1n, CHAIN_INPUTS]], constant: 0n };
  const nothing: Program = { opcodes: [square], publicWitnesses: Array.from({ length: CHAIN_INPUTS }, (_, i) => i) };
  const foreignKey = (): Promise<HonkKey> => bb.makeKey(nothing, "node");
  async function foreignProof(publicInputs: readonly bigint[]) {
    const key = await foreignKey();
    const witness = [...publicInputs, (publicInputs[0]! * publicInputs[0]!) % P];
    return { key, proof: await bb.prove(nothing, key, witness) };
  }
});
