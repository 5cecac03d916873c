// SPDX-License-Identifier: MIT
import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { expect } from "chai";

import * as library from "../../src/index.ts";
import { PROJECT_ROOT } from "../../src/setup/paths.ts";

const run = promisify(execFile);

/** Imports a module in a process in which no package of Hardhat can be found; gives what it was that was missing. */
async function importWithoutHardhat(module: string): Promise<string> {
  const script = `
    import { registerHooks } from "node:module";
    registerHooks({
      resolve(specifier, context, next) {
        if (/^(hardhat|@nomicfoundation\\/)/.test(specifier)) throw new Error("missing: " + specifier);
        return next(specifier, context);
      },
    });
    await import(${JSON.stringify(module)}).then(() => console.log("imported"), (error) => console.log(error.message));
    process.exit(0);
  `;
  const { stdout } = await run("node", ["--input-type=module", "--eval", script], { cwd: PROJECT_ROOT });
  return stdout.trim();
}

describe("The client library", () => {
  it("is imported where there is no Hardhat", async () => {
    expect(await importWithoutHardhat("./src/index.ts")).to.equal("imported");
    // The test can fail: a module that does need Hardhat is not imported.
    expect(await importWithoutHardhat("./tools/deployment/local.ts")).to.equal("missing: hardhat");
  });

  it("has what each of its users needs", () => {
    expect(library).to.include.all.keys("openRollup", "openProvider", "events", "waitFor", "after", "statusOf");
    expect(library).to.include.all.keys("Wallet", "createSigner", "escape", "Migrator", "operationOf");
    expect(library).to.include.all.keys("Sequencer", "Proposer", "Aggregator", "BootAggregator", "StakedProver");
    expect(library).to.include.all.keys("Transcript", "ProofTree", "createProver", "prepareAll");
  });
});
