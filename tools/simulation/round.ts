// SPDX-License-Identifier: MIT
import { createHash } from "node:crypto";

import {
  keyOf,
  MESSAGE_KINDS,
  type MessageKind,
  type ProofTimes,
  type TransactionMessage,
} from "../../src/node/index.ts";
import { SLOT_BYTES } from "../../src/codec/index.ts";
import { DEVELOPMENT, PRODUCTION } from "../../src/profile.ts";
import { Clock, SECOND, seconds } from "./clock.ts";
import { Dice } from "./dice.ts";
import { Host, type Costs } from "./host.ts";
import { Internet, type Partition } from "./internet.ts";
import { HostFacts, L1, registryOf, type L1Options, type RoundRules } from "./l1.ts";
import { Parcels } from "./parcels.ts";
import { roundTrips, type Place } from "./places.ts";
import {
  Bench,
  bitmapOf,
  SimulatedCloser,
  SimulatedProposer,
  SimulatedProver,
  SimulatedVoter,
  type BlockLog,
  type RoleWorld,
} from "./roles.ts";
import { Wire } from "./wire.ts";

/** A cut in a round. */
export interface Cut {
  /** Seconds after the proof window has begun; negative: before. */
  readonly after: number;
  /** Seconds. */
  readonly length: number;
  /** Part of the hosts that are on the smaller side. */
  readonly part: number;
}

/** A round of B52 that is simulated. */
export interface Scenario {
  readonly seed: number;
  readonly proposers: number;
  /** Each has a ticket: 1, 2, 3, … */
  readonly provers: number;
  /** Hosts that pass on and keep, and do nothing else. */
  readonly followers: number;
  /** Provers that vote, and never prove. */
  readonly silent: number;
  /** Of each block's tree. */
  readonly leaves: number;
  /** Sizes of a leaf. */
  readonly profile: "development" | "production";
  /** Seconds that the fastest prover takes for each proof. */
  readonly times: ProofTimes;
  /** The slowest prover takes so many times as long; the others are spread evenly between. */
  readonly spread: number;
  readonly place: Place;
  /** By which the latencies of the place are multiplied. */
  readonly distance: number;
  readonly jitter: number;
  /** Bits a second. */
  readonly bandwidth: number;
  /** Probability that a packet is lost, and sent again. */
  readonly loss: number;
  /** Probability that an RPC is lost for good. */
  readonly drop: number;
  readonly cuts: readonly Cut[];
  /** Peers that each host dials. */
  readonly dials: number;
  /** Seconds between two looks of a node. */
  readonly look: number;
  readonly costs: Costs;
  /** Seconds to sign a vote. */
  readonly signing: number;
  readonly l1: L1Options;
  readonly rules: RoundRules;
  /** L1 blocks on a commitment before its content is shown. */
  readonly revealDepth: number;
  /** Whether users' transactions travel as well: as many as a block has slots. */
  readonly traffic: boolean;
}

/** Outcome of a block. Times in seconds since it was revealed; undefined if it did not happen. */
export interface BlockResult {
  /** Seconds from the begin of the proof window until the content was shown. */
  readonly revealed: number | undefined;
  /** Until all hosts had the content. */
  readonly spread: number | undefined;
  /** Until the proposer had all proofs. */
  readonly proven: number | undefined;
  /** Until the proposer had the proofs of all promised nodes by those who promised them. */
  readonly credited: number | undefined;
  /** Until the last host had the proof of the root that came first. */
  readonly everywhere: number | undefined;
  /** Seconds of the longest path of proofs, if nobody waits for anything else. */
  readonly path: number;
  readonly nodes: number;
  readonly promised: number;
  /** Credited nodes on L1 at the end. */
  readonly delivered: number;
  readonly tickets: number;
  /** Proofs that were begun: own promises, once more, gaps. */
  readonly begun: Readonly<BlockLog["begun"]>;
  /** Seconds from the begin of the proof window until L1 had the first submission. */
  readonly submitted: number | undefined;
}

