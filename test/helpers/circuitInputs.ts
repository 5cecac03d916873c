// SPDX-License-Identifier: MIT
import { leafCircuitInput } from "../../src/ledger/index.ts";
import { escapeCircuitInput, migrationCircuitInput } from "../../src/migration/index.ts";
import { DEVELOPMENT } from "../../src/profile.ts";
import type { CircuitInput } from "../../src/prover/witness.ts";
import { chainCircuit, chainedOf, chainInput, JOIN, joinInput } from "../../src/recursion/index.ts";
import { type CircuitDefinition, loadCircuits } from "../../src/setup/circuits.ts";
import { randomChainChild, randomChainTree, SLOTS } from "./chainChildren.ts";
import { JOIN_KINDS, randomJoinChild, randomJoinTree } from "./joinChildren.ts";
import { Random } from "./random.ts";
import { randomLeaves } from "./randomLeaf.ts";
import { type RandomMerge, randomMerges } from "./randomMerge.ts";
import { randomMigrations } from "./randomMigration.ts";

/** All circuits of the development profile by name, with those that recursion puts into larger programs. */
export const DEVELOPMENT_CIRCUITS: Readonly<Record<string, CircuitDefinition>> = Object.fromEntries(
  [...loadCircuits("development"), JOIN, chainCircuit("development")].map((circuit) => [circuit.name, circuit]),
);

/** Inputs of each circuit of the development profile, on random data: the same for the same seed. */
export const RANDOM_INPUTS: Readonly<Record<string, (seed: string) => CircuitInput>> = {
  leaf: (seed) => {
    const { result, binding } = first(randomLeaves(DEVELOPMENT, seed));
    return { ...leafCircuitInput(result, binding) };
  },
  merge: (seed) => ({ ...first(randomMerges(seed), isPlain).result.input }),
  drawnMerge: (seed) => ({ ...first(randomMerges(seed), (merge) => !isPlain(merge)).result.input }),
  escape: (seed) => {
    const { before } = first(randomMigrations(seed));
    const [index] = first(before.accounts.entries());
    return { ...escapeCircuitInput(before, index) };
  },
  migration: (seed) => {
    const { result, worker } = first(randomMigrations(seed));
    return { ...migrationCircuitInput(result, { worker }) };
  },
  join: (seed) => {
    const random = new Random(seed);
    const tree = randomJoinTree(random);
    const child = (): ReturnType<typeof randomJoinChild> => randomJoinChild(random.pick(JOIN_KINDS), tree, random);
    return joinInput(tree.point, tree.hashes.node, child(), random.chance(0.3) ? undefined : child());
  },
  chain: (seed) => {
    const random = new Random(seed);
    const tree = randomChainTree(random);
    const kind = (): "leaf" | "node" => random.pick(["leaf", "node"] as const);
    const left = randomChainChild(kind(), tree, random);
    const { newStateRoot } = chainedOf(left, tree.point);
    const right = random.chance(0.3) ? undefined : randomChainChild(kind(), tree, random, newStateRoot);
    return chainInput(tree.point, tree.hashes.node, SLOTS, left, right);
  },
};

/** Whether tickets are not drawn in the round. */
const isPlain = ({ result }: RandomMerge): boolean => !("draw" in result.input);

function first<T>(items: Iterable<T>, isWanted: (item: T) => boolean = () => true): T {
  for (const item of items) if (isWanted(item)) return item;
  throw new Error("there is none");
}
