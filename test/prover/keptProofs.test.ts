// SPDX-License-Identifier: MIT
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";
import { groth16 } from "snarkjs";

import { PROJECT_ROOT } from "../../src/setup/paths.ts";
import { prepareAll, readVerificationKey } from "../../src/setup/index.ts";
import type { Groth16Proof, VerificationKey } from "../../src/prover/index.ts";

const FOLDER = join(PROJECT_ROOT, "test", "proofs");

interface KeptProof {
  readonly proof: Groth16Proof;
  readonly publicSignals: readonly string[];
}

describe("the proofs in test/proofs", () => {
  const files = readdirSync(FOLDER);
  const kept = files.map((file) => JSON.parse(readFileSync(join(FOLDER, file), "utf8")) as KeptProof);
  let keys: readonly VerificationKey[];

  before(async () => {
    keys = (await prepareAll("development")).map(readVerificationKey);
  });

  const isValid = async ({ proof, publicSignals }: KeptProof): Promise<boolean> => {
    for (const key of keys.filter(({ nPublic }) => nPublic === publicSignals.length)) {
      if (await groth16.verify(key, [...publicSignals], proof)) return true;
    }
    return false;
  };

  it("are valid under today's development keys", async () => {
    const stale: string[] = [];
    for (const [i, file] of files.entries()) {
      if (!(await isValid(kept[i]!))) stale.push(file);
    }
    expect(files.length).to.be.above(30);
    expect(stale, "UPDATE_PROOFS=1 npm test makes them again").to.deep.equal([]);
  });

  it("are valid for their own statements only", async () => {
    const [first] = kept;
    const publicSignals = first!.publicSignals.with(0, "1");
    expect(await isValid({ ...first!, publicSignals })).to.equal(false);
  });
});
