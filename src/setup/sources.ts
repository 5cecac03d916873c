import { existsSync, readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";

import { ProtocolError } from "../errors.ts";
import { NODE_MODULES, PROJECT_ROOT } from "./paths.ts";

/** Where circom looks for an include after the folder of the including file (its `-l` options). */
export const LIBRARY_FOLDERS = [NODE_MODULES, PROJECT_ROOT] as const;

const COMMENTS = /\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;
const INCLUDES = /\binclude\s+"([^"]+)"\s*;/g;

/**
 * Reads a circom file and everything it includes, directly or not.
 *
 * @returns Content by path relative to the project's root, sorted by path.
 * @throws {ProtocolError} `CIRCUIT_INCLUDE_NOT_FOUND`.
 */
export function readSources(entry: string): ReadonlyMap<string, string> {
  const sources = new Map<string, string>();
  const visit = (path: string): void => {
    const name = relative(PROJECT_ROOT, path);
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
