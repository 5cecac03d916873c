// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";

/**
 * An assignment without a constraint, `signal <-- expression`, and the equations (`===`) of its template that bind the
 * signal: those that mention it, or, if there is none, those that mention what is computed from it by `<==`, which by
 * itself binds nothing.
 */
export interface Hint {
  readonly template: string;
  readonly signal: string;
  readonly assignment: string;
  readonly equations: readonly string[];
}

interface Template {
  readonly statements: readonly string[];
  readonly hints: readonly Hint[];
}

const HINT = /(?<!<)(<--|-->)/;
const EQUATION = /===/;
const DERIVATION = /<==|==>/;

/** The hints of every template that those named `mains` use, themselves included; sorted. */
export function hintsOf(files: readonly string[], mains: readonly string[]): Hint[] {
  return reachableHints(files.map((file) => readFileSync(file, "utf8")).join("\n"), mains);
}

/** Likewise, of Circom source. */
export function reachableHints(source: string, mains: readonly string[]): Hint[] {
  const templates = parse(source);
  const reached = new Set(mains);
  // A set's iteration goes on to what is added to it meanwhile.
  for (const name of reached) {
    const template = templates.get(name);
    if (template === undefined) throw new Error(`no template ${name}`);
    const words = new Set(template.statements.flatMap((statement) => statement.match(/\w+/g) ?? []));
    for (const word of words) if (templates.has(word)) reached.add(word);
  }
  return [...reached].sort().flatMap((name) => templates.get(name)?.hints ?? []);
}

/** Code between template heads, split where statements and blocks end. A function has no signals. */
function parse(source: string): Map<string, Template> {
  const code = source.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
  const pieces = code.split(/\b(?=template\s|function\s)/);
  const templates = new Map<string, Template>();
  for (const piece of pieces) {
    const name = /^template\s+(?:custom\s+|parallel\s+)*(\w+)/.exec(piece)?.[1];
    if (name === undefined) continue;
    const body = piece.slice(piece.indexOf("{"));
    const statements = body.split(/[;{}]/).map((statement) => statement.replace(/\s+/g, " ").trim());
    templates.set(name, { statements, hints: hintsIn(name, statements) });
  }
  return templates;
}

function hintsIn(template: string, statements: readonly string[]): Hint[] {
  return statements
    .filter((statement) => HINT.test(statement))
    .map((assignment) => {
      const [left = "", arrow, right = ""] = assignment.split(HINT);
      const signal = nameOf(arrow === "<--" ? left : right);
      return { template, signal, assignment, equations: equationsOn(signal, statements) };
    });
}

/** Breadth first, so that what is nearest to the signal is found alone. */
function equationsOn(signal: string, statements: readonly string[]): string[] {
  const followed = new Set([signal]);
  for (const name of followed) {
    const isMention = (text: string): boolean => new RegExp(`\\b${name}\\b`).test(text);
    const equations = statements.filter((statement) => EQUATION.test(statement) && isMention(statement));
    if (equations.length > 0) return equations;
    for (const statement of statements.filter((candidate) => DERIVATION.test(candidate))) {
      const [left = "", right = ""] = statement.split(DERIVATION);
      const [target, value] = statement.includes("<==") ? [left, right] : [right, left];
      if (isMention(value)) followed.add(nameOf(target));
    }
  }
  return [];
}

/** Of `signal output name[i]`, or of `name[i].member`: the name. */
function nameOf(target: string): string {
  const name = /\w+/.exec(target.replace(/^\s*signal\s+(?:(?:in|out)put\s+)?/, ""))?.[0];
  if (name === undefined) throw new Error(`no signal in "${target}"`);
  return name;
}
