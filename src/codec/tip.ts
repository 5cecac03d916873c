// SPDX-License-Identifier: MIT
import { ProtocolError } from "../errors.ts";
import { toUint } from "../field.ts";

/** A tip on the wire: `mantissa · 2^exponent`, 20 and 6 bits. */
export interface EncodedTip {
  readonly mantissa: bigint;
  readonly exponent: bigint;
}

const MANTISSA_BITS = 20n;
const MAX_EXPONENT = 63n;

/** The largest tip: (2^20 − 1)·2^63. */
export const MAX_TIP = ((1n << MANTISSA_BITS) - 1n) << MAX_EXPONENT;

/** Bits of `value` beyond the mantissa, so the smallest exponent that can carry it. */
function excessBits(value: bigint): bigint {
  const bits = BigInt(value.toString(2).length);
  return bits > MANTISSA_BITS ? bits - MANTISSA_BITS : 0n;
}

/**
 * The encoding of `tip` with the smallest exponent.
 *
 * @throws {ProtocolError} `TIP_NOT_REPRESENTABLE` if the tip is negative, above MAX_TIP or has more than 20 significant
 *   bits
 */
export function encodeTip(tip: bigint): EncodedTip {
  if (tip < 0n || tip > MAX_TIP || roundTipDown(tip) !== tip) {
    throw new ProtocolError(
      "TIP_NOT_REPRESENTABLE",
      { tip },
      `a tip of ${tip} is not mantissa · 2^exponent; see roundTipDown`,
    );
  }
  const exponent = excessBits(tip);
  return { mantissa: tip >> exponent, exponent };
}

/** Total over 20 and 6 bits: several encodings of one tip are allowed. @throws {ProtocolError} `OUT_OF_RANGE` */
export const decodeTip = ({ mantissa, exponent }: EncodedTip): bigint =>
  toUint(mantissa, 20, "tipMantissa") << toUint(exponent, 6, "tipExponent");

/** The largest tip that can be encoded and is not above `tip` (≥ 0). */
export function roundTipDown(tip: bigint): bigint {
  if (tip >= MAX_TIP) {
    return MAX_TIP;
  }
  const exponent = excessBits(tip);
  return (tip >> exponent) << exponent;
}
