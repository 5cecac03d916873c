// SPDX-License-Identifier: MIT

/** Experiments, in the order of the report. */
export const EXPERIMENT_NAMES = [
  "score",
  "majority",
  "windows",
  "race",
  "batchFee",
  "emptyBlocks",
  "denial",
  "slashing",
  "takeover",
  "mev",
  "auctions",
  "outsourcing",
  "data",
] as const;

export type ExperimentName = (typeof EXPERIMENT_NAMES)[number];

/** The seed of the committed report. */
export const SEED = 1;
