// SPDX-License-Identifier: MIT
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { Wallet } from "ethers";

import { openProvider } from "../../../src/escape/index.ts";
import { createOutboxL1, Outbox, type OutboxCall } from "../../../src/node/outbox/index.ts";
import { openDatabase, type Database } from "../../../src/node/storage/index.ts";
import { expectRejection } from "../../helpers/expectRejection.ts";
import { rpc, startNode, type LocalNode } from "../../helpers/localNode.ts";

const ROLLUP = { chainId: 31337n, rollup: `0x${"ab".repeat(20)}` };
/** The first account of every local chain. */
const KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const key = new Wallet(KEY);
const receiver = (number: number): string => `0x${number.toString(16).padStart(40, "1")}`;
const pay = (number: number): OutboxCall => ({ to: receiver(number), data: "0x", value: BigInt(number) });

describe("The outbox on anvil", function () {
  this.timeout(60_000);
  let chain: LocalNode;
  let directory: string;
  let database: Database;
  const outboxOf = async (): Promise<Outbox> =>
    new Outbox(database, await createOutboxL1(openProvider(chain.url)), key);
  const ask = (method: string, ...parameters: unknown[]): Promise<unknown> => rpc(chain.url, method, ...parameters);
  const mine = (count = 1): Promise<unknown> => ask("anvil_mine", `0x${count.toString(16)}`);
  const balance = async (number: number): Promise<number> =>
    Number(await ask("eth_getBalance", receiver(number), "latest"));

  beforeEach(async () => {
    chain = await startNode("anvil", { automine: false });
    directory = mkdtempSync(join(tmpdir(), "outbox-"));
    database = openDatabase(join(directory, "node.sqlite"), ROLLUP);
  });

  afterEach(async () => {
    database.close();
    rmSync(directory, { recursive: true });
    await chain.stop();
  });

  it("puts back what the pool lost between two others", async () => {
    const outbox = await outboxOf();
    const rows = await Promise.all([1, 2, 3].map((number) => outbox.enqueue(`pay ${number}`, pay(number))));
    await ask("anvil_dropTransaction", rows[1]!.attempts[0]!.hash);
    await mine();
    expect([await balance(1), await balance(2), await balance(3)]).to.deep.equal([1, 0, 0]);
    await outbox.step();
    await mine();
    expect([await balance(1), await balance(2), await balance(3)]).to.deep.equal([1, 2, 3]);
  });

  it("replaces what stalls, and knows the one that was mined", async () => {
    const outbox = await outboxOf();
    const { attempts } = await outbox.enqueue("pay 1", pay(1));
    // Gas becomes dearer than it offers.
    for (let i = 0; i < 6; i++) {
      await ask("anvil_setNextBlockBaseFeePerGas", "0x174876e800");
      await mine();
      await outbox.step();
    }
    expect(outbox.row("pay 1")?.attempts.length).to.be.greaterThan(1);
    await mine(64);
    await outbox.step();
    expect(outbox.row("pay 1")).to.have.property("outcome", "succeeded");
    expect(await balance(1)).to.equal(1);
    expect(await ask("eth_getTransactionReceipt", attempts[0]!.hash)).to.equal(null);
  });

  it("cancels what is not wanted, and what follows gets its turn", async () => {
    const l1 = await createOutboxL1(openProvider(chain.url));
    const outbox = new Outbox(database, l1, key, { isWanted: (purpose) => purpose !== "pay 1" });
    for (const number of [1, 2]) await outbox.enqueue(`pay ${number}`, pay(number));
    await outbox.step();
    await mine(64);
    await outbox.step();
    expect([outbox.row("pay 1")?.outcome, outbox.row("pay 2")?.outcome]).to.deep.equal(["cancelled", "succeeded"]);
    expect([await balance(1), await balance(2)]).to.deep.equal([0, 2]);
  });

  it("sends again what L1 has lost in a reorganisation", async () => {
    const outbox = await outboxOf();
    await mine(3);
    await outbox.enqueue("pay 1", pay(1));
    const before = await ask("evm_snapshot");
    await mine(10);
    expect((await outbox.step())[0]?.step).to.include({ do: "wait", why: "mined", outcome: "succeeded" });
    await ask("evm_revert", before);
    await ask("anvil_dropAllTransactions");
    await mine(12);
    await outbox.step();
    await mine();
    expect(await balance(1)).to.equal(1);
  });

  it("takes a new nonce when another program used its own", async () => {
    const outbox = await outboxOf();
    const { attempts } = await outbox.enqueue("pay 1", pay(1));
    await ask("anvil_dropTransaction", attempts[0]!.hash);
    const foreign = { type: 2, chainId: 31337n, nonce: 0, gasLimit: 21_000n, to: receiver(9), value: 9n };
    const fees = { maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 10n ** 9n };
    await ask("eth_sendRawTransaction", await key.signTransaction({ ...foreign, ...fees }));
    await mine(12);
    expect((await outbox.step())[0]?.step).to.include({ do: "renew", why: "foreign" });
    await mine();
    expect([await balance(9), await balance(1)]).to.deep.equal([9, 1]);
  });

  it("records nothing of a call that L1 refuses", async () => {
    const outbox = await outboxOf();
    const code = "0x60006000fd";
    await ask("anvil_setCode", receiver(7), code);
    await expectRejection(outbox.enqueue("pay 7", pay(7)), "REVERTED");
    expect([outbox.pending, outbox.row("pay 7")]).to.deep.equal([0, undefined]);
  });

  it("of a process that was killed before it sent has everything, and sends it", async () => {
    database.close();
    const source = (path: string): string => JSON.stringify(new URL(`../../../src/${path}`, import.meta.url).href);
    const program = `
      import { Wallet } from "ethers";
      import { openProvider } from ${source("escape/index.ts")};
      import { createOutboxL1, Outbox } from ${source("node/outbox/index.ts")};
      import { openDatabase } from ${source("node/storage/index.ts")};
      const identity = { chainId: 31337n, rollup: "${ROLLUP.rollup}" };
      const database = openDatabase(${JSON.stringify(database.path)}, identity);
      const l1 = await createOutboxL1(openProvider("${chain.url}"));
      const send = async () => { console.log("about to send"); await new Promise(() => setInterval(() => 0, 1000)); };
      const outbox = new Outbox(database, { ...l1, send }, new Wallet("${KEY}"));
      await outbox.enqueue("pay 1", { to: "${receiver(1)}", data: "0x", value: 1n });
    `;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
      cwd: new URL("../../..", import.meta.url),
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "exit");
    database = openDatabase(database.path, ROLLUP);
    const outbox = await outboxOf();
    const { attempts } = await outbox.enqueue("pay 1", pay(1));
    await outbox.step();
    await mine();
    expect(await balance(1)).to.equal(1);
    expect(await ask("eth_getTransactionReceipt", attempts[0]!.hash)).to.include({ status: "0x1" });
  });
});
