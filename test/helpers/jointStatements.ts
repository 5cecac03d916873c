// SPDX-License-Identifier: MIT
import { concat, dataLength } from "ethers";

import { leafContext } from "../../src/b52/index.ts";
import { leafCircuitInput, leafProofSignals, leafPublicSignals, leafStatement } from "../../src/ledger/index.ts";
import type { StatementInput } from "../../src/recursion/index.ts";
import { encodeStatements } from "./b52Block.ts";
import { blockOf } from "./treeBlock.ts";

const NO_PROOF = Array.from({ length: 8 }, () => 0n);
const LEAF = 0n;

/** Statements of leaves. */
export interface LeafStatements {
  readonly inputs: readonly StatementInput[];
  /** As L1 gives them to its verifier. */
  readonly statements: string;
  /** Bytes of each. */
  readonly sizes: readonly number[];
}

/** Three leaves, of which two have an exit. */
export function leafStatements(): LeafStatements {
  const { leaves, z, context } = blockOf(0x33n << 200n, 3, new Map());
  const bound = leaves.slice(0, 3).map((leaf, i) => {
    const binding = { z, context: leafContext(context, 4 + i), worker: BigInt(7 + i) };
    const words = leafStatement(leaf, leafPublicSignals(leaf, binding));
    return { words, input: { ...leafCircuitInput(leaf, binding) }, signals: leafProofSignals(leaf, binding) };
  });
  const encoded = bound.map(({ words }) => encodeStatements([{ circuit: LEAF, proof: NO_PROOF, inputs: words }]));
  return {
    inputs: bound.map(({ input, signals }) => ({ kind: "leaf", input, signals })),
    statements: concat(encoded),
    sizes: encoded.map(dataLength),
  };
}
