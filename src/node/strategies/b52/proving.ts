// SPDX-License-Identifier: MIT
import { worthOf } from "./score.ts";
import type { ProofTimes } from "./voting.ts";

/** When a prover proves which node. Times are in seconds, amounts in wei. */
export interface NodeProvingStrategy {
  /**
   * The root has to be there three times as long before the end of the proof window, as a submission follows; a better
   * proof than one that was made, once as long. Default 72: six blocks.
   */
  readonly margin: number;
  /** Cost of a second of proving. Default 10^9. */
  readonly secondCost: bigint;
  /** Worth of 10^18 units of the native token, in wei. Default 0.001 ETH. */
  readonly tokenPrice: bigint;
}

export const NODE_PROVING_STRATEGY: NodeProvingStrategy = {
  margin: 72,
  secondCost: 10n ** 9n,
  tokenPrice: 10n ** 15n,
};

/** The proof of a node, by somebody. */
export interface KnownProof {
  readonly node: number;
  /** Ticket of its maker, or 0. */
  readonly worker: number;
  readonly digest: bigint;
  /** Digests of the proofs of its children; undefined for a leaf. */
  readonly children: readonly [left: bigint, right: bigint] | undefined;
}

/** A revealed block whose nodes this node could prove. */
export interface TreeView {
  /** Commitment hash. */
  readonly id: string;
  /** 2, 4 or 8 */
  readonly leaves: number;
  /** End of its proof window. */
  readonly closesAt: number;
  /** Highest score that it can have. */
  readonly score: bigint;
  /** By node, from node 0: the ticket with a valid vote; 0 for nobody. */
  readonly promised: readonly number[];
  readonly proofs: readonly KnownProof[];
  /** Amount that this node gets for each node that it delivers, in the native token, if the block wins. */
  readonly nodePay: bigint;
  /** Amount that this node loses if the block is not proven, beside its pay: as its proposer. In the native token. */
  readonly stake: bigint;
  /** Whether L1 has the block with all its promised nodes credited. */
  readonly isDone: boolean;
}

/** All trees of the round, and the facts that decide which node is next. */
export interface ProvingNodesView {
  /** Time of L1's newest block. */
  readonly now: number;
  readonly isFrozen: boolean;
  /** 0 for a proposer without a ticket. */
  readonly ticket: number;
  readonly times: ProofTimes;
  readonly trees: readonly TreeView[];
}

export type NodeProvingDecision =
  | {
      readonly do: "prove";
      readonly id: string;
      readonly node: number;
      readonly worker: number;
      /** Digests of the children's proofs that it is made of; undefined for a leaf. */
      readonly children: readonly [left: bigint, right: bigint] | undefined;
      /** An own promise; once more, as a child was delivered late; somebody else's node that is missing. */
      readonly why: "promise" | "better" | "gap";
    }
  | { readonly do: "wait"; readonly why: "frozen" | "nothing" };

/** The best proof of a node, with the number of credited nodes at and below it. */
export interface BestProof {
  readonly proof: KnownProof;
  readonly credits: number;
  /** Bit i: node i is credited. */
  readonly credited: bigint;
}

/**
 * The proof of a node whose tree is complete and credits the most nodes. All nodes of the network choose the same one of
 * equals: the one with the smaller digest.
 */
export function bestProofOf(
  tree: Pick<TreeView, "leaves" | "promised" | "proofs">,
  node: number,
  fixed?: bigint,
): BestProof | undefined {
  let best: BestProof | undefined;
  for (const proof of tree.proofs) {
    if (proof.node !== node || (fixed !== undefined && proof.digest !== fixed)) continue;
    const isCredited = proof.worker !== 0 && proof.worker === tree.promised[node];
    let [credits, credited] = isCredited ? [1, 1n << BigInt(node)] : [0, 0n];
    if (proof.children !== undefined) {
      const left = bestProofOf(tree, 2 * node, proof.children[0]);
      const right = bestProofOf(tree, 2 * node + 1, proof.children[1]);
      if (left === undefined || right === undefined) continue;
      credits += left.credits + right.credits;
      credited |= left.credited | right.credited;
    } else if (node < tree.leaves) {
      // Only leaves have no children.
      continue;
    }
    const isBetter =
      best === undefined || credits > best.credits || (credits === best.credits && proof.digest < best.proof.digest);
    if (isBetter) best = { proof, credits, credited };
  }
  return best;
}

/** All proofs of a tree that L1 takes together, by node from node 1; undefined as long as one is missing. */
export function assemblyOf(
  tree: Pick<TreeView, "leaves" | "promised" | "proofs">,
): { readonly proofs: readonly KnownProof[]; readonly credited: bigint } | undefined {
  const root = bestProofOf(tree, 1);
  if (root === undefined) return undefined;
  const proofs: KnownProof[] = [];
  const add = (proof: KnownProof): void => {
    proofs[proof.node - 1] = proof;
    proof.children?.forEach((digest, i) => add(bestProofOf(tree, 2 * proof.node + i, digest)!.proof));
  };
  add(root.proof);
  return { proofs, credited: root.credited };
}

/**
 * Which node to prove next. Own promises first: leaves at once, inner nodes when both children were delivered, or when
 * there is no more time to wait for those who promised them. Then what is missing near the end, if this node's own pay
 * depends on it.
 */
