// SPDX-License-Identifier: MIT
import { jsonRpc } from "../devnet/jsonRpc.ts";
import type { Random } from "../random.ts";
import type { Returning } from "./plan.ts";

/** A reorganisation that happened. */
export interface Reorganised {
  /** The first block that was lost. */
  readonly from: number;
  readonly depth: number;
  /** Transactions of the lost blocks, and how many returned to the pool. */
  readonly lost: number;
  readonly returned: number;
}

/**
 * Blocks that L1 can lose.
 *
 * @param floor the last block that has to stay
 */
export const depthWithin = (depth: number, head: number, floor: number): number =>
  Math.max(0, Math.min(depth, head - floor));

/**
 * Has anvil replace its newest blocks by empty ones. anvil forgets the transactions of the lost blocks; those that return
 * are given to its pool again, in their order.
 *
 * @param floor the last block that has to stay
 * @param beat seconds between blocks; undefined if anvil mines none by itself. It mines none meanwhile: a block that comes
 *   while others are replaced takes some of the new ones with it (anvil 1.7.1).
 * @throws {ToolError} `NO_ANSWER`, `REFUSED`
 */
export async function reorganise(
  url: string,
  wanted: number,
  floor: number,
  returning: Returning,
  random: Random,
  beat?: number,
): Promise<Reorganised> {
  if (beat === undefined) return replaceBlocks(url, wanted, floor, returning, random);
  await jsonRpc(url, "evm_setIntervalMining", [0]);
  try {
    return await replaceBlocks(url, wanted, floor, returning, random);
  } finally {
    await jsonRpc(url, "evm_setIntervalMining", [beat]);
  }
}

async function replaceBlocks(
  url: string,
  wanted: number,
  floor: number,
  returning: Returning,
  random: Random,
): Promise<Reorganised> {
  const headOf = async (): Promise<number> => Number(await jsonRpc(url, "eth_blockNumber"));
  let head = await headOf();
  const depth = depthWithin(wanted, head, floor);
  if (depth === 0) return { from: head + 1, depth, lost: 0, returned: 0 };
  const inBlocks = new Map<number, string[]>();
  // L1 may go on in the meantime.
  for (let number = head - depth + 1; number <= head; number++) {
    const block = (await jsonRpc(url, "eth_getBlockByNumber", [`0x${number.toString(16)}`, false])) as {
      readonly transactions: readonly string[];
    } | null;
    const raws: string[] = [];
    for (const hash of block?.transactions ?? []) {
      raws.push((await jsonRpc(url, "eth_getRawTransactionByHash", [hash])) as string);
    }
    inBlocks.set(number, raws);
    if (number === head) head = await headOf();
  }
  const from = head - depth + 1;
  await jsonRpc(url, "anvil_reorg", [depth, []], 60_000);
  const raws = [...inBlocks].filter(([number]) => number >= from).flatMap(([, inBlock]) => inBlock);
  const back = raws.filter(() => returning === "all" || (returning === "some" && random.chance(0.5)));
  for (const raw of back) {
    // One without the one before it waits in the pool; one that is not valid any more is refused.
    await jsonRpc(url, "eth_sendRawTransaction", [raw]).catch(() => undefined);
  }
  return { from, depth, lost: raws.length, returned: back.length };
}
