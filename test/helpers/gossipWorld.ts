// SPDX-License-Identifier: MIT
import { bn254 } from "@noble/curves/bn254";
import { id as hashOf, keccak256, Wallet } from "ethers";

import {
  OFFER_TYPES,
  type BuilderOffer,
  type EscrowDomain,
  type NodeProof,
  type ProofTreeBlock,
} from "../../src/agents/index.ts";
import {
  applyBlock,
  commitmentHash,
  contentHash,
  draftContext,
  mergeNodes,
  NO_DRAW,
  NO_LIMIT,
  nodesBitmap,
  packDraw,
  RegistryTree,
  signDrawnVote,
  signVote,
  Transcript,
  transcriptHash,
  type Draft,
  type NodePromise,
  type Proposal,
} from "../../src/b52/index.ts";
import { encodeDomain, toBytes, type Header } from "../../src/codec/index.ts";
import type { OutputSigner, Point } from "../../src/crypto/index.ts";
import { toField } from "../../src/field.ts";
import { newAccountSlot, signTransaction, State } from "../../src/ledger/index.ts";
import {
  fromProofMessage,
  quoteHash,
  signProposal,
  signPurchase,
  signQuote,
  toProofMessage,
  type BlockMessage,
  type ProofMessage,
  type ProposalMessage,
  type PurchaseMessage,
  type Quote,
  type QuoteMessage,
  type SaleMessage,
  type TransactionMessage,
  type TranscriptMessage,
  type VoteMessage,
} from "../../src/node/network/messages/index.ts";
import type { Commitment, NetworkFacts, OpenRound, ProofVerifier } from "../../src/node/network/validation/index.ts";
import { DEVELOPMENT } from "../../src/profile.ts";
import { createFastSigner } from "./fastSigner.ts";

/*
 * One round of a B52 rollup with one committed block of two leaves, and all messages about it, without L1. The proofs
 * are mocks whose points are of their groups; `mockVerifier` takes exactly these.
 */

export const CHAIN_ID = 31337n;
export const ROLLUP = "0x29Ae4de4b94E5a1C6d568De047eB9315ED4132f2";
export const DOMAIN = encodeDomain({ chainId: CHAIN_ID, rollup: ROLLUP });
export const GENESIS_HEAD = keccak256(toBytes(DOMAIN, 32));
export const ALICE = createFastSigner("alice");
export const TICKETS = [1, 2, 4, 247] as const;
export const ticketSigner = (ticket: number): OutputSigner => createFastSigner(`ticket ${ticket}`);
export const REGISTRY = RegistryTree.of(
  TICKETS.map((ticket): [number, Point] => [ticket, ticketSigner(ticket).publicKey]),
);
export const PROMISED = new Map([
  [1, 1],
  [2, 2],
  [3, 4],
]);
export const BID = 10n ** 19n;
const HEADER: Header = { baseFee: 1n, feeToken: 0n, feeAccount: 0, forcedCount: 1, timestamp: 1_800_000_600n };

export const proposer = (name: string): Wallet => new Wallet(hashOf(name));
const PROPOSER = proposer("proposer");

/** Alice opens an account with 1000, and then pays 10 to L1. */
const DATA = Uint8Array.from(
  Buffer.concat([
    newAccountSlot({ key: ALICE.publicKey, token: 0n, amount: 1000n, l1Address: 0xa11cen }),
    signTransaction(ALICE, { from: 1, to: 0, token: 0n, amount: 10n, nonce: 0n, domain: DOMAIN }),
  ]),
);
const CONTENT = { salt: hashOf("salt"), forcedCount: 1, feeAccount: 0, feeToken: 0n };

export const DRAFT: Draft = {
  proposer: PROPOSER.address,
  round: 1n,
  height: 1n,
  parent: GENESIS_HEAD,
  contentHash: contentHash({ ...CONTENT, dataHash: keccak256(DATA), includeListHash: keccak256("0x") }),
  bid: BID,
  share: 4_000n,
  leaves: 2n,
};
export const CONTEXT = draftContext(DOMAIN, DRAFT);

export const voteOf = (ticket: number, nodes: readonly number[], context = CONTEXT): VoteMessage => ({
  ...{ kind: "vote", context, ticket },
  vote: signVote(ticketSigner(ticket), { context, ticket, nodes: nodesBitmap(nodes) }),
});

/** A draw in which every ticket is elected. */
export const DRAW = packDraw({ seed: 77n, limit: NO_LIMIT });

