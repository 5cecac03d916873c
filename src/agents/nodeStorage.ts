// SPDX-License-Identifier: MIT
import type { Provider } from "ethers";

import { ask, L1Cursor, type BlockPlace, type Follower, type ReadingOptions, type View } from "../chain/index.ts";
import { ProtocolError } from "../errors.ts";
import type { State } from "../ledger/index.ts";
import type { LengthsOf, ListsOf } from "./savedCore.ts";

/** The content of a view: its facts, and all items of its lists or the new ones. */
export interface Saved<Facts, Item> {
  readonly facts: Facts;
  readonly lists: ListsOf<Item>;
}

/** The content of a view, with the block of L1 after which it is, and the state that was saved with it. */
export interface Kept<Facts, Item> extends Saved<Facts, Item> {
  readonly block: BlockPlace;
  readonly base: State;
}

/**
 * Where a node keeps what it has read from L1 and compared, so that the next one goes on from there. All of it belongs
 * to the state after a block of L1; a storage can go back some blocks.
 *
 * @typeParam Facts of a view, which a block of L1 may change
 * @typeParam Item of each list of a view, by the list's name; lists only grow
 */
export interface NodeStorage<Facts, Item> {
  /** The blocks after which something is kept, the newest first. */
  blocks(): Iterable<BlockPlace>;
  /** Forgets what came after a block of `blocks`. */
  rewindTo(block: number): void;
  /** Forgets everything. */
  clear(): void;
  /** The view after the newest of `blocks`; undefined if there is none. */
  load(): Kept<Facts, Item> | undefined;
  /**
   * Keeps a view after a block, all of it or nothing.
   *
   * @param parent hash of the newest of `blocks`; undefined if there is none
   * @param view its facts, and the items beyond the lengths of the lists that are kept
   * @param base state that belongs to the facts
   * @returns the same state, which reads from the storage
   */
  save(
    block: BlockPlace,
    parent: string | undefined,
    view: (after: LengthsOf<Item>) => Saved<Facts, Item>,
    base: State,
  ): State;
}

/** A view that a storage can keep. */
export interface StorableView<Self, Facts, Item> extends View<Self> {
  /** Its facts, and the items of its lists beyond these lengths. */
  save(after: LengthsOf<Item>): Saved<Facts, Item>;
  /** The state that is kept with it. */
  readonly settled: { readonly state: State };
  /** Gives up in memory what comes before `settled`. @param state the same, kept elsewhere */
  release(state: State): void;
}

/** How a rollup is read from L1. */
interface Reading {
  readonly provider: Provider;
  readonly deploymentBlock: number;
  readonly reading?: ReadingOptions;
}

/**
 * A cursor that goes on after the last block that a storage has, or begins at the deployment.
 *
 * @param kept the content of the storage
 * @param restore the view of it
 * @param begin a view before the deployment
 */
export const cursorAfter = <Of extends View<Of>, Facts, Item>(
  { deploymentBlock, reading }: Reading,
  kept: Kept<Facts, Item> | undefined,
  restore: (kept: Kept<Facts, Item>) => Of,
  begin: () => Of,
): L1Cursor<Of> =>
  kept === undefined
    ? new L1Cursor(deploymentBlock, begin(), reading)
    : new L1Cursor(kept.block.number + 1, restore(kept), reading, kept.block.hash);

/** Keeps each view that was compared, if there is a storage. */
export const keepIn =
  <Of extends StorableView<Of, Facts, Item>, Facts, Item>(
    storage: NodeStorage<Facts, Item> | undefined,
  ): NonNullable<Follower<Of>["keep"]> =>
  (view, block, parent) => {
    if (storage === undefined) return;
    view.release(storage.save(block, parent, (after) => view.save(after), view.settled.state));
  };

/** Goes back to the newest block of a storage that is before a block, or to the beginning if there is none. */
export function goBackBefore<Facts, Item>(storage: NodeStorage<Facts, Item>, block: number): void {
  for (const { number } of storage.blocks()) {
    if (number >= block) continue;
    storage.rewindTo(number);
    return;
  }
  storage.clear();
}

/**
 * Goes back to the newest block of a storage that L1 still has, with the confirmations that are asked for, or to the
 * beginning if there is none.
 *
 * @throws {ProtocolError} `L1_BEHIND` if L1's head is before all blocks of the storage; the storage's errors
 */
export async function goBack<Facts, Item>(
  { provider, reading }: Omit<Reading, "deploymentBlock">,
  storage: NodeStorage<Facts, Item>,
): Promise<void> {
  const head = (await ask("eth_blockNumber", () => provider.getBlockNumber())) - (reading?.confirmations ?? 0);
  let newest: BlockPlace | undefined;
  let oldest: BlockPlace | undefined;
  for (const block of storage.blocks()) {
    newest ??= block;
    oldest = block;
    if (block.number > head) continue;
    const found = await ask("eth_getBlockByNumber", () => provider.getBlock(block.number));
    if (found?.hash !== block.hash) continue;
    if (block !== newest) storage.rewindTo(block.number);
    return;
  }
  if (oldest === undefined) return;
  if (head < oldest.number) {
    throw new ProtocolError(
      "L1_BEHIND",
      { head, oldest: oldest.number },
      `L1's last block with enough confirmations is ${head}, and the oldest block that was kept is ${oldest.number}: the endpoint is behind, or it is of another chain`,
    );
  }
  storage.clear();
}
