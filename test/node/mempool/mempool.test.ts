// SPDX-License-Identifier: MIT
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";
import { hexlify } from "ethers";
import fc from "fast-check";

import { isProtocolError } from "../../../src/errors.ts";
import { BatchBuilder, signTransaction, type State, type TransactionRequest } from "../../../src/ledger/index.ts";
import { Mempool, type MempoolLimits } from "../../../src/node/mempool/index.ts";
import { openDatabase, type Database } from "../../../src/node/storage/index.ts";
import { expectError } from "../../helpers/expectError.ts";
import { expectRejection } from "../../helpers/expectRejection.ts";
import {
  ALICE,
  aliceSigns,
  BOB,
  ENVIRONMENT,
  FEE_TOKEN,
  HEADER,
  SIGNERS,
  SMALL,
  stateWith,
} from "../../helpers/ledgerFixture.ts";

const ROLLUP = { chainId: 31337n, rollup: `0x${"ab".repeat(20)}` };
const TERMS = { ...ENVIRONMENT, baseFee: HEADER.baseFee, feeToken: HEADER.feeToken };

const small = (nonce: bigint, tip = 0n): Uint8Array => aliceSigns({ amount: 1n, nonce, tip });
const bobSigns = (request: Partial<TransactionRequest> = {}): Uint8Array =>
  signTransaction(SIGNERS.bob, {
    ...{ from: BOB, to: ALICE, token: FEE_TOKEN, amount: 1n, nonce: 0n, domain: ENVIRONMENT.domain },
    ...request,
  });
const aliceAt = (nonce: bigint): State => stateWith({ [ALICE]: { nonce } });

