// SPDX-License-Identifier: MIT
import {
  SAVED_B52_LISTS,
  SAVED_LISTS,
  type SavedB52Facts,
  type SavedB52Item,
  type SavedFacts,
  type SavedItem,
} from "../../agents/index.ts";
import type { Database } from "./database.ts";
import { ViewStore, type ViewStoreOptions } from "./viewStore.ts";

/** The view of a rollup of Proof of Efficiency, on the disk. */
export class RollupStore extends ViewStore<SavedFacts, SavedItem> {
  /** As `ViewStore`. */
  constructor(database: Database, depth: number, options: ViewStoreOptions = {}) {
    super(database, depth, SAVED_LISTS, options);
  }
}

/** The view of a rollup of B52, on the disk. */
export class B52RollupStore extends ViewStore<SavedB52Facts, SavedB52Item> {
  /** As `ViewStore`. */
  constructor(database: Database, depth: number, options: ViewStoreOptions = {}) {
    super(database, depth, SAVED_B52_LISTS, options);
  }
}
