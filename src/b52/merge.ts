// SPDX-License-Identifier: MIT
import { evaluateStatement, statementPoint } from "../codec/index.ts";
import { hashToCurveHint, poseidon, type Point } from "../crypto/index.ts";
import { ProtocolError } from "../errors.ts";
import { toField, toUint, type Field } from "../field.ts";
import { LEAF_DIGEST, leafDigest, orderedPublicSignals, type LeafPublicSignals } from "../ledger/index.ts";
import { NO_DRAW, unpackDraw, votersRoot } from "./draw.ts";
import { leafContext, ROOT_NODE, TREE_NODES } from "./nodes.ts";
import { isTicket, type Voters } from "./tickets.ts";
import type { VotesByNode } from "./transcript.ts";
import type { Vote } from "./votes.ts";

/** Opening of a merge's `digest` (docs/b52.md §3). */
export interface MergeOpening {
  readonly oldStateRoot: bigint;
  readonly newStateRoot: bigint;
  readonly context: bigint;
  readonly worker: bigint;
  readonly place: bigint;
  readonly delivered: bigint;
  readonly nodes: bigint;
  /** `givenHash` */
  readonly given: bigint;
}

/** All that the prover of a parent needs of a child. */
export type ChildOpening =
  | { readonly kind: "leaf"; readonly leaf: Omit<LeafPublicSignals, "digest"> }
  | { readonly kind: "merge"; readonly merge: MergeOpening };

/** Inputs that the nodes of one proposal share. */
export interface MergeSetting extends Voters {
  /** `contextOf` the proposal. */
  readonly context: bigint;
  /** `Transcript`, or as much of it as the proof needs: `OpenedTranscript`. */
  readonly transcript: VotesByNode;
}

/** One node, and who proves it. */
export interface MergeTask {
  /** Node of the tree: 1 … 7. */
  readonly node: number;
  readonly left: ChildOpening;
  readonly right: ChildOpening;
  /** Ticket of whoever makes the proof, or 0; any field element to the circuit. */
  readonly worker: bigint;
}

/** The signals of a merge, in the order of a statement (docs/b52.md §3). */
export interface MergePublicSignals {
  readonly digest: Field;
  readonly delivered: Field;
  readonly nodes: Field;
  readonly leftDigest: Field;
  readonly rightDigest: Field;
  readonly context: Field;
  /** `votersRoot`: root of the keys, and, where tickets are drawn, of the draw with it. */
  readonly registryRoot: Field;
  readonly votesRoot: Field;
  readonly promised: Field;
  readonly place: Field;
  readonly worker: Field;
}

/**
 * All inputs of the merge circuit, as snarkjs takes them. Lists of three are of the left child, the right one, and in
 * the root of itself, elsewhere of the left child again.
 */
export interface MergeCircuitInput extends Omit<MergePublicSignals, "digest" | "delivered" | "nodes"> {
  /** Public: see `statementPoint`. */
  readonly point: bigint;
  readonly leftLeaf: readonly bigint[];
  readonly rightLeaf: readonly bigint[];
  readonly leftMerge: readonly bigint[];
  readonly rightMerge: readonly bigint[];
  /** nodes, h, S */
  readonly vote: readonly (readonly bigint[])[];
  readonly voteExists: readonly bigint[];
  readonly votesPath: readonly (readonly bigint[])[];
  readonly key: readonly (readonly bigint[])[];
  readonly keyExists: readonly bigint[];
  readonly registryPath: readonly (readonly bigint[])[];
}

/** Inputs of the circuit that checks elected votes, beside those of the merge (docs/b52.md §11). */
export interface DrawnMergeCircuitInput extends MergeCircuitInput {
  /** Root of the keys. */
  readonly keysRoot: bigint;
  readonly draw: bigint;
  /** `hashToCurveHint` of the draw's seed. */
  readonly drawRoot: bigint;
  /** x, y of each vote. */
  readonly gamma: readonly (readonly bigint[])[];
}

/** Circuit of the proof of an inner node. */
export type MergeCircuit = "merge" | "drawnMerge";

/** The circuit that proves inner nodes in a round with this draw. */
export const mergeCircuitOf = (draw: bigint): MergeCircuit => (draw === NO_DRAW ? "merge" : "drawnMerge");

export interface MergeResult {
  readonly opening: MergeOpening;
  readonly signals: MergePublicSignals;
  readonly input: MergeCircuitInput;
}

const LEAF_SIGNALS = 12;
const MERGE_SIGNALS = 8;

/** Index of `digest` in a merge's statement. */
export const MERGE_DIGEST = 0;

/** Hash of what L1 gives a merge, and no parent reads: so that `digest` binds every signal. */
export const givenHash = ({
  leftDigest,
  rightDigest,
  registryRoot,
  votesRoot,
  promised,
}: Pick<MergePublicSignals, "leftDigest" | "rightDigest" | "registryRoot" | "votesRoot" | "promised">): Field =>
  poseidon([leftDigest, rightDigest, registryRoot, votesRoot, promised]);

