// SPDX-License-Identifier: MIT
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";

import { PROJECT_ROOT } from "../../src/setup/paths.ts";

/** docs/adr/0052-licences.md */
const LICENCES = {
  "contracts/**/*.sol": "MIT",
  "test/**/*.sol": "MIT",
  "circuits/**/*.circom": "GPL-3.0-or-later",
  "src/{setup,prover,recursion}/**/*.ts": "GPL-3.0-or-later",
  "src/{agents,b52,chain,client,codec,contracts,crypto,deployment,escape,ledger,migration,node,nodeClient}/**/*.ts":
    "MIT",
  "src/entries/{circuits,prover}.ts": "GPL-3.0-or-later",
  "src/entries/{contracts,node,wallet}.ts": "MIT",
  "src/types/*.ts": "MIT",
  "src/*.ts": "MIT",
  "{demo,deploy,explorer,scripts,test,tools}/**/*.{ts,tsx,mjs}": "MIT",
} as const;

describe("licences", () => {
  it("are stated for every file of the library", () => {
    const stated = Object.keys(LICENCES).flatMap((pattern) => globSync(pattern, { cwd: PROJECT_ROOT }));
    expect(stated).to.include.members(globSync("src/**/*.ts", { cwd: PROJECT_ROOT }));
    expect(new Set(stated).size).to.equal(stated.length);
  });

  for (const [pattern, licence] of Object.entries(LICENCES)) {
    it(`of ${pattern} are ${licence}, by the first line of each file`, () => {
      const files = globSync(pattern, { cwd: PROJECT_ROOT });
      expect(files).to.have.length.above(0);
      for (const file of files) {
        const [first] = readFileSync(join(PROJECT_ROOT, file), "utf8").split("\n");
        expect(first, file).to.equal(`// SPDX-License-Identifier: ${licence}`);
      }
    });
  }

  it("of all circom files that include circomlib are GPL-3.0-or-later", () => {
    for (const file of globSync("{circuits,test}/**/*.circom", { cwd: PROJECT_ROOT })) {
      const source = readFileSync(join(PROJECT_ROOT, file), "utf8");
      if (source.includes("circomlib")) {
        expect(source, file).to.match(/^\/\/ SPDX-License-Identifier: GPL-3\.0-or-later\n/);
      }
    }
  });
});