/** A vote where tickets are drawn. @param seed of the round's draw */
export const drawnVoteOf = (
  ticket: number,
  nodes: readonly number[],
  { context = CONTEXT, seed = 77n } = {},
): VoteMessage => ({
  ...{ kind: "vote", context, ticket },
  vote: signDrawnVote(ticketSigner(ticket), { context, ticket, nodes: nodesBitmap(nodes) }, seed),
});

export const TRANSCRIPT = new Transcript(
  [...PROMISED].map(([node, ticket]): [number, NodePromise] => [node, { ticket, vote: voteOf(ticket, [node]).vote }]),
);
export const PROPOSAL: Proposal = {
  ...DRAFT,
  promisedProvers: 3n,
  transcript: transcriptHash(TRANSCRIPT.promised, TRANSCRIPT.votesRoot),
};
export const ID = commitmentHash(DOMAIN, PROPOSAL);

const RESULT = applyBlock(
  DEVELOPMENT,
  State.genesis(DEVELOPMENT),
  { header: HEADER, data: DATA },
  { sequencer: BigInt(PROPOSER.address), domain: DOMAIN },
);
export const TREE: ProofTreeBlock = {
  ...{ leaves: RESULT.leaves, z: RESULT.z },
  ...{ context: CONTEXT, registry: REGISTRY, draw: NO_DRAW, transcript: TRANSCRIPT },
};

// ─── Messages ────────────────────────────────────────────────────────────────────────────────────────────────────────

export const offerOf = (wallet: Wallet, changes: Partial<Draft> = {}): Promise<ProposalMessage> =>
  signProposal(wallet, DOMAIN, { ...DRAFT, proposer: wallet.address, ...changes });

export const TRANSACTION: TransactionMessage = { kind: "transaction", slot: DATA.slice(93) };
export const OFFER: ProposalMessage = await signProposal(PROPOSER, DOMAIN, DRAFT);
export const TRANSCRIPT_MESSAGE: TranscriptMessage = {
  ...{ kind: "transcript", proposal: PROPOSAL },
  ...{ promised: TRANSCRIPT.promised, votes: TRANSCRIPT.votes },
};
export const BLOCK: BlockMessage = {
  ...{ kind: "block", id: ID, content: CONTENT, data: DATA, includeList: new Uint8Array() },
};

/** The words of a mock proof: points of their groups that depend on the statement. */
export function mockWords(publicSignals: readonly bigint[]): bigint[] {
  const scalar = (BigInt(hashOf(publicSignals.join())) % (bn254.fields.Fr.ORDER - 1n)) + 1n;
  const a = bn254.G1.ProjectivePoint.BASE.multiply(scalar).toAffine();
  const b = bn254.G2.ProjectivePoint.BASE.toAffine();
  const c = bn254.G1.ProjectivePoint.BASE.toAffine();
  return [a.x, a.y, b.x.c1, b.x.c0, b.y.c1, b.y.c0, c.x, c.y];
}

/** Takes mock proofs of exactly their statement; counts how often it is asked. */
export function mockVerifier(): ProofVerifier & { asked: number } {
  const verifier = {
    asked: 0,
    verify: (_circuit: string, publicSignals: readonly bigint[], proof: readonly bigint[]): Promise<boolean> => {
      verifier.asked += 1;
      return Promise.resolve(proof.join() === mockWords(publicSignals).join());
    },
  };
  return verifier;
}

/** A mock proof of a node. @param children the proofs that it was made with, of a merge */
export function mockProof(node: number, worker: number, children: readonly NodeProof[] = [], tree = TREE): NodeProof {
  const leaf = { kind: "proof", id: ID, node, worker, words: mockWords([0n]), merge: undefined } as const;
  if (node >= tree.leaves.length) return withMockWords(leaf, tree);
  const [left, right] = [2 * node, 2 * node + 1].map((child) => children.find((proof) => proof.node === child)!);
  const openings = { left: left!.opening, right: right!.opening };
  const { signals } = mergeNodes(tree, { node, ...openings, worker: BigInt(worker) });
  const { delivered, nodes } = signals;
  const merge = { leftDigest: toField(left!.digest), rightDigest: toField(right!.digest), delivered, nodes };
  return withMockWords({ ...leaf, merge }, tree);
}

function withMockWords(message: ProofMessage, tree: ProofTreeBlock): NodeProof {
  const { publicSignals } = fromProofMessage(message, tree);
  return fromProofMessage({ ...message, words: mockWords(publicSignals) }, tree);
}

