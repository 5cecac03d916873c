// SPDX-License-Identifier: MIT
import type { NodeProof, ProofTreeBlock } from "../../../agents/index.ts";
import {
  givenHash,
  leafContext,
  mergeCircuitOf,
  mergeDigest,
  mergeProofSignals,
  votersRoot,
  type MergeOpening,
  type MergePublicSignals,
} from "../../../b52/index.ts";
import { fromProofWords, toProofWords } from "../../../codec/index.ts";
import { ProtocolError } from "../../../errors.ts";
import { toField, type Field } from "../../../field.ts";
import { leafProofSignals, leafPublicSignals } from "../../../ledger/index.ts";
import { badMessage } from "./bytes.ts";
import type { ProofMessage } from "./message.ts";

/**
 * The message that carries a proof: the words, and what a merge took from its children, which does not follow from the
 * block and its transcript.
 *
 * @param id commitment hash of the block
 * @param published of a merge: the proofs of the children that it was made with, among others
 * @throws {ProtocolError} `INVALID_PROOF`; `PROOF_MISSING` for a merge without its children
 */
export function toProofMessage(
  id: string,
  proof: NodeProof,
  published: readonly Pick<NodeProof, "node" | "digest">[] = [],
): ProofMessage {
  const { node, opening } = proof;
  const words = [...toProofWords(proof.proof)];
  if (opening.kind === "leaf") {
    return { kind: "proof", id, node, worker: Number(opening.leaf.worker), words, merge: undefined };
  }
  const digestOf = (child: number): Field => {
    const found = published.find((candidate) => candidate.node === child);
    if (found === undefined) {
      throw new ProtocolError(
        "PROOF_MISSING",
        { node: child },
        `node ${node} was made with the proof of node ${child}`,
      );
    }
    return toField(found.digest);
  };
  const { worker, delivered, nodes } = opening.merge;
  const merge = { leftDigest: digestOf(2 * node), rightDigest: digestOf(2 * node + 1), delivered, nodes };
  return { kind: "proof", id, node, worker: Number(worker), words, merge };
}

/**
 * The proof of a message, with all that its maker had: opening, digest and public signals follow from the receiver's own
 * execution of the block. It is not verified here.
 *
 * @throws {ProtocolError} `BAD_MESSAGE` if the tree has no such node, or the node is of the other circuit
 */
export function fromProofMessage(message: ProofMessage, block: ProofTreeBlock): NodeProof {
  const { node, worker, merge } = message;
  const size = block.leaves.length;
  if (node >= 2 * size) throw badMessage("node", "RANGE");
  if (node >= size !== (merge === undefined)) throw badMessage("merge", "RANGE");
  const made = { proof: fromProofWords(message.words), seconds: 0, cached: false };
  if (merge === undefined) {
    const leaf = block.leaves[node - size]!;
    const binding = { z: block.z, context: leafContext(block.context, node), worker: BigInt(worker) };
    const { digest, ...signals } = leafPublicSignals(leaf, binding);
    const publicSignals = leafProofSignals(leaf, binding);
    return {
      ...{ ...made, publicSignals, node, circuit: "leaf", digest, exits: leaf.exits },
      opening: { kind: "leaf", leaf: signals },
    };
  }
  const { opening, signals } = mergeOf(message, merge, block);
  return {
    ...{
      ...made,
      publicSignals: mergeProofSignals(signals),
      node,
      circuit: mergeCircuitOf(block.draw),
      digest: signals.digest,
    },
    ...{ opening: { kind: "merge", merge: opening }, exits: [] },
  };
}

function mergeOf(
  { node, worker }: ProofMessage,
  { leftDigest, rightDigest, delivered, nodes }: NonNullable<ProofMessage["merge"]>,
  { leaves, context, registry, draw, transcript }: ProofTreeBlock,
): { readonly opening: MergeOpening; readonly signals: MergePublicSignals } {
  const given = {
    ...{ leftDigest, rightDigest, registryRoot: votersRoot({ registry, draw }) },
    ...{ votesRoot: transcript.votesRoot, promised: toField(transcript.promised) },
  };
  const [first, last] = leavesBelow(node, leaves.length);
  const opening: MergeOpening = {
    oldStateRoot: leaves[first]!.oldStateRoot,
    newStateRoot: leaves[last]!.state.root,
    context,
    worker: toField(BigInt(worker)),
    place: BigInt(2 * node >= leaves.length ? 2 * node + 1 : 2 * node),
    delivered,
    nodes,
    given: givenHash(given),
  };
  const signals: MergePublicSignals = {
    digest: mergeDigest(opening),
    delivered: toField(delivered),
    nodes: toField(nodes),
    context: toField(context),
    ...given,
    place: toField(opening.place),
    worker: toField(opening.worker),
  };
  return { opening, signals };
}

/** First and last leaf below an inner node, numbered from 0. */
function leavesBelow(node: number, size: number): readonly [first: number, last: number] {
  let [first, last] = [node, node];
  while (first < size) [first, last] = [2 * first, 2 * last + 1];
  return [first - size, last - size];
}
