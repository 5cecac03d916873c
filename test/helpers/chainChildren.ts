// SPDX-License-Identifier: MIT
import { poseidon } from "../../src/crypto/index.ts";
import { P } from "../../src/field.ts";
import type { OpenedLeaf } from "../../src/ledger/index.ts";
import { CHAIN_INPUTS, type ChainChild, type HonkKey } from "../../src/recursion/index.ts";
import type { Random } from "./random.ts";

/** Slots of the development profile. */
export const SLOTS = 4;

/** The point of a whole tree, and the hashes of the keys of its proofs. */
export interface ChainTree {
  readonly point: bigint;
  readonly hashes: { readonly leaf: bigint; readonly node: bigint };
  readonly keys: { readonly leaf: HonkKey; readonly node: HonkKey };
}

/** A random point, and keys of random words. */
export function randomChainTree(random: Random): ChainTree {
  const hashes = { leaf: random.bigint(P), node: random.bigint(P) };
  const keyOf = (hash: bigint): HonkKey => ({
    ...({ audience: "node", bytes: randomBytes(random, 115), hash, power: 16 } as const),
    ...{ program: "ab".repeat(32), publicInputs: CHAIN_INPUTS },
  });
  return { point: random.bigint(P), hashes, keys: { leaf: keyOf(hashes.leaf), node: keyOf(hashes.node) } };
}

/** Words below p, as bytes. */
const randomBytes = (random: Random, count: number): Buffer =>
  Buffer.from(
    wordsOf(random, count)
      .map((word) => word.toString(16).padStart(64, "0"))
      .join(""),
    "hex",
  );

const wordsOf = (random: Random, count: number): bigint[] => Array.from({ length: count }, () => random.bigint(P));

/** Words of a leaf with random exits in all slots. @param oldState random by default */
export function randomOpenedLeaf(random: Random, oldState = random.bigint(P)): OpenedLeaf {
  const exits = wordsOf(random, 2 * SLOTS);
  const words = wordsOf(random, 12).with(1, poseidon(exits)).with(5, oldState);
  return { words, exits };
}

/**
 * A child with random public inputs of its kind. Its proof is random words: no bb has seen it.
 *
 * @param oldState state in which it begins; random by default
 */
export function randomChainChild(
  kind: ChainChild["kind"],
  { point, hashes, keys }: ChainTree,
  random: Random,
  oldState = random.bigint(P),
): ChainChild {
  const key = keys[kind];
  const proof = (publicInputs: readonly bigint[]) =>
    ({ audience: "node", bytes: randomBytes(random, 410), publicInputs }) as const;
  if (kind === "node") {
    const count = 1n + random.bigint(30_000n);
    const inputs = [...wordsOf(random, 2), count, oldState, random.bigint(P), point, hashes.node];
    return { kind, key, proof: proof(inputs) };
  }
  const opened = randomOpenedLeaf(random, oldState);
  return { kind, key, opened, proof: proof([poseidon(opened.words), ...wordsOf(random, 2), 0n, 0n, 0n, 0n]) };
}

/** The same child with other public inputs. */
export const withInputs = (child: ChainChild, publicInputs: readonly bigint[]): ChainChild => ({
  ...child,
  proof: { ...child.proof, publicInputs },
});
