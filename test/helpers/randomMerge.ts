// SPDX-License-Identifier: MIT
import { addPoint } from "@zk-kit/baby-jubjub";

import {
  challenge,
  hashToCurve,
  mulBase,
  mulSecret,
  poseidon,
  toPoint,
  type OutputSigner,
  type Point,
} from "../../src/crypto/index.ts";
import {
  contextOf,
  leafContext,
  mergeNodes,
  NO_DRAW,
  NO_LIMIT,
  nodesBitmap,
  packDraw,
  RegistryTree,
  ROOT_NODE,
  signDrawnVote,
  signVote,
  Transcript,
  TREE_NODES,
  voteMessage,
  type ChildOpening,
  type DrawnVote,
  type MergeResult,
  type MergeSetting,
  type MergeTask,
  type NodePromise,
  type Vote,
} from "../../src/b52/index.ts";
import { L, P, toField, type Field } from "../../src/field.ts";
import { createFastSigner, fastSecret } from "./fastSigner.ts";
import { Random } from "./random.ts";
import { ORDER_8 } from "./smallOrder.ts";

/** Registered tickets, at the edges of the ids too. All but the last two have keys of their own; these share one. */
export const TICKETS = [1, 2, 3, 100, 127, 128, 246, 247] as const;
const SHARED = [246, 247] as const;
const UNREGISTERED = [4, 99, 200, 245] as const;
const NO_TICKETS = [248, 254, 255] as const;

const nameOf = (ticket: number): string => `ticket ${SHARED.includes(ticket as 247) ? SHARED[0] : ticket}`;

export const signerOf = (ticket: number): OutputSigner =>
  createFastSigner(nameOf(ticket), ticket === 3 ? ORDER_8 : undefined);

export const REGISTRY = RegistryTree.of(TICKETS.map((ticket): [number, Point] => [ticket, signerOf(ticket).publicKey]));

export interface VoteCase {
  readonly context: bigint;
  readonly ticket: number;
  readonly node: number;
  readonly random: Random;
}

const bit = (node: number): bigint => 1n << BigInt(node);
const MAX_S = 1n << 251n;

/** A bitmap with the node, and whichever others. */
const bitmap = ({ node, random }: VoteCase): bigint => bit(node) | (random.bigint(1n << BigInt(TREE_NODES)) & ~1n);

const good = (test: VoteCase, nodes = bitmap(test)): Vote =>
  signVote(signerOf(test.ticket), { context: test.context, ticket: test.ticket, nodes });

/** A good vote, with S + k·l for the least k ≥ 1 such that it is on the wanted side of 2^251. */
function aliased(test: VoteCase, isWide: boolean): Vote {
  for (;;) {
    const { s, ...vote } = good(test);
    const found = [1n, 2n, 3n, 4n].map((k) => s + k * L).find((alias) => alias < P && alias >= MAX_S === isWide);
    if (found !== undefined) {
      return { ...vote, s: found };
    }
  }
}

/** Kinds of votes for a ticket that has a key. The first two are valid. */
export const VOTE_KINDS: Readonly<Record<string, (test: VoteCase) => Vote | undefined>> = {
  "for many nodes": (test) => good(test),
  "for one node": (test) => good(test, bit(test.node)),
  absent: () => undefined,
  "of zeros": () => ({ nodes: 0n, h: 0n, s: 0n }),
  garbage: ({ random }) => ({ nodes: random.bigint(P), h: random.bigint(P), s: random.bigint(P) }),
  "garbage for the node": (test) => ({ nodes: bitmap(test), h: test.random.bigint(P), s: test.random.bigint(L) }),
  "of the largest numbers": () => ({ nodes: P - 1n, h: P - 1n, s: P - 1n }),
  "for other nodes": (test) => good(test, bitmap(test) & ~bit(test.node)),
  "for nodes beyond the tree": (test) => ({
    nodes: bitmap(test) + (1n << 16n),
    ...signerOf(test.ticket).sign(
      voteMessage({ context: test.context, ticket: test.ticket, nodes: bitmap(test) + (1n << 16n) }),
    ),
  }),
  "for a bitmap of 254 bits": (test) => {
    const nodes = (1n << 253n) + bit(test.node);
    return { nodes, ...signerOf(test.ticket).sign(voteMessage({ ...test, nodes })) };
  },
  "with nodes added later": (test) => ({ ...good(test, bit(test.node)), nodes: bit(test.node) | 0x8000n }),
  "in another context": (test) => good({ ...test, context: test.context + 256n }),
  "of another ticket": (test) => good({ ...test, ticket: test.ticket === 1 ? 2 : 1 }),
  "of another key": (test) => ({ ...good(test, bit(test.node)), ...otherKey(test) }),
  "for a ticket of the same key": (test) => {
    const subject = { context: test.context, ticket: test.ticket === 1 ? 2 : 1, nodes: bitmap(test) };
    return signVote(signerOf(test.ticket), subject);
  },
  "with another h": (test) => {
    const vote = good(test);
    return { ...vote, h: (vote.h + 1n) % P };
  },
  "with S + l below 2^251": (test) => aliased(test, false),
  "with S + k·l of 2^251 or more": (test) => aliased(test, true),
  "with S = l": (test) => ({ ...good(test), s: L }),
};

