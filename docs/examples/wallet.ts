// SPDX-License-Identifier: MIT
import { setTimeout as sleep } from "node:timers/promises";

import { formatEther, getBytes, keccak256, parseEther, Wallet as L1Wallet } from "ethers";

import {
  createSigner,
  openProvider,
  openRollup,
  operationOf,
  roundTipDown,
  statusOf,
  Wallet,
  waitForStatus,
  type LedgerNode,
  type Payee,
  type TransactionStatus,
} from "../../src/index.ts";

const ETH = 0n;

/** Where a rollup is, and who uses it. */
export interface WalletSetting {
  /** Of an L1 endpoint. */
  readonly rpc: string;
  /** Address of the core. */
  readonly rollup: string;
  /** Private key on L1. */
  readonly key: string;
  readonly log: (line: string) => void;
}

/** A wallet whose key on L2 is derived from a signature of the one on L1, so that nothing else has to be kept. */
export async function openWallet({ rpc, rollup, key }: WalletSetting): Promise<Wallet> {
  const provider = openProvider(rpc);
  const { node } = await openRollup(provider, rollup);
  const l1 = new L1Wallet(key, provider);
  const secret = keccak256(await l1.signMessage(`The L2 key of rollup ${rollup}. Sign this nowhere else.`));
  return new Wallet(node, l1, createSigner(getBytes(secret)));
}

/** Deposits 1 ETH, sends 0.25 of it to another account, takes 0.5 out, and claims that on L1. */
export async function walletExample(
  setting: WalletSetting & {
    /** URL to which a sequencer takes transactions. */
    readonly sequencer: string;
    /** Receiver of 0.25 ETH, as its own wallet describes it: `wallet.payee(ETH)`. */
    readonly receiver: Payee;
  },
): Promise<TransactionStatus["status"][]> {
  const { log } = setting;
  const wallet = await openWallet(setting);
  const { node } = wallet;

  // A deposit is a forced operation: no sequencer can leave it out for long.
  const deposit = operationOf(node, await wallet.deposit(ETH, parseEther("1")));
  await node.sync();
  const before = await statusOf(node, deposit);
  log(`deposit, operation ${deposit}: ${before.status}`);
  const placed = await waitForStatus(node, deposit, "virtual");
  log(`deposit: ${placed.status}, ${placed.outcome.status} in batch ${placed.place.batch}`);

  // Both transactions are signed at once: the second with the nonce that the first one will have used.
  const { index, account } = wallet.account(ETH);
  log(
    `account ${index}: ${formatEther(account.balance)} ETH, nonce ${account.nonce}; each transaction pays ${formatEther(node.baseFee)} ETH`,
  );
  const tip = roundTipDown(parseEther("0.0001"));
  // The receiver's number, key and owner are checked before this is signed: a number alone could be a thief's.
  const transfer = wallet.transfer(ETH, { to: setting.receiver, amount: parseEther("0.25"), tip });
  const exit = wallet.transfer(ETH, { to: 0, amount: parseEther("0.5"), tip, nonce: account.nonce + 1n });
  for (const transaction of [transfer, exit]) {
    const answer = await fetch(setting.sequencer, { method: "POST", body: Buffer.from(transaction) });
    if (!answer.ok) throw new Error(`the sequencer refused: ${await answer.text()}`);
  }
  const seen = await follow(node, transfer, log);

  // The exit is in the same batch or a later one. Once that is final, L1 pays.
  await waitForStatus(node, exit, "final");
  for (const place of await wallet.openExits()) {
    const { hash } = await wallet.claim(place);
    log(`exit of batch ${place.batch}, leaf ${place.leaf}, slot ${place.slot}: claimed in ${hash}`);
  }
  return [before.status, ...seen];
}

/** Says each status that a transaction goes through until it is final. */
async function follow(
  node: LedgerNode,
  transaction: Uint8Array,
  log: (line: string) => void,
): Promise<TransactionStatus["status"][]> {
  const seen: TransactionStatus["status"][] = [];
  while (seen.at(-1) !== "final") {
    await node.sync();
    const status = await statusOf(node, transaction);
    if (status.status !== seen.at(-1)) {
      seen.push(status.status);
      log(`transfer: ${status.status}${"outcome" in status ? `, ${status.outcome.status}` : ""}`);
    }
    await sleep(100);
  }
  return seen;
}