/** Traffic of the hosts in the round. */
export interface TrafficResult {
  /** Messages that were received, by kind; of all hosts together. */
  readonly received: Readonly<Record<MessageKind, number>>;
  /** Different messages, by kind. */
  readonly messages: Readonly<Record<MessageKind, number>>;
  readonly duplicates: number;
  readonly refused: number;
  readonly pulled: number;
  /** Bytes that a host sends: mean, and the most. */
  readonly sent: { readonly mean: number; readonly most: number };
  readonly receivedBytes: { readonly mean: number; readonly most: number };
}

export interface RoundResult {
  readonly blocks: readonly BlockResult[];
  readonly traffic: TrafficResult;
  /** Seconds from the opening until all commitments were in L1. */
  readonly committed: number | undefined;
  /** Seconds until all votes that were given had reached all proposers. */
  readonly voted: number | undefined;
  /** Transcripts, contents and proofs of nodes that were told, and that a host does not have at the end; of all hosts. */
  readonly missing: number;
  /** The block whose submission came first advanced the state. */
  readonly advanced: boolean;
  /** Hash of all that happened: the same for the same scenario. */
  readonly digest: string;
}

const IDENTITY = { chainId: 31_337n, rollup: `0x${"52".repeat(20)}` };

/** Runs one round, from its opening until two minutes after its end. */
export function simulateRound(scenario: Scenario): RoundResult {
  const { seed, proposers, provers, followers, rules, leaves } = scenario;
  const count = proposers + provers + followers;
  const clock = new Clock();
  const dice = (purpose: string): Dice => new Dice(seed, purpose);
  const partitions = scenario.cuts.map((cut): Partition => {
    const from = rules.proposalWindow + cut.after;
    const small = new Set(
      dice(`cut ${cut.after}`)
        .shuffled(indexes(count))
        .slice(0, Math.round(cut.part * count)),
    );
    return { from, until: from + cut.length, groupOf: (host) => (small.has(host) ? 1 : 0) };
  });
  const { jitter, bandwidth, loss, drop } = scenario;
  const internet = new Internet(clock, dice("internet"), {
    ...{ hosts: count, jitter, bandwidth, loss, drop, partitions },
    roundTrip: roundTrips(scenario.place, scenario.distance),
  });
  const l1 = new L1(clock, dice("l1"), rules, scenario.l1);
  const parcels = new Parcels(leaves);
  const hosts: Host[] = [];
  const world = {
    ...{ clock, internet, parcels, hosts, leaves, wire: new Wire(IDENTITY), dice: dice("hosts") },
    ...{ costs: scenario.costs, look: scenario.look },
  };
  const registry = registryOf(provers);
  for (const index of indexes(count)) {
    hosts.push(new Host(index, world, new HostFacts(l1, scenario.profile, registry, scenario.revealDepth)));
  }
  connect(hosts, scenario.dials, internet, dice("topology"));

  const logs = new Map<string, BlockLog>();
  const roleWorld: RoleWorld = { clock, l1, parcels, leaves, tickets: provers, signing: scenario.signing, logs };
  const { slots } = scenario.profile === "production" ? PRODUCTION : DEVELOPMENT;
  const times = provingTimes(scenario, dice("speeds"));
  // Places on the map have nothing to do with what a host does.
  const order = dice("roles").shuffled(indexes(count));
  const silent = new Set(dice("silent").shuffled(indexes(provers)).slice(0, scenario.silent));
  order.forEach((host, i) => {
    const bench = new Bench(hosts[host]!, roleWorld);
    const { roles } = hosts[host]!;
    const prover = i - proposers;
    if (prover < 0) {
      roles.push(new SimulatedProposer(bench, leaves * slots), new SimulatedCloser(bench, undefined));
    } else if (prover < provers) {
      const ticket = prover + 1;
      roles.push(new SimulatedVoter(bench, ticket, times[prover]!));
      if (silent.has(prover)) return;
      roles.push(new SimulatedProver(bench, ticket, times[prover]!), new SimulatedCloser(bench, ticket));
    }
  });
  tellBlocks(clock, hosts, l1, dice("heads"));
  if (scenario.traffic) sendTransactions(clock, hosts, leaves * slots, rules.proposalWindow, dice("users"));
  clock.run(seconds(rules.proposalWindow + rules.proofWindow + AFTER));
  return resultOf({ hosts, l1, parcels, logs, internet, clock, times, leaves });
}

