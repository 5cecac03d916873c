// SPDX-License-Identifier: MIT
import type { RoundResultStruct } from "../../../typechain-types/contracts/interfaces/IB52.ts";
import type { Proposal, ShownVote } from "../../b52/index.ts";
import type { SavedRecentLogs } from "../../chain/index.ts";
import type { Point } from "../../crypto/index.ts";
import type { LeafEffects } from "../ledgerNode.ts";
import type { Saved } from "../nodeStorage.ts";
import type { CoreFacts, CoreItem, LengthsOf } from "../savedCore.ts";
import type { ProvenBlock, RoundStart } from "./blocks.ts";

/** Facts of a view of B52 that a block of L1 may change. */
export interface SavedB52Facts extends CoreFacts {
  readonly isConsensusDeployed: boolean;
  /** Commitment hash of the last block of the chain. */
  readonly head: string;
  /** Time of the L1 block up to which the view is, in unix seconds. */
  readonly now: bigint;
  /** Number of blocks in the state that is saved with these facts, with their departures. */
  readonly base: number;
  /** Numbers of logs of the last blocks of L1. Undefined in databases of earlier versions. */
  readonly recent?: SavedRecentLogs | undefined;
}

/** An event of the provers' registry. */
export type TicketChange = { readonly ticket: number } & (
  | { readonly kind: "join"; readonly key: Point; readonly owner: string; readonly payout: string }
  /** It is not under the root: it waits for a seed (docs/b52.md §11). */
  | { readonly kind: "wait" }
  | { readonly kind: "activate" }
  | { readonly kind: "leave"; readonly withdrawableAt: bigint }
  | { readonly kind: "slash"; readonly amount: bigint; readonly misses: number }
  | { readonly kind: "withdraw" }
);

/** A round as its opening told. */
export interface SavedRound extends Omit<RoundStart, "registry"> {
  /** Number of changes of tickets before it. */
  readonly changes: number;
}

/** An event about a promise that was not kept; blocks are named by `entryKey`. */
export type CourtEvent =
  | { readonly kind: "demand"; readonly block: string; readonly node: number; readonly asker: string }
  | {
      readonly kind: "show";
      readonly block: string;
      readonly node: number;
      readonly answerer: string;
      readonly openings: readonly ShownVote[];
    }
  | { readonly kind: "close" | "defend"; readonly block: string; readonly node: number }
  | { readonly kind: "slash"; readonly round: bigint; readonly ticket: number };

/** A block of the chain without the work of its execution. */
export interface SavedChainBlock {
  /** `entryKey` of the proven block that won. */
  readonly entry: string;
  /** L1 block in which it became final. */
  readonly provenAt: number;
  readonly leaves: readonly LeafEffects[];
  /** Operations that requested its departures. */
  readonly departures: readonly number[];
}

/** An item of each list of a view of B52. */
export interface SavedB52Item extends CoreItem {
  /** One: the data of `ConsensusDeployed`, in hex. */
  readonly deployment: string;
  readonly ticket: TicketChange;
  readonly round: SavedRound;
  readonly result: RoundResultStruct;
  /** The include list that a block of a height has to begin with. */
  readonly include: readonly [height: bigint, slots: Uint8Array];
  readonly proposal: { readonly proposal: Proposal; readonly committedAt: number };
  /** Each submission, also one that another takes the place of. */
  readonly proven: Omit<ProvenBlock, "proposal">;
  readonly court: CourtEvent;
  /** `entryKey` of a commitment whose bid was settled. */
  readonly settled: string;
  /** `entryKey` of a block whose rewards were paid. */
  readonly paid: string;
  readonly block: SavedChainBlock;
}

export type SavedB52View = Saved<SavedB52Facts, SavedB52Item>;
export type SavedB52Lengths = LengthsOf<SavedB52Item>;

/** Every list once: a list that is missing here would not be saved. */
const LISTS: Readonly<Record<keyof SavedB52Item, true>> = {
  forced: true,
  settlement: true,
  request: true,
  arrival: true,
  departure: true,
  delivered: true,
  deployment: true,
  ticket: true,
  round: true,
  result: true,
  include: true,
  proposal: true,
  proven: true,
  court: true,
  settled: true,
  paid: true,
  block: true,
};

/** The names of the lists. */
export const SAVED_B52_LISTS = Object.keys(LISTS) as readonly (keyof SavedB52Item)[];
