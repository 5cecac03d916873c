// SPDX-License-Identifier: MIT
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { buffer } from "node:stream/consumers";

import { formatEther, parseEther, Wallet as L1Wallet } from "ethers";

import { openProvider, openRollup, ProtocolError, sendTransaction, Sequencer } from "../../src/index.ts";

export interface SequencerSetting {
  /** Of an L1 endpoint. */
  readonly rpc: string;
  /** Address of the core of a rollup under Proof of Efficiency. */
  readonly rollup: string;
  /** Private key on L1; its address holds at least 100 of the native token. */
  readonly key: string;
  /** Of this machine, to which users post their transactions. */
  readonly port: number;
  /** L2 account, of ETH, that gets the tips. */
  readonly feeAccount: number;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

/** Takes transactions by HTTP and posts a batch whenever there is something to post. Gives the number of batches. */
export async function sequencerExample(setting: SequencerSetting): Promise<number> {
  const { log, signal } = setting;
  const provider = openProvider(setting.rpc);
  const opened = await openRollup(provider, setting.rollup);
  if (opened.consensus !== "Proof of Efficiency") throw new Error("B52 has proposers: see b52.ts");
  const { node } = opened;
  const { consensus, token } = node.system;
  const signer = new L1Wallet(setting.key, provider);

  // Fees and bonds are taken from a balance that is paid in before.
  await sendTransaction(signer, token.approve.populateTransaction(consensus, parseEther("100")));
  await sendTransaction(signer, consensus.deposit.populateTransaction(parseEther("100")));

  const sequencer = new Sequencer(node, signer, { feeAccount: setting.feeAccount, feeToken: 0n });
  const server = createServer((request, response) => {
    buffer(request)
      .then((body) => {
        sequencer.submit(body);
        response.writeHead(202).end();
      })
      .catch((error: unknown) => {
        response.writeHead(400).end(error instanceof ProtocolError ? error.code : "");
      });
  }).listen(setting.port);

  let posted = 0;
  try {
    while (!signal.aborted) {
      // Forced operations first, then what the state accepts of the transactions, the highest tips first.
      const plan = await sequencer.nextBatch();
      if (plan.forced !== 0 || plan.transactions?.length !== 0) {
        const { fee, bond } = await sequencer.cost(plan);
        await sequencer.post(plan);
        posted += 1;
        log(
          `batch ${posted}: ${String(plan.forced)} forced operations, ${plan.transactions?.length ?? 0} transactions; ` +
            `fee ${formatEther(fee)}, bond ${formatEther(bond)} SEQ`,
        );
      }
      await sleep(200);
    }
    return posted;
  } finally {
    server.close();
    provider.destroy();
  }
}
