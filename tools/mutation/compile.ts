// SPDX-License-Identifier: MIT
import { createHash } from "node:crypto";
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, posix } from "node:path";

import { BUILD, NODE_MODULES, PROJECT_ROOT } from "../../src/setup/paths.ts";
import { type Input, type Node, type Rewriting, mutateSolidity } from "./solidity.ts";

const solc = createRequire(import.meta.url)("solc") as { compile(input: string): string };

/** Where everything goes that mutation testing writes, but the report. */
export const MUTATION_BUILD = join(BUILD, "mutation");

const CACHE = join(MUTATION_BUILD, "compiled");

export type Sources = Readonly<Record<string, string>>;

type LinkReferences = Readonly<Record<string, Readonly<Record<string, { start: number; length: number }[]>>>>;

export interface Bytecode {
  readonly object: string;
  readonly linkReferences: LinkReferences;
}

export interface Contract {
  readonly abi: readonly { readonly type: string; readonly name?: string }[];
  readonly evm: { readonly bytecode: Bytecode; readonly deployedBytecode: Bytecode };
}

interface Output {
  readonly errors?: readonly CompilerError[];
  readonly sources?: Readonly<Record<string, { readonly ast: Node }>>;
  readonly contracts?: Readonly<Record<string, Readonly<Record<string, Contract>>>>;
}

interface CompilerError {
  readonly severity: string;
  readonly type: string;
  readonly formattedMessage: string;
  readonly sourceLocation?: { readonly file: string; readonly start: number; readonly end: number };
}

/**
 * As the project's, but the optimiser only prunes: the code is four times as large as what is deployed, and its gas does
 * not matter.
 */
const SETTINGS = {
  evmVersion: "osaka",
  viaIR: true,
  optimizer: {
    enabled: true,
    runs: 1,
    details: { yul: true, yulDetails: { stackAllocation: true, optimizerSteps: "u:" } },
  },
};

/** Sources of the project, and what they import, by the names they have in imports. */
export function readSources(patterns: readonly string[]): Sources {
  const files = patterns.flatMap((pattern) => globSync(pattern, { cwd: PROJECT_ROOT }));
  return closure(files, (name) => {
    const own = join(PROJECT_ROOT, name);
    return readFileSync(existsSync(own) ? own : join(NODE_MODULES, name), "utf8");
  });
}

const reachable = (sources: Sources, file: string): Sources => closure([file], (name) => sources[name]!);

function closure(files: readonly string[], read: (name: string) => string): Sources {
  const sources: Record<string, string> = {};
  const queue = [...files];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (sources[name] !== undefined) continue;
    const source = read(name);
    sources[name] = source;
    for (const [, imported] of source.matchAll(/^import\s[^;]*?"([^"]+)"[^;]*;/gm)) {
      queue.push(imported!.startsWith(".") ? posix.join(posix.dirname(name), imported!) : imported!);
    }
  }
  return Object.fromEntries(Object.entries(sources).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function parse(sources: Sources): Readonly<Record<string, Node>> {
  const { sources: parsed } = run(sources, { "*": { "": ["ast"] } });
  return Object.fromEntries(Object.entries(parsed ?? {}).map(([file, { ast }]) => [file, ast]));
}

/** Creation and runtime code of the contracts in a file, kept in `build/mutation` by the hash of what it is made of. */
export function compile(sources: Sources, file: string): Readonly<Record<string, Contract>> {
  const used = reachable(sources, file);
  const cached = join(CACHE, `${createHash("sha256").update(JSON.stringify(used)).digest("hex")}.json`);
  if (existsSync(cached)) return JSON.parse(readFileSync(cached, "utf8")) as Record<string, Contract>;
  const outputs = ["evm.bytecode", "evm.deployedBytecode"].flatMap((code) => [
    `${code}.object`,
    `${code}.linkReferences`,
  ]);
  const contracts = run(used, { [file]: { "*": ["abi", ...outputs] } }).contracts?.[file] ?? {};
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(cached, JSON.stringify(contracts));
  return contracts;
}

/**
 * Mutates until everything compiles: mutants that the compiler refuses, such as a number where an address is wanted, do
 * not count.
 * @param mutates Whether a file is to be mutated.
 */
export function mutate(sources: Sources, mutates: (file: string) => boolean): Rewriting {
  const asts = parse(sources);
  const inputs: Record<string, Input> = {};
  for (const [file, ast] of Object.entries(asts)) {
    if (isRewritten(file)) inputs[file] = { source: sources[file]!, ast, mutates: mutates(file) };
  }
  const discarded = new Set<string>();
  for (;;) {
    const result = mutateSolidity(inputs, discarded);
    const rewriting = { ...result, sources: withoutTraces({ ...sources, ...result.sources }) };
    const errors = errorsOf(output(rewriting.sources, { "*": { "": ["ast"] } }));
    if (errors.length === 0) return rewriting;
    const before = discarded.size;
    for (const error of errors) {
      for (const id of mutantsAt(rewriting.sources, error)) {
        for (const sibling of rewriting.siblings.get(id) ?? []) discarded.add(rewriting.places.get(sibling)!);
      }
    }
    const isWrong = errors.some(({ type }) => type !== "TypeError");
    if (isWrong || discarded.size === before) throw new Error(errors.map((error) => error.formattedMessage).join("\n"));
  }
}

/**
 * Makes every Solidity test use a cheatcode after which EDR does not run a failing one again: the trace of one with many
 * calls takes more memory than there is.
 */
function withoutTraces(sources: Sources): Sources {
  const base = "test/contracts/helpers/Test.sol";
  const source = sources[base];
  if (source === undefined) return sources;
  const head = /abstract contract Test [^{]*{/;
  if (!head.test(source)) throw new Error(`${base} has no contract Test`);
  return { ...sources, [base]: source.replace(head, "$& constructor() { vm.unixTime(); }") };
}

/** The project's contracts, and the package whose modifiers they use. */
const isRewritten = (file: string): boolean => file.startsWith("contracts/") || file.includes("/ReentrancyGuard");

/** Ids of the mutants to which the compiler objects: the first inside of what it names, or that which contains it. */
function mutantsAt(sources: Sources, { sourceLocation: location }: CompilerError): number[] {
  if (location === undefined) return [];
  const source = Buffer.from(sources[location.file]!);
  const inside = /mutant\((\d+)\)/.exec(source.subarray(location.start, location.end).toString());
  const outside = [
    ...source
      .subarray(0, location.start)
      .toString()
      .matchAll(/mutant\((\d+)\)/g),
  ].at(-1);
  const found = inside ?? outside;
  return found === undefined ? [] : [Number(found[1])];
}

function run(sources: Sources, outputSelection: unknown): Output {
  const result = output(sources, outputSelection);
  const errors = errorsOf(result);
  if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join("\n"));
  return result;
}

function output(sources: Sources, outputSelection: unknown): Output {
  const named = Object.fromEntries(Object.entries(sources).map(([file, content]) => [file, { content }]));
  const input = { language: "Solidity", sources: named, settings: { ...SETTINGS, outputSelection } };
  return JSON.parse(solc.compile(JSON.stringify(input))) as Output;
}

const errorsOf = ({ errors }: Output): CompilerError[] => (errors ?? []).filter(({ severity }) => severity === "error");
