// SPDX-License-Identifier: MIT
import type { Header } from "../../src/codec/index.ts";
import type { Signer } from "../../src/crypto/eddsa.ts";
import {
  AccountTree,
  applySlot,
  arrivalsRoot,
  signTransaction,
  State,
  type Account,
  type Arrivals,
  type ArrivalsByRoot,
  type Environment,
  type Step,
  type TransactionRequest,
} from "../../src/ledger/index.ts";
import { createProfile } from "../../src/profile.ts";
import { createFastSigner } from "./fastSigner.ts";

export const MAX_BALANCE = (1n << 128n) - 1n;

/** 16 accounts, 4 slots. */
export const SMALL = createProfile({ name: "small", depth: 2, slots: 4, levels: 1 });

export const FEE_TOKEN = 3n;
export const OTHER_TOKEN = 4n;

export const ENVIRONMENT: Environment = { sequencer: 0x5e90e9ce5n, domain: 0xd0a1n };

/** One unit of base fee, so that fees show in every sum; no forced operations. */
export const HEADER: Header = { baseFee: 1n, feeToken: FEE_TOKEN, feeAccount: 0, forcedCount: 0, timestamp: 0n };

export const SIGNERS = {
  alice: createFastSigner("alice"),
  bob: createFastSigner("bob"),
  carol: createFastSigner("carol"),
} as const satisfies Record<string, Signer>;

export const account = (signer: Signer, fields: Partial<Account> = {}): Account => ({
  ax: signer.publicKey.x,
  ay: signer.publicKey.y,
  nonce: 0n,
  token: FEE_TOKEN,
  balance: 0n,
  owner: 0n,
  ...fields,
});

export const ALICE = 1;
export const BOB = 2;
export const CAROL = 3;
export const FULL = 4;
export const NOBODY = 9;

export const ALICE_OWNER = 0xa11cen;
export const BOB_OWNER = 0xb0bn;

/** Alice has 1000 and bob 50 of the fee token, carol 70 of another; account 4 is full. */
export function stateWith(changes: Readonly<Record<number, Partial<Account>>> = {}): State {
  const accounts: readonly (readonly [number, Account])[] = [
    [ALICE, account(SIGNERS.alice, { nonce: 7n, balance: 1000n, owner: ALICE_OWNER })],
    [BOB, account(SIGNERS.bob, { balance: 50n, owner: BOB_OWNER })],
    [CAROL, account(SIGNERS.carol, { token: OTHER_TOKEN, balance: 70n, owner: 0xca201n })],
    [FULL, account(SIGNERS.bob, { balance: MAX_BALANCE, owner: BOB_OWNER })],
  ];
  const tree = accounts.reduce(
    (result, [index, fields]) => result.set(index, { ...fields, ...changes[index] }),
    AccountTree.empty(SMALL.depth),
  );
  return new State(tree, accounts.length + 1);
}

/** A transaction of alice's: 100 to bob, unless told otherwise. */
export const aliceSigns = (request: Partial<TransactionRequest> = {}, signer: Signer = SIGNERS.alice): Uint8Array =>
  signTransaction(signer, {
    from: ALICE,
    to: BOB,
    token: FEE_TOKEN,
    amount: 100n,
    nonce: 7n,
    domain: ENVIRONMENT.domain,
    ...request,
  });

const CONTEXT = { ...HEADER, ...ENVIRONMENT, levels: SMALL.levels, arrivals: new Map() };

export const transact = (state: State, slot: Uint8Array, header: Partial<Header> = {}): Step =>
  applySlot(state, slot, { ...CONTEXT, ...header, isForced: false });

/** `arrivals`: the lists of accounts that L1 has published. */
export const force = (state: State, slot: Uint8Array, arrivals: readonly Arrivals[] = []): Step =>
  applySlot(state, slot, { ...CONTEXT, arrivals: arrivalsByRoot(arrivals), isForced: true });

/** These lists of accounts, as L1 has published them. */
export const arrivalsByRoot = (lists: readonly Arrivals[]): ArrivalsByRoot =>
  new Map(lists.map((list) => [arrivalsRoot(list, SMALL.levels), list]));

/** Balances by account index. */
export const balances = (state: State): Record<number, bigint> =>
  Object.fromEntries([...state.accounts.entries()].map(([index, { balance }]) => [index, balance]));