export const mergeDigest = (opening: MergeOpening): Field => poseidon(mergeTuple(opening));

/** The signal `digest` of the child's proof. */
export const childDigest = (child: ChildOpening): Field =>
  child.kind === "leaf" ? leafDigest(child.leaf) : mergeDigest(child.merge);

/**
 * Computes what the merge circuit proves of a node (docs/b52.md §3). Every transcript has exactly one result.
 *
 * @throws {ProtocolError} `OUT_OF_RANGE` for a node, context or draw that no proof has; `BAD_TRANSCRIPT` if a vote has a
 *   point and tickets are not drawn, or has none and they are; `CHILDREN_DIFFER` if one child is a leaf and one is not;
 *   `CONTEXT_MISMATCH`, `PLACE_MISMATCH`, `STATE_MISMATCH` if the children are not those of the node
 */
export function mergeNodes(setting: MergeSetting, { node, left, right, worker }: MergeTask): MergeResult {
  const { registry, transcript, draw } = setting;
  const context = toField(toUint(setting.context, 248, "context"));
  if (!Number.isInteger(node) || node < ROOT_NODE || node >= TREE_NODES / 2) {
    throw new ProtocolError(
      "OUT_OF_RANGE",
      { name: "node", value: node, minimum: ROOT_NODE, maximum: TREE_NODES / 2 - 1 },
      `node ${node} is not in 1 … ${TREE_NODES / 2 - 1}`,
    );
  }
  if (left.kind !== right.kind) {
    throw new ProtocolError(
      "CHILDREN_DIFFER",
      { node, left: left.kind, right: right.kind },
      `node ${node} has a ${left.kind} and a ${right.kind}`,
    );
  }
  const children = [summarise(left), summarise(right)] as const;
  children.forEach((child, i) => {
    assertIsNode(child, 2 * node + i, context);
  });
  if (children[0].newStateRoot !== children[1].oldStateRoot) {
    throw new ProtocolError(
      "STATE_MISMATCH",
      {
        differences: [
          {
            what: `state root before node ${2 * node + 1}`,
            expected: children[0].newStateRoot,
            found: children[1].oldStateRoot,
          },
        ],
      },
      `node ${2 * node + 1} does not begin where node ${2 * node} ends`,
    );
  }

  const found = [
    { node: 2 * node, worker: children[0].worker },
    { node: 2 * node + 1, worker: children[1].worker },
    ...(node === ROOT_NODE ? [{ node, worker }] : []),
  ].filter(({ node: voted }) => transcript.isValid(voted, context, { registry, draw }));
  let delivered = children[0].delivered | children[1].delivered;
  let nodes = children[0].nodes | children[1].nodes;
  for (const { node: voted, worker: actual } of found) {
    const ticket = transcript.ticket(voted);
    const isCredited = actual === BigInt(ticket);
    delivered |= isCredited ? 1n << BigInt(ticket) : 0n;
    nodes |= 1n << BigInt(isCredited ? voted : TREE_NODES + voted);
  }

  const given = {
    leftDigest: childDigest(left),
    rightDigest: childDigest(right),
    registryRoot: votersRoot(setting),
    votesRoot: transcript.votesRoot,
    promised: toField(transcript.promised),
  };
  const opening: MergeOpening = {
    oldStateRoot: children[0].oldStateRoot,
    newStateRoot: children[1].newStateRoot,
    context,
    worker: toField(worker),
    place: BigInt(2 * node + (left.kind === "leaf" ? 1 : 0)),
    delivered,
    nodes,
    given: givenHash(given),
  };
  const signals: MergePublicSignals = {
    digest: mergeDigest(opening),
    delivered: toField(delivered),
    nodes: toField(nodes),
    context,
    ...given,
    place: toField(opening.place),
    worker: toField(worker),
  };
  return { opening, signals, input: circuitInput(signals, { node, left, right }, setting) };
}

/** The words of a merge's statement, as L1 gives them to its verifier. */
export const orderedMergeSignals = (signals: MergePublicSignals): Field[] => [
  signals.digest,
  signals.delivered,
  signals.nodes,
  signals.leftDigest,
  signals.rightDigest,
  signals.context,
  signals.registryRoot,
  signals.votesRoot,
  signals.promised,
  signals.place,
  signals.worker,
];

/**
 * The public signals of a merge's proof, in the order of the circuit: digest, evaluation, point.
 *
 * @param point another one than L1 would draw: for tests
 */
export function mergeProofSignals(signals: MergePublicSignals, point?: bigint): Field[] {
  const words = orderedMergeSignals(signals);
  const at = toField(point ?? statementPoint(words));
  return [signals.digest, evaluateStatement(words, at), at];
}

/** @throws {ProtocolError} as `mergeNodes` */
export const mergeCircuitInput = (setting: MergeSetting, task: MergeTask): MergeCircuitInput =>
  mergeNodes(setting, task).input;

