// SPDX-License-Identifier: MIT
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";

import { getCoverageLibrary } from "@nomicfoundation/edr/coverage";
import type { SolidityHooks } from "hardhat/types/hooks";

import { PROJECT_ROOT } from "../../src/setup/paths.ts";
import { BRANCH_LIBRARY, branchLibrary, instrument } from "./instrument.ts";
import { isMeasured, POINTS } from "./files.ts";

/** Instruments what is measured, and writes where its points are to `POINTS`, a file for each. */
export default (): Promise<Partial<SolidityHooks>> =>
  Promise.resolve({
    async preprocessProjectFileBeforeBuilding(context, sourceName, fsPath, fileContent, solcVersion, next) {
      const path = relative(PROJECT_ROOT, fsPath).split(sep).join("/");
      const content = await next(context, sourceName, fsPath, fileContent, solcVersion);
      if (!isMeasured(path)) return content;
      const { source, points } = instrument(path, content);
      const file = join(POINTS, `${path}.json`);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, JSON.stringify(points));
      return source;
    },

    async preprocessSolcInputBeforeBuilding(context, input, next) {
      const content = branchLibrary(getCoverageLibrary().filename);
      return next(context, { ...input, sources: { ...input.sources, [BRANCH_LIBRARY]: { content } } });
    },
  });
