// SPDX-License-Identifier: MIT
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { expect } from "chai";

import { PROJECT_ROOT } from "../../src/setup/paths.ts";

const PROCESSES = 4;

/** Builds without waiting for others, once all processes are ready, and appends when it began and ended. */
const PROGRAM = `
import { appendFileSync, existsSync, writeFileSync } from "node:fs";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import { buildLock } from "${join(PROJECT_ROOT, "tools/solidity/buildLock.ts")}";

const [folder, name, solc] = process.argv.slice(1);
const note = (event) => appendFileSync(folder + "/log", event + " " + name + "\\n");
const witness = {
  id: "witness",
  hookHandlers: {
    solidity: async () => ({
      default: async () => ({
        async build(context, files, options, next) {
          note("begin");
          const result = await next(context, files, options);
          await new Promise((resolve) => setTimeout(resolve, 50));
          note("end");
          return result;
        },
      }),
    }),
  },
};
const hre = await createHardhatRuntimeEnvironment(
  { plugins: [witness, buildLock], solidity: { version: "0.8.37", path: solc } },
  {},
  folder,
);
writeFileSync(folder + "/ready-" + name, "");
for (let i = 0; i < ${PROCESSES}; i++) {
  while (!existsSync(folder + "/ready-" + i)) await new Promise((resolve) => setTimeout(resolve, 5));
}
await hre.tasks.getTask("build").run({ quiet: true });
`;

describe("buildLock", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "build-lock-"));
    mkdirSync(join(folder, "contracts"));
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(
      join(folder, "contracts", "Small.sol"),
      "// SPDX-License-Identifier: MIT\npragma solidity 0.8.37;\ncontract Small { uint256 public value; }",
    );
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it(`lets ${PROCESSES} processes that build in one tree do so one after another`, async function () {
    this.timeout(120_000);
    const solc = createRequire(import.meta.url).resolve("solc/soljson.js");
    const build = (name: number) =>
      promisify(execFile)(process.execPath, ["--input-type=module", "-e", PROGRAM, folder, String(name), solc], {
        cwd: PROJECT_ROOT,
      });
    await Promise.all(Array.from({ length: PROCESSES }, (_, i) => build(i)));

    const log = readFileSync(join(folder, "log"), "utf8").trim().split("\n");
    expect(log).to.have.length(2 * PROCESSES);
    for (let i = 0; i < log.length; i += 2) {
      const [, name] = log[i]!.split(" ");
      expect(log.slice(i, i + 2)).to.deep.equal([`begin ${name}`, `end ${name}`]);
    }
    expect(existsSync(join(folder, "cache", "build.lock"))).to.equal(false);
  });
});
