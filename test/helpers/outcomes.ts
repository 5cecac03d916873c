// SPDX-License-Identifier: MIT
import type { ContractTransactionResponse } from "ethers";

import { minedTransaction, RevertError } from "../../src/chain/index.ts";
import { Refusal } from "../model/b52/refusal.ts";

/** Name of the custom error that a transaction failed with. */
export function errorName(error: unknown): string {
  if (error instanceof RevertError && error.revert.name !== undefined) return error.revert.name;
  // An error that the library does not know is named by its cause.
  const source: unknown = error instanceof RevertError ? error.cause : error;
  const text = source instanceof Error ? source.message : String(source);
  const name = /custom error '(\w+)\(/.exec(text)?.[1];
  if (name === undefined) throw error;
  return name;
}

/** Name of the custom error of a transaction; `undefined` if it succeeds. */
export async function outcomeOf(send: () => Promise<ContractTransactionResponse>): Promise<string | undefined> {
  try {
    await minedTransaction(send());
    return undefined;
  } catch (error) {
    return errorName(error);
  }
}

/** Code of the refusal of a model; `undefined` if it does what is asked. */
export function modelOutcomeOf(call: () => void): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}
