// SPDX-License-Identifier: MIT
import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";
import { Wallet } from "ethers";

import { depthWithin, reorganise } from "../../tools/chaos/reorganise.ts";
import { keyOf } from "../../tools/devnet/topology.ts";
import { Random } from "../../tools/random.ts";
import { rpc, startNode, type LocalNode } from "../helpers/localNode.ts";

describe("A reorganisation of anvil", function () {
  this.timeout(60_000);
  let chain: LocalNode;
  const key = new Wallet(keyOf("alice"));
  const ask = (method: string, ...parameters: unknown[]): Promise<unknown> => rpc(chain.url, method, ...parameters);
  const head = async (): Promise<number> => Number(await ask("eth_blockNumber"));
  const blockOf = async (hash: unknown): Promise<number | undefined> => {
    const receipt = (await ask("eth_getTransactionReceipt", hash)) as { readonly blockNumber: string } | null;
    return receipt === null ? undefined : Number(receipt.blockNumber);
  };
  const send = async (): Promise<unknown> => {
    const nonce = Number(await ask("eth_getTransactionCount", key.address, "latest"));
    const fees = { maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 10n ** 9n };
    const call = { type: 2, chainId: 31337n, nonce, gasLimit: 21_000n, to: key.address, ...fees };
    const hash = await ask("eth_sendRawTransaction", await key.signTransaction(call));
    while ((await blockOf(hash)) === undefined) await sleep(10);
    return hash;
  };

  before(async () => {
    chain = await startNode("anvil");
    await ask("anvil_mine", "0x5");
  });

  after(() => chain.stop());

  it("stays above the block that has to stay", async () => {
    expect([
      depthWithin(32, 100, 50),
      depthWithin(32, 60, 50),
      depthWithin(32, 50, 50),
      depthWithin(3, 40, 50),
    ]).to.deep.equal([32, 10, 0, 0]);
    const before = await head();
    expect(await reorganise(chain.url, 32, before, "all", new Random("floor"))).to.deep.equal({
      ...{ from: before + 1, depth: 0, lost: 0, returned: 0 },
    });
  });

  it("loses the transactions of its blocks, if none returns", async () => {
    const hash = await send();
    const block = (await blockOf(hash))!;
    await ask("anvil_mine", "0x2");
    const before = await head();
    const lost = await reorganise(chain.url, 3, 0, "none", new Random("none"));
    expect(lost).to.deep.equal({ from: block, depth: 3, lost: 1, returned: 0 });
    expect([await head(), await blockOf(hash)]).to.deep.equal([before, undefined]);
    expect(await ask("txpool_status")).to.deep.equal({ pending: "0x0", queued: "0x0" });
  });

  it("has them in a later block, if all return", async () => {
    const hash = await send();
    const block = (await blockOf(hash))!;
    await ask("anvil_mine", "0x2");
    const lost = await reorganise(chain.url, 3, 0, "all", new Random("all"));
    expect(lost).to.deep.equal({ from: block, depth: 3, lost: 1, returned: 1 });
    await ask("anvil_mine", "0x1");
    expect(await blockOf(hash)).to.be.greaterThan(block);
  });

  it("leaves the transactions of older blocks where they are", async () => {
    const hash = await send();
    const block = (await blockOf(hash))!;
    await ask("anvil_mine", "0x4");
    const lost = await reorganise(chain.url, 4, 0, "none", new Random("older"));
    expect(lost).to.deep.equal({ from: block + 1, depth: 4, lost: 0, returned: 0 });
    expect(await blockOf(hash)).to.equal(block);
  });

  it("has every block of the new chain, and mines on, while anvil has a beat", async () => {
    await ask("evm_setIntervalMining", 1);
    for (let i = 0; i < 5; i++) {
      await reorganise(chain.url, 20, 0, "none", new Random(`beat ${i}`), 1);
      const last = await head();
      for (let number = Math.max(0, last - 24); number <= last; number++) {
        const block = await ask("eth_getBlockByNumber", `0x${number.toString(16)}`, false);
        expect(block, `block ${number} of ${last}`).not.to.equal(null);
      }
    }
    const before = await head();
    while ((await head()) < before + 2) await sleep(100);
    await ask("evm_setIntervalMining", 0);
  });
});
