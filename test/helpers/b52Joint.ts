// SPDX-License-Identifier: MIT
import { concat, keccak256, toBeHex } from "ethers";

import { encodeStatements, mockProof, type ProvenBlock, type Statement } from "./b52Block.ts";

/** The words of a node's own proof under a joint proof. */
export const NO_PROOF: readonly bigint[] = Array.from({ length: 8 }, () => 0n);

/** The joint proof that MockVerifier accepts for these statements, in this order. */
export const mockJointProof = (statements: readonly Pick<Statement, "circuit" | "inputs">[]): string =>
  keccak256(concat(statements.map(({ circuit, inputs }) => toBeHex(mockProof(circuit, inputs)[0]!, 32))));

/** The same block with one proof of all nodes in the place of their own. Its record keeps other statements. */
export function provenJointly<T extends ProvenBlock>(block: T): T {
  const withoutProof = <N>(node: N): N & { proof: bigint[] } => ({ ...node, proof: [...NO_PROOF] });
  const list = block.list.map(withoutProof);
  const statements = encodeStatements(list);
  const { leaves, merges } = block.submission;
  return {
    ...block,
    ...{ list, statements },
    submission: {
      ...block.submission,
      ...{ leaves: leaves.map(withoutProof), merges: merges.map(withoutProof), joint: mockJointProof(list) },
    },
    record: { ...block.record, statements: keccak256(statements) },
  };
}
