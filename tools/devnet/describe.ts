// SPDX-License-Identifier: MIT
import { join } from "node:path";

import { Wallet } from "ethers";

import type { B52Node, RollupNode } from "../../src/agents/index.ts";
import type { RollupName } from "./rollupNames.ts";
import { commandOf, keyOf, NODES, type NodeName, type NodePlan } from "./topology.ts";

/** Where a rollup is. */
export interface RollupPlace {
  readonly rollup: string;
  readonly consensus: string;
  readonly deploymentBlock: number;
  /** Elections by name, if there are any. */
  readonly elections?: Readonly<Record<string, string>>;
}

/** Everything that the reader of a new devnet needs to know. */
export interface Surroundings {
  readonly l1: string;
  readonly rollups: Partial<Readonly<Record<RollupName, RollupPlace>>>;
  readonly folder: string;
  readonly nodes: readonly { readonly plan: NodePlan; readonly pid: number | undefined }[];
  readonly isRestarting: boolean;
}

/** Of each rollup: its name, the node with the explorer, two that take transactions, and a user who gets one. */
const TOLD = {
  poe: {
    ...{ title: "Proof of Efficiency", follower: "follower", entry: "sequencer-1", other: "sequencer-2" },
    ...{ receiver: "alice" },
  },
  b52: { title: "B52", follower: "b52-follower", entry: "proposer-1", other: "proposer-2", receiver: "dave" },
} as const satisfies Record<
  RollupName,
  Readonly<Record<"title" | "receiver", string> & Record<"follower" | "entry" | "other", NodeName>>
>;

const row = (left: string, right: string): string => `  ${left.padEnd(13)}${right}`;

/** Says where everything is. */
export function describeNetwork({ l1, rollups, folder, nodes, isRestarting }: Surroundings): string {
  const of = (name: NodeName) => nodes.find(({ plan }) => plan.name === name)!;
  const present = (["poe", "b52"] as const).flatMap((name) => {
    const place = rollups[name];
    return place === undefined ? [] : [{ name, place }];
  });
  const [first] = present;
  const { entry, other, receiver } = TOLD[first!.name];
  const { rollup, deploymentBlock } = first!.place;
  const { plan: example } = of(entry);
  const { plan: killed, pid } = of(other);
  return [
    "The devnet runs. WARNING: all keys are public; nothing of value may be held here.",
    "",
    row("L1", `${l1} (anvil, chain 31337, a block a second)`),
    row("files", `${folder}: of each node its configuration, its database and <node>.log`),
    ...present.flatMap(({ name, place }) => [
      "",
      `${TOLD[name].title}: ${place.rollup}, from block ${place.deploymentBlock} on; consensus ${place.consensus}`,
      ...Object.entries(place.elections ?? {}).map(([name, address]) => row("election", `${name} ${address}`)),
      ...NODES[name].map((node) => row(node, `${of(node).plan.url}  pid ${of(node).pid ?? "–"}`)),
      row("explorer", `${of(TOLD[name].follower).plan.url}/explorer/`),
    ]),
    "",
    `A first transfer, from an account with some 10,000 ETH on L1, to ${receiver} on L2 (account 3):`,
    `  export PRIVATE_KEY=${keyOf("reader")} WALLET_PASSWORD=only-for-the-devnet`,
    `  export WALLET_NODE=${example.url} WALLET_L1=${l1} WALLET_CHAIN_ID=31337`,
    `  export WALLET_ROLLUP=${rollup} WALLET_DEPLOYMENT_BLOCK=${deploymentBlock}`,
    `  export WALLET_KEY=${join(folder, "reader.key")} WALLET_OWNER=${new Wallet(keyOf("reader")).address}`,
    "  npm run wallet -- key make",
    "  npm run wallet -- deposit 5 --wait virtual",
    "  npm run wallet -- send 0.1 --to-index 3 --tip 0.001 --wait final",
    "",
    "  npm run wallet -- status <the transaction that it shows>",
    "",
    `Users wait while too much waits for a proof, and a proof takes minutes on a busy machine. Kill any node, for example`,
    `${other}, and see the others go on:`,
    row("kill", `kill -9 ${pid ?? "<pid>"}`),
    isRestarting
      ? row("start again", "the devnet does it after five seconds; with --no-restart you do it")
      : row("start again", commandOf(killed)),
    "",
    "Ctrl-C ends everything that the devnet has started; end first what you started by hand.",
  ].join("\n");
}

/** Of the users of a rollup. */
export interface TrafficCount {
  accepted: number;
  refused: number;
}

const countOf = ({ accepted, refused }: TrafficCount): string =>
  `${accepted} transactions of its users accepted, ${refused} refused`;

/** How far Proof of Efficiency is, in a few words. */
export const describePoe = (
  { batches, verifiedBatches }: Pick<RollupNode, "batches" | "verifiedBatches">,
  count: TrafficCount,
): string => `poe: ${batches.length} batches, ${verifiedBatches} final; ${countOf(count)}`;

/** How far B52 is. @param now time of L1 */
export function describeB52(
  node: Pick<
    B52Node,
    "batches" | "virtualBatches" | "lastRoundOf" | "proofWindowOf" | "proposalsOf" | "provenBlocks" | "registry"
  >,
  count: TrafficCount,
  now: number,
): string {
  const height = node.batches.length;
  const round = node.lastRoundOf(height + 1);
  return `b52: height ${height}; ${round === undefined ? "no round" : describeRound(node, round.round, now)}; ${countOf(count)}`;
}

function describeRound(
  node: Pick<B52Node, "virtualBatches" | "proofWindowOf" | "proposalsOf" | "provenBlocks">,
  round: bigint,
  now: number,
): string {
  const committed = node.proposalsOf(round).length;
  const proven = node.provenBlocks.filter(({ proposal }) => proposal.round === round).length;
  const { opensAt, closesAt } = node.proofWindowOf(round);
  const left = (end: bigint): string => `${Math.max(0, Number(end) - now)} s left`;
  const phase =
    now < opensAt ? `proposals, ${left(opensAt)}` : now < closesAt ? `proofs, ${left(closesAt)}` : "is over";
  return `round ${round}: ${phase}; ${committed} committed, ${proven} proven`;
}
