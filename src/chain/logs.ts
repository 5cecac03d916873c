// SPDX-License-Identifier: MIT
import type { BaseContract, Log, LogDescription, Provider } from "ethers";

import { fetchLogs } from "./endpoint.ts";
import type { BlockRange } from "./l1Cursor.ts";

/** A log of one of several contracts, read by the interface of the contract that wrote it. */
export interface ContractLog<Source extends string> {
  readonly source: Source;
  readonly event: LogDescription;
  readonly log: Log;
}

/**
 * The logs of contracts in a range of blocks, in the order of L1. Another contract can log something that looks the
 * same. Only the log's address tells which contract it belongs to.
 *
 * @param contracts by a name for each
 */
export async function readContracts<Source extends string>(
  provider: Provider,
  contracts: Readonly<Record<Source, BaseContract>>,
  { from, to }: Pick<BlockRange, "from" | "to">,
): Promise<ContractLog<Source>[]> {
  const byAddress = new Map<string, Source>();
  for (const source of Object.keys(contracts) as Source[]) {
    byAddress.set((await contracts[source].getAddress()).toLowerCase(), source);
  }
  const logs = await fetchLogs(provider, { address: [...byAddress.keys()], fromBlock: from, toBlock: to });
  return logs
    .filter(({ blockNumber }) => blockNumber >= from && blockNumber <= to)
    .sort((a, b) => a.blockNumber - b.blockNumber || a.index - b.index)
    .flatMap((log) => {
      const source = byAddress.get(log.address.toLowerCase());
      const event = source && contracts[source].interface.parseLog(log);
      return source !== undefined && event ? [{ source, event, log }] : [];
    });
}
