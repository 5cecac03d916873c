// SPDX-License-Identifier: MIT
import { NODES, TICKETS, type B52NodeName, type NodeName } from "../devnet/topology.ts";
import { Random } from "../random.ts";
import { LINK_STATES, type LinkState } from "./relays.ts";

/** Milliseconds from the beginning of the faults. */
type Time = number;

/**
 * When a process is killed that commits something:
 *
 * - `beforeSend`: it has recorded an L1 transaction, and L1 does not get it.
 * - `afterSend`: L1 has the transaction, and the process does not get the answer.
 * - `accepted`: it has told a user that a transaction is accepted.
 * - `read`: it has the logs of new blocks, and is about to write what follows from them.
 */
export const BOUNDARIES = ["beforeSend", "afterSend", "accepted", "read"] as const;

/**
 * Boundaries of the roles of B52. A process is killed after
 *
 * - `offer`, `vote`, `proof`: it has kept one, and tells of it, and nobody hears that.
 * - `commit`: L1 has its commitment, and the transcript is not told.
 */
export const TOLD_BOUNDARIES = ["offer", "vote", "proof", "commit"] as const;
export type Boundary = (typeof BOUNDARIES)[number] | (typeof TOLD_BOUNDARIES)[number];

/**
 * Trouble with the endpoint of a node:
 *
 * - `delay`: up to three seconds for an answer.
 * - `drop`: a third of the requests get no answer, half of these after L1 has had them.
 * - `limit`: two thirds get "429 Too Many Requests".
 * - `empty`: half of the questions for logs, receipts and transactions find nothing.
 * - `stale`: half of the questions are answered by a backend that is 20 blocks behind.
 */
export const TROUBLES = ["delay", "drop", "limit", "empty", "stale"] as const;
export type Trouble = (typeof TROUBLES)[number];

/** How many transactions of lost blocks return to the pool of L1: all, none, or every second. */
export const RETURNS = ["all", "none", "some"] as const;
export type Returning = (typeof RETURNS)[number];

export type Fault = { readonly at: Time } & (
  | { readonly kind: "kill"; readonly node: NodeName; readonly signal: "SIGKILL" | "SIGTERM"; readonly down: Time }
  /** Killed when it next passes the boundary. */
  | { readonly kind: "boundary"; readonly node: NodeName; readonly boundary: Boundary; readonly down: Time }
  | { readonly kind: "pause"; readonly node: NodeName; readonly length: Time }
  | { readonly kind: "reorg"; readonly depth: number; readonly returning: Returning }
  | { readonly kind: "endpoint"; readonly node: NodeName | "all"; readonly trouble: Trouble; readonly length: Time }
  | { readonly kind: "fill"; readonly node: NodeName; readonly length: Time }
  /** The peers of `apart` reach one another, and nobody else. */
  | { readonly kind: "partition"; readonly apart: readonly B52NodeName[]; readonly length: Time }
  | {
      readonly kind: "link";
      readonly between: readonly [B52NodeName, B52NodeName];
      readonly state: Exclude<LinkState, "open" | "cut">;
      readonly length: Time;
    }
);
export type FaultKind = Fault["kind"];

/** Deepest reorganisation. */
export const MAX_DEPTH = 32;

export interface PlanOptions {
  readonly seed: number;
  /** Of the faults. */
  readonly length: Time;
  readonly nodes: readonly NodeName[];
  /** The one whose disk can be filled; undefined if none can. */
  readonly fillable: NodeName | undefined;
  /** Mean time between two faults. Default 8 seconds. */
  readonly gap?: Time;
}

