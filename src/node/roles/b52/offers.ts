// SPDX-License-Identifier: MIT
import { getBytes, verifyMessage } from "ethers";

import { proposalHash, type Draft } from "../../../b52/index.ts";
import type { ProposalMessage } from "../../network/index.ts";

/** Signs bytes as an L1 account does (EIP-191): a wallet of ethers, for instance. */
export interface MessageSigner {
  /** L1 address. */
  readonly address: string;
  /** @returns 65 bytes in hex */
  signMessage(message: Uint8Array): Promise<string>;
}

/** Bytes that a proposer signs to offer a block: the proposal hash, which binds rollup, round, content and bid. */
const offerBytes = (domain: bigint, draft: Draft): Uint8Array => getBytes(proposalHash(domain, draft));

/** An offer to the provers, signed by its proposer. */
export async function signOffer(domain: bigint, draft: Draft, signer: MessageSigner): Promise<ProposalMessage> {
  return { kind: "proposal", draft, signature: await signer.signMessage(offerBytes(domain, draft)) };
}

/** Whether an offer was signed by the proposer that it names. */
export function isSignedByProposer(domain: bigint, { draft, signature }: ProposalMessage): boolean {
  try {
    return verifyMessage(offerBytes(domain, draft), signature).toLowerCase() === draft.proposer.toLowerCase();
  } catch {
    // Bytes that are no signature.
    return false;
  }
}
