// SPDX-License-Identifier: MIT
import { Linter } from "eslint";
import { expect } from "chai";
import tseslint from "typescript-eslint";

import { throwsTag } from "../../tools/lint/throwsTag.mjs";

const CONFIG: Linter.Config = {
  files: ["**/*.ts"],
  languageOptions: { parser: tseslint.parser },
  plugins: { local: { rules: { "throws-tag": throwsTag } } },
  rules: { "local/throws-tag": "error" },
};

/** The rule's complaints about a piece of code. */
const complaints = (code: string): (string | undefined)[] =>
  new Linter().verify(code, [CONFIG], "example.ts").map(({ messageId, message }) => messageId ?? message);

const THROWS = 'throw new ProtocolError("NOT_LATE", {}, "words");';

describe("The rule for @throws", () => {
  it("accepts a class with a code, a function or any code, and other classes with a sentence", () => {
    for (const tag of [
      "{ProtocolError} `NOT_LATE`",
      "{ProtocolError} as `sync`",
      "{ProtocolError} of any code for what differs",
      "{UsageError}",
      "{Error} if the file does not compile",
    ]) {
      expect(complaints(`/** @throws ${tag} */ export function f() { return 1; }`), tag).to.deep.equal([]);
    }
  });

  it("refuses a tag without a class in braces, or without a code where there are many", () => {
    for (const tag of ["ProtocolError `NOT_LATE`", "if it fails", "{ProtocolError}", "{ToolError} if it fails"]) {
      expect(complaints(`/** @throws ${tag} */ export function f() { return 1; }`), tag).to.deep.equal(["form"]);
    }
  });

  it("asks for the code in the docstring of what others may call", () => {
    for (const code of [
      `export function f() { ${THROWS} }`,
      `/** Does it. */ export const f = () => { ${THROWS} };`,
      `/** @throws {ProtocolError} \`OTHER\` */ export function f() { ${THROWS} }`,
      `export class C { f() { ${THROWS} } }`,
    ]) {
      expect(complaints(code), code).to.deep.equal(["missing"]);
    }
  });

  it("leaves alone what is internal, and what names its code", () => {
    for (const code of [
      `function f() { ${THROWS} }`,
      `export class C { #f() { ${THROWS} } }`,
      `export class C { /** @throws {ProtocolError} \`NOT_LATE\` */ f() { ${THROWS} } }`,
      `/** Does it. @throws {ProtocolError} \`NOT_LATE\` */ export const f = () => { ${THROWS} };`,
    ]) {
      expect(complaints(code), code).to.deep.equal([]);
    }
  });
});
