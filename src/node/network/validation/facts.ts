// SPDX-License-Identifier: MIT
import type { EscrowDomain, ProofTreeBlock } from "../../../agents/index.ts";
import type { MergeCircuit, Proposal, Transcript, Voters } from "../../../b52/index.ts";
import type { Field } from "../../../field.ts";
import type { Profile } from "../../../profile.ts";
import type { BlockMessage } from "../messages/index.ts";

/** A round that takes commitments now. */
export interface OpenRound extends Voters {
  readonly round: bigint;
  readonly height: bigint;
  /** Whether the round's keys and its draw are fixed: L1 has opened it. Else the next commitment does. */
  readonly isOpened: boolean;
  /** Commitment hashes on which a proposal may build. */
  readonly parents: readonly string[];
}

/** A proposal that is committed on L1. */
export interface Commitment {
  /** Commitment hash, in lower case. */
  readonly id: string;
  readonly proposal: Proposal;
  /** L1 block in which it was committed. */
  readonly committedAt: number;
  /** Begin and end of the proof window of its round, in unix seconds. */
  readonly opensAt: bigint;
  readonly closesAt: bigint;
}

/** Whether a mempool took a transaction, had it before, or refused it. */
export type Admission = "taken" | "known" | "refused";

/** The escrow of builders, as far as their messages need it. */
export interface EscrowFacts {
  /** Of signatures. */
  readonly domain: EscrowDomain;
  /** Tokens of an account that a lock can take now; undefined if they cannot be found out now. */
  usable(account: string): Promise<bigint | undefined>;
}

/** All that a decision about a message needs of L1 and of the rollup's state. */
export interface NetworkFacts {
  readonly domain: Field;
  readonly profile: Profile;
  /** Of the deployment. */
  readonly parameters: { readonly minBid: bigint; readonly maxShare: bigint; readonly maxLeaves: bigint };
  /** Whether the deployment draws tickets, so that votes have a point (docs/b52.md §11). */
  readonly isDrawn: boolean;
  /** Number and time, in unix seconds, of the newest block of L1. */
  readonly block: number;
  readonly now: bigint;
  /** L1 blocks, its own included, that a commitment needs before its content may be shown. */
  readonly revealDepth: number;
  /** Undefined if no round takes commitments. */
  readonly openRound: OpenRound | undefined;
  /** A commitment of a recent round; undefined for any other hash. @param id in lower case */
  commitment(id: string): Commitment | undefined;
  /** Balance of a proposer on L1, in the native token's smallest unit; undefined if it cannot be found out now. */
  deposit(proposer: string): Promise<bigint | undefined>;
  /** The escrow of builders; undefined if this node takes no part in their topics. */
  readonly escrow: EscrowFacts | undefined;
  /** Offers a transaction to the mempool. @param slot 93 bytes */
  admit(slot: Uint8Array): Promise<Admission>;
  /** Executes a block; undefined if it cannot be executed on the state that this node has. */
  execute(commitment: Commitment, block: BlockMessage, transcript: Transcript): ProofTreeBlock | undefined;
}

/** Verifies proofs with the rollup's verifying keys. */
export interface ProofVerifier {
  /** @param proof the eight words that L1 takes */
  verify(circuit: "leaf" | MergeCircuit, publicSignals: readonly bigint[], proof: readonly bigint[]): Promise<boolean>;
}
