// SPDX-License-Identifier: MIT
import { FallbackProvider, getAddress, isHexString, toQuantity, type Provider } from "ethers";

import { ProtocolError } from "../errors.ts";

/*
 * Transactions of others, as far as they are needed.
 *
 * ethers reads a transaction whole, and refuses it if it cannot read one field. L1 is less strict: by EIP-7702 an
 * authorisation may have any `y_parity` below 2^8 and any `r` and `s` below 2^256, and one that signs nothing is
 * skipped. So anybody can have a transaction mined that ethers does not read; later types of transactions have fields
 * that it does not know. Here, what is not needed is not looked at.
 */

/** A call, or a deployment. ethers' `TransactionResponse` is one as well. */
export interface TransactionCall {
  /** Address with checksum. */
  readonly from: string;
  /** Address with checksum; null if the transaction creates a contract. */
  readonly to: string | null;
  /** Calldata or creation code, in hex. */
  readonly data: string;
}

/** A call with what it takes to tell it from others, and to do it again. */
export interface NumberedCall extends TransactionCall {
  readonly hash: string;
  readonly nonce: number;
  /** In wei. */
  readonly value: bigint;
  readonly gasLimit: bigint;
}

/** A provider that passes a request of JSON-RPC on, and the answer back as it is. */
interface RawProvider {
  send(method: string, parameters: unknown[]): Promise<unknown>;
}

const isRaw = <Of extends object>(provider: Of): provider is Of & RawProvider =>
  "send" in provider && typeof provider.send === "function";

/**
 * The caller, the target and the data of a transaction.
 *
 * @param provider a provider with `send`, as all providers of ethers that ask one endpoint; or a `FallbackProvider` of
 *   such, of which the first that has the transaction is believed. The readers of the data check them. The transaction
 *   of any other provider is taken as that provider decodes it
 * @param hash of the transaction
 * @returns undefined if the endpoint does not have it
 * @throws {ProtocolError} `BAD_ANSWER` if the endpoint's answer is no transaction with this hash
 */
export async function findCall(provider: Provider, hash: string): Promise<TransactionCall | undefined> {
  const what = `transaction ${hash}`;
  const answer = await askRaw(provider, what, "eth_getTransactionByHash", [hash]);
  if (answer === "unsupported") return (await provider.getTransaction(hash)) ?? undefined;
  if (answer === undefined) return undefined;
  requireAnswer(asHash(answer["hash"], what) === hash.toLowerCase(), what, "hash");
  return asCall(answer, what);
}

/** Whether an endpoint has a transaction, mined or not. @throws {ProtocolError} as `findCall` */
export const hasTransaction = async (provider: Provider, hash: string): Promise<boolean> =>
  (await findCall(provider, hash)) !== undefined;

/**
 * The transaction of a block that used a nonce. The other transactions of the block are not looked at.
 *
 * @param provider as for `findCall`
 * @param block its number
 * @param sender address and nonce
 * @returns null if the endpoint does not have the block; undefined if no transaction in it used the nonce
 * @throws {ProtocolError} `BAD_ANSWER`
 */
export async function findByNonce(
  provider: Provider,
  block: number,
  { from, nonce }: { readonly from: string; readonly nonce: number },
): Promise<NumberedCall | null | undefined> {
  const what = `block ${block} with its transactions`;
  const isWanted = (transaction: { readonly from: unknown; readonly nonce: unknown }): boolean =>
    String(transaction.from).toLowerCase() === from.toLowerCase() && Number(transaction.nonce) === nonce;
  const answer = await askRaw(provider, what, "eth_getBlockByNumber", [toQuantity(block), true]);
  if (answer === "unsupported") {
    const body = await provider.getBlock(block, true);
    return body === null ? null : body.prefetchedTransactions.find(isWanted);
  }
  if (answer === undefined) return null;
  const transactions: unknown = answer["transactions"];
  requireAnswer(Array.isArray(transactions), what, "transactions");
  for (const item of transactions as unknown[]) {
    const fields = asFields(item, what);
    if (isWanted({ from: fields["from"], nonce: fields["nonce"] })) return asNumberedCall(fields, what);
  }
  return undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** The providers that can be asked, in order. */
function sourcesOf(provider: Provider): RawProvider[] {
  if (isRaw(provider)) return [provider];
  if (!(provider instanceof FallbackProvider)) return [];
  const configs = [...provider.providerConfigs].sort((a, b) => a.priority - b.priority);
  return configs.flatMap((config) => (isRaw(config.provider) ? [config.provider] : []));
}

/**
 * Asks an endpoint, in the words of JSON-RPC.
 *
 * @param what for an error's sentence
 * @returns undefined if the endpoint has no such thing; `unsupported` if the provider gives no answer as it is
 */
export async function askRaw(
  provider: Provider,
  what: string,
  method: string,
  parameters: unknown[],
): Promise<Fields | "unsupported" | undefined> {
  const sources = sourcesOf(provider);
  if (sources.length === 0) return "unsupported";
  const failures: unknown[] = [];
  for (const source of sources) {
    try {
      const answer = await source.send(method, parameters);
      if (answer !== null && answer !== undefined) return asFields(answer, what);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return undefined;
}

function asFields(answer: unknown, what: string): Fields {
  requireAnswer(typeof answer === "object" && answer !== null, what, "fields");
  return answer as Fields;
}

function asCall(fields: Fields, what: string): TransactionCall {
  const { from, to, data, input = data } = fields;
  requireAnswer(isHexString(from, 20), what, "from");
  requireAnswer(to === null || to === undefined || isHexString(to, 20), what, "to");
  requireAnswer(isHexString(input, true), what, "input");
  // Checksums are the endpoint's business.
  const toAddress = (address: string): string => getAddress(address.toLowerCase());
  return { from: toAddress(from), to: to === null || to === undefined ? null : toAddress(to), data: input };
}

function asNumberedCall(fields: Fields, what: string): NumberedCall {
  const nonce = Number(asQuantity(fields["nonce"], what, "nonce"));
  const hash = asHash(fields["hash"], what);
  const value = asQuantity(fields["value"], what, "value");
  return { ...asCall(fields, what), hash, nonce, value, gasLimit: asQuantity(fields["gas"], what, "gas") };
}

function asHash(value: unknown, what: string): string {
  requireAnswer(isHexString(value, 32), what, "hash");
  return value.toLowerCase();
}

function asQuantity(value: unknown, what: string, field: string): bigint {
  requireAnswer(isHexString(value) && value.length > 2 && value.length <= 66, what, field);
  return BigInt(value);
}

function requireAnswer(holds: boolean, what: string, field: string): asserts holds {
  if (!holds) {
    throw new ProtocolError("BAD_ANSWER", { request: what, field }, `the L1 endpoint gave no ${field} of ${what}`);
  }
}
