// SPDX-License-Identifier: MIT
/**
 * A program that writes one block after another until it is killed, and says the number of each that was committed.
 * Arguments: the database's path.
 */
import { fileURLToPath } from "node:url";

import { State } from "../../../src/ledger/index.ts";
import { useFastCrypto } from "../../../src/node/crypto/index.ts";
import { openDatabase, StateStore, type BlockPlace, type DatabaseIdentity } from "../../../src/node/storage/index.ts";
import { account, SIGNERS } from "../../helpers/ledgerFixture.ts";

const DEPTH = 5;

export const IDENTITY: DatabaseIdentity = { chainId: 31337n, rollup: `0x${"ab".repeat(20)}` };

export const blockOf = (number: number): BlockPlace => ({
  number,
  hash: `0x${number.toString(16).padStart(64, "0")}`,
});

/** The state after block `number`: one new account, and changes of accounts that are there. */
export function changed(state: State, number: number): State {
  let next = state.withNewAccount(account(SIGNERS.alice, { balance: BigInt(number), owner: BigInt(number) }));
  for (const place of [1, (number * 7) % next.nextIndex, (number * 31) % next.nextIndex]) {
    const found = next.account(place);
    if (found !== undefined) next = next.withAccount(place, { ...found, nonce: found.nonce + 1n });
  }
  return next;
}

/** The state after blocks 1 … last. */
export function start(last: number): State {
  let state = State.genesis({ depth: DEPTH });
  for (let number = 1; number <= last; number++) state = changed(state, number);
  return state;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await useFastCrypto();
  const store = new StateStore(openDatabase(process.argv[2] ?? "", IDENTITY), DEPTH);
  for (let number = (store.cursor?.number ?? 0) + 1; number < 4 ** DEPTH - 1; number++) {
    store.commit(blockOf(number), store.cursor?.hash, changed(store.state, number));
    process.stdout.write(`${number}\n`);
  }
}
