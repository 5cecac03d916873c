// SPDX-License-Identifier: MIT
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";
import ts from "typescript";

import { isProtocolError, ProtocolError, type ErrorCode, type ErrorData } from "../src/errors.ts";
import { toUint } from "../src/field.ts";
import { PROJECT_ROOT } from "../src/setup/paths.ts";

interface Code {
  readonly name: string;
  readonly docstring: string;
}

function sourcesOf(folder: string): ts.SourceFile[] {
  return readdirSync(join(PROJECT_ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => join(PROJECT_ROOT, folder, file))
    .map((path) => ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true));
}

function visit(node: ts.Node, take: (node: ts.Node) => void): void {
  take(node);
  ts.forEachChild(node, (child) => {
    visit(child, take);
  });
}

/** The members of an interface of codes. */
function codesOf(sources: readonly ts.SourceFile[], name: string): Code[] {
  const codes: Code[] = [];
  for (const source of sources) {
    visit(source, (node) => {
      if (!ts.isInterfaceDeclaration(node) || node.name.text !== name) return;
      for (const member of node.members) {
        const [docstring] = ts.getJSDocCommentsAndTags(member);
        codes.push({ name: member.name?.getText() ?? "", docstring: docstring?.getText() ?? "" });
      }
    });
  }
  return codes;
}

/** The codes with which errors are made: first arguments of `new …Error(…)` and of `super(…)` that are a text. */
function thrownIn(sources: readonly ts.SourceFile[]): Set<string> {
  const thrown = new Set<string>();
  for (const source of sources) {
    visit(source, (node) => {
      const isError = ts.isNewExpression(node) && node.expression.getText().endsWith("Error");
      const isSuper = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.SuperKeyword;
      const [first] = isError || isSuper ? (node.arguments ?? []) : [];
      if (first !== undefined && ts.isStringLiteral(first)) thrown.add(first.text);
    });
  }
  return thrown;
}

/** The codes that docstrings name in `@throws`. */
function documentedIn(sources: readonly ts.SourceFile[]): Set<string> {
  const named = new Set<string>();
  for (const source of sources) {
    for (const [tag] of source.text.matchAll(/@throws \{(Protocol|Tool)Error\}(?:(?!@|\*\/)[^])*/gu)) {
      for (const [, code = ""] of tag.matchAll(
        /`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|REVERTED|REPLACED|REORGANISED|ABORTED)`/gu,
      )) {
        named.add(code);
      }
    }
  }
  return named;
}

const library = sourcesOf("src");
const commands = [...sourcesOf("tools"), ...sourcesOf("scripts")];
const codes = codesOf(library, "ErrorData");
const toolCodes = codesOf(commands, "ToolErrorData");
const namesOf = (list: readonly Code[]): string[] => list.map(({ name }) => name);

describe("Codes of errors", () => {
  it("are all thrown by the library, and those of commands by a command", () => {
    expect(codes).to.have.length.above(50);
    const thrown = thrownIn(library);
    expect(namesOf(codes).filter((code) => !thrown.has(code))).to.deep.equal([]);
    const thrownByCommands = thrownIn(commands);
    expect(namesOf(toolCodes).filter((code) => !thrownByCommands.has(code))).to.deep.equal([]);
  });

  it("each have a sentence that says when they are thrown", () => {
    const silent = [...codes, ...toolCodes].filter(({ docstring }) => !/^\/\*\*\s+\*?\s*[A-Z].+\./su.test(docstring));
    expect(namesOf(silent)).to.deep.equal([]);
  });

  it("exist if a docstring names them", () => {
    const known = new Set(namesOf([...codes, ...toolCodes]));
    const documented = documentedIn([...library, ...commands]);
    expect(documented.size).to.be.greaterThan(50);
    expect([...documented].filter((code) => !known.has(code))).to.deep.equal([]);
  });
});

describe("isProtocolError", () => {
  const error: unknown = (() => {
    try {
      return toUint(256n, 8, "byte");
    } catch (thrown) {
      return thrown;
    }
  })();

  it("narrows an error to its code, so that its data are typed", () => {
    if (!isProtocolError(error, "OUT_OF_RANGE")) throw new Error("it is another error");
    const { name, value, minimum, maximum }: ErrorData["OUT_OF_RANGE"] = error.data;
    expect({ name, value, minimum, maximum }).to.deep.equal({ name: "byte", value: 256n, minimum: 0n, maximum: 255n });
    const code: "OUT_OF_RANGE" = error.code;
    expect(code).to.equal("OUT_OF_RANGE");
  });

  it("narrows an error of several codes to each of them", () => {
    if (!isProtocolError(error, "OUT_OF_RANGE", "BAD_LENGTH")) throw new Error("it is another error");
    expect(error.code === "OUT_OF_RANGE" ? error.data.maximum : error.data.expected).to.equal(255n);
  });

  it("accepts one of several codes, or any", () => {
    expect(isProtocolError(error, "BAD_LENGTH", "OUT_OF_RANGE")).to.equal(true);
    expect(isProtocolError(error)).to.equal(true);
    expect(isProtocolError(error, "BAD_LENGTH")).to.equal(false);
    expect(isProtocolError(new Error("other"))).to.equal(false);
  });

  it("belongs to an error that takes the data of its code only", () => {
    // @ts-expect-error: these are the data of another code
    const wrong = new ProtocolError("BAD_LENGTH", { node: 1 }, "wrong data");
    // @ts-expect-error: there is no such code
    const unknown: ErrorCode = "NO_SUCH_CODE";
    expect([wrong.code, unknown]).to.deep.equal(["BAD_LENGTH", "NO_SUCH_CODE"]);
  });
});
