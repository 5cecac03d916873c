import { ProtocolError } from "../errors.ts";

const MANTISSA_BITS = 20n;
const MAX_EXPONENT = 63;

/** A tip as a payload carries it: mantissa · 2^exponent. Several pairs may mean the same amount. */
export interface EncodedTip {
  /** 20 bits. */
  readonly mantissa: number;
  /** 6 bits. */
  readonly exponent: number;
}

/** The amount in the smallest unit of the fee token, below 2^83. */
export function decodeTip({ mantissa, exponent }: EncodedTip): bigint {
  return BigInt(mantissa) << BigInt(exponent);
}

/**
 * The pair with the smallest exponent.
 * @throws {ProtocolError} `TIP_NOT_REPRESENTABLE` if the amount has more than 20 significant bits or is too large
 */
export function encodeTip(amount: bigint): EncodedTip {
  const rounded = roundTipDown(amount);
  if (rounded !== amount) {
    throw new ProtocolError(
      "TIP_NOT_REPRESENTABLE",
      `a tip of ${amount} is not a 20-bit number times a power of two up to 2^${MAX_EXPONENT}; the next lower is ${rounded}`,
    );
  }
  const exponent = exponentOf(amount);
  return { mantissa: Number(amount >> BigInt(exponent)), exponent };
}

/** The largest tip that can be encoded and is not above `amount`. @throws {ProtocolError} `OUT_OF_RANGE` if negative */
export function roundTipDown(amount: bigint): bigint {
  if (amount < 0n) throw new ProtocolError("OUT_OF_RANGE", `a tip of ${amount} is below 0`);
  const exponent = exponentOf(amount);
  if (exponent > MAX_EXPONENT) return ((1n << MANTISSA_BITS) - 1n) << BigInt(MAX_EXPONENT);
  return (amount >> BigInt(exponent)) << BigInt(exponent);
}

function exponentOf(amount: bigint): number {
  return Math.max(0, amount.toString(2).length - Number(MANTISSA_BITS));
}
