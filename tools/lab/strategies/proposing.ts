// SPDX-License-Identifier: MIT
import { bidToBeat, score, type ScoreRule } from "../../../test/model/b52/index.ts";

/** A bid of B52 with the provers behind it. */
export interface Standing {
  readonly bid: bigint;
  readonly provers: bigint;
}

/** The facts that a proposer of B52 has before it bids. Amounts in the native token's smallest unit. */
export interface ProposerView {
  /** Fees and MEV of the block that it could build, and its part of the reward. */
  readonly value: bigint;
  /** Tickets that prove its block. */
  readonly provers: bigint;
  /** The best offers of the others, as they are known in the network. */
  readonly rivals: readonly Standing[];
  readonly rule: ScoreRule;
  readonly minBid: bigint;
  /** Number of proposers, with itself. */
  readonly proposers: number;
  /** Greatest value that a block can have, for strategies that know how values are spread. */
  readonly most: bigint;
}

/** How much a proposer bids; undefined if it stays away. */
export type ProposerStrategy = (view: ProposerView) => bigint | undefined;

const atLeast = (bid: bigint, { minBid }: ProposerView): bigint | undefined => (bid < minBid ? undefined : bid);

/** The least bid with which it wins against all others, if the block is worth it. */
const outbid: ProposerStrategy = (view) => {
  const rival = view.rivals.reduce((most, { bid, provers }) => {
    const other = score(provers, bid, view.rule);
    return other > most ? other : most;
  }, 0n);
  const needed = bidToBeat(rival, view.provers, view.rule);
  if (needed === undefined || needed > view.value) return undefined;
  return needed < view.minBid ? view.minBid : needed;
};

/** The least bid that wins, whatever the block is worth: an attacker who wants the height. */
const attack: ProposerStrategy = (view) => outbid({ ...view, value: 2n ** 87n });

/** All that the block is worth: nothing is left, and nobody can outbid it. */
const truthful: ProposerStrategy = (view) => atLeast(view.value, view);

/** The balance of a first-price auction among equals: (n − 1) / n of the value. */
const shaded: ProposerStrategy = (view) =>
  atLeast((view.value * BigInt(view.proposers - 1)) / BigInt(view.proposers), view);

/** The balance where all pay: (n − 1) / n of the value times its place among all values to the power n − 1. */
const allPay: ProposerStrategy = (view) => {
  let bid = (view.value * BigInt(view.proposers - 1)) / BigInt(view.proposers);
  for (let i = 1; i < view.proposers; i++) bid = (bid * view.value) / view.most;
  return atLeast(bid, view);
};

/** The least that L1 takes: for the reward of an uncle. */
const spam: ProposerStrategy = ({ minBid }) => minBid;

/** Strategies of proposers of B52, by the name that parameters know them by. */
export const PROPOSERS = { outbid, attack, truthful, shaded, allPay, spam } as const satisfies Record<
  string,
  ProposerStrategy
>;
