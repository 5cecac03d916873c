// SPDX-License-Identifier: MIT
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { expect } from "chai";

import { loadSqlite, openDatabase, type Database, type DatabaseIdentity } from "../../../src/node/storage/index.ts";
import type { ErrorCode, ErrorData } from "../../../src/errors.ts";
import { expectError } from "../../helpers/expectError.ts";

const ROLLUP: DatabaseIdentity = { chainId: 31337n, rollup: `0x${"ab".repeat(20)}` };

describe("The database of a node", () => {
  let directory: string;
  let path: string;
  const open: Database[] = [];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "database-"));
    path = join(directory, "node.sqlite");
  });

  afterEach(() => {
    for (const database of open.splice(0)) database.close();
    rmSync(directory, { recursive: true });
  });

  function opened(identity = ROLLUP, lockTimeout = 0): Database {
    const database = openDatabase(path, identity, { lockTimeout });
    open.push(database);
    return database;
  }

  const withTable = (): Database => {
    const database = opened();
    database.definePart("test", ["CREATE TABLE number (value INTEGER) STRICT"]);
    return database;
  };

  const insert = (database: Database, value: number): number =>
    database.prepare("INSERT INTO number (value) VALUES (?)").run(value);

  const numbers = (database: Database): unknown[] =>
    database
      .prepare("SELECT value FROM number ORDER BY value")
      .all()
      .map(({ value }) => value);

  it("writes each transaction to the disk before it returns", () => {
    const database = opened();
    const pragma = (name: string): unknown => database.prepare(`PRAGMA ${name}`).get()?.[name];
    expect(pragma("journal_mode")).to.equal("wal");
    expect(pragma("synchronous"), "FULL").to.equal(2);
    expect(pragma("foreign_keys")).to.equal(1);
    expect(pragma("locking_mode")).to.equal("exclusive");
    expect(pragma("journal_size_limit")).to.equal(67_108_864);
  });

  it("has what was written when it is opened again, with an address in other letters", () => {
    const first = withTable();
    insert(first, 7);
    first.close();
    const again = opened({ ...ROLLUP, rollup: ROLLUP.rollup.toUpperCase().replace("0X", "0x") });
    expect(numbers(again)).to.deep.equal([7]);
    again.checkIntegrity();
  });

  it("is refused for another chain or another rollup, and stays as it is", () => {
    withTable().close();
    const before = readFileSync(path);
    expectCode(() => opened({ ...ROLLUP, chainId: 1n }), "DATABASE_OF_ANOTHER_ROLLUP", {
      path,
      what: "chain id",
      expected: "1",
      found: "31337",
    });
    const other = `0x${"cd".repeat(20)}`;
    expectCode(() => opened({ ...ROLLUP, rollup: other }), "DATABASE_OF_ANOTHER_ROLLUP", {
      path,
      what: "rollup",
      expected: other,
      found: ROLLUP.rollup,
    });
    expect(readFileSync(path).equals(before)).to.equal(true);
  });

  it("is refused if a newer program wrote it", () => {
    opened().close();
    const raw = new DatabaseSync(path);
    raw.exec("PRAGMA user_version = 2");
    raw.close();
    expectCode(() => opened(), "DATABASE_VERSION", { path, part: "database", expected: 1, found: 2 });
  });

  it("brings the tables of a part up to the newest version, and refuses a newer one", () => {
    const first = withTable();
    insert(first, 1);
    const versions = ["CREATE TABLE number (value INTEGER) STRICT", "UPDATE number SET value = value + 1"];
    first.definePart("test", versions);
    first.definePart("test", versions);
    expect(numbers(first)).to.deep.equal([2]);
    expectCode(() => first.definePart("test", versions.slice(0, 1)), "DATABASE_VERSION", {
      path,
      part: "test",
      expected: 1,
      found: 2,
    });
  });

  it("is refused if the file is a database of another program, or no database", () => {
    const raw = new DatabaseSync(path);
    raw.exec("CREATE TABLE song (title TEXT)");
    raw.close();
    const before = readFileSync(path);
    expectCode(() => opened(), "NOT_A_DATABASE", { path });
    expect(readFileSync(path).equals(before)).to.equal(true);
    writeFileSync(path, "a letter to a friend\n".repeat(300));
    expectCode(() => opened(), "NOT_A_DATABASE", { path });
  });

  it("is refused if the directory does not exist", () => {
    path = join(directory, "nowhere", "node.sqlite");
    expectCode(() => opened(), "DATABASE_FAILED");
  });

  it("says that it is damaged", () => {
    const database = withTable();
    database.transaction(() => {
      for (let value = 0; value < 5_000; value++) insert(database, value);
    });
    database.close();
    const bytes = readFileSync(path);
    bytes.fill(0xa5, 4096 * 4, 4096 * 8);
    writeFileSync(path, bytes);
    const damaged = opened();
    expectCode(() => numbers(damaged), "DATABASE_CORRUPT");
    expectCode(() => damaged.checkIntegrity(), "DATABASE_CORRUPT");
  });

  it("is refused while another process has it open, and free when that process is killed", async function () {
    this.timeout(20_000);
    const other = await holder(path);
    expectCode(() => opened(), "DATABASE_LOCKED", { path });
    other.kill("SIGKILL");
    await once(other, "exit");
    expect(numbers(opened()), "what the other process committed").to.deep.equal([1]);
  });

  it("is refused while it is open in this process", () => {
    opened();
    expectCode(() => opened(), "DATABASE_LOCKED", { path });
  });

  it("waits for a process that is about to close it", async function () {
    this.timeout(20_000);
    const other = await holder(path);
    // The wait blocks this thread: the timer belongs to a process of its own.
    const killer = spawn(process.execPath, ["-e", `setTimeout(() => process.kill(${other.pid}, "SIGKILL"), 300)`]);
    opened(ROLLUP, 10_000);
    await once(killer, "exit");
  });

  it("keeps nothing of a transaction that fails, and all of the next one", () => {
    const database = withTable();
    expect(() =>
      database.transaction(() => {
        insert(database, 1);
        throw new RangeError("no");
      }),
    ).to.throw(RangeError, "no");
    expect(database.transaction(() => insert(database, 2))).to.equal(1);
    expect(numbers(database)).to.deep.equal([2]);
  });

  it("keeps nothing of an inner transaction that fails, and the rest of the outer one", () => {
    const database = withTable();
    database.transaction(() => {
      insert(database, 1);
      expect(() =>
        database.transaction(() => {
          insert(database, 2);
          throw new RangeError("no");
        }),
      ).to.throw(RangeError);
      database.transaction(() => insert(database, 3));
    });
    expect(numbers(database)).to.deep.equal([1, 3]);
  });

  it("says that the disk is full, keeps nothing of the transaction, and goes on when there is room", () => {
    const database = withTable();
    const pages = Number(database.prepare("PRAGMA page_count").get()?.["page_count"]);
    database.exec(`PRAGMA max_page_count = ${pages + 2}`);
    const fill = (): void =>
      database.transaction(() => {
        for (let value = 0; value < 5_000; value++) insert(database, value);
      });
    expectCode(fill, "DATABASE_FULL", { path });
    expect(numbers(database)).to.deep.equal([]);
    database.exec("PRAGMA max_page_count = 1000000");
    fill();
    expect(numbers(database)).to.have.length(5_000);
  });

  it("reads integers of 64 bits where it is asked to", () => {
    const database = withTable();
    const large = 2n ** 62n;
    database.prepare("INSERT INTO number (value) VALUES (?)").run(large);
    const select = database.prepare("SELECT value FROM number");
    expect(() => select.get()).to.throw(RangeError);
    expect(select.withBigInts().get()).to.deep.include({ value: large });
    expect([...select.iterate()]).to.have.length(1);
  });

  it("says which Node.js it needs", () => {
    const absent = (name: string): never => {
      throw new Error(`No such built-in module: ${name}`);
    };
    expectCode(() => loadSqlite(absent), "SQLITE_MISSING", { version: process.version, needed: "22.13" });
  });
});

function expectCode<Code extends ErrorCode>(action: () => unknown, code: Code, data?: ErrorData[Code]): void {
  const error = expectError(action, code);
  if (data !== undefined) expect(error.data).to.deep.equal(data);
}

/** A process that has the database open, with the number 1 in a table of its part "test". */
async function holder(path: string): Promise<ChildProcess> {
  const source = new URL("../../../src/node/storage/index.ts", import.meta.url).href;
  const program = `
    import { openDatabase } from ${JSON.stringify(source)};
    const database = openDatabase(${JSON.stringify(path)}, { chainId: 31337n, rollup: "${ROLLUP.rollup}" });
    database.definePart("test", ["CREATE TABLE number (value INTEGER) STRICT"]);
    database.prepare("INSERT INTO number (value) VALUES (1)").run();
    console.log("open");
    setInterval(() => undefined, 1000);
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  return child;
}
