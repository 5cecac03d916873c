// SPDX-License-Identifier: MIT

/** A parameter as the modules take it. */
export type ParameterValue = string | bigint | boolean | readonly string[];

/**
 * Rule for the values of a parameter. Integers are in `unit`, from `min` to `max` inclusive; `limit` says the range in
 * words.
 */
export type Rule =
  | { readonly kind: "integer"; readonly unit: string; readonly min: bigint; readonly max: bigint }
  | { readonly kind: "choice"; readonly unit: string; readonly choices: readonly bigint[] }
  | { readonly kind: "flag" }
  | { readonly kind: "text"; readonly bytes: number }
  | { readonly kind: "address"; readonly zero: boolean; readonly optional: boolean }
  | { readonly kind: "addresses"; readonly most: number };

/** Condition that two parameters of a module have to fulfil together; the error is about the first. */
export interface Relation {
  readonly about: string;
  readonly limit: string;
  readonly holds: (integer: (name: string) => bigint, flag: (name: string) => boolean) => boolean;
}

export const bits = (n: number): bigint => 2n ** BigInt(n) - 1n;
export const integer = (unit: string, min: bigint, max: bigint): Rule => ({ kind: "integer", unit, min, max });

export const DAYS_30 = 30n * 86_400n;
/** Shares and rates are in 1/10,000. */
export const RATE = 10_000n;
