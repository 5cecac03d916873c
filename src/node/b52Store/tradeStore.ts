// SPDX-License-Identifier: MIT
import { deserialize, serialize } from "node:v8";

import type { OrderedContent } from "../../agents/index.ts";
import { ProtocolError } from "../../errors.ts";
import type { PurchaseMessage, QuoteMessage, SaleMessage } from "../network/index.ts";
import type { Database, Row } from "../storage/index.ts";

const TABLES = `
  CREATE TABLE trade_quote (
    hash TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    round INTEGER NOT NULL,
    parent TEXT NOT NULL,
    quote BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE trade_purchase (
    id TEXT PRIMARY KEY,
    quote TEXT NOT NULL,
    context TEXT NOT NULL,
    round INTEGER NOT NULL,
    purchase BLOB NOT NULL,
    sale BLOB
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE trade_offered (
    hash TEXT PRIMARY KEY,
    round INTEGER NOT NULL,
    quote BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE trade_failure (context TEXT PRIMARY KEY, round INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE trade_distrust (builder TEXT PRIMARY KEY, until INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`;

/** A block that a builder has ordered, and told the price of. Without its order and salt the builder loses the cover. */
export interface StoredQuote {
  /** `quoteHash` */
  readonly hash: string;
  readonly message: QuoteMessage;
  readonly block: OrderedContent;
}

/** A proposal for the block of a quote: one that was received by the builder, or made by the proposer. */
export interface StoredPurchase {
  /** Commitment hash. */
  readonly id: string;
  /** Of its proposal. */
  readonly context: bigint;
  readonly message: PurchaseMessage;
  /** Of the proposer: the quote that it took. The builder has its own. */
  readonly quote: QuoteMessage | undefined;
  /** Time of L1 at which it was made or received. */
  readonly at: number;
}

/** Purchases of one quote that its builder keeps, and quotes of a round that a proposer keeps: as many as the network. */
const [PURCHASES, OFFERED] = [32, 16];

/** The highest payment first. */
const byPayment = ({ quote: a }: QuoteMessage, { quote: b }: QuoteMessage): number =>
  a.payment === b.payment ? 0 : a.payment < b.payment ? 1 : -1;

/**
 * Keeps the things that a builder and its proposers must not lose: ordered blocks with their salts, purchases, and offers
 * that were signed. A change is durable when its method returns, so nobody is told of something before it is here.
 */
export class TradeStore {
  readonly #database: Database;

  /** @throws {ProtocolError} as `Database.definePart`: `DATABASE_VERSION` if a newer program made the tables */
  constructor(database: Database) {
    this.#database = database;
    database.definePart("trade", [TABLES]);
  }

  // ─── Builder ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Keeps a block before its hash is told. */
  saveQuote(quote: StoredQuote): void {
    const { builder, round, parent } = quote.message.quote;
    this.#database
      .prepare("INSERT OR IGNORE INTO trade_quote (hash, account, round, parent, quote) VALUES (?, ?, ?, ?, ?)")
      .run(quote.hash, builder.toLowerCase(), round, parent, serialize(quote));
  }

