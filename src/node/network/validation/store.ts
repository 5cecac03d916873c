// SPDX-License-Identifier: MIT
import type { NodeProof, ProofTreeBlock } from "../../../agents/index.ts";
import type { Transcript } from "../../../b52/index.ts";
import type {
  BlockMessage,
  Message,
  ProofMessage,
  ProposalMessage,
  PurchaseMessage,
  QuoteMessage,
  SaleMessage,
  TranscriptMessage,
  VoteMessage,
} from "../messages/index.ts";
import type { Wanted } from "../gossip.ts";
import type { NetworkFacts } from "./facts.ts";

/** How many messages are kept. Further ones are not stored, whoever signed them. */
export const KEPT = {
  /** Proposals of a proposer and a round. */
  proposalsOfProposer: 8,
  /** Proposals of a round. */
  proposals: 16,
  /** Quotes of a builder and a round. */
  quotesOfBuilder: 4,
  /** Quotes of a round. */
  quotes: 16,
  /** Purchases with one proposal: a proposer may find more votes. */
  purchases: 2,
  /** Different votes of a ticket for one proposal. */
  votes: 2,
  /**
   * Proofs of a node that its promised ticket made: of a leaf there is one, of a merge one for each pair of children. A
   * merge that credits more nodes than all of them is kept as well: there can be at most 15 of these.
   */
  proofsOfPromised: 4,
  /** Proofs of a node by all others, who fill it; and merges that credit more. */
  proofsOfOthers: 8,
} as const;

/** Number of nodes below a merge that it credits, as it says; 0 for a leaf. */
export const creditsOf = ({ merge }: Pick<ProofMessage, "merge">): number =>
  ((merge?.nodes ?? 0n) & 0xffffn).toString(2).replaceAll("0", "").length;

/** A proposal that was accepted. */
export interface KnownProposal {
  readonly message: ProposalMessage;
  readonly context: bigint;
}

/** A quote that was accepted. */
export interface KnownQuote {
  readonly message: QuoteMessage;
  /** `quoteHash` */
  readonly hash: string;
}

/** A purchase that was accepted. */
export interface KnownPurchase {
  readonly message: PurchaseMessage;
  /** Commitment hash. */
  readonly id: string;
  /** Of its proposal. */
  readonly context: bigint;
}

/** A proof that was accepted, with what follows from the block. */
export interface VerifiedProof {
  readonly message: ProofMessage;
  readonly proof: NodeProof;
}

interface KnownCommitment {
  transcript?: { readonly message: TranscriptMessage; readonly transcript: Transcript };
  block?: BlockMessage;
  tree?: ProofTreeBlock;
  readonly proofs: VerifiedProof[];
}

/** The view of earlier messages that a decision has. */
export type Known = Pick<
  MessageStore,
  | "proposal"
  | "proposalsOf"
  | "votesOf"
  | "isEquivocator"
  | "transcript"
  | "block"
  | "tree"
  | "proofsOf"
  | "quote"
  | "quotesOf"
  | "purchase"
  | "purchasesWith"
  | "sale"
>;

/**
 * The messages that were accepted. Nothing else is kept: whatever is not signed, or is about something that L1 or an
 * accepted message does not have, leaves no trace (aztec-packages 17721, lodestar 10087).
 */
export class MessageStore {
  readonly #proposals = new Map<bigint, KnownProposal>();
  /** By context and ticket. */
  readonly #votes = new Map<bigint, Map<number, VoteMessage[]>>();
  /** By round: tickets that signed different votes for one proposal. */
  readonly #equivocators = new Map<bigint, Set<number>>();
  readonly #commitments = new Map<string, KnownCommitment>();
  /** By hash. */
  readonly #quotes = new Map<string, KnownQuote>();
  /** By commitment hash, as the sales. */
  readonly #purchases = new Map<string, KnownPurchase>();
  readonly #sales = new Map<string, SaleMessage>();

  proposal(context: bigint): KnownProposal | undefined {
    return this.#proposals.get(context);
  }

