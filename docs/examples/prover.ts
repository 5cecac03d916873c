import { formatEther, Wallet as L1Wallet } from "ethers";

import { Aggregator, events, openProvider, openRollup, type Prover } from "../../src/index.ts";

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
    // All that is waiting, in one call: the more batches, the cheaper each.
    const range = await aggregator.prove();
    try {
      const { gasUsed } = await aggregator.submit(range);
      proven += range.proofs.length;
      log(`batches ${range.from} to ${range.from + range.proofs.length - 1} are final; ${gasUsed} gas`);
    } catch (error) {
      // Somebody else may have been faster. Then the proofs are worth nothing.
      await node.sync();
      if (node.verifiedBatches < range.from) throw error;
      log(`batch ${range.from} was proven by somebody else`);
    }
  }
  const earned = await consensus.balances(signer);
  if (earned > 0n) await (await consensus.connect(signer).withdraw(earned)).wait();
  log(`earned ${formatEther(earned)} SEQ`);
  provider.destroy();
  return proven;
}
