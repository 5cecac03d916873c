// SPDX-License-Identifier: GPL-3.0-or-later
export {
  type ChainLeaf,
  ChainProver,
  type ChainSetup,
  type ChainWork,
  joinLeaves,
  prepareChain,
  proveChain,
  proveLeaf,
} from "./chainProver.ts";
export { CHAIN_INPUT, CHAIN_INPUTS, chainCircuit } from "./inputs.ts";
export { type Chained, chainedLeaf, chainedPair } from "./leaves.ts";
export { type ChainChild, chainedOf, chainInput, chainNode } from "./node.ts";
export { type ChainPlan, planChain, requireChained } from "./plan.ts";
