// SPDX-License-Identifier: GPL-3.0-or-later
import { P, toField } from "../../field.ts";
import type { OpenedLeaf } from "../../ledger/index.ts";
import type { CircuitInput } from "../../prover/index.ts";
import type { Conversion } from "../acir/index.ts";
import type { ProofWithKey } from "../child.ts";
import { type NodeProgram, nodeProgram } from "../nodeProgram.ts";
import { CHAIN_INPUT, CHAIN_INPUTS } from "./inputs.ts";
import { type Chained, chainedLeaf } from "./leaves.ts";

/** A proof that can be joined with its neighbour: of a leaf with what is under its digest, or of a node. */
export type ChainChild = ProofWithKey &
  ({ readonly kind: "leaf"; readonly opened: OpenedLeaf } | { readonly kind: "node" });

/**
 * The circuit `Chain` as the program of a node. It takes proofs of leaves, and its own, so that one program serves trees of
 * all shapes.
 *
 * @param chain `chainCircuit`, converted
 * @param symbols wires of its signals by name
 * @param leafKeyHash hash of the leaves' key
 * @throws {ProtocolError} as `nodeProgram`; `NOT_A_FIELD_ELEMENT`
 */
export function chainNode(
  chain: Conversion,
  symbols: ReadonlyMap<string, number>,
  leafKeyHash: bigint,
): NodeProgram<ChainChild> {
  toField(leafKeyHash);
  const nodeKeyHash = chain.program.publicWitnesses[CHAIN_INPUT.nodeKeyHash]!;
  // keyHash = isNode ? nodeKeyHash : leafKeyHash. bb compares keyHash with the hash of the key's words.
  return nodeProgram(chain, symbols, CHAIN_INPUTS, (side, keyHash, witnessOf) => {
    const isNode = witnessOf(`${side}IsNode`);
    return {
      kind: "zero",
      products: [[1n, isNode, nodeKeyHash]],
      terms: [
        [(P - leafKeyHash) % P, isNode],
        [P - 1n, keyHash],
      ],
      constant: leafKeyHash,
    };
  });
}

/** Input of the circuit `Chain` for two children, or for one alone. @param slots of a leaf */
export function chainInput(
  point: bigint,
  nodeKeyHash: bigint,
  slots: number,
  left: ChainChild,
  right: ChainChild | undefined,
): CircuitInput {
  const second = right ?? left;
  const nothing: OpenedLeaf = {
    words: new Array<bigint>(12).fill(0n),
    exits: new Array<bigint>(2 * slots).fill(0n),
  };
  const [ofLeft, ofRight] = [left, second].map((child) => (child.kind === "leaf" ? child.opened : nothing));
  const pairs = ({ exits }: OpenedLeaf): bigint[][] =>
    Array.from({ length: slots }, (_, slot) => exits.slice(2 * slot, 2 * slot + 2));
  return {
    point,
    nodeKeyHash,
    left: [...left.proof.publicInputs],
    right: [...second.proof.publicInputs],
    leftIsNode: left.kind === "node" ? 1n : 0n,
    rightIsNode: second.kind === "node" ? 1n : 0n,
    rightIsEmpty: right === undefined ? 1n : 0n,
    leftWords: [...ofLeft!.words],
    rightWords: [...ofRight!.words],
    leftExits: pairs(ofLeft!),
    rightExits: pairs(ofRight!),
  };
}

/** The statement of a proof, by its public inputs; that of a leaf, by the words under its digest. */
export function chainedOf(child: ChainChild, point: bigint): Chained {
  if (child.kind === "leaf") return chainedLeaf(child.opened, point);
  const [root, sum, count, oldStateRoot, newStateRoot] = child.proof.publicInputs as [
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  return { root, sum, count, oldStateRoot, newStateRoot };
}
