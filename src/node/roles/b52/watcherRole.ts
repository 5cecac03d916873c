// SPDX-License-Identifier: MIT
import type { B52Node } from "../../../agents/index.ts";
import { nodesOf, treeSize } from "../../../b52/index.ts";
import type { GossipBook } from "./gossipBook.ts";
import type { B52Decision } from "./setting.ts";
import type { Workshop } from "./workshop.ts";

/** Commitments of a round that are looked at. */
const COMMITMENTS = 16;
/** Seconds after the begin of the proof window from which on proofs are asked for. */
const PATIENCE = 90;

/**
 * Asks peers for what a node without a role of B52 has missed of the round at hand, so that its API can show the round.
 * It judges no block, keeps nothing on the disk, and asks L1 nothing.
 */
export class WatcherRole {
  readonly #node: B52Node;
  readonly #book: GossipBook;
  readonly #workshop: Workshop;
  /** Nodes whose proofs were asked for, by commitment: those that are made later come by themselves. */
  #asked = new Map<string, Set<number>>();

  constructor(node: B52Node, book: GossipBook, workshop: Workshop) {
    this.#node = node;
    this.#book = book;
    this.#workshop = workshop;
  }

  /** Looks once. */
  step(): Promise<B52Decision> {
    const node = this.#node;
    this.#book.prune(BigInt(node.rounds) - 1n);
    const now = Number(node.now);
    const asked = new Map<string, Set<number>>();
    for (const { id, proposal } of this.#workshop.commitments.slice(0, COMMITMENTS)) {
      this.#workshop.fetch(id, proposal, now);
      const nodes = this.#asked.get(id) ?? new Set();
      asked.set(id, nodes);
      const { opensAt, closesAt } = node.proofWindowOf(proposal.round);
      const isTime = now >= Number(opensAt) + PATIENCE && now < Number(closesAt);
      if (isTime && this.#book.block(id) !== undefined) this.#fetchProofs(id, Number(proposal.leaves), nodes, now);
    }
    this.#asked = asked;
    return Promise.resolve({ do: "wait", why: "watching" });
  }

  /** Children first: nobody can judge a proof without those below it. */
  #fetchProofs(id: string, leaves: number, asked: Set<number>, now: number): void {
    const known = new Set(this.#book.proofsOf(id).map(({ node }) => node));
    for (const at of nodesOf(treeSize(leaves))) {
      const isPossible = at >= leaves || (known.has(2 * at) && known.has(2 * at + 1));
      if (known.has(at) || asked.has(at) || !isPossible) continue;
      if (this.#book.ask({ kind: "proof", id, node: at }, now)) asked.add(at);
    }
  }
}
