// SPDX-License-Identifier: MIT
import { join } from "node:path";

import { Wallet } from "ethers";

import { commandOf, keyOf, type NodePlan } from "./topology.ts";

/** Everything that the reader of a new devnet needs to know. */
export interface Surroundings {
  readonly l1: string;
  readonly rollup: string;
  readonly consensus: string;
  readonly deploymentBlock: number;
  readonly folder: string;
  readonly nodes: readonly { readonly plan: NodePlan; readonly pid: number | undefined }[];
  readonly isRestarting: boolean;
}

const row = (left: string, right: string): string => `  ${left.padEnd(13)}${right}`;

/** Says where everything is. */
export function describeNetwork(network: Surroundings): string {
  const { l1, rollup, consensus, deploymentBlock, folder, nodes, isRestarting } = network;
  const follower = nodes.find(({ plan }) => plan.name === "follower")?.plan.url ?? "";
  const sequencer = nodes.find(({ plan }) => plan.name === "sequencer-1")?.plan;
  return [
    "The devnet runs. WARNING: all keys are public; nothing of value may be held here.",
    "",
    row("L1", `${l1} (anvil, chain 31337, a block a second)`),
    row("rollup", `${rollup}, from block ${deploymentBlock} on; consensus ${consensus}`),
    row("files", folder),
    ...nodes.map(({ plan, pid }) => row(plan.name, `${plan.url}  pid ${pid ?? "–"}`)),
    "",
    `Explorer: ${follower}/explorer/`,
    "",
    "A first transfer, from an account with some 10,000 ETH on L1, to alice on L2 (account 3):",
    `  export PRIVATE_KEY=${keyOf("reader")} WALLET_PASSWORD=only-for-the-devnet`,
    `  export WALLET_NODE=${sequencer?.url ?? ""} WALLET_L1=${l1} WALLET_CHAIN_ID=31337`,
    `  export WALLET_ROLLUP=${rollup} WALLET_DEPLOYMENT_BLOCK=${deploymentBlock}`,
    `  export WALLET_KEY=${join(folder, "reader.key")} WALLET_OWNER=${new Wallet(keyOf("reader")).address}`,
    "  npm run wallet -- key make",
    "  npm run wallet -- deposit 5 --wait virtual",
    "  npm run wallet -- send 0.1 --to-index 3 --tip 0.001 --wait final",
    "",
    "Kill any node, and see the others go on:",
    row("kill", `kill -9 ${nodes.find(({ plan }) => plan.name === "sequencer-1")?.pid ?? "<pid>"}`),
    isRestarting
      ? row("start again", "the devnet does it after five seconds; with --no-restart you do it")
      : row("start again", sequencer === undefined ? "" : commandOf(sequencer)),
    "",
    "Ctrl-C ends everything.",
  ].join("\n");
}

/** How far a devnet is. */
export interface DevnetStatus {
  readonly l1Block: number;
  readonly batches: number;
  readonly finalBatches: number;
  readonly accepted: number;
  readonly refused: number;
  /** Names of the nodes that do not run. */
  readonly down: readonly string[];
}

/** One line about it. */
export const describeStatus = ({ l1Block, batches, finalBatches, accepted, refused, down }: DevnetStatus): string =>
  `L1 block ${l1Block}: ${batches} batches, ${finalBatches} final; ${accepted} transactions accepted, ` +
  `${refused} refused${down.length === 0 ? "" : `; down: ${down.join(", ")}`}`;
