// SPDX-License-Identifier: MIT
import { ProofTree, type NodeProof } from "../../src/agents/index.ts";
import {
  contextOf,
  nodesBitmap,
  nodesOf,
  RegistryTree,
  signVote,
  Transcript,
  type NodePromise,
} from "../../src/b52/index.ts";
import { SLOT_BYTES } from "../../src/codec/index.ts";
import type { Point } from "../../src/crypto/index.ts";
import {
  applyLeaf,
  evaluationPoint,
  newAccountSlot,
  signTransaction,
  State,
  type LeafResult,
} from "../../src/ledger/index.ts";
import { DEVELOPMENT } from "../../src/profile.ts";
import type { CircuitInput, Groth16Proof, Prover } from "../../src/prover/index.ts";
import { calculateWitness, type WitnessSource } from "../../src/prover/witness.ts";
import { createFastSigner } from "./fastSigner.ts";

const ALICE = createFastSigner("alice");
const ENVIRONMENT = { sequencer: 0x5e9n, domain: 0xd0a1n };
const TICKETS = [1, 7, 100, 247];
const signerOf = (ticket: number) => createFastSigner(`ticket ${ticket}`);
const REGISTRY = RegistryTree.of(TICKETS.map((ticket): [number, Point] => [ticket, signerOf(ticket).publicKey]));

/** A deposit in the first leaf, and an exit in each further one. */
function leavesOf(size: number): LeafResult[] {
  const leaves: LeafResult[] = [];
  for (let i = 0; i < size; i++) {
    const bytes = new Uint8Array(DEVELOPMENT.slots * SLOT_BYTES);
    const exit = { from: 1, to: 0, token: 1n, amount: 10n, nonce: BigInt(i - 1), domain: ENVIRONMENT.domain };
    bytes.set(
      i === 0
        ? newAccountSlot({ key: ALICE.publicKey, token: 1n, amount: 1000n, l1Address: 0xa11cen })
        : signTransaction(ALICE, exit),
    );
    const forcedCount = i === 0 ? 1 : 0;
    const header = { baseFee: 1n, feeToken: 1n, feeAccount: 0, forcedCount, timestamp: 1_800_000_000n };
    const before = leaves.at(-1)?.state ?? State.genesis(DEVELOPMENT);
    leaves.push(applyLeaf(DEVELOPMENT, before, { header, bytes }, ENVIRONMENT));
  }
  return leaves;
}

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
  const context = contextOf(proposal << 200n);
  const promised = new Map(nodesOf(size).map((node) => [node, TICKETS[node % TICKETS.length]!]));
  const nodesOfTicket = (ticket: number): bigint =>
    nodesBitmap([...promised].filter(([, other]) => other === ticket).map(([node]) => node));
  const promises = [...promised].map(([node, ticket]): [number, NodePromise] => [
    node,
    { ticket, vote: signVote(signerOf(ticket), { context, ticket, nodes: nodesOfTicket(ticket) }) },
  ]);
  const leaves = leavesOf(size);
  const z = evaluationPoint(
    `0x${"11".repeat(32)}`,
    leaves.map(({ c }) => c),
  );
  const tree = new ProofTree({ context, leaves, z, registry: REGISTRY, transcript: new Transcript(promises) });

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
