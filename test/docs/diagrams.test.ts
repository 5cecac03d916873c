// SPDX-License-Identifier: MIT
import { globSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createContext, runInContext } from "node:vm";

import { expect } from "chai";

import { PROJECT_ROOT } from "../../src/setup/paths.ts";
import { DOCUMENTS } from "../../tools/docs/language.ts";

interface Mermaid {
  parse(text: string): Promise<unknown>;
}

/** The script of the site (`npm run docs:site`), with as much of a browser as reading a diagram needs. */
function loadMermaid(): Mermaid {
  const element = (): object => ({
    setAttribute: () => undefined,
    appendChild: () => undefined,
    style: {},
  });
  const list = (): unknown[] => [];
  const document = {
    nodeType: 9,
    createElement: element,
    createDocumentFragment: element,
    createNodeIterator: () => undefined,
    importNode: () => undefined,
    querySelector: () => null,
    querySelectorAll: list,
    getElementsByTagName: list,
    addEventListener: () => undefined,
    documentElement: element(),
    body: element(),
    head: element(),
    implementation: { createHTMLDocument: element },
  };
  /** Stands for a class of a browser. */
  const Stub = function (): void {
    return undefined;
  };
  const classes = [
    "Element",
    "HTMLFormElement",
    "HTMLTemplateElement",
    "Node",
    "NamedNodeMap",
    "DOMParser",
    "NodeFilter",
  ];
  const window: Record<string, unknown> = {
    document,
    addEventListener: () => undefined,
    setTimeout,
    clearTimeout,
    structuredClone,
    URL,
    console,
    ...Object.fromEntries(classes.map((name) => [name, Stub])),
  };
  window["window"] = window;
  const context = createContext(window);
  const path = createRequire(import.meta.url).resolve("@mermaid-js/tiny/dist/mermaid.tiny.js");
  runInContext(readFileSync(path, "utf8"), context);
  const { mermaid } = window as { readonly mermaid: Mermaid & { readonly default?: Mermaid } };
  return mermaid.default ?? mermaid;
}

/** Line breaks in labels are HTML, which needs more of a browser. */
const withoutHtml = (text: string): string => text.replace(/<br ?\/?>/g, " ");

describe("Diagrams of the documents", () => {
  let mermaid: Mermaid;

  before(function () {
    this.timeout(60_000);
    mermaid = loadMermaid();
  });

  it("are read by Mermaid", async function () {
    this.timeout(60_000);
    const failed: string[] = [];
    let count = 0;
    for (const file of globSync(DOCUMENTS.include, { cwd: PROJECT_ROOT, exclude: DOCUMENTS.exclude })) {
      const text = readFileSync(join(PROJECT_ROOT, file), "utf8");
      for (const [, diagram = ""] of text.matchAll(/```mermaid\n([\s\S]*?)```/g)) {
        count++;
        await mermaid.parse(withoutHtml(diagram)).catch((error: unknown) => failed.push(`${file}: ${String(error)}`));
      }
    }
    expect(failed).to.deep.equal([]);
    expect(count).to.be.at.least(3);
  });

  it("are refused if they are wrong", async () => {
    const wrong = "sequenceDiagram\n  A->>B: first; second part\n";
    const refused = await mermaid.parse(wrong).then(
      () => false,
      () => true,
    );
    expect(refused).to.equal(true);
  });
});
