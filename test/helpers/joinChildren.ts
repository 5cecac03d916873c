// SPDX-License-Identifier: MIT
import { P } from "../../src/field.ts";
import { type JoinChild, type Joined, joinedStatement, type JoinKind } from "../../src/recursion/index.ts";
import type { Random } from "./random.ts";

export const JOIN_KINDS: readonly JoinKind[] = ["leaf", "merge", "node"];

/** The point of a whole tree, and the hashes of the keys of its proofs. */
export interface JoinTree {
  readonly point: bigint;
  readonly hashes: Readonly<Record<JoinKind, bigint>>;
}

export const randomJoinTree = (random: Random): JoinTree => ({
  point: random.bigint(P),
  hashes: { leaf: random.bigint(P), merge: random.bigint(P), node: random.bigint(P) },
});

/** A child with random public inputs of its kind. Its proof and its key are random words: no bb has seen them. */
export function randomJoinChild(kind: JoinKind, { point, hashes }: JoinTree, random: Random): JoinChild {
  const words = (count: number): bigint[] => Array.from({ length: count }, () => random.bigint(P));
  const bytes = (count: number): Buffer =>
    Buffer.from(
      words(count)
        .map((word) => word.toString(16).padStart(64, "0"))
        .join(""),
      "hex",
    );
  const publicInputs =
    kind === "node" ? [...words(2), 1n + random.bigint(30_000n), point, hashes.node] : [...words(3), 0n, 0n];
  return {
    kind,
    key: { audience: "node", bytes: bytes(115), hash: hashes[kind], power: 16, program: "", publicInputs: 5 },
    proof: { audience: "node", bytes: bytes(410), publicInputs },
  };
}

/** The statements of a proof, by the model. */
export function joinedOf({ kind, proof: { publicInputs } }: JoinChild, point: bigint): Joined {
  const [root, sum, count] = publicInputs as readonly [bigint, bigint, bigint];
  return kind === "node" ? { root, sum, count } : joinedStatement(kind, [root, sum, count], point);
}
