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

/** Anchors of a document's headings, as GitHub makes them. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, title] of text.replace(/```[\s\S]*?```/g, "").matchAll(/^#{1,6} (.+)$/gm)) {
    const words = title!.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const anchor = words.replace(/[^\p{L}\p{N} _-]/gu, "").replace(/ /g, "-");
    // A heading that is there before gets a number.
    let number = 0;
    while (anchors.has(number === 0 ? anchor : `${anchor}-${number}`)) number++;
    anchors.add(number === 0 ? anchor : `${anchor}-${number}`);
  }
  return anchors;
}

/** Links of a document to a place in a document: path as it is written, or empty, and anchor. */
const anchoredLinksOf = (text: string): (readonly [path: string, anchor: string])[] =>
  [...text.replace(/```[\s\S]*?```|`[^`\n]*`/g, "").matchAll(/\]\(([^)\s#:]*)#([^)\s]+)\)/g)].map(
    ([, path, anchor]) => [path!, anchor!] as const,
  );

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
    const links = DOCUMENTS.filter((document) => !document.startsWith("docs/api/")).flatMap((document) =>
      anchoredLinksOf(readFileSync(join(PROJECT_ROOT, document), "utf8")).map(([path, anchor]) => ({
        ...{ document, anchor },
        target: path === "" ? document : join(dirname(document), path),
      })),
    );
    const broken = links.filter(
      ({ target, anchor }) =>
        target.endsWith(".md") && !anchorsOf(readFileSync(join(PROJECT_ROOT, target), "utf8")).has(anchor),
    );
    expect(broken).to.deep.equal([]);
    expect(links.length).to.be.greaterThan(80);
  });

  it("and their anchors are read as GitHub makes them", () => {
    const text = "# A b\n## 5.1 Slots\n## `x` of [y](z.md), ok\n## A b\n```\n# no\n```";
    expect([...anchorsOf(text)]).to.deep.equal(["a-b", "51-slots", "x-of-y-ok", "a-b-1"]);
    expect(anchoredLinksOf("[a](b.md#c) [d](#e) [f](g.md) [h](https://i#j)")).to.deep.equal([
      ["b.md", "c"],
      ["", "e"],
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
