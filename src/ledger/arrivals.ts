// SPDX-License-Identifier: MIT
import { ProtocolError } from "../errors.ts";
import type { Field } from "../field.ts";
import type { Account } from "./account.ts";
import { AccountTree } from "./accountTree.ts";

/**
 * Accounts that arrive together, by their place in the subtree; undefined where nobody does (docs/enforcement.md §5.2).
 */
export type Arrivals = readonly (Account | undefined)[];

/** The accounts under each root of arrivals, as L1 published them. */
export type ArrivalsByRoot = ReadonlyMap<bigint, Arrivals>;

/** The subtree of accounts that arrive. @throws {ProtocolError} `OUT_OF_RANGE` for more than 4^levels */
export const arrivalsTree = (arrivals: Arrivals, levels: number): AccountTree =>
  arrivals.reduce(
    (tree: AccountTree, account, place) => (account === undefined ? tree : tree.set(place, account)),
    AccountTree.empty(levels),
  );

/** `arrivalsRoot`, which stands in an arrival's slot. @throws {ProtocolError} `OUT_OF_RANGE` for more than 4^levels */
export const arrivalsRoot = (arrivals: Arrivals, levels: number): Field => arrivalsTree(arrivals, levels).root;

/**
 * The subtree that has this root.
 *
 * @throws {ProtocolError} `UNKNOWN_ARRIVALS` if its accounts are not known, or are not those that hash to it; L1 has
 *   always published them
 */
export function openArrivals(root: bigint, known: ArrivalsByRoot, levels: number): AccountTree {
  const arrivals = known.get(root);
  if (arrivals === undefined) {
    throw new ProtocolError("UNKNOWN_ARRIVALS", { root }, `no accounts are known under the root ${root}`);
  }
  const tree = arrivals.length > 4 ** levels ? undefined : arrivalsTree(arrivals, levels);
  if (tree?.root !== root) {
    throw new ProtocolError(
      "UNKNOWN_ARRIVALS",
      { root, found: tree?.root },
      `the accounts given for the root ${root} have another`,
    );
  }
  return tree;
}
