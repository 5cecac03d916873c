// SPDX-License-Identifier: MIT
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";

import { loadCircuits } from "../../src/setup/circuits.ts";
import { NODE_MODULES, PROJECT_ROOT } from "../../src/setup/paths.ts";
import { type Hint, hintsOf, reachableHints } from "../helpers/hints.ts";
import { expectSnapshot } from "../helpers/snapshot.ts";

const CIRCUITS = join(PROJECT_ROOT, "circuits");
const CIRCOMLIB = join(NODE_MODULES, "circomlib", "circuits");

const unbound = (hints: readonly Hint[]): string[] =>
  hints.filter(({ equations }) => equations.length === 0).map(({ template, signal }) => `${template}.${signal}`);

describe("circuits: hints (`<--`)", () => {
  const ours = globSync("**/*.circom", { cwd: CIRCUITS }).map((file) => join(CIRCUITS, file));
  const theirs = globSync("**/*.circom", { cwd: CIRCOMLIB }).map((file) => join(CIRCOMLIB, file));
  const mains = loadCircuits("production").map(({ template }) => template);
  const hints = hintsOf([...ours, ...theirs], mains);

  it("are each bound by an equation of their template, circomlib's as well", () => {
    expect(unbound(hints)).to.deep.equal([]);
  });

  it("have the equations of the snapshot", () => {
    const list = Object.fromEntries(
      hints.map(({ template, assignment, equations }) => [`${template}: ${assignment}`, equations]),
    );
    expectSnapshot("hints", list);
  });

  it("are all seen: of ours, every arrow of the text", () => {
    const text = ours.map((file) => readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "")).join("\n");
    const arrows = text.match(/<--|-->/g) ?? [];
    const own = new Set(ours.map((file) => file.slice(file.lastIndexOf("/") + 1, -".circom".length)));
    expect(hints.filter(({ template }) => own.has(template))).to.have.length(arrows.length);
  });

  it("without an equation are found, whichever way the arrow points, and in templates that are used by others", () => {
    const source = `
      template Part() { signal input a; signal output b; signal c; signal d; a + 1 --> b; d <== b * b;
        d === a; c <-- a; signal e <== c; /* c === a; */ }
      template Unused() { signal d; d <-- 1; }
      template Main() { signal input e; signal f[2]; component part = Part(); part.a <== e;
        for (var i = 0; i < 2; i++) { f[i] <-- e; } // f[0] === e;
      }`;
    expect(unbound(reachableHints(source, ["Main"]))).to.deep.equal(["Main.f", "Part.c"]);
  });
});
