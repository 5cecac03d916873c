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

import { ProtocolError } from "../errors.ts";

/** What one transaction may cost. */
export interface Limits {
  /** Wei for gas and fees of the protocol together, at the highest price of gas that is offered. */
  readonly maxFee: bigint;
  /** Gas. A token may use as much as it is let. */
  readonly maxGas: bigint;
}

/**
 * A signer that does not sign what may cost more than a limit. The price of gas and the gas come from the endpoint, the
 * gas from foreign tokens too: both are asked, and believed only so far.
 */
export class LimitedSigner extends AbstractSigner {
  readonly #signer: Signer;
  readonly #limits: Limits;

  constructor(signer: Signer, limits: Limits) {
    super(signer.provider);
    this.#signer = signer;
    this.#limits = limits;
  }

  getAddress(): Promise<string> {
    return this.#signer.getAddress();
  }

  connect(provider: Provider | null): LimitedSigner {
    return new LimitedSigner(this.#signer.connect(provider), this.#limits);
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

  /** @throws {ProtocolError} `FEE_ABOVE_LIMIT`, and nothing is sent */
  override async sendTransaction(transaction: TransactionRequest): Promise<TransactionResponse> {
    const filled = await this.#signer.populateTransaction(transaction);
    const gas = BigInt(filled.gasLimit ?? 0);
    const price = BigInt(filled.maxFeePerGas ?? filled.gasPrice ?? 0);
    if (gas > this.#limits.maxGas) {
      throw new ProtocolError("FEE_ABOVE_LIMIT", `it needs ${gas} gas, and the limit is ${this.#limits.maxGas}`);
    }
    const cost = gas * price + BigInt(filled.value ?? 0);
    if (cost > this.#limits.maxFee) {
      throw new ProtocolError(
        "FEE_ABOVE_LIMIT",
        `it may cost ${formatEther(cost)} ETH, and the limit is ${formatEther(this.#limits.maxFee)} ETH`,
      );
    }
    return this.#signer.sendTransaction(filled);
  }
}
