// SPDX-License-Identifier: MIT
import { AbiCoder, keccak256, toBeHex } from "ethers";

import { toField, toUint, type Field } from "../field.ts";
import type { MigrationRequest } from "./migration.ts";

/**
 * Hash of a request to depart. Its slot in the forced queue has it in the place of a key's y (docs/enforcement.md
 * §5.4); 248 bits.
 *
 * @throws {ProtocolError} `OUT_OF_RANGE`
 */
export function departureHash({ target, tokens, moves }: Omit<MigrationRequest, "domain">): Field {
  const fields = [toBeHex(toUint(target, 160, "target"), 20), toUint(tokens, 128, "tokens"), keccak256(moves)];
  const encoded = AbiCoder.defaultAbiCoder().encode(["address", "uint128", "bytes32"], fields);
  return toField(BigInt(keccak256(encoded)) >> 8n);
}
