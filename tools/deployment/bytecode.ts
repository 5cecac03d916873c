// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";

import { artifacts } from "hardhat";
import { concat, dataLength, getAddress, getBytes, hexlify, keccak256, type InterfaceAbi } from "ethers";

import { ToolError } from "../errors.ts";

interface Reference {
  readonly start: number;
  readonly length: number;
}

type References = Readonly<Record<string, readonly Reference[]>>;

/** Code as the compiler left it, and where a deployment fills it in. Positions are in bytes. */
interface Template {
  readonly code: string;
  /** By name. */
  readonly immutables: References;
  /** By library. */
  readonly libraries: References;
}

/** The compiler's output for a contract. */
export interface Compiled {
  readonly name: string;
  readonly abi: InterfaceAbi;
  readonly creation: Template;
  readonly runtime: Template;
}

/**
 * Creation code, without arguments, with the addresses of its libraries.
 *
 * @param libraries addresses by name; others than it needs may be among them
 * @throws {ToolError} `MISSING_LIBRARY`
 */
export function link({ name, creation }: Compiled, libraries: Readonly<Record<string, string>>): string {
  const bytes = Buffer.from(creation.code.slice(2), "hex");
  for (const [library, places] of Object.entries(creation.libraries)) {
    const address = libraries[library];
    if (address === undefined) {
      throw new ToolError("MISSING_LIBRARY", { contract: name, library }, `${name} needs ${library}`);
    }
    for (const { start } of places) bytes.set(getBytes(address), start);
  }
  return hexlify(bytes);
}

/** Values in code on a chain, read at the positions of a template. */
export interface ReadCode {
  /**
   * keccak256 of the code and of the template, both with zeros at those positions; equal if the code is the template's.
   */
  readonly hash: string;
  readonly expectedHash: string;
  /** 32 bytes each. */
  readonly immutables: Readonly<Record<string, string>>;
  readonly libraries: Readonly<Record<string, string>>;
}

/** Where solc notes a library's own address, which code that is called directly compares itself with. */
const LIBRARY_ADDRESS = "library_deploy_address";
/** The same in code of the legacy pipeline, which is not noted: PUSH20 of zeros, as the first instruction. */
const LEGACY_LIBRARY = /^0x73(?:00){20}30/u;

const compiled = new Map<string, Promise<Compiled>>();

/** Reads what Hardhat compiled, once. @param name of a contract that has no namesake */
export function readCompiled(name: string): Promise<Compiled> {
  const known = compiled.get(name) ?? load(name);
  compiled.set(name, known);
  return known;
}

async function load(name: string): Promise<Compiled> {
  const artifact = await artifacts.readArtifact(name);
  const { buildInfoId = "", immutableReferences = {} } = artifact;
  const names = await immutableNames(buildInfoId);
  const immutables = Object.entries(immutableReferences).map(([id, references]): [string, readonly Reference[]] => [
    names.get(id) ?? id,
    references,
  ]);
  if (LEGACY_LIBRARY.test(artifact.deployedBytecode)) immutables.push([LIBRARY_ADDRESS, [{ start: 1, length: 20 }]]);
  return {
    name,
    abi: artifact.abi,
    creation: {
      code: unlinked(artifact.bytecode),
      immutables: {},
      libraries: byLibrary(artifact.linkReferences),
    },
    runtime: {
      code: unlinked(artifact.deployedBytecode),
      immutables: Object.fromEntries(immutables),
      libraries: byLibrary(artifact.deployedLinkReferences),
    },
  };
}

/**
 * Compares code with a template, and reads what a deployment filled in; nothing is read if the length is another.
 *
 * @param code without anything behind it, such as constructor arguments
 * @throws {ToolError} `CODE_DIFFERS` if two places of one name hold different values
 */
