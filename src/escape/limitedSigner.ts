// SPDX-License-Identifier: MIT
import {
  AbstractSigner,
  formatEther,
  type Provider,
  type Signer,
  type TransactionRequest,
  type TransactionResponse,
  type TypedDataDomain,
  type TypedDataField,
} from "ethers";

import { gasPriceOf } from "../chain/index.ts";
import { ProtocolError } from "../errors.ts";

/** Limits for the cost of transactions. */
export interface Limits {
  /** Of one transaction: wei for gas and fees of the protocol together, at the highest price of gas that is offered. */
  readonly maxFee: bigint;
  /** Of all together, in wei. The gas fee that was offered counts, until `paid` tells the fee that was paid. */
  readonly maxTotal: bigint;
  /** Gas of one. A token may use as much as it is let. */
  readonly maxGas: bigint;
}

/** Wei spent so far. A signer and its copies from `connect` share one account. */
interface Account {
  spent: bigint;
  /** The part of it that the last transaction offered for gas. */
  offered: bigint;
}

/**
 * A signer that does not sign what may cost more than a limit, by itself or with what it signed before. The price of gas and the gas come from the endpoint, the
 * gas from foreign tokens too: both are asked, and believed only so far.
 */
export class LimitedSigner extends AbstractSigner {
  readonly #signer: Signer;
  readonly #limits: Limits;
  readonly #account: Account;

  constructor(signer: Signer, limits: Limits, account: Account = { spent: 0n, offered: 0n }) {
    super(signer.provider);
    this.#signer = signer;
    this.#limits = limits;
    this.#account = account;
  }

  /** Says what the last transaction paid for gas, in wei: the rest of what it offered is free for others. */
  paid(fee: bigint): void {
    this.#account.spent -= this.#account.offered - fee;
    this.#account.offered = fee;
  }

  getAddress(): Promise<string> {
    return this.#signer.getAddress();
  }

  connect(provider: Provider | null): LimitedSigner {
    return new LimitedSigner(this.#signer.connect(provider), this.#limits, this.#account);
  }

  signTransaction(transaction: TransactionRequest): Promise<string> {
    return this.#signer.signTransaction(transaction);
  }

  signMessage(message: string | Uint8Array): Promise<string> {
    return this.#signer.signMessage(message);
  }

  signTypedData(
    domain: TypedDataDomain,
    types: Record<string, TypedDataField[]>,
    value: Record<string, unknown>,
  ): Promise<string> {
    return this.#signer.signTypedData(domain, types, value);
  }

  /** @throws {ProtocolError} `GAS_ABOVE_MAXIMUM`, `FEE_ABOVE_MAXIMUM`; nothing is sent */
  override async sendTransaction(transaction: TransactionRequest): Promise<TransactionResponse> {
    const filled = await this.#signer.populateTransaction(transaction);
    const gas = BigInt(filled.gasLimit ?? (await this.#signer.estimateGas(transaction)));
    if (gas > this.#limits.maxGas) {
      throw new ProtocolError(
        "GAS_ABOVE_MAXIMUM",
        { gas, maximum: this.#limits.maxGas },
        `it needs ${gas} gas, and the limit is ${this.#limits.maxGas}`,
      );
    }
    // Some signers leave the price to the endpoint.
    const fees = await gasPriceOf(this.#signer, filled);
    if (fees === undefined) {
      throw new ProtocolError(
        "FEE_ABOVE_MAXIMUM",
        { fee: undefined, maximum: this.#limits.maxFee },
        "the endpoint does not tell the price of gas",
      );
    }
    const price = fees.maxFeePerGas ?? fees.gasPrice;
    const cost = gas * price + BigInt(filled.value ?? 0);
    if (cost > this.#limits.maxFee) {
      throw new ProtocolError(
        "FEE_ABOVE_MAXIMUM",
        { fee: cost, maximum: this.#limits.maxFee },
        `it may cost ${formatEther(cost)} ETH, and the limit is ${formatEther(this.#limits.maxFee)} ETH`,
      );
    }
    const left = this.#limits.maxTotal - this.#account.spent;
    if (cost > left) {
      throw new ProtocolError(
        "FEE_ABOVE_MAXIMUM",
        { fee: cost, maximum: left },
        `it may cost ${formatEther(cost)} ETH, and of ${formatEther(this.#limits.maxTotal)} ETH, the limit of all together, ${formatEther(left)} ETH are left`,
      );
    }
    // Before it is sent: if the answer is lost, it may be mined.
    this.#account.spent += cost;
    this.#account.offered = gas * price;
    return this.#signer.sendTransaction({ ...filled, ...fees, gasLimit: gas });
  }
}
