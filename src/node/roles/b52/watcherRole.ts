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
  /** Commitments whose proofs were asked for: those that are made later come by themselves. */
  #asked = new Set<string>();

  constructor(node: B52Node, book: GossipBook, workshop: Workshop) {
    this.#node = node;
    this.#book = book;
    this.#workshop = workshop;
  }

  /** Looks once. */
  async step(): Promise<B52Decision> {
    const node = this.#node;
    const round = BigInt(node.rounds);
    this.#book.prune(round - 1n);
    const now = Number(node.now);
    const commitments = this.#workshop.commitments.slice(0, COMMITMENTS);
    this.#asked = new Set([...this.#asked].filter((id) => commitments.some((commitment) => commitment.id === id)));
    for (const { id, proposal } of commitments) {
      await this.#workshop.fetch(id, proposal, now);
      const { opensAt, closesAt } = node.proofWindowOf(proposal.round);
      const isTime = now >= Number(opensAt) + PATIENCE && now < Number(closesAt);
      if (!isTime || this.#asked.has(id) || this.#book.block(id) === undefined) continue;
      this.#asked.add(id);
      const known = new Set(this.#book.proofsOf(id).map((proof) => proof.node));
      // Children first: nobody can judge a proof without those below it.
      for (const at of nodesOf(treeSize(Number(proposal.leaves)))) {
        if (!known.has(at)) await this.#book.ask({ kind: "proof", id, node: at }, now);
      }
    }
    return { do: "wait", why: "watching" };
  }
}
