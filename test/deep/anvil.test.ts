// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { startAnvil } from "../../tools/devnet/anvil.ts";
import { Children } from "../../tools/devnet/children.ts";
import { jsonRpc } from "../../tools/devnet/jsonRpc.ts";
import { freePorts } from "../../tools/devnet/ports.ts";

describe("anvil", function () {
  this.timeout(120_000);

  it("keeps contracts through thousands of blocks and many reorganisations, as an hour of chaos has them", async () => {
    const folder = mkdtempSync(join(tmpdir(), "anvil-"));
    const children = new Children();
    try {
      const [port] = await freePorts([0]);
      const { url } = await startAnvil(children, port!, folder);
      const [from] = (await jsonRpc(url, "eth_accounts")) as readonly string[];
      const hash = await jsonRpc(url, "eth_sendTransaction", [{ from, data: "0x6001600c60003960016000f300" }]);
      const { contractAddress } = (await jsonRpc(url, "eth_getTransactionReceipt", [hash])) as {
        readonly contractAddress: string;
      };
      for (let i = 1; i <= 120; i++) {
        for (let mined = 0; mined < 25; mined++) await jsonRpc(url, "evm_mine");
        await jsonRpc(url, "anvil_reorg", [1 + ((7 * i) % 32), []]);
        const head = Number(await jsonRpc(url, "eth_blockNumber"));
        expect(await jsonRpc(url, "eth_getCode", [contractAddress, "latest"]), `at ${head}`).to.equal("0x00");
      }
    } finally {
      await children.stop(1_000);
      rmSync(folder, { recursive: true });
    }
  });
});
