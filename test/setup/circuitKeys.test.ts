// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";

import { expect } from "chai";

import { keyLibrary, renderKeyLibrary } from "../../src/setup/circuitKeys.ts";
import { type CircuitArtifacts, prepareAll, terminateCurve } from "../../src/setup/index.ts";
import { isDeep } from "../helpers/deep.ts";
import { expectError } from "../helpers/expectError.ts";

/** Rows of the evaluation domain that a development circuit may take: a proof of a few seconds. */
const DOMAINS: Record<string, number> = {
  leaf: 2 ** 16,
  merge: 2 ** 15,
  escape: 2 ** 12,
  migration: 2 ** 16,
};

// The key of `drawnMerge` takes a minute to make: `npm run test:deep` has it.
if (isDeep) DOMAINS["drawnMerge"] = 2 ** 16;

for (const [name, domain] of Object.entries(DOMAINS)) {
  describe(`the committed verifying key of the circuit ${name}`, () => {
    let circuit: CircuitArtifacts;

    before(async () => {
      circuit = (await prepareAll("development", undefined, undefined, isDeep ? ["drawnMerge"] : [])).find(
        (candidate) => candidate.name === name,
      )!;
    });

    after(terminateCurve);

    it("is that of the circuit in this repository (otherwise: npm run setup)", () => {
      expect(readFileSync(keyLibrary(name), "utf8")).to.equal(renderKeyLibrary(circuit));
    });

    it("says that it is a development key", () => {
      expect(renderKeyLibrary(circuit))
        .to.contain("This is a development key")
        .and.to.contain("IS_DEVELOPMENT = true;");
    });

    it(`fits a proof of a few seconds: at most ${domain} rows`, () => {
      expect(circuit.constraints + circuit.publicSignals + 1).to.be.at.most(domain);
    });

    it("is of a circuit that the contracts know", () => {
      expectError(() => renderKeyLibrary({ ...circuit, name: "other" }), "UNKNOWN_CIRCUIT");
    });
  });
}
