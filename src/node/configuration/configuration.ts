// SPDX-License-Identifier: MIT
import { ProtocolError } from "../../errors.ts";
import {
  address,
  ether,
  Fault,
  flag,
  gwei,
  host,
  multiaddrs,
  path,
  urls,
  whole,
  word,
  type Parser,
} from "./options.ts";

/** An option of the node: what it is called, how it is read, and what it is if nobody says. */
interface Option<Value = unknown> {
  /** Of the value, for `--help`; undefined for a flag. */
  readonly value?: string;
  readonly help: string;
  readonly parse: Parser<Value>;
  /** Undefined if the option may be absent. */
  readonly fallback?: Value;
  readonly isRequired?: boolean;
  /** Of an amount, if its default is not to be shown in units of 10^18. */
  readonly unit?: number;
}

const GWEI = 1e9;

const option = <Value>(
  of: Option<Value> & { readonly fallback: Value },
): Option<Value> & { readonly fallback: Value } => of;
const required = <Value>(of: Option<Value>): Option<Value> & { readonly isRequired: true } => ({
  ...of,
  isRequired: true,
});
const optional = <Value>(of: Option<Value>): Option<Value> => of;

const YEAR = 31_536_000;
const PORTS = 65_535;

/**
 * All options, by their names on the command line; in a configuration file they have the same names in camel case, and
 * in the environment in capitals after `NODE_`.
 */
