// SPDX-License-Identifier: MIT
import { batchFeeAt, type BatchFeeRule } from "../../../src/agents/index.ts";
import { power } from "../maths.ts";

/** A rule for the batch fee. Times in seconds, fees in the native token's smallest unit. */
export interface FeeRule {
  /** Fee at a time, given the oldest batch that waits. */
  feeAt(now: number, oldestPending: number | undefined): bigint;
  /** Batches were proven: times of their posts. */
  onProof(now: number, posted: readonly number[], oldestBefore: number | undefined): void;
}

/** Makes a rule from the parameters of this project's. */
export type FeeRuleMaker = (rule: BatchFeeRule, initialFee: bigint) => FeeRule;

/** Proof of Efficiency of this project: doubles while the oldest batch is late, halves at all other times. */
const lateness: FeeRuleMaker = (rule, initialFee) => {
  let state = { fee: initialFee, updatedAt: 0 };
  return {
    feeAt: (now, oldestPending) => batchFeeAt(rule, { ...state, oldestPending }, now),
    onProof: (now, _posted, oldestPending) => {
      state = { fee: batchFeeAt(rule, { ...state, oldestPending }, now), updatedAt: now };
    },
  };
};

/** Polygon zkEVM: × 1.002 for each late batch of a proof, ÷ 1.002 for each early one. */
const steps: FeeRuleMaker = (rule, initialFee) => {
  let fee = initialFee;
  return {
    feeAt: () => fee,
    onProof: (now, posted) => {
      const late = posted.filter((at) => now - at > rule.targetTime).length;
      fee = clamped(rule, scaled(fee, power(1.002, 2 * late - posted.length)));
    },
  };
};

/** EIP-1559 on lateness: by up to an eighth for each proof, by how far the oldest batch was from the target. */
const eighths: FeeRuleMaker = (rule, initialFee) => {
  let fee = initialFee;
  return {
    feeAt: () => fee,
    onProof: (now, posted) => {
      const age = Math.max(...posted.map((at) => now - at));
      const part = Math.max(-1, Math.min(1, age / rule.targetTime - 1));
      fee = clamped(rule, scaled(fee, 1 + part / 8));
    },
  };
};

const scaled = (fee: bigint, factor: number): bigint => (fee * BigInt(Math.round(factor * 1e9))) / 1_000_000_000n;

const clamped = ({ minFee, maxFee }: BatchFeeRule, fee: bigint): bigint =>
  fee < minFee ? minFee : fee > maxFee ? maxFee : fee;

/** Rules for the batch fee, by the name that parameters know them by. */
export const FEE_RULES = { lateness, steps, eighths } as const satisfies Record<string, FeeRuleMaker>;

export type FeeRuleName = keyof typeof FEE_RULES;
