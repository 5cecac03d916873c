// SPDX-License-Identifier: MIT
import {
  decidePosting,
  decideProving,
  POSTING_STRATEGY,
  profitOf,
  PROVING_STRATEGY,
  type ProvingStrategy,
  type ProvingView,
  type WaitingBatch,
} from "../../../src/node/index.ts";
import type { BatchFeeRule } from "../../../src/agents/index.ts";
import type { Chance } from "../chance.ts";
import { gasOf } from "../measured.ts";
import { FEE_RULES, type FeeRuleName } from "../strategies/feeRules.ts";

export const MINUTE = 60;
export const HOUR = 3_600;

/** Circumstances at a time. */
export interface Weather {
  /** Leaves full of transactions that come in an hour. */
  readonly demand: number;
  /** Wei. */
  readonly gasPrice: number;
  /** Whether aggregators are there. */
  readonly proves: boolean;
  /** Whether somebody keeps the ring full. */
  readonly attack: boolean;
}

export interface FeeWorldOptions {
  readonly rule: FeeRuleName;
  readonly parameters: BatchFeeRule;
  readonly initialFee: bigint;
  readonly maxPendingLeaves: number;
  /** Seconds from the beginning to the end. */
  readonly length: number;
  readonly weather: (now: number) => Weather;
  /** Median tips of a full leaf, in wei, and the deviation of their logarithm. */
  readonly value: number;
  readonly spread: number;
  /** Seconds after which a leaf's users give up. */
  readonly patience: number;
  /** Wei for 10^18 units of the native token. */
  readonly tokenPrice: number;
  /** Wei. */
  readonly proofCost: number;
  /** Seconds of a proof, and most leaves of one call. */
  readonly proofTime: number;
  readonly mostLeaves: number;
  /** Seconds after which the aggregator proves whatever it brings, as a boot aggregator; undefined: never. */
  readonly boot: number | undefined;
}

/** The state of the fee after each ten minutes. */
export interface FeeMoment {
  readonly at: number;
  /** SEQ. */
  readonly fee: number;
  readonly pendingLeaves: number;
  readonly isLate: boolean;
  readonly isFull: boolean;
}

export interface FeeCourse {
  readonly moments: readonly FeeMoment[];
  /** Seconds that honest leaves waited for their post, with the time of the post. */
  readonly waits: readonly { readonly at: number; readonly seconds: number }[];
  /** Seconds from a post to its proof. */
  readonly proofs: readonly { readonly at: number; readonly seconds: number }[];
  readonly posted: number;
  readonly dropped: number;
  /** SEQ that the attacker paid, by whole hours since the beginning. */
  readonly attackerPaid: readonly number[];
  /** SEQ that the aggregator lost where it proved for patience alone, with the time of the call. */
  readonly losses: readonly { readonly at: number; readonly amount: number }[];
}

interface Pending {
  readonly at: number;
  /** For a leaf. */
  readonly fee: bigint;
  readonly isAttack: boolean;
}

const SEQ = 1e18;

/** Gas of a call that proves so many batches of a leaf. */
export function verifyGas(batches: number): number {
  const [one, three] = [gasOf("gas", "verify 1 leaf"), gasOf("gas", "verify 3 batches of 1 leaf")];
  return one + ((batches - 1) * (three - one)) / 2;
}

/**
 * Proof of Efficiency minute by minute: one sequencer with the node's decision to post, one aggregator with its decision to
 * prove, and an attacker that fills the ring whenever a leaf is free.
 */
