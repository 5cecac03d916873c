// SPDX-License-Identifier: MIT
import { toQuantity } from "ethers";
import type { NetworkConnection } from "hardhat/types/network";

import { RULE_FACTS, TRANSACTION_GAS, type L1Rules } from "../../src/l1Rules.ts";

/**
 * Tries each call of a contract once, in place of an estimate, which makes the same call several times to find the limit
 * that is just enough; the transaction gets the most gas that one may have. A call that fails does so as the estimate
 * would, and no block has it. Where no limit holds for all gas, and for deployments, the estimate stays.
 */
export function tryCalls({ provider }: NetworkConnection, rules: L1Rules): void {
  if (!RULE_FACTS[rules].capsStateGas) return;
  const request = provider.request.bind(provider);
  provider.request = async (args) => {
    if (args.method !== "eth_estimateGas" || !Array.isArray(args.params)) return (await request(args)) as unknown;
    const [call] = args.params as [{ readonly to?: string }];
    if (call.to === undefined) return (await request(args)) as unknown;
    await request({ method: "eth_call", params: [call, "pending"] });
    return toQuantity(TRANSACTION_GAS);
  };
}