/** Seconds that are simulated after the end of the proof window. */
const AFTER = 120;

const indexes = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** Each prover's seconds. The fastest takes those of the scenario; the order of the others is drawn. */
function provingTimes({ provers, times: { leaf, merge }, spread }: Scenario, dice: Dice): ProofTimes[] {
  const factors = dice.shuffled(indexes(provers).map((i) => 1 + ((spread - 1) * i) / Math.max(1, provers - 1)));
  return factors.map((factor) => ({ leaf: leaf * factor, merge: merge * factor }));
}

/** Each host dials so many others: a ring first, so all are connected, then at random. */
function connect(hosts: readonly Host[], dials: number, internet: Internet, dice: Dice): void {
  const ring = dice.shuffled(indexes(hosts.length));
  const pairs = new Map<string, readonly [from: number, to: number]>();
  const add = (from: number, to: number): boolean => {
    const key = from < to ? `${from}/${to}` : `${to}/${from}`;
    if (from === to || pairs.has(key)) return false;
    pairs.set(key, [from, to]);
    return true;
  };
  ring.forEach((host, i) => add(host, ring[(i + 1) % ring.length]!));
  for (const host of ring) {
    let open = dials - 1;
    for (const other of dice.shuffled(ring)) {
      if (open <= 0) break;
      if (add(host, other)) open -= 1;
    }
  }
  for (const [from, to] of pairs.values()) {
    const opened = (): void => {
      hosts[from]!.connect(to, true);
      hosts[to]!.connect(from, false);
    };
    const closed = (): void => {
      hosts[from]!.disconnect(to);
      hosts[to]!.disconnect(from);
    };
    opened();
    internet.watch(from, to, closed, opened);
  }
}

/** Every node hears of each block of L1 a little later than the others. */
function tellBlocks(clock: Clock, hosts: readonly Host[], l1: L1, dice: Dice): void {
  const { rules, options } = l1;
  const blocks = Math.ceil((rules.proposalWindow + rules.proofWindow + AFTER) / options.blockTime);
  const delays = hosts.map(() => options.delay * (1 + dice.part()));
  for (let block = 0; block <= blocks; block++) {
    hosts.forEach((host, i) => clock.at(seconds(block * options.blockTime + delays[i]!), () => host.tell(block)));
  }
}

/** Transactions of users, evenly over the proposal window, each at some host. */
function sendTransactions(clock: Clock, hosts: readonly Host[], count: number, window: number, dice: Dice): void {
  for (let i = 0; i < count; i++) {
    const slot = new Uint8Array(SLOT_BYTES);
    new DataView(slot.buffer).setUint32(0, i + 1);
    const message: TransactionMessage = { kind: "transaction", slot };
    const host = hosts[dice.below(hosts.length)]!;
    clock.at(seconds((window * i) / count), () => host.publish(message));
  }
}

interface Outcome {
  readonly hosts: readonly Host[];
  readonly l1: L1;
  readonly parcels: Parcels;
  readonly logs: ReadonlyMap<string, BlockLog>;
  readonly internet: Internet;
  readonly clock: Clock;
  readonly times: readonly ProofTimes[];
  readonly leaves: number;
}

