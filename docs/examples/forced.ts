// SPDX-License-Identifier: MIT
import { formatEther } from "ethers";

import { operationOf, statusOf, waitForStatus } from "../../src/index.ts";
import { openWallet, type WalletSetting } from "./wallet.ts";

const ETH = 0n;
/** A forced exit takes what is there if it is less than what is asked for. */
const EVERYTHING = (1n << 128n) - 1n;

/** Takes everything out without asking any sequencer. Gives the amount, in wei. */
export async function forcedExample(setting: WalletSetting): Promise<bigint> {
  const { log } = setting;
  const wallet = await openWallet(setting);
  const { node } = wallet;

  const id = operationOf(node, await wallet.forceExit(ETH, EVERYTHING));
  await node.sync();
  const status = await statusOf(node, id);
  if (status.status === "pending" && status.dueBy !== undefined) {
    log(`forced exit ${id}: no batch may leave it out after ${new Date(Number(status.dueBy) * 1000).toISOString()}`);
  }

  const { place, outcome } = await waitForStatus(node, id, "final");
  log(`forced exit ${id}: ${outcome.status} in batch ${place.batch}`);
  const exit = node.batch(place.batch).result.leaves[place.leaf]?.exits.find(({ slot }) => slot === place.slot);
  await wallet.claim(place);
  log(`claimed ${formatEther(exit?.amount ?? 0n)} ETH`);
  return exit?.amount ?? 0n;
}
