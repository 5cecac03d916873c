import type { Signer } from "ethers";
import type { NetworkConnection } from "hardhat/types/network";

import { Aggregator, minedTransaction, type Sequencer } from "../agents/index.ts";
import type { Prover } from "../prover/index.ts";

/**
 * What has to happen before anything counts as steady: once around every ring that is too long to be filled by what is
 * measured.
 */
export const AGE = {
  /** Forced operations of a core, executed: more than the forced queue's ring has places (256). */
  forced: 264,
  /** Settlements: more than a core keeps the roots of (64). */
  settlements: 72,
} as const;

/** An account that there is not: its forced exits change nothing. */
export const UNUSED_ACCOUNT = 999;

/** Proves nothing. What is stored does not depend on proofs; `withoutProofs` makes the verifier accept these. */
export const NO_PROVER: Prover = {
  prove: () => {
    const point = ["0", "0", "1"];
    const proof = {
      pi_a: point,
      pi_b: [
        ["0", "0"],
        ["0", "0"],
        ["1", "0"],
      ],
      pi_c: point,
      protocol: "groth16",
      curve: "bn128",
    };
    return Promise.resolve({ proof, publicSignals: [], seconds: 0, cached: true } as never);
  },
  dispose: () => Promise.resolve(),
};

/** Code that stops at once, without an answer: a verifier that accepts anything. */
const ACCEPTS_ANYTHING = "0x00";

/** Does something while a verifier of an embedded network accepts anything, and then gives it its code back. */
export async function withoutProofs<T>(
  { ethers }: NetworkConnection,
  verifier: string,
  action: () => Promise<T>,
): Promise<T> {
  const code = await ethers.provider.getCode(verifier);
  await ethers.provider.send("hardhat_setCode", [verifier, ACCEPTS_ANYTHING]);
  try {
    return await action();
  } finally {
    await ethers.provider.send("hardhat_setCode", [verifier, code]);
  }
}

/**
 * Brings a core of Proof of Efficiency to its steady state: by forced operations that change nothing, batches that
 * execute them, and settlements, all of them transactions. The verifier has to accept anything.
 *
 * @param operator pays for the forced operations
 * @param aggregating settles
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
  const aggregator = new Aggregator(node, aggregating, NO_PROVER);
  let missing: number = AGE.forced;
  for (let settlement = 0; settlement < AGE.settlements; settlement++) {
    for (const last = Math.max(missing - batchSlots, 0); missing > last; missing--) {
      const value = await rollup.forcedFee();
      await minedTransaction(rollup.connect(operator).forceExit(UNUSED_ACCOUNT, 0n, 1n, { value }));
    }
    await node.sync();
    await sequencer.post({});
    await node.sync();
    await aggregator.submit(await aggregator.prove());
    await node.sync();
  }
  if (missing > 0) throw new Error(`${missing} forced operations are missing: more settlements are needed`);
}
