import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Absolute path of the folder with `circuits` and `package.json`: the project's root, or the installed package. */
export const PROJECT_ROOT = findRoot(dirname(fileURLToPath(import.meta.url)));

/** Absolute path of the folder that has the package `circomlib`, which the circuits include. */
export const NODE_MODULES = dirname(dirname(createRequire(import.meta.url).resolve("circomlib/package.json")));

/** Absolute path of everything that this project generates from its own circuits (not committed). */
export const BUILD = join(PROJECT_ROOT, "build");

function findRoot(folder: string): string {
  if (existsSync(join(folder, "circuits", "circuits.json")) && existsSync(join(folder, "package.json"))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error("the folder `circuits` of decentralised-sequencing is missing");
  return findRoot(parent);
}
