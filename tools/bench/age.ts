// SPDX-License-Identifier: MIT
import type { Signer } from "ethers";

import { Aggregator, type Sequencer } from "../../src/agents/index.ts";
import { minedTransaction } from "../../src/chain/index.ts";
import { ledgerProver } from "./ledgerProver.ts";

/**
 * Steps before anything counts as steady: once around every ring that is too long for the measured calls to fill.
 */
export const AGE = {
  /** Forced operations of a core, executed: more than the forced queue's ring has places (256). */
  forced: 264,
  /** Settlements, each with an exit: more than a core keeps leaves of (64). */
  settlements: 72,
} as const;

/** An account that there is not: its forced exits change nothing. */
export const UNUSED_ACCOUNT = 999;

/**
 * Brings a core of Proof of Efficiency to its steady state: by forced operations that change nothing, batches that
 * execute them, and settlements, all of them transactions. The proofs are mock proofs of what the ledger says, so
 * `MockVerifier` has to stand for the verifier (`withMockVerifier`): the witnesses of a hundred leaves would take twice as
 * long as all the rest.
 *
 * @param operator pays for the forced operations
 * @param aggregating settles, and is owed an exit in each settlement
 * @param batchSlots slots of the largest batch
 */
export async function age(
  sequencer: Sequencer,
  operator: Signer,
  aggregating: Signer,
  batchSlots: number,
): Promise<void> {
  const { node } = sequencer;
  const { rollup } = node.system;
  const aggregator = new Aggregator(node, aggregating, ledgerProver(node));
  let missing: number = AGE.forced;
  for (let settlement = 0; settlement < AGE.settlements; settlement++) {
    // A deposit for an account that there is not leaves as an exit.
    const paying = rollup.connect(operator);
    const deposit = { value: 1n + (await rollup.forcedFee()) };
    await minedTransaction(paying.topUp(0n, 1n, UNUSED_ACCOUNT, aggregating, deposit));
    for (const last = Math.max(missing - (batchSlots - 1), 0); missing > last; missing--) {
      const value = await rollup.forcedFee();
      await minedTransaction(paying.forceExit(UNUSED_ACCOUNT, 0n, 1n, { value }));
    }
    await node.sync();
    await sequencer.post({});
    await node.sync();
    await aggregator.submit(await aggregator.prove());
    await node.sync();
  }
  if (missing > 0) throw new Error(`${missing} forced operations are missing: more settlements are needed`);
}
