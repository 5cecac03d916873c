// SPDX-License-Identifier: MIT
import { rmSync } from "node:fs";
import { join } from "node:path";

import { PROJECT_ROOT } from "../src/setup/paths.ts";
import { runCommand } from "../tools/commandLine.ts";
import { finishDeclarations, stateLicences } from "../tools/package/declarations.ts";
import { runAll } from "../tools/programs.ts";

const USAGE = `
npm run package   compiles the library into dist
npm run prepack   the same; npm pack runs it

The package has compiled JavaScript with declarations, the explorer, the circuits, and the contracts. docs/client.md says how
to use it.
`;

await runCommand({ usage: USAGE }, async () => {
  rmSync(join(PROJECT_ROOT, "dist"), { recursive: true, force: true });
  const code = await runAll([
    ["hardhat", "build", "--no-tests", "--quiet"],
    ["node", "scripts/abis.ts"],
    ["tsc", "--project", "tsconfig.package.json"],
  ]);
  if (code !== 0) return code;
  finishDeclarations();
  stateLicences();
  const { buildExplorer } = await import("../tools/explorer/build.ts");
  await buildExplorer(join(PROJECT_ROOT, "dist", "explorer"));
  return 0;
});
