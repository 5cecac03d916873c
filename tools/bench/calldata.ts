// SPDX-License-Identifier: MIT
import { getBytes, type TransactionReceipt } from "ethers";
import type { NetworkConnection } from "hardhat/types/network";

import { isL1Rules, RULE_FACTS, type L1Rules } from "../../src/l1Rules.ts";
import { newStateOf, stateGas } from "./newState.ts";

/** Gas that a transaction used. */
export interface CallGas {
  /** As the receipt says: all in. */
  readonly total: number;
  /**
   * Without the price of state, and without that of the calldata, which varies by some bytes, since proofs are
   * randomised. 21,000, the base price, if the calldata's floor is above what was executed.
   */
  readonly execution: number;
  /** The part that pays for new slots, code and accounts. */
  readonly state: number;
  /** Storage slots that went from zero to another value. */
  readonly newSlots: number;
}

const BASE = 21_000;

/** The rules of an embedded network. @throws {Error} if it has others than the project knows */
export function rulesOf({ networkConfig }: NetworkConnection): L1Rules {
  const name = networkConfig.type === "edr-simulated" ? networkConfig.hardfork : "those of an endpoint";
  if (!isL1Rules(name)) throw new Error(`nothing is measured under the rules ${name}`);
  return name;
}

/** @throws {Error} if the network does not know the transaction, or is not an embedded one */
export async function gasOf(connection: NetworkConnection, receipt: TransactionReceipt): Promise<CallGas> {
  const rules = rulesOf(connection);
  const { provider } = connection.ethers;
  const transaction = await provider.getTransaction(receipt.hash);
  if (transaction === null) throw new Error(`unknown transaction ${receipt.hash}`);
  const created = await newStateOf(provider, receipt.hash);
  const state = stateGas(created, rules);
  const bytes = getBytes(transaction.data);
  const price = (zero: number, other: number): number =>
    bytes.reduce((gas, byte) => gas + (byte === 0 ? zero : other), 0);
  const total = Number(receipt.gasUsed);
  const isFloor = total === BASE + price(...RULE_FACTS[rules].calldataFloor);
  return { total, execution: isFloor ? BASE : total - price(4, 16) - state, state, newSlots: created.slots };
}

/** All gas of a transaction, its new slots at their price under Osaka. @throws {Error} as `gasOf` */
export async function gasAtOsakaPrices(connection: NetworkConnection, receipt: TransactionReceipt): Promise<bigint> {
  const { total, state, newSlots } = await gasOf(connection, receipt);
  return BigInt(total - state + newSlots * RULE_FACTS.osaka.newSlot);
}
