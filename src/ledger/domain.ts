import { AbiCoder, id, keccak256 } from "ethers";

import type { SigningKey, WireSignature } from "../crypto/eddsa.ts";
import { sign } from "../crypto/eddsa.ts";
import { poseidon } from "../crypto/poseidon.ts";
import { encodePayload, encodeTransaction, SEQUENCER_BOUND, type Payload } from "../codec/slot.ts";
import type { Field } from "../field.ts";

const DOMAIN_TYPE = id("DecentralisedSequencing.Domain.v1");

/** What ties signatures to one chain and one rollup contract: 248 bits (docs/protocol.md §3). */
export function rollupDomain(chainId: bigint, rollup: string): Field {
  const encoded = AbiCoder.defaultAbiCoder().encode(["bytes32", "uint256", "address"], [DOMAIN_TYPE, chainId, rollup]);
  return (BigInt(keccak256(encoded)) >> 8n) as Field;
}

/**
 * The message that an L2 transaction's sender signs.
 * @param payload 239 bits
 * @param sequencer the batch's, 160 bits; part of the message only if the payload's flag SEQUENCER_BOUND is set
 */
export function transactionMessage(domain: bigint, payload: bigint, nonce: bigint, sequencer: bigint): Field {
  const bound = (payload & BigInt(SEQUENCER_BOUND)) === 0n ? 0n : sequencer;
  return poseidon([domain, payload, nonce, bound]);
}

/** A signed L2 transaction as 93 bytes. @param sequencer needed if the transaction is bound to one */
export function signTransaction(
  key: SigningKey,
  transaction: { domain: bigint; payload: Payload; nonce: bigint; sequencer?: bigint },
): Uint8Array {
  const { domain, payload, nonce, sequencer = 0n } = transaction;
  const signature: WireSignature = sign(key, transactionMessage(domain, encodePayload(payload), nonce, sequencer));
  return encodeTransaction(payload, signature);
}