/** Tickets whose bits are set in `delivered`, ascending. */
export const deliveredTickets = (delivered: bigint): number[] =>
  Array.from({ length: 256 }, (_, ticket) => ticket).filter(
    (ticket) => isTicket(ticket) && ((delivered >> BigInt(ticket)) & 1n) === 1n,
  );

interface ChildSummary extends Omit<MergeOpening, "place" | "given"> {
  /** Number of its node, if it is a merge. */
  readonly node: number | undefined;
}

function summarise(child: ChildOpening): ChildSummary {
  if (child.kind === "merge") {
    return { ...child.merge, node: Number(child.merge.place >> 1n) };
  }
  const { oldStateRoot, newStateRoot, context, worker } = child.leaf;
  return { oldStateRoot, newStateRoot, context, worker, delivered: 0n, nodes: 0n, node: undefined };
}

function assertIsNode(child: ChildSummary, node: number, context: bigint): void {
  const expected = child.node === undefined ? leafContext(context, node) : context;
  if (child.context !== expected) {
    throw new ProtocolError(
      "CONTEXT_MISMATCH",
      { node, expected, found: child.context },
      `the proof of node ${node} has the context ${child.context}`,
    );
  }
  if (child.node !== undefined && child.node !== node) {
    throw new ProtocolError(
      "PLACE_MISMATCH",
      { node, found: child.node },
      `the proof of node ${child.node} in the place of node ${node}`,
    );
  }
}

const mergeTuple = (merge: MergeOpening): bigint[] => [
  merge.oldStateRoot,
  merge.newStateRoot,
  merge.context,
  merge.worker,
  merge.place,
  merge.delivered,
  merge.nodes,
  merge.given,
];

const zeros = (length: number): bigint[] => new Array<bigint>(length).fill(0n);

const leafTuple = (child: ChildOpening): bigint[] =>
  child.kind === "leaf"
    ? orderedPublicSignals({ ...child.leaf, digest: toField(0n) }).filter((_, i) => i !== LEAF_DIGEST)
    : zeros(LEAF_SIGNALS);

const mergeTupleOf = (child: ChildOpening): bigint[] =>
  child.kind === "merge" ? mergeTuple(child.merge) : zeros(MERGE_SIGNALS);

function circuitInput(
  signals: MergePublicSignals,
  { node, left, right }: Omit<MergeTask, "worker">,
  { registry, transcript, draw }: MergeSetting,
): MergeCircuitInput | DrawnMergeCircuitInput {
  const { leftDigest, rightDigest, context, registryRoot, votesRoot, promised, place, worker } = signals;
  // The root looks at its own vote, too. Elsewhere the third is the left child's again, and does not count.
  const voted = [2 * node, 2 * node + 1, node === ROOT_NODE ? ROOT_NODE : 2 * node];
  const votes = voted.map((voter) => transcript.vote(voter));
  const tickets = voted.map((voter) => transcript.ticket(voter));
  const keys: (Point | undefined)[] = tickets.map((ticket) => registry.get(ticket));
  for (const [i, vote] of votes.entries()) requireForm(voted[i] ?? 0, vote, draw);
  const bit = (item: unknown): bigint => (item === undefined ? 0n : 1n);
  const input: MergeCircuitInput = {
    point: statementPoint(orderedMergeSignals(signals)),
    leftDigest,
    rightDigest,
    context,
    registryRoot,
    votesRoot,
    promised,
    place,
    worker,
    leftLeaf: leafTuple(left),
    rightLeaf: leafTuple(right),
    leftMerge: mergeTupleOf(left),
    rightMerge: mergeTupleOf(right),
    vote: votes.map((vote) => (vote === undefined ? zeros(3) : [vote.nodes, vote.h, vote.s])),
    voteExists: votes.map(bit),
    votesPath: voted.map((voter) => transcript.path(voter)),
    key: keys.map((key) => (key === undefined ? zeros(2) : [key.x, key.y])),
    keyExists: keys.map(bit),
    registryPath: tickets.map((ticket) => registry.path(ticket)),
  };
  if (draw === NO_DRAW) return input;
  return {
    ...input,
    keysRoot: registry.root,
    draw,
    drawRoot: hashToCurveHint(unpackDraw(draw).seed),
    gamma: votes.map((vote) => (vote?.gamma === undefined ? zeros(2) : [vote.gamma.x, vote.gamma.y])),
  };
}

/** The form of a vote follows from the draw: the root of the votes would have no other opening. */
function requireForm(node: number, vote: Vote | undefined, draw: bigint): void {
  const expected = draw === NO_DRAW ? 0n : 1n;
  const found = vote?.gamma === undefined ? 0n : 1n;
  if (vote === undefined || expected === found) return;
  throw new ProtocolError(
    "BAD_TRANSCRIPT",
    { what: "points of a vote", expected, found },
    `the vote for node ${node} has ${found} points instead of ${expected}`,
  );
}
