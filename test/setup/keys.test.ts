// SPDX-License-Identifier: MIT
import { createHash } from "node:crypto";
import { readFileSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";
import { zKey } from "snarkjs";

import { Ceremony } from "../../src/setup/ceremony.ts";
import { terminateCurve } from "../../src/setup/curve.ts";
import { deriveSecret, DEVELOPMENT_SEED } from "../../src/setup/developmentKey.ts";
import { sha256OfFile } from "../../src/files.ts";
import { installCeremonyKey, keyPaths, prepareCircuit, readVerificationKey } from "../../src/setup/keys.ts";
import { readTranscript } from "../../src/setup/transcript.ts";
import { expectRejection } from "../helpers/expectRejection.ts";
import { PRODUCT, temporaryFolder } from "./fixtures.ts";
import { writePhase1FromSecret } from "./knownPhase1.ts";

describe("keys of a circuit", () => {
  const circuit = { ...PRODUCT, name: "keysTest" };
  const paths = keyPaths(circuit.name, "development");
  const folder = temporaryFolder();

  const removeKeys = (): void => {
    for (const path of Object.values(paths)) rmSync(path, { force: true });
  };
  beforeEach(removeKeys);
  after(async () => {
    removeKeys();
    folder.remove();
    await terminateCurve();
  });

  it("are marked as development keys, with their seed and the hashes of what they belong to", async () => {
    const { manifest, r1cs, zkey, verificationKey } = await prepareCircuit(circuit, "development");
    expect(manifest).to.deep.equal({
      circuit: "keysTest",
      profile: "development",
      constraints: 5,
      publicSignals: 1,
      r1csSha256: sha256OfFile(r1cs),
      zkeySha256: sha256OfFile(zkey),
      verificationKeySha256: sha256OfFile(verificationKey),
      isDevelopment: true,
      seed: DEVELOPMENT_SEED,
    });
    expect(JSON.parse(readFileSync(paths.json, "utf8"))).to.deep.equal(manifest);
  });

  it("come with the verification key that snarkjs exports", async () => {
    const artifacts = await prepareCircuit(circuit, "development");
    expect(readVerificationKey(artifacts)).to.deep.equal(await zKey.exportVerificationKey(artifacts.zkey));
  });

  it("are made once", async () => {
    const steps: string[] = [];
    await prepareCircuit(circuit, "development", (message) => steps.push(message));
    expect(steps.join()).to.contain("making a development key");
    steps.length = 0;
    await prepareCircuit(circuit, "development", (message) => steps.push(message));
    expect(steps).to.deep.equal([]);
  });

  for (const extension of ["zkey", "verificationKey", "json"] as const) {
    it(`are made again if the ${extension} is empty, cut off or missing`, async () => {
      await prepareCircuit(circuit, "development");
      const path = paths[extension];
      const whole = readFileSync(path);
      const spoil = [
        () => truncateSync(path, 0),
        () => truncateSync(path, whole.length >> 1),
        () => {
          rmSync(path);
        },
      ];
      for (const action of spoil) {
        action();
        await prepareCircuit(circuit, "development");
        expect(readFileSync(path).equals(whole)).to.equal(true);
      }
    });
  }

  for (const output of ["r1cs", "wasm", "sym"] as const) {
    it(`are made from a circuit that is compiled again if its ${output} is empty or cut off`, async () => {
      const artifacts = await prepareCircuit(circuit, "development");
      const path = artifacts[output];
      const whole = readFileSync(path);
      for (const length of [0, whole.length >> 1]) {
        truncateSync(path, length);
        const { manifest } = await prepareCircuit(circuit, "development");
        expect(readFileSync(path).equals(whole)).to.equal(true);
        expect(manifest).to.deep.equal(artifacts.manifest);
      }
    });
  }

  it("are made again if the circuit changes", async () => {
    const { manifest } = await prepareCircuit(circuit, "development");
    const changed = await prepareCircuit({ ...circuit, params: [7] }, "development");
    expect(changed.manifest.zkeySha256).to.not.equal(manifest.zkeySha256);
    expect(changed.manifest.constraints).to.equal(6);
  });

  it("from a ceremony replace the development key, stay, and do not outlive their circuit", async () => {
    const development = await prepareCircuit(circuit, "development");
    const ptau = join(folder.path, "phase1.ptau");
    await writePhase1FromSecret(ptau, 4, deriveSecret("phase 1", ""));
    const ceremony = new Ceremony(folder.path);
    await ceremony.importPhase1(ptau, createHash("blake2b512").update(readFileSync(ptau)).digest("hex"));
    await ceremony.start(development);
    await ceremony.contribute(development, "Alice");
    await ceremony.applyBeacon(development, "00ff", 10);

    const transcript = readTranscript(join(folder.path, "transcript.json"));
    const result = await ceremony.finish(development, { phase1: transcript.phase1Blake2b, transcript });
    const { manifest } = await installCeremonyKey(development, "development", result);
    expect(manifest).to.deep.include({
      isDevelopment: false,
      ceremony: { phase1Blake2b: result.phase1Blake2b, contributions: result.contributions },
      zkeySha256: sha256OfFile(result.zkey),
    });
    expect(manifest).to.not.have.property("seed");
    expect((await prepareCircuit(circuit, "development")).manifest).to.deep.equal(manifest);
    await expectRejection(prepareCircuit({ ...circuit, params: [7] }, "development"), "CEREMONY_KEY_OUTDATED");

    // A verification key follows from its zkey; a development key must not take the place of a damaged one.
    truncateSync(paths.verificationKey, 0);
    expect((await prepareCircuit(circuit, "development")).manifest).to.deep.equal(manifest);
    truncateSync(paths.zkey, 100);
    await expectRejection(prepareCircuit(circuit, "development"), "CEREMONY_KEY_DAMAGED");
  });
});
