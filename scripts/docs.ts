import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { generatedFolders, type Generated } from "../src/docs/index.ts";
import { SolidityModel } from "../src/docs/solidity.ts";
import { documents } from "../src/docs/tables.ts";
import { PROJECT_ROOT } from "../src/setup/paths.ts";

/**
 * `npm run tables`: rewrites the marked blocks of the documents, from the snapshots and the contracts. `npm run docs`:
 * that, and the references of the client library and the contracts in docs/api.
 */
const write = (files: Generated): void => {
  for (const [path, content] of files) {
    mkdirSync(dirname(join(PROJECT_ROOT, path)), { recursive: true });
    writeFileSync(join(PROJECT_ROOT, path), content);
    console.log(path);
  }
};

const model = SolidityModel.ofProduction();
write(await documents(model));
if (process.argv[2] !== "tables") {
  const api = await generatedFolders(model);
  rmSync(join(PROJECT_ROOT, "docs", "api"), { recursive: true, force: true });
  write(api);
}
