// SPDX-License-Identifier: MIT

import {
  ContractTransactionReceipt,
  Interface,
  Transaction,
  type Provider,
  type Signer,
  type TransactionReceipt,
  type TransactionRequest,
  type TransactionResponse,
} from "ethers";

import { ProtocolError, type Revert, type SentTransaction } from "../errors.ts";
import { gasPriceOf, MAX_FEE, requireFeeWithin, type GasPrice } from "./gasPrice.ts";
import { findByNonce, hasTransaction, type NumberedCall } from "./rawTransaction.ts";
import { decodeReverts, decodeRevert, describeRevert, RevertError, revertOfError } from "./reverts.ts";
import { sleep } from "../sleep.ts";

/** Gas of the largest transaction that L1 takes: 2^24 (EIP-7825). */
export const TRANSACTION_GAS_CAP = 1n << 24n;

/**
 * Most gas for a call in which a contract of somebody else takes part (a token, the receiver of an exit, the target of a
 * migration), unless the options say otherwise: several times what an honest one needs.
 */
export const FOREIGN_GAS = 2_000_000n;

/** How a transaction is sent to L1, and how long it is waited for. */
export interface SendOptions {
  /** Blocks that have to have it, its own included. With 1, the default, a reorganisation of L1 can still remove it. */
  readonly confirmations?: number;
  /** Seconds until the wait ends with `NOT_MINED`. Default 600. */
  readonly timeout?: number;
  /** Milliseconds between two looks at L1. Default 1,000. */
  readonly pollingInterval?: number;
  /** Most gas that the transaction may use; it is not sent if it needs more. Default 2^24, the most that L1 takes. */
  readonly maxGas?: bigint;
  /**
   * Most wei that its gas may cost: gas limit times the highest price that is offered. It is not sent if it may cost
   * more. Default 0.1 ETH, which is 5.9 gwei for each of 2^24 gas: a sequencer or an aggregator whose calls are large
   * sets it by the price that a call is worth to it. The value that the transaction transfers does not count.
   */
  readonly maxFee?: bigint;
}

/**
 * A transaction did not do what it was sent for.
 *
 * - `REPLACED`: another transaction with its nonce was mined, and this one never will be.
 * - `NOT_MINED`: the time limit is over. It may be mined yet: wait again, or replace it with the same nonce.
 */
export class TransactionError<
  Code extends "REPLACED" | "NOT_MINED" = "REPLACED" | "NOT_MINED",
> extends ProtocolError<Code> {
  /** The transaction that was waited for. */
  get transaction(): SentTransaction {
    return this.data.transaction;
  }

  /**
   * Hash of the transaction that took its place. Undefined if the nonce was used in another way, such as by an
   * authorisation (EIP-7702).
   */
  get replacement(): string | undefined {
    return "replacement" in this.data ? this.data.replacement : undefined;
  }

  /** Whether the replacement cancels it: nothing is sent, to the sender itself. */
  get isCancelled(): boolean {
    return "isCancelled" in this.data && this.data.isCancelled;
  }
}

/**
 * The one way to send a transaction: estimates its gas, sends it, and waits as `waitForTransaction` does.
 *
 * @param signer sends the transaction and pays for it
 * @param call for instance `rollup.freeze.populateTransaction()`
 * @param options limits
 * @throws {RevertError} `REVERTED`, before it is sent or when it was mined
 * @throws {ProtocolError} `GAS_ABOVE_MAXIMUM` if it needs more than `maxGas`; `FEE_ABOVE_MAXIMUM` if it may cost more
 *   than `maxFee`; `NOT_SENT`; as `waitForTransaction`
 */
export async function sendTransaction(
  signer: Signer,
  call: Promise<TransactionRequest>,
  options: SendOptions = {},
): Promise<ContractTransactionReceipt> {
  const request = await decodeReverts(call);
  const gas = await gasOf(signer, request, options);
  return minedTransaction(signer.sendTransaction({ ...request, ...gas }), options);
}

