// SPDX-License-Identifier: MIT
import { globSync } from "node:fs";
import { createRequire } from "node:module";
import { sep } from "node:path";
import { fileURLToPath } from "node:url";

import hardhatToolboxMochaEthers from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { configVariable, defineConfig } from "hardhat/config";

import { buildLock } from "./tools/solidity/buildLock.ts";
import { compileOnce } from "./tools/solidity/compileOnce.ts";
import { BLOCK_GAS } from "./src/l1Rules.ts";
import { terminateCurve } from "./src/setup/curve.ts";

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

/**
 * PoseidonT3, with which the tests compare `Poseidon`, is one long assembly block: the IR pipeline makes 29,340 bytes of
 * it, above the limit of 24,576 (EIP-170), the legacy pipeline 23,576.
 */
const poseidonCompiler = {
  ...compiler,
  settings: { evmVersion: "osaka", viaIR: false, optimizer: { enabled: true, runs: 1_000_000 } },
};

/**
 * Optimised for size, which costs little gas: contracts that are large, or rarely called. A byte of code costs up to
 * 1,530 gas to deploy (docs/adr/0043).
 */
const smallCompiler = { ...compiler, settings: { ...compiler.settings, optimizer: { enabled: true, runs: 200 } } };

/** As small as it can be made: it would be above the limit. */
const smallestCompiler = { ...compiler, settings: { ...compiler.settings, optimizer: { enabled: true, runs: 1 } } };

/** Called for each batch: 2,000 runs in place of 1,000 save 110 gas a call, for 630 bytes. */
const busyCompiler = { ...compiler, settings: { ...compiler.settings, optimizer: { enabled: true, runs: 2_000 } } };

/**
 * Of the Solidity tests, which deploy what they test from its artifact. Their own code is run once: it need not be
 * cheap, and compiles in a twentieth of the time.
 */
const testCompiler = { ...compiler, settings: { evmVersion: "osaka", viaIR: false, optimizer: { enabled: false } } };

const testFiles = globSync("test/contracts/**/*.sol", { cwd: root(".") }).map((file) => file.split(sep).join("/"));

const solidity = {
  compilers: [compiler],
  overrides: {
    "contracts/consensus/poe/ProofOfEfficiency.sol": busyCompiler,
    "poseidon-solidity/PoseidonT3.sol": poseidonCompiler,
    "contracts/consensus/b52/B52.sol": smallCompiler,
    "contracts/consensus/b52/BuilderEscrow.sol": smallCompiler,
    "contracts/consensus/b52/DrawnB52.sol": smallCompiler,
    "contracts/elections/DelegatedStake.sol": smallCompiler,
    "contracts/elections/PerformanceRotation.sol": smallCompiler,
    "contracts/elections/ProposerSale.sol": smallestCompiler,
    "contracts/rollup/Rollup.sol": smallCompiler,
    // B52 contains its code: whoever compares the two needs the same.
    "contracts/staking/DrawnProverRegistry.sol": smallCompiler,
    "contracts/staking/ProverRegistry.sol": smallCompiler,
    "contracts/consensus/b52/BlockRecords.sol": smallCompiler,
    "contracts/consensus/b52/BlockVerification.sol": smallCompiler,
    "contracts/rollup/MigrationVerification.sol": smallCompiler,
    "contracts/token/NativeToken.sol": smallCompiler,
    "contracts/verification/EnforcementVerifier.sol": smallCompiler,
    ...Object.fromEntries(testFiles.map((file) => [file, testCompiler])),
  },
};

export default defineConfig({
  // The handler of the last one is the outermost: what the others write is written under the lock.
  plugins: [hardhatToolboxMochaEthers, compileOnce, buildLock],
  solidity: {
    profiles: { default: solidity, production: solidity },
    npmFilesToBuild: ["poseidon-solidity/PoseidonT3.sol"],
    // What is deployed, and then the tests: they do not contain it.
    splitTestsCompilation: true,
  },
  paths: {
    tests: { mocha: root("test"), solidity: root("test/contracts") },
    ignition: root("deploy"),
  },
  typechain: { outDir: root("typechain-types"), tsNocheck: true },
  networks: {
    // src/l1Rules.ts names the rules. Where only the gas of execution is capped, EDR knows no cap but that of all gas.
    default: { type: "edr-simulated", chainType: "l1", hardfork: "osaka" },
    amsterdam: {
      type: "edr-simulated",
      chainType: "l1",
      hardfork: "amsterdam",
      blockGasLimit: BLOCK_GAS,
      transactionGasCap: false,
    },
    // A node on this machine: `npx hardhat node`, anvil, or the like.
    localhost: { type: "http", chainType: "l1", url: process.env["LOCALHOST_URL"] ?? "http://127.0.0.1:8545" },
    // Secrets are asked for when the network is used: from the environment, then from the keystore
    // (docs/deployment.md).
    sepolia: {
      type: "http",
      chainType: "l1",
      chainId: 11_155_111,
      url: configVariable("SEPOLIA_RPC_URL"),
      accounts: [configVariable("DEPLOYER_KEY")],
    },
  },
  verify: {
    etherscan: { apiKey: configVariable("ETHERSCAN_API_KEY") },
    // Another server of the same kind; unset, the public one.
    sourcify: process.env["SOURCIFY_URL"] === undefined ? {} : { apiUrl: process.env["SOURCIFY_URL"] },
  },
  test: {
    // `npm run test:deep` runs longer, on other seeds.
    solidity: { fuzz: { runs: 100 }, invariant: { runs: 8, depth: 150, failOnRevert: true } },
    // One `.only` would silence all other tests of its job.
    mocha: { timeout: 600_000, forbidOnly: true, rootHooks: { afterAll: terminateCurve } },
  },
});
