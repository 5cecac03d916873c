// SPDX-License-Identifier: MIT
import { deserialize, serialize } from "node:v8";

import type { Consensus, Kept, LengthsOf, ListsOf, NodeStorage, Saved } from "../../agents/index.ts";
import type { BlockPlace } from "../../chain/index.ts";
import { ProtocolError } from "../../errors.ts";
import type { State } from "../../ledger/index.ts";
import type { Database, Statement } from "./database.ts";
import { toBuffer } from "./nodeRow.ts";
import { StateStore, type StateStoreOptions } from "./stateStore.ts";

const VERSIONS = [
  `CREATE TABLE item (
     list TEXT NOT NULL,
     first INTEGER NOT NULL,
     items BLOB NOT NULL,
     PRIMARY KEY (list, first)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE view (block INTEGER PRIMARY KEY, saved BLOB NOT NULL) STRICT;
   CREATE TABLE deployment (block INTEGER NOT NULL) STRICT;`,
  // Only views of Proof of Efficiency were kept before.
  `ALTER TABLE deployment ADD COLUMN consensus TEXT NOT NULL DEFAULT 'Proof of Efficiency';
   DELETE FROM deployment WHERE NOT EXISTS (SELECT 1 FROM view);`,
];

/** The deployment of a rollup. */
export interface Deployment {
  /** L1 block from which on its events are read. */
  readonly block: number;
  readonly consensus: Consensus;
}

type ListName<Item> = keyof Item & string;

/** The content of the column `saved`. */
interface SavedRow<Facts, Item> {
  readonly facts: Facts;
  readonly lengths: LengthsOf<Item>;
}

export interface ViewStoreOptions extends StateStoreOptions {
  /** Called when everything is forgotten, in the same transaction: other parts of the database depend on it. */
  readonly onClear?: () => void;
}

/**
 * The view of L1 that a node has, on the disk: the state of the accounts after the last final batch (`StateStore`), and
 * everything else that follows from the events.
 *
 * The lists of a view only grow, so of each block its facts and the lengths of the lists are kept, and going back cuts
 * the lists off. Items that are saved together are one row. State, lists and block are written in one transaction.
 */
export class ViewStore<Facts, Item> implements NodeStorage<Facts, Item> {
  readonly states: StateStore;
  readonly #database: Database;
  /** Names of the lists. */
  readonly #names: readonly ListName<Item>[];
  /** Of a view that has read nothing. */
  readonly #nothing: LengthsOf<Item>;
  readonly #insertItem: Statement;
  readonly #onClear: () => void;
  /** Of the newest block. */
  #lengths: LengthsOf<Item>;

  /** The rollup's deployment, as a database remembers it; undefined if it is new. */
  static deployment(database: Database): Deployment | undefined {
    database.definePart("views", VERSIONS);
    const row = database.prepare("SELECT block, consensus FROM deployment").get();
    return row && { block: Number(row["block"]), consensus: String(row["consensus"]) as Consensus };
  }

  /** Remembers it. */
  static rememberDeployment(database: Database, { block, consensus }: Deployment): void {
    database.definePart("views", VERSIONS);
    database.transaction(() => {
      database.exec("DELETE FROM deployment");
      database.prepare("INSERT INTO deployment (block, consensus) VALUES (?, ?)").run(block, consensus);
    });
  }

  /**
   * @param depth of the rollup's account tree
   * @param lists names of the lists that a view has
   * @throws {ProtocolError} `PROFILE_MISMATCH`, `OUT_OF_RANGE`; as `Database.definePart`
   */
  constructor(
    database: Database,
    depth: number,
    lists: readonly ListName<Item>[],
    { onClear = () => undefined, ...options }: ViewStoreOptions = {},
  ) {
    this.#database = database;
    this.#names = lists;
    this.#nothing = this.#lengthsOf(() => 0);
    this.#onClear = onClear;
    this.states = new StateStore(database, depth, options);
    database.definePart("views", VERSIONS);
    this.#insertItem = database.prepare("INSERT INTO item (list, first, items) VALUES (?, ?, ?)");
    this.#lengths = this.#newest()?.lengths ?? this.#nothing;
    database.onRollback(() => {
      this.#lengths = this.#newest()?.lengths ?? this.#nothing;
    });
  }

  blocks(): Iterable<BlockPlace> {
    return this.states.blocks();
  }

