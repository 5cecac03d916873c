// SPDX-License-Identifier: MIT
export { Random } from "../../tools/random.ts";

/**
 * Whether the environment variable SEED is not set. Then a test also demands that everything was met which its random
 * cases can meet.
 */
export const hasFixedSeed = process.env["SEED"] === undefined;

/** A fixed seed, or another one for each SEED. */
export const seedFor = (name: string): string => (hasFixedSeed ? name : `${name} ${process.env["SEED"]}`);
