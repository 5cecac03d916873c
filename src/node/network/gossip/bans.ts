// SPDX-License-Identifier: MIT
import type { Database } from "../../storage/index.ts";
import { SCORE } from "./limits.ts";

const TABLES = `
  CREATE TABLE network_ban (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    until INTEGER NOT NULL,
    reason TEXT NOT NULL
  ) STRICT;
`;

/** A peer by its id, or all peers of an IP address. */
export type BanName = `peer:${string}` | `ip:${string}`;

/** A ban that is in force. */
export interface Ban {
  readonly name: BanName;
  /** Unix milliseconds. */
  readonly until: number;
  readonly reason: string;
}

/** Peers that a node does not talk to for a day, also after it was started again. */
export class BanList {
  readonly #database: Database;
  /** All that are in force, by name: a look at each connection costs no reading. */
  readonly #until = new Map<string, number>();

  /** @throws {ProtocolError} as `Database.definePart` */
  constructor(database: Database) {
    this.#database = database;
    database.definePart("network", [TABLES]);
    for (const { name, until } of database.prepare("SELECT name, until FROM network_ban ORDER BY place").iterate()) {
      this.#until.set(String(name), Number(until));
    }
  }

  /** @param now unix milliseconds: the ban outlives the process */
  isBanned(name: BanName, now: number): boolean {
    return (this.#until.get(name) ?? 0) > now;
  }

  /**
   * The bans that are in force, and the newest of them with their reasons.
   *
   * @param count of bans, at most; @param now as `isBanned`
   * @throws {ProtocolError} as `Database.prepare`
   */
  newest(count: number, now: number): { readonly total: number; readonly bans: readonly Ban[] } {
    const rows = this.#database
      .prepare("SELECT name, until, reason FROM network_ban WHERE until > ? ORDER BY place DESC LIMIT ?")
      .all(now, count);
    const bans = rows.map(({ name, until, reason }) => ({
      ...{ name: String(name) as BanName, until: Number(until), reason: String(reason) },
    }));
    return { total: [...this.#until.values()].filter((end) => end > now).length, bans };
  }

  /** @param now as `isBanned`; @throws {ProtocolError} as `Database.transaction` */
  ban(names: readonly BanName[], reason: string, now: number): void {
    const until = now + SCORE.banTime;
    for (const name of names) this.#until.set(name, until);
    this.#database.transaction(() => {
      const insert = this.#database.prepare(
        "INSERT OR REPLACE INTO network_ban (name, until, reason) VALUES (?, ?, ?)",
      );
      for (const name of names) insert.run(name, until, reason);
      this.#database.prepare("DELETE FROM network_ban WHERE until <= ?").run(now);
      this.#database
        .prepare("DELETE FROM network_ban WHERE place <= (SELECT MAX(place) FROM network_ban) - ?")
        .run(SCORE.remembered);
    });
    for (const [name, end] of this.#until) {
      if (this.#until.size <= SCORE.remembered && end > now) continue;
      this.#until.delete(name);
      if (end > now && this.#until.size <= SCORE.remembered) break;
    }
  }
}
