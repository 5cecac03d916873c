// SPDX-License-Identifier: MIT
import { defineConfig } from "hardhat/config";

import { BLOCK_GAS } from "../../src/l1Rules.ts";
import type { NodeOptions } from "./localNode.ts";

/** Options that `startNode` asks for. */
const { chainId, automine, rules } = JSON.parse(process.env["TEST_NODE"] ?? "{}") as Required<NodeOptions>;

/** Configuration of the node that `startNode` runs: its first block has the same time in every run. */
export default defineConfig({
  networks: {
    node: {
      type: "edr-simulated",
      chainType: "l1",
      chainId,
      hardfork: rules,
      initialDate: "2026-01-01T00:00:00Z",
      mining: { auto: automine },
      ...(rules === "amsterdam" ? { blockGasLimit: BLOCK_GAS, transactionGasCap: false } : {}),
    },
  },
});
