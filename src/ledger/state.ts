import { poseidon } from "../crypto/poseidon.ts";
import type { Field } from "../field.ts";
import { accountCapacity, type Profile } from "../profile.ts";
import { AccountTree } from "./accountTree.ts";

/** The whole L2 state (docs/protocol.md §2); immutable. */
export interface State {
  readonly accounts: AccountTree;
  /** Index of the next account to be created: 1 … 4^depth. */
  readonly nextIndex: number;
}

export function genesisState(profile: Profile): State {
  return { accounts: AccountTree.empty(profile.depth), nextIndex: 1 };
}

export function stateRoot(state: State): Field {
  return poseidon([state.accounts.root, BigInt(state.nextIndex)]);
}

export function isFull(state: State, profile: Profile): boolean {
  return state.nextIndex === accountCapacity(profile);
}
