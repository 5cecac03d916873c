// SPDX-License-Identifier: MIT
import type { NetworkConnection } from "hardhat/types/network";

import type { NodeProof, Proposer, ProofTree } from "../../src/agents/index.ts";
import { toField, type Field } from "../../src/field.ts";
import { mockProof } from "./mockProofs.ts";

/**
 * Takes a height of a rollup whose verifier is the mock, with a block that nobody promised to prove: commits, and submits
 * and advances when it is time.
 *
 * @param transactions after the forced operations
 */
export async function takeHeight(
  { networkHelpers }: NetworkConnection,
  proposer: Proposer,
  transactions: readonly Uint8Array[],
): Promise<void> {
  const { node } = proposer;
  const draft = await proposer.draft({ transactions, bid: node.parameters.minBid, share: 0n });
  const { committed } = await proposer.commit(draft, []);
  await node.sync();
  const { opensAt, closesAt } = node.proofWindowOf(committed.proposal.round);
  await networkHelpers.time.increaseTo(opensAt);
  await proposer.submit(committed, proofsOf(await proposer.reveal(committed)));
  await networkHelpers.time.increaseTo(closesAt);
  await proposer.advance();
  await node.sync();
}

/** Proofs that the mock accepts: of what the tree says, without the circuits. Nobody promised anything. */
function proofsOf(tree: ProofTree): NodeProof[] {
  const proofs: NodeProof[] = [];
  const digestOf = (node: number): Field => toField(proofs.find((proof) => proof.node === node)!.digest);
  for (const node of tree.nodes) {
    const facts = tree.isLeaf(node)
      ? undefined
      : { leftDigest: digestOf(2 * node), rightDigest: digestOf(2 * node + 1), delivered: 0n, nodes: 0n };
    const statement = tree.statementOf(node, 0, facts);
    const proof = mockProof(statement.circuit, statement.publicSignals);
    proofs.push({ ...statement, proof, seconds: 0, cached: false });
  }
  return proofs;
}
