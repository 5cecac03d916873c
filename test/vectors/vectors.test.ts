// SPDX-License-Identifier: MIT
import { readdirSync, readFileSync } from "node:fs";

import { expect } from "chai";

import { fastCrypto } from "../../src/crypto/index.ts";
import { buildVectors } from "./build.ts";

describe("shared vectors", () => {
  const built = buildVectors();

  it("are computed by the library, without WebAssembly", () => {
    expect(fastCrypto()).to.equal(undefined);
  });

  it("are all committed", () => {
    const files = readdirSync(new URL(".", import.meta.url)).filter((name) => name.endsWith(".json"));
    expect(files.sort()).to.deep.equal(Object.keys(built).sort());
  });

  for (const [name, content] of Object.entries(built)) {
    it(`${name} is what the ledger gives`, () => {
      const committed: unknown = JSON.parse(readFileSync(new URL(name, import.meta.url), "utf8"));
      expect(committed).to.deep.equal(content);
    });
  }
});
