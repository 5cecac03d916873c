import { expect } from "chai";

import { isLocalChain, refuseDevelopmentKeys } from "../../src/deployment/local.ts";
import { expectRejection } from "../helpers/expectRejection.ts";

describe("Deployment of development keys", () => {
  it("is refused on a chain that is not local, before anything is sent", async () => {
    await expectRejection(refuseDevelopmentKeys("LeafVerifier", 1n, false), "DEVELOPMENT_KEY");
    await expectRejection(refuseDevelopmentKeys("LeafVerifier", 11155111n, false), "DEVELOPMENT_KEY");
  });

  it("is possible on local chains, and elsewhere on demand", async () => {
    await refuseDevelopmentKeys("LeafVerifier", 31337n, false);
    await refuseDevelopmentKeys("LeafVerifier", 1n, true);
  });

  it("knows local chains by their ids", () => {
    expect([31337n, 1337n].every(isLocalChain)).to.equal(true);
    expect([1n, 10n, 11155111n].some(isLocalChain)).to.equal(false);
  });
});
