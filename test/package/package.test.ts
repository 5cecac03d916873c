// SPDX-License-Identifier: MIT
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";

import { expect } from "chai";
import { build } from "esbuild";
import solc from "solc";

import { BUILD, NODE_MODULES, PROJECT_ROOT } from "../../src/setup/paths.ts";
import { ABIS, CUSTOM_ERRORS, renderAbis, renderCustomErrors } from "../../tools/package/abis.ts";
import { startNode } from "../helpers/localNode.ts";

const require = createRequire(import.meta.url);
const run = promisify(execFile);

type Compile = (input: string, callbacks: { import: (path: string) => { contents: string } }) => string;

const FOLDER = join(BUILD, "test", `package-${process.pid}`);
const LIMIT = 250_000;

/** Runs a program in the folder where the package is installed. */
const inFolder = (program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<{ stdout: string }> =>
  run(program, [...args], { cwd: FOLDER, env: { ...process.env, ...env }, maxBuffer: 1 << 26 });

/** By the first line of a bundled file, whose path is relative to the working directory; empty if it names none. */
const licenceOf = (path: string): string =>
  /^\/\/ SPDX-License-Identifier: (\S+)\n/u.exec(readFileSync(path, "utf8"))?.[1] ?? "";

/** The program of the tutorial: its blocks of JavaScript, one after the other. */
function tutorial(): string {
  const text = readFileSync(join(PROJECT_ROOT, "docs", "tutorial.md"), "utf8");
  return [...text.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code).join("\n");
}

describe("The package, installed into an empty folder", function () {
  this.timeout(900_000);

  before(async () => {
    rmSync(FOLDER, { recursive: true, force: true });
    mkdirSync(FOLDER, { recursive: true });
    await run(process.execPath, ["scripts/package.ts"], { cwd: PROJECT_ROOT });
    const { stdout } = await run("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", FOLDER], {
      cwd: PROJECT_ROOT,
      maxBuffer: 1 << 26,
    });
    const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
    writeFileSync(join(FOLDER, "package.json"), JSON.stringify({ name: "user", private: true, type: "module" }));
    const { version } = JSON.parse(readFileSync(join(NODE_MODULES, "ethers", "package.json"), "utf8")) as {
      version: string;
    };
    const flags = ["--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"];
    await inFolder("npm", ["install", ...flags, `./${filename}`, `ethers@${version}`]);
  });

  after(() => {
    rmSync(FOLDER, { recursive: true, force: true });
  });

  /** The keys of this clone, and no proofs. */
  function linkKeys(): string {
    const folder = join(FOLDER, "made");
    mkdirSync(folder);
    for (const name of ["circuits", "keys"]) symlinkSync(join(BUILD, name), join(folder, name));
    return folder;
  }

  it("runs the tutorial: deploys, deposits, transfers, proves and exits on anvil, in plain Node", async () => {
    const node = await startNode("anvil");
    try {
      writeFileSync(join(FOLDER, "first.js"), tutorial());
      const { stdout } = await inFolder(process.execPath, ["first.js"], { L1_URL: node.url, CIRCUITS: linkKeys() });
      expect(stdout).to.match(/^rollup 0x\w{40}, deployed in block \d+\n/u);
      expect(stdout).to.include("Alice has 2.0 ETH on L2\n").and.to.include("the transfer is final\n");
      expect(stdout).to.match(/Bob has 0\.6 ETH on L2\n/u);
      const [, more] = /Alice has (\S+) ETH more on L1/u.exec(stdout) ?? [];
      expect(Number(more) > 0.99 && Number(more) < 1, more).to.equal(true);
    } finally {
      await node.stop();
    }
  });

  it("has types for a strict program, and ABIs from which names and arguments follow", async () => {
    cpSync(join(PROJECT_ROOT, "test", "package", "user.ts"), join(FOLDER, "user.ts"));
    const compilerOptions = {
      ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, noEmit: true },
      ...{ target: "ES2022", module: "NodeNext", types: ["node"], typeRoots: [join(NODE_MODULES, "@types")] },
      ...{ skipLibCheck: false, lib: ["ES2022"] },
    };
    writeFileSync(join(FOLDER, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["user.ts"] }));
    const compiler = join(NODE_MODULES, "typescript", "bin", "tsc");
    const output = await inFolder(process.execPath, [compiler]).catch((error: unknown) => error as { stdout: string });
    expect(output.stdout).to.equal("");
  });

  it("has contracts that a contract of a user's can import", () => {
    const source = `
      // SPDX-License-Identifier: MIT
      pragma solidity 0.8.37;
      import { BatchVerifier } from "decentralised-sequencing/contracts/verification/batch/BatchVerifier.sol";
      abstract contract Mine is BatchVerifier {}`;
    const { resolve } = createRequire(join(FOLDER, "user.js"));
    const { errors = [], contracts } = JSON.parse(
      (solc.compile as Compile)(
        JSON.stringify({
          language: "Solidity",
          sources: { "Mine.sol": { content: source } },
          settings: { outputSelection: { "*": { "*": ["abi"] } } },
        }),
        {
          import: (path) => ({
            contents: readFileSync(path.startsWith("@") ? require.resolve(path) : resolve(path), "utf8"),
          }),
        },
      ),
    ) as { errors?: readonly { severity: string; formattedMessage: string }[]; contracts: Record<string, object> };
    expect(errors.filter(({ severity }) => severity === "error")).to.deep.equal([]);
    expect(contracts["Mine.sol"]).to.have.property("Mine");
  });

  it("has ABIs that a bundler for browsers takes", async () => {
    const contents = 'export { rollupAbi, readAddresses } from "decentralised-sequencing/contracts";';
    const { metafile } = await build({
      ...{ stdin: { contents, resolveDir: FOLDER } },
      ...{ bundle: true, format: "esm", platform: "browser", write: false, metafile: true },
    });
    expect(Object.keys(metafile.inputs).filter((path) => path.includes("node:"))).to.deep.equal([]);
  });

  it("has an entry for signing that stays small, and loads neither snarkjs nor circom nor ffjavascript nor libp2p", async () => {
    const { metafile } = await build({
      ...{ stdin: { contents: 'export * from "decentralised-sequencing/wallet";', resolveDir: FOLDER } },
      ...{ bundle: true, minify: true, format: "esm", platform: "browser", write: false, metafile: true },
    });
    const inputs = Object.keys(metafile.inputs);
    expect(inputs.filter((path) => /snarkjs|ffjavascript|circom|libp2p|node:/u.test(path))).to.deep.equal([]);
    const [output] = Object.values(metafile.outputs);
    expect(output?.bytes).to.be.within(10_000, LIMIT);
  });

  it("loads no GPL code behind the entries that are MIT", async () => {
    for (const entry of ["wallet", "node", "contracts", "deployment"]) {
      const { metafile } = await build({
        ...{ stdin: { contents: `export * from "decentralised-sequencing/${entry}";`, resolveDir: FOLDER } },
        ...{
          bundle: true,
          format: "esm",
          platform: "node",
          write: false,
          metafile: true,
          treeShaking: false,
          ignoreAnnotations: true,
        },
      });
      const inputs = Object.keys(metafile.inputs).filter((path) => path !== "<stdin>");
      const own = inputs.filter((path) => /node_modules\/decentralised-sequencing\/dist\/.*\.js$/u.test(path));
      const gpl = inputs.filter(
        (path) => /node_modules\/(snarkjs|ffjavascript|circom)/u.test(path) || licenceOf(path).startsWith("GPL"),
      );
      expect(gpl, entry).to.deep.equal([]);
      expect(own.filter((path) => licenceOf(path) !== "MIT")).to.deep.equal([]);
      expect(own.length, entry).to.be.greaterThan(3);
    }
  });

  it("has commands for a node and a wallet", async () => {
    for (const command of ["rollup-node", "rollup-wallet"]) {
      const { stdout } = await inFolder(join("node_modules", ".bin", command), ["--help"]);
      expect(stdout).to.match(/^npm run (node|wallet) -- /u);
    }
    const { stderr } = (await inFolder(join("node_modules", ".bin", "rollup-node"), ["--rollup", "0x12"]).catch(
      (error: unknown) => error,
    )) as { stderr: string };
    expect(stderr).to.include("--rollup 0x12: must be an address");
  });

  it("has the explorer where a node of it looks for the files", async () => {
    const module = "./node_modules/decentralised-sequencing/dist/src/node/api/explorer.js";
    const program = `console.log((await import(${JSON.stringify(module)})).EXPLORER_FOLDER)`;
    const { stdout } = await inFolder(process.execPath, ["--input-type=module", "--eval", program]);
    for (const name of ["index.html", "main.js", "style.css", "icon.svg", "preact.LICENSE.txt"]) {
      expect(statSync(join(stdout.trim(), name)).size, name).to.be.greaterThan(0);
    }
  });

  it("has what it names, and nothing of the tests", async () => {
    const { exports, license } = JSON.parse(readFileSync(join(PROJECT_ROOT, "package.json"), "utf8")) as {
      exports: Record<string, string | Record<string, string>>;
      license: string;
    };
    const root = join(FOLDER, "node_modules", "decentralised-sequencing");
    for (const entry of Object.values(exports).flatMap((targets) =>
      typeof targets === "string" ? [targets.replace("*", "rollup/Rollup.sol")] : Object.values(targets),
    )) {
      expect(statSync(join(root, entry)).size, entry).to.be.greaterThan(0);
    }
    for (const file of ["LICENSE", "LICENSE-GPL", "NOTICE", "README.md", "circuits/leaf/Leaf.circom"]) {
      expect(statSync(join(root, file)).isFile(), file).to.equal(true);
    }
    expect(license).to.equal("MIT AND GPL-3.0-or-later");
    const { stdout } = await inFolder("find", ["node_modules/decentralised-sequencing", "-path", "*test*"]);
    expect(stdout).to.equal("");
  });

  it("has the ABIs of the contracts as they are compiled", () => {
    expect(readFileSync(join(PROJECT_ROOT, ABIS), "utf8")).to.equal(renderAbis());
    expect(readFileSync(join(PROJECT_ROOT, CUSTOM_ERRORS), "utf8")).to.equal(renderCustomErrors());
  });
});
