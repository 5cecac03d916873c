import { createRequire } from "node:module";

const compiler = {
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
  ...compiler,
  settings: { evmVersion: "osaka", viaIR: false, optimizer: { enabled: true, runs: 1_000_000 } },
};

/**
 * For code that need not be small or cheap: as it comes, with its variables moved to memory where the stack is too
 * deep, it compiles in a sixth of the time.
 */
export const unoptimised = {
  compilers: [compiler],
  overrides: { "poseidon-solidity/PoseidonT3.sol": poseidonCompiler },
  npmFilesToBuild: ["poseidon-solidity/PoseidonT3.sol"],
};
