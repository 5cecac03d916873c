// SPDX-License-Identifier: MIT
import { formatEther, type BigNumberish, type Signer, type TransactionRequest } from "ethers";

import { ProtocolError } from "../errors.ts";

/** Price that a transaction offers for a unit of gas, in wei. */
export type GasPrice =
  | { readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint; readonly gasPrice?: never }
  | { readonly gasPrice: bigint; readonly maxFeePerGas?: never; readonly maxPriorityFeePerGas?: never };

/** The most that one transaction may cost unless the options say otherwise: 0.1 ETH, in wei. */
export const MAX_FEE = 10n ** 17n;

/**
 * The price that a transaction offers for gas: the fields of the request, and for missing fields the proposal of the
 * signer's endpoint. Send the request with this price: then its cost has a known maximum. Without it, the endpoint is
 * asked again and may answer otherwise.
 *
 * @returns undefined if the endpoint proposes nothing
 */
export async function gasPriceOf(signer: Signer, request: TransactionRequest): Promise<GasPrice | undefined> {
  const asked = valuesOf(request);
  if (asked.gasPrice !== undefined) return { gasPrice: asked.gasPrice };
  const { maxFeePerGas, maxPriorityFeePerGas } = asked;
  if (maxFeePerGas !== undefined && maxPriorityFeePerGas !== undefined) return { maxFeePerGas, maxPriorityFeePerGas };
  const offered = valuesOf((await signer.provider?.getFeeData()) ?? {});
  // Types 0 and 1 have one price.
  const isOld = request.type === 0 || request.type === 1;
  const most = maxFeePerGas ?? offered.maxFeePerGas;
  if (isOld || most === undefined) return offered.gasPrice === undefined ? undefined : { gasPrice: offered.gasPrice };
  const priority = maxPriorityFeePerGas ?? offered.maxPriorityFeePerGas ?? 0n;
  return { maxFeePerGas: most, maxPriorityFeePerGas: priority < most ? priority : most };
}

/**
 * Refuses a transaction that may cost too much. The price of gas is the endpoint's word, so without a limit an endpoint
 * that lies sets what is paid.
 *
 * @param price of `gasPriceOf`
 * @param maxFee wei for gas
 * @throws {ProtocolError} `FEE_ABOVE_MAXIMUM`
 */
export function requireFeeWithin(
  price: GasPrice | undefined,
  gasLimit: bigint,
  maxFee: bigint,
): asserts price is GasPrice {
  if (price === undefined) {
    throw new ProtocolError(
      "FEE_ABOVE_MAXIMUM",
      { fee: undefined, maximum: maxFee },
      "the endpoint does not tell the price of gas, so no fee is known",
    );
  }
  const fee = gasLimit * (price.maxFeePerGas ?? price.gasPrice);
  if (fee > maxFee) {
    throw new ProtocolError(
      "FEE_ABOVE_MAXIMUM",
      { fee, maximum: maxFee },
      `the gas may cost ${formatEther(fee)} ETH (${fee} wei), and the limit is ${formatEther(maxFee)} ETH (${maxFee} wei)`,
    );
  }
}

type Value = BigNumberish | null | undefined;

interface Values {
  readonly maxFeePerGas?: Value;
  readonly maxPriorityFeePerGas?: Value;
  readonly gasPrice?: Value;
}

function valuesOf({ maxFeePerGas, maxPriorityFeePerGas, gasPrice }: Values): {
  readonly [name in keyof Values]-?: bigint | undefined;
} {
  const read = (value: Value): bigint | undefined =>
    value === undefined || value === null ? undefined : BigInt(value);
  return {
    maxFeePerGas: read(maxFeePerGas),
    maxPriorityFeePerGas: read(maxPriorityFeePerGas),
    gasPrice: read(gasPrice),
  };
}
