// SPDX-License-Identifier: MIT
import { expect } from "chai";
import fc from "fast-check";
import { Transaction, Wallet } from "ethers";

import {
  Outbox,
  type OutboxCall,
  type OutboxOptions,
  type OutboxReport,
  type TransactionSigner,
} from "../../../src/node/outbox/index.ts";
import { openDatabase, type Database } from "../../../src/node/storage/index.ts";
import { expectRejection } from "../../helpers/expectRejection.ts";
import { FakeL1 } from "../../helpers/fakeL1.ts";

const GWEI = 10n ** 9n;
const ROLLUP = { chainId: 31337n, rollup: `0x${"ab".repeat(20)}` };
const KEY = new Wallet(`0x${"01".repeat(32)}`);
const TARGET = `0x${"11".repeat(20)}`;
const SETTLE = 64;

const callOf = (number: number): OutboxCall => ({
  to: TARGET,
  data: `0x${number.toString(16).padStart(8, "0")}`,
  value: 0n,
});

const numberOf = ({ data }: Transaction): number | undefined => (data === "0x" ? undefined : Number(data));

describe("The outbox", () => {
  let l1: FakeL1;
  let database: Database;

  beforeEach(() => {
    l1 = new FakeL1();
    database = openDatabase(":memory:", ROLLUP);
  });

  afterEach(() => {
    database.close();
  });

  const start = (options: OutboxOptions = {}, signer: TransactionSigner = KEY): Outbox =>
    new Outbox(database, l1, signer, options);

  /** Runs the outbox until everything is settled. */
  const settle = async (outbox: Outbox): Promise<readonly OutboxReport[]> => {
    let reports: readonly OutboxReport[] = [];
    for (let i = 0; i < 10 && outbox.pending > 0; i++) {
      l1.mine(SETTLE);
      reports = await outbox.step();
    }
    return reports;
  };

  /** Lets the last that was sent stall. */
  const stall = (): void => l1.mineEmpty(4);

  describe("records", () => {
    it("a transaction before it sends it, with its nonce, hash and fees", async () => {
      const outbox = start();
      let recorded: unknown;
      l1.onAsk = (question) => {
        if (question !== "send") return;
        recorded = outbox.row("verify 1");
      };
      await outbox.enqueue("verify 1", callOf(1));
      const [sent] = l1.sent;
      expect(recorded).to.deep.equal({
        purpose: "verify 1",
        nonce: 0,
        call: callOf(1),
        gasLimit: 100_000n,
        maxFee: 10n ** 17n,
        attempts: [
          {
            hash: sent!.hash,
            raw: sent!.serialized,
            nonce: 0,
            kind: "call",
            gasLimit: 100_000n,
            maxFeePerGas: 20n * GWEI,
            maxPriorityFeePerGas: GWEI,
            block: 0,
          },
        ],
        outcome: undefined,
      });
      expect(outbox.row("verify 1")).to.deep.equal(recorded);
    });

    it("nothing, and takes no nonce, if the call is refused, costs too much or is not signed", async () => {
      let isBroken = true;
      const signer: TransactionSigner = {
        address: KEY.address,
        signTransaction: async (transaction) => {
          if (isBroken) throw new Error("the device is locked");
          return KEY.signTransaction(transaction);
        },
      };
      const outbox = start({}, signer);
      await expectRejection(outbox.enqueue("a", callOf(1), { maxFee: 1n }), "FEE_ABOVE_MAXIMUM");
      const failure = await outbox.enqueue("a", callOf(1)).catch((error: unknown) => error);
      expect(failure).to.have.property("message", "the device is locked");
      expect(outbox.row("a")).to.equal(undefined);
      isBroken = false;
      expect((await outbox.enqueue("b", callOf(2))).nonce).to.equal(0);
    });

    it("no transaction of a signer that signs something else", async () => {
      const outbox = start(
        {},
        {
          address: KEY.address,
          signTransaction: (transaction) => KEY.signTransaction({ ...transaction, data: "0xdead" }),
        },
      );
      await expectRejection(outbox.enqueue("a", callOf(1)), "WRONG_SIGNATURE");
      expect(l1.sent).to.deep.equal([]);
    });

    it("a purpose once: the same call is recognised, and another one refused", async () => {
      const outbox = start();
      const row = await outbox.enqueue("a", callOf(1));
      expect(await outbox.enqueue("a", callOf(1))).to.deep.equal(row);
      await expectRejection(outbox.enqueue("a", callOf(2)), "PURPOSE_TAKEN");
      expect(l1.sent).to.have.length(1);
    });
  });

  describe("after a restart", () => {
    it("sends the same bytes that were recorded and not sent", async () => {
      l1.refuse = () => new Error("connection refused");
      const { attempts } = await start().enqueue("a", callOf(1));
      l1.refuse = () => undefined;
      const outbox = start();
      expect(await outbox.enqueue("a", callOf(1)), "recognised").to.have.property("nonce", 0);
      await outbox.step();
      expect(l1.sent.map(({ hash }) => hash)).to.deep.equal([attempts[0]!.hash, attempts[0]!.hash]);
      await settle(outbox);
      expect(l1.chain.map(numberOf)).to.deep.equal([1]);
      expect(outbox.row("a")).to.have.property("outcome", "succeeded");
    });

    it("recognises what was mined in the meantime, and sends nothing", async () => {
      await start().enqueue("a", callOf(1));
      l1.mine(SETTLE);
      const outbox = start();
      const [report] = await outbox.step();
      expect(report?.step).to.deep.equal({ do: "settle", outcome: "succeeded", block: 1 });
      expect([outbox.pending, l1.sent.length]).to.deep.equal([0, 1]);
    });

    it("with an empty disk takes a nonce behind what waits in the pool", async () => {
      await start().enqueue("a", callOf(1));
      database.close();
      database = openDatabase(":memory:", ROLLUP);
      expect((await start().enqueue("b", callOf(2))).nonce).to.equal(1);
    });
  });

  describe("raises fees", () => {
    it("by an eighth when nothing happens, with the same nonce and call, up to the limit", async () => {
      const outbox = start();
      l1.price = 1_000n * GWEI;
      await outbox.enqueue("a", callOf(1), { maxFee: 30n * GWEI * 100_000n });
      for (let i = 0; i < 6; i++) {
        stall();
        await outbox.step();
      }
      expect(l1.sent.map(({ maxFeePerGas }) => Number(maxFeePerGas) / 1e9)).to.deep.equal([
        20, 22.5, 25.3125, 28.4765625,
      ]);
      expect(new Set(l1.sent.map(({ nonce, data, type }) => `${nonce} ${data} ${type}`)).size).to.equal(1);
      stall();
      expect((await outbox.step())[0]?.step).to.deep.equal({ do: "wait", why: "capped" });
      l1.price = 0n;
      await settle(outbox);
      expect(l1.chain.map(numberOf)).to.deep.equal([1]);
    });

    it("not while the endpoint takes nothing: it gets the same transaction again", async () => {
      const outbox = start();
      l1.refuse = () => new Error("429 too many requests");
      await outbox.enqueue("a", callOf(1));
      for (let i = 0; i < 5; i++) {
        stall();
        const [report] = await outbox.step();
        expect(report?.trouble).to.equal("429 too many requests");
      }
      expect(new Set(l1.sent.map(({ hash }) => hash)).size).to.equal(1);
      expect(outbox.row("a")?.attempts).to.have.length(1);
    });

    it("sends what it has again when a replacement is refused and the pool has lost the first", async () => {
      const outbox = start();
      l1.price = 1_000n * GWEI;
      await outbox.enqueue("a", callOf(1));
      stall();
      l1.refuse = ({ maxFeePerGas }) => (maxFeePerGas! > 20n * GWEI ? new Error("insufficient funds") : undefined);
      await outbox.step();
      l1.pool.clear();
      await outbox.step();
      expect(l1.pool.get(0)?.maxFeePerGas).to.equal(20n * GWEI);
    });
  });

  // The faults of other nodes, by their numbers in the issue trackers.
  describe("does not do as others did:", () => {
    it("hermez-node 725: mined between timeout and resend, and sent again with the next nonce", async () => {
      const outbox = start();
      await outbox.enqueue("a", callOf(1));
      stall();
      l1.onAsk = (question) => {
        if (question === "send") l1.mine();
      };
      const [report] = await outbox.step();
      expect(report?.step).to.have.property("do", "replace");
      expect(report?.trouble).to.equal("nonce too low");
      l1.onAsk = () => undefined;
      await settle(outbox);
      expect(l1.chain.map(numberOf)).to.deep.equal([1]);
      expect(new Set(l1.sent.map(({ nonce }) => nonce))).to.deep.equal(new Set([0]));
      expect(outbox.row("a")).to.have.property("outcome", "succeeded");
    });

    it("aztec 16927: mined while it was being cancelled, and taken for cancelled", async () => {
      let isWanted = true;
      const outbox = start({ isWanted: () => isWanted });
      await outbox.enqueue("a", callOf(1));
      isWanted = false;
      l1.onAsk = (question) => {
        if (question === "send") l1.mine();
      };
      await outbox.step();
      l1.onAsk = () => undefined;
      expect(outbox.row("a")?.attempts.map(({ kind }) => kind)).to.deep.equal(["call", "cancel"]);
      await settle(outbox);
      expect(l1.chain.map(numberOf)).to.deep.equal([1]);
      expect(outbox.row("a")).to.have.property("outcome", "succeeded");
    });

    it("aztec 17499: the cancellation was sped up with the call's payload", async () => {
      let isWanted = true;
      const outbox = start({ isWanted: () => isWanted });
      l1.price = 1_000n * GWEI;
      await outbox.enqueue("a", callOf(1));
      isWanted = false;
      for (let i = 0; i < 3; i++) {
        await outbox.step();
        stall();
      }
      // Even if somebody wants it again.
      isWanted = true;
      await outbox.step();
      expect(l1.sent.map(({ data, to }) => [data, to])).to.deep.equal([
        [callOf(1).data, TARGET],
        ...Array.from({ length: 4 }, () => ["0x", KEY.address]),
      ]);
      l1.price = 0n;
      await settle(outbox);
      expect(l1.chain.map(numberOf)).to.deep.equal([undefined]);
      expect(outbox.row("a")).to.have.property("outcome", "cancelled");
    });

    it("aztec 23543: the pool refused the cancellation of a transaction without a tip", async () => {
      let isWanted = true;
      const outbox = start({ isWanted: () => isWanted });
      l1.offered = { maxFeePerGas: 1n, maxPriorityFeePerGas: 0n };
      await outbox.enqueue("a", callOf(1));
      isWanted = false;
      const [report] = await outbox.step();
      expect(report?.trouble).to.equal(undefined);
      expect(l1.pool.get(0)?.data).to.equal("0x");
    });

    it("wevm/viem 4364: a send that failed took a nonce with it, and all that followed waited for ever", async () => {
      const outbox = start();
      l1.refuse = ({ nonce }) => (nonce === 1 ? new Error("429") : undefined);
      for (let i = 1; i <= 3; i++) await outbox.enqueue(`${i}`, callOf(i));
      l1.mine();
      expect(l1.chain.map(numberOf)).to.deep.equal([1]);
      l1.refuse = () => undefined;
      await outbox.step();
      await settle(outbox);
      expect(l1.chain.map(numberOf)).to.deep.equal([1, 2, 3]);
    });

    it("zkevm-node 3338: all that was queued at the same time had one nonce", async () => {
      const outbox = start();
      const rows = await Promise.all([1, 2, 3, 4, 5].map((i) => outbox.enqueue(`${i}`, callOf(i))));
      expect(rows.map(({ nonce }) => nonce)).to.deep.equal([0, 1, 2, 3, 4]);
      await settle(outbox);
      expect(l1.chain.map(numberOf)).to.deep.equal([1, 2, 3, 4, 5]);
    });

    it("zkevm-node 2329: a call that ran out of gas was made again and again with the same gas", async () => {
      const outbox = start();
      l1.execute = ({ gasLimit }) => ({ succeeded: gasLimit >= 140_000n, gasUsed: gasLimit });
      await outbox.enqueue("a", callOf(1));
      for (let i = 0; i < 5; i++) {
        l1.mine(12);
        await outbox.step();
      }
      await settle(outbox);
      expect(l1.sent.map(({ gasLimit }) => Number(gasLimit))).to.deep.equal([100_000, 120_000, 144_000]);
      expect(outbox.row("a")).to.have.property("outcome", "succeeded");
    });

    it("optimism 9683: an account had transactions of two types, and the pool refused the second", async () => {
      let isWanted = true;
      const outbox = start({ isWanted: () => isWanted });
      l1.price = 1_000n * GWEI;
      await outbox.enqueue("a", callOf(1));
      stall();
      await outbox.step();
      isWanted = false;
      await outbox.step();
      expect(l1.sent.map(({ type }) => type)).to.deep.equal([2, 2, 2]);
    });

    it("optimism 13283: the next nonce went back to that of a lost transaction, under later ones", async () => {
      const outbox = start();
      for (let i = 1; i <= 3; i++) await outbox.enqueue(`${i}`, callOf(i));
      const lost = l1.pool.get(1)!;
      l1.pool.delete(1);
      await outbox.step();
      expect(l1.sent.slice(3).map(({ hash }) => hash)).to.deep.equal([lost.hash]);
      expect((await outbox.enqueue("4", callOf(4))).nonce).to.equal(3);
      await settle(outbox);
      expect(l1.chain.map(numberOf)).to.deep.equal([1, 2, 3, 4]);
    });
  });

  describe("with a key that another program uses", () => {
    it("takes a new nonce once the other transaction is 12 blocks deep, and not before", async () => {
      const outbox = start();
      l1.refuse = () => new Error("connection refused");
      await outbox.enqueue("a", callOf(1));
      l1.refuse = () => undefined;
      const raw = await KEY.signTransaction({ type: 2, chainId: 31337n, nonce: 0, to: TARGET, gasLimit: 21_000n });
      l1.mineForeign(raw);
      l1.mineEmpty(10);
      expect((await outbox.step())[0]?.step).to.deep.equal({ do: "wait", why: "foreign" });
      expect(outbox.row("a")?.nonce).to.equal(0);
      l1.mineEmpty();
      expect((await outbox.step())[0]?.step).to.include({ do: "renew", why: "foreign" });
      expect(outbox.row("a")?.nonce).to.equal(1);
      await settle(outbox);
      expect(l1.chain.map(numberOf)).to.deep.equal([undefined, 1]);
    });

    it("gives the purpose up if L1 does not want it any more", async () => {
      const outbox = start({ isWanted: () => false });
      l1.refuse = () => new Error("connection refused");
      await outbox.enqueue("a", callOf(1));
      l1.mineForeign(await KEY.signTransaction({ type: 2, chainId: 31337n, nonce: 0, to: TARGET, gasLimit: 21_000n }));
      l1.mineEmpty(SETTLE);
      await outbox.step();
      expect(outbox.row("a")).to.include({ outcome: "superseded", nonce: 0 });
    });
  });

  describe("with a gap before its first nonce", () => {
    const foreign = (nonce: number): Promise<string> =>
      KEY.signTransaction({ type: 2, chainId: 31337n, nonce, to: TARGET, gasLimit: 21_000n, maxFeePerGas: GWEI });

    it("fills it after 12 blocks, and not before: L1 has lost a transaction of another program", async () => {
      const outbox = start();
      l1.mineForeign(await foreign(0));
      expect((await outbox.enqueue("a", callOf(1))).nonce).to.equal(1);
      l1.reorganise(1, true);
      await outbox.step();
      l1.mineEmpty(11);
      await outbox.step();
      expect(l1.sent).to.have.length(1);
      l1.mineEmpty(1);
      await outbox.step();
      expect(l1.sent.map(({ nonce, data }) => [nonce, data]).at(-1)).to.deep.equal([0, "0x"]);
      await settle(outbox);
      expect(l1.chain.map(numberOf)).to.deep.equal([undefined, 1]);
      expect(outbox.pending).to.equal(0);
    });

    it("leaves it to what waits in the pool, and fills it when the pool has lost that", async () => {
      l1.pool.set(0, Transaction.from(await foreign(0)));
      l1.pool.set(1, Transaction.from(await foreign(1)));
      const outbox = start();
      expect((await outbox.enqueue("a", callOf(1))).nonce).to.equal(2);
      for (let i = 0; i < 3; i++) {
        await outbox.step();
        l1.mineEmpty(12);
      }
      expect(l1.sent.filter(({ nonce }) => nonce < 2)).to.deep.equal([]);
      l1.pool.clear();
      await outbox.step();
      await settle(outbox);
      expect(l1.chain.map(numberOf)).to.deep.equal([undefined, undefined, 1]);
    });

    for (const known of [0, 1]) {
      it(`takes no nonce far ahead for one false answer, and gets in; purposes before: ${known}`, async () => {
        const outbox = start();
        if (known > 0) await outbox.enqueue("before", callOf(9));
        await settle(outbox);
        const honest = l1.nonceAt.bind(l1);
        let lies = 1;
        l1.nonceAt = (...question) => (lies-- > 0 ? Promise.resolve(10 ** 9) : honest(...question));
        await outbox.enqueue("a", callOf(1));
        await outbox.step();
        l1.mineEmpty(12);
        await outbox.step();
        await settle(outbox);
        expect(l1.chain.map(numberOf).filter((number) => number === 1)).to.have.length(1);
        expect(outbox.pending).to.equal(0);
      });
    }

    it("leaves it to whoever uses the nonces in the meantime", async () => {
      const outbox = start();
      l1.mineForeign(await foreign(0));
      await outbox.enqueue("a", callOf(1));
      l1.reorganise(1, true);
      await outbox.step();
      l1.mineEmpty(12);
      await outbox.step();
      l1.mineForeign(await foreign(0));
      await settle(outbox);
      expect(l1.chain.map(numberOf)).to.deep.equal([undefined, 1]);
      expect(outbox.pending).to.equal(0);
    });
  });

  describe("when L1 goes back", () => {
    it("sends again what is in no block any more", async () => {
      const outbox = start();
      await outbox.enqueue("a", callOf(1));
      l1.mine(32);
      expect((await outbox.step())[0]?.step).to.include({ do: "wait", why: "mined", outcome: "succeeded" });
      l1.reorganise(32, true);
      expect((await outbox.step())[0]?.step).to.have.property("do", "send");
      await settle(outbox);
      expect(l1.chain.map(numberOf)).to.deep.equal([1]);
    });

    it("even behind what was settled", async () => {
      const outbox = start();
      await outbox.enqueue("a", callOf(1));
      await settle(outbox);
      expect(outbox.pending).to.equal(0);
      l1.reorganise(l1.chain.length + SETTLE - 1, true);
      await outbox.step();
      await settle(outbox);
      expect(l1.chain.map(numberOf)).to.deep.equal([1]);
    });
  });

  it("looks again when the endpoint is behind, and does nothing twice", async () => {
    const outbox = start();
    await outbox.enqueue("a", callOf(1));
    l1.mine(20);
    l1.lag = 20;
    for (let i = 0; i < 3; i++) await outbox.step();
    l1.lag = 0;
    await settle(outbox);
    expect(l1.chain.map(numberOf)).to.deep.equal([1]);
  });

  it("goes on with the others when one is in trouble, and says which", async () => {
    const outbox = start({
      isWanted: (purpose) => {
        if (purpose === "2") throw new Error("no state of that block");
        return true;
      },
    });
    for (let i = 1; i <= 3; i++) await outbox.enqueue(`${i}`, callOf(i));
    l1.pool.clear();
    const reports = await outbox.step();
    expect(reports.map(({ purpose, trouble }) => [purpose, trouble])).to.deep.equal([
      ["1", undefined],
      ["2", "no state of that block"],
      ["3", undefined],
    ]);
    expect([...l1.pool.keys()]).to.deep.equal([0, 2]);
  });

  it("waits for a slow signer, and gives no nonce away twice", async () => {
    let release: () => void = () => undefined;
    const slow: TransactionSigner = {
      address: KEY.address,
      signTransaction: async (transaction) => {
        await new Promise<void>((resolve) => (release = resolve));
        return KEY.signTransaction(transaction);
      },
    };
    const outbox = start({}, slow);
    const first = outbox.enqueue("1", callOf(1));
    const step = outbox.step();
    const second = outbox.enqueue("2", callOf(2));
    const timer = setInterval(() => release(), 1);
    const [a, reports, b] = await Promise.all([first, step, second]);
    clearInterval(timer);
    expect([a.nonce, b.nonce]).to.deep.equal([0, 1]);
    expect(reports.map(({ purpose }) => purpose)).to.deep.equal(["1"]);
  });

  it("says what is on its way, as far as the asker knows L1", async () => {
    const outbox = start();
    await outbox.enqueue("a", callOf(1));
    expect(outbox.inFlight(0)).to.deep.equal(["a"]);
    l1.mine(2);
    expect(outbox.inFlight(2), "nobody has looked").to.deep.equal(["a"]);
    await outbox.step();
    expect([outbox.inFlight(0), outbox.inFlight(1)]).to.deep.equal([["a"], []]);
    l1.reorganise(2, true);
    await outbox.step();
    expect(outbox.inFlight(9)).to.deep.equal(["a"]);
    await settle(outbox);
    expect(outbox.inFlight(0)).to.deep.equal([]);
  });

  it("has a new name for what has to be done once more, after it failed", async () => {
    const outbox = start();
    expect(outbox.freshPurpose("verify 5")).to.equal("verify 5");
    l1.execute = () => ({ succeeded: false, gasUsed: 1n });
    await outbox.enqueue("verify 5", callOf(1));
    expect(outbox.freshPurpose("verify 5"), "it is on its way").to.equal("verify 5");
    l1.mine();
    await outbox.step();
    expect(outbox.freshPurpose("verify 5")).to.equal("verify 5 (2)");
    await settle(outbox);
    l1.execute = () => ({ succeeded: true, gasUsed: 1n });
    await outbox.enqueue("verify 5 (2)", callOf(2));
    await settle(outbox);
    expect(outbox.freshPurpose("verify 5")).to.equal("verify 5 (2)");
  });

  it("forgets what was settled long ago, but no nonce", async () => {
    const outbox = start({ keepBlocks: 100 });
    for (let i = 1; i <= 3; i++) await outbox.enqueue(`${i}`, callOf(i));
    await settle(outbox);
    l1.mineEmpty(101);
    await outbox.step();
    expect([1, 2, 3].map((i) => outbox.row(`${i}`)?.nonce)).to.deep.equal([undefined, undefined, 2]);
  });

  it("killed at any question to L1 and before or after any write, does everything once", async function () {
    this.timeout(60_000);
    let moment = 0;
    let isOver = false;
    for (let killedAt = 0; !isOver; killedAt++) {
      l1 = new FakeL1();
      database.close();
      database = openDatabase(":memory:", ROLLUP);
      moment = 0;
      const check = (): void => {
        if (moment++ >= killedAt) throw new Error("killed");
      };
      const write = database.transaction.bind(database);
      database.transaction = (work) => {
        check();
        const result = write(work);
        check();
        return result;
      };
      l1.onAsk = check;
      let isWanted = true;
      const options: OutboxOptions = { isWanted: (purpose) => isWanted || purpose !== "2" };
      const play = async (): Promise<void> => {
        const outbox = start(options);
        for (let i = 1; i <= 3; i++) await outbox.enqueue(`${i}`, callOf(i));
        l1.pool.delete(1);
        stall();
        await requireNoTrouble(outbox.step());
        isWanted = false;
        await requireNoTrouble(outbox.step());
        l1.mine();
        await requireNoTrouble(outbox.step());
      };
      isOver = await play().then(
        () => true,
        () => false,
      );
      // The process is gone, and the next one begins.
      database.transaction = write;
      l1.onAsk = () => undefined;
      const outbox = start(options);
      for (let i = 1; i <= 3; i++) await outbox.enqueue(`${i}`, callOf(i));
      for (let i = 0; i < 3; i++) {
        await outbox.step();
        l1.mine(SETTLE);
      }
      await outbox.step();
      expect(outbox.pending, `killed at ${killedAt}`).to.equal(0);
      const done = l1.chain.map(numberOf).filter((number) => number !== undefined);
      expect(new Set(done).size).to.equal(done.length);
      expect(done).to.include.members([1, 3]);
      expect(outbox.row("2")?.outcome).to.equal(done.includes(2) ? "succeeded" : "cancelled");
    }
    expect(moment).to.be.greaterThan(60);
  });

  /** Reports have the trouble of a process that is killed: it would have seen nothing. */
  const requireNoTrouble = async (step: Promise<readonly OutboxReport[]>): Promise<void> => {
    for (const { trouble } of await step) if (trouble !== undefined) throw new Error(trouble);
  };

  /** Events that may happen, in any order. */
  const EVENTS = [
    ...[
      "enqueue",
      "enqueue",
      "enqueue",
      "enqueue",
      "step",
      "step",
      "step",
      "mine",
      "mine",
      "empty",
      "stall",
      "drop",
      "reorganise",
    ],
    ...["behind", "abreast", "refuse", "answer", "restart", "killed before the send", "foreign", "unwanted", "wanted"],
    ...["dear", "cheap"],
  ] as const;

  it("whatever happens, does everything once that is wanted, and leaves no nonce open", async function () {
    this.timeout(120_000);
    let succeeded = 0;
    const run = async (events: readonly (typeof EVENTS)[number][]): Promise<void> => {
      l1 = new FakeL1();
      database.close();
      database = openDatabase(":memory:", ROLLUP);
      const done = (number: number, block = Infinity): boolean =>
        l1.chainAt(block).some((transaction) => numberOf(transaction) === number);
      const unwanted = new Set<string>();
      const options: OutboxOptions = {
        isWanted: (purpose, block) => !unwanted.has(purpose) && !done(Number(purpose), block),
      };
      let outbox = start(options);
      let count = 0;
      let foreign = 0;
      for (const event of events) {
        if (event === "enqueue" && count < 6) {
          count += 1;
          await outbox.enqueue(`${count}`, callOf(count));
        }
        if (event === "step") await outbox.step().catch(() => undefined);
        if (event === "mine") l1.mine();
        if (event === "empty") l1.mineEmpty(3);
        if (event === "stall") stall();
        if (event === "drop") l1.pool.delete([...l1.pool.keys()][0] ?? 0);
        if (event === "reorganise") l1.reorganise(Math.min(5, (await l1.head()) - foreign), events.length % 2 === 0);
        if (event === "behind") l1.lag = 3;
        if (event === "abreast") l1.lag = 0;
        if (event === "refuse") l1.refuse = () => new Error("no");
        if (event === "answer") l1.refuse = () => undefined;
        if (event === "restart") outbox = start(options);
        if (event === "killed before the send" && count < 6) {
          count += 1;
          let isDead = false;
          l1.onAsk = (question) => {
            isDead ||= question === "send";
            if (isDead) throw new Error("killed");
          };
          await outbox.enqueue(`${count}`, callOf(count)).catch(() => undefined);
          l1.onAsk = () => undefined;
          outbox = start(options);
        }
        if (event === "foreign" && foreign === 0) {
          const nonce = l1.chain.length;
          l1.mineForeign(
            await KEY.signTransaction({ type: 2, chainId: 31337n, nonce, to: TARGET, gasLimit: 21_000n, data: "0x" }),
          );
          foreign = (await l1.head()) + l1.lag;
        }
        if (event === "unwanted") unwanted.add("2");
        if (event === "wanted") unwanted.delete("2");
        if (event === "dear") l1.price = 50n * GWEI;
        if (event === "cheap") l1.price = 0n;
      }
      // All heals.
      [l1.lag, l1.price, l1.refuse, l1.onAsk] = [0, 0n, () => undefined, () => undefined];
      for (let i = 0; i < 40 && outbox.pending > 0; i++) {
        await outbox.step();
        l1.mine(8);
      }
      expect(outbox.pending, "pending").to.equal(0);
      const numbers = l1.chain.map(numberOf).filter((number) => number !== undefined);
      expect(new Set(numbers).size, "each at most once").to.equal(numbers.length);
      for (let number = 1; number <= count; number++) {
        const outcome = outbox.row(`${number}`)?.outcome;
        expect(outcome === "succeeded", `purpose ${number}: ${String(outcome)}`).to.equal(done(number));
        if (number !== 2) expect(outcome, `purpose ${number}`).to.equal("succeeded");
        succeeded += Number(outcome === "succeeded");
      }
    };
    await fc.assert(fc.asyncProperty(fc.array(fc.constantFrom(...EVENTS), { minLength: 5, maxLength: 60 }), run), {
      seed: Number(process.env["SEED"] ?? 20),
      numRuns: 100,
    });
    expect(succeeded).to.be.greaterThan(200);
  });
});
