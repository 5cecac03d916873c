// SPDX-License-Identifier: MIT
import fc from "fast-check";

import { P, type Field } from "../../src/field.ts";

/**
 * Checks a property on a fixed seed, or on that of the environment variable SEED. fast-check names the seed and the
 * counterexample when the property fails.
 */
export function check<T extends [unknown, ...unknown[]]>(
  arbitraries: { [K in keyof T]: fc.Arbitrary<T[K]> },
  predicate: (...args: T) => void,
  numRuns = 200,
): void {
  fc.assert(fc.property(...arbitraries, predicate), { seed: Number(process.env["SEED"] ?? 20), numRuns });
}

/** Unsigned integers of `bits` bits, edges included. */
export const uint = (bits: number): fc.Arbitrary<bigint> => {
  const max = (1n << BigInt(bits)) - 1n;
  return fc.oneof(
    { weight: 1, arbitrary: fc.constantFrom(0n, 1n, max) },
    { weight: 4, arbitrary: fc.bigInt({ min: 0n, max }) },
  );
};

export const index32 = (): fc.Arbitrary<number> => fc.oneof(fc.constantFrom(0, 1, 2 ** 32 - 1), fc.nat(2 ** 31 - 1));

export const field = (): fc.Arbitrary<Field> => fc.bigInt({ min: 0n, max: P - 1n }) as fc.Arbitrary<Field>;

export const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
