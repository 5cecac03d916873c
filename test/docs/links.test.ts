import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { expect } from "chai";

import { PROJECT_ROOT } from "../../src/setup/paths.ts";

const DOCUMENTS = globSync(["*.md", "{circuits,contracts,deploy,docs,src,test}/**/*.md"], { cwd: PROJECT_ROOT }).sort();

/** Targets of a document's links within the repository, without anchors; code is no link. */
const linksOf = (text: string): string[] =>
  [...text.replace(/```[\s\S]*?```|`[^`\n]*`/g, "").matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)]
    .map(([, target]) => target ?? "")
    .filter((target) => !/^[a-z]+:/.test(target));

describe("Links of the documents", () => {
  it("lead to what is there", () => {
    const broken = DOCUMENTS.flatMap((document) =>
      linksOf(readFileSync(join(PROJECT_ROOT, document), "utf8"))
        .filter((target) => !existsSync(join(PROJECT_ROOT, dirname(document), target)))
        .map((target) => `${document}: ${target}`),
    );
    expect(broken).to.deep.equal([]);
    expect(DOCUMENTS.length).to.be.greaterThan(50);
  });

  it("are found", () => {
    expect(linksOf("[a](b.md) [c](d.md#e) [f](https://g) `[h](i)` [j](#k)")).to.deep.equal(["b.md", "d.md"]);
  });

  it("reach every decision and every document from the README", () => {
    const reached = new Set(["README.md"]);
    for (const document of reached) {
      for (const target of linksOf(readFileSync(join(PROJECT_ROOT, document), "utf8"))) {
        const path = join(dirname(document), target);
        if (path.endsWith(".md") && existsSync(join(PROJECT_ROOT, path))) reached.add(path);
      }
    }
    const own = DOCUMENTS.filter((document) => document.startsWith("docs/"));
    expect(own.filter((document) => !reached.has(document))).to.deep.equal([]);
  });
});
