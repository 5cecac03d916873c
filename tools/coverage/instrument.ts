// SPDX-License-Identifier: MIT
import { createHash } from "node:crypto";

import { addStatementCoverageInstrumentation, latestSupportedSolidityVersion } from "@nomicfoundation/edr";
import solc from "solc";

/** Where a file can be covered. Lines count from 1; tags are what EDR reports when the point is passed, in hex. */
export interface Points {
  readonly statements: readonly { readonly line: number; readonly tag: string }[];
  /** Each operand of a condition: `yes` is passed when it is true, `no` when it is false. */
  readonly branches: readonly {
    readonly line: number;
    readonly text: string;
    readonly yes: string;
    readonly no: string;
  }[];
}

interface Node {
  readonly nodeType: string;
  readonly src: string;
  readonly [key: string]: unknown;
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** The library that every instrumented file imports: a condition goes through `passed`, and keeps its value. */
export const BRANCH_LIBRARY = "__Branches.sol";

export const branchLibrary = (hitLibrary: string): string => `// SPDX-License-Identifier: MIT
pragma solidity >=0.8.0;
import "${hitLibrary}";
library __Branches {
    function passed(bool condition, uint256 yes, uint256 no) internal pure returns (bool) {
        if (condition) __NomicFoundationCoverage.sendHit(yes);
        else __NomicFoundationCoverage.sendHit(no);
        return condition;
    }
}
`;

/**
 * Solidity source in which every statement says that it is passed (Hardhat's instrumentation), and every operand of a
 * condition says which way it goes (ours): of `if`, `for`, `while`, `?:`, `&&` and `||`. Lines stay where they are.
 *
 * @param path Tells the points of one file from those of another.
 */
export function instrument(path: string, original: string): { source: string; points: Points } {
  // Its parser is not of the newest compiler's version, whose syntax is the same.
  const version = latestSupportedSolidityVersion();
  const { source: withStatements, metadata } = addStatementCoverageInstrumentation(original, path, version);
  const statements = metadata.map(({ tag, startUtf16, endUtf16 }) => {
    const text = original.slice(startUtf16, endUtf16);
    const start = startUtf16 + text.length - text.trimStart().length;
    return { line: lineAt(original, start), tag: Buffer.from(tag).toString("hex") };
  });

  // The compiler counts bytes.
  const bytes = Buffer.from(withStatements);
  const operands = conditionsOf(parse(withStatements)).sort((a, b) => a.start - b.start || b.end - a.end);
  const branches = operands.map(({ start, end }, index) => ({
    line: lineAt(bytes.toString("utf8", 0, start), start),
    text: bytes.toString("utf8", start, end).replace(/\s+/g, " "),
    yes: tagOf(path, index, true),
    no: tagOf(path, index, false),
  }));
  const inserted = operands.flatMap(({ start, end }, index) => [
    { at: start, order: 0, text: "__Branches.passed(" },
    // Of two that end in one place, the inner one, which starts later, is closed first.
    { at: end, order: -start, text: `, 0x${branches[index]!.yes}, 0x${branches[index]!.no})` },
  ]);
  inserted.sort((a, b) => a.at - b.at || a.order - b.order);
  const pieces: string[] = [];
  let position = 0;
  for (const { at, text } of inserted) {
    pieces.push(bytes.toString("utf8", position, at), text);
    position = at;
  }
  pieces.push(bytes.toString("utf8", position));
  if (operands.length > 0) pieces.push(`\nimport "${BRANCH_LIBRARY}";\n`);
  return { source: pieces.join(""), points: { statements, branches } };
}

const lineAt = (text: string, position: number): number => text.slice(0, position).split("\n").length;

const tagOf = (path: string, index: number, outcome: boolean): string =>
  createHash("sha256").update(`${path} ${index} ${outcome}`).digest("hex");

function parse(content: string): Node {
  const input = {
    language: "Solidity",
    sources: { file: { content } },
    settings: { stopAfter: "parsing", outputSelection: { "*": { "": ["ast"] } } },
  };
  const output = JSON.parse((solc.compile as (input: string) => string)(JSON.stringify(input))) as {
    readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
    readonly sources?: { readonly file: { readonly ast: Node } };
  };
  const error = output.errors?.find(({ severity }) => severity === "error");
  if (error !== undefined || output.sources === undefined) throw new Error(error?.formattedMessage ?? "no syntax tree");
  return output.sources.file.ast;
}

/** The operands of all conditions in the bodies of functions and modifiers: elsewhere nothing is executed. */
function conditionsOf(root: Node): Range[] {
  const found = new Map<string, Range>();
  const visit = (value: unknown, isBody: boolean): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item, isBody);
      return;
    }
    if (!isNode(value)) return;
    if (isBody) for (const operand of operandsOf(value)) found.set(operand.src, rangeOf(operand));
    for (const [key, child] of Object.entries(value)) {
      const isFunction = value.nodeType === "FunctionDefinition" || value.nodeType === "ModifierDefinition";
      visit(child, isBody || (isFunction && key === "body"));
    }
  };
  visit(root, false);
  return [...found.values()];
}

/**
 * The operands that decide a condition, found by splitting it at `&&`, `||`, `!` and parentheses. Empty if the node
 * neither decides nor combines conditions.
 */
function operandsOf(node: Node): Node[] {
  if (node.nodeType === "BinaryOperation") return isLogical(node) ? split(node) : [];
  const decides = ["IfStatement", "WhileStatement", "DoWhileStatement", "ForStatement", "Conditional"];
  return decides.includes(node.nodeType) && isNode(node["condition"]) ? split(node["condition"]) : [];
}

function split(expression: Node): Node[] {
  const { nodeType, components, subExpression, leftExpression, rightExpression } = expression;
  if (isLogical(expression)) return [leftExpression, rightExpression].filter(isNode).flatMap(split);
  if (nodeType === "UnaryOperation" && expression["operator"] === "!" && isNode(subExpression)) {
    return split(subExpression);
  }
  if (nodeType === "TupleExpression" && Array.isArray(components)) return components.filter(isNode).flatMap(split);
  return [expression];
}

const isLogical = (node: Node): boolean =>
  node.nodeType === "BinaryOperation" && (node["operator"] === "&&" || node["operator"] === "||");

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && "nodeType" in value;

function rangeOf({ src }: Node): Range {
  const [start = 0, length = 0] = src.split(":").map(Number);
  return { start, end: start + length };
}
