// SPDX-License-Identifier: MIT
import { join } from "node:path";

import { HDNodeWallet, id, Mnemonic } from "ethers";

/** The phrase of every local chain: its keys are public, and its accounts hold 10,000 ETH each. */
const PHRASE = "test test test test test test test test test test test junk";

/** Parties of the network by their accounts on L1. */
export const PARTIES = {
  ...{ deployer: 0, "sequencer-1": 1, "sequencer-2": 2, aggregator: 3, boot: 4 },
  ...{ reader: 5, alice: 6, bob: 7, carol: 8, mallory: 9 },
  ...{ "proposer-1": 10, "proposer-2": 11, "prover-1": 12, "prover-2": 13, "prover-3": 14 },
  ...{ dave: 15, erin: 16, frank: 17, trudy: 18, hostile: 19, builder: 20 },
} as const;
export type Party = keyof typeof PARTIES;

/** The nodes of each rollup, each a process, in the order of their starts. */
export const NODES = {
  poe: ["sequencer-1", "sequencer-2", "follower", "boot", "aggregator"],
  b52: ["proposer-1", "proposer-2", "b52-follower", "prover-1", "prover-2", "prover-3", "builder"],
} as const;
export type PoeNodeName = (typeof NODES)["poe"][number];
export type B52NodeName = (typeof NODES)["b52"][number];
export type NodeName = PoeNodeName | B52NodeName;

/** Provers by their tickets. */
export const TICKETS = { "prover-1": 1, "prover-2": 2, "prover-3": 3 } as const;

/** Private key of a party on L1. */
export function keyOf(party: Party): string {
  const path = `m/44'/60'/0'/0/${PARTIES[party]}`;
  return HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(PHRASE), path).privateKey;
}

/** The secret of a ticket's key on L2. It is as public as the keys on L1. */
export const ticketSecretOf = (prover: keyof typeof TICKETS): string => id(`devnet ticket of ${prover}`);

/**
 * How the roles of Proof of Efficiency behave. Times in seconds of L1.
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

export interface NodePlan<Name extends NodeName = NodeName> {
  readonly name: Name;
  /** Folder of its database, in the network's folder. */
  readonly dataDir: string;
  /** Where the configuration file is. */
  readonly configPath: string;
  /** Content of the file (docs/node.md). */
  readonly configuration: NodeOptions;
  readonly log: string;
  /** Variables with its keys; empty if it has none. */
  readonly environment: Readonly<Record<string, string>>;
  /** Of its API. */
  readonly url: string;
}

/** Options of a node by their names in the configuration file. */
export type NodeOptions = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** Where the nodes of a rollup are. */
export interface Place<Name extends NodeName> {
  readonly folder: string;
  /** Endpoint of a node. */
  readonly l1Of: (name: Name) => string;
  readonly rollup: string;
  readonly deploymentBlock: number;
  /** Of the API of a node. */
  readonly portOf: (name: Name) => number;
}

// A devnet pays what it takes: its transactions have small tips. Its disk may be small.
const SMALL_DISK = { minFree: 8 };
const GENEROUS = { maxLoss: "1", forcedMargin: 60, ...SMALL_DISK };

/** The configuration of each node of Proof of Efficiency. */
export function planNodes(
  place: Place<PoeNodeName>,
  { maxAge, patience }: Pace = DEVNET_PACE,
): NodePlan<PoeNodeName>[] {
  const roles: Readonly<Record<PoeNodeName, NodeOptions>> = {
    "sequencer-1": { sequencer: true, feeAccount: 1, maxAge, ...GENEROUS },
    "sequencer-2": { sequencer: true, feeAccount: 2, maxAge, ...GENEROUS },
    aggregator: { aggregator: true },
    boot: { boot: true, patience },
    follower: {},
  };
  return NODES.poe.map((name) => {
    const environment = name === "follower" ? {} : { NODE_PRIVATE_KEY: keyOf(name) };
    return planOf(name, place, roles[name], environment);
  });
}

/**
 * The configuration of each node of B52.
 *
 * @param networkOf the options `p2p…` of a node
 * @param escrow address of the escrow in which the builder sells and the proposers buy
 */
export function planB52Nodes(
  place: Place<B52NodeName> & { readonly networkOf: (name: B52NodeName) => NodeOptions; readonly escrow: string },
): NodePlan<B52NodeName>[] {
  const { escrow } = place;
  const proposer = { proposer: true, bid: "20", margin: B52_MARGIN, escrow, ...SMALL_DISK };
  const prover = { prover: true, join: true, load: 80, margin: B52_MARGIN, ...SMALL_DISK };
  const roles: Readonly<Record<B52NodeName, NodeOptions>> = {
    "proposer-1": { ...proposer, feeAccount: 1 },
    "proposer-2": { ...proposer, feeAccount: 2 },
    "prover-1": { ...prover, ticket: TICKETS["prover-1"] },
    "prover-2": { ...prover, ticket: TICKETS["prover-2"] },
    "prover-3": { ...prover, ticket: TICKETS["prover-3"] },
    builder: { builder: true, feeAccount: BUILDER_ACCOUNT, escrow, ...SMALL_DISK },
    "b52-follower": { escrow, ...SMALL_DISK },
  };
  return NODES.b52.map((name) => {
    const environment = name === "b52-follower" ? {} : { NODE_PRIVATE_KEY: keyOf(name) };
    const ticket = isProver(name) ? { NODE_TICKET_KEY: ticketSecretOf(name) } : {};
    const options = { ...roles[name], ...place.networkOf(name) };
    return planOf(name, place, options, { ...environment, ...ticket });
  });
}

/** Of the builder on L2: after the users of B52. */
export const BUILDER_ACCOUNT = 7;

/** Seconds before the end of a window at which a node of B52 does its last calls: L1 has a block a second. */
export const B52_MARGIN = 24;

export const isProver = (name: NodeName): name is keyof typeof TICKETS => Object.hasOwn(TICKETS, name);

function planOf<Name extends NodeName>(
  name: Name,
  { folder, l1Of, rollup, deploymentBlock, portOf }: Place<Name>,
  options: NodeOptions,
  environment: Readonly<Record<string, string>>,
): NodePlan<Name> {
  const dataDir = join(folder, name);
  const apiPort = portOf(name);
  return {
    ...{ name, dataDir, environment, url: `http://127.0.0.1:${apiPort}` },
    configPath: join(folder, `${name}.json`),
    log: join(folder, `${name}.log`),
    configuration: { dataDir, l1: l1Of(name), rollup, deploymentBlock, apiPort, log: "info", ...options },
  };
}

/** The command that starts a node by hand. */
export const commandOf = ({ configPath, environment }: NodePlan): string =>
  [
    ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    `npm run node -- --config ${configPath}`,
  ].join(" ");
