import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import type { Generated } from "../tools/docs/index.ts";
import { PROJECT_ROOT } from "../src/setup/paths.ts";
import { oneOf, runCommand } from "../tools/commandLine.ts";

const USAGE = `
npm run docs      writes the marked blocks of the documents, and the references in docs/api
npm run tables    writes the marked blocks alone, which is faster
`;

await runCommand({ usage: USAGE, allowPositionals: true }, async ({ positionals }) => {
  for (const word of positionals) oneOf("argument", word, ["tables"]);
  const { SolidityModel } = await import("../tools/docs/solidity.ts");
  const { documents } = await import("../tools/docs/tables.ts");
  const model = SolidityModel.ofProduction();
  write(await documents(model));
  if (positionals.includes("tables")) return;
  const { generatedFolders } = await import("../tools/docs/index.ts");
  const api = await generatedFolders(model);
  rmSync(join(PROJECT_ROOT, "docs", "api"), { recursive: true, force: true });
  write(api);
});

function write(files: Generated): void {
  for (const [path, content] of files) {
    mkdirSync(dirname(join(PROJECT_ROOT, path)), { recursive: true });
    writeFileSync(join(PROJECT_ROOT, path), content);
    console.log(path);
  }
}