const SECOND = 1_000;
/** The nodes of a run: all but the builder, as the checks of bids ask who hid a block, and do not look at the escrow. */
export const CHAOS_NODES = { poe: NODES.poe, b52: NODES.b52.filter((name) => name !== "builder") } as const;
/** How often each kind is drawn, of the sum of all. */
const WEIGHTS = { kill: 6, boundary: 6, pause: 3, reorg: 4, endpoint: 6, fill: 2 };
const KINDS = Object.keys(WEIGHTS) as (keyof typeof WEIGHTS)[];
/** Boundaries that a node passes. */
const SENDS = ["beforeSend", "afterSend", "read"] as const satisfies Boundary[];
const OF_PROPOSERS = [...BOUNDARIES, "offer", "commit", "offer", "commit"] as const satisfies Boundary[];
const OF_PROVERS = [...SENDS, "vote", "proof", "vote", "proof"] as const satisfies Boundary[];
const PASSES: Readonly<Record<NodeName, readonly Boundary[]>> = {
  ...{ "sequencer-1": BOUNDARIES, "sequencer-2": BOUNDARIES, aggregator: SENDS, boot: ["read"], follower: ["read"] },
  ...{ "proposer-1": OF_PROPOSERS, "proposer-2": OF_PROPOSERS, "b52-follower": ["read"] },
  ...{ "prover-1": OF_PROVERS, "prover-2": OF_PROVERS, "prover-3": OF_PROVERS, builder: ["read"] },
};

/**
 * The faults of a run in the order of their times: the same for the same options. One fault of each kind comes first, in
 * random order, so that a short run has all of them.
 */
export function planFaults({ seed, length, nodes, fillable, gap = 8 * SECOND }: PlanOptions): Fault[] {
  const random = new Random(`chaos/${seed}`);
  const between = (least: number, most: number): number => least + random.int(most - least + 1);
  const isPossible = (kind: keyof typeof WEIGHTS): boolean => kind !== "fill" || fillable !== undefined;
  const total = KINDS.filter(isPossible).reduce((sum, kind) => sum + WEIGHTS[kind], 0);
  const drawKind = (): keyof typeof WEIGHTS => {
    let drawn = random.int(total);
    return KINDS.filter(isPossible).find((kind) => (drawn -= WEIGHTS[kind]) < 0)!;
  };
  const first = KINDS.filter(isPossible);
  const draw = (kind: keyof typeof WEIGHTS, at: Time): Fault => {
    const node = random.pick(nodes);
    const down = between(0, 15 * SECOND);
    switch (kind) {
      case "kill":
        return { at, kind, node, signal: random.chance(0.7) ? "SIGKILL" : "SIGTERM", down };
      case "boundary":
        return { at, kind, node, boundary: random.pick(PASSES[node]), down };
      case "pause":
        return { at, kind, node, length: between(2 * SECOND, 20 * SECOND) };
      case "reorg":
        return { at, kind, depth: depthOf(random), returning: random.pick(RETURNS) };
      case "endpoint": {
        const whose = random.chance(0.25) ? "all" : node;
        return { at, kind, node: whose, trouble: random.pick(TROUBLES), length: between(5 * SECOND, 25 * SECOND) };
      }
      case "fill":
        return { at, kind, node: fillable!, length: between(5 * SECOND, 20 * SECOND) };
    }
  };
  const faults: Fault[] = [];
  for (let at = between(SECOND, gap); at < length; at += between(SECOND, 2 * gap - SECOND)) {
    const kind = first.length > 0 ? first.splice(random.int(first.length), 1)[0]! : drawKind();
    faults.push(draw(kind, at));
  }
  return faults;
}

/** Most reorganisations are shallow; every third is beyond the 12 blocks after which an outbox takes a new nonce. */
function depthOf(random: Random): number {
  return random.chance(1 / 3) ? 13 + random.int(MAX_DEPTH - 12) : 1 + random.int(12);
}

// ── B52 ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * A part of a run in which nothing is done to a proposer and two provers, nor to what is between them; all others are
 * fair game, and L1 as well. The chain has to go on in it: one honest proposer and enough provers can talk.
 */
export interface Era {
  readonly from: Time;
  readonly to: Time;
  readonly spared: readonly B52NodeName[];
}

export interface B52PlanOptions {
  readonly seed: number;
  readonly length: Time;
  /** Of an era, at least; the last one takes the rest. */
  readonly era: Time;
  /** Whether L1 goes back; false if another plan for the same L1 has that. */
  readonly hasReorgs: boolean;
  /** Mean time between two faults. Default 8 seconds. */
  readonly gap?: Time;
}

const B52_WEIGHTS = { kill: 5, boundary: 9, pause: 3, endpoint: 4, partition: 6, link: 6, reorg: 3 };
const B52_KINDS = Object.keys(B52_WEIGHTS) as (keyof typeof B52_WEIGHTS)[];
const LINK_TROUBLES = LINK_STATES.filter((state) => state !== "open" && state !== "cut");

