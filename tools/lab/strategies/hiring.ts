// SPDX-License-Identifier: MIT
import type { Chance } from "../chance.ts";

/** A prover that offers its votes. */
export interface Candidate {
  readonly ticket: number;
  /** How many times as long as the median prover it took for its past proofs. */
  readonly slowness: number;
}

/** Which provers a proposer promises its nodes to, best first; the leaves of the tree are promised to the first ones. */
export type HiringStrategy = (candidates: readonly Candidate[], chance: Chance) => readonly number[];

const anyone: HiringStrategy = (candidates, chance) => chance.shuffled(candidates.map(({ ticket }) => ticket));

const fastest: HiringStrategy = (candidates) =>
  [...candidates].sort((a, b) => a.slowness - b.slowness || a.ticket - b.ticket).map(({ ticket }) => ticket);

/** Strategies by which proposers of B52 choose provers, by the name that parameters know them by. */
export const HIRING = { anyone, fastest } as const satisfies Record<string, HiringStrategy>;

export type HiringName = keyof typeof HIRING;
