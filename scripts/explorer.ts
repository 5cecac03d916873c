// SPDX-License-Identifier: MIT
import { runCommand } from "../tools/commandLine.ts";
import { buildExplorer } from "../tools/explorer/build.ts";

/** `npm run build` and `npm run node` do the same. */
const USAGE = "node scripts/explorer.ts   bundles the explorer into build/explorer, which a node of this clone serves";

await runCommand({ usage: USAGE }, async () => {
  await buildExplorer();
});