/** The eras of a run, and its faults in the order of their times: the same for the same options. */
export function planB52Faults({ seed, length, era, hasReorgs, gap = 8 * SECOND }: B52PlanOptions): {
  readonly eras: readonly Era[];
  readonly faults: readonly Fault[];
} {
  const random = new Random(`chaos of b52/${seed}`);
  const between = (least: number, most: number): number => least + random.int(most - least + 1);
  const eras = planEras(random, length, era);
  const kinds = B52_KINDS.filter((kind) => kind !== "reorg" || hasReorgs);
  const total = kinds.reduce((sum, kind) => sum + B52_WEIGHTS[kind], 0);
  const drawKind = (): (typeof kinds)[number] => {
    let drawn = random.int(total);
    return kinds.find((kind) => (drawn -= B52_WEIGHTS[kind]) < 0)!;
  };
  const first = [...kinds];
  const draw = (kind: (typeof kinds)[number], at: Time): Fault => {
    const { spared } = eras.find(({ to }) => at < to)!;
    const fair = CHAOS_NODES.b52.filter((name) => !spared.includes(name));
    const node = random.pick(fair);
    const down = between(0, 15 * SECOND);
    switch (kind) {
      case "kill":
        return { at, kind, node, signal: random.chance(0.7) ? "SIGKILL" : "SIGTERM", down };
      case "boundary":
        return { at, kind, node, boundary: random.pick(PASSES[node]), down };
      case "pause":
        return { at, kind, node, length: between(2 * SECOND, 20 * SECOND) };
      case "endpoint":
        return { at, kind, node, trouble: random.pick(TROUBLES), length: between(5 * SECOND, 25 * SECOND) };
      case "partition": {
        const others = fair.filter((name) => name !== node && random.chance(0.4));
        return { at, kind, apart: [node, ...others].sort(), length: between(10 * SECOND, 90 * SECOND) };
      }
      case "link": {
        const other = random.pick(CHAOS_NODES.b52.filter((name) => name !== node));
        const state = random.pick(LINK_TROUBLES);
        return { at, kind, between: [node, other], state, length: between(10 * SECOND, 60 * SECOND) };
      }
      case "reorg":
        return { at, kind, depth: depthOf(random), returning: random.pick(RETURNS) };
    }
  };
  const faults: Fault[] = [];
  for (let at = between(SECOND, gap); at < length; at += between(SECOND, 2 * gap - SECOND)) {
    const kind = first.length > 0 ? first.splice(random.int(first.length), 1)[0]! : drawKind();
    faults.push(draw(kind, at));
  }
  return { eras, faults };
}

function planEras(random: Random, length: Time, era: Time): Era[] {
  const count = Math.max(1, Math.floor(length / era));
  return Array.from({ length: count }, (_, i) => {
    const proposer = random.pick(["proposer-1", "proposer-2"] as const);
    const idle = random.pick(Object.keys(TICKETS) as (keyof typeof TICKETS)[]);
    const provers = (Object.keys(TICKETS) as (keyof typeof TICKETS)[]).filter((name) => name !== idle);
    return { from: i * era, to: i === count - 1 ? length : (i + 1) * era, spared: [proposer, ...provers] };
  });
}

/** A fault in a few words. */
export function describeFault(fault: Fault): string {
  const seconds = (time: Time): string => `${(time / SECOND).toFixed(1)} s`;
  switch (fault.kind) {
    case "kill":
      return `${fault.signal} for ${fault.node}, down for ${seconds(fault.down)}`;
    case "boundary":
      return `SIGKILL for ${fault.node} at "${fault.boundary}", down for ${seconds(fault.down)}`;
    case "pause":
      return `SIGSTOP for ${fault.node}, for ${seconds(fault.length)}`;
    case "reorg":
      return `L1 loses ${fault.depth} blocks; of their transactions return ${fault.returning}`;
    case "endpoint":
      return `endpoint of ${fault.node}: "${fault.trouble}" for ${seconds(fault.length)}`;
    case "fill":
      return `the disk of ${fault.node} is full for ${seconds(fault.length)}`;
    case "partition":
      return `the network loses ${fault.apart.join(", ")} for ${seconds(fault.length)}`;
    case "link":
      return `${fault.between.join(" and ")}: their link is ${fault.state} for ${seconds(fault.length)}`;
  }
}
