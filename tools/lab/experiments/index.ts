// SPDX-License-Identifier: MIT
import type { Experiment } from "../experiment.ts";
import type { ExperimentName } from "../names.ts";

/** Loads an experiment alone: some load parts of the library that take a second. */
export const LOADERS: Readonly<Record<ExperimentName, () => Promise<Experiment>>> = {
  score: async () => (await import("./score.ts")).SCORE,
  majority: async () => (await import("./majority.ts")).MAJORITY,
  windows: async () => (await import("./windows.ts")).WINDOWS,
  race: async () => (await import("./race.ts")).RACE,
  batchFee: async () => (await import("./batchFee.ts")).BATCH_FEE,
  emptyBlocks: async () => (await import("./emptyBlocks.ts")).EMPTY_BLOCKS,
  slashing: async () => (await import("./slashing.ts")).SLASHING_ATTACK,
  denial: async () => (await import("./denial.ts")).DENIAL,
  mev: async () => (await import("./mev.ts")).MEV,
  takeover: async () => (await import("./takeover.ts")).TAKEOVER,
  data: async () => (await import("./data.ts")).DATA,
  outsourcing: async () => (await import("./outsourcing.ts")).OUTSOURCING,
  auctions: async () => (await import("./auctions.ts")).AUCTIONS,
};
