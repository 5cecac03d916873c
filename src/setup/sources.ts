// SPDX-License-Identifier: GPL-3.0-or-later
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";

import { ProtocolError } from "../errors.ts";
import { NODE_MODULES, PROJECT_ROOT } from "./paths.ts";

/** Where an include is looked for after the folder of the including file. */
const LIBRARY_FOLDERS = [NODE_MODULES, PROJECT_ROOT] as const;

const COMMENTS = /\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;
const INCLUDES = /\binclude\s+"([^"]+)"\s*;/g;

/** Name of the folder that has the packages in the paths that `readSources` gives, wherever they are installed. */
export const PACKAGES = "node_modules";

/**
 * Reads a circom file and everything it includes, directly or not.
 *
 * @param entry absolute path
 * @returns content by path relative to the project's root, packages under `PACKAGES`; sorted by path
 * @throws {ProtocolError} `CIRCUIT_INCLUDE_NOT_FOUND`
 */
export function readSources(entry: string): ReadonlyMap<string, string> {
  const sources = new Map<string, string>();
  const visit = (path: string): void => {
    const name = sourceName(path);
    if (sources.has(name)) return;
    const source = readFileSync(path, "utf8");
    sources.set(name, source);
    for (const [, include] of source.replace(COMMENTS, "").matchAll(INCLUDES)) {
      if (include !== undefined) visit(resolveInclude(include, path));
    }
  };
  visit(entry);
  return new Map([...sources].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Where a source stands in the tree that circom is shown. */
export const sourceName = (path: string): string =>
  path.startsWith(NODE_MODULES + sep) && !path.startsWith(join(PROJECT_ROOT, "circuits"))
    ? join(PACKAGES, relative(NODE_MODULES, path))
    : relative(PROJECT_ROOT, path);

function resolveInclude(include: string, includedFrom: string): string {
  const candidates = [dirname(includedFrom), ...LIBRARY_FOLDERS].map((folder) => resolve(folder, include));
  const found = candidates.find((candidate) => existsSync(candidate));
  if (found === undefined) {
    throw new ProtocolError(
      "CIRCUIT_INCLUDE_NOT_FOUND",
      { include, includedFrom },
      `${includedFrom} includes ${include}, which does not exist`,
    );
  }
  return found;
}

/**
 * Source of a circuit with everything that it includes.
 *
 * @param file as in `CircuitDefinition`
 * @returns content by path; circomlib's under `node_modules`
 * @throws {ProtocolError} `CIRCUIT_INCLUDE_NOT_FOUND`
 */
export const circuitSources = (file: string): ReadonlyMap<string, string> => readSources(resolve(PROJECT_ROOT, file));
