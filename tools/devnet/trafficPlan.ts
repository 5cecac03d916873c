// SPDX-License-Identifier: MIT
import type { Random } from "../random.ts";
import type { RollupName } from "./rollupNames.ts";
import type { NodeName } from "./topology.ts";
import type { UserName } from "./users.ts";

/** Nodes that take transactions: sequencers, and proposers of B52. */
export type EntryName = Extract<NodeName, `sequencer-${number}` | `proposer-${number}`>;

/**
 * Kinds of traffic.
 *
 * Honest: a `transfer`, an `exit` to L1, a transfer `bound` to one sequencer, a `replacement` of a transaction that waits
 * by one with a higher tip; by L1 alone a `topUp`, a `forcedTransfer`, a `forcedExit`, and the `claim` of an exit.
 *
 * Dishonest: a signature that is false (`badSignature`), more than the sender has (`overdraft`), a transaction once more
 * that was executed (`replay`), one that is bound to the other sequencer (`copy`), and a batch on L1 with all of this,
 * with noise (`garbage`), or with false commitments to its data (`falseData`).
 */
export const KINDS = [
  ...(["transfer", "exit", "bound", "replacement", "topUp", "forcedTransfer", "forcedExit", "claim"] as const),
  ...(["badSignature", "overdraft", "replay", "copy", "garbage", "falseData"] as const),
] as const;
export type TrafficKind = (typeof KINDS)[number];

/** The next thing that somebody does. */
export interface TrafficAction {
  readonly kind: TrafficKind;
  readonly user: UserName;
  /** The receiver, where there is one. */
  readonly to: UserName;
  readonly via: EntryName;
}

/** A user, as the generator sees it. */
export interface UserView {
  readonly name: UserName;
  /** Transactions that were taken from the user, and are in no batch. */
  readonly waiting: number;
  /** Whether a transaction was sent to which there is no answer: it is sent again first. */
  readonly isUnanswered: boolean;
}

/** The network, as the generator sees it. */
export interface TrafficView {
  /** Leaves without a proof. */
  readonly backlog: number;
  /** Whether somebody's transaction on L1 is on its way. */
  readonly isOnL1: boolean;
  readonly users: readonly UserView[];
}

/** How much traffic there may be. */
export interface TrafficLimits {
  /** Leaves that may wait for a proof; above, everybody waits. */
  readonly maxBacklog: number;
  /** Transactions of all users that may wait for a batch. */
  readonly maxWaiting: number;
}

/**
 * About half a minute of proofs on two cores, for Proof of Efficiency. A block of B52 has two leaves, and its window the
 * time for them: transactions beyond these eight wait for the next one.
 */
export const TRAFFIC_LIMITS: TrafficLimits = { maxBacklog: 3, maxWaiting: 8 };

/** Transactions of one user that may wait: a node takes 16 nonces, and what a user replaces needs some. */
const PER_USER = 6;

/** The people of a rollup. */
export interface Cast {
  readonly honest: readonly [UserName, UserName, UserName];
  readonly dishonest: UserName;
  /** Nodes that take transactions: of the first user, of the second one; the third goes to the one that is drawn. */
  readonly entries: readonly [EntryName, EntryName];
  readonly kinds: readonly TrafficKind[];
}

/**
 * The people of both rollups. Under B52 nobody posts alone, so nobody can post noise; and a transaction that is bound to a
 * proposer waits, and its sender with it, until that proposer wins.
 */
export const CASTS: Readonly<Record<RollupName, Cast>> = {
  poe: {
    ...{ honest: ["alice", "bob", "carol"], dishonest: "mallory", entries: ["sequencer-1", "sequencer-2"] },
    kinds: KINDS,
  },
  b52: {
    ...{ honest: ["dave", "erin", "frank"], dishonest: "trudy", entries: ["proposer-1", "proposer-2"] },
    kinds: KINDS.filter((kind) => !(["bound", "copy", "garbage", "falseData"] as TrafficKind[]).includes(kind)),
  },
};

const ON_L1: readonly TrafficKind[] = ["topUp", "forcedTransfer", "forcedExit", "claim", "garbage", "falseData"];
const DISHONEST: readonly TrafficKind[] = ["badSignature", "overdraft", "replay", "copy", "garbage", "falseData"];

/** How often each kind is chosen, of the sum of all. */
const WEIGHTS: Readonly<Record<TrafficKind, number>> = {
  ...{ transfer: 40, exit: 8, bound: 10, replacement: 4, topUp: 3, forcedTransfer: 3, forcedExit: 3, claim: 3 },
  ...{ badSignature: 6, overdraft: 4, replay: 6, copy: 6, garbage: 2, falseData: 2 },
};

/** The node that a user goes to; the third user goes to the one that was drawn. */
export function homeOf(user: UserName, { honest, entries }: Cast, drawn: EntryName): EntryName {
  if (user === honest[0]) return entries[0];
  return user === honest[1] ? entries[1] : drawn;
}

/**
 * Chooses what somebody does next; undefined if the machine has enough to prove, or if nobody can do what was drawn. It
 * draws the same numbers from `random` whatever the view is.
 */
export function nextAction(
  random: Random,
  { backlog, isOnL1, users }: TrafficView,
  { maxBacklog, maxWaiting }: TrafficLimits = TRAFFIC_LIMITS,
  cast: Cast = CASTS.poe,
): TrafficAction | undefined {
  const { honest, dishonest, entries, kinds } = cast;
  const total = kinds.reduce((sum, kind) => sum + WEIGHTS[kind], 0);
  let drawn = random.int(total);
  const kind = kinds.find((candidate) => (drawn -= WEIGHTS[candidate]) < 0)!;
  const sender = random.pick(honest);
  const receiver = random.pick(honest);
  const other = random.pick(entries);
  const user = DISHONEST.includes(kind) ? dishonest : sender;
  const view = users.find(({ name }) => name === user);
  const waiting = users.reduce((sum, each) => sum + each.waiting, 0);
  if (view === undefined || backlog >= maxBacklog || waiting >= maxWaiting) return undefined;
  if (view.isUnanswered || view.waiting >= PER_USER) return undefined;
  if (isOnL1 && ON_L1.includes(kind)) return undefined;
  if (kind === "replacement" && view.waiting === 0) return undefined;
  // Somebody who has something at one node does not go to the other: nonces would be out of order.
  if (user === honest[2] && view.waiting > 0 && kind !== "replacement") return undefined;
  const to = users.some(({ name }) => name === receiver) ? receiver : user;
  return { kind, user, to, via: homeOf(user, cast, other) };
}
