// SPDX-License-Identifier: MIT

/** Experiments of the simulation, in the order in which they run: see `EXPERIMENTS`. */
export const EXPERIMENT_NAMES = [
  "tree",
  "nodes",
  "size",
  "loss",
  "drop",
  "latency",
  "cut",
  "silent",
  "speed",
  "window",
] as const;

export type ExperimentName = (typeof EXPERIMENT_NAMES)[number];