  /** A quote of this node's; undefined if there is no such. */
  quote(hash: string): StoredQuote | undefined {
    const row = this.#database.prepare("SELECT quote AS value FROM trade_quote WHERE hash = ?").get(hash);
    return row && (this.#decode(row) as StoredQuote);
  }

  /** Quotes of a builder for a round, on a parent; the highest payment first. */
  quotesOf(builder: string, round: bigint, parent: string): StoredQuote[] {
    const rows = this.#database
      .prepare("SELECT quote AS value FROM trade_quote WHERE account = ? AND round = ? AND parent = ?")
      .all(builder.toLowerCase(), round, parent);
    return rows.map((row) => this.#decode(row) as StoredQuote).sort((a, b) => byPayment(a.message, b.message));
  }

  // ─── Purchases ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Keeps a purchase: before it is told, or when it has come. Of a quote so many are kept as a round has proposals. */
  savePurchase(purchase: StoredPurchase): void {
    const { id, context, message } = purchase;
    this.#database
      .prepare(
        `INSERT OR IGNORE INTO trade_purchase (id, quote, context, round, purchase) SELECT ?1, ?2, ?3, ?4, ?5
         WHERE (SELECT COUNT(*) FROM trade_purchase WHERE quote = ?2) < ${PURCHASES}`,
      )
      .run(id, message.quote, String(context), message.proposal.round, serialize(purchase));
  }

  /** The purchase with a commitment hash; undefined if there is no such. */
  purchase(id: string): StoredPurchase | undefined {
    const row = this.#database.prepare("SELECT purchase AS value FROM trade_purchase WHERE id = ?").get(id);
    return row && (this.#decode(row) as StoredPurchase);
  }

  /** The first purchase for an offer to provers; undefined if there is none. */
  purchaseFor(context: bigint): StoredPurchase | undefined {
    const row = this.#database
      .prepare("SELECT purchase AS value FROM trade_purchase WHERE context = ? ORDER BY id")
      .get(String(context));
    return row && (this.#decode(row) as StoredPurchase);
  }

  /** All purchases that are kept. */
  get purchases(): StoredPurchase[] {
    const rows = this.#database.prepare("SELECT purchase AS value FROM trade_purchase ORDER BY round, id").all();
    return rows.map((row) => this.#decode(row) as StoredPurchase);
  }

  /** Keeps the offer for a purchase, before it is told or when it has come. The first one counts. */
  saveSale(message: SaleMessage): void {
    this.#database
      .prepare("UPDATE trade_purchase SET sale = ? WHERE id = ? AND sale IS NULL")
      .run(serialize(message), message.id);
  }

  /** The offer for a purchase; undefined if there is none yet. */
  sale(id: string): SaleMessage | undefined {
    const row = this.#database
      .prepare("SELECT sale AS value FROM trade_purchase WHERE id = ? AND sale IS NOT NULL")
      .get(id);
    return row && (this.#decode(row) as SaleMessage);
  }

  // ─── Proposer ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Keeps a quote of a builder that has come. Of a round those are kept that pay most. */
  keepQuote(hash: string, message: QuoteMessage): void {
    const { round } = message.quote;
    this.#database.transaction(() => {
      this.#database
        .prepare("INSERT OR IGNORE INTO trade_offered (hash, round, quote) VALUES (?, ?, ?)")
        .run(hash, round, serialize(message));
      for (const { hash: last } of this.#offered(round).slice(OFFERED)) {
        this.#database.prepare("DELETE FROM trade_offered WHERE hash = ?").run(last);
      }
    });
  }

  /** The quotes of builders for a round, the highest payment first. */
  quotesFor(round: bigint): QuoteMessage[] {
    return this.#offered(round).map(({ message }) => message);
  }

  #offered(round: bigint): { readonly hash: string; readonly message: QuoteMessage }[] {
    return this.#database
      .prepare("SELECT hash, quote AS value FROM trade_offered WHERE round = ? ORDER BY hash")
      .all(round)
      .map((row) => ({ hash: String(row["hash"]), message: this.#decode(row) as QuoteMessage }))
      .sort((a, b) => byPayment(a.message, b.message));
  }

  /** Gives up the purchase for an offer to provers: the proposer goes on without the builder. */
  fail(context: bigint, round: bigint): void {
    this.#database
      .prepare("INSERT OR IGNORE INTO trade_failure (context, round) VALUES (?, ?)")
      .run(String(context), round);
  }

  hasFailed(context: bigint): boolean {
    const row = this.#database.prepare("SELECT 1 FROM trade_failure WHERE context = ?").get(String(context));
    return row !== undefined;
  }

  /** Takes no quote of a builder any more, before a round. */
  distrust(builder: string, until: bigint): void {
    this.#database
      .prepare(
        `INSERT INTO trade_distrust (builder, until) VALUES (?1, ?2)
         ON CONFLICT (builder) DO UPDATE SET until = MAX(until, ?2)`,
      )
      .run(builder.toLowerCase(), until);
  }

  isTrusted(builder: string, round: bigint): boolean {
    const row = this.#database
      .prepare("SELECT 1 FROM trade_distrust WHERE builder = ? AND until > ?")
      .get(builder.toLowerCase(), round);
    return row === undefined;
  }

  /** Deletes everything of rounds before this one, of which L1 keeps nothing any more. */
  prune(round: bigint): void {
    this.#database.transaction(() => {
      for (const table of ["trade_quote", "trade_purchase", "trade_offered", "trade_failure"]) {
        this.#database.prepare(`DELETE FROM ${table} WHERE round < ?`).run(round);
      }
      this.#database.prepare("DELETE FROM trade_distrust WHERE until < ?").run(round);
    });
  }

  #decode({ value }: Row): unknown {
    try {
      return deserialize(value as Uint8Array);
    } catch (error) {
      const { path } = this.#database;
      const reason = "what a builder or its proposer has kept cannot be decoded";
      throw new ProtocolError("DATABASE_CORRUPT", { path, reason }, `the database ${path} is damaged (${reason})`, {
        cause: error,
      });
    }
  }
}
