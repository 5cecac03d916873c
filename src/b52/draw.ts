// SPDX-License-Identifier: MIT
import { clearCofactor, poseidon, toCurve, type Pair } from "../crypto/index.ts";
import { toUint, type Field } from "../field.ts";
import type { Voters } from "./tickets.ts";

/** Bits of a ticket's output, and of the limit with which it is compared. */
export const OUTPUT_BITS = 120;
const SEED_BITS = 128;
const OUTPUT_RANGE = 1n << BigInt(OUTPUT_BITS);

/** Every ticket is elected: no output is above this. */
export const NO_LIMIT = OUTPUT_RANGE - 1n;

/** The draw of a round in which every vote counts and shows no output. */
export const NO_DRAW = 0n;

/** Says which tickets are elected in a round (docs/b52.md §11). */
export interface Draw {
  /** 128 bits. */
  readonly seed: bigint;
  /** Greatest output of an elected ticket, 1 … 2^120 − 1. */
  readonly limit: bigint;
}

/** A draw as L1 gives it to the merge circuit. @throws {ProtocolError} `OUT_OF_RANGE` */
export const packDraw = ({ seed, limit }: Draw): bigint =>
  (toUint(seed, SEED_BITS, "seed") << BigInt(OUTPUT_BITS)) | toUint(limit, OUTPUT_BITS, "limit");

/** @throws {ProtocolError} `OUT_OF_RANGE` for more than 248 bits */
export function unpackDraw(draw: bigint): Draw {
  toUint(draw, SEED_BITS + OUTPUT_BITS, "draw");
  return { seed: draw >> BigInt(OUTPUT_BITS), limit: draw & NO_LIMIT };
}

/**
 * The limit with which `target` of `tickets` are elected on average, rounded down; all if there are not more than that.
 *
 * @param tickets number of tickets that may vote, 0 … 247
 * @param target 1 … 247
 */
export const limitFor = (tickets: number, target: number): bigint =>
  tickets <= target ? NO_LIMIT : (OUTPUT_RANGE * BigInt(target)) / BigInt(tickets) - 1n;

/** A ticket's output, from a point on the curve. 120 bits. */
export function ticketOutput(gamma: Pair, ticket: number): bigint | undefined {
  const point = toCurve(gamma);
  if (point === undefined) return undefined;
  const { x, y } = clearCofactor(point);
  return poseidon([x, y, BigInt(ticket)]) % OUTPUT_RANGE;
}

/** Whether a ticket with this point is elected; false for numbers that are no point. */
export function isElected(gamma: Pair, ticket: number, { limit }: Pick<Draw, "limit">): boolean {
  const output = ticketOutput(gamma, ticket);
  return output !== undefined && output <= limit;
}

/**
 * The root that a merge's statement names: of the keys, and, where tickets are drawn, of the draw with it.
 *
 * @throws {ProtocolError} `OUT_OF_RANGE` for a draw of more than 248 bits
 */
export function votersRoot({ registry, draw }: Voters): Field {
  if (draw === NO_DRAW) return registry.root;
  return poseidon([registry.root, toUint(draw, SEED_BITS + OUTPUT_BITS, "draw")]);
}
