// SPDX-License-Identifier: MIT
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

import solc from "solc";

import { NODE_MODULES, PROJECT_ROOT } from "../../src/setup/paths.ts";

/** A node of solc's syntax tree. Its further fields depend on `nodeType`. */
export interface AstNode {
  readonly id: number;
  readonly nodeType: string;
  /** `start:length:file`, in bytes. */
  readonly src: string;
  readonly name?: string;
  readonly [field: string]: unknown;
}

interface Output {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly sources: Readonly<Record<string, { readonly ast: AstNode }>>;
}

/** A node, and those that contain it, outermost first. */
export interface Visited {
  readonly node: AstNode;
  readonly parents: readonly AstNode[];
  /** Path of the file, from the project's root or from `node_modules`. */
  readonly file: string;
}

/** Files that are deployed: neither mocks nor examples. */
export const PRODUCTION_FILES: readonly string[] = globSync("contracts/**/*.sol", { cwd: PROJECT_ROOT })
  .filter((file) => !file.startsWith(join("contracts", "mocks")) && !file.includes("/example/"))
  .sort();

/** Syntax trees of contracts, from solc without code generation: seconds instead of the minutes of a build. */
export class SolidityModel {
  /** Path by path; the project's own and those that they import. */
  readonly files: readonly string[];
  readonly #asts: Output["sources"];
  readonly #texts: ReadonlyMap<string, Buffer>;
  readonly #byId = new Map<number, Visited>();

  private constructor({ sources }: Output, texts: ReadonlyMap<string, Buffer>) {
    this.files = Object.keys(sources);
    this.#asts = sources;
    this.#texts = texts;
    for (const visited of this.visit(this.files)) this.#byId.set(visited.node.id, visited);
  }

  static #production: { readonly text: string; readonly model: SolidityModel } | undefined;

  /** The production contracts; the same model for the same text, as it takes solc seconds. */
  static ofProduction(): SolidityModel {
    const sources = PRODUCTION_FILES.map((file) => [file, readFileSync(join(PROJECT_ROOT, file), "utf8")] as const);
    const text = JSON.stringify(sources);
    const known = SolidityModel.#production;
    if (known?.text === text) return known.model;
    const model = SolidityModel.of(new Map(sources));
    SolidityModel.#production = { text, model };
    return model;
  }

  /**
   * @param sources contents by path; their imports from packages are read from `node_modules`.
   * @throws {Error} if they do not compile
   */
  static of(sources: ReadonlyMap<string, string>): SolidityModel {
    const texts = new Map([...sources].map(([file, text]) => [file, Buffer.from(text)]));
    const input = {
      language: "Solidity",
      sources: Object.fromEntries([...sources].map(([file, content]) => [file, { content }])),
      settings: {
        evmVersion: "osaka",
        outputSelection: { "*": { "": ["ast"] } },
      },
    };
    const readImport = (path: string): { contents: string } | { error: string } => {
      const root = path.startsWith("contracts/") ? PROJECT_ROOT : NODE_MODULES;
      try {
        const text = readFileSync(join(root, path));
        texts.set(path, text);
        return { contents: text.toString() };
      } catch (error) {
        return { error: String(error) };
      }
    };
    const compile = solc.compile as (input: string, callbacks: { import: typeof readImport }) => string;
    const output = JSON.parse(compile(JSON.stringify(input), { import: readImport })) as Output;
    const errors = (output.errors ?? []).filter(({ severity }) => severity === "error");
    if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join("\n"));
    return new SolidityModel(output, texts);
  }

  /** Every node of these files, in the order of the text. */
  *visit(files: readonly string[]): Generator<Visited> {
    for (const file of files) {
      const ast = this.#asts[file]?.ast;
      if (ast !== undefined) yield* this.#descend(ast, [], file);
    }
  }

  *#descend(value: unknown, parents: readonly AstNode[], file: string): Generator<Visited> {
    if (Array.isArray(value)) {
      for (const item of value) yield* this.#descend(item, parents, file);
    } else if (isNode(value)) {
      yield { node: value, parents, file };
      const inner = [...parents, value];
      for (const field of Object.values(value)) yield* this.#descend(field, inner, file);
    } else if (typeof value === "object" && value !== null) {
      for (const field of Object.values(value)) yield* this.#descend(field, parents, file);
    }
  }

  /** The declaration that a name refers to. */
  declaration(id: unknown): Visited | undefined {
    return typeof id === "number" ? this.#byId.get(id) : undefined;
  }

  /** Source text of a node, on one line. */
  text(visited: Pick<Visited, "node" | "file">): string {
    return this.source(visited).replace(/\s+/g, " ");
  }

  /** Source text of a node, as it stands. */
  source({ node, file }: Pick<Visited, "node" | "file">): string {
    const [start = 0, length = 0] = node.src.split(":").map(Number);
    return (
      this.#texts
        .get(file)
        ?.subarray(start, start + length)
        .toString() ?? ""
    );
  }

  /** Lines of a file that are neither empty nor comment. */
  codeLines(file: string): number {
    const text = this.#texts.get(file)?.toString() ?? "";
    const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, "");
    return code.split("\n").filter((line) => line.trim() !== "").length;
  }
}

const isNode = (value: unknown): value is AstNode =>
  typeof value === "object" && value !== null && "nodeType" in value && "src" in value;

/** The contract and the function (or modifier) that a node is in; empty strings outside of them. */
export function whereIs({ parents }: Pick<Visited, "parents">): {
  readonly contract: string;
  readonly function: string;
} {
  const contract = parents.find(({ nodeType }) => nodeType === "ContractDefinition")?.name ?? "";
  const definition = functionOf({ parents });
  return { contract, function: definition === undefined ? "" : (definition.name ?? "") || String(definition["kind"]) };
}

/** The function or modifier that a node is in. */
export const functionOf = ({ parents }: Pick<Visited, "parents">): AstNode | undefined =>
  parents.find(({ nodeType }) => nodeType === "FunctionDefinition" || nodeType === "ModifierDefinition");
