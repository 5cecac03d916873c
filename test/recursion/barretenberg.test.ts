// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { network } from "hardhat";

import { escapeCircuitInput } from "../../src/migration/index.ts";
import { isProtocolError } from "../../src/errors.ts";
import { P } from "../../src/field.ts";
import {
  type AssertZero,
  Barretenberg,
  type ConvertedCircuit,
  convertedWitness,
  type Crs,
  encodeWitness,
  findBarretenberg,
  type HonkKey,
  type HonkProof,
  prepareConverted,
  prepareDevelopmentCrs,
  type Program,
} from "../../src/recursion/index.ts";
import { findCircuit } from "../../src/setup/circuits.ts";
import { BUILD } from "../../src/setup/paths.ts";
import { isDeep } from "../helpers/deep.ts";
import { expectRejection } from "../helpers/expectRejection.ts";
import { callOf, type HonkCall, HonkVerifier } from "../helpers/honkVerifier.ts";
import { ALICE_INDEX, BOB_INDEX, SOURCE } from "../helpers/migrationFixture.ts";

const { ethers } = await network.create();

/** The escape's 5,937 gates fit 2^13. */
const POWER = 13;
const TIMEOUT = 300_000;

describe("UltraHonk proofs of a converted circuit", function () {
  this.timeout(TIMEOUT);
  let escape: ConvertedCircuit;
  let crs: Crs;
  let bb: Barretenberg;
  let key: HonkKey;
  let witness: readonly bigint[];
  let proof: HonkProof;
  let verifier: HonkVerifier;
  let call: HonkCall;

  const witnessOf = async (index: number): Promise<readonly bigint[]> =>
    convertedWitness(escape, { ...escapeCircuitInput(SOURCE, index) });

  before(async () => {
    escape = await prepareConverted(findCircuit("escape", "development"), "development");
    crs = await prepareDevelopmentCrs(join(BUILD, "crs", "development"), POWER);
    bb = await Barretenberg.create(crs);
    key = await bb.makeKey(escape.program, "l1");
    witness = await witnessOf(ALICE_INDEX);
    proof = await bb.prove(escape.program, key, witness);
    call = callOf(proof);
    const [signer] = await ethers.getSigners();
    verifier = await HonkVerifier.deploy(await bb.solidityVerifier(key), signer!);
  });

  it("have the key that the program has, and circom's public signals", () => {
    expect(key.publicInputs).to.equal(escape.circuit.publicSignals);
    expect(key.power).to.equal(POWER);
    expect(proof.publicInputs).to.deep.equal(witness.slice(0, escape.circuit.publicSignals));
  });

  it("are accepted by the contract that bb writes, which is small enough for L1", async () => {
    expect(verifier.codeBytes).to.be.below(24_576);
    expect(await verifier.accepts(call)).to.equal(true);
    const [signer] = await ethers.getSigners();
    expect(await verifier.gasOf(call, signer!)).to.be.below(1_000_000);
  });

  it("of another witness are accepted, and not for another's public inputs", async () => {
    const other = callOf(await bb.prove(escape.program, key, await witnessOf(BOB_INDEX)));
    expect(await verifier.accepts(other)).to.equal(true);
    expect(await verifier.accepts({ proof: other.proof, inputs: call.inputs })).to.equal(false);
    expect(await verifier.accepts({ proof: call.proof, inputs: other.inputs })).to.equal(false);
  });

  it("with other public inputs are rejected", async () => {
    const { inputs } = call;
    for (let i = 0; i < inputs.length; i++) {
      expect(await verifier.accepts({ ...call, inputs: inputs.with(i, (inputs[i]! + 1n) % P) }), `${i}`).to.equal(
        false,
      );
      // The same number modulo p.
      expect(await verifier.accepts({ ...call, inputs: inputs.with(i, inputs[i]! + P) }), `${i} + p`).to.equal(false);
    }
    const [first, second] = inputs as [bigint, bigint];
    expect(await verifier.accepts({ ...call, inputs: inputs.with(0, second).with(1, first) })).to.equal(false);
    expect(await verifier.accepts({ ...call, inputs: inputs.slice(1) })).to.equal(false);
    expect(await verifier.accepts({ ...call, inputs: inputs.slice(0, -1) })).to.equal(false);
    expect(await verifier.accepts({ ...call, inputs: [...inputs, 0n] })).to.equal(false);
    expect(await verifier.accepts({ ...call, inputs: [] })).to.equal(false);
  });

  it("with altered words are rejected", async () => {
    const { proof: words } = call;
    // All kinds of words are among the first: pairing points, commitments; the others are sumcheck and evaluations.
    const sample = words.flatMap((_, i) => (isDeep || i < 12 || i % 12 === 0 || i === words.length - 1 ? [i] : []));
    for (const i of sample) {
      for (const word of [words[i]! + 1n, words[i]! + P, 0n, (1n << 256n) - 1n]) {
        if (word === words[i] || word >> 256n !== 0n) continue;
        expect(await verifier.accepts({ ...call, proof: words.with(i, word) }), `word ${i}: ${word}`).to.equal(false);
      }
    }
    // The point at infinity in the place of each pairing point, and of the first commitment.
    for (const from of [0, 4, 8]) {
      const count = from === 8 ? 2 : 4;
      const infinity = words.map((word, i) => (i >= from && i < from + count ? 0n : word));
      if (infinity.join() === words.join()) continue;
      expect(await verifier.accepts({ ...call, proof: infinity }), `infinity at ${from}`).to.equal(false);
    }
    expect(await verifier.accepts({ ...call, proof: words.slice(0, -1) })).to.equal(false);
    expect(await verifier.accepts({ ...call, proof: [...words, 0n] })).to.equal(false);
    expect(await verifier.accepts({ ...call, proof: words.slice(1) })).to.equal(false);
    expect(await verifier.accepts({ ...call, proof: [] })).to.equal(false);
  });

  it("are rejected by the contract of another program, which has one equation less", async () => {
    const opcodes: readonly AssertZero[] = escape.program.opcodes.slice(0, -1);
    const otherKey = await bb.makeKey({ ...escape.program, opcodes }, "l1");
    const [signer] = await ethers.getSigners();
    const other = await HonkVerifier.deploy(await bb.solidityVerifier(otherKey), signer!);
    expect(await other.accepts(call)).to.equal(false);
    expect(otherKey.hash).not.to.equal(key.hash);
  });

  it("are judged by bb's own verifier, up to the pairing, which needs the canonical string", async () => {
    expect(await bb.verify(key, proof)).to.equal("all but the pairing");
    const altered = (offset: number): HonkProof => {
      const bytes = Buffer.from(proof.bytes);
      bytes[offset]! ^= 1;
      return { ...proof, bytes };
    };
    expect(await bb.verify(key, altered(proof.bytes.length - 1))).to.equal("invalid");
    expect(await bb.verify(key, altered(8 * 32 + 31))).to.equal("invalid");
    expect(await bb.verify(key, { ...proof, publicInputs: proof.publicInputs.with(0, 5n) })).to.equal("invalid");
    expect(await bb.verify(key, { ...proof, bytes: proof.bytes.subarray(32) })).to.equal("invalid");
    expect(await bb.verify(key, { ...proof, audience: "node" })).to.equal("invalid");
  });

  it("are not made of a witness that violates an equation", async () => {
    const last = witness.length - 1;
    const forged = witness.with(last, (witness[last]! + 1n) % P);
    const { data } = await expectRejection(bb.prove(escape.program, key, forged), "WITNESS_VIOLATES");
    expect(data).to.have.property("opcodes").that.is.not.empty;
  });

  it("are not made with the key of another program", async () => {
    const opcodes = escape.program.opcodes.slice(0, -1);
    const { data } = await expectRejection(bb.prove({ ...escape.program, opcodes }, key, witness), "PROVER_FAILED");
    expect(data).to.deep.equal({ reason: "the key is of another program" });
  });

  it("are not taken from bb if it warns, though it ends well and writes one", async () => {
    const folder = mkdtempSync(join(tmpdir(), "bb-test-"));
    try {
      // The real bb, which gets another witness than the library evaluated.
      const forged = join(folder, "forged.gz");
      writeFileSync(forged, encodeWitness(witness.with(7, (witness[7]! + 1n) % P)));
      const swapped = `for file; do case "$file" in */witness.gz) cp ${forged} "$file";; esac; done`;
      const path = join(folder, "bb");
      writeFileSync(path, `#!/bin/sh\n${swapped}\nexec ${await findBarretenberg()} "$@"\n`, { mode: 0o755 });
      const deceived = await Barretenberg.create(crs, path);
      const { data } = await expectRejection(deceived.prove(escape.program, key, witness), "PROVER_FAILED");
      expect(data).to.deep.equal({ reason: "the witness does not satisfy the circuit" });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("need as many points as the circuit has gates, and are not made with too few", async () => {
    const short = await Barretenberg.create({ ...crs, points: 2 ** (key.power - 1) + 1 });
    const { data } = await expectRejection(short.makeKey(escape.program, "l1"), "CRS_MISSING");
    expect(data).to.deep.equal({ folder: crs.folder, points: 2 ** (key.power - 1) + 1, needed: 2 ** key.power + 1 });
    await expectRejection(short.prove(escape.program, key, witness), "CRS_MISSING");
  });

  it("need a few rows more than the circuit has gates: bb never looks for points that are not there", async () => {
    const POINTS = 10;
    const folder = mkdtempSync(join(tmpdir(), "crs-test-"));
    try {
      const small = await Barretenberg.create(await prepareDevelopmentCrs(folder, POINTS));
      /** Each witness is the square of the one before. */
      const squares = (count: number): Program => ({
        opcodes: Array.from({ length: count }, (_, i): AssertZero => ({
          kind: "zero",
          products: [[1n, i, i]],
          terms: [[P - 1n, i + 1]],
          constant: 0n,
        })),
        publicWitnesses: [0],
      });
      let last = 0;
      const least = await small.makeKey(squares(1), "l1");
      expect(least.power).to.be.at.most(POINTS);
      for (let count = 2 ** POINTS - 40; count <= 2 ** POINTS; count += 4) {
        const made = await small.makeKey(squares(count), "l1").catch((error: unknown) => {
          expect(isProtocolError(error, "CRS_MISSING"), String(error)).to.equal(true);
        });
        if (made !== undefined) {
          expect(made.power).to.equal(POINTS);
          last = count;
        }
      }
      expect(last)
        .to.be.above(0)
        .and.below(2 ** POINTS);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("of nodes have a key of another form and hash, with the same points, and no contract", async () => {
    const nodeKey = await bb.makeKey(escape.program, "node");
    expect(nodeKey.hash).not.to.equal(key.hash);
    const { power, publicInputs } = nodeKey;
    expect({ power, publicInputs }).to.deep.equal({ power: key.power, publicInputs: key.publicInputs });
    // Three numbers, then coordinates: whole ones for L1, in limbs of 136 bits for a circuit.
    const [ofL1, ofNode] = [key, nodeKey].map(({ bytes }) => callOf({ audience: "l1", bytes, publicInputs: [] }).proof);
    const limbs = ofNode!.slice(3);
    const joined = ofL1!.slice(3).map((_, i) => limbs[2 * i]! + (limbs[2 * i + 1]! << 136n));
    expect(joined).to.deep.equal(ofL1!.slice(3));
    expect(limbs).to.have.length(2 * joined.length);
    await expectRejection(bb.solidityVerifier(nodeKey), "PROVER_FAILED");
  });

  it("are not made by a program that fails or that is no program", async () => {
    const folder = mkdtempSync(join(tmpdir(), "bb-test-"));
    try {
      const path = join(folder, "bb");
      writeFileSync(path, "#!/bin/sh\necho no disk >&2\nexit 3\n", { mode: 0o755 });
      const failing = await Barretenberg.create(crs, path);
      const error = await expectRejection(failing.makeKey(escape.program, "l1"), "PROVER_FAILED");
      expect(error.message).to.contain("no disk");
      // Says nothing about the proof: that is no verdict.
      writeFileSync(path, "#!/bin/sh\nexit 3\n", { mode: 0o755 });
      await expectRejection(failing.verify(key, proof), "PROVER_FAILED");
      const short = await Barretenberg.create({ ...crs, points: 2 ** (key.power - 1) + 1 });
      await expectRejection(short.verify(key, proof), "CRS_MISSING");
      writeFileSync(join(folder, "text"), "no program", { mode: 0o644 });
      await expectRejection(Barretenberg.create(crs, join(folder, "text")), "BB_UNAVAILABLE");
      await expectRejection(Barretenberg.create(crs, join(folder, "missing")), "BB_UNAVAILABLE");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
