// SPDX-License-Identifier: MIT
import { keccak256 } from "ethers";

import {
  commitmentHash,
  contentHash,
  draftContext,
  isElected,
  isSameBlock,
  isSignedVote,
  mergeNodes,
  NO_DRAW,
  Transcript,
  transcriptHash,
  treeSize,
  unpackDraw,
  type TreeSize,
} from "../../../b52/index.ts";
import { decodeTransactionSlot, SEQUENCER_BOUND } from "../../../codec/index.ts";
import type { Point } from "../../../crypto/index.ts";
import { isField, L } from "../../../field.ts";
import { batchDataHash } from "../../../ledger/index.ts";
import { leafBytes } from "../../../profile.ts";
import { isProtocolError } from "../../../errors.ts";
import {
  isSaleOf,
  isSignedByBuilder,
  isSignedByBuyer,
  isSignedByProposer,
  quoteHash,
  type BlockMessage,
  type ProofMessage,
  type ProposalMessage,
  type PurchaseMessage,
  type QuoteMessage,
  type SaleMessage,
  type TranscriptMessage,
  type TransactionMessage,
  type VoteMessage,
} from "../messages/index.ts";
import type { NetworkFacts } from "./facts.ts";
import {
  creditsOf,
  KEPT,
  rankedByBid,
  rankedByPayment,
  type Known,
  type KnownPurchase,
  type KnownQuote,
  type VerifiedProof,
} from "./store.ts";
import { ACCEPT, ignore, reject, type Verdict } from "./verdict.ts";

/*
 * The decision about each kind of message, as functions of the message and of facts. Each makes the cheap checks first: against
 * known messages, then L1, then hashes, then signatures. None stores anything.
 */

/** Whether a transaction can be valid at all. Whether it is now, the mempool says. */
export function judgeTransaction({ slot }: TransactionMessage): Verdict {
  const { from, flags, h, s } = decodeTransactionSlot(slot);
  // Account 0 does not exist; a signature with such numbers verifies under no key (docs/protocol.md §3).
  const isVoid = from === 0 || (flags !== 0n && flags !== SEQUENCER_BOUND) || !isField(h) || s >= L;
  return isVoid ? reject("VOID_TRANSACTION") : ACCEPT;
}

/**
 * @param isSigned the check of the signature
 * @returns without a look at the proposer's balance, which has to be asked for
 */
export function judgeProposal(
  message: ProposalMessage,
  facts: NetworkFacts,
  known: Known,
  isSigned = isSignedByProposer,
): Verdict {
  const { draft } = message;
  const { parameters, openRound: open, domain } = facts;
  const { minBid, maxShare, maxLeaves } = parameters;
  if (draft.bid < minBid || draft.share > maxShare || draft.leaves > maxLeaves) return reject("AGAINST_PARAMETERS");
  if (open === undefined || draft.round !== open.round || draft.height !== open.height) return ignore("ROUND_NOT_OPEN");
  if (!open.parents.some((parent) => isSameBlock(parent, draft.parent))) return ignore("WRONG_PARENT");
  const context = draftContext(domain, draft);
  if (known.proposal(context) !== undefined) return ignore("KNOWN");
  const ofRound = known.proposalsOf(draft.round);
  const own = ofRound.filter((other) => other.message.draft.proposer === draft.proposer);
  if (own.length >= KEPT.proposalsOfProposer) return ignore("TOO_MANY");
  const isLast = (): boolean => rankedByBid([...ofRound, { message, context }]).at(-1)!.context === context;
  if (ofRound.length >= KEPT.proposals && isLast()) return ignore("BID_TOO_LOW");
  return isSigned(domain, message) ? ACCEPT : reject("BAD_SIGNATURE");
}

/**
 * @param needed bid of a proposal, payment and cover of a quote
 * @param deposit of the author on L1; undefined if it could not be found out
 */
export function judgeDeposit(needed: bigint, deposit: bigint | undefined): Verdict {
  if (deposit === undefined) return ignore("DEPOSIT_UNKNOWN");
  return deposit < needed ? ignore("DEPOSIT_TOO_LOW") : ACCEPT;
}