/** A case where votes are drawn. */
export interface DrawnCase extends VoteCase {
  readonly seed: bigint;
}

/** A good vote for the node; it counts if the ticket is elected. */
const drawn = (test: DrawnCase, changes: Partial<DrawnCase> = {}): DrawnVote => {
  const { context, ticket, seed, node } = { ...test, ...changes };
  return signDrawnVote(
    signerOf(ticket),
    { context, ticket, nodes: bit(node) | (test.random.bigint(256n) << 8n) },
    seed,
  );
};

/** Kinds of votes for a ticket that has a key, where votes are drawn. The first two are valid if the ticket is elected. */
export const DRAWN_VOTE_KINDS: Readonly<Record<string, (test: DrawnCase) => Vote | undefined>> = {
  "drawn, good": (test) => drawn(test),
  "drawn, whose gamma has a part of small order": withSmallOrder,
  "drawn, absent": () => undefined,
  "drawn, of zeros": () => ({ nodes: 0n, h: 0n, s: 0n, gamma: { x: 0n, y: 0n } }),
  "drawn, garbage": ({ random }) => ({
    ...{ nodes: random.bigint(P), h: random.bigint(P), s: random.bigint(P) },
    gamma: { x: random.bigint(P), y: random.bigint(P) },
  }),
  "drawn, with the identity": (test) => ({ ...drawn(test), gamma: { x: 0n, y: 1n } }),
  "drawn, with a gamma off the curve": (test) => ({ ...drawn(test), gamma: { x: 0n, y: 0n } }),
  "drawn, with the gamma of another seed": (test) => ({
    ...drawn(test),
    gamma: drawn(test, { seed: test.seed + 1n }).gamma,
  }),
  "drawn, with the gamma of another key": (test) => ({
    ...drawn(test),
    gamma: drawn(test, { ticket: test.ticket === 1 ? 2 : 1 }).gamma,
  }),
  "drawn, with the opposite gamma": (test) => {
    const { gamma, ...vote } = drawn(test);
    return { ...vote, gamma: { x: P - gamma.x, y: gamma.y } };
  },
  "drawn, for another seed": (test) => drawn(test, { seed: test.seed + 1n }),
  "drawn, in another context": (test) => drawn(test, { context: test.context + 256n }),
  "drawn, of another ticket": (test) => drawn(test, { ticket: test.ticket === 1 ? 2 : 1 }),
  "drawn, for another node": (test) => drawn(test, { node: test.node === 15 ? 3 : test.node + 1 }),
  "drawn, with another h": (test) => {
    const vote = drawn(test);
    return { ...vote, h: (vote.h + 1n) % P };
  },
  "drawn, with S + l": (test) => {
    const vote = drawn(test);
    return { ...vote, s: vote.s + L };
  },
  "drawn, signed as if votes were not": (test) => ({ ...good(test), gamma: drawn(test).gamma }),
};

/** The signer may add a point of small order to its gamma. Its output is the same. */
function withSmallOrder({ context, ticket, node, seed, random }: DrawnCase): Vote {
  const base = hashToCurve(seed);
  const honest = signerOf(ticket).outputAt(base);
  const gamma = toPoint(...(addPoint([honest.x, honest.y], [ORDER_8.x, ORDER_8.y]) as [bigint, bigint]));
  const nonce = 1n + random.bigint(L - 1n);
  const image = mulSecret(nonce, base);
  const message = poseidon([context, BigInt(ticket), bit(node), seed, gamma.x, gamma.y, image.x, image.y]);
  const h = challenge(mulBase(nonce), signerOf(ticket).publicKey, message);
  return { nodes: bit(node), gamma, h, s: (nonce + 8n * h * fastSecret(nameOf(ticket))) % L };
}

function otherKey({ context, ticket, node }: VoteCase): { h: bigint; s: bigint } {
  return createFastSigner("nobody").sign(voteMessage({ context, ticket, nodes: bit(node) }));
}

export const TICKET_KINDS: Readonly<Record<string, (random: Random) => number>> = {
  registered: (random) => random.pick(TICKETS),
  "of a shared key": (random) => random.pick(SHARED),
  unregistered: (random) => random.pick(UNREGISTERED),
  "beyond the ids": (random) => random.pick(NO_TICKETS),
  nobody: () => 0,
};

export const WORKER_KINDS: Readonly<Record<string, (ticket: number, random: Random) => bigint>> = {
  promised: (ticket) => BigInt(ticket),
  filler: (ticket) => (ticket === 1 ? 2n : 1n),
  nobody: () => 0n,
  "any number": (_ticket, random) => random.bigint(P),
  "the ticket and 2^8": (ticket) => BigInt(ticket) + 256n,
};

