// SPDX-License-Identifier: MIT
import { join } from "node:path";

import { clientReference } from "./client.ts";
import { contractReference } from "./contracts.ts";
import { formatted } from "./markdown.ts";
import { rpcReference } from "./rpc.ts";
import type { SolidityModel } from "./solidity.ts";

/** Contents of generated files, by path from the project's root. */
export type Generated = ReadonlyMap<string, string>;

/** Everything in docs/api. */
export async function generatedFolders(model: SolidityModel): Promise<Generated> {
  const files = new Map<string, string>();
  const add = async (folder: string, pages: Generated): Promise<void> => {
    for (const [page, content] of pages) {
      const path = join("docs", "api", folder, page);
      files.set(path, await formatted(content, path));
    }
  };
  await add("client", await clientReference());
  await add("contracts", contractReference(model));
  await add("rpc", rpcReference());
  return files;
}
