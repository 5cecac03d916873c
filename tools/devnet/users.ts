// SPDX-License-Identifier: MIT
import { createHash } from "node:crypto";

import { parseEther, Wallet as Key, type Provider } from "ethers";

import { operationOf, Wallet } from "../../src/agents/index.ts";
import { createSigner, type Signer } from "../../src/crypto/index.ts";
import { ETH } from "../../src/ledger/index.ts";
import type { Observer } from "./observer.ts";
import type { RollupName } from "./rollupNames.ts";
import { keyOf, type Party } from "./topology.ts";

/** Owners of L2 accounts of each rollup in the order of their deposits: the first has account 1. */
export const USERS = {
  poe: ["sequencer-1", "sequencer-2", "alice", "bob", "carol", "mallory"],
  b52: ["proposer-1", "proposer-2", "dave", "erin", "frank", "trudy", "builder"],
} as const satisfies Record<RollupName, readonly Party[]>;
export type UserName = (typeof USERS)[RollupName][number];

/** A user with keys on both layers and an account on L2. */
export interface Account {
  readonly name: UserName;
  readonly index: number;
  /** Private key on L1. */
  readonly l1: string;
  readonly l2: Signer;
}

const DEPOSIT = parseEther("10");

/** The secret of a user's key on L2, 32 bytes. It is as public as the key on L1. */
export const l2SecretOf = (name: UserName): Uint8Array => createHash("sha256").update(`devnet ${name}`).digest();

export const signerOf = (name: UserName): Signer => createSigner(l2SecretOf(name));

/** Deposits for each user; L1 mines a block for each transaction. */
export async function openAccounts(
  { node }: Observer,
  provider: Provider,
  users: readonly UserName[],
): Promise<Account[]> {
  const accounts: Account[] = [];
  for (const name of users) {
    const l1 = keyOf(name);
    const wallet = new Wallet(node, new Key(l1, provider), signerOf(name), { sending: { pollingInterval: 50 } });
    // An empty rollup: the first operation of the queue makes account 1.
    const index = operationOf(node, await wallet.deposit(ETH, DEPOSIT));
    accounts.push({ name, index, l1, l2: wallet.l2 });
  }
  return accounts;
}
