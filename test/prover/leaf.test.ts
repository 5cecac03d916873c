// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { leafCircuitInput, leafProofSignals } from "../../src/ledger/index.ts";
import { DEVELOPMENT } from "../../src/profile.ts";
import { artifactsByName, calculateWitness, SnarkjsProver } from "../../src/prover/index.ts";
import { type CircuitArtifacts, prepareAll } from "../../src/setup/index.ts";
import { randomLeaves } from "../helpers/randomLeaf.ts";

describe("proof of a leaf", () => {
  let artifacts: readonly CircuitArtifacts[];

  before(async () => {
    artifacts = await prepareAll("development");
  });

  it("has the public signals of the ledger, and verifies", async () => {
    const { value } = randomLeaves(DEVELOPMENT, "proof of a leaf").next();
    const { result, binding } = value;
    const prover = new SnarkjsProver(artifactsByName(artifacts));
    try {
      const proof = await prover.prove("leaf", { ...leafCircuitInput(result, binding) });
      expect(proof.publicSignals).to.deep.equal(leafProofSignals(result, binding));
    } finally {
      await prover.dispose();
    }
  });

  it("can be had without proving, many times", async () => {
    const leaf = await artifactsByName(artifacts)("leaf");
    let count = 0;
    for (const { result, binding } of randomLeaves(DEVELOPMENT, "witnesses")) {
      const { publicSignals } = await calculateWitness(leaf, { ...leafCircuitInput(result, binding) });
      expect(publicSignals).to.deep.equal(leafProofSignals(result, binding));
      if (++count === 5) break;
    }
    expect(count).to.equal(5);
  });
});
