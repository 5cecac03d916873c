// SPDX-License-Identifier: MIT
import type { Fees } from "./row.ts";

/**
 * An eighth, rounded up, and one wei at least: pools ask for a tenth more of both fees, and some for more than a tenth
 * (reth issue 13160).
 */
const raised = (value: bigint): bigint => value + (value === 0n ? 1n : (value + 7n) / 8n);

const higher = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const lower = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** The highest price of gas with which a transaction costs no more than `maxFee`. */
export const capFor = (maxFee: bigint, gasLimit: bigint): bigint => maxFee / gasLimit;

/** Fees within a cap. */
export const cappedFees = ({ maxFeePerGas, maxPriorityFeePerGas }: Fees, cap: bigint): Fees => ({
  maxFeePerGas: lower(maxFeePerGas, cap),
  maxPriorityFeePerGas: lower(maxPriorityFeePerGas, lower(maxFeePerGas, cap)),
});

/**
 * Fees with which a transaction replaces others: each is an eighth above the highest of theirs, or the fee that is
 * offered now if that is higher.
 *
 * @param others fees of the transactions with the same nonce, at least one
 * @param offered fees that a new transaction would offer
 * @param cap of `maxFeePerGas`
 * @returns undefined if an eighth more is above the cap
 */
export function raisedFees(others: readonly Fees[], offered: Fees, cap: bigint): Fees | undefined {
  const highest = (of: (fees: Fees) => bigint): bigint => others.map(of).reduce(higher);
  const most = raised(highest(({ maxFeePerGas }) => maxFeePerGas));
  const tip = raised(highest(({ maxPriorityFeePerGas }) => maxPriorityFeePerGas));
  if (higher(most, tip) > cap) return undefined;
  const maxFeePerGas = higher(higher(most, tip), lower(offered.maxFeePerGas, cap));
  return { maxFeePerGas, maxPriorityFeePerGas: higher(tip, lower(offered.maxPriorityFeePerGas, maxFeePerGas)) };
}
