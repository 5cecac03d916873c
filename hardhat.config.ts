import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

import hardhatToolboxMochaEthers from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { defineConfig } from "hardhat/config";

const require = createRequire(import.meta.url);
const root = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The compiler of the npm package `solc`: pinned by the lock file, never downloaded. */
const compiler = {
  version: "0.8.37",
  path: require.resolve("solc/soljson.js"),
  settings: {
    evmVersion: "osaka",
    viaIR: true,
    optimizer: { enabled: true, runs: 1_000 },
  },
};

/** Through the IR pipeline this library grows to 29,340 bytes, past the limit of EIP-170; without it, it has 23,576. */
const overrides = {
  "poseidon-solidity/PoseidonT3.sol": {
    ...compiler,
    settings: { evmVersion: "osaka", optimizer: { enabled: true, runs: 4_294_967_295 } },
  },
};

export default defineConfig({
  plugins: [hardhatToolboxMochaEthers],
  solidity: {
    profiles: {
      default: { compilers: [compiler], overrides },
      production: { compilers: [compiler], overrides },
    },
    npmFilesToBuild: ["poseidon-solidity/PoseidonT3.sol"],
  },
  paths: {
    tests: { mocha: root("test"), solidity: root("test/contracts") },
    ignition: root("deploy"),
  },
  typechain: { outDir: root("typechain-types"), tsNocheck: true },
  networks: {
    default: { type: "edr-simulated", chainType: "l1", hardfork: "osaka" },
  },
  test: { mocha: { timeout: 600_000 } },
});