describe("The mempool", function () {
  this.timeout(60_000);
  let directory: string;
  let database: Database;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "mempool-"));
    database = openDatabase(join(directory, "node.sqlite"), ROLLUP);
  });

  afterEach(() => {
    database.close();
    rmSync(directory, { recursive: true });
  });

  const open = (limits: MempoolLimits = {}): Mempool => new Mempool(database, TERMS, limits);
  const restart = (limits: MempoolLimits = {}): Mempool => {
    database.close();
    database = openDatabase(database.path, ROLLUP);
    return open(limits);
  };
  const select = (pool: Mempool, state = stateWith(), room = 100): Uint8Array[] =>
    pool.select(new BatchBuilder(SMALL, state, HEADER, ENVIRONMENT), room);

  it("has after a restart what it accepted, in the same order", async () => {
    const pool = open();
    await Promise.all(
      [small(8n, 9n), small(7n), bobSigns(), bobSigns({ nonce: 1n })].map((t) => pool.submit(t, stateWith())),
    );
    const before = select(pool);
    expect(before).to.have.length(4);
    const again = restart();
    expect([again.size, again.status(small(7n))]).to.deep.equal([4, { status: "waiting", nonce: 7n }]);
    expect(select(again)).to.deep.equal(before);
  });

  it("gives the next mempool on its database what it is about to accept, as a node opens one when L1 has gone back", async () => {
    const pool = open();
    const accepted = pool.submit(bobSigns(), stateWith());
    pool.flush();
    const next = open();
    await accepted;
    expect([next.size, select(next)]).to.deep.equal([1, [bobSigns()]]);
  });

  it("loses nothing that was accepted when its process is killed", async () => {
    database.close();
    const source = (path: string): string => JSON.stringify(new URL(`../../../${path}`, import.meta.url).href);
    const program = `
      import { openDatabase } from ${source("src/node/storage/index.ts")};
      import { Mempool } from ${source("src/node/mempool/index.ts")};
      import { aliceSigns, ENVIRONMENT, HEADER, stateWith } from ${source("test/helpers/ledgerFixture.ts")};
      const database = openDatabase(${JSON.stringify(database.path)}, { chainId: 31337n, rollup: "${ROLLUP.rollup}" });
      const pool = new Mempool(database, { ...ENVIRONMENT, baseFee: HEADER.baseFee, feeToken: HEADER.feeToken });
      for (let nonce = 7n; nonce < 20n; nonce++) {
        await pool.submit(aliceSigns({ amount: 1n, nonce }), stateWith());
        console.log(String(nonce));
      }
    `;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
      cwd: new URL("../../..", import.meta.url),
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    while (output.split("\n").length < 4 && child.exitCode === null) await sleep(5);
    child.kill("SIGKILL");
    await once(child, "exit");
    const accepted = output.trim().split("\n");
    expect(accepted.length).to.be.greaterThan(2);
    database = openDatabase(database.path, ROLLUP);
    const pool = open();
    for (const nonce of accepted) expect(pool.has(small(BigInt(nonce))), nonce).to.equal(true);
  });

  it("writes those that come together at once, and answers when they are on the disk", async () => {
    const pool = open();
    let writes = 0;
    const transaction = database.transaction.bind(database);
    database.transaction = (work) => {
      writes += 1;
      return transaction(work);
    };
    const answers = [7n, 8n, 9n, 10n].map((nonce) => pool.submit(small(nonce), stateWith()));
    expect(writes).to.equal(0);
    await Promise.all(answers);
    expect(writes).to.equal(1);
    const known = await pool.submit(small(7n), stateWith());
    expect(known).to.deep.equal({ nonce: 7n, isKnown: true, removed: undefined });
  });

  it("accepts nothing that the disk has no room for, and goes on when there is room", async () => {
    const pool = open();
    await pool.submit(small(7n), stateWith());
    database.exec(`PRAGMA max_page_count = ${Number(database.prepare("PRAGMA page_count").get()?.["page_count"])}`);
    const fill = database.prepare("INSERT INTO mempool (bytes, account, nonce) VALUES (randomblob(93), 0, '0')");
    expectError(() => {
      for (;;) fill.run();
    }, "DATABASE_FULL");
    await expectRejection(pool.submit(small(8n), stateWith()), "DATABASE_FULL");
    expectError(() => pool.add(small(8n), stateWith()), "DATABASE_FULL");
    expect([pool.has(small(7n)), pool.has(small(8n))]).to.deep.equal([true, false]);
    database.exec("DELETE FROM mempool WHERE account = 0");
    await pool.submit(small(8n), stateWith());
    expect(restart().size).to.equal(2);
  });

  it("takes nothing out for what it could not write", async () => {
    const pool = open({ total: 2 });
    for (const transaction of [small(7n, 5n), small(8n, 1n)]) await pool.submit(transaction, stateWith());
    const transaction = database.transaction.bind(database);
    database.transaction = () => {
      throw new Error("the disk is gone");
    };
    const answers = [bobSigns({ tip: 4n }), bobSigns({ tip: 8n })].map((bytes) =>
      pool.submit(bytes, stateWith()).catch((error: unknown) => String(error)),
    );
    expect(await Promise.all(answers)).to.deep.equal(Array.from({ length: 2 }, () => "Error: the disk is gone"));
    database.transaction = transaction;
    expect([pool.has(small(7n, 5n)), pool.has(small(8n, 1n)), pool.size]).to.deep.equal([true, true, 2]);
  });

  it("says why a transaction left, also after a restart, and forgets the oldest reasons", async () => {
    const pool = open({ total: 2, removed: 2 });
    for (const transaction of [small(7n, 5n), small(8n, 2n), bobSigns({ tip: 3n })]) {
      await pool.submit(transaction, stateWith());
    }
    expect(pool.status(small(8n, 2n))).to.deep.equal({
      status: "removed",
      reason: "the pool was full, and others paid more",
    });
    await pool.submit(bobSigns({ tip: 4n }), stateWith());
    const again = restart({ total: 2, removed: 2 });
    expect(again.status(bobSigns({ tip: 3n }))).to.deep.equal({
      status: "removed",
      reason: "its sender replaced it by another transaction with the same nonce and a higher tip",
    });
    await again.submit(bobSigns({ tip: 5n }), stateWith());
    expect(again.status(small(8n, 2n))).to.equal(undefined);
    expect(again.status(small(9n))).to.equal(undefined);
    // One that left may come back.
    await again.submit(bobSigns({ tip: 8n }), stateWith());
    expect(again.status(bobSigns({ tip: 8n }))).to.deep.equal({ status: "waiting", nonce: 0n });
  });

  it("keeps what was executed for 64 blocks, and has it again if L1 goes back", async () => {
    const pool = open();
    for (const nonce of [7n, 8n]) await pool.submit(small(nonce), stateWith());
    pool.follow(aliceAt(8n), 100);
    expect(pool.status(small(7n))).to.deep.equal({ status: "used", nonce: 7n, block: 100 });
    expect([pool.size, pool.has(small(7n))]).to.deep.equal([1, false]);
    const again = restart();
    again.follow(stateWith(), 97);
    expect(again.status(small(7n))).to.deep.equal({ status: "waiting", nonce: 7n });
    expect(select(again)).to.deep.equal([small(7n), small(8n)]);
    again.follow(aliceAt(8n), 101);
    again.follow(aliceAt(8n), 164);
    expect(again.status(small(7n))).to.have.property("status", "used");
    again.follow(aliceAt(8n), 165);
    expect(again.status(small(7n))).to.equal(undefined);
    expect(again.status(small(8n))).to.have.property("status", "waiting");
  });

  it("does nothing when the node is where it was", () => {
    const pool = open();
    const state = stateWith();
    pool.follow(state, 5);
    const transaction = database.transaction.bind(database);
    let writes = 0;
    database.transaction = (work) => {
      writes += 1;
      return transaction(work);
    };
    pool.follow(state, 5);
    expect(writes).to.equal(0);
    pool.follow(state, 6);
    pool.follow(stateWith(), 6);
    expect(writes).to.equal(2);
  });

  it("takes one again that was executed, if L1 has gone back before anybody noticed", async () => {
    const pool = open();
    await pool.submit(small(7n), stateWith());
    pool.follow(aliceAt(8n), 100);
    await pool.submit(small(7n), stateWith());
    expect(pool.status(small(7n))).to.have.property("status", "waiting");
    pool.follow(stateWith(), 99);
    expect(restart().size).to.equal(1);
  });

  it("keeps one of two with the same nonce when L1 goes back, and says what became of the other", async () => {
    const pool = open();
    await pool.submit(small(7n), stateWith());
    pool.follow(aliceAt(8n), 100);
    const other = aliceSigns({ amount: 2n, tip: 3n });
    await pool.submit(other, stateWith());
    pool.follow(stateWith(), 99);
    expect([pool.has(other), pool.size]).to.deep.equal([true, 1]);
    expect(pool.status(small(7n))).to.have.property("status", "removed");
  });

  describe("does not do as others did:", () => {
    it("nethermind 3094: a thousand replacements for one wei more each", async () => {
      const pool = open();
      await pool.submit(small(7n, 1_000n), stateWith());
      let taken = 0;
      for (let i = 1n; i <= 100n; i++) {
        const dearer = aliceSigns({ amount: 1n, tip: 1_000n + i });
        await pool.submit(dearer, stateWith()).then(
          () => (taken += 1),
          (error: unknown) => expect(error).to.have.property("code", "TIP_TOO_LOW"),
        );
      }
      expect(taken).to.equal(1);
    });

    it("geth 33492: a sender's transactions together spent more than there was", async () => {
      const pool = open();
      for (let nonce = 7n; nonce < 12n; nonce++) {
        await pool.submit(aliceSigns({ amount: 300n, to: BOB, nonce }), stateWith());
      }
      const selected = select(pool);
      expect(selected).to.deep.equal([7n, 8n, 9n].map((nonce) => aliceSigns({ amount: 300n, to: BOB, nonce })));
    });

    it("cdk-validium-node 68: one sender's many transactions left no room for anybody else's", async () => {
      const pool = open({ total: 17 });
      for (let nonce = 7n; nonce < 23n; nonce++) await pool.submit(small(nonce, 100n), stateWith());
      await expectRejection(pool.submit(small(23n, 100n), stateWith()), "BAD_SIGNATURE");
      await pool.submit(bobSigns(), stateWith());
      expect(select(pool)).to.deep.include(bobSigns());
    });

    it("aztec 13991: a transaction of a batch was evicted while the batch was posted", async () => {
      const pool = open({ total: 2 });
      await pool.submit(small(7n, 1n), stateWith());
      await pool.submit(small(8n, 1n), stateWith());
      pool.pin(new Set(select(pool).map((bytes) => hexlify(bytes))));
      await expectRejection(pool.submit(bobSigns({ tip: 20n }), stateWith()), "POOL_FULL");
      pool.pin(new Set());
      await pool.submit(bobSigns({ tip: 20n }), stateWith());
      expect(pool.has(small(8n, 1n))).to.equal(false);
    });

    it("hermez-node 763: a nonce was called used that was only ahead, as the state moved in between", async () => {
      const pool = open();
      await pool.submit(small(8n), stateWith());
      expect(select(pool)).to.deep.equal([]);
      // Somebody else's batch has the one before.
      expect(select(pool, aliceAt(8n))).to.deep.equal([small(8n)]);
      // The state moves on between the check and the batch.
      expect(select(pool, aliceAt(9n))).to.deep.equal([]);
      expect(pool.size).to.equal(1);
      pool.follow(aliceAt(9n), 5);
      expect(pool.status(small(8n))).to.deep.equal({ status: "used", nonce: 8n, block: 5 });
    });
  });

  it("whatever happens, has on the disk what it has in memory", async () => {
    const transactions = [
      ...[7n, 8n, 9n].flatMap((nonce) => [0n, 4n, 8n].map((tip) => small(nonce, tip))),
      ...[0n, 1n].flatMap((nonce) => [2n, 16n].map((tip) => bobSigns({ nonce, tip }))),
    ];
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.nat(transactions.length - 1).map((i) => ({ submit: i })) },
      { weight: 2, arbitrary: fc.bigInt({ min: 7n, max: 10n }).map((nonce) => ({ nonce })) },
      { weight: 1, arbitrary: fc.constant("restart" as const) },
    );
    const limits = { total: 3, undoBlocks: 5 };
    const run = async (steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[]): Promise<void> => {
      database.close();
      database = openDatabase(":memory:", ROLLUP);
      let pool = open(limits);
      let state = stateWith();
      let block = 10;
      const answers: Promise<unknown>[] = [];
      for (const next of steps) {
        if (next === "restart") {
          await Promise.all(answers.splice(0));
          const before = transactions.filter((bytes) => pool.has(bytes));
          pool = open(limits);
          expect(transactions.filter((bytes) => pool.has(bytes))).to.deep.equal(before);
        } else if ("submit" in next) {
          const answer = pool.submit(transactions[next.submit]!, state);
          answers.push(answer.catch((error: unknown) => expect(isProtocolError(error)).to.equal(true)));
        } else {
          state = aliceAt(next.nonce);
          pool.follow(state, (block += 1));
        }
      }
      await Promise.all(answers);
      const again = open(limits);
      for (const [i, bytes] of transactions.entries()) {
        expect(again.has(bytes), String(i)).to.equal(pool.has(bytes));
        expect(again.status(bytes)?.status === "waiting", String(i)).to.equal(pool.has(bytes));
      }
    };
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 15 }), run), {
      seed: Number(process.env["SEED"] ?? 20),
      numRuns: 25,
    });
  });
});
