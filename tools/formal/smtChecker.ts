// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { join } from "node:path";

import solc from "solc";
import { init, killThreads } from "z3-solver";

import { PROJECT_ROOT } from "../../src/setup/paths.ts";

/** SMTChecker's verdict on an assertion or an arithmetic operation: whether it can fail. */
export type Verdict = "proven" | "not proven" | "violated";

export interface Target {
  readonly verdict: Verdict;
  /** From the project's root. */
  readonly file: string;
  /** Counts from 1. */
  readonly line: number;
  /** The compiler's, with a counterexample if there is one. */
  readonly message: string;
}

export interface Options {
  /** Of z3, for each query: how much work it may do. Counts its steps, so that the machine's speed does not matter. */
  readonly effort?: number;
  /** Replaces the source of the file. */
  readonly source?: string;
}

interface Answer {
  readonly query: string;
  readonly text: string;
}

interface CompilerMessage {
  readonly severity: string;
  readonly message: string;
  readonly formattedMessage: string;
  readonly sourceLocation?: { readonly file: string; readonly start: number };
}

/** Models in place of code that SMTChecker cannot read. Behaviour that they leave out is assumed (docs/adr/0028). */
const REMAPPINGS = [
  "@openzeppelin/contracts/utils/math/=test/formal/models/",
  "@prb/math/src/=test/formal/models/",
] as const;

/** No query depends on the answer to another: the second round has all answers. */
const MAX_ROUNDS = 4;

const DEFAULT_EFFORT = 3_000_000;

const z3 = new Map<"api", Awaited<ReturnType<typeof init>>>();

/**
 * Runs SMTChecker (engine BMC) on a contract of properties, with z3 as its solver: an assertion, or an operation that
 * overflows, in any of its functions, for all arguments that its `require` admits.
 *
 * @param file From the project's root.
 * @returns Every target with its verdict, in no particular order.
 * @throws {Error} if the file does not compile.
 */
export async function check(file: string, contract: string, options: Options = {}): Promise<Target[]> {
  const source = options.source ?? readFileSync(join(PROJECT_ROOT, file), "utf8");
  const input = JSON.stringify({
    language: "Solidity",
    sources: { [file]: { content: source } },
    settings: {
      remappings: REMAPPINGS,
      outputSelection: { "*": { "*": [] } },
      modelChecker: {
        engine: "bmc",
        contracts: { [file]: [contract] },
        solvers: ["smtlib2"],
        targets: ["assert", "overflow", "underflow", "divByZero"],
        showProvedSafe: true,
        showUnproved: true,
      },
    },
  });

  // The compiler asks synchronously, and z3 answers later: so it is run again with the answers to what it asked.
  const answers = new Map<string, Answer>();
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const open = new Map<string, string>();
    const messages = compile(input, (query) => {
      const key = keyOf(query);
      const answer = answers.get(key);
      if (answer === undefined) open.set(key, query);
      return answer === undefined ? "unknown" : inTermsOf(query, answer);
    });
    const error = messages.find(({ severity }) => severity === "error");
    if (error !== undefined) throw new Error(error.formattedMessage);
    if (open.size === 0) return messages.flatMap((message) => targetOf(message, file, source));
    for (const [key, query] of open) {
      answers.set(key, { query, text: await solve(query, options.effort ?? DEFAULT_EFFORT) });
    }
  }
  throw new Error(`SMTChecker still asks something new after ${MAX_ROUNDS} rounds`);
}

/** Ends z3's threads, which keep the process alive. */
export async function disposeSolver(): Promise<void> {
  const api = z3.get("api");
  z3.delete("api");
  if (api !== undefined) await killThreads(api.em);
}

function compile(input: string, answer: (query: string) => string): readonly CompilerMessage[] {
  const run = solc.compile as (input: string, callbacks: object) => string;
  const callbacks = {
    import: (path: string) => ({ contents: readFileSync(join(PROJECT_ROOT, path), "utf8") }),
    smtSolver: (query: string) => ({ contents: answer(query) }),
  };
  return (JSON.parse(run(input, callbacks)) as { errors?: CompilerMessage[] }).errors ?? [];
}

/** A line that names what a model is asked for: `(assert (= |EVALEXPR_3| x_7))`. */
const ASKED = /^\(assert \(= \|EVALEXPR_(\d+)\| (.*)\)\)$/gm;

/**
 * The same for the same query: the compiler declares names, numbers what it asks for, and puts together what holds at
 * once, in an order that changes from run to run.
 */
function keyOf(query: string): string {
  const lines = query.split("\n").filter((line) => !line.includes("EVALEXPR_"));
  return lines.map(withSortedConjunctions).sort().join("\n");
}