export function readCode(name: string, template: Template, code: string): ReadCode {
  if (dataLength(code) !== dataLength(template.code)) {
    return { hash: keccak256(code), expectedHash: keccak256(template.code), immutables: {}, libraries: {} };
  }
  const read = (references: References): Record<string, string> =>
    Object.fromEntries(
      Object.entries(references).map(([what, places]) => {
        const values = new Set(places.map(({ start, length }) => slice(code, start, length)));
        const [value, other] = values;
        if (value === undefined || other !== undefined) {
          throw new ToolError(
            "CODE_DIFFERS",
            { contract: name },
            `${name} holds several values of ${what}: ${[...values].join(", ")}`,
          );
        }
        return [what, value];
      }),
    );
  const places = placesOf(template);
  return {
    hash: keccak256(masked(code, places)),
    expectedHash: keccak256(masked(template.code, places)),
    immutables: read(template.immutables),
    libraries: Object.fromEntries(
      Object.entries(read(template.libraries)).map(([library, address]) => [library, getAddress(address)]),
    ),
  };
}

/** By text: to read a word of code as bytes, ethers reads all of the code. */
const slice = (code: string, start: number, length: number): string =>
  `0x${code.slice(2 + 2 * start, 2 + 2 * (start + length))}`;

/** Whether code is a template's, whatever a deployment filled in. */
export function isFrom(template: Template, code: string): boolean {
  if (dataLength(code) !== dataLength(template.code)) return false;
  const places = placesOf(template);
  return keccak256(masked(code, places)) === keccak256(masked(template.code, places));
}

const placesOf = ({ immutables, libraries }: Template): Reference[] =>
  [...Object.values(immutables), ...Object.values(libraries)].flat();

/** The code with zeros at the given places. */
function masked(code: string, places: readonly Reference[]): Uint8Array {
  const bytes = Buffer.from(code.slice(2), "hex");
  for (const { start, length } of places) bytes.fill(0, start, start + length);
  return bytes;
}

/** Placeholders of libraries become zeros, so that the code is hexadecimal. */
const unlinked = (code: string): string => hexlify(concat([code.replace(/__\$[0-9a-f]{34}\$__/gu, "0".repeat(40))]));

const byLibrary = (links: Readonly<Record<string, References>>): References =>
  Object.fromEntries(Object.values(links).flatMap((libraries) => Object.entries(libraries)));

type Names = ReadonlyMap<string, string>;

/** By build. */
const immutables = new Map<string, Promise<Names>>();

/** Names of the immutables of a compilation, by their ids in the syntax tree. Reads its output, of many megabytes, once. */
function immutableNames(buildInfoId: string): Promise<Names> {
  const known = immutables.get(buildInfoId) ?? readImmutableNames(buildInfoId);
  immutables.set(buildInfoId, known);
  return known;
}

async function readImmutableNames(buildInfoId: string): Promise<Names> {
  const path = await artifacts.getBuildInfoOutputPath(buildInfoId);
  if (path === undefined) {
    throw new ToolError("NOT_COMPILED", { buildInfoId }, `the output of build ${buildInfoId} is not there`);
  }
  const { output } = JSON.parse(readFileSync(path, "utf8")) as {
    readonly output: { readonly sources: Readonly<Record<string, { readonly ast: unknown }>> };
  };
  const names = new Map<string, string>();
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    const { nodeType, mutability, id, name } = node as Readonly<Record<string, unknown>>;
    if (nodeType === "VariableDeclaration" && mutability === "immutable") names.set(String(id), String(name));
    Object.values(node).forEach(visit);
  };
  for (const { ast } of Object.values(output.sources)) visit(ast);
  return names;
}

/**
 * The constants of at least 24 bytes that code pushes, as 32 bytes in hexadecimal. Data behind the code may add others.
 */
export function pushedWords(code: string): ReadonlySet<string> {
  const bytes = Buffer.from(code.slice(2), "hex");
  const words = new Set<string>();
  for (let i = 0; i < bytes.length; i++) {
    const size = (bytes[i] ?? 0) - 0x5f;
    if (size < 1 || size > 32) continue;
    if (size >= 24) words.add(bytes.toString("hex", i + 1, i + 1 + size).padStart(64, "0"));
    i += size;
  }
  return words;
}
