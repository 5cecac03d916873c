// SPDX-License-Identifier: MIT
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";

import { PROJECT_ROOT } from "../../src/setup/paths.ts";

const ID = /\b(?:INV-[A-Z0-9]+-\d{2}|SYS-\d{2})\b/g;
const read = (path: string): string => readFileSync(join(PROJECT_ROOT, path), "utf8");

/** Ids that the list of invariants states: bold, at the beginning of an item. */
const listed = [...read("test/invariant/README.md").matchAll(/^- \*\*((?:INV|SYS)-[A-Z0-9-]+)\*\*:/gm)].map(
  ([, id]) => id!,
);

describe("The list of invariants", () => {
  it("states every invariant that a contract, a test or a document names", () => {
    const files = globSync(["contracts/**/*.sol", "test/**/*.{sol,ts}", "docs/*.md"], { cwd: PROJECT_ROOT });
    const named = files.flatMap((file) => (read(file).match(ID) ?? []).map((id) => ({ file, id })));
    expect(named.filter(({ id }) => !listed.includes(id))).to.deep.equal([]);
    expect(named.length).to.be.greaterThan(30);
  });

  it("states each invariant once, apart from those that were seen to fail", () => {
    const invariants = listed.filter((id) => id.startsWith("INV-"));
    expect(new Set(invariants).size).to.equal(invariants.length);
    expect(invariants.length).to.be.at.least(39);
  });
});
