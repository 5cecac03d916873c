// SPDX-License-Identifier: MIT
import { join } from "node:path";

import { HDNodeWallet, Mnemonic } from "ethers";

/** The phrase of every local chain: its keys are public, and its accounts hold 10,000 ETH each. */
const PHRASE = "test test test test test test test test test test test junk";

/** Parties of the network by their accounts on L1. */
export const PARTIES = {
  ...{ deployer: 0, "sequencer-1": 1, "sequencer-2": 2, aggregator: 3, boot: 4 },
  ...{ reader: 5, alice: 6, bob: 7, carol: 8, mallory: 9 },
} as const;
export type Party = keyof typeof PARTIES;

/** The nodes of the network, each a process. */
export const NODES = ["sequencer-1", "sequencer-2", "follower", "boot", "aggregator"] as const;
export type NodeName = (typeof NODES)[number];

/** Private key of a party on L1. */
export function keyOf(party: Party): string {
  const path = `m/44'/60'/0'/0/${PARTIES[party]}`;
  return HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(PHRASE), path).privateKey;
}

/**
 * How the roles behave. Times in seconds of L1.
 *
 * - `maxAge`: so long a transaction waits for a batch, at most.
 * - `patience`: so long the boot aggregator leaves a batch to others.
 */
export interface Pace {
  readonly maxAge: number;
  readonly patience: number;
}

/** On one-second blocks and two cores, where the proof of a leaf takes some ten seconds. */
export const DEVNET_PACE: Pace = { maxAge: 15, patience: 180 };

export interface NodePlan {
  readonly name: NodeName;
  /** Folder of its database, in the network's folder. */
  readonly dataDir: string;
  /** Where the configuration file is. */
  readonly configPath: string;
  /** Content of the file (docs/node.md). */
  readonly configuration: Readonly<Record<string, string | number | boolean>>;
  readonly log: string;
  /** Variables with its key; empty if it has none. */
  readonly environment: Readonly<Record<string, string>>;
  /** Of its API. */
  readonly url: string;
}

/**
 * The configuration of each node.
 *
 * @param place.l1Of endpoint of a node
 * @param place.ports of the APIs, in the order of `NODES`
 */
export function planNodes(
  place: {
    readonly folder: string;
    readonly l1Of: (name: NodeName) => string;
    readonly rollup: string;
    readonly deploymentBlock: number;
    readonly ports: readonly number[];
  },
  { maxAge, patience }: Pace = DEVNET_PACE,
): NodePlan[] {
  const { folder, l1Of, rollup, deploymentBlock, ports } = place;
  // A devnet pays what it takes: its transactions have small tips. Its disk may be small.
  const generous = { maxLoss: "1", forcedMargin: 60, minFree: 8 };
  const roles: Readonly<Record<NodeName, Readonly<Record<string, string | number | boolean>>>> = {
    "sequencer-1": { sequencer: true, feeAccount: 1, maxAge, ...generous },
    "sequencer-2": { sequencer: true, feeAccount: 2, maxAge, ...generous },
    aggregator: { aggregator: true },
    boot: { boot: true, patience },
    follower: {},
  };
  return NODES.map((name, i) => {
    const port = ports[i]!;
    const dataDir = join(folder, name);
    return {
      ...{ name, dataDir, url: `http://127.0.0.1:${port}` },
      configPath: join(folder, `${name}.json`),
      log: join(folder, `${name}.log`),
      configuration: { dataDir, l1: l1Of(name), rollup, deploymentBlock, apiPort: port, log: "info", ...roles[name] },
      environment: name === "follower" ? {} : { NODE_PRIVATE_KEY: keyOf(name) },
    };
  });
}

/** The command that starts a node by hand. */
export const commandOf = ({ configPath, environment }: NodePlan): string =>
  [
    ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    `npm run node -- --config ${configPath}`,
  ].join(" ");
