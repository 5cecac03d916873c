// SPDX-License-Identifier: MIT
import { BLOCK_TIME, type ElectionWorld } from "./electionWorld.ts";

/**
 * Options of a call that is expected to fail at a moment: without an estimate, which Hardhat makes a second after the last
 * block, it is mined, and fails, at the time and in the block of the next transaction.
 */
export const AT_ONCE = { gasLimit: 3_000_000n } as const;

/** Mines empty blocks, all of them `BLOCK_TIME` apart: Hardhat's own interval does not count for the first one. */
export async function mineExactly({ connection }: ElectionWorld, blocks: bigint): Promise<void> {
  if (blocks <= 0n) return;
  const { networkHelpers } = connection;
  await networkHelpers.time.setNextBlockTimestamp((await networkHelpers.time.latest()) + Number(BLOCK_TIME));
  await networkHelpers.mine(blocks, { interval: Number(BLOCK_TIME) });
}
