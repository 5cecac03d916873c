// SPDX-License-Identifier: MIT
import hardhatToolboxMochaEthers from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { defineConfig } from "hardhat/config";

import base from "../../hardhat.config.ts";
import { unoptimised } from "../solidity/unoptimised.ts";

/**
 * For `npm run coverage`: the ordinary configuration, with instrumentation of our own instead of that of `--coverage`.
 */
export default defineConfig({
  ...base,
  plugins: [
    hardhatToolboxMochaEthers,
    { id: "branch-coverage", hookHandlers: { solidity: () => import("./hooks.ts") } },
  ],
  solidity: unoptimised,
  coverage: { skipFiles: ["**"] },
  test: {
    ...base.test,
    // Measuring gas makes no sense here.
    mocha: { ...base.test?.mocha, grep: " gas of ", invert: true },
    // Each of the 100 inputs of the ordinary run passes the same lines, more or less.
    solidity: { fuzz: { runs: 32 } },
  },
  paths: { ...base.paths, artifacts: "build/coverage/artifacts", cache: "build/coverage/cache" },
});
