// SPDX-License-Identifier: MIT
import { join } from "node:path";

import { expect } from "chai";
import { network } from "hardhat";

import { P } from "../../src/field.ts";
import {
  Barretenberg,
  type ConvertedCircuit,
  convertedWitness,
  type HonkKey,
  prepareConverted,
  prepareDevelopmentCrs,
} from "../../src/recursion/index.ts";
import { findCircuit } from "../../src/setup/index.ts";
import { BUILD } from "../../src/setup/paths.ts";
import { RANDOM_INPUTS } from "../helpers/circuitInputs.ts";
import { callOf, type HonkCall, HonkVerifier } from "../helpers/honkVerifier.ts";
import { seedFor } from "../helpers/random.ts";

const { ethers } = await network.create();
const TIMEOUT = 1_800_000;

// Sizes of 2^18 and below: `power` of the CRS, in the order of the circuits.
const POWERS = { escape: 13, merge: 17, migration: 18, leaf: 18 };

for (const [name, power] of Object.entries(POWERS)) {
  describe(`UltraHonk proofs of the development ${name}`, function () {
    this.timeout(TIMEOUT);
    let bb: Barretenberg;
    let circuit: ConvertedCircuit;
    let key: HonkKey;
    let verifier: HonkVerifier;
    const calls: HonkCall[] = [];
    before(async () => {
      bb = await Barretenberg.create(await prepareDevelopmentCrs(join(BUILD, "crs", "development"), 18));
      circuit = await prepareConverted(findCircuit(name, "development"), "development");
      key = await bb.makeKey(circuit.program, "l1");
      const [signer] = await ethers.getSigners();
      verifier = await HonkVerifier.deploy(await bb.solidityVerifier(key), signer!);
      for (let i = 0; i < 2; i++) {
        const witness = await convertedWitness(circuit, RANDOM_INPUTS[name]!(seedFor(`honk ${name} ${i}`)));
        const start = performance.now();
        const proof = await bb.prove(circuit.program, key, witness);
        console.log(`      2^${key.power}, proven in ${Math.round(performance.now() - start)} ms`);
        calls.push(callOf(proof));
      }
      console.log(`      ${await verifier.gasOf(calls[0]!, signer!)} gas, ${verifier.codeBytes} bytes of code`);
    });

    it("are accepted on L1, each for its own public inputs", async () => {
      expect(key.power).to.equal(power);
      const [first, second] = calls as [HonkCall, HonkCall];
      expect(await verifier.accepts(first)).to.equal(true);
      expect(await verifier.accepts(second)).to.equal(true);
      expect(await verifier.accepts({ proof: first.proof, inputs: second.inputs })).to.equal(false);
      for (let i = 0; i < first.inputs.length; i++) {
        const inputs = first.inputs.with(i, (first.inputs[i]! + 1n) % P);
        expect(await verifier.accepts({ ...first, inputs }), `input ${i}`).to.equal(false);
      }
    });

    it("are rejected with any word altered", async () => {
      const [call] = calls as [HonkCall];
      for (let i = 0; i < call.proof.length; i++) {
        const proof = call.proof.with(i, call.proof[i]! ^ 1n);
        expect(await verifier.accepts({ ...call, proof }), `word ${i}`).to.equal(false);
      }
    });
  });
}
