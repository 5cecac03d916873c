// SPDX-License-Identifier: MIT
import type { NetworkConnection } from "hardhat/types/network";

import { MEASURING_BLOCK_GAS, RULE_FACTS, type L1Rules } from "../../src/l1Rules.ts";

const SECONDS_PER_BLOCK = 12;

/**
 * Makes time on an embedded network depend on nothing but the transactions: each is mined 12 s after the block before.
 * So hashes, proofs and gas are the same in every run.
 */
export function fixTimestamps(connection: NetworkConnection): void {
  const { provider, networkHelpers } = connection;
  const request = provider.request.bind(provider);
  provider.request = async (args) => {
    if (args.method === "eth_sendTransaction" || args.method === "eth_sendRawTransaction") {
      const next = (await networkHelpers.time.latest()) + SECONDS_PER_BLOCK;
      await request({ method: "evm_setNextBlockTimestamp", params: [next] });
    }
    return (await request(args)) as unknown;
  };
}

/** Options for `network.create` under which the first block, too, has the same time in every run. */
export const FIXED_START = { override: { initialDate: "2026-01-01T00:00:00Z" } } as const;

/** As `FIXED_START`, under the given rules: an embedded network in which everything can be deployed and measured. */
export const fixedStart = (rules: L1Rules) =>
  ({
    network: RULE_FACTS[rules].network,
    override: { ...FIXED_START.override, blockGasLimit: MEASURING_BLOCK_GAS },
  }) as const;
