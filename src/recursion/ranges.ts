// SPDX-License-Identifier: GPL-3.0-or-later
import { ProtocolError } from "../errors.ts";

/**
 * Takes an integer in [minimum, maximum].
 *
 * @throws {ProtocolError} `OUT_OF_RANGE`
 */
export function requireInteger(name: string, value: number, minimum: number, maximum: number): number {
  if (Number.isInteger(value) && value >= minimum && value <= maximum) return value;
  throw new ProtocolError(
    "OUT_OF_RANGE",
    { name, value, minimum, maximum },
    `${name} = ${value} is no integer from ${minimum} to ${maximum}`,
  );
}
