// SPDX-License-Identifier: MIT
import { globSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";

import { PROJECT_ROOT } from "../../src/setup/paths.ts";
import { githubSlug, pageOf, siteLink } from "../../tools/site/markdown.ts";
import { sidebar } from "../../tools/site/sidebar.ts";

const DOCS = join(PROJECT_ROOT, "docs");
const REPOSITORY = "https://example.org/repository";
const link = (href: string, folder = DOCS): string | undefined => siteLink(href, folder, REPOSITORY);

describe("The site of the documents", () => {
  it("links a document to the page of another, with its anchor", () => {
    expect(link("security.md")).to.equal("/docs/security");
    expect(link("adr/README.md#x")).to.equal("/docs/adr/#x");
    expect(link("../README.md")).to.equal("/");
    expect(link("docs/b52.md", PROJECT_ROOT)).to.equal("/docs/b52");
    expect(link("../circuits/")).to.equal("/circuits/");
  });

  it("links to the repository where a file has no page, and not at all without a repository", () => {
    expect(link("../src/index.ts")).to.equal(`${REPOSITORY}/blob/HEAD/src/index.ts`);
    expect(link("examples")).to.equal(`${REPOSITORY}/tree/HEAD/docs/examples`);
    expect(siteLink("../src/index.ts", DOCS, undefined)).to.equal(undefined);
  });

  it("leaves addresses and anchors as they are, and refuses files that are not there", () => {
    for (const href of ["https://example.org/a.md", "mailto:a@example.org", "#here", "/docs/x"]) {
      expect(link(href)).to.equal(href);
    }
    expect(() => link("none.md")).to.throw("there is no such file");
    expect(() => link("../../outside.md")).to.throw("there is no such file");
  });

  it("has the anchors that GitHub has", () => {
    expect(githubSlug("3. Slots")).to.equal("3-slots");
    expect(githubSlug("What a node `believes`, and why")).to.equal("what-a-node-believes-and-why");
    expect(githubSlug("A → B: `x_y`")).to.equal("a--b-x_y");
  });

  it("has every document in its sidebar, once", () => {
    const links = sidebar().flatMap(({ items = [] }) => items.map((item) => item.link));
    expect(new Set(links).size).to.equal(links.length);
    const documents = globSync(["*.md", "{circuits,contracts,docs,test}/**/*.md"], {
      cwd: PROJECT_ROOT,
      exclude: ["docs/api/client/*/**"],
    });
    expect(links).to.have.members(documents.map((file) => `/${pageOf(file)}`));
  });
});