export const OPTIONS = {
  // ── The rollup and L1 ──
  "data-dir": required({ value: "<path>", help: "folder for the node's database; one node at a time", parse: path }),
  l1: required({
    ...{ value: "<url,…>", help: "L1 endpoints; each further one is asked when those before it give no answer" },
    parse: urls,
  }),
  rollup: required({ value: "<address>", help: "of the core contract", parse: address }),
  "deployment-block": optional({
    ...{ value: "<number>", help: "spares the search for the rollup's first event" },
    parse: whole(0, 2 ** 48),
  }),
  confirmations: option({
    ...{ value: "<blocks>", help: "L1 blocks above what the node believes", parse: whole(0, 1_024), fallback: 0 },
  }),
  "max-range": option({
    ...{ value: "<blocks>", help: "most L1 blocks of one query", parse: whole(1, 100_000), fallback: 1_000 },
  }),
  "min-free": option({
    ...{ value: "<MB>", help: "of the disk below which no L2 transaction is accepted", parse: whole(0, 10 ** 6) },
    fallback: 256,
  }),
  // ── Roles ──
  sequencer: option({ help: "collects L2 transactions and posts batches", parse: flag, fallback: false }),
  aggregator: option({ help: "proves batches when it pays", parse: flag, fallback: false }),
  boot: option({ help: "proves what waits too long, whatever it pays", parse: flag, fallback: false }),
  deliver: option({ help: "pays departures of migrations into their targets", parse: flag, fallback: false }),
  proposer: option({ help: "B52: orders blocks, gathers votes, commits", parse: flag, fallback: false }),
  prover: option({ help: "B52: votes for nodes of blocks and proves them", parse: flag, fallback: false }),
  builder: option({ help: "B52: orders blocks and sells them to proposers", parse: flag, fallback: false }),
  // ── Keys ──
  keystore: optional({
    ...{ value: "<path>", help: "encrypted key (Web3 secret storage) of the roles; its password is in NODE_PASSWORD" },
    parse: path,
  }),
  // ── L1 transactions ──
  "max-fee": option({ value: "<ETH>", help: "most that one costs", parse: ether, fallback: 10n ** 17n }),
  "stall-blocks": option({
    ...{ value: "<blocks>", help: "after which it is replaced at a higher price", parse: whole(1, 1_000), fallback: 4 },
  }),
  // ── Sequencer ──
  "fee-account": optional({
    ...{
      value: "<index>",
      help: "L2 account of the sequencer, proposer or builder, which gets the tips",
      parse: whole(1, 2 ** 32 - 1),
    },
  }),
  "min-value": option({
    ...{
      value: "<percent>",
      help: "of a post's cost that its tips have to be",
      parse: whole(0, 100_000),
      fallback: 100,
    },
  }),
  "max-age": option({
    ...{ value: "<seconds>", help: "that a transaction waits, whatever it pays", parse: whole(0, YEAR), fallback: 60 },
  }),
  "max-loss": option({
    ...{ value: "<ETH>", help: "that a post for the sake of age may lose", parse: ether, fallback: 10n ** 16n },
  }),
  "forced-margin": option({
    ...{ value: "<seconds>", help: "before its deadline that a forced operation is taken", parse: whole(0, YEAR) },
    fallback: 600,
  }),
  "proven-leaves": option({
    ...{ value: "<number>", help: "most leaves that one call posts and proves, which saves the batch fee; 0: never" },
    parse: whole(0, 1_000),
    fallback: 0,
  }),
  // ── Proposer ──
  bid: option({
    ...{ value: "<tokens>", help: "most that a proposer bids for a block", parse: ether, fallback: 10n ** 19n },
  }),
  "bid-percent": option({
    ...{ value: "<percent>", help: "of what a block brings that is bid", parse: whole(0, 100), fallback: 20 },
  }),
  share: option({
    ...{ value: "<percent>", help: "of the reward that a proposer offers to provers", parse: whole(0, 50) },
    fallback: 40,
  }),
  "gather-percent": option({
    ...{ value: "<percent>", help: "of the proposal window in which votes are gathered", parse: whole(1, 90) },
    fallback: 50,
  }),
  "empty-blocks": option({ help: "proposes blocks for the reward alone", parse: flag, fallback: false }),
  // ── Builders ──
  escrow: optional({
    ...{ value: "<address>", help: "of the escrow of builders, in which a builder sells and a proposer buys" },
    parse: address,
  }),
  "escrow-funds": optional({
    ...{ value: "<tokens>", help: "kept in the escrow, twice as much at most; 0: everything is taken out" },
    parse: ether,
  }),
  "pay-percent": option({
    ...{ value: "<percent>", help: "of a block's tips that a builder pays for it", parse: whole(0, 100), fallback: 50 },
  }),
  "max-payment": option({
    ...{ value: "<tokens>", help: "most that a builder pays for a block", parse: ether, fallback: 2n * 10n ** 19n },
  }),
  cover: option({
    ...{ value: "<tokens>", help: "that a builder loses besides, if it withholds a block", parse: ether },
    fallback: 2n * 10n ** 18n,
  }),
  private: option({
    ...{ help: "a builder tells nobody of transactions that come by its API", parse: flag, fallback: false },
  }),
  // ── Both roles of B52 ──
  margin: option({
    ...{ value: "<seconds>", help: "before the end of a window at which a call is sent at the latest: six blocks" },
    ...{ parse: whole(24, 3_600), fallback: 72 },
  }),
  // ── Prover ──
  ticket: optional({ value: "<id>", help: "of the prover; its key is in NODE_TICKET_KEY", parse: whole(1, 247) }),
  join: option({ help: "takes the ticket for its stake, if nobody has it", parse: flag, fallback: false }),
  load: option({
    ...{ value: "<percent>", help: "of a proof window that may be promised", parse: whole(1, 100), fallback: 60 },
  }),
  "max-nodes": option({
    ...{ value: "<number>", help: "most nodes that are promised to a block", parse: whole(1, 15), fallback: 15 },
  }),
  "second-cost": option({
    ...{ value: "<gwei>", help: "own cost of a second of proving", parse: gwei, fallback: 10n ** 9n, unit: GWEI },
  }),
  // ── The network of B52 ──
  "p2p-listen": option({
    ...{ value: "<address,…>", help: "of libp2p at which peers reach the node: /ip4/0.0.0.0/tcp/9252" },
    ...{ parse: multiaddrs, fallback: [] as readonly string[] },
  }),
  "p2p-announce": option({
    ...{ value: "<address,…>", help: "that peers are told, if they are others than those it listens at" },
    ...{ parse: multiaddrs, fallback: [] as readonly string[] },
  }),
  "p2p-peers": option({
    ...{ value: "<address,…>", help: "of peers to which the node keeps a connection, with /p2p/<id> or without" },
    ...{ parse: multiaddrs, fallback: [] as readonly string[] },
  }),
  "p2p-bootstrap": option({
    ...{ value: "<address,…>", help: "of peers that are asked for others, with /p2p/<id>" },
    ...{ parse: multiaddrs, fallback: [] as readonly string[] },
  }),
  // ── Aggregator ──
  "min-profit": option({ value: "<ETH>", help: "least profit of a proof", parse: ether, fallback: 0n }),
  "leaf-cost": option({ value: "<ETH>", help: "own cost of proving a leaf", parse: ether, fallback: 0n }),
  "token-price": option({
    ...{ value: "<ETH>", help: "worth of a native token, in which batch fees are paid", parse: ether },
    fallback: 10n ** 15n,
  }),
  patience: option({
    ...{
      value: "<seconds>",
      help: "that the boot aggregator lets a batch wait",
      parse: whole(0, YEAR),
      fallback: 3_600,
    },
  }),
  // ── Deliveries ──
  "max-delivery": option({
    ...{ value: "<ETH>", help: "that a delivery costs, with its gas", parse: ether, fallback: 10n ** 16n },
  }),
  // ── Mempool ──
  "pool-per-sender": option({
    ...{ value: "<number>", help: "transactions of one account", parse: whole(1, 64), fallback: 16 },
  }),
  "pool-total": option({
    ...{ value: "<number>", help: "transactions in all", parse: whole(1, 1_000_000), fallback: 10_000 },
  }),
  // ── API ──
  "api-host": option({ value: "<host>", help: "on which the API listens", parse: host, fallback: "127.0.0.1" }),
  "api-port": option({
    value: "<port>",
    help: "of the API; 0 for a free one",
    parse: whole(0, PORTS),
    fallback: 8_555,
  }),
  "api-proxy": option({
    ...{ help: "a proxy on this machine says in X-Forwarded-For who asks", parse: flag, fallback: false },
  }),
  "no-api": option({ help: "no API", parse: flag, fallback: false }),
  // ── Logs ──
  log: option({
    ...{ value: "<level>", help: "silent, error, warn, info, debug or trace; one JSON object a line" },
    parse: word("silent", "error", "warn", "info", "debug", "trace"),
    fallback: "warn" as const,
  }),
  "max-gas-price": optional({
    ...{ value: "<gwei>", help: "above which nothing is posted or proven that can wait", parse: gwei },
  }),
} as const satisfies Readonly<Record<string, Option>>;

