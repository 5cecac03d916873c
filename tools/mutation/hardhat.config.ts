// SPDX-License-Identifier: MIT
import { join } from "node:path";

import base from "../../hardhat.config.ts";
import { BUILD } from "../../src/setup/paths.ts";

/** The project's configuration, with the mutated artifacts. */
export default { ...base, paths: { ...base.paths, artifacts: join(BUILD, "mutation", "artifacts") } };