/**
 * Gas limit and price for a transaction, both within the limits.
 *
 * @throws {RevertError} `REVERTED` if it would revert
 * @throws {ProtocolError} `GAS_ABOVE_MAXIMUM`, `FEE_ABOVE_MAXIMUM`
 */
export async function gasOf(
  signer: Signer,
  request: TransactionRequest,
  options: Pick<SendOptions, "maxGas" | "maxFee"> = {},
): Promise<GasPrice & { readonly gasLimit: bigint }> {
  const gasLimit = await gasLimitOf(signer, request, options);
  const price = await gasPriceOf(signer, request);
  requireFeeWithin(price, gasLimit, options.maxFee ?? MAX_FEE);
  return { ...price, gasLimit };
}

/**
 * Gas limit for a transaction: a tenth more than it needs now.
 *
 * @throws {RevertError} `REVERTED` if it would revert
 * @throws {ProtocolError} `GAS_ABOVE_MAXIMUM`
 */
export async function gasLimitOf(
  signer: Signer,
  request: TransactionRequest,
  { maxGas = TRANSACTION_GAS_CAP }: Pick<SendOptions, "maxGas"> = {},
): Promise<bigint> {
  const estimate = await decodeReverts(signer.estimateGas(request));
  if (estimate > maxGas) {
    throw new ProtocolError(
      "GAS_ABOVE_MAXIMUM",
      { gas: estimate, maximum: maxGas },
      `the call needs ${estimate} gas, and may use ${maxGas}`,
    );
  }
  const limit = gasLimitFor(estimate);
  return limit < maxGas ? limit : maxGas;
}

/**
 * Gas limit for a call that was estimated at `estimate`. It is higher, as the exponential of the batch fee costs more
 * or less gas depending on the seconds that have passed; those are not known before the call is included.
 */
export const gasLimitFor = (estimate: bigint): bigint => (estimate * 11n) / 10n;

/**
 * Waits for a transaction that is being sent.
 *
 * @param sent by a signer
 * @param options when to be content, and when to give up
 * @throws {RevertError} `REVERTED`
 * @throws {ProtocolError} `NOT_SENT` if the signer gives no transaction in time; as `waitForTransaction`
 */
export async function minedTransaction(
  sent: Promise<TransactionResponse>,
  options: SendOptions = {},
): Promise<ContractTransactionReceipt> {
  const { timeout = DEFAULT_TIMEOUT } = options;
  const begin = performance.now();
  const transaction = await within(timeout * 1_000, decodeReverts(sent));
  if (transaction === undefined) {
    throw new ProtocolError(
      "NOT_SENT",
      { timeout },
      `the signer gave no transaction in ${timeout} s; it may send one yet`,
    );
  }
  const left = Math.max(0, timeout - (performance.now() - begin) / 1_000);
  return waitForTransaction(transaction, { ...options, timeout: left });
}

/** Seconds. */
const DEFAULT_TIMEOUT = 600;

/**
 * Waits until a transaction, or one with the same nonce that does the same at another price, has its confirmations.
 * A transaction that L1 had and lost in a reorganisation is sent again. An endpoint that does not answer is asked again
 * until the time is over.
 *
 * @param sent the transaction, of a signer or of `provider.getTransaction`
 * @param options when to be content, and when to give up
 * @returns the receipt; its hash is another one if the sender changed the price
 * @throws {TransactionError} `REPLACED`, `NOT_MINED`
 * @throws {RevertError} `REVERTED` if it was mined and failed
 */
