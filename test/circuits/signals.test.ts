// SPDX-License-Identifier: MIT
import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { promisify, stripVTControlCharacters } from "node:util";

import { expect } from "chai";

import { BUILD, PROJECT_ROOT } from "../../src/setup/paths.ts";
import { DEVELOPMENT_CIRCUITS } from "../helpers/circuitInputs.ts";

const MERGE_UNUSED: Readonly<Record<string, string>> = {
  "CompConstant num2bits.out": "circomlib compares by one bit of a sum",
  "EscalarMulAny segments[1].dbl": "only the first segment's last doubling is continued",
  "EscalarMulFix segments[0].dbl": "only for scalars of more than one segment",
  ...Object.fromEntries([0, 1, 2].map((i) => [`Merge line[${i}].lines`, "the ids 248 … 255, which are no tickets"])),
};

// Each is a signal that a template computes and does not need. No missing check would use one of them.
const UNUSED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  leaf: {
    "CompConstant num2bits.out": "circomlib compares by one bit of a sum",
    "LessThan n2b.out": "the difference is decomposed for its top bit",
    "EscalarMulAny segments[1].dbl": "only the first segment's last doubling is continued",
    "EscalarMulFix segments[0].dbl": "only for scalars of more than one segment",
    "Covers difference.out": "the difference is decomposed for its top bit",
    "FitsBalance bits.out": "the sum is decomposed for its top bit",
    "DecompressKey bits.out": "x is decomposed for its parity",
    "DecompressKey doubling[2].yout": "x alone tells the identity in the subgroup",
    "Leaf headerBits.out": "the timestamp: no rule uses it",
  },
  escape: {},
  join: { "Join countBits.out": "the count is decomposed for its range" },
  chain: { "Chain countBits.out": "the count is decomposed for its range" },
  migration: {
    "CompConstant num2bits.out": "circomlib compares by one bit of a sum",
    "EscalarMulAny segments[1].dbl": "only the first segment's last doubling is continued",
    "EscalarMulFix segments[0].dbl": "only for scalars of more than one segment",
    "AccountKey doubling[2].yout": "x alone tells the identity in the subgroup",
    "ArrivalSlot balanceBits.out": "the balance is decomposed for its range",
    "ArrivalSlot ownerBits.out": "the owner is decomposed for its range",
    "ArrivalSlot xBits.out": "x is decomposed for its parity",
    "ApplyMove slot.tipMantissaBits": "a move has no tip",
    "ApplyMove slot.tipExponentBits": "a move has no tip",
    "ApplyMove slot.amount": "a move takes all there is",
  },
  merge: MERGE_UNUSED,
  drawnMerge: {
    ...MERGE_UNUSED,
    "LessThan n2b.out": "the difference is decomposed for its top bit",
    "ElectedVote hashBits.out": "an output is the low bits of a hash",
    "DrawBase rootBits.out": "the root is decomposed for its parity",
  },
};

// Any other warning counts as well: that of a `<--` which could be `<==`, for instance.
describe("circuits: signals", () => {
  for (const { name, file, template, params } of Object.values(DEVELOPMENT_CIRCUITS)) {
    it(`of ${name} are all used but those known to be unneeded`, async () => {
      const folder = join(BUILD, "test-circuits");
      mkdirSync(folder, { recursive: true });
      const main = join(folder, "inspected.circom");
      const include = relative(folder, join(PROJECT_ROOT, file));
      const instance = `${template}(${params.join(", ")})`;
      writeFileSync(main, `pragma circom 2.2.2;\ninclude "${include}";\ncomponent main = ${instance};\n`);
      const compiler = createRequire(import.meta.url).resolve("circom2/cli.js");
      const args = [relative(PROJECT_ROOT, main), "--inspect", "--O0", "-l", "node_modules", "-l", "./"];
      const { stdout, stderr } = await promisify(execFile)(process.execPath, [compiler, ...args], {
        cwd: PROJECT_ROOT,
      });
      const output = stripVTControlCharacters(stdout + stderr);
      expect(output).to.include("Everything went okay");

      const warnings = output.split("\n").filter((line) => line.startsWith("warning"));
      const found = warnings.map((line) => {
        const [, within, signal] = /In template "(\w+)\(.*?(?:signals?) ([\w[\].]+) (?:contains|does)/.exec(line) ?? [];
        return within === undefined ? line : `${within} ${signal}`;
      });
      expect([...new Set(found)]).to.have.members(Object.keys(UNUSED[name]!));
    });
  }
});
