// SPDX-License-Identifier: MIT
import { ZeroAddress, ZeroHash } from "ethers";

import type {
  BlockRecordStruct,
  IRollup,
  RoundResultStruct,
  SubmissionStruct,
} from "../../../typechain-types/contracts/interfaces/IB52.ts";
import type { BlockResult, Proposal, ShownVote, Voters } from "../../b52/index.ts";
import type { ExecutedBatch, Execution } from "../executedBatches.ts";

/** A proven block, with all that L1 has of it. */
export interface ProvenBlock {
  /** The commitment with which it entered its round. */
  readonly proposal: Proposal;
  /** Commitment hash. */
  readonly id: string;
  /** Score by which L1 ranks it (docs/b52.md §6); the highest of the round wins. */
  readonly score: bigint;
  /** Of the block that it builds on. */
  readonly oldStateRoot: bigint;
  /** Record of the block. L1 keeps its hash. */
  readonly record: BlockRecordStruct;
  /** The change of the core's state that it makes if it wins. */
  readonly transition: IRollup.TransitionStruct;
  /** Data and proofs as they were submitted. */
  readonly submission: SubmissionStruct;
  /** L1 block in which it was submitted; of several submissions the last. */
  readonly postedAt: number;
}

/** Whether a block of a round is before another one: by score; ties go to the smaller commitment hash (docs/b52.md §6). */
export const outranks = (a: Pick<ProvenBlock, "score" | "id">, b: Pick<ProvenBlock, "score" | "id">): boolean =>
  a.score === b.score ? BigInt(a.id) < BigInt(b.id) : a.score > b.score;

/** The execution of a block; empty leaves fill its proof tree. */
export type BlockExecution = Execution<BlockResult>;

/** A block of the chain, or the winner of a round that is over. */
export interface ChainBlock extends ProvenBlock, ExecutedBatch {
  /** Its execution; undefined if nobody can defend a node of the next block any more, and its node keeps its states elsewhere (`NodeStorage`). */
  readonly execution: BlockExecution | undefined;
}

/** A promised node of a proven block that its ticket did not deliver (docs/b52.md §8). */
export interface NodeDefault {
  /** Number of the node in the tree. */
  readonly node: number;
  /** Ticket that promised the node. */
  readonly ticket: number;
  /** Whether it was defended, or is void as its votes were demanded and never shown. */
  readonly isCleared: boolean;
  /** Whether it is cleared by a proof of its ticket. */
  readonly isDefended: boolean;
  /** Whether the ticket was slashed for the round, for this node or another one. */
  readonly isSlashed: boolean;
  /** The one who asked for the votes, and the one who showed them; undefined if nobody asks. */
  readonly demand: { readonly asker: string; readonly answerer: string | undefined } | undefined;
  /** Votes that were shown on L1 for a proof of this node; undefined if nobody has shown them. */
  readonly shown: readonly ShownVote[] | undefined;
}

/** A ticket as the events of the provers' registry tell it. */
export interface TicketRecord {
  /** 1 … 247 */
  readonly ticket: number;
  /** The account that joined last. */
  readonly owner: string;
  /** The account that gets its earnings. */
  readonly payout: string;
  /**
   * `waiting`: it cannot be promised nodes yet, where tickets are drawn. `active`: it can. `leaving`: it cannot, and its
   * stake can be slashed. `free`: nobody has it.
   */
  readonly state: "waiting" | "active" | "leaving" | "free";
  /** Rest of the stake, in the native token's smallest unit; 0 of a free ticket. */
  readonly stake: bigint;
  /** Time from which a leaving ticket's stake may be withdrawn, in unix seconds. */
  readonly withdrawableAt: bigint | undefined;
  /** Misses that were not forgiven at the last slash. */
  readonly misses: number;
  /** How often it was slashed since its owner joined, and by how much in all. */
  readonly slashes: number;
  readonly slashed: bigint;
}

/** A round as its opening told. */
export interface RoundStart extends Voters {
  /** 1, 2, 3, … */
  readonly round: bigint;
  /** Height of the block that the round decides. */
  readonly height: bigint;
  /** Begin of the proposal window, in unix seconds. */
  readonly opensAt: bigint;
}

/**
 * A call that is due after a round, before a later round takes its place (docs/b52.md §5.3). Anyone may make it; the
 * money goes to its owner. For example, a bid that would return whole burns by the rate once its round's result is gone.
 */
export type Chore =
  /** A bid that returns, less the part that is burned. */
  | { readonly kind: "settle"; readonly proposal: Proposal; readonly result: RoundResultStruct }
  /** Rewards of a block, for its provers and its proposer. */
  | { readonly kind: "pay"; readonly block: ProvenBlock; readonly result: RoundResultStruct }
  /** The deposit of a demand for votes. */
  | { readonly kind: "close"; readonly block: ProvenBlock; readonly node: number; readonly parties: readonly string[] };

/** Stands for the result of a round that has none. */
export const NO_RESULT = {
  round: 0n,
  parent: ZeroHash,
  winner: ZeroAddress,
  uncles: [] as string[],
  proposerReward: 0n,
  proversReward: 0n,
  uncleNodeReward: 0n,
  scores: 0n,
  slope: 0n,
} satisfies RoundResultStruct;

/** Round that a chore is about; it can be done at least until the round `ROUNDS_KEPT` later is open. */
export const roundOfChore = (chore: Chore): bigint =>
  chore.kind === "settle" ? chore.proposal.round : chore.block.proposal.round;