  /** @throws {ProtocolError} `DATABASE_CORRUPT` */
  load(): Kept<Facts, Item> | undefined {
    const { cursor: block, state: base } = this.states;
    const saved = this.#newest();
    if (block === undefined) return undefined;
    if (saved === undefined) {
      throw corrupt(this.#database.path, "it has accounts, and not what they follow from");
    }
    return { facts: saved.facts, lists: readLists(this.#database, saved.lengths), block, base };
  }

  /**
   * The view after the oldest block that a database keeps: one that L1 hardly takes back. Undefined if it keeps none.
   *
   * @typeParam Facts those of the consensus that `deployment` says
   * @throws {ProtocolError} `DATABASE_CORRUPT`
   */
  static oldest<Facts, Item>(database: Database): (Saved<Facts, Item> & { readonly block: BlockPlace }) | undefined {
    const [oldest] = [...ViewStore.blocks(database)].slice(-1);
    const row = database.prepare("SELECT saved FROM view ORDER BY block LIMIT 1").get();
    if (oldest === undefined || row === undefined) return undefined;
    const saved = clone(database.path, toBuffer(row["saved"])) as SavedRow<Facts, Item>;
    return { facts: saved.facts, lists: readLists(database, saved.lengths), block: oldest };
  }

  /** The blocks that a database keeps, the newest first. */
  static blocks(database: Database): Iterable<BlockPlace> {
    database.definePart("views", VERSIONS);
    return StateStore.blocks(database);
  }

  /** As `StateStore.absorb`; the state gives up its nodes in memory. */
  absorb(state: State): State {
    const stored = this.states.absorb(state);
    state.accounts.release(this.states);
    return stored;
  }

  /**
   * Fills an empty storage, so that a node goes on from there: the view of a snapshot. Nothing before can be undone.
   *
   * @param view its facts and all items, of the state that `absorb` was given last
   * @throws {ProtocolError} `STATE_MISMATCH` if there is a block already
   */
  begin(block: BlockPlace, view: (after: LengthsOf<Item>) => Saved<Facts, Item>): void {
    const saved = view(this.#nothing);
    this.#database.transaction(() => {
      this.states.begin(block);
      this.#write(block, saved);
    });
  }

  save(
    block: BlockPlace,
    parent: string | undefined,
    view: (after: LengthsOf<Item>) => Saved<Facts, Item>,
    base: State,
  ): State {
    const saved = view(this.#lengths);
    this.#database.transaction(() => {
      this.states.commit(block, parent, base);
      this.#write(block, saved);
    });
    // Now that they are on the disk for good.
    base.accounts.release(this.states);
    return this.states.state;
  }

  rewindTo(block: number): void {
    this.#database.transaction(() => {
      this.states.rewindTo(block);
      this.#database.prepare("DELETE FROM view WHERE block > ?").run(block);
      const lengths = this.#newest()?.lengths ?? this.#nothing;
      const cut = this.#database.prepare("DELETE FROM item WHERE list = ? AND first >= ?");
      for (const name of this.#names) cut.run(name, lengths[name]);
      this.#lengths = lengths;
    });
  }

  clear(): void {
    this.#database.transaction(() => {
      this.states.clear();
      this.#database.exec("DELETE FROM item; DELETE FROM view;");
      this.#onClear();
      this.#lengths = this.#nothing;
    });
  }

  #write(block: BlockPlace, { facts, lists }: Saved<Facts, Item>): void {
    const before = this.#lengths;
    const lengths = this.#lengthsOf((name) => before[name] + lists[name].length);
    for (const name of this.#names) {
      if (lists[name].length > 0) this.#insertItem.run(name, before[name], encodeItems(lists[name]));
    }
    const saved: SavedRow<Facts, Item> = { facts, lengths };
    this.#database.prepare("INSERT INTO view (block, saved) VALUES (?, ?)").run(block.number, serialize(saved));
    // As far back as the states go.
    this.#database.exec("DELETE FROM view WHERE block < (SELECT min(number) FROM block)");
    this.#lengths = lengths;
  }

  #lengthsOf(length: (name: ListName<Item>) => number): LengthsOf<Item> {
    return Object.fromEntries(this.#names.map((name) => [name, length(name)])) as LengthsOf<Item>;
  }

  #newest(): SavedRow<Facts, Item> | undefined {
    const row = this.#database.prepare("SELECT saved FROM view ORDER BY block DESC LIMIT 1").get();
    return row && (clone(this.#database.path, toBuffer(row["saved"])) as SavedRow<Facts, Item>);
  }
}

const readLists = <Item>(database: Database, lengths: LengthsOf<Item>): ListsOf<Item> =>
  Object.fromEntries(
    Object.entries<number>(lengths).map(([name, length]) => [name, readList(database, name, length)]),
  ) as unknown as ListsOf<Item>;

/** The first items of a list. */
function readList(database: Database, name: string, length: number): unknown[] {
  const items: unknown[] = [];
  const rows = database.prepare("SELECT first, items FROM item WHERE list = ? AND first < ? ORDER BY first");
  for (const row of rows.iterate(name, length)) {
    if (Number(row["first"]) !== items.length) break;
    for (const item of decodeItems(database.path, toBuffer(row["items"]))) items.push(item);
  }
  if (items.length === length) return items;
  throw corrupt(database.path, `it has ${items.length} of ${length} items of the list ${name}`);
}

/**
 * Items of bytes that are equally long are put behind one another, after their length: of a million forced operations each
 * would have a buffer of its own. Other items are what the structured clone algorithm makes of them.
 */
function encodeItems(items: readonly unknown[]): Uint8Array {
  const [first] = items;
  const length = first instanceof Uint8Array && first.length < 256 ? first.length : 0;
  const isBytes = length > 0 && items.every((item) => item instanceof Uint8Array && item.length === length);
  return Buffer.concat(isBytes ? [Uint8Array.of(length), ...(items as Uint8Array[])] : [NO_BYTES, serialize(items)]);
}

/** In the place of the length. */
const NO_BYTES = Uint8Array.of(0);

function decodeItems(path: string, row: Buffer): unknown[] {
  const [length = 0] = row;
  if (length === 0) {
    const items = clone(path, row.subarray(1));
    if (!Array.isArray(items)) throw corrupt(path, "what was read from L1 cannot be decoded");
    return items;
  }
  if ((row.length - 1) % length !== 0) throw corrupt(path, "what was read from L1 cannot be decoded");
  // A copy: the row's memory is the database's.
  const bytes = Uint8Array.from(row.subarray(1));
  return Array.from({ length: bytes.length / length }, (_, i) => bytes.subarray(i * length, (i + 1) * length));
}

function clone(path: string, bytes: Buffer): unknown {
  try {
    return deserialize(bytes);
  } catch (error) {
    throw corrupt(path, "what was read from L1 cannot be decoded", { cause: error });
  }
}

const corrupt = (path: string, reason: string, options?: ErrorOptions): ProtocolError =>
  new ProtocolError(
    "DATABASE_CORRUPT",
    { path, reason },
    `the database ${path} is damaged (${reason}): import a snapshot, or synchronise again`,
    options,
  );
