// SPDX-License-Identifier: MIT
import { PROPOSING_STRATEGY, type ProofTimes } from "../../src/node/index.ts";
import { readParameters } from "../deployment/parameters.ts";
import type { RoundRules } from "./l1.ts";
import type { Scenario } from "./round.ts";

/**
 * Seconds of a proof with its witness on two cores: development from docs/benchmarks.md (0.65 + 11.3 and 0.43 + 5.2); a
 * leaf of 16 slots of production was measured once, 2 + 94. The merge is the same circuit in both.
 */
export const PROOF_TIMES = {
  development: { leaf: 12, merge: 5.6 },
  production: { leaf: 96, merge: 5.6 },
} as const satisfies Record<string, ProofTimes>;

/** The rules that a network is deployed with: `deploy/parameters`. */
export function rulesOf(network: string): RoundRules {
  const values = readParameters("B52", { parameters: network }).B52 ?? {};
  const amount = (name: string): bigint => BigInt(values[name] as bigint | number);
  const times = (name: string): number => Number(amount(name));
  return {
    ...{ proposalWindow: times("proposalWindow"), proofWindow: times("proofWindow") },
    ...{ blockReward: amount("blockReward"), uncleReward: amount("uncleReward") },
    ...{ minBid: amount("minBid"), maxShare: amount("maxShare"), maxLeaves: amount("maxLeaves") },
    ...{ unprovenBurnRate: amount("unprovenBurnRate"), fairPay: values["fairPay"] === true },
    rule: { target: amount("targetProvers"), slope: amount("minSlope") },
  };
}

/** Builders are not simulated. */
export const NO_BUILDERS = { quote: 0, purchase: 0, sale: 0 } as const;

/** Fifty hosts all over the world, with the testnet's parameters. Each experiment changes one thing. */
export const USUAL: Scenario = {
  ...{ seed: 1, proposers: 2, provers: 48, followers: 0, silent: 0, leaves: 8 },
  ...{ profile: "production", times: PROOF_TIMES.production, spread: 2 },
  ...{ place: "world", distance: 1, jitter: 0.2, bandwidth: 20e6, loss: 0, drop: 0, cuts: [], dials: 6 },
  look: 1.25,
  // Measured: `Validator` with the library's arithmetic on a quiet core, a proof in the verifier's process, a slot of the
  // ledger on the disk (ADR 0055).
  costs: {
    decide: { transaction: 1, proposal: 7, vote: 6, transcript: 8, block: 1, proof: 25, ...NO_BUILDERS },
    ...{ verify: 85, execute: 3.3, refuse: 0.1 },
  },
  signing: 0.07,
  l1: { blockTime: 12, delay: 2, skip: 0.1 },
  rules: rulesOf("sepolia"),
  revealDepth: PROPOSING_STRATEGY.revealDepth,
  traffic: true,
};
