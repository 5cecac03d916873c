// SPDX-License-Identifier: MIT
import * as lite from "poseidon-lite";

import { ProtocolError } from "../errors.ts";
import { toField, type Field } from "../field.ts";
import { fastCrypto } from "./fastCrypto.ts";

/** circomlib's Poseidon by number of inputs, as far as the protocol uses it. */
const BY_ARITY: Readonly<Record<number, (inputs: bigint[]) => bigint>> = {
  1: lite.poseidon1,
  2: lite.poseidon2,
  3: lite.poseidon3,
  4: lite.poseidon4,
  5: lite.poseidon5,
  6: lite.poseidon6,
  8: lite.poseidon8,
  12: lite.poseidon12,
  16: lite.poseidon16,
};

/**
 * circomlib's Poseidon over the BN254 scalar field.
 *
 * @throws {ProtocolError} `NOT_A_FIELD_ELEMENT`, `UNSUPPORTED_ARITY`
 */
export function poseidon(inputs: readonly bigint[]): Field {
  const hash = BY_ARITY[inputs.length];
  if (hash === undefined) {
    throw new ProtocolError(
      "UNSUPPORTED_ARITY",
      { inputs: inputs.length },
      `Poseidon of ${inputs.length} inputs is not used by the protocol`,
    );
  }
  const checked = inputs.map(toField);
  return toField(fastCrypto()?.poseidon(checked) ?? hash(checked));
}
