// SPDX-License-Identifier: MIT
import type { B52Node } from "../../../agents/index.ts";
import { NOBODY, transcriptHash, type Draft, type Proposal } from "../../../b52/index.ts";
import { isProtocolError } from "../../../errors.ts";
import type { B52Store } from "../../b52Store/index.ts";
import { RecentCache } from "../../recentCache.ts";
import { nodesIn } from "../../strategies/index.ts";
import type { GossipBook } from "./gossipBook.ts";
import { transcriptOf, validPromises } from "./workshop.ts";

/** Offers of a round that are told, and transcripts whose votes were checked that are remembered. */
const [OFFERS, CHECKED] = [16, 64];
/** Makers of proofs of a node that are told. */
const MAKERS = 15;

/** A proposer's offer with the votes for it, as this node has heard them. */
export interface HeardOffer {
  readonly draft: Draft;
  /** Number of tickets that voted for it. */
  readonly voters: number;
  /** Nodes of its tree that somebody voted for, ascending. */
  readonly nodes: readonly number[];
}

/** The things that a node has heard of its peers about rounds, for its API. It asks nobody. */
export class RoundWatch {
  readonly #node: B52Node;
  readonly #book: GossipBook;
  readonly #store: B52Store;
  /** By commitment hash. */
  readonly #promises = new RecentCache<string, readonly number[]>(CHECKED);

  constructor(node: B52Node, book: GossipBook, store: B52Store) {
    this.#node = node;
    this.#book = book;
    this.#store = store;
  }

  /** Grows when something was heard. */
  get revision(): number {
    return this.#book.revision;
  }

  /** Offers of a round, the highest bid first; at most 16. */
  offersOf(round: bigint): readonly HeardOffer[] {
    const offers = [...this.#book.offersOf(round)].sort((a, b) => Number(b.message.draft.bid - a.message.draft.bid));
    return offers.slice(0, OFFERS).map(({ context, message: { draft } }) => {
      const votes = this.#book.votesFor(context);
      const inTree = (1n << (2n * draft.leaves)) - 2n;
      const nodes = nodesIn(votes.reduce((all, { vote }) => all | vote.nodes, 0n) & inTree);
      return { draft, voters: new Set(votes.map(({ ticket }) => ticket)).size, nodes };
    });
  }

  /**
   * The tickets with a valid vote, by node from node 0, 0 for nobody; undefined if this node does not know the transcript.
   *
   * @param id commitment hash, as for all below
   */
  promisesOf(id: string, proposal: Proposal): readonly number[] | undefined {
    const known = this.#promises.get(id);
    if (known !== undefined) return known;
    const shown = this.#book.transcript(id) ?? this.#store.transcript(id);
    if (shown === undefined) return undefined;
    try {
      const transcript = transcriptOf(shown);
      if (transcriptHash(transcript.promised, transcript.votesRoot) !== proposal.transcript) return undefined;
      const promises = validPromises(this.#node, proposal, transcript);
      this.#promises.set(id, promises);
      return promises;
    } catch (error) {
      if (isProtocolError(error)) return undefined;
      throw error;
    }
  }

  hasContent(id: string): boolean {
    return this.#book.block(id) !== undefined || this.#store.hasBlock(id);
  }

  /**
   * The makers of the proofs of a node that are known, the one who promised it first; at most 15. 0 stands for one without a
   * ticket.
   *
   * @param promised the ticket that promised the node; 0 for nobody
   */
  workersOf(id: string, node: number, promised: number): readonly number[] {
    const proofs = this.#book.proofsOf(id).filter((proof) => proof.node === node);
    const workers = [...new Set(proofs.map(({ worker }) => worker))];
    const isPromised = (worker: number): number => Number(worker !== NOBODY && worker === promised);
    return workers.sort((a, b) => isPromised(b) - isPromised(a)).slice(0, MAKERS);
  }
}