  proposalsOf(round: bigint): KnownProposal[] {
    return [...this.#proposals.values()].filter(({ message }) => message.draft.round === round);
  }

  votesOf(context: bigint, ticket: number): readonly VoteMessage[] {
    return this.#votes.get(context)?.get(ticket) ?? [];
  }

  isEquivocator(round: bigint, ticket: number): boolean {
    return this.#equivocators.get(round)?.has(ticket) ?? false;
  }

  transcript(id: string): Transcript | undefined {
    return this.#commitments.get(id)?.transcript?.transcript;
  }

  block(id: string): BlockMessage | undefined {
    return this.#commitments.get(id)?.block;
  }

  /** The block as it was executed here; undefined if that was not possible yet. */
  tree(id: string): ProofTreeBlock | undefined {
    return this.#commitments.get(id)?.tree;
  }

  proofsOf(id: string, node: number): readonly VerifiedProof[] {
    return this.#commitments.get(id)?.proofs.filter(({ message }) => message.node === node) ?? [];
  }

  quote(hash: string): KnownQuote | undefined {
    return this.#quotes.get(hash);
  }

  quotesOf(round: bigint): KnownQuote[] {
    return [...this.#quotes.values()].filter(({ message }) => message.quote.round === round);
  }

  purchase(id: string): KnownPurchase | undefined {
    return this.#purchases.get(id);
  }

  /** @param context of the proposal */
  purchasesWith(context: bigint): KnownPurchase[] {
    return [...this.#purchases.values()].filter((known) => known.context === context);
  }

  sale(id: string): SaleMessage | undefined {
    return this.#sales.get(id);
  }

  addProposal(known: KnownProposal): void {
    this.#proposals.set(known.context, known);
    const ofRound = this.proposalsOf(known.message.draft.round);
    if (ofRound.length <= KEPT.proposals) return;
    const last = rankedByBid(ofRound).at(-1)!;
    this.#proposals.delete(last.context);
    this.#votes.delete(last.context);
  }

  addVote(round: bigint, message: VoteMessage): void {
    const byTicket = this.#votes.get(message.context) ?? new Map<number, VoteMessage[]>();
    this.#votes.set(message.context, byTicket);
    const votes = [...(byTicket.get(message.ticket) ?? []), message];
    byTicket.set(message.ticket, votes);
    if (votes.length < KEPT.votes) return;
    const ofRound = this.#equivocators.get(round) ?? new Set<number>();
    this.#equivocators.set(round, ofRound.add(message.ticket));
  }

  addQuote(known: KnownQuote): void {
    this.#quotes.set(known.hash, known);
    const ofRound = this.quotesOf(known.message.quote.round);
    if (ofRound.length > KEPT.quotes) this.#quotes.delete(rankedByPayment(ofRound).at(-1)!.hash);
  }

  addPurchase(known: KnownPurchase): void {
    this.#purchases.set(known.id, known);
  }

  addSale(message: SaleMessage): void {
    this.#sales.set(message.id, message);
  }

  addTranscript(id: string, message: TranscriptMessage, transcript: Transcript): void {
    this.#commitment(id).transcript = { message, transcript };
  }

  addBlock(message: BlockMessage): void {
    this.#commitment(message.id).block = message;
  }

  addTree(id: string, tree: ProofTreeBlock): void {
    this.#commitment(id).tree = tree;
  }

  addProof(known: VerifiedProof): void {
    this.#commitment(known.message.id).proofs.push(known);
  }

  /** Finds an accepted message; of several proofs one of the promised ticket, and of those the one with most credits. */
  find(wanted: Wanted): Message | undefined {
    if (wanted.kind === "proposal") return this.proposal(wanted.context)?.message;
    if (wanted.kind === "quote") return this.quote(wanted.hash.toLowerCase())?.message;
    const id = wanted.id.toLowerCase();
    if (wanted.kind === "purchase") return this.purchase(id)?.message;
    if (wanted.kind === "sale") return this.sale(id);
    if (wanted.kind !== "proof") {
      return wanted.kind === "block" ? this.block(id) : this.#commitments.get(id)?.transcript?.message;
    }
    const proofs = this.proofsOf(id, wanted.node);
    const promised = this.transcript(id)?.ticket(wanted.node);
    const rank = ({ message }: VerifiedProof): number => creditsOf(message) + (message.worker === promised ? 16 : 0);
    return proofs.reduce<VerifiedProof | undefined>(
      (best, proof) => (best === undefined || rank(proof) > rank(best) ? proof : best),
      undefined,
    )?.message;
  }

  /** Forgets proposals of rounds that take no more commitments, and what is about commitments that L1 has no more. */
  prune(facts: Pick<NetworkFacts, "openRound" | "commitment">): void {
    const round = facts.openRound?.round;
    for (const [context, { message }] of this.#proposals) {
      if (message.draft.round === round) continue;
      this.#proposals.delete(context);
      this.#votes.delete(context);
    }
    for (const [hash, { message }] of this.#quotes) if (message.quote.round !== round) this.#quotes.delete(hash);
    for (const [id, { message }] of this.#purchases) {
      if (message.proposal.round === round) continue;
      this.#purchases.delete(id);
      this.#sales.delete(id);
    }
    for (const other of this.#equivocators.keys()) if (other !== round) this.#equivocators.delete(other);
    for (const id of this.#commitments.keys()) {
      if (facts.commitment(id) === undefined) this.#commitments.delete(id);
    }
  }

  #commitment(id: string): KnownCommitment {
    const known = this.#commitments.get(id) ?? { proofs: [] };
    this.#commitments.set(id, known);
    return known;
  }
}

/**
 * Messages in the order in which they are kept: the best of each author first, then the rest, and the higher amount before
 * the lower. So one deposit cannot take the places of all other authors.
 */
function ranked<Of>(
  messages: readonly Of[],
  rank: (message: Of) => { readonly author: string; readonly amount: bigint },
): Of[] {
  const judged = messages.map((message) => ({ message, ...rank(message) }));
  // Of equal amounts the one that was known first.
  judged.sort((a, b) => (a.amount === b.amount ? 0 : a.amount < b.amount ? 1 : -1));
  const seen = new Set<string>();
  const isFirst = judged.map(({ author }) => !seen.has(author) && seen.add(author));
  return [...judged.filter((_, i) => isFirst[i]), ...judged.filter((_, i) => !isFirst[i])].map(
    ({ message }) => message,
  );
}

/** Proposals, by bid. */
export const rankedByBid = (proposals: readonly KnownProposal[]): KnownProposal[] =>
  ranked(proposals, ({ message: { draft } }) => ({ author: draft.proposer, amount: draft.bid }));

/** Quotes, by payment. */
export const rankedByPayment = (quotes: readonly KnownQuote[]): KnownQuote[] =>
  ranked(quotes, ({ message: { quote } }) => ({ author: quote.builder, amount: quote.payment }));
