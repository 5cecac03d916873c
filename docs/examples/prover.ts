// SPDX-License-Identifier: MIT
import { formatEther, Wallet as L1Wallet } from "ethers";

import { Aggregator, events, openProvider, openRollup, sendTransaction, type Prover } from "../../src/index.ts";

export interface ProverSetting {
  /** Of an L1 endpoint. */
  readonly rpc: string;
  /** Address of the core of a rollup under Proof of Efficiency. */
  readonly rollup: string;
  /** Private key on L1. */
  readonly key: string;
  /** `createProver(await prepareAll("development"))` */
  readonly prover: Prover;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

/** Proves whatever is posted, for its fee. Gives the number of batches. */
export async function proverExample({ rpc, rollup, key, prover, signal, log }: ProverSetting): Promise<number> {
  const provider = openProvider(rpc);
  const opened = await openRollup(provider, rollup);
  if (opened.consensus !== "Proof of Efficiency") throw new Error("B52 has staked provers: see b52.ts");
  const { node } = opened;
  const { consensus } = node.system;
  const signer = new L1Wallet(key, provider);
  const aggregator = new Aggregator(node, signer, prover, ({ seconds }) => log(`a leaf in ${seconds.toFixed(1)} s`));

  let proven = 0;
  for await (const event of events(node.system, { signal, pollingInterval: 200 })) {
    if (event.name !== "BatchSequenced") continue;
    await node.sync();
    if (event.args.batch <= node.verifiedBatches) continue;
    // All that is waiting, in as few calls as L1 takes: the more batches in a call, the cheaper each. Nothing is left to
    // do when all is proven, or somebody else was faster; then the proofs are worth nothing.
    for (;;) {
      const before = node.verifiedBatches;
      const receipt = await aggregator.step();
      if (receipt === undefined) break;
      await node.sync();
      proven += node.verifiedBatches - before;
      log(`batches up to ${node.verifiedBatches} are final; ${receipt.gasUsed} gas`);
    }
  }
  const earned = await consensus.balances(signer);
  if (earned > 0n) await sendTransaction(signer, consensus.withdraw.populateTransaction(earned));
  log(`earned ${formatEther(earned)} SEQ`);
  provider.destroy();
  return proven;
}