type Options = typeof OPTIONS;
/** `data-dir` as `dataDir`. */
type Camel<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Name;
type ValueOf<Of> =
  Of extends Option<infer Value>
    ? Of extends { readonly isRequired: true } | { readonly fallback: unknown }
      ? Value
      : Value | undefined
    : never;

/** The configuration of a node. Amounts are in wei, times in seconds. */
export type NodeConfiguration = { readonly [Name in keyof Options as Camel<Name>]: ValueOf<Options[Name]> };

/** Where options come from; the first that has one counts. */
export interface Sources {
  /** By their names. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The JSON value in the configuration file; undefined if there is no file. */
  readonly file?: unknown;
}

const camelCase = (name: string): string => name.replace(/-(.)/gu, (_, letter: string) => letter.toUpperCase());

/** `data-dir` as `NODE_DATA_DIR`. */
export const variableOf = (name: string): string => `NODE_${name.toUpperCase().replaceAll("-", "_")}`;

/**
 * Reads and checks the configuration of a node. Every fault is found, not only the first.
 *
 * @throws {ProtocolError} `BAD_CONFIGURATION` with one sentence for each fault
 */
export function readConfiguration({ flags, environment, file = {} }: Sources): NodeConfiguration {
  const faults: string[] = [];
  const isObject = typeof file === "object" && file !== null && !Array.isArray(file);
  if (!isObject) faults.push("the configuration file: must have one JSON object");
  const inFile = (isObject ? file : {}) as Readonly<Record<string, unknown>>;
  const known = new Map(Object.keys(OPTIONS).map((name) => [camelCase(name), name]));
  for (const key of Object.keys(inFile)) {
    if (!known.has(key)) faults.push(`the configuration file: there is no option ${JSON.stringify(key)}`);
  }
  const values: Record<string, unknown> = {};
  for (const [name, of] of Object.entries<Option>(OPTIONS)) {
    const key = camelCase(name);
    const sources: readonly (readonly [label: string, value: unknown])[] = [
      [`--${name}`, flags[name]],
      [`${variableOf(name)} of the environment`, environment[variableOf(name)]],
      [`${key} of the configuration file`, Object.hasOwn(inFile, key) ? inFile[key] : undefined],
    ];
    const found = sources.find(([, value]) => value !== undefined);
    if (found === undefined) {
      if (of.isRequired === true) faults.push(`--${name} is missing`);
      values[key] = of.fallback;
      continue;
    }
    const [label, given] = found;
    try {
      values[key] = of.parse(given);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      faults.push(`${label} ${shown(given)}: ${error.message}`);
    }
  }
  const configuration = values as unknown as NodeConfiguration;
  if (faults.length === 0) faults.push(...conflicts(configuration));
  if (faults.length === 0) return configuration;
  throw new ProtocolError("BAD_CONFIGURATION", { faults }, faults.join("\n"));
}

