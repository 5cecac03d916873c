// SPDX-License-Identifier: GPL-3.0-or-later
import { type CircuitDefinition } from "../../setup/index.ts";

/**
 * Places of the public inputs of a joined proof: the circuit `Join`'s, and with them the hash of the nodes' key. Proofs of
 * leaves and merges have their three signals in the first places, and zeros.
 */
export const JOIN_INPUT = { root: 0, sum: 1, count: 2, point: 3, nodeKeyHash: 4 } as const;

/** Number of public inputs of each proof that can be joined. */
export const JOIN_INPUTS = 5;

/** Most statements of a tree: `Join` counts them in 16 bits. */
export const MAX_STATEMENTS = 2 ** 16 - 1;

/** Words of a statement: the kind of its circuit, and the public signals of its proof. */
export const STATEMENT_WORDS = 4;

/** The circuit of a node, without the verification of its children. The same for all profiles. */
export const JOIN: CircuitDefinition = {
  name: "join",
  file: "circuits/join/Join.circom",
  template: "Join",
  params: [],
  publicInputs: ["point", "nodeKeyHash"],
};
