// SPDX-License-Identifier: MIT
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import type { CompilerOutput } from "hardhat/types/solidity";

import { compileOnce } from "../../tools/solidity/compileOnce.ts";
import { PROJECT_ROOT } from "../../src/setup/paths.ts";

const HEAD = "// SPDX-License-Identifier: MIT\npragma solidity 0.8.37;\n";
const FILES = {
  "Small.sol": `${HEAD}contract Small { uint256 public value; function add(uint256 x) external { value += x; } }`,
  "Other.sol": `${HEAD}import "./Small.sol";\ncontract Other { function make() external returns (Small) { return new Small(); } }`,
  "User.sol": `${HEAD}import "./Small.sol";\ncontract User { function use(Small small) external { small.add(1); } }`,
};

interface Build {
  readonly runs: number;
  /** Contracts that have code in the output of the job. */
  readonly compiled: readonly string[];
  readonly output: CompilerOutput;
}

describe("compileOnce", () => {
  let folder: string;
  let builds: readonly Build[];

  before(async function () {
    this.timeout(120_000);
    folder = mkdtempSync(join(tmpdir(), "compile-once-"));
    mkdirSync(join(folder, "contracts"));
    for (const [name, source] of Object.entries(FILES)) writeFileSync(join(folder, "contracts", name), source);
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    const compiler = (runs: number) => ({
      version: "0.8.37",
      path: createRequire(import.meta.url).resolve("solc/soljson.js"),
      settings: { optimizer: { enabled: true, runs } },
    });
    const overrides = { "contracts/Small.sol": compiler(1), "contracts/Other.sol": compiler(1) };
    const solidity = { compilers: [compiler(1_000)], overrides };
    const hre = await createHardhatRuntimeEnvironment({ plugins: [compileOnce], solidity }, {}, folder);
    await hre.tasks.getTask("build").run({ quiet: true });
    builds = globSync("artifacts/build-info/*.output.json", { cwd: folder }).map((file): Build => {
      const read = (path: string): unknown => JSON.parse(readFileSync(join(folder, path), "utf8"));
      const { output } = read(file) as { output: CompilerOutput };
      const { input } = read(file.replace(".output", "")) as {
        input: { settings: { optimizer: { runs: number } } };
      };
      const contracts = Object.values(output.contracts ?? {}).flatMap((inFile) => Object.entries(inFile));
      const compiled = contracts.flatMap(([name, { evm }]) => (evm?.bytecode?.object ? [name] : []));
      return { runs: input.settings.optimizer.runs, compiled: compiled.sort(), output };
    });
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it("makes one job for files of equal settings, and code of each contract once, with its file's settings", () => {
    const found = builds.map(({ runs, compiled }) => ({ runs, compiled })).sort((a, b) => a.runs - b.runs);
    expect(found).to.deep.equal([
      { runs: 1, compiled: ["Other", "Small"] },
      { runs: 1_000, compiled: ["User"] },
    ]);
  });

  it("leaves an empty code, an ABI and a syntax tree of what a job only imports", () => {
    const { output } = builds.find(({ runs }) => runs === 1_000)!;
    const small = output.contracts?.["project/contracts/Small.sol"]?.["Small"];
    expect(small?.evm?.bytecode).to.deep.equal({ object: "", opcodes: "", sourceMap: "", linkReferences: {} });
    expect(small?.evm?.methodIdentifiers).to.have.property("add(uint256)");
    expect(small?.abi).to.have.lengthOf(2);
    expect(output.sources["project/contracts/Small.sol"]?.ast).to.have.property("nodeType", "SourceUnit");
  });

  it("leaves out opcodes and the bodies of functions, and keeps their names and places in the source", () => {
    const { output } = builds.find(({ runs }) => runs === 1)!;
    const { bytecode, deployedBytecode } = output.contracts?.["project/contracts/Small.sol"]?.["Small"]?.evm ?? {};
    for (const code of [bytecode, deployedBytecode]) {
      expect(code?.object).to.match(/^60/u);
      expect(code?.sourceMap).to.include(";");
      expect(code?.opcodes).to.equal("");
    }
    interface Node {
      readonly name?: string;
      readonly src: string;
      readonly body?: unknown;
      readonly nodes?: readonly Node[];
    }
    const [contract] = (output.sources["project/contracts/Small.sol"]?.ast as Node).nodes!.slice(-1);
    const add = contract!.nodes!.find(({ name }) => name === "add")!;
    expect(FILES["Small.sol"].slice(Number(add.src.split(":")[0]))).to.match(/^function add/u);
    expect(add).not.to.have.property("body");
  });
});

describe("Solidity tests", () => {
  const read = (file: string): string => readFileSync(join(PROJECT_ROOT, file), "utf8");
  const declared = globSync("contracts/**/*.sol", { cwd: PROJECT_ROOT, exclude: ["contracts/mocks/**"] }).flatMap(
    (file) => [...read(file).matchAll(/^contract (\w+)/gm)].map(([, name]) => name!),
  );
  const usesOf = (source: string): string[] =>
    declared.filter((name) => new RegExp(`\\bnew ${name}\\b|\\btype\\(${name}\\)\\.`).test(source));

  it("contain no contract: they deploy it from its artifact, with Deploy.sol", () => {
    expect(declared).to.include.members(["Rollup", "ProofOfEfficiency", "B52", "NativeToken", "LeafVerifier"]);
    const files = globSync("test/contracts/**/*.sol", { cwd: PROJECT_ROOT });
    expect(files.length).to.be.above(50);
    for (const file of files) expect(usesOf(read(file)), file).to.deep.equal([]);
  });

  it("would be found if they did", () => {
    expect(usesOf("poe = new ProofOfEfficiency(core); type(Rollup).creationCode; new B52Handler();")).to.have.members([
      "Rollup",
      "ProofOfEfficiency",
    ]);
  });
});