export function runFees(options: FeeWorldOptions, chance: Chance): FeeCourse {
  const { parameters, maxPendingLeaves, weather, tokenPrice, mostLeaves, patience } = options;
  const rule = FEE_RULES[options.rule](parameters, options.initialFee);
  const demand: { readonly at: number; readonly value: number }[] = [];
  const pending: Pending[] = [];
  const moments: FeeMoment[] = [];
  const waits: { at: number; seconds: number }[] = [];
  const proofs: { at: number; seconds: number }[] = [];
  const losses: { at: number; amount: number }[] = [];
  const attackerPaid: number[] = Array.from({ length: Math.ceil(options.length / HOUR) + 1 }, () => 0);
  let [posted, dropped, proving]: [number, number, { until: number; batches: number } | undefined] = [0, 0, undefined];
  for (let now = MINUTE; now <= options.length; now += MINUTE) {
    const { demand: hourly, gasPrice, proves, attack } = weather(now);
    for (let n = chance.poisson(hourly / 60); n > 0; n--) {
      demand.push({ at: now, value: chance.lognormal(options.value, options.spread) });
    }
    // The attacker sees the same block first: its transactions pay more gas.
    const fee = rule.feeAt(now, pending[0]?.at);
    if (attack) {
      for (; pending.length < maxPendingLeaves; pending.push({ at: now, fee, isAttack: true })) {
        attackerPaid[Math.floor(now / HOUR)]! += Number(fee) / SEQ;
      }
    }
    const isFull = pending.length >= maxPendingLeaves;
    const feeWei = (Number(fee) / SEQ) * tokenPrice;
    const postGas = gasOf("gas", "sequence 1 leaf, steady") * gasPrice;
    for (let i = 0; i < demand.length;) {
      const { at, value } = demand[i]!;
      const decision = decidePosting(
        {
          ...{
            now,
            isFrozen: false,
            isPosting: false,
            isElected: true,
            isRingFull: pending.length >= maxPendingLeaves,
          },
          ...{ transactions: 16, tips: BigInt(Math.round(value)), forced: 0, firstDeadline: undefined },
          ...{ waitsSince: at, isFull: true, leaves: 1, unprovenLeaves: pending.length, canProve: false },
          ...{ isDear: false, cost: BigInt(Math.round(feeWei + postGas)), provenCost: 0n },
        },
        { ...POSTING_STRATEGY, maxLoss: 0n },
      );
      if (decision.do === "post") {
        pending.push({ at: now, fee, isAttack: false });
        waits.push({ at: now, seconds: now - at });
        posted++;
        demand.splice(i, 1);
      } else if (now - at > patience) {
        dropped++;
        demand.splice(i, 1);
      } else {
        i++;
      }
    }
    if (proving !== undefined && now >= proving.until) {
      const done = pending.splice(0, proving.batches);
      rule.onProof(
        now,
        done.map(({ at }) => at),
        done[0]?.at,
      );
      for (const { at, isAttack } of done) if (!isAttack) proofs.push({ at: now, seconds: now - at });
      proving = undefined;
    }
    if (proving === undefined && proves) {
      const batches = pending.slice(0, mostLeaves).map((one): WaitingBatch => ({
        ...{ leaves: 1, postedAt: one.at, fee: one.fee, baseFees: 0n, isOwn: false },
      }));
      const view: ProvingView = {
        ...{ now, isFrozen: false, isProving: false, isDepartureDue: false, isElected: true, batches },
        ...{ gas: BigInt(Math.round(verifyGas(batches.length))), gasPrice: BigInt(Math.round(gasPrice)) },
      };
      const strategy: ProvingStrategy = {
        ...{ ...PROVING_STRATEGY, patience: options.boot },
        ...{ leafCost: BigInt(Math.round(options.proofCost)), tokenPrice: BigInt(Math.round(tokenPrice)) },
      };
      const decision = decideProving(view, strategy);
      if (decision.do === "prove") {
        proving = { until: now + options.proofTime, batches: batches.length };
        const profit = Number(profitOf(view, strategy)) / tokenPrice;
        if (profit < 0) losses.push({ at: now, amount: -profit });
      }
    }
    if (now % (10 * MINUTE) === 0) {
      const oldest = pending[0]?.at;
      moments.push({
        ...{ at: now, fee: Number(rule.feeAt(now, oldest)) / SEQ, pendingLeaves: pending.length },
        isLate: oldest !== undefined && now - oldest > parameters.targetTime,
        isFull,
      });
    }
  }
  return { moments, waits, proofs, posted, dropped, attackerPaid, losses };
}
