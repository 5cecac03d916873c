// SPDX-License-Identifier: MIT
import { decideProving, PROVING_STRATEGY, type ProvingView, type WaitingBatch } from "../../../src/node/index.ts";
import type { Chance } from "../chance.ts";

/** Experience of an aggregator: a mean that forgets. */
export interface Experience {
  /** Profit of a proof that was begun, in wei: 0 before the first. */
  profit: number;
  begun: number;
}

/** The facts that an aggregator of Proof of Efficiency has before it begins a proof. Times in seconds. */
export interface AggregatorView {
  readonly now: number;
  /** Batches that wait, in order. */
  readonly batches: readonly WaitingBatch[];
  /** Gas of `verify`. */
  readonly gas: number;
  /** Wei for a unit of it. */
  readonly gasPrice: number;
  /** Cost of the proof in wei: electricity and machines. */
  readonly proofCost: number;
  /** Time that its proofs take. */
  readonly seconds: number;
  /** Until L1 would take its proof; 0 if it takes it now. */
  readonly allowedIn: number;
  readonly experience: Experience;
  readonly chance: Chance;
}

/** Whether an aggregator begins a proof of all batches that wait. */
export type AggregatorStrategy = (view: AggregatorView) => boolean;

/** Part of the opportunities in which a learner tries what has not paid. */
const CURIOSITY = 0.02;
/** Proofs after which a learner trusts its experience. */
const LESSONS = 5;

/** As the node program: proves if the fees pay for gas and proof, and begins so that it is ready when it is allowed. */
const eager: AggregatorStrategy = ({ now, batches, gas, gasPrice, proofCost, seconds, allowedIn }) => {
  if (allowedIn > seconds) return false;
  const view: ProvingView = {
    ...{ now, isFrozen: false, isProving: false, isDepartureDue: false, isElected: true, batches },
    ...{ gas: BigInt(Math.round(gas)), gasPrice: BigInt(Math.round(gasPrice)) },
  };
  const leaves = batches.reduce((sum, batch) => sum + batch.leaves, 0);
  const leafCost = BigInt(Math.round(proofCost / Math.max(1, leaves)));
  return decideProving(view, { ...PROVING_STRATEGY, leafCost }).do === "prove";
};

/** As `eager`, while its own proofs have paid; else it tries now and then. */
const learner: AggregatorStrategy = (view) => {
  const { experience, chance } = view;
  if (!eager(view)) return false;
  return experience.begun < LESSONS || experience.profit > 0 || chance.happens(CURIOSITY);
};

/** Strategies of aggregators, by the name that parameters know them by. */
export const AGGREGATORS = { eager, learner } as const satisfies Record<string, AggregatorStrategy>;

export type AggregatorName = keyof typeof AGGREGATORS;