export async function waitForTransaction(
  sent: TransactionResponse,
  options: SendOptions = {},
): Promise<ContractTransactionReceipt> {
  const { confirmations = 1, timeout = DEFAULT_TIMEOUT, pollingInterval = 1_000 } = options;
  const { provider, hash, from, nonce } = sent;
  const deadline = performance.now() + timeout * 1_000;
  /** The block that had it last, and the last trouble with the endpoint. */
  let seenIn: number | undefined;
  let cause: unknown;
  /** Looks in a row that found the nonce used, and no transaction that used it. */
  let unexplained = 0;
  for (;;) {
    const look = async (): Promise<Mined | undefined> => {
      const mined = await findMined(sent);
      unexplained = mined !== undefined && mined.transaction === undefined ? unexplained + 1 : 0;
      // A client may show an account's nonce before the block that raises it.
      if (unexplained > 0 && unexplained < UNEXPLAINED_LOOKS) return undefined;
      if (mined === undefined) {
        if (seenIn !== undefined) await sendAgain(sent);
        return undefined;
      }
      seenIn = mined.block;
      const head = await provider.getBlockNumber();
      return head - mined.block + 1 < confirmations ? undefined : mined;
    };
    // The first look is always worth its time.
    const mined = await within(Math.max(deadline - performance.now(), FIRST_LOOK), look()).catch((error: unknown) => {
      cause = error;
      return undefined;
    });
    if (mined !== undefined) return conclude(sent, mined);
    if (performance.now() >= deadline) {
      const lost = seenIn === undefined ? "" : `; it was in block ${seenIn}`;
      throw new TransactionError(
        "NOT_MINED",
        { transaction: { hash, from, nonce } },
        `transaction ${hash} of ${from} with nonce ${nonce} has not ${confirmations} confirmations after ` +
          `${Math.round(timeout)} s${lost}`,
        { cause },
      );
    }
    await sleep(Math.min(pollingInterval, Math.max(0, deadline - performance.now())));
  }
}

/** Milliseconds. */
const FIRST_LOOK = 1_000;

/** So often it has to look as if an authorisation (EIP-7702) used a nonce. */
const UNEXPLAINED_LOOKS = 3;

/** How the nonce of a transaction was used. */
interface Mined {
  readonly block: number;
  /** The transaction that used it; undefined if none did. */
  readonly transaction: NumberedCall | undefined;
  readonly receipt: TransactionReceipt | undefined;
}

/** How L1 has used the nonce of a transaction as far as the head; undefined if it has not. */
async function findMined(sent: TransactionResponse): Promise<Mined | undefined> {
  const { provider, hash, from, nonce } = sent;
  const own = await provider.getTransactionReceipt(hash);
  if (own !== null) return { block: own.blockNumber, transaction: sent, receipt: own };
  const use = await findNonceUse(provider, from, nonce);
  if (use?.transaction === undefined) return use && { ...use, receipt: undefined };
  const { transaction } = use;
  const receipt = await provider.getTransactionReceipt(transaction.hash);
  return receipt === null ? undefined : { block: receipt.blockNumber, transaction, receipt };
}

/**
 * Finds the block and the transaction that used a nonce of an account, as far as L1's head.
 *
 * @param provider as for `findByNonce`
 * @param from address of the account
 * @returns undefined if the nonce is not used, or the endpoint does not have the block; `transaction` is undefined if
 *   an authorisation (EIP-7702) used the nonce
 * @throws {ProtocolError} `BAD_ANSWER` as `findByNonce`
 */
export async function findNonceUse(
  provider: Provider,
  from: string,
  nonce: number,
): Promise<{ readonly block: number; readonly transaction: NumberedCall | undefined } | undefined> {
  const block = await blockOfNonce(provider, from, nonce);
  if (block === undefined) return undefined;
  const transaction = await findByNonce(provider, block, { from, nonce });
  return transaction === null ? undefined : { block, transaction };
}

/** The block after which an account's nonce is above `nonce` for the first time; undefined if it is not yet. */
async function blockOfNonce(provider: Provider, from: string, nonce: number): Promise<number | undefined> {
  const isUsed = async (block: number): Promise<boolean> => (await provider.getTransactionCount(from, block)) > nonce;
  let used = await provider.getBlockNumber();
  if (!(await isUsed(used))) return undefined;
  // It was used lately, so the search goes back in growing steps, as old states may be gone.
  let unused = used - 1;
  for (let step = 1; unused > 0 && (await isUsed(unused)); step *= 2) [used, unused] = [unused, unused - step];
  for (unused = Math.max(unused, 0); used - unused > 1;) {
    const middle = Math.floor((used + unused) / 2);
    if (await isUsed(middle)) used = middle;
    else unused = middle;
  }
  return used;
}

