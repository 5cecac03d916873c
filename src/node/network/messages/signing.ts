// SPDX-License-Identifier: MIT
import { getBytes, TypedDataEncoder, verifyMessage, verifyTypedData, type TypedDataField } from "ethers";

import { OFFER_TYPES, type EscrowDomain } from "../../../agents/index.ts";
import { commitmentHash, proposalHash, type Draft } from "../../../b52/index.ts";
import type { ProposalMessage, PurchaseMessage, Quote, QuoteMessage, SaleMessage } from "./message.ts";

/** Signs bytes as an L1 account does (EIP-191): a wallet of ethers, for instance. */
export interface MessageSigner {
  /** @returns 65 bytes in hex */
  signMessage(message: Uint8Array): Promise<string>;
}

/**
 * Makes the offer of a draft to provers. The proposer signs `proposal` (docs/b52.md §4), 32 bytes, as a personal message
 * (EIP-191, version 0x45): the hash names chain and rollup, and no transaction has this form.
 */
export async function signProposal(signer: MessageSigner, domain: bigint, draft: Draft): Promise<ProposalMessage> {
  const signature = await signer.signMessage(getBytes(proposalHash(domain, draft)));
  return { kind: "proposal", draft, signature };
}

/** Whether the proposer of the draft signed it. */
export function isSignedByProposer(domain: bigint, { draft, signature }: ProposalMessage): boolean {
  try {
    return verifyMessage(getBytes(proposalHash(domain, draft)), signature) === draft.proposer;
  } catch {
    // No key has this signature: r is the x of no point.
    return false;
  }
}

// ─── Builders ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Signs typed data as an L1 account does (EIP-712): a wallet of ethers, for instance. */
export interface TypedDataSigner {
  /** @returns 65 bytes in hex */
  signTypedData(domain: EscrowDomain, types: Record<string, TypedDataField[]>, value: object): Promise<string>;
}

const QUOTE_TYPES = {
  Quote: [
    { name: "builder", type: "address" },
    { name: "round", type: "uint40" },
    { name: "height", type: "uint40" },
    { name: "parent", type: "bytes32" },
    { name: "contentHash", type: "bytes32" },
    { name: "leaves", type: "uint8" },
    { name: "payment", type: "uint96" },
    { name: "cover", type: "uint96" },
  ],
};

const PURCHASE_TYPES = {
  Purchase: [
    { name: "id", type: "bytes32" },
    { name: "quote", type: "bytes32" },
  ],
};

/** The EIP-712 digest that a builder signs for a quote: the name of the quote. */
export const quoteHash = (escrow: EscrowDomain, quote: Quote): string =>
  TypedDataEncoder.hash({ ...escrow }, QUOTE_TYPES, quote);

/** Makes a quote in the name of the signer, the builder. */
export async function signQuote(signer: TypedDataSigner, escrow: EscrowDomain, quote: Quote): Promise<QuoteMessage> {
  return { kind: "quote", quote, signature: await signer.signTypedData(escrow, QUOTE_TYPES, quote) };
}

/** Asks the builder of a quote for an offer, in the name of the signer, the proposer. @param domain of the rollup */
export async function signPurchase(
  signer: TypedDataSigner,
  domain: bigint,
  escrow: EscrowDomain,
  terms: Pick<PurchaseMessage, "quote" | "proposal" | "promised" | "votes">,
): Promise<PurchaseMessage> {
  const value = { id: commitmentHash(domain, terms.proposal), quote: terms.quote };
  return { kind: "purchase", ...terms, signature: await signer.signTypedData(escrow, PURCHASE_TYPES, value) };
}

/** Whether the builder of the quote signed it. */
export const isSignedByBuilder = (escrow: EscrowDomain, { quote, signature }: QuoteMessage): boolean =>
  isTypedBy(quote.builder, escrow, QUOTE_TYPES, quote, signature);

/** Whether the proposer signed the purchase. @param id commitment hash of its proposal */
export const isSignedByBuyer = (escrow: EscrowDomain, id: string, message: PurchaseMessage): boolean =>
  isTypedBy(message.proposal.proposer, escrow, PURCHASE_TYPES, { id, quote: message.quote }, message.signature);

/** Whether the builder of a quote signed the offer that L1 takes, for payment and cover of the quote. */
export function isSaleOf(
  { builder, payment, cover }: Quote,
  escrow: EscrowDomain,
  { id, deadline, signature }: SaleMessage,
): boolean {
  return isTypedBy(builder, escrow, OFFER_TYPES, { id, payment, cover, deadline }, signature);
}

function isTypedBy(
  author: string,
  escrow: EscrowDomain,
  types: Record<string, TypedDataField[]>,
  value: object,
  signature: string,
): boolean {
  try {
    return verifyTypedData({ ...escrow }, types, value, signature) === author;
  } catch {
    // No key has this signature: r is the x of no point.
    return false;
  }
}
