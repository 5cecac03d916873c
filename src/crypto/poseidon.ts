import * as lite from "poseidon-lite";

import { ProtocolError } from "../errors.ts";
import type { Field } from "../field.ts";

const byArity = [
  lite.poseidon1,
  lite.poseidon2,
  lite.poseidon3,
  lite.poseidon4,
  lite.poseidon5,
  lite.poseidon6,
  lite.poseidon7,
  lite.poseidon8,
  lite.poseidon9,
  lite.poseidon10,
  lite.poseidon11,
  lite.poseidon12,
  lite.poseidon13,
  lite.poseidon14,
  lite.poseidon15,
  lite.poseidon16,
] as const;

/**
 * circomlib's Poseidon over the BN254 scalar field.
 * @param inputs 1 … 16 field elements
 * @throws {ProtocolError} `BAD_ARITY`
 */
export function poseidon(inputs: readonly bigint[]): Field {
  const hash = byArity[inputs.length - 1];
  if (hash === undefined) throw new ProtocolError("BAD_ARITY", `Poseidon of ${inputs.length} inputs; 1 … 16 are possible`);
  return hash([...inputs]) as Field;
}