/** Leaf proofs by the promised tickets, and the root's. */
export const MOCK_PROOFS: readonly NodeProof[] = (() => {
  const leaves = [mockProof(2, 2), mockProof(3, 4)];
  return [...leaves, mockProof(1, 1, leaves)];
})();
export const proofMessage = (node: number): ProofMessage =>
  toProofMessage(
    ID,
    MOCK_PROOFS.find((proof) => proof.node === node)!,
    MOCK_PROOFS,
  );

// ─── Builders ────────────────────────────────────────────────────────────────────────────────────────────────────────

export const ESCROW: EscrowDomain = {
  ...{ name: "BuilderEscrow", version: "1", chainId: CHAIN_ID },
  verifyingContract: "0x5FC8d32690cc91D4c39d9d3abcBD16989F875707",
};
export const PAYMENT = 2n * BID;
export const COVER = 2n * 10n ** 18n;
const BUILDER = new Wallet(hashOf("builder"));

export const quoteOf = (wallet: Wallet, changes: Partial<Quote> = {}): Promise<QuoteMessage> => {
  const { round, height, parent, contentHash: hash, leaves } = DRAFT;
  const quote = { builder: wallet.address, round, height, parent, contentHash: hash, leaves };
  return signQuote(wallet, ESCROW, { ...quote, payment: PAYMENT, cover: COVER, ...changes });
};
export const QUOTE = await quoteOf(BUILDER);
export const QUOTE_HASH = quoteHash(ESCROW, QUOTE.quote);

export const purchaseOf = (
  wallet: Wallet,
  changes: Partial<Pick<PurchaseMessage, "quote" | "proposal" | "promised" | "votes">> = {},
): Promise<PurchaseMessage> => {
  const { promised, votes } = TRANSCRIPT_MESSAGE;
  const terms = { quote: QUOTE_HASH, proposal: PROPOSAL, promised, votes, ...changes };
  return signPurchase(wallet, DOMAIN, ESCROW, terms);
};
export const PURCHASE = await purchaseOf(PROPOSER);

export const saleOf = async (
  wallet: Wallet,
  { id, deadline, payment, cover }: Omit<BuilderOffer, "builder"> & { readonly id: string },
): Promise<SaleMessage> => ({
  ...{ kind: "sale", id, deadline },
  signature: await wallet.signTypedData(ESCROW, OFFER_TYPES, { id, payment, cover, deadline }),
});
export const SALE_TERMS = { id: ID, deadline: 1_800_000_600n, payment: PAYMENT, cover: COVER };
export const SALE = await saleOf(BUILDER, SALE_TERMS);

export const MESSAGES = [
  TRANSACTION,
  OFFER,
  voteOf(2, [2]),
  TRANSCRIPT_MESSAGE,
  BLOCK,
  proofMessage(2),
  proofMessage(3),
  proofMessage(1),
  QUOTE,
  PURCHASE,
  SALE,
] as const;

// ─── Facts ───────────────────────────────────────────────────────────────────────────────────────────────────────────

export const COMMITMENT: Commitment = {
  ...{ id: ID, proposal: PROPOSAL, committedAt: 100 },
  ...{ opensAt: 1_800_000_600n, closesAt: 1_800_001_200n },
};
export const OPEN_ROUND: OpenRound = {
  ...{ round: 1n, height: 1n, registry: REGISTRY, draw: NO_DRAW, isOpened: true, parents: [GENESIS_HEAD] },
};

/** Facts of a test, which it may change while it runs. */
export type WorldFacts = { -readonly [Name in keyof NetworkFacts]: NetworkFacts[Name] };

/** L1 in the proof window of the round, with the commitment; and the round still open, so that every kind has its turn. */
export function worldFacts(changes: Partial<NetworkFacts> = {}): WorldFacts {
  const slots = new Set<string>();
  return {
    ...{ domain: DOMAIN, profile: DEVELOPMENT, revealDepth: 4, block: 103, now: 1_800_000_700n },
    parameters: { minBid: 10n ** 18n, maxShare: 5_000n, maxLeaves: 8n },
    isDrawn: false,
    openRound: OPEN_ROUND,
    commitment: (id) => (id === ID ? COMMITMENT : undefined),
    deposit: () => Promise.resolve(BID),
    admit: (slot) => {
      const text = Buffer.from(slot).toString("hex");
      const isKnown = slots.has(text);
      slots.add(text);
      return Promise.resolve(isKnown ? "known" : "taken");
    },
    execute: () => TREE,
    escrow: { domain: ESCROW, usable: () => Promise.resolve(PAYMENT + COVER) },
    ...changes,
  };
}
