// SPDX-License-Identifier: MIT
import { isCallException, type BlockTag } from "ethers";

import type { Rollup } from "../../typechain-types/index.ts";
import { ask } from "./endpoint.ts";

/**
 * When a forced operation was queued, in unix seconds. L1 keeps the entries of those that wait and of the newest ones;
 * undefined for one that it has no more, which then was executed, or not yet.
 *
 * @param id of the operation, from 1 on
 * @throws {ProtocolError} `ENDPOINT_UNAVAILABLE`
 */
export async function queuedAt(
  rollup: Rollup,
  id: number | bigint,
  at: { readonly blockTag?: BlockTag } = {},
): Promise<bigint | undefined> {
  try {
    const [, time] = await ask("forcedOperation", () => rollup.forcedOperation(id, at));
    return time;
  } catch (error) {
    if (isCallException(error) && error.revert?.name === "UnknownOperation") return undefined;
    throw error;
  }
}