export function decideNodeProof(view: ProvingNodesView, strategy: NodeProvingStrategy): NodeProvingDecision {
  if (view.isFrozen) return { do: "wait", why: "frozen" };
  const open = view.trees
    .filter(({ isDone, closesAt }) => !isDone && view.now < closesAt)
    .sort((a, b) => (a.score === b.score ? (a.id < b.id ? -1 : 1) : a.score > b.score ? -1 : 1));
  for (const fills of [false, true]) {
    for (const tree of open) {
      for (let node = 2 * tree.leaves - 1; node >= 1; node--) {
        const decision = fills ? fillOf(tree, node, view, strategy) : promiseOf(tree, node, view, strategy);
        if (decision !== undefined) return decision;
      }
    }
  }
  return { do: "wait", why: "nothing" };
}

/** Number of nodes above a node. */
const levelsAbove = (node: number): number => Math.floor(Math.log2(node));

/** Time at which the proof of a node has to be begun so that the root is there in time, if each level needs `factor` times. */
function latestStart(tree: TreeView, node: number, times: ProofTimes, reserve: number, factor: number): number {
  const own = node >= tree.leaves ? times.leaf : times.merge;
  return tree.closesAt - reserve - factor * (own + levelsAbove(node) * times.merge);
}

/** Number of nodes with a valid promise at and below a node. */
function promisedBelow(tree: TreeView, node: number): number {
  if (node >= 2 * tree.leaves) return 0;
  const own = tree.promised[node] === 0 ? 0 : 1;
  return own + promisedBelow(tree, 2 * node) + promisedBelow(tree, 2 * node + 1);
}

function promiseOf(
  tree: TreeView,
  node: number,
  { now, ticket, times }: ProvingNodesView,
  { margin }: NodeProvingStrategy,
): NodeProvingDecision | undefined {
  if (ticket === 0 || tree.promised[node] !== ticket) return undefined;
  const own = bestOwn(tree, node, ticket);
  if (node >= tree.leaves) {
    return own === undefined
      ? { do: "prove", id: tree.id, node, worker: ticket, children: undefined, why: "promise" }
      : undefined;
  }
  const [left, right] = [bestProofOf(tree, 2 * node), bestProofOf(tree, 2 * node + 1)];
  if (left === undefined || right === undefined) return undefined;
  const credits = left.credits + right.credits;
  const isWhole = credits === promisedBelow(tree, 2 * node) + promisedBelow(tree, 2 * node + 1);
  // Twice the measured time: the provers of the levels above are strangers.
  const isTime = now >= latestStart(tree, node, times, 3 * margin, 2);
  const children = [left.proof.digest, right.proof.digest] as const;
  if (own === undefined) {
    return isWhole || isTime ? { do: "prove", id: tree.id, node, worker: ticket, children, why: "promise" } : undefined;
  }
  const isInTime = now < latestStart(tree, node, times, margin, 1);
  const isBetter = credits + 1 > own.credits && isInTime;
  return isBetter && (isWhole || isTime)
    ? { do: "prove", id: tree.id, node, worker: ticket, children, why: "better" }
    : undefined;
}

function bestOwn(tree: TreeView, node: number, ticket: number): BestProof | undefined {
  return bestProofOf(
    { ...tree, proofs: tree.proofs.filter((proof) => proof.node !== node || proof.worker === ticket) },
    node,
  );
}

function fillOf(
  tree: TreeView,
  node: number,
  { now, ticket, times }: ProvingNodesView,
  { margin, secondCost, tokenPrice }: NodeProvingStrategy,
): NodeProvingDecision | undefined {
  const isOwn = ticket !== 0 && tree.promised[node] === ticket;
  if (isOwn || bestProofOf(tree, node) !== undefined) return undefined;
  const holders = [...new Set(tree.promised.filter((holder) => holder !== 0))].sort((a, b) => a - b);
  const place = holders.indexOf(ticket);
  const mine = tree.promised.filter((holder) => holder === ticket && ticket !== 0).length;
  const value = worthOf(tree.nodePay * BigInt(mine) + tree.stake, tokenPrice);
  const time = node >= tree.leaves ? times.leaf : times.merge;
  if (value <= BigInt(Math.ceil(time * 1_000)) * (secondCost / 1_000n)) return undefined;
  // One after the other, beginning with another one at each node: all would fill the same gap else.
  const turn = place < 0 ? 0 : (place + holders.length - (node % holders.length)) % holders.length;
  // Half a level earlier than those who promised the level above have to begin.
  const from = latestStart(tree, node, times, 3 * margin, 3) + turn * time;
  // A node that nobody promised is filled at once by the first in turn: there is nobody to wait for.
  const isFree = tree.promised[node] === 0 && turn === 0;
  if (!isFree && now < from) return undefined;
  if (node >= tree.leaves) return { do: "prove", id: tree.id, node, worker: 0, children: undefined, why: "gap" };
  const [left, right] = [bestProofOf(tree, 2 * node), bestProofOf(tree, 2 * node + 1)];
  if (left === undefined || right === undefined) return undefined;
  const children = [left.proof.digest, right.proof.digest] as const;
  return { do: "prove", id: tree.id, node, worker: 0, children, why: "gap" };
}
