// SPDX-License-Identifier: MIT
import type { Provider } from "ethers";

import type { RollupNode } from "../../agents/index.ts";
import { decodeReverts } from "../../chain/index.ts";
import { isProtocolError, ProtocolError } from "../../errors.ts";

/** Time of L1's newest block, and wei for a unit of gas in the next one. @throws {ProtocolError} `REORGANISED` */
export async function headOf(provider: Provider): Promise<{ readonly now: number; readonly gasPrice: bigint }> {
  const [block, { gasPrice }] = await Promise.all([provider.getBlock("latest"), provider.getFeeData()]);
  if (block === null) throw new ProtocolError("REORGANISED", { block: "latest" }, "L1 has lost its latest block");
  return { now: block.timestamp, gasPrice: gasPrice ?? 0n };
}

/** Wei that a call costs with a fee in the native token. */
export const costOf = ({
  gas,
  gasPrice,
  fee,
  tokenPrice,
}: {
  readonly gas: bigint;
  readonly gasPrice: bigint;
  readonly fee: bigint;
  readonly tokenPrice: bigint;
}): bigint => gas * gasPrice + (fee * tokenPrice) / 10n ** 18n;

/** Whether gas is dearer than it may be. */
export const isDear = (gasPrice: bigint, maximum: bigint | undefined): boolean =>
  maximum !== undefined && gasPrice > maximum;

/** `Role` of a selector. */
export const ROLES = { sequencer: 0, aggregator: 1 } as const;

/**
 * Whether L1 takes batches, or proofs, from an account in this block. Without an election that is so for everybody. An
 * election that cannot answer allows nothing: L1 does not ask it any more once the role is open.
 *
 * @throws {Error} if the endpoint does not answer
 */
export async function isElected(
  { consensus }: Pick<RollupNode["system"], "consensus">,
  account: string,
  role: keyof typeof ROLES,
): Promise<boolean> {
  try {
    return await decodeReverts(consensus.isAllowed(account, ROLES[role]));
  } catch (error) {
    if (isProtocolError(error, "REVERTED")) return false;
    throw error;
  }
}
