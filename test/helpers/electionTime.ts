// SPDX-License-Identifier: MIT
import { BLOCK_TIME, type ElectionWorld } from "./electionWorld.ts";

/** Below the limit of a transaction (EIP-7825). */
const GAS_LIMIT = 16_000_000n;

/**
 * Lets every call of the signers be mined, also one that fails, in the next block and at its time. Without this Hardhat
 * estimates first, a second after the last block, and mines no call that it sees failing.
 */
export function mineFailures({ signers }: ElectionWorld): void {
  for (const signer of signers) {
    const send = signer.sendTransaction.bind(signer);
    signer.sendTransaction = (transaction) => send({ gasLimit: GAS_LIMIT, ...transaction });
  }
}

/** Mines empty blocks, all of them `BLOCK_TIME` apart: Hardhat's own interval does not count for the first one. */
export async function mineExactly({ connection }: ElectionWorld, blocks: bigint): Promise<void> {
  if (blocks <= 0n) return;
  const { networkHelpers } = connection;
  await networkHelpers.time.setNextBlockTimestamp((await networkHelpers.time.latest()) + Number(BLOCK_TIME));
  await networkHelpers.mine(blocks, { interval: Number(BLOCK_TIME) });
}
