// SPDX-License-Identifier: MIT
import { hexlify } from "ethers";

import { commandOf, keyOf, type NodePlan } from "./topology.ts";

/** What somebody needs to know who has just started a devnet. */
export interface Surroundings {
  readonly l1: string;
  readonly rollup: string;
  readonly consensus: string;
  readonly deploymentBlock: number;
  readonly folder: string;
  readonly nodes: readonly { readonly plan: NodePlan; readonly pid: number | undefined }[];
  /** The reader's account on L2. */
  readonly reader: { readonly index: number; readonly l2Secret: Uint8Array };
  readonly isRestarting: boolean;
}

const row = (left: string, right: string): string => `  ${left.padEnd(13)}${right}`;

/** Says where everything is. */
export function describeNetwork(network: Surroundings): string {
  const { l1, rollup, consensus, deploymentBlock, folder, nodes, reader, isRestarting } = network;
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
    `Explorer and API: ${follower}`,
    "",
    "Your account on L1 holds some 9,990 ETH, your account on L2 10 ETH:",
    row("L1 key", keyOf("reader")),
    row("L2 secret", hexlify(reader.l2Secret)),
    row("L2 account", `${reader.index}`),
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
