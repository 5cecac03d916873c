// SPDX-License-Identifier: MIT
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";

import { PROJECT_ROOT } from "../../src/setup/paths.ts";
import { breachesOfCode, breachesOfMarkdown, CODE, DOCUMENTS } from "../../tools/docs/language.ts";

/** Sentences that stay, with the reason. Documents that are generated break the rule where their source does. */
const EXCEPTIONS: readonly { readonly file: string; readonly sentence: RegExp; readonly reason: string }[] = [
  {
    file: "CONTRIBUTING.md",
    sentence: /has "none of" or "but for"/,
    reason: "the rule has to name the words that it forbids",
  },
  {
    file: "CHANGELOG.md",
    sentence: /lists sentences with "none of", with "but for"/,
    reason: "the entry names the words that are counted",
  },
];

/** Files with reasons for people, as values of objects. */
const REASONS = ["docs/audit.json", "test/mutation/equivalent.json"];

/** All texts in a JSON value. */
const textsOf = (value: unknown): string[] =>
  typeof value === "string" ? [value] : Object.values(value as object).flatMap(textsOf);

const documents = globSync(DOCUMENTS.include, { cwd: PROJECT_ROOT, exclude: DOCUMENTS.exclude }).sort();
const rulesIn = (text: string): string[] => breachesOfMarkdown(text).map(({ rule }) => rule);

describe("The language of the documents", () => {
  it("has no sentence that breaks a rule of prose, other than the exceptions", () => {
    const found = documents.flatMap((file) =>
      breachesOfMarkdown(readFileSync(join(PROJECT_ROOT, file), "utf8"))
        .filter(({ sentence }) => !EXCEPTIONS.some((known) => known.file === file && known.sentence.test(sentence)))
        .map(({ line, rule, sentence }) => `${file}:${line}: ${rule}: ${sentence}`),
    );
    expect(found).to.deep.equal([]);
    expect(documents.length).to.be.greaterThan(60);
  });

  it("is that of the reasons in JSON files, too, from which tables are generated", () => {
    const found = REASONS.flatMap((file) =>
      textsOf(JSON.parse(readFileSync(join(PROJECT_ROOT, file), "utf8"))).flatMap((text) =>
        breachesOfMarkdown(text).map(({ rule, sentence }) => `${file}: ${rule}: ${sentence}`),
      ),
    );
    expect(found).to.deep.equal([]);
  });

  it("is that of all comments and test names", () => {
    const sources = globSync(CODE.include, { cwd: PROJECT_ROOT, exclude: CODE.exclude });
    const found = sources.flatMap((file) =>
      breachesOfCode(readFileSync(join(PROJECT_ROOT, file), "utf8")).map(
        ({ line, rule, sentence }) => `${file}:${line}: ${rule}: ${sentence}`,
      ),
    );
    expect(found).to.deep.equal([]);
    expect(sources.length).to.be.greaterThan(500);
  });

  it("has each exception that is listed here", () => {
    const unused = EXCEPTIONS.filter(
      ({ file, sentence }) =>
        !breachesOfMarkdown(readFileSync(join(PROJECT_ROOT, file), "utf8")).some((breach) =>
          sentence.test(breach.sentence),
        ),
    );
    expect(unused).to.deep.equal([]);
  });

  it("is read sentence by sentence, in paragraphs, lists, cells and quotations", () => {
    expect(rulesIn("All pay. Whoever proves is\npaid.")).to.deep.equal(["subject"]);
    expect(rulesIn("It returns; what is left burns.")).to.deep.equal(["subject"]);
    expect(rulesIn("- one\n- **What** is left burns\n1. who asks pays\n> Who asks pays.")).to.have.lengthOf(3);
    expect(rulesIn("| a | b |\n| --- | --- |\n| x | whatever it is |")).to.deep.equal(["subject"]);
    expect(rulesIn("It is none\nof the next, but for one.")).to.deep.equal(["none of", "but for"]);
    expect(breachesOfMarkdown("# A\n\nFine.\n\nWho `x` asks, [pays](y.md).")).to.deep.equal([
      { rule: "subject", line: 5, sentence: "Who `code` asks, pays." },
    ]);
  });

  it("is not accused of questions, labels, headings, code, generated blocks and adverbial clauses", () => {
    for (const innocent of [
      "Who may ask? Anybody.",
      "Who: the prover.",
      "## What a node knows",
      "| What it does | b |\n| --- | --- |\n| x | y |",
      "```sh\nWhat is this\n```",
      "Run `what is` it.",
      "<!-- cost -->\n\nWhat is generated is generated.\n\n<!-- /cost -->",
      "Whatever a token does, the escape goes on.",
      "It says what is left, and who is paid.",
      "It answers these: who may prove, how they are paid, and why.",
      "It pays not for the batch but for the leaf.",
    ]) {
      expect(rulesIn(innocent), innocent).to.deep.equal([]);
    }
  });

  it("is read in comments and names of tests, and not in strings", () => {
    const code = [
      "/** @notice Pays. @param who Who is paid. @dev None of them. */",
      "// What is left",
      "// is burned.",
      'it("whoever proves is paid", () => {});',
      'const text = "What is no comment is not read."; // but for this',
      'const patterns = ["demo/*.ts", \'it("who asks")\'];',
      "// None of this hides behind a pattern.",
    ].join("\n");
    expect(breachesOfCode(code).map(({ rule, line }) => [rule, line])).to.deep.equal([
      ["subject", 1],
      ["none of", 1],
      ["subject", 2],
      ["subject", 4],
      ["but for", 5],
      ["none of", 7],
    ]);
  });
});
