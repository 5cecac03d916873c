// SPDX-License-Identifier: MIT
import { spawn } from "node:child_process";
import { once } from "node:events";

import { PROJECT_ROOT } from "../src/setup/paths.ts";

/** Runs programs of packages one after another, up to the first that fails. @returns its exit code, or 0 */
export async function runAll(commands: readonly (readonly [string, ...string[]])[]): Promise<number> {
  for (const [program, ...args] of commands) {
    const child = spawn(program, args, { cwd: PROJECT_ROOT, stdio: "inherit" });
    const [code] = (await once(child, "close")) as [number | null];
    if (code !== 0) return code ?? 1;
  }
  return 0;
}
