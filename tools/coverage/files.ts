// SPDX-License-Identifier: MIT
import { join } from "node:path";

import { BUILD } from "../../src/setup/paths.ts";

/** What the instrumented build leaves: where each file can be covered. */
export const POINTS = join(BUILD, "coverage", "points");

/** Contracts that a deployment uses: interfaces have no code, mocks stand in for others in tests. */
export const isMeasured = (path: string): boolean =>
  path.startsWith("contracts/") &&
  !path.startsWith("contracts/mocks/") &&
  !path.includes("/example/") &&
  !path.startsWith("contracts/interfaces/");
