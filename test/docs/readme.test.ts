// SPDX-License-Identifier: MIT
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";

import { PROJECT_ROOT } from "../../src/setup/paths.ts";

const read = (path: string): string => readFileSync(join(PROJECT_ROOT, path), "utf8");
const README = read("README.md");

describe("The README", () => {
  it("shows of the demo only what the demo says", () => {
    const excerpt = /```text\n(═══[\s\S]*?)```/.exec(README)?.[1] ?? "";
    const said = globSync("demo/*.ts", { cwd: PROJECT_ROOT }).map(read).join("\n");
    const lines = excerpt
      .split("\n")
      .map((line) => line.replace(/^\[\d+\/\d+\] | *✔ /, "").trim())
      .filter((line) => line !== "" && !line.startsWith("═══"));
    expect(lines.length).to.be.greaterThan(8);
    // A contract's answer is not a text of the demo.
    const unsaid = lines.filter((line) => !said.includes(line) && !line.endsWith("ProofsRejected()"));
    expect(unsaid).to.deep.equal([]);
  });

  it("names each command of package.json, and no other", () => {
    const { scripts } = JSON.parse(read("package.json")) as { readonly scripts: Readonly<Record<string, string>> };
    const named = new Set(
      [...README.matchAll(/npm (?:run (?:--silent )?)?([a-z][\w:]*)/g)].map(([, command]) => command!),
    );
    // Commands of npm itself.
    for (const own of ["run", "pack", "install"]) {
      named.delete(own);
    }
    // npm itself calls `prepack`.
    const commands = Object.keys(scripts).filter((command) => command !== "prepack");
    expect(commands.filter((command) => !named.has(command))).to.deep.equal([]);
    expect([...named].filter((command) => !commands.includes(command))).to.deep.equal([]);
  });

  it("names folders that are there", () => {
    const folders = [...README.matchAll(/^\| `([\w/]+)` +\|/gm)].map(([, folder]) => folder!);
    expect(folders.length).to.be.greaterThan(8);
    const there = globSync("*/", { cwd: PROJECT_ROOT }).map((folder) => folder.replace(/\/$/, ""));
    expect(folders.filter((folder) => !there.includes(folder))).to.deep.equal([]);
  });
});
