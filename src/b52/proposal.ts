// SPDX-License-Identifier: MIT
import { AbiCoder, id, keccak256 } from "ethers";

import { contextOf } from "./nodes.ts";

/** A proposal, to which a proposer commits: the struct `Proposal` of contracts/types, docs/b52.md §4. */
export interface Proposal {
  readonly proposer: string;
  readonly round: bigint;
  readonly height: bigint;
  /** Commitment hash of the block that it builds on. */
  readonly parent: string;
  readonly contentHash: string;
  /** Burned if the block wins, in the native token. */
  readonly bid: bigint;
  /** Part of the block reward for the provers, in 1/10,000. */
  readonly share: bigint;
  /** Of its proof tree: 2, 4 or 8, the least that hold its data. */
  readonly leaves: bigint;
  readonly promisedProvers: bigint;
  readonly transcript: string;
}

/** Draft that provers vote for: a proposal before its transcript is known. */
export type Draft = Omit<Proposal, "promisedProvers" | "transcript">;

/** Preimage of `contentHash`, with the hash of the data in the place of the data. */
export interface Content {
  /** 32 bytes in hex. */
  readonly salt: string;
  readonly dataHash: string;
  readonly forcedCount: number;
  readonly feeAccount: number;
  readonly feeToken: bigint;
  /** keccak256 of the include list that the block carries, 32 bytes in hex. */
  readonly includeListHash: string;
}

const PROPOSAL_TAG = id("DecentralisedSequencing.B52.Proposal.v1");

const hash = (types: readonly string[], values: readonly unknown[]): string =>
  keccak256(AbiCoder.defaultAbiCoder().encode(types, values));

export const contentHash = (content: Content): string =>
  hash(
    ["bytes32", "bytes32", "uint16", "uint32", "uint16", "bytes32"],
    [
      content.salt,
      content.dataHash,
      content.forcedCount,
      content.feeAccount,
      content.feeToken,
      content.includeListHash,
    ],
  );

/** Hash of a proposal. Votes and proofs refer to it through `contextOf`. */
export const proposalHash = (domain: bigint, draft: Draft): string =>
  hash(
    ["bytes32", "uint256", "address", "uint40", "uint40", "bytes32", "bytes32", "uint88", "uint16", "uint8"],
    [
      PROPOSAL_TAG,
      domain,
      draft.proposer,
      draft.round,
      draft.height,
      draft.parent,
      draft.contentHash,
      draft.bid,
      draft.share,
      draft.leaves,
    ],
  );

/** `context` of votes and merges; that of leaf node i is `leafContext`. */
export const draftContext = (domain: bigint, draft: Draft): bigint => contextOf(BigInt(proposalHash(domain, draft)));

export const transcriptHash = (promised: bigint, votesRoot: bigint): string =>
  hash(["uint128", "uint256"], [promised, votesRoot]);

/** Hash of a commitment. L1 keeps it, and the next block names it as its parent. */
export const commitmentHash = (domain: bigint, proposal: Proposal): string =>
  hash(
    ["bytes32", "uint8", "bytes32"],
    [proposalHash(domain, proposal), proposal.promisedProvers, proposal.transcript],
  );

/** L1 keeps this much of a commitment hash: 0x and 52 digits. The rest of a `parent` makes no difference. */
const KEPT = 2 + 2 * 26;

/** Whether two commitment hashes are the same to L1. */
export const isSameBlock = (a: string, b: string): boolean => a.slice(0, KEPT) === b.slice(0, KEPT);
