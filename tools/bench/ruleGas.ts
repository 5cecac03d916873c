// SPDX-License-Identifier: MIT
import { L1_RULES, type L1Rules } from "../../src/l1Rules.ts";
import type { CallGas } from "./calldata.ts";

/** Gas of a call under some rules, without the price of its calldata. */
export interface GasParts {
  readonly execution: number;
  /** Pays for new slots, code and accounts. */
  readonly state: number;
}

/** A call as the snapshots have it. */
export type RuleGas = Readonly<Record<L1Rules, GasParts>> & {
  /** Storage slots that went from zero to another value. */
  readonly newSlots: number;
};

/** A measurement under each of the rules. */
export type Measured<T> = Readonly<Record<L1Rules, T>>;

/** Measures under each of the rules, in their order: the later ones find the proofs of the first in the cache. */
export async function underEachRules<T>(measure: (rules: L1Rules) => Promise<T>): Promise<Measured<T>> {
  const measured: Partial<Record<L1Rules, T>> = {};
  for (const rules of L1_RULES) measured[rules] = await measure(rules);
  return measured as Measured<T>;
}

/**
 * Joins the measurements of one call.
 *
 * @throws {Error} if it does not create the same slots under all rules
 */
export function joinCall(call: string, gas: Measured<CallGas>): RuleGas {
  const { osaka, amsterdam } = gas;
  if (amsterdam.newSlots !== osaka.newSlots) {
    throw new Error(`${call} has ${osaka.newSlots} new slots under osaka, and ${amsterdam.newSlots} under amsterdam`);
  }
  const parts = ({ execution, state }: CallGas): GasParts => ({ execution, state });
  return { newSlots: osaka.newSlots, osaka: parts(osaka), amsterdam: parts(amsterdam) };
}

/** Joins measurements of the same calls. @throws {Error} if they are not the same, or as `joinCall` */
export function joinCalls(gas: Measured<Readonly<Record<string, CallGas>>>): Record<string, RuleGas> {
  const [calls, others] = [Object.keys(gas.osaka), Object.keys(gas.amsterdam)];
  if (calls.join("\n") !== others.join("\n")) throw new Error("not the same calls were measured under all rules");
  return Object.fromEntries(
    Object.entries(gas.osaka).map(([call, osaka]) => {
      const amsterdam = gas.amsterdam[call];
      if (amsterdam === undefined) throw new Error(`no gas of ${call}`);
      return [call, joinCall(call, { osaka, amsterdam })];
    }),
  );
}

/** Columns of a table of calls; the first is theirs. */
export const RULE_COLUMNS = ["new slots", "Osaka", "of it state", "Amsterdam", "of it state"] as const;

/** Cells below `RULE_COLUMNS`. */
export const ruleCells = ({ newSlots, osaka, amsterdam }: RuleGas): number[] => [
  newSlots,
  ...[osaka, amsterdam].flatMap(({ execution, state }) => [execution + state, state]),
];
