// SPDX-License-Identifier: MIT
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { MultiProcessMutex } from "@nomicfoundation/hardhat-utils/synchronization";
import type { SolidityHooks } from "hardhat/types/hooks";
import type { HardhatPlugin } from "hardhat/types/plugins";

/** Longer than the slowest build that was seen, 6 minutes beside other work. In milliseconds. */
const PATIENCE = 30 * 60_000;

/**
 * Lets one process at a time build in a tree. Hardhat writes its cache to a file with a fixed name, and renames it: of
 * two processes that end a build in the same moment, `npm run lint` beside `npm test`, one did not find its file.
 * A lock of a process that was killed is broken.
 */
export const buildLock: HardhatPlugin = {
  id: "build-lock",
  hookHandlers: { solidity: () => Promise.resolve({ default: () => Promise.resolve(solidityHooks) }) },
};

const solidityHooks: Partial<SolidityHooks> = {
  async build(context, files, options, next) {
    const { cache } = context.config.paths;
    mkdirSync(cache, { recursive: true });
    return new MultiProcessMutex(join(cache, "build.lock"), PATIENCE).use(() => next(context, files, options));
  },
};