/** Whether the owner of a key gave a vote, in the form that the draw of the round asks for. */
const isSignedByTicket = (key: Point, { context, ticket, vote }: VoteMessage, draw: bigint): boolean =>
  isSignedVote(vote, { context, ticket, key, draw });

/** @param isSigned the check of the signature */
export function judgeVote(
  message: VoteMessage,
  facts: NetworkFacts,
  known: Known,
  isSigned = isSignedByTicket,
): Verdict {
  const { context, ticket, vote } = message;
  const proposal = known.proposal(context);
  const open = facts.openRound;
  if (proposal === undefined) return ignore("UNKNOWN_PROPOSAL");
  const { draft } = proposal.message;
  if (open === undefined || draft.round !== open.round) return ignore("ROUND_NOT_OPEN");
  if (vote.nodes >> (2n * draft.leaves) !== 0n) return reject("OUTSIDE_TREE");
  const key = open.registry.get(ticket);
  if (key === undefined) return ignore("UNKNOWN_TICKET");
  // A signature of the same promise with other numbers says nothing new.
  if (known.votesOf(context, ticket).some((other) => other.vote.nodes === vote.nodes)) return ignore("KNOWN");
  if (known.isEquivocator(draft.round, ticket)) return ignore("EQUIVOCATION");
  if (isSigned(key, message, open.draw)) {
    const { gamma } = vote;
    const isIn = open.draw === NO_DRAW || (gamma !== undefined && isElected(gamma, ticket, unpackDraw(open.draw)));
    return isIn ? ACCEPT : ignore("NOT_ELECTED");
  }
  // Until L1 has opened the round, the ticket can get another key.
  return open.isOpened ? reject("BAD_SIGNATURE") : ignore("UNKNOWN_TICKET");
}

/** The decision about a transcript, with what it opens to if it was accepted. */
export function judgeTranscript(
  message: TranscriptMessage,
  facts: NetworkFacts,
  known: Known,
): { readonly verdict: Verdict; readonly id: string; readonly transcript?: Transcript } {
  const id = commitmentHash(facts.domain, message.proposal);
  if (facts.commitment(id) === undefined) return { id, verdict: ignore("UNKNOWN_COMMITMENT") };
  if (known.transcript(id) !== undefined) return { id, verdict: ignore("KNOWN") };
  const isOther = message.votes.some((vote) => vote !== undefined && (vote.gamma !== undefined) !== facts.isDrawn);
  if (isOther) return { id, verdict: reject("WRONG_FORM") };
  const transcript = openTranscript(message);
  return transcript === undefined ? { id, verdict: reject("WRONG_HASH") } : { id, verdict: ACCEPT, transcript };
}

/** The transcript that a message shows; undefined if it is not the one of the proposal. */
function openTranscript({
  proposal,
  promised,
  votes,
}: Pick<TranscriptMessage, "proposal" | "promised" | "votes">): Transcript | undefined {
  const tickets = votes.map((vote, node) => [node, { ticket: Number((promised >> BigInt(8 * node)) & 0xffn), vote }]);
  const transcript = new Transcript((tickets as [number, { ticket: number }][]).slice(1));
  return transcriptHash(transcript.promised, transcript.votesRoot) === proposal.transcript ? transcript : undefined;
}

export function judgeBlock(message: BlockMessage, facts: NetworkFacts, known: Known): Verdict {
  const { id, content, data, includeList } = message;
  const commitment = facts.commitment(id);
  if (commitment === undefined) return ignore("UNKNOWN_COMMITMENT");
  if (known.block(id) !== undefined) return ignore("KNOWN");
  // Before, a reorganisation of L1 could let others bid with the order in their hands.
  const depth = facts.block - commitment.committedAt + 1;
  if (facts.now < commitment.opensAt || depth < facts.revealDepth) return ignore("TOO_EARLY");
  const leaf = leafBytes(facts.profile);
  const leaves = Math.max(1, Math.ceil(data.length / leaf));
  const { proposal } = commitment;
  if (leaves > Number(proposal.leaves) || treeSize(leaves) !== Number(proposal.leaves) || includeList.length > leaf) {
    return reject("WRONG_SIZE");
  }
  const hash = contentHash({ ...content, dataHash: batchDataHash(data), includeListHash: keccak256(includeList) });
  return hash === proposal.contentHash ? ACCEPT : reject("WRONG_HASH");
}