/** Options that are good by themselves, and not together. */
function* conflicts(configuration: NodeConfiguration): Generator<string> {
  const { sequencer, aggregator, boot, keystore, feeAccount, provenLeaves } = configuration;
  if (sequencer && feeAccount === undefined) {
    yield "--sequencer needs --fee-account, the L2 account that gets the tips";
  }
  if (keystore !== undefined && !needsKey(configuration)) {
    yield "--keystore is of no use without --sequencer, --aggregator, --boot, --deliver, --proposer, --prover or --builder";
  }
  const { proposer, prover, builder, ticket, join } = configuration;
  if ((proposer || prover || builder) && (sequencer || aggregator || boot)) {
    yield "--proposer, --prover and --builder are roles of B52, and --sequencer, --aggregator and --boot of Proof of Efficiency";
  }
  if (builder && configuration.escrow === undefined) yield "--builder needs --escrow, the address of the escrow";
  if (builder && feeAccount === undefined) yield "--builder needs --fee-account, the L2 account that gets the tips";
  if (builder && proposer) {
    yield "--builder and --proposer need two nodes, with two keys: a proposer orders blocks of its own";
  }
  if (configuration.escrow !== undefined && !builder && !proposer && !usesNetwork(configuration)) {
    yield "--escrow is of no use without --builder, --proposer or a network";
  }
  if (!builder && configuration.private) yield "--private is of no use without --builder";
  if (usesNetwork(configuration) && (sequencer || aggregator || boot)) {
    yield "--p2p-listen, --p2p-peers and --p2p-bootstrap are of B52; a node of Proof of Efficiency needs no peers";
  }
  if (configuration.p2pAnnounce.length > 0 && configuration.p2pListen.length === 0) {
    yield "--p2p-announce is of no use without --p2p-listen";
  }
  const nameless = configuration.p2pBootstrap.find((address) => !address.includes("/p2p/"));
  if (nameless !== undefined) yield `--p2p-bootstrap ${shown(nameless)}: must end with /p2p/ and the id of the peer`;
  if (prover && ticket === undefined) yield "--prover needs --ticket, the id of its ticket";
  if (!prover && ticket !== undefined) yield "--ticket is of no use without --prover";
  if (!prover && join) yield "--join is of no use without --prover";
  if (provenLeaves > 0 && !(sequencer && (aggregator || boot))) {
    yield "--proven-leaves needs --sequencer, and --aggregator or --boot";
  }
}

/** A value in a message: not too long, and on one line. */
const shown = (given: unknown): string => {
  const text = typeof given === "string" ? given : JSON.stringify(given);
  const line = text.replace(/\p{C}+/gu, " ");
  return line.length > 80 ? `${line.slice(0, 80)}…` : line;
};

/** Whether a role sends transactions on L1, and so needs a key. */
export const needsKey = (configuration: NodeConfiguration): boolean => {
  const { sequencer, aggregator, boot, deliver, proposer, prover, builder } = configuration;
  return sequencer || aggregator || boot || deliver || proposer || prover || builder;
};

/** Whether a node takes part in the network of a B52 rollup. */
export const usesNetwork = ({ p2pListen, p2pPeers, p2pBootstrap }: NodeConfiguration): boolean =>
  p2pListen.length + p2pPeers.length + p2pBootstrap.length > 0;

/** All options for `--help`, one a line, with their defaults. */
export function describeOptions(): string {
  const lines = Object.entries<Option>(OPTIONS).map(([name, { value, help, fallback, unit }]) => {
    const left = `  --${name}${value === undefined ? "" : ` ${value}`}`;
    return `${left.padEnd(30)} ${help}${describeDefault(fallback, unit)}`;
  });
  return lines.join("\n");
}

function describeDefault(fallback: unknown, unit = 1e18): string {
  if (fallback === undefined || fallback === false) return "";
  // Amounts are in ETH, in tokens or in gwei on the command line.
  if (typeof fallback === "bigint") return `. Default: ${Number(fallback) / unit}`;
  return typeof fallback === "string" || typeof fallback === "number" ? `. Default: ${fallback}` : "";
}
