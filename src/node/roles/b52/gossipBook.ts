// SPDX-License-Identifier: MIT
import { commitmentHash, draftContext } from "../../../b52/index.ts";
import {
  keyOf,
  type BlockMessage,
  type Gossip,
  type Message,
  type MessageKind,
  type ProofMessage,
  type ProposalMessage,
  type TranscriptMessage,
  type VoteMessage,
  type Wanted,
} from "../../network/index.ts";

/**
 * Most offers, votes for an offer, blocks, and proofs of a node that are remembered. Of proofs as many as the network lets
 * through (docs/network.md §4): else those of others would keep out the promised one.
 */
const [OFFERS, VOTES, IDS, VARIANTS] = [64, 512, 64, 42];
/** Seconds until what nobody had is asked for again. */
const PAUSE = 20;
/** Questions that are open at a time: peers may take half a minute for each. */
const QUESTIONS = 8;

/**
 * Messages of the network about the rounds at hand. They are in memory and bounded: things that must not be lost are in
 * `B52Store`, and the others can be asked for again.
 */
export class GossipBook {
  readonly #gossip: Gossip;
  readonly #domain: bigint;
  readonly #offers = new Map<bigint, ProposalMessage>();
  readonly #votes = new Map<bigint, VoteMessage[]>();
  readonly #transcripts = new Map<string, TranscriptMessage>();
  readonly #blocks = new Map<string, BlockMessage>();
  readonly #proofs = new Map<string, ProofMessage[]>();
  readonly #asked = new Map<string, number>();
  readonly #listeners = new Map<MessageKind, (message: never) => void>();
  #open = 0;
  readonly #end: () => void;
  #revision = 0;

  /** @param domain of the rollup */
  constructor(gossip: Gossip, domain: bigint) {
    this.#gossip = gossip;
    this.#domain = domain;
    this.#end = gossip.subscribe((message) => this.#take(message));
  }

  /** Grows with each message that is remembered, and when something is forgotten. */
  get revision(): number {
    return this.#revision;
  }

  /** Ends the subscription. */
  close(): void {
    this.#end();
  }

  /**
   * Calls the listener with each message of a kind, before it is remembered: those that nobody sends again are kept on the
   * disk by the role that they are for.
   */
  on<Kind extends MessageKind>(kind: Kind, listener: (message: Extract<Message, { kind: Kind }>) => void): void {
    this.#listeners.set(kind, listener);
  }

  /** Offers of a round. */
  offersOf(round: bigint): readonly { readonly context: bigint; readonly message: ProposalMessage }[] {
    return [...this.#offers]
      .filter(([, { draft }]) => draft.round === round)
      .map(([context, message]) => ({ context, message }));
  }

  votesFor(context: bigint): readonly VoteMessage[] {
    return this.#votes.get(context) ?? [];
  }

  /** @param id commitment hash, as for all below */
  transcript(id: string): TranscriptMessage | undefined {
    return this.#transcripts.get(id);
  }

  block(id: string): BlockMessage | undefined {
    return this.#blocks.get(id);
  }

  proofsOf(id: string): readonly ProofMessage[] {
    return this.#proofs.get(id) ?? [];
  }

  /** Forgets a transcript or a content that is not the one that was committed: the right one may come, or be asked for. */
  forget(kind: "transcript" | "block", id: string): void {
    (kind === "block" ? this.#blocks : this.#transcripts).delete(id);
    this.#revision += 1;
  }

  /** Remembers a message that did not come from the network, such as one from the disk. */
  remember(message: Message): void {
    this.#take(message);
  }

  /**
   * Asks the network for a message, unless that was done a short while ago. The answer is not waited for: peers decide
   * how long they take, and windows are short. It is in the book when it comes.
   *
   * @param now time of L1
   * @returns whether it asks
   */
  ask(wanted: Wanted, now: number): boolean {
    const key = keyOf(wanted);
    const last = this.#asked.get(key);
    if (this.#open >= QUESTIONS || (last !== undefined && now - last < PAUSE)) return false;
    limit(this.#asked, 4 * IDS);
    this.#asked.delete(key);
    this.#asked.set(key, now);
    this.#open += 1;
    void this.#answer(wanted);
    return true;
  }

  async #answer(wanted: Wanted): Promise<void> {
    try {
      const message = await this.#gossip.request(wanted);
      if (message !== undefined) this.#take(message);
    } catch {
      // The node is not in the network, or leaves it: it asks again later.
    } finally {
      this.#open -= 1;
    }
  }

  /** Forgets offers and votes of rounds before this one. */
  prune(round: bigint): void {
    for (const [context, { draft }] of this.#offers) {
      if (draft.round >= round) continue;
      this.#offers.delete(context);
      this.#votes.delete(context);
      this.#revision += 1;
    }
  }

  #take(message: Message): void {
    this.#listeners.get(message.kind)?.(message as never);
    switch (message.kind) {
      case "proposal": {
        const context = draftContext(this.#domain, message.draft);
        if (this.#offers.has(context)) return;
        limit(this.#offers, OFFERS);
        this.#offers.set(context, message);
        this.#revision += 1;
        return;
      }
      case "vote": {
        const { context, ticket, vote } = message;
        // A vote for nothing that is known would be kept for nobody.
        if (!this.#offers.has(context)) return;
        const votes = this.#votes.get(context) ?? [];
        const isKnown = votes.some((other) => other.ticket === ticket && other.vote.nodes === vote.nodes);
        if (isKnown || votes.length >= VOTES) return;
        this.#votes.set(context, [...votes, message]);
        this.#revision += 1;
        return;
      }
      case "transcript": {
        const id = commitmentHash(this.#domain, message.proposal);
        if (this.#transcripts.has(id)) return;
        limit(this.#transcripts, IDS);
        this.#transcripts.set(id, message);
        this.#revision += 1;
        return;
      }
      case "block":
        if (this.#blocks.has(message.id)) return;
        limit(this.#blocks, IDS);
        this.#blocks.set(message.id, message);
        this.#revision += 1;
        return;
      case "proof": {
        const proofs = this.#proofs.get(message.id) ?? [];
        const isSame = (other: ProofMessage): boolean =>
          other.node === message.node &&
          other.worker === message.worker &&
          other.merge?.leftDigest === message.merge?.leftDigest &&
          other.merge?.rightDigest === message.merge?.rightDigest;
        if (proofs.some(isSame) || proofs.filter(({ node }) => node === message.node).length >= VARIANTS) return;
        if (!this.#proofs.has(message.id)) limit(this.#proofs, IDS);
        this.#proofs.set(message.id, [...proofs, message]);
        this.#revision += 1;
        return;
      }
      // The roles that they are for keep them on the disk.
      case "quote":
      case "purchase":
      case "sale":
      case "transaction":
    }
  }
}

/** Makes room for one more: the oldest leaves. */
function limit(map: Map<unknown, unknown>, most: number): void {
  const [oldest] = map.keys();
  if (map.size >= most && oldest !== undefined) map.delete(oldest);
}
