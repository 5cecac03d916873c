// SPDX-License-Identifier: MIT
import { encodePayload, SEQUENCER_BOUND, type TransactionSlot } from "../codec/index.ts";
import { indexOfSigned, transactionMessage } from "../crypto/index.ts";
import type { Field } from "../field.ts";
import type { Account } from "./account.ts";
import type { SlotContext } from "./decideSlot.ts";

/**
 * The nonce that a transaction was signed for: its 93 bytes do not say it, and the signature fits one nonce alone.
 *
 * @param sender whose key signed
 * @param slot flags, `h` and `s` of any value
 * @param first nonce that is tried
 * @param count of nonces that are tried
 * @returns undefined if the signature fits no nonce that was tried
 */
export function signedNonce(
  { ax, ay }: Account,
  slot: TransactionSlot,
  { domain, sequencer }: Pick<SlotContext, "domain" | "sequencer">,
  first: bigint,
  count: number,
): bigint | undefined {
  const payload = encodePayload(slot);
  const bound = slot.flags === SEQUENCER_BOUND ? sequencer : 0n;
  const messages = function* (): Generator<Field> {
    for (let i = 0; i < count; i++) yield transactionMessage({ domain, payload, nonce: first + BigInt(i), bound });
  };
  const position = indexOfSigned({ x: ax, y: ay }, messages(), slot);
  return position < 0 ? undefined : first + BigInt(position);
}
