// SPDX-License-Identifier: MIT
import { runCommand } from "../tools/commandLine.ts";

/** `npm run build` and `npm run node` do the same. */
const USAGE = "node scripts/explorer.ts   bundles the explorer into build/explorer, which a node of this clone serves";

await runCommand({ usage: USAGE }, async () => {
  const { buildExplorer } = await import("../tools/explorer/build.ts");
  await buildExplorer();
});
