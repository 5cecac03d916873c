// SPDX-License-Identifier: MIT
import type { Departure, DepartureRequest } from "./migrations.ts";
import type { Settlement } from "./settlement.ts";

/** Facts of the core's log that a block of L1 may change. */
export interface CoreFacts {
  readonly isCoreDeployed: boolean;
  readonly isFrozen: boolean;
  /** Root of the last proven state, by the events. */
  readonly stateRoot: bigint;
  /** Number of executed forced operations. */
  readonly executed: bigint;
  /** Number of settled exits. */
  readonly exits: bigint;
  /** Of the forced queue, 27 bytes in hex. */
  readonly rollingHash: string;
}

/** An item of each list of the core's log. The lists only grow; a reorganisation of L1 cuts them off. */
export interface CoreItem {
  readonly forced: Uint8Array;
  readonly settlement: Settlement;
  readonly request: DepartureRequest;
  readonly arrival: readonly [operation: number, data: string];
  readonly departure: Departure;
  readonly delivered: number;
}

/** Lists with these items. */
export type ListsOf<Item> = { readonly [Name in keyof Item]: readonly Item[Name][] };

/** Number of items of each list. */
export type LengthsOf<Item> = { readonly [Name in keyof Item]: number };
