// SPDX-License-Identifier: MIT
import { createRequire } from "node:module";

/**
 * For code that need not be small or cheap: as it comes, with its variables moved to memory where the stack is too
 * deep, it compiles in a sixth of the time.
 */
export const quickCompiler = {
  version: "0.8.37",
  path: createRequire(import.meta.url).resolve("solc/soljson.js"),
  settings: {
    evmVersion: "osaka",
    viaIR: true,
    optimizer: {
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
    },
  },
};

/** As in the ordinary build: the stack of its one long assembly block is too deep for anything else. */
const poseidonCompiler = {
  ...quickCompiler,
  settings: { evmVersion: "osaka", viaIR: false, optimizer: { enabled: true, runs: 1_000_000 } },
};

/** All of the project without optimisation, for `npm run coverage`. */
export const unoptimised = {
  compilers: [quickCompiler],
  overrides: { "poseidon-solidity/PoseidonT3.sol": poseidonCompiler },
  npmFilesToBuild: ["poseidon-solidity/PoseidonT3.sol"],
};
