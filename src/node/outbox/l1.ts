// SPDX-License-Identifier: MIT
import { VoidSigner, type Provider } from "ethers";

import { ask, findNonceUse, gasLimitOf, gasPriceOf, hasTransaction, type SendOptions } from "../../chain/index.ts";
import type { Mined, NonceUse, SendAnswer } from "./nextStep.ts";
import type { Fees, OutboxCall } from "./row.ts";

/** Access of the outbox to L1. Each call may fail: the outbox then looks again later. */
export interface OutboxL1 {
  readonly chainId: bigint;
  /** Number of the newest block. */
  head(): Promise<number>;
  /** Next nonce of an account after a block, or after the transactions that wait in the pool. */
  nonceAt(account: string, block: number | "pending"): Promise<number>;
  /** Undefined if the transaction is in no block. */
  mined(hash: string): Promise<Mined | undefined>;
  /** Whether the endpoint has a transaction, in its pool or in a block. */
  has(hash: string): Promise<boolean>;
  /** How a nonce was used; undefined if it is not used, or the endpoint does not have the block. */
  nonceUse(account: string, nonce: number): Promise<NonceUse | undefined>;
  /** Fees that a transaction should offer now; undefined if the endpoint proposes none. */
  fees(account: string): Promise<Fees | undefined>;
  /** @throws {ProtocolError} as `gasLimitOf` */
  gasLimit(account: string, call: OutboxCall, limits: Pick<SendOptions, "maxGas">): Promise<bigint>;
  /** Gives the endpoint a signed transaction. */
  send(raw: string): Promise<void>;
}

/** An endpoint as the outbox asks it. @param provider of L1 */
export async function createOutboxL1(provider: Provider): Promise<OutboxL1> {
  const { chainId } = await ask("eth_chainId", () => provider.getNetwork());
  return {
    chainId,
    head: () => provider.getBlockNumber(),
    nonceAt: (account, block) => provider.getTransactionCount(account, block),
    mined: async (hash) => {
      const receipt = await provider.getTransactionReceipt(hash);
      if (receipt === null) return undefined;
      return { block: receipt.blockNumber, succeeded: receipt.status === 1, gasUsed: receipt.gasUsed };
    },
    has: (hash) => hasTransaction(provider, hash),
    nonceUse: async (account, nonce) => {
      const use = await findNonceUse(provider, account, nonce);
      return use === undefined ? undefined : { block: use.block, hash: use.transaction?.hash.toLowerCase() };
    },
    fees: async (account) => {
      const price = await gasPriceOf(new VoidSigner(account, provider), {});
      if (price?.gasPrice === undefined) return price;
      return { maxFeePerGas: price.gasPrice, maxPriorityFeePerGas: price.gasPrice };
    },
    gasLimit: (account, call, limits) => gasLimitOf(new VoidSigner(account, provider), call, limits),
    send: async (raw) => {
      await provider.broadcastTransaction(raw);
    },
  };
}

const TAKEN = /already ?known|known transaction|already imported|already exists|already in/iu;
const UNDERPRICED =
  /underpriced|could not replace|replacement ?not ?allowed|(fee|gas ?price|tip).{0,40}(too ?low|less than|below|at least)/iu;

/** Classifies the error of an endpoint that was given a transaction. Each client has its own words. */
export function answerOf(error: unknown): SendAnswer {
  const words = messagesOf(error).join("\n");
  if (TAKEN.test(words)) return "accepted";
  return UNDERPRICED.test(words) ? "underpriced" : "refused";
}

/** An error's message, and those of what it was caused by, as far as it names any. */
function messagesOf(error: unknown, depth = 0): string[] {
  if (depth > 4 || typeof error !== "object" || error === null) return [];
  const { message, shortMessage, code, error: inner, info, cause } = error as Readonly<Record<string, unknown>>;
  const own = [shortMessage ?? message, code].filter((text) => typeof text === "string");
  return [...own, ...[inner, info, cause].flatMap((part) => messagesOf(part, depth + 1))];
}
