// SPDX-License-Identifier: MIT
import { childDigest, givenHash, type ChildOpening, type MergePublicSignals } from "../../b52/index.ts";
import { ProtocolError } from "../../errors.ts";
import { toField } from "../../field.ts";
import type { LeafPublicSignals } from "../../ledger/index.ts";
import type { B52Node } from "./node.ts";
import type { ProvenBlock } from "./blocks.ts";
import { statementInputsOf } from "./statements.ts";

/**
 * The openings of a block's proofs, by node, computed from L1 alone. The prover of a parent needs nothing else of its
 * children. So a prover who did not get the block before it was submitted can still prove any node of it.
 *
 * @throws {ProtocolError} `DIGEST_MISMATCH` if a proof's digest has another opening, which no valid proof has
 */
export function publishedOpenings(
  block: Pick<ProvenBlock, "proposal" | "submission" | "oldStateRoot">,
  node: B52Node,
): ReadonlyMap<number, ChildOpening> {
  const { leaves, merges } = statementInputsOf(block, node);
  const openings = new Map<number, ChildOpening>();
  const add = (number: number, opening: ChildOpening, digest: bigint): void => {
    if (childDigest(opening) !== digest) {
      throw new ProtocolError(
        "DIGEST_MISMATCH",
        { node: number, expected: digest, found: childDigest(opening) },
        `the digest of node ${number} is not that of its proof`,
      );
    }
    openings.set(number, opening);
  };
  const stateRoots = new Map<number, readonly [old: bigint, new: bigint]>();
  for (const [i, inputs] of leaves.entries()) {
    const { digest, ...leaf } = leafSignals(inputs);
    add(leaves.length + i, { kind: "leaf", leaf }, digest);
    stateRoots.set(leaves.length + i, [leaf.oldStateRoot, leaf.newStateRoot]);
  }
  for (let number = merges.length; number >= 1; number--) {
    const signals = mergeSignals(merges[number - 1] ?? []);
    const { digest, delivered, nodes, context, place, worker } = signals;
    const [oldStateRoot = 0n] = stateRoots.get(2 * number) ?? [];
    const [, newStateRoot = 0n] = stateRoots.get(2 * number + 1) ?? [];
    const given = givenHash(signals);
    const merge = { oldStateRoot, newStateRoot, context, worker, place, delivered, nodes, given };
    add(number, { kind: "merge", merge }, digest);
    stateRoots.set(number, [oldStateRoot, newStateRoot]);
  }
  return openings;
}

function leafSignals(inputs: readonly bigint[]): LeafPublicSignals {
  const at = (i: number) => toField(inputs[i] ?? 0n);
  return {
    newStateRoot: at(0),
    exitsHash: at(1),
    proverFees: at(2),
    c: at(3),
    y: at(4),
    digest: at(5),
    oldStateRoot: at(6),
    header: at(7),
    z: at(8),
    sequencer: at(9),
    domain: at(10),
    context: at(11),
    worker: at(12),
  };
}

function mergeSignals(inputs: readonly bigint[]): MergePublicSignals {
  const at = (i: number) => toField(inputs[i] ?? 0n);
  return {
    digest: at(0),
    delivered: at(1),
    nodes: at(2),
    leftDigest: at(3),
    rightDigest: at(4),
    context: at(5),
    registryRoot: at(6),
    votesRoot: at(7),
    promised: at(8),
    place: at(9),
    worker: at(10),
  };
}
