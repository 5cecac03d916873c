import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Absolute path of the project's root folder. */
export const PROJECT_ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Absolute path of the npm packages. */
export const NODE_MODULES = join(PROJECT_ROOT, "node_modules");

/** Absolute path of everything that is generated from the circuits (not committed). */
export const BUILD = join(PROJECT_ROOT, "build");
