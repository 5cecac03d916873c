// SPDX-License-Identifier: GPL-3.0-or-later
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { PROJECT_ROOT } from "../projectRoot.ts";

export { PROJECT_ROOT };

/** Absolute path of the folder that has the package `circomlib`, which the circuits include. */
export const NODE_MODULES = dirname(dirname(createRequire(import.meta.url).resolve("circomlib/package.json")));

/** Absolute path of everything that this project generates from its own circuits (not committed). */
export const BUILD = join(PROJECT_ROOT, "build");

/**
 * Path of a module in the folder of another one, for a process of its own: TypeScript in the repository, JavaScript in
 * the package.
 *
 * @param name without extension
 * @param from `import.meta.url` of the module that asks
 */
export const siblingModule = (name: string, from: string): string =>
  fileURLToPath(new URL(`./${name}${extname(from)}`, from));
