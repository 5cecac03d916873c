// SPDX-License-Identifier: MIT
import type { ContractTransaction, ContractTransactionReceipt, Signer } from "ethers";

import { sendTransaction, type SendOptions } from "../../chain/index.ts";
import type { Chore } from "./blocks.ts";
import type { B52Node } from "./node.ts";

/**
 * Does chores in their order, one transaction each. If somebody else did a chore first, its transaction reverts and
 * this throws; ask the node for the remaining chores then.
 *
 * @throws {ProtocolError} as `sendTransaction`
 */
export async function doChores(
  node: B52Node,
  signer: Signer,
  chores: readonly Chore[],
  sending?: SendOptions,
): Promise<readonly ContractTransactionReceipt[]> {
  const receipts: ContractTransactionReceipt[] = [];
  for (const chore of chores) receipts.push(await sendTransaction(signer, callOf(node, chore), sending));
  return receipts;
}

function callOf(node: B52Node, chore: Chore): Promise<ContractTransaction> {
  const { consensus } = node.system;
  if (chore.kind === "settle") return consensus.settle.populateTransaction(chore.proposal, chore.result);
  if (chore.kind === "pay") return consensus.payRewards.populateTransaction(chore.result, chore.block.record);
  return consensus.closeDemand.populateTransaction(chore.block.record, chore.node);
}