/**
 * The receipt of a transaction whose nonce is used for good. Throws if another transaction used the nonce, or if this
 * one reverted.
 */
async function conclude(sent: TransactionResponse, mined: Mined): Promise<ContractTransactionReceipt> {
  const { provider, hash, from, nonce } = sent;
  const { transaction, receipt, block } = mined;
  if (transaction === undefined || receipt === undefined || !isSameCall(sent, transaction)) {
    const isCancelled = transaction?.to?.toLowerCase() === from.toLowerCase() && transaction.data === "0x";
    const what = transaction === undefined ? "something else" : `transaction ${transaction.hash}`;
    throw new TransactionError(
      "REPLACED",
      { transaction: { hash, from, nonce }, replacement: transaction?.hash, isCancelled },
      `transaction ${hash} of ${from} was ${isCancelled ? "cancelled" : "replaced"}: ${what} used nonce ${nonce} in ` +
        `block ${block}`,
    );
  }
  if (receipt.status === 0) throw await revertOfMined(provider, transaction, receipt);
  return new ContractTransactionReceipt(new Interface([]), provider, receipt);
}

const isSameCall = (a: NumberedCall, b: NumberedCall): boolean =>
  a.hash === b.hash || (a.to === b.to && a.data === b.data && a.value === b.value);

/** Why a transaction failed that was mined: the call once more, on the state before its block. */
async function revertOfMined(
  provider: Provider,
  transaction: NumberedCall,
  receipt: TransactionReceipt,
): Promise<RevertError> {
  const { from, to, data, value, gasLimit, nonce } = transaction;
  const blockTag = receipt.blockNumber - 1;
  let revert: Revert = decodeRevert("0x");
  let cause: unknown;
  try {
    await provider.call({ from, to, data, value, gasLimit, blockTag });
  } catch (error) {
    revert = revertOfError(error)?.revert ?? revert;
    cause = error;
  }
  const reason =
    revert.name === undefined && receipt.gasUsed >= gasLimit ? "it ran out of gas" : describeRevert(revert);
  return new RevertError(
    revert,
    `transaction ${receipt.hash} of ${from} with nonce ${nonce} failed in block ${receipt.blockNumber}: ${reason}`,
    { cause },
  );
}

/**
 * Sends a transaction again that a reorganisation removed: the same bytes, so that it cannot happen twice. The endpoint
 * may know it already, and the nonce may be used; either shows at the next look.
 */
async function sendAgain(sent: TransactionResponse): Promise<void> {
  const raw = rawTransaction(sent);
  if (raw === undefined || (await hasTransaction(sent.provider, sent.hash))) return;
  await sent.provider.broadcastTransaction(raw).catch(() => undefined);
}

/** The signed bytes of a transaction; undefined for types that ethers does not give all fields of. */
function rawTransaction(sent: TransactionResponse): string | undefined {
  const { type, to, nonce, gasLimit, data, value, chainId, accessList, signature } = sent;
  const { gasPrice, maxFeePerGas, maxPriorityFeePerGas } = sent;
  const price = type === 2 ? { maxFeePerGas, maxPriorityFeePerGas } : { gasPrice };
  try {
    const transaction = Transaction.from({
      ...{ type, to, nonce, gasLimit, data, value, chainId, signature, ...price },
      ...(type === 0 ? {} : { accessList }),
    });
    return transaction.hash === sent.hash ? transaction.serialized : undefined;
  } catch {
    return undefined;
  }
}

/** The result of a promise, or undefined if it takes longer than so many milliseconds. */
async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T | undefined> {
  const end = new AbortController();
  try {
    return await Promise.race([promise, sleep(milliseconds, end.signal).then(() => undefined)]);
  } finally {
    end.abort();
    // Nobody waits for the promise any more, so its later error is ignored.
    promise.catch(() => undefined);
  }
}
