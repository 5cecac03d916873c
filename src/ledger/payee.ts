// SPDX-License-Identifier: MIT
import { compressKey, decompressKey, type Point } from "../crypto/index.ts";
import { ProtocolError } from "../errors.ts";
import type { Account } from "./account.ts";

/**
 * An account as its user gives it to those who pay: not the number alone, as anybody may open an account with a key or
 * an owner that is somebody else's. `Wallet.payee` makes it, `requirePayee` checks it.
 */
export interface Payee {
  /** Index of the account. */
  readonly index: number;
  /** 16 bits. */
  readonly token: bigint;
  /** On L2: it can spend. */
  readonly key: Point;
  /** L1 address: it can force an exit. */
  readonly owner: string;
}

/**
 * Checks that an account is what its user says: token, key and owner.
 *
 * @param account at the payee's index in the state that the payer trusts; undefined if there is none
 * @param payee as the user gave it, by a channel that the payer trusts
 * @returns the index of the account
 * @throws {ProtocolError} `WRONG_PAYEE`
 */
export function requirePayeeAccount(
  account: Pick<Account, "token" | "ax" | "ay" | "owner"> | undefined,
  { index, token, key, owner }: Payee,
): number {
  const refuse = (what: string): never => {
    throw new ProtocolError("WRONG_PAYEE", { index, reason: what }, `account ${index} ${what}`);
  };
  if (index === 0 || account === undefined) return refuse("does not exist");
  if (account.token !== token) return refuse(`has token ${account.token}, not ${token}`);
  if (account.ax !== key.x || account.ay !== key.y) return refuse("has another key");
  if (account.owner !== BigInt(owner)) {
    return refuse(`has the owner ${addressOf(account.owner)}, not ${owner}`);
  }
  return index;
}

/** Bit of the key's text that says the parity of its x: y has 254 bits. */
const SIGN = 1n << 255n;
const FORM = /^(\d{1,10}):(\d{1,5}):(0x[0-9a-fA-F]{64}):(0x[0-9a-fA-F]{40})$/u;

/**
 * A payee as a text of one word, to be sent or printed: `index:token:key:owner`, in decimals and in hex. The key is its
 * y with the parity of its x in the highest bit. `parsePayee` reads it.
 *
 * @example
 * ```ts
 * formatPayee(payee); // "7:0:0x2b…:0xa1…"
 * ```
 */
export function formatPayee({ index, token, key, owner }: Payee): string {
  const { keyY, keySign } = compressKey(key);
  const keyText = (keyY + keySign * SIGN).toString(16).padStart(64, "0");
  return `${index}:${token}:0x${keyText}:${addressOf(BigInt(owner))}`;
}

/**
 * Reads the text of a payee.
 *
 * @throws {ProtocolError} `BAD_PAYEE` if it is not one, or if its key is on no curve: nobody could spend from it
 */
export function parsePayee(text: string): Payee {
  const [, index = "", token = "", keyText = "", owner = ""] = FORM.exec(text) ?? [];
  if (owner === "") throw bad(text, "has not the form index:token:key:owner");
  if (Number(index) < 1 || Number(index) >= 2 ** 32) throw bad(text, `has the index ${index}, not 1 to ${2 ** 32 - 1}`);
  if (Number(token) >= 2 ** 16) throw bad(text, `has the token ${token}, not 0 to ${2 ** 16 - 1}`);
  const packed = BigInt(keyText);
  const result = decompressKey({ keyY: packed % SIGN, keySign: packed / SIGN });
  if ("error" in result) throw bad(text, `has a key that no account has: ${result.error}`);
  return { index: Number(index), token: BigInt(token), key: result.key, owner: owner.toLowerCase() };
}

const addressOf = (owner: bigint): string => `0x${owner.toString(16).padStart(40, "0")}`;

function bad(text: string, reason: string): ProtocolError {
  const shown = text.length > 160 ? `${text.slice(0, 160)}…` : text;
  return new ProtocolError("BAD_PAYEE", { text: shown, reason }, `the payee ${JSON.stringify(shown)} ${reason}`);
}