/** The same query, written the same in every run. */
function inFixedOrder(query: string): string {
  const lines = query.split("\n");
  const isVariable = (line: string): boolean => /^\(declare-(fun|const) /.test(line);
  const isLast = (line: string): boolean => line.includes("EVALEXPR_") || line.startsWith("(check-sat");
  const variables = lines.filter((line) => isVariable(line) && !isLast(line)).sort();
  const rest = lines.filter((line) => !isVariable(line) && !isLast(line)).map(withSortedConjunctions);
  const types = rest.filter((line) => !line.startsWith("(assert"));
  return [...types, ...variables, ...rest.filter((line) => line.startsWith("(assert")), ...lines.filter(isLast)].join(
    "\n",
  );
}

/** An S-expression in which the parts of each `and`, and of those in it, are sorted. */
function withSortedConjunctions(line: string): string {
  // A conjunction is the list of its parts until it is known where it stands.
  type Term = string | readonly string[];
  const written = (term: Term): string => (typeof term === "string" ? term : `(and ${[...term].sort().join(" ")})`);
  const open: Term[][] = [[]];
  for (const token of line.match(/\|[^|]*\||[()]|[^\s()|]+/g) ?? []) {
    if (token === "(") {
      open.push([]);
    } else if (token === ")") {
      const terms = open.pop() ?? [];
      const isConjunction = terms[0] === "and";
      open.at(-1)?.push(isConjunction ? terms.slice(1).flat() : `(${terms.map(written).join(" ")})`);
    } else {
      open.at(-1)?.push(token);
    }
  }
  return (open[0] ?? []).map(written).join(" ");
}

/** The answer, with the numbers of this query for what both ask for. */
function inTermsOf(query: string, answer: Answer): string {
  const numbers = new Map([...query.matchAll(ASKED)].map(([, number, expression]) => [expression, number]));
  const renumbered = new Map(
    [...answer.query.matchAll(ASKED)].map(([, old, expression]) => [old, numbers.get(expression)]),
  );
  return answer.text.replace(/EVALEXPR_(\d+)/g, (_, old: string) => `EVALEXPR_${renumbered.get(old) ?? old}`);
}

/** Whether z3 gets through hangs on the order of the query: it may try two. */
async function solve(query: string, effort: number): Promise<string> {
  const integers = asIntegers(query);
  const answer = await ask(inFixedOrder(integers), effort);
  return answer === "unknown" ? ask(integers, effort) : answer;
}

async function ask(query: string, effort: number): Promise<string> {
  const api = z3.get("api") ?? (await init());
  z3.set("api", api);
  const { Z3 } = api;
  const context = Z3.mk_context(Z3.mk_config());
  try {
    const answer = await Z3.eval_smtlib2_string(context, `(set-option :rlimit ${effort})\n${query}`);
    // Without a model, what the query asks of it is an error; a model whose values z3 does not find is no
    // counterexample.
    return /^(unsat|unknown)/.exec(answer)?.[0] ?? (answer.includes("(error") ? "unknown" : answer);
  } finally {
    Z3.del_context(context);
  }
}

const BITS = (name: string): string =>
  `\\(ite \\(>= (?<${name}>\\S+) 0\\) \\(\\(_ int2bv (?<${name}Width>\\d+)\\) \\k<${name}>\\) ` +
  `\\(bvneg \\(\\(_ int2bv \\k<${name}Width>\\) \\(- \\k<${name}>\\)\\)\\)\\)`;
const CAST = new RegExp(`\\(bv2nat ${BITS("x")}\\)`, "g");
const SHIFT = new RegExp(`\\(bv2nat \\(bvshl ${BITS("x")} ${BITS("y")}\\)\\)`, "g");

/**
 * The compiler writes a cast and a shift to the left as bit vectors, which z3 does not connect with the integers around
 * them. By the definition of `int2bv` a cast is a remainder; a shift is a product with one of 256 constants. The query
 * says the same.
 */
function asIntegers(query: string): string {
  const modulus = (width: string): bigint => 2n ** BigInt(width);
  return query
    .replace(SHIFT, (_, x: string, width: string, y: string) => {
      const m = modulus(width);
      const cases = Array.from(
        { length: Number(width) },
        (_, i) => `(ite (= (mod ${y} ${m}) ${i}) (mod (* ${x} ${2n ** BigInt(i)}) ${m}) `,
      );
      return `${cases.join("")}0${")".repeat(cases.length)}`;
    })
    .replace(CAST, (_, x: string, width: string) => `(mod ${x} ${modulus(width)})`);
}

function targetOf(
  { message, formattedMessage, sourceLocation }: CompilerMessage,
  file: string,
  source: string,
): Target[] {
  const verdict = verdictOf(message);
  if (verdict === undefined || sourceLocation === undefined) return [];
  const isOwn = sourceLocation.file === file;
  const text = isOwn ? source : readFileSync(join(PROJECT_ROOT, sourceLocation.file), "utf8");
  // The compiler counts bytes.
  const before = Buffer.from(text).subarray(0, sourceLocation.start).toString();
  return [{ verdict, file: sourceLocation.file, line: before.split("\n").length, message: formattedMessage }];
}

function verdictOf(message: string): Verdict | undefined {
  if (message.includes("check is safe!")) return "proven";
  if (message.includes("might happen here.")) return "not proven";
  if (message.includes("happens here.")) return "violated";
  // No other message about a target is a proof of it.
  return /Error during interaction|unknown/.test(message) ? "not proven" : undefined;
}
