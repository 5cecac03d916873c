// SPDX-License-Identifier: GPL-3.0-or-later
import { type CircuitDefinition, findCircuit, type ProfileName } from "../../setup/index.ts";

/** Places of the public inputs of a node: the circuit `Chain`'s. A leaf has its three signals in the first ones, and zeros. */
export const CHAIN_INPUT = {
  root: 0,
  sum: 1,
  count: 2,
  oldStateRoot: 3,
  newStateRoot: 4,
  point: 5,
  nodeKeyHash: 6,
} as const;

/** Number of public inputs of each proof in a chain. */
export const CHAIN_INPUTS = 7;

/** Most leaves of a chain: `Chain` counts them in 16 bits. */
export const MAX_LEAVES = 2 ** 16 - 1;

/** Words of a leaf's statement without those of its exits. */
export const SIGNALS = 13;

/** The circuit of a node, without the verification of its children. */
export function chainCircuit(profile: ProfileName): CircuitDefinition {
  const [, slots] = findCircuit("leaf", profile).params;
  return {
    name: "chain",
    file: "circuits/chain/Chain.circom",
    template: "Chain",
    params: [slots!],
    publicInputs: ["point", "nodeKeyHash"],
  };
}
