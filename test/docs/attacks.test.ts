// SPDX-License-Identifier: MIT
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";

import { PROJECT_ROOT } from "../../src/setup/paths.ts";

interface Evidence {
  /** Title of the attack. */
  readonly attack: string;
  /** End of the path of a test file, without its extension. */
  readonly file: string;
  /** Parts of titles in it. */
  readonly titles: readonly string[];
}

/** Attacks of docs/b52.md §9, with the tests that each names. */
function attacksOf(text: string): { readonly attack: string; readonly evidence: readonly Evidence[] }[] {
  const section = text.slice(text.indexOf("\n## 9. Attacks"), text.indexOf("\n## 10. Builders"));
  return section
    .split(/\n(?=\*\*)/)
    .slice(1)
    .filter((entry) => !entry.startsWith("**Example"))
    .map((entry) => {
      const attack = /^\*\*([^*]+)\.\*\*/.exec(entry)?.[1] ?? entry;
      const tests = /- Tests: ((?:.|\n(?! *\n|[-<#*]))*)/.exec(entry)?.[1]?.replace(/\s+/g, " ") ?? "";
      const evidence = [...tests.matchAll(/`([\w/]+)`(?: \(([^)]*)\))?/g)].map(([, file, titles = ""]) => ({
        ...{ attack, file: file! },
        titles: [...titles.matchAll(/"([^"]+)"/g)].map(([, title]) => title!),
      }));
      return { attack, evidence };
    });
}

/** Whether a test file of this name has all these titles. */
const isTested = ({ file, titles }: Evidence): boolean =>
  globSync(`test/**/${file}.test.ts`, { cwd: PROJECT_ROOT }).some((path) => {
    const text = readFileSync(join(PROJECT_ROOT, path), "utf8");
    return titles.every((title) => text.includes(title));
  });

describe("Attacks on B52", () => {
  const attacks = attacksOf(readFileSync(join(PROJECT_ROOT, "docs/b52.md"), "utf8"));

  it("each have a test that exists, or are a known limit", () => {
    expect(attacks.length).to.equal(43);
    const untested = attacks.filter(({ evidence }) => evidence.length === 0).map(({ attack }) => attack);
    expect(untested).to.deep.equal(["Gifted work"]);
    const evidence = attacks.flatMap((attack) => attack.evidence);
    expect(evidence.filter((item) => !isTested(item))).to.deep.equal([]);
  });

  it("are not believed without a test", () => {
    expect(isTested({ attack: "", file: "slashing", titles: ["no such title"] })).to.equal(false);
    expect(isTested({ attack: "", file: "no/such/file", titles: [] })).to.equal(false);
  });
});

describe("Attacks on elections", () => {
  const files = globSync("docs/elections/*.md", { cwd: PROJECT_ROOT }).sort();
  const tests = globSync(["test/contracts/elections/*.test.ts", "test/lab/*.test.ts"], { cwd: PROJECT_ROOT })
    .map((path) => readFileSync(join(PROJECT_ROOT, path), "utf8"))
    .join("\n");

  /** Attacks of an election, each with the parts of titles in quotes. */
  const attacksOfElection = (path: string): { readonly attack: string; readonly titles: readonly string[] }[] => {
    const text = readFileSync(join(PROJECT_ROOT, path), "utf8");
    const [, section = ""] = /\n## \d+\. Attacks\n(.*?)\n## /su.exec(text) ?? [];
    const entries = section.split(/\n(?=(?:- )?\*\*)/u).slice(1);
    return entries.map((entry) => ({
      attack: /\*\*([^*]+)\*\*/u.exec(entry)![1]!,
      titles: [...entry.replace(/\s+/gu, " ").matchAll(/"([^"]+)"/gu)].map(([, title]) => title!),
    }));
  };

  it("have ten documents", () => {
    expect(files).to.have.lengthOf(10);
  });

  for (const path of files) {
    it(`${path}: each attack names tests that exist`, () => {
      const attacks = attacksOfElection(path);
      expect(attacks.length).to.be.at.least(7);
      expect(attacks.filter(({ titles }) => titles.length === 0).map(({ attack }) => attack)).to.deep.equal([]);
      const titles = attacks.flatMap((attack) => attack.titles);
      expect(titles.filter((title) => !tests.includes(title))).to.deep.equal([]);
    });
  }
});
