// SPDX-License-Identifier: MIT
import { join } from "node:path";

import { writeFileAtomically } from "../src/files.ts";
import { PROJECT_ROOT } from "../src/setup/paths.ts";
import { runCommand } from "../tools/commandLine.ts";
import { ABIS, CUSTOM_ERRORS, renderAbis, renderCustomErrors } from "../tools/package/abis.ts";

const USAGE = `
node scripts/abis.ts   writes abis.ts and customErrors.ts in src/contracts from what Hardhat compiled; npm run build runs it
`;

await runCommand({ usage: USAGE }, () => {
  writeFileAtomically(join(PROJECT_ROOT, ABIS), renderAbis());
  writeFileAtomically(join(PROJECT_ROOT, CUSTOM_ERRORS), renderCustomErrors());
  return Promise.resolve();
});
