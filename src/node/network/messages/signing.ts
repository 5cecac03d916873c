// SPDX-License-Identifier: MIT
import { getBytes, verifyMessage } from "ethers";

import { proposalHash, type Draft } from "../../../b52/index.ts";
import type { ProposalMessage } from "./message.ts";

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
