// SPDX-License-Identifier: MIT
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { PROJECT_ROOT } from "../src/setup/paths.ts";
import { oneOf, runCommand } from "../tools/commandLine.ts";

const USAGE = `
npm run docs            writes the marked blocks of the documents, the plots, and the references in docs/api
npm run tables          writes the marked blocks alone, which is faster: tables and worked examples
npm run docs -- plots   draws the plots in docs/images alone
`;

await runCommand({ usage: USAGE, allowPositionals: true }, async ({ positionals }) => {
  for (const word of positionals) oneOf("argument", word, ["tables", "plots"]);
  const isAll = positionals.length === 0;
  if (isAll || positionals.includes("plots")) {
    const { plots } = await import("../tools/docs/plots/index.ts");
    write(plots());
  }
  if (!isAll && !positionals.includes("tables")) return;

  const { SolidityModel } = await import("../tools/docs/solidity.ts");
  const { documents } = await import("../tools/docs/tables.ts");
  const { workedDocuments } = await import("../tools/docs/worked/index.ts");
  const model = SolidityModel.ofProduction();
  write(await documents(model));
  write(await workedDocuments());
  if (!isAll) return;
  const { generatedFolders } = await import("../tools/docs/index.ts");
  const api = await generatedFolders(model);
  rmSync(join(PROJECT_ROOT, "docs", "api"), { recursive: true, force: true });
  write(api);
});

function write(files: ReadonlyMap<string, string>): void {
  for (const [path, content] of files) {
    mkdirSync(dirname(join(PROJECT_ROOT, path)), { recursive: true });
    writeFileSync(join(PROJECT_ROOT, path), content);
    console.log(path);
  }
}
