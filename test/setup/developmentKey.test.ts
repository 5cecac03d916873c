// SPDX-License-Identifier: MIT
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";
import { groth16, zKey } from "snarkjs";

import { calculateWitnessFile } from "../../src/prover/witness.ts";
import { requireSection, readSections } from "../../src/setup/binaryFile.ts";
import { type CompiledCircuit } from "../../src/setup/compile.ts";
import { terminateCurve } from "../../src/setup/curve.ts";
import { deriveSecret, makeProvingKey } from "../../src/setup/developmentKey.ts";
import { sha256 } from "../../src/files.ts";
import { ZKEY_SECTION } from "../../src/setup/zkey.ts";
import { expectRejection } from "../helpers/expectRejection.ts";
import { compileFixture, HASH_TIMES, HASH_TIMES_INPUT, POSEIDON_1_2, PRODUCT, temporaryFolder } from "./fixtures.ts";
import { writePhase1FromSecret } from "./knownPhase1.ts";

describe("development keys", () => {
  const folder = temporaryFolder();
  const path = (name: string): string => join(folder.path, name);
  const secret = deriveSecret("test seed", HASH_TIMES.name);
  let circuit: CompiledCircuit;
  let r1cs: Buffer;
  let key: Buffer;

  before(async () => {
    circuit = await compileFixture(HASH_TIMES);
    r1cs = readFileSync(circuit.r1cs);
    key = await makeProvingKey(r1cs, secret);
    writeFileSync(path("key.zkey"), key);
  });

  after(async () => {
    folder.remove();
    await terminateCurve();
  });

  async function proveWith(zkey: string): ReturnType<typeof groth16.prove> {
    const data = await calculateWitnessFile(circuit, HASH_TIMES_INPUT);
    return groth16.prove(zkey, { type: "mem", data });
  }

  it("are the same bytes every time", async () => {
    expect(sha256(await makeProvingKey(r1cs, secret))).to.equal(sha256(key));
  });

  it("are those that snarkjs makes from a phase 1 with the same secret", async () => {
    // snarkjs's phase 2 starts with δ = 1. Phase 1 is one power larger than the circuit needs: at exactly its size
    // snarkjs drops the highest power from the points of H, which are then other ones, as good for polynomials of lower
    // degree.
    const product = await compileFixture(PRODUCT);
    const withoutDelta = { ...secret, delta: 1n };
    await writePhase1FromSecret(path("known.ptau"), 4, withoutDelta);
    await zKey.newZKey(product.r1cs, path("known.ptau"), path("snarkjs.zkey"));

    const expected = readSections(readFileSync(path("snarkjs.zkey")), "zkey");
    const actual = readSections(await makeProvingKey(readFileSync(product.r1cs), withoutDelta), "zkey");
    for (const [name, id] of Object.entries(ZKEY_SECTION)) {
      // snarkjs's hash of the circuit covers points of phase 1, which are not in the key.
      if (name === "contributions") continue;
      expect(requireSection(actual, id).equals(requireSection(expected, id)), `section ${name}`).to.equal(true);
    }
  });

  it("let snarkjs prove and verify", async () => {
    const { proof, publicSignals } = await proveWith(path("key.zkey"));
    const verificationKey = await zKey.exportVerificationKey(path("key.zkey"));

    expect(publicSignals).to.deep.equal([String(2n * POSEIDON_1_2), "2"]);
    expect(await groth16.verify(verificationKey, publicSignals, proof)).to.equal(true);
    expect(await groth16.verify(verificationKey, [publicSignals[0]!, "3"], proof)).to.equal(false);
  });

  it("take contributions like a key from a ceremony", async () => {
    await zKey.contribute(path("key.zkey"), path("contributed.zkey"), "test", "entropy");
    const { proof, publicSignals } = await proveWith(path("contributed.zkey"));

    const contributed = await zKey.exportVerificationKey(path("contributed.zkey"));
    expect(await groth16.verify(contributed, publicSignals, proof)).to.equal(true);
    const original = await zKey.exportVerificationKey(path("key.zkey"));
    expect(await groth16.verify(original, publicSignals, proof)).to.equal(false);
  });

  it("share α, β and γ between circuits of a seed, but not δ", async () => {
    const product = await compileFixture(PRODUCT);
    const productKey = await makeProvingKey(readFileSync(product.r1cs), deriveSecret("test seed", PRODUCT.name));
    writeFileSync(path("product.zkey"), productKey);

    const one = await zKey.exportVerificationKey(path("key.zkey"));
    const other = await zKey.exportVerificationKey(path("product.zkey"));
    expect(other.vk_alpha_1).to.deep.equal(one.vk_alpha_1);
    expect(other.vk_beta_2).to.deep.equal(one.vk_beta_2);
    expect(other.vk_gamma_2).to.deep.equal(one.vk_gamma_2);
    expect(other.vk_delta_2).to.not.deep.equal(one.vk_delta_2);
  });

  it("differ in all of α, β and δ between seeds", async () => {
    writeFileSync(path("other.zkey"), await makeProvingKey(r1cs, deriveSecret("other seed", HASH_TIMES.name)));

    const one = await zKey.exportVerificationKey(path("key.zkey"));
    const other = await zKey.exportVerificationKey(path("other.zkey"));
    expect(other.vk_alpha_1).to.not.deep.equal(one.vk_alpha_1);
    expect(other.vk_beta_2).to.not.deep.equal(one.vk_beta_2);
    expect(other.vk_delta_2).to.not.deep.equal(one.vk_delta_2);
    const { proof, publicSignals } = await proveWith(path("other.zkey"));
    expect(await groth16.verify(one, publicSignals, proof)).to.equal(false);
  });

  it("cannot be made for a point of the domain", async () => {
    await expectRejection(makeProvingKey(r1cs, { ...secret, tau: 1n }), "DIVISION_BY_ZERO");
  });
});