function resultOf(outcome: Outcome): RoundResult {
  const { hosts, l1, parcels, logs, internet, clock } = outcome;
  const proposersOf = [...logs.values()].map(({ host }) => hosts[host]!);
  const all = parcels.all;
  const votes = all.filter(({ kind }) => kind === "vote");
  const lastVote = proposersOf.flatMap(({ acceptedAt }) => votes.map(({ id }) => acceptedAt.get(id)));
  const names = new Map(
    all.flatMap(({ kind, message }) => {
      const name = kind === "proposal" ? undefined : parcels.nameOf(message);
      return name === undefined ? [] : [[keyOf(name), name] as const];
    }),
  );
  const lastBlock = Math.max(...l1.commitments.map(({ block }) => block));
  const bytes = (of: (host: number) => number): { mean: number; most: number } => {
    const values = hosts.map((_, i) => of(i));
    return { mean: values.reduce((sum, value) => sum + value, 0) / values.length, most: Math.max(...values) };
  };
  const sum = (of: (host: Host) => number): number => hosts.reduce((total, host) => total + of(host), 0);
  const perKind = (of: (kind: MessageKind) => number): Record<MessageKind, number> =>
    Object.fromEntries(MESSAGE_KINDS.map((kind) => [kind, of(kind)])) as Record<MessageKind, number>;
  return {
    blocks: l1.commitments.map(({ id }) => blockResultOf(logs.get(id)!, outcome)),
    traffic: {
      received: perKind((kind) => sum(({ relay }) => relay.counts.received[kind])),
      messages: perKind((kind) => all.filter((parcel) => parcel.kind === kind).length),
      duplicates: sum(({ relay }) => relay.counts.duplicates),
      refused: sum(({ relay }) => relay.counts.refused),
      pulled: sum(({ relay }) => relay.counts.pulled),
      sent: bytes((host) => internet.traffic[host]!.sent),
      receivedBytes: bytes((host) => internet.traffic[host]!.received),
    },
    committed: l1.commitments.length === 0 ? undefined : lastBlock * l1.options.blockTime,
    voted:
      lastVote.includes(undefined) || lastVote.length === 0 ? undefined : Math.max(...definedOf(lastVote)) / SECOND,
    missing: sum(({ store }) => [...names.values()].filter((name) => store.find(name) === undefined).length),
    advanced: l1.advanced !== undefined,
    digest: digestOf(hosts, internet, clock),
  };
}

const definedOf = (values: readonly (number | undefined)[]): number[] => values.filter((value) => value !== undefined);

function blockResultOf(log: BlockLog, { hosts, l1, parcels, times, leaves }: Outcome): BlockResult {
  const { id, promised, revealedAt, begun } = log;
  const since = (at: number | undefined): number | undefined =>
    at === undefined || revealedAt === undefined ? undefined : (at - revealedAt) / SECOND;
  /** When the last host had a message. */
  const lastOf = (parcel: number | undefined): number | undefined => {
    const moments = parcel === undefined ? [undefined] : hosts.map(({ acceptedAt }) => acceptedAt.get(parcel));
    return moments.includes(undefined) ? undefined : Math.max(...definedOf(moments));
  };
  const content = parcels.all.find(({ message }) => message.kind === "block" && message.id === id);
  const root = parcels.all.find(({ message }) => message.kind === "proof" && message.id === id && message.node === 1);
  const holders = promised.filter((ticket) => ticket !== 0);
  const submissions = l1.submissions.filter((other) => other.id === id);
  const [first] = submissions;
  const path = (node: number): number => {
    const own = times[(promised[node] ?? 0) - 1];
    if (own === undefined) return node >= leaves ? 0 : Math.max(path(2 * node), path(2 * node + 1));
    return node >= leaves ? own.leaf : own.merge + Math.max(path(2 * node), path(2 * node + 1));
  };
  const credited = submissions.at(-1)?.credited ?? 0n;
  return {
    revealed: revealedAt === undefined ? undefined : revealedAt / SECOND - l1.rules.proposalWindow,
    spread: since(lastOf(content?.id)),
    proven: since(log.provenAt),
    credited: since(log.creditedAt),
    everywhere: since(lastOf(root?.id)),
    path: path(1),
    nodes: 2 * leaves - 1,
    promised: holders.length,
    delivered: bitsOf(credited & bitmapOf(promised, (holder) => holder !== 0)),
    tickets: new Set(holders).size,
    begun,
    submitted: first === undefined ? undefined : l1.timeOf(first.block) - l1.opensAt,
  };
}

const bitsOf = (bitmap: bigint): number => bitmap.toString(2).replaceAll("0", "").length;

/** Of all acceptances with their times, all traffic, and the number of things that happened. */
function digestOf(hosts: readonly Host[], internet: Internet, clock: Clock): string {
  const hash = createHash("sha256");
  for (const { index, acceptedAt } of hosts) {
    hash.update(`${index}:${[...acceptedAt].flat().join()};${JSON.stringify(internet.traffic[index])}\n`);
  }
  return hash.update(String(clock.planned)).digest("hex");
}
