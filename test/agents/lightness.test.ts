// SPDX-License-Identifier: MIT
import { execFile } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

import { expect } from "chai";

import { PROJECT_ROOT } from "../../src/setup/paths.ts";

/** The modules that a fresh process loads with these files of `src`, as URLs. */
async function loadedBy(...files: readonly string[]): Promise<string[]> {
  const urls = files.map((file) => pathToFileURL(join(PROJECT_ROOT, "src", file)).href);
  const program = `
    import { registerHooks } from "node:module";
    const loaded = new Set();
    registerHooks({
      resolve(specifier, context, next) {
        const resolved = next(specifier, context);
        loaded.add(resolved.url);
        return resolved;
      },
    });
    for (const url of ${JSON.stringify(urls)}) await import(url);
    console.log(JSON.stringify([...loaded]));
    process.exit();
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program]);
  return JSON.parse(stdout) as string[];
}

const HEAVY =
  /\/node_modules\/(snarkjs|ffjavascript|circom|circom2|circom_runtime)\/|\/src\/(prover|setup\/(?!paths\.ts))/u;

describe("A wallet", () => {
  it("loads neither a prover nor a setup, with its index files of codec, crypto, ledger and chain", async () => {
    const loaded = await loadedBy(
      "codec/index.ts",
      "crypto/index.ts",
      "ledger/index.ts",
      "migration/index.ts",
      "b52/index.ts",
      "chain/index.ts",
      "agents/wallet.ts",
    );
    expect(loaded.some((url) => url.endsWith("/src/agents/wallet.ts"))).to.equal(true);
    expect(loaded.filter((url) => HEAVY.test(url))).to.deep.equal([]);
  });

  it("is lighter than the agents that prove", async () => {
    const loaded = await loadedBy("prover/index.ts");
    expect(loaded.some((url) => HEAVY.test(url))).to.equal(true);
  });
});
