// SPDX-License-Identifier: MIT
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";

import { SolidityModel } from "../../tools/docs/solidity.ts";
import { PROJECT_ROOT } from "../../src/setup/paths.ts";

const read = (file: string): string => readFileSync(join(PROJECT_ROOT, file), "utf8");

/** Words in the form of a verb ("Returns") that are nouns. */
const NOUNS =
  /^(Addresses|Balances|Bits|Bytes|Circuits|Commitments|Exits|Leaves|Levels|Nodes|Operations|Proofs|Ranges|Seconds|Sizes|Slots|Tickets|Tokens|Words)$/;
const isVerb = (word: string): boolean => /^[A-Z][a-z]+s$/.test(word) && !NOUNS.test(word);

/** Words with which no description of a parameter or a result begins: it names a thing. */
const NO_NOUN =
  /^(Of|In|At|As|For|From|With|Without|Under|Below|Whether|Who|Whoever|What|Whatever|Where|When|Is|It|The same)\b/;

/** Phrases that a reader in a hurry has to read twice. */
const HARD = /\b(none of|but for|whoever|whatever)\b/i;

describe("Comments of contracts and circuits", () => {
  const contracts = globSync("contracts/**/*.sol", { cwd: PROJECT_ROOT }).sort();
  const circuits = globSync("circuits/**/*.circom", { cwd: PROJECT_ROOT }).sort();

  const matches = (files: readonly string[], pattern: RegExp, isBad: (text: string) => boolean): string[] =>
    files.flatMap((file) =>
      [...read(file).matchAll(pattern)]
        .map(([, text = ""]) => text)
        .filter(isBad)
        .map((text) => `${file}: ${text}`),
    );

  it("begin each notice with a verb in the present", () => {
    expect(matches(contracts, /@notice\s+(\S+)/g, (word) => !isVerb(word))).to.deep.equal([]);
    expect(["Returns", "Seconds", "What", "Hash"].map(isVerb)).to.deep.equal([true, false, false, false]);
  });

  it("begin each description of a parameter with a noun", () => {
    expect(matches(contracts, /@param \w+ (.*)/g, (text) => NO_NOUN.test(text))).to.deep.equal([]);
    expect(matches(contracts, /@return (.*)/g, (text) => NO_NOUN.test(text.replace(/^[a-z]\w* /, "")))).to.deep.equal(
      [],
    );
  });

  it("are recognised if they begin with another word than a noun, or have a hard phrase", () => {
    expect(["Of the round.", "Whether it is.", "Height of it."].map((text) => NO_NOUN.test(text))).to.deep.equal([
      true,
      true,
      false,
    ]);
    expect(HARD.test("None of them, but for one.")).to.equal(true);
  });

  it("have no phrase that has to be read twice", () => {
    expect(matches([...contracts, ...circuits], /^(.*)$/gm, (line) => HARD.test(line))).to.deep.equal([]);
  });
});

describe("Structs of more than three fields", () => {
  it("are built with named arguments in all production contracts", () => {
    const model = SolidityModel.ofProduction();
    const positional = [...model.visit(model.files)].filter(
      ({ node, file }) =>
        file.startsWith("contracts/") &&
        node["kind"] === "structConstructorCall" &&
        (node["arguments"] as readonly unknown[]).length > 3 &&
        (node["names"] as readonly string[]).length === 0,
    );
    expect(positional.map(({ node, file }) => `${file}: ${model.source({ node, file })}`)).to.deep.equal([]);
    const named = [...model.visit(model.files)].filter(({ node }) => node["kind"] === "structConstructorCall");
    expect(named).to.have.length.above(5);
  });
});
