// SPDX-License-Identifier: MIT
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";

import { PROJECT_ROOT } from "../../src/setup/paths.ts";

interface Evidence {
  readonly finding: number;
  readonly file: string;
  readonly title: string;
}

/** The tests that `docs/findings.md` names: items "- `file`: title" below a heading "## number. …". */
function evidenceOf(text: string): Evidence[] {
  const evidence: Evidence[] = [];
  let finding = 0;
  // Prettier wraps long titles.
  for (const line of text.replace(/\n {2}(?=\S)/g, " ").split("\n")) {
    const heading = /^#+ (\d+)\. /.exec(line);
    if (heading !== null) finding = Number(heading[1]);
    const item = /^- `(test\/[^`]+)`: (.+)$/.exec(line);
    if (item !== null) evidence.push({ finding, file: item[1]!, title: item[2]! });
  }
  return evidence;
}

/** Whether a test of this name is in the file: a Solidity function, or the whole title of a mocha test. */
function isTested({ file, title }: Evidence): boolean {
  const path = join(PROJECT_ROOT, file);
  if (!existsSync(path)) return false;
  const text = readFileSync(path, "utf8");
  if (file.endsWith(".sol")) return text.includes(`function ${title}(`);
  return [`"${title}"`, `'${title}'`, `\`${title}\``].some((quoted) => text.includes(`it(${quoted}`));
}

describe("The list of findings", () => {
  const evidence = evidenceOf(readFileSync(join(PROJECT_ROOT, "docs/findings.md"), "utf8"));

  it("names only tests that exist", () => {
    expect(evidence.filter((item) => !isTested(item))).to.deep.equal([]);
  });

  it("has a test for each of the 26 findings", () => {
    const tested = new Set(evidence.map(({ finding }) => finding));
    expect([...tested].sort((a, b) => a - b)).to.deep.equal(Array.from({ length: 26 }, (_, i) => i + 1));
  });

  it("is read as it is written", () => {
    const text = [
      "## 1. A",
      "- `test/a.test.ts`: does b",
      "text",
      "### 2. C",
      "- `test/c.t.sol`: test_d",
      "- `test/e.test.ts`: is",
      "  wrapped",
    ].join("\n");
    expect(evidenceOf(text)).to.deep.equal([
      { finding: 1, file: "test/a.test.ts", title: "does b" },
      { finding: 2, file: "test/c.t.sol", title: "test_d" },
      { finding: 2, file: "test/e.test.ts", title: "is wrapped" },
    ]);
  });

  it("does not take a name for a test", () => {
    expect(isTested({ finding: 1, file: "test/docs/findings.test.ts", title: "no such title" })).to.equal(false);
    expect(isTested({ finding: 1, file: "test/docs/none.test.ts", title: "names only tests that exist" })).to.equal(
      false,
    );
  });
});
