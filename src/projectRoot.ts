// SPDX-License-Identifier: MIT
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Absolute path of the folder with `circuits` and `package.json`: the project's root, or the installed package. */
export const PROJECT_ROOT = findRoot(dirname(fileURLToPath(import.meta.url)));

function findRoot(folder: string): string {
  if (existsSync(join(folder, "circuits", "circuits.json")) && existsSync(join(folder, "package.json"))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error("the folder `circuits` of decentralised-sequencing is missing");
  return findRoot(parent);
}
