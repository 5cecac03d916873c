// SPDX-License-Identifier: MIT
import {
  AbstractSigner,
  Transaction,
  type Provider,
  type TransactionRequest,
  type TransactionResponse,
  type TypedDataDomain,
  type TypedDataField,
} from "ethers";

import { ProtocolError } from "../../errors.ts";
import type { Outbox, PurposeLimits } from "../outbox/index.ts";

/**
 * The signer of a node's agents. Their transactions go through the outbox, and it signs nothing else.
 *
 * Set `purpose` before each transaction.
 */
export class OutboxSigner extends AbstractSigner {
  readonly address: string;
  /** Purpose of the next transaction, such as `verify 17`. Another call needs another purpose. */
  purpose = "";
  readonly #outbox: Outbox;
  readonly #limits: Pick<PurposeLimits, "maxFee">;

  /** @param address of the outbox's account */
  constructor(outbox: Outbox, address: string, provider: Provider, limits: Pick<PurposeLimits, "maxFee"> = {}) {
    super(provider);
    this.#outbox = outbox;
    this.address = address;
    this.#limits = limits;
  }

  getAddress(): Promise<string> {
    return Promise.resolve(this.address);
  }

  /** The outbox belongs to one endpoint. */
  connect(): this {
    return this;
  }

  /** Takes a call into the outbox. @throws {ProtocolError} as `Outbox.enqueue` */
  override async sendTransaction({ to, data, value, gasLimit }: TransactionRequest): Promise<TransactionResponse> {
    const provider = this.provider as unknown as Wrapping;
    // Agents call contracts by their addresses.
    const call = { to: to as string, data: data ?? "0x", value: BigInt(value ?? 0) };
    const { attempts } = await this.#outbox.enqueue(this.purpose, call, {
      ...this.#limits,
      ...(gasLimit === undefined || gasLimit === null ? {} : { gasLimit: BigInt(gasLimit) }),
    });
    const network = await provider.getNetwork();
    return provider._wrapTransactionResponse(Transaction.from(attempts[0]!.raw) as never, network);
  }

  /** @throws {ProtocolError} `OUTBOX_ONLY` */
  signTransaction(): Promise<string> {
    return Promise.reject(outboxOnly("a transaction"));
  }

  /** @throws {ProtocolError} `OUTBOX_ONLY` */
  signMessage(): Promise<string> {
    return Promise.reject(outboxOnly("a message"));
  }

  /** @throws {ProtocolError} `OUTBOX_ONLY` */
  signTypedData(_domain: TypedDataDomain, _types: Record<string, TypedDataField[]>): Promise<string> {
    return Promise.reject(outboxOnly("typed data"));
  }
}

/** A provider of ethers, with its method that makes the response of a signed transaction. */
interface Wrapping extends Provider {
  _wrapTransactionResponse(transaction: never, network: unknown): TransactionResponse;
}

const outboxOnly = (what: string): ProtocolError =>
  new ProtocolError("OUTBOX_ONLY", {}, `a node's signer signs what its outbox sends, and not ${what}`);
