// SPDX-License-Identifier: MIT
import type { NodeName } from "../devnet/topology.ts";
import { Random } from "../random.ts";

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
export type Boundary = (typeof BOUNDARIES)[number];

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
/** How often each kind is drawn, of the sum of all. */
const WEIGHTS: Readonly<Record<FaultKind, number>> = { kill: 6, boundary: 6, pause: 3, reorg: 4, endpoint: 6, fill: 2 };
const KINDS = Object.keys(WEIGHTS) as FaultKind[];
/** Boundaries that a node passes. */
const SENDS = ["beforeSend", "afterSend", "read"] as const satisfies Boundary[];
const PASSES: Readonly<Record<NodeName, readonly Boundary[]>> = {
  ...{ "sequencer-1": BOUNDARIES, "sequencer-2": BOUNDARIES, aggregator: SENDS, boot: ["read"], follower: ["read"] },
  ...{ "proposer-1": BOUNDARIES, "proposer-2": BOUNDARIES, "b52-follower": ["read"] },
  ...{ "prover-1": SENDS, "prover-2": SENDS, "prover-3": SENDS },
};

/**
 * The faults of a run in the order of their times: the same for the same options. One fault of each kind comes first, in
 * random order, so that a short run has all of them.
 */
export function planFaults({ seed, length, nodes, fillable, gap = 8 * SECOND }: PlanOptions): Fault[] {
  const random = new Random(`chaos/${seed}`);
  const between = (least: number, most: number): number => least + random.int(most - least + 1);
  const isPossible = (kind: FaultKind): boolean => kind !== "fill" || fillable !== undefined;
  const total = KINDS.filter(isPossible).reduce((sum, kind) => sum + WEIGHTS[kind], 0);
  const drawKind = (): FaultKind => {
    let drawn = random.int(total);
    return KINDS.filter(isPossible).find((kind) => (drawn -= WEIGHTS[kind]) < 0)!;
  };
  const first = KINDS.filter(isPossible);
  const draw = (kind: FaultKind, at: Time): Fault => {
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
  }
}
