import type { Filter, Log, Provider } from "ethers";

/**
 * Logs of a range of blocks, in the order of L1. All queries for logs go through this function.
 *
 * @param filter with `fromBlock` and `toBlock`, both numbers
 */
export function fetchLogs(provider: Provider, filter: Filter): Promise<Log[]> {
  return provider.getLogs(filter);
}