/** The decision about a proof as far as it needs no execution of the block. */
export function judgeProof(message: ProofMessage, facts: NetworkFacts, known: Known): Verdict {
  const { id, node, worker, merge } = message;
  const commitment = facts.commitment(id);
  if (commitment === undefined) return ignore("UNKNOWN_COMMITMENT");
  const size = Number(commitment.proposal.leaves) as TreeSize;
  if (node >= 2 * size || node >= size !== (merge === undefined)) return reject("OUTSIDE_TREE");
  const transcript = known.transcript(id);
  if (transcript === undefined) return ignore("UNKNOWN_TRANSCRIPT");
  if (known.block(id) === undefined) return ignore("UNKNOWN_BLOCK");
  if (facts.now >= commitment.closesAt) return ignore("TOO_LATE");
  const proofs = known.proofsOf(id, node);
  // Groth16 proofs can be changed into others of the same statement: the statement counts, not the words.
  if (proofs.some((other) => isSameStatement(other.message, message))) return ignore("KNOWN");
  const promised = transcript.ticket(node);
  const isPromised = worker !== 0 && worker === promised;
  const alike = proofs.filter((other) => (other.message.worker === promised && promised !== 0) === isPromised);
  const places = isPromised ? KEPT.proofsOfPromised : KEPT.proofsOfOthers;
  // Anybody can make a proof in a ticket's name: those that credit few must not take the place of one that credits all.
  const isBetter = alike.every((other) => creditsOf(message) > creditsOf(other.message));
  if (alike.length >= places && !isBetter) return ignore("TOO_MANY");
  if (merge === undefined) return ACCEPT;
  return childrenOf(message, merge, known) === undefined ? ignore("UNKNOWN_CHILDREN") : ACCEPT;
}

/** Whether the sets of a merge follow from the children whose digests it names. The block was executed. */
export function judgeSets(message: ProofMessage, known: Known): Verdict {
  const { id, node, worker, merge } = message;
  if (merge === undefined) return ACCEPT;
  const tree = known.tree(id);
  const children = childrenOf(message, merge, known);
  if (tree === undefined || children === undefined) return ignore("UNKNOWN_CHILDREN");
  const [left, right] = children.map(({ proof }) => proof.opening) as [
    VerifiedProof["proof"]["opening"],
    VerifiedProof["proof"]["opening"],
  ];
  try {
    const { signals } = mergeNodes(tree, { node, left, right, worker: BigInt(worker) });
    return signals.delivered === merge.delivered && signals.nodes === merge.nodes ? ACCEPT : reject("WRONG_SETS");
  } catch (error) {
    if (!isProtocolError(error)) throw error;
    return ignore("NOT_EXECUTABLE");
  }
}

/** The accepted proofs of a merge's children, by their digests. */
function childrenOf(
  { id, node }: ProofMessage,
  { leftDigest, rightDigest }: NonNullable<ProofMessage["merge"]>,
  known: Known,
): readonly [VerifiedProof, VerifiedProof] | undefined {
  const left = known.proofsOf(id, 2 * node).find(({ proof }) => proof.digest === leftDigest);
  const right = known.proofsOf(id, 2 * node + 1).find(({ proof }) => proof.digest === rightDigest);
  return left === undefined || right === undefined ? undefined : [left, right];
}

const isSameStatement = (a: ProofMessage, b: ProofMessage): boolean =>
  a.worker === b.worker &&
  a.merge?.leftDigest === b.merge?.leftDigest &&
  a.merge?.rightDigest === b.merge?.rightDigest &&
  a.merge?.delivered === b.merge?.delivered &&
  a.merge?.nodes === b.merge?.nodes;