/** A merge to prove, and what happens in it: of each of the votes that count, its kinds. */
export interface RandomMerge {
  readonly setting: MergeSetting;
  readonly task: MergeTask;
  readonly result: MergeResult;
  readonly labels: readonly string[];
}

/** An endless source of merges; the same for the same seed. Half of all that can be valid is. */
export function* randomMerges(seed: string): Generator<RandomMerge, never> {
  for (let i = 0; ; i++) {
    yield randomMerge(new Random(`${seed}/${i}`));
  }
}

function randomMerge(random: Random): RandomMerge {
  const context = contextOf(random.bigint(1n << 256n));
  const node = random.chance(0.3) ? ROOT_NODE : 1 + random.int(7);
  const isAboveLeaves = node > 3 || random.chance(0.5);
  const labels: string[] = [];
  const pick = <T>(kinds: Readonly<Record<string, T>>, favourite: number): [string, T] => {
    const entries = Object.entries(kinds);
    return random.chance(0.5) ? entries[random.int(favourite)]! : random.pick(entries);
  };

  const everybody = random.pick(TICKETS);
  const isOneTicket = random.chance(0.2);
  // Half of all rounds are drawn, of those some without a limit, some with one that half of the tickets pass.
  const seed = random.bigint(1n << 128n);
  const limit = random.pick([NO_LIMIT, NO_LIMIT / 2n, NO_LIMIT / 2n, 1n]);
  const draw = random.chance(0.5) ? packDraw({ seed, limit }) : NO_DRAW;
  const kinds = draw === NO_DRAW ? VOTE_KINDS : DRAWN_VOTE_KINDS;
  if (draw !== NO_DRAW) labels.push(limit === NO_LIMIT ? "drawn without a limit" : "drawn with a limit");

  const promises = new Map<number, NodePromise>();
  for (let other = 1; other < TREE_NODES; other++) {
    const isLooked = other >> 1 === node || other === ROOT_NODE;
    if (!isLooked && random.chance(0.7)) {
      continue;
    }
    const [ticketKind, makeTicket] = pick(TICKET_KINDS, 1);
    const ticket = isOneTicket ? everybody : makeTicket(random);
    const [voteKind, makeVote] = pick<(test: DrawnCase) => Vote | undefined>(kinds, 2);
    promises.set(other, { ticket, vote: makeVote({ context, ticket, node: other, random, seed }) });
    if (isLooked) {
      labels.push(`ticket ${ticketKind}`, `vote ${voteKind}`);
    }
  }
  const workerOf = (worked: number): bigint => {
    const [kind, make] = pick(WORKER_KINDS, 1);
    labels.push(`worker ${kind}`);
    return make(promises.get(worked)?.ticket ?? 0, random);
  };

  const middle = field(random);
  const child = (side: 0 | 1): ChildOpening => {
    const own = 2 * node + side;
    const roots = {
      oldStateRoot: side === 0 ? field(random) : middle,
      newStateRoot: side === 0 ? middle : field(random),
      worker: toField(workerOf(own)),
    };
    return isAboveLeaves
      ? { kind: "leaf", leaf: { ...leafSignals(random), ...roots, context: toField(leafContext(context, own)) } }
      : {
          kind: "merge",
          merge: {
            ...roots,
            context,
            place: BigInt(2 * own + random.int(2)),
            given: field(random),
            ...sets(own, random),
          },
        };
  };
  const setting: MergeSetting = { context, registry: REGISTRY, draw, transcript: new Transcript(promises) };
  const task: MergeTask = { node, left: child(0), right: child(1), worker: workerOf(ROOT_NODE) };
  return { setting, task, result: mergeNodes(setting, task), labels };
}

const field = (random: Random): Field => toField(random.bigint(P));

/** Signals of a leaf. A merge does not use their values. */
const leafSignals = (random: Random) => ({
  newStateRoot: field(random),
  exitsHash: field(random),
  proverFees: field(random),
  c: field(random),
  y: field(random),
  oldStateRoot: field(random),
  header: field(random),
  z: field(random),
  sequencer: field(random),
  domain: field(random),
});

/** Sets that a merge of node `own` may have found: nodes below it, and any tickets. */
function sets(own: number, random: Random): { delivered: bigint; nodes: bigint } {
  const below = Array.from({ length: TREE_NODES }, (_, node) => node).filter(
    (node) => node >> 1 === own || node >> 2 === own,
  );
  const found = below.filter(() => random.chance(0.5));
  const credited = found.filter(() => random.chance(0.5));
  const all = (1n << 248n) - 2n;
  const some = [0n, all, random.bigint(1n << 248n) & ~1n, 1n << 247n, 2n];
  return {
    delivered: random.pick(some),
    nodes: nodesBitmap(credited) | (nodesBitmap(found.filter((node) => !credited.includes(node))) << 16n),
  };
}
