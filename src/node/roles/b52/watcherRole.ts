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

  constructor(node: B52Node, book: GossipBook, workshop: Workshop) {
    this.#node = node;
    this.#book = book;
    this.#workshop = workshop;
  }

  /** Looks once. */
  step(): Promise<B52Decision> {
    const node = this.#node;
    const round = BigInt(node.rounds);
    this.#book.prune(round - 1n);
    const now = Number(node.now);
    const commitments = this.#workshop.commitments.slice(0, COMMITMENTS);
    for (const { id, proposal } of commitments) {
      this.#workshop.fetch(id, proposal, now);
      const { opensAt, closesAt } = node.proofWindowOf(proposal.round);
      const isTime = now >= Number(opensAt) + PATIENCE && now < Number(closesAt);
      if (!isTime || this.#book.block(id) === undefined) continue;
      const known = new Set(this.#book.proofsOf(id).map((proof) => proof.node));
      const size = treeSize(Number(proposal.leaves));
      for (const at of nodesOf(size)) {
        // Nobody can judge a proof without those below it.
        const canBeJudged = at >= size || (known.has(2 * at) && known.has(2 * at + 1));
        if (canBeJudged && !known.has(at)) this.#book.ask({ kind: "proof", id, node: at }, now);
      }
    }
    return Promise.resolve({ do: "wait", why: "watching" });
  }
}