// ─── Builders ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** @returns without a look at the builder's balance, which has to be asked for; with the quote's name */
export function judgeQuote(
  message: QuoteMessage,
  facts: NetworkFacts,
  known: Known,
): { readonly verdict: Verdict; readonly quote?: KnownQuote } {
  const { escrow, openRound: open } = facts;
  const { quote } = message;
  if (escrow === undefined) return { verdict: ignore("NO_ESCROW") };
  if (quote.leaves > facts.parameters.maxLeaves) return { verdict: reject("AGAINST_PARAMETERS") };
  if (open === undefined || quote.round !== open.round || quote.height !== open.height) {
    return { verdict: ignore("ROUND_NOT_OPEN") };
  }
  if (!open.parents.some((parent) => isSameBlock(parent, quote.parent))) return { verdict: ignore("WRONG_PARENT") };
  const hash = quoteHash(escrow.domain, quote);
  if (known.quote(hash) !== undefined) return { verdict: ignore("KNOWN") };
  const ofRound = known.quotesOf(quote.round);
  const own = ofRound.filter((other) => other.message.quote.builder === quote.builder);
  if (own.length >= KEPT.quotesOfBuilder) return { verdict: ignore("TOO_MANY") };
  const isLast = (): boolean => rankedByPayment([...ofRound, { message, hash }]).at(-1)!.hash === hash;
  if (ofRound.length >= KEPT.quotes && isLast()) return { verdict: ignore("PAYMENT_TOO_LOW") };
  if (!isSignedByBuilder(escrow.domain, message)) return { verdict: reject("BAD_SIGNATURE") };
  return { verdict: ACCEPT, quote: { message, hash } };
}

/** The decision about a purchase. Whether its votes are valid, the builder looks at before it signs. */
export function judgePurchase(
  message: PurchaseMessage,
  facts: NetworkFacts,
  known: Known,
): { readonly verdict: Verdict; readonly purchase?: KnownPurchase } {
  const { escrow, domain } = facts;
  const { proposal } = message;
  if (escrow === undefined) return { verdict: ignore("NO_ESCROW") };
  const quote = known.quote(message.quote)?.message.quote;
  if (quote === undefined) return { verdict: ignore("UNKNOWN_QUOTE") };
  const isOfQuote =
    proposal.contentHash === quote.contentHash &&
    proposal.leaves === quote.leaves &&
    proposal.round === quote.round &&
    proposal.height === quote.height &&
    isSameBlock(proposal.parent, quote.parent);
  if (!isOfQuote) return { verdict: reject("OTHER_BLOCK") };
  const context = draftContext(domain, proposal);
  // The offer to the provers has shown that its proposer can pay.
  if (known.proposal(context) === undefined) return { verdict: ignore("UNKNOWN_PROPOSAL") };
  const id = commitmentHash(domain, proposal);
  if (known.purchase(id) !== undefined) return { verdict: ignore("KNOWN") };
  if (known.purchasesWith(context).length >= KEPT.purchases) return { verdict: ignore("TOO_MANY") };
  if (!isSignedByBuyer(escrow.domain, id, message)) return { verdict: reject("BAD_SIGNATURE") };
  if (openTranscript(message) === undefined) return { verdict: reject("WRONG_HASH") };
  return { verdict: ACCEPT, purchase: { message, id, context } };
}

export function judgeSale(message: SaleMessage, facts: NetworkFacts, known: Known): Verdict {
  const { escrow } = facts;
  if (escrow === undefined) return ignore("NO_ESCROW");
  const purchase = known.purchase(message.id);
  const quote = purchase && known.quote(purchase.message.quote);
  if (quote === undefined) return ignore("UNKNOWN_PURCHASE");
  if (known.sale(message.id) !== undefined) return ignore("KNOWN");
  return isSaleOf(quote.message.quote, escrow.domain, message) ? ACCEPT : reject("BAD_SIGNATURE");
}
