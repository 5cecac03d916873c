import { createRequire } from "node:module";

import hardhatToolboxMochaEthers from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { defineConfig } from "hardhat/config";

import base from "../../hardhat.config.ts";

/**
 * The code need not be small or cheap: as it comes, with its variables moved to memory where the stack is too deep, it
 * compiles in a sixth of the time.
 */
const optimizer = {
  enabled: true,
  runs: 1,
  details: {
    inliner: false,
    deduplicate: false,
    cse: false,
    constantOptimizer: false,
    yul: true,
    yulDetails: { stackAllocation: true, optimizerSteps: ":" },
  },
};

const compiler = {
  version: "0.8.37",
  path: createRequire(import.meta.url).resolve("solc/soljson.js"),
  settings: { evmVersion: "osaka", viaIR: true, optimizer },
};

/** As in the ordinary build: the stack of its one long assembly block is too deep for anything else. */
const poseidonCompiler = {
  ...compiler,
  settings: { evmVersion: "osaka", viaIR: false, optimizer: { enabled: true, runs: 1_000_000 } },
};

/**
 * For `npm run coverage`: the ordinary configuration, with instrumentation of our own instead of that of `--coverage`.
 */
export default defineConfig({
  ...base,
  plugins: [
    hardhatToolboxMochaEthers,
    { id: "branch-coverage", hookHandlers: { solidity: () => import("./hooks.ts") } },
  ],
  solidity: {
    compilers: [compiler],
    overrides: { "poseidon-solidity/PoseidonT3.sol": poseidonCompiler },
    npmFilesToBuild: ["poseidon-solidity/PoseidonT3.sol"],
  },
  coverage: { skipFiles: ["**"] },
  test: {
    ...base.test,
    // Measuring gas makes no sense here.
    mocha: { ...base.test?.mocha, grep: " gas of ", invert: true },
    // Each of the 256 inputs of the ordinary run passes the same lines, more or less.
    solidity: { fuzz: { runs: 32 } },
  },
  paths: { ...base.paths, artifacts: "build/coverage/artifacts", cache: "build/coverage/cache" },
});
