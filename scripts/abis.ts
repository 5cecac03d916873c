// SPDX-License-Identifier: MIT
import { join } from "node:path";

import { writeFileAtomically } from "../src/files.ts";
import { PROJECT_ROOT } from "../src/setup/paths.ts";
import { runCommand } from "../tools/commandLine.ts";
import { ABIS, renderAbis } from "../tools/package/abis.ts";

const USAGE = `
node scripts/abis.ts   writes src/contracts/abis.ts from the contracts that Hardhat compiled; npm run build runs it
`;

await runCommand({ usage: USAGE }, () => {
  writeFileAtomically(join(PROJECT_ROOT, ABIS), renderAbis());
  return Promise.resolve();
});
