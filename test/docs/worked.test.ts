// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";

import { PROJECT_ROOT } from "../../src/setup/paths.ts";
import { feesOfTheDay, happeningsOfTheDay } from "../../tools/docs/plots/batchFee.ts";
import { plots } from "../../tools/docs/plots/index.ts";
import { workedDocuments } from "../../tools/docs/worked/index.ts";

const read = (path: string): string => readFileSync(join(PROJECT_ROOT, path), "utf8");

/** Blocks that a command writes, by name. */
const blocksOf = (text: string): string[] => [...text.matchAll(/<!-- (example-[\w-]+) -->/g)].map(([, name]) => name!);

describe("Worked examples of the documents", () => {
  it("are what `npm run tables` computes", async function () {
    this.timeout(300_000);
    for (const [path, content] of await workedDocuments()) {
      expect(read(path) === content, `${path} is stale: npm run tables`).to.equal(true);
    }
  });

  it("stand below each section that has a rule", () => {
    const lacking = ["docs/protocol.md", "docs/b52.md", "docs/enforcement.md"].flatMap((path) =>
      read(path)
        .split(/^(?=#{2,3} \d)/m)
        .slice(1)
        .filter((section) => !/\*\*Examples?[ .*]/.test(section))
        .map((section) => `${path}: ${section.split("\n", 1)[0]!}`),
    );
    expect(lacking).to.deep.equal([
      "docs/protocol.md: ## 5. State transition of a leaf", // its subsections have
      "docs/b52.md: ## 9. Attacks", // of an attack, its test is the example
      "docs/b52.md: ### 9.1 On proofs",
      "docs/b52.md: ### 9.2 On provers",
      "docs/b52.md: ### 9.4 On users and the chain",
      "docs/b52.md: ### 9.5 On builders",
      "docs/enforcement.md: ## 1. Ways out",
      "docs/enforcement.md: ## 5. Mass migration", // its subsections have
    ]);
  });

  it("have a name of their own in each document", () => {
    for (const path of ["docs/protocol.md", "docs/b52.md", "docs/enforcement.md"]) {
      const names = blocksOf(read(path));
      expect(names.length, path).to.be.greaterThan(10);
      expect(new Set(names).size, path).to.equal(names.length);
    }
  });
});

describe("Plots of the documents", () => {
  it("are what `npm run docs -- plots` draws", () => {
    for (const [path, content] of plots()) {
      expect(read(path) === content, `${path} is stale: npm run docs -- plots`).to.equal(true);
    }
  });

  it("show a fee that falls, rises while the oldest batch is late, and falls again", () => {
    const hour = 3600;
    const fees = new Map(feesOfTheDay());
    const at = (hours: number): number => fees.get(hours * hour)!;
    expect(Math.abs(at(4) - 0.5)).to.be.below(1e-12);
    // The batch of 9:00 is due at 9:30, and proven with all others at 13:00.
    expect(Math.abs(at(9.5) - 2 ** (-9.5 / 4))).to.be.below(1e-12);
    expect(Math.abs(at(13) - 2 ** (3.5 - 9.5 / 4))).to.be.below(1e-12);
    expect(Math.abs(at(24) - at(13) / 2 ** (11 / 4))).to.be.below(1e-12);
    expect(happeningsOfTheDay().filter(({ what }) => what === "sequenced").length).to.equal(29);
  });
});
