// SPDX-License-Identifier: MIT
import { toField, type Field } from "../field.ts";
import { accountTuple, type AccountPath, type AccountTuple, type State } from "../ledger/index.ts";

/** The escape circuit's public signals, in its order (docs/enforcement.md §3). */
export interface EscapePublicSignals {
  readonly owner: Field;
  readonly token: Field;
  readonly balance: Field;
  readonly stateRoot: Field;
  readonly index: Field;
}

/** All inputs of the escape circuit, as snarkjs takes them. */
export interface EscapeCircuitInput extends Pick<EscapePublicSignals, "stateRoot" | "index"> {
  readonly accountsRoot: bigint;
  readonly nextIndex: bigint;
  readonly account: AccountTuple;
  readonly path: AccountPath;
}

/** @throws {ProtocolError} `UNKNOWN_ACCOUNT` */
export function escapeSignals(state: State, index: number): EscapePublicSignals {
  const { account } = state.proveAccount(index);
  return {
    owner: toField(account.owner),
    token: toField(account.token),
    balance: toField(account.balance),
    stateRoot: state.root,
    index: toField(BigInt(index)),
  };
}

/** The public signals in the order in which snarkjs and the verifier take them. */
export const orderedEscapeSignals = (signals: EscapePublicSignals): Field[] => [
  signals.owner,
  signals.token,
  signals.balance,
  signals.stateRoot,
  signals.index,
];

/** @throws {ProtocolError} `UNKNOWN_ACCOUNT` */
export function escapeCircuitInput(state: State, index: number): EscapeCircuitInput {
  const { account, path, nextIndex } = state.proveAccount(index);
  const { stateRoot, index: place } = escapeSignals(state, index);
  return {
    stateRoot,
    index: place,
    accountsRoot: state.accounts.root,
    nextIndex: BigInt(nextIndex),
    account: accountTuple(account),
    path,
  };
}
