// SPDX-License-Identifier: MIT
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { expect } from "chai";

import { PROJECT_ROOT } from "../../src/setup/paths.ts";
import { githubSlug } from "../../tools/site/markdown.ts";

const DOCUMENTS = globSync(["*.md", "{circuits,contracts,deploy,docs,src,test}/**/*.md"], { cwd: PROJECT_ROOT }).sort();

/** Targets of a document's links within the repository, without anchors; code is no link. */
const linksOf = (text: string): string[] =>
  [...text.replace(/```[\s\S]*?```|`[^`\n]*`/g, "").matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)]
    .map(([, target]) => target ?? "")
    .filter((target) => !/^[a-z]+:/.test(target));

/** Links with an anchor: the target, empty within the document, and the anchor. */
const anchorsOf = (text: string): [target: string, anchor: string][] =>
  [...text.replace(/```[\s\S]*?```|`[^`\n]*`/g, "").matchAll(/\]\(([^)\s#]*)#([^)\s]+)\)/g)]
    .map(([, target = "", anchor = ""]): [string, string] => [target, anchor])
    .filter(([target]) => !/^[a-z]+:/.test(target));

/** Anchors of a document's headings; of several that are the same, the further ones are numbered. */
function headingsOf(text: string): string[] {
  const seen = new Map<string, number>();
  const headings = text.replace(/```[\s\S]*?```/g, "").matchAll(/^#{1,6} (.+)$/gm);
  return [...headings].map(([, heading = ""]) => {
    const slug = githubSlug(heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1"));
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    return times === 0 ? slug : `${slug}-${times}`;
  });
}

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

  it("lead to headings that are there", () => {
    const read = (path: string): string => readFileSync(join(PROJECT_ROOT, path), "utf8");
    const links = DOCUMENTS.flatMap((document) =>
      anchorsOf(read(document)).map(([target, anchor]) => {
        const path = target === "" ? document : join(dirname(document), target);
        return { document, path, anchor };
      }),
    );
    const broken = links.filter(
      ({ path, anchor }) =>
        path.endsWith(".md") && existsSync(join(PROJECT_ROOT, path)) && !headingsOf(read(path)).includes(anchor),
    );
    expect(broken).to.deep.equal([]);
  });

  it("have the anchors of GitHub, where several headings are the same too", () => {
    expect(headingsOf("# A `b` c\n## 1. X\n```\n# no\n```\n## 1. X\n### [y](z)")).to.deep.equal([
      "a-b-c",
      "1-x",
      "1-x-1",
      "y",
    ]);
    expect(anchorsOf("[a](b.md) [c](d.md#e) [j](#k)")).to.deep.equal([
      ["d.md", "e"],
      ["", "k"],
    ]);
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
