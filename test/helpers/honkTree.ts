// SPDX-License-Identifier: MIT
import { ProofTree, type NodeProof } from "../../src/agents/index.ts";
import { nodesOf } from "../../src/b52/index.ts";
import type { CircuitInput, Groth16Proof, Prover } from "../../src/prover/index.ts";
import { calculateWitness, type WitnessSource } from "../../src/prover/witness.ts";
import { blockOf, TICKETS } from "./treeBlock.ts";

/**
 * The inputs of all nodes of a block's tree, each promised to a ticket and proven by it.
 *
 * @param proposal a number that no other block has
 * @returns by node: 1 is the root, 2·i and 2·i + 1 are the children of i
 */
export async function treeInputs(
  size: 2 | 4,
  proposal: bigint,
  circuits: { readonly leaf: WitnessSource; readonly merge: WitnessSource },
): Promise<ReadonlyMap<number, CircuitInput>> {
  const promised = new Map(nodesOf(size).map((node) => [node, TICKETS[node % TICKETS.length]!]));
  const tree = new ProofTree(blockOf(proposal << 200n, size, promised));

  const inputs = new Map<number, CircuitInput>();
  let current = 0;
  // Computes the signals, which the tree compares with the model's, and makes no proof.
  const prover = {
    async prove(circuit: "leaf" | "merge", input: CircuitInput) {
      inputs.set(current, input);
      const { publicSignals } = await calculateWitness({ ...circuits[circuit], publicSignals: 3 }, input);
      return { proof: {} as Groth16Proof, publicSignals };
    },
  } as Prover;
  const proofs: NodeProof[] = [];
  for (const node of tree.nodes) {
    current = node;
    proofs.push(await tree.prove(prover, node, promised.get(node)!, proofs));
  }
  return inputs;
}
