import { defineConfig } from "hardhat/config";

/** Configuration of the node that `startNode` runs: its first block has the same time in every run. */
export default defineConfig({
  networks: {
    node: { type: "edr-simulated", chainType: "l1", hardfork: "osaka", initialDate: "2026-01-01T00:00:00Z" },
  },
});
