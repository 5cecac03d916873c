// SPDX-License-Identifier: MIT
import { expect } from "chai";

import {
  hasDevelopmentKey,
  isLocalChain,
  refuseDevelopmentKeys,
  VERIFIERS_OF,
  type Verifier,
} from "../../tools/deployment/local.ts";
import { SYSTEMS } from "../../tools/deployment/parameters.ts";
import { expectRejection } from "../helpers/expectRejection.ts";

const SEPOLIA = 11155111n;

describe("Deployment of development keys", () => {
  for (const system of SYSTEMS) {
    it(`${system}: is refused on a chain that is not local, before anything is sent`, async () => {
      await expectRejection(refuseDevelopmentKeys(system, SEPOLIA, false), "DEVELOPMENT_KEY");
    });

    for (const verifier of VERIFIERS_OF[system]) {
      it(`${system}: is refused if ${verifier} alone has one`, async () => {
        const only = (asked: Verifier): Promise<boolean> => Promise.resolve(asked === verifier);
        await expectRejection(refuseDevelopmentKeys(system, SEPOLIA, false, false, only), "DEVELOPMENT_KEY");
      });
    }

    it(`${system}: asks all its verifiers, and is possible when none has one`, async () => {
      const asked: Verifier[] = [];
      const none = (verifier: Verifier): Promise<boolean> => {
        asked.push(verifier);
        return Promise.resolve(false);
      };
      await refuseDevelopmentKeys(system, SEPOLIA, false, false, none);
      expect(asked.splice(0)).to.deep.equal(VERIFIERS_OF[system]);
      await refuseDevelopmentKeys(system, SEPOLIA, false, true, none);
      const drawn = VERIFIERS_OF[system].map((name) => (name === "RollupVerifier" ? "DrawnRollupVerifier" : name));
      expect(asked).to.deep.equal(drawn);
    });
  }

  for (const verifier of [...VERIFIERS_OF.Pair, "DrawnRollupVerifier"] as const) {
    it(`${verifier} says so of its own keys`, async () => {
      expect(await hasDevelopmentKey(verifier)).to.equal(true);
    });
  }

  it("is possible on local chains, and elsewhere on demand", async () => {
    await refuseDevelopmentKeys("Pair", 31337n, false);
    await refuseDevelopmentKeys("Pair", 1n, true);
  });

  it("knows local chains by their ids", () => {
    expect([31337n, 1337n].every(isLocalChain)).to.equal(true);
    expect([1n, 10n, SEPOLIA].some(isLocalChain)).to.equal(false);
  });
});
