import { readFileSync } from "node:fs";

import { expect } from "chai";

import { type CircuitArtifacts, prepareAll, terminateCurve } from "../../src/setup/index.ts";
import { LEAF_KEY_LIBRARY, renderLeafVerifyingKey } from "../../src/setup/leafKeySolidity.ts";

describe("the leaf's committed verifying key", () => {
  let leaf: CircuitArtifacts;

  before(async () => {
    leaf = (await prepareAll("development")).find(({ name }) => name === "leaf")!;
  });

  after(terminateCurve);

  it("is that of the circuit in this repository (otherwise: npm run setup)", () => {
    expect(readFileSync(LEAF_KEY_LIBRARY, "utf8")).to.equal(renderLeafVerifyingKey(leaf));
  });

  it("says that it is a development key", () => {
    expect(renderLeafVerifyingKey(leaf)).to.contain("DEVELOPMENT KEY").and.to.contain("IS_DEVELOPMENT = true;");
  });

  it("fits a proof of a few seconds: less than 2^16 rows", () => {
    expect(leaf.constraints + leaf.publicSignals + 1).to.be.at.most(2 ** 16);
  });
});
