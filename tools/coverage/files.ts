// SPDX-License-Identifier: MIT
import { join } from "node:path";

import { BUILD } from "../../src/setup/paths.ts";

/** Folder that the instrumented build writes to: for each source a file with the places that tests can cover. */
export const POINTS = join(BUILD, "coverage", "points");

/** Contracts that a deployment uses: interfaces have no code, mocks stand in for others in tests. */
export const isMeasured = (path: string): boolean =>
  path.startsWith("contracts/") &&
  !path.startsWith("contracts/mocks/") &&
  !path.includes("/example/") &&
  !path.startsWith("contracts/interfaces/");
