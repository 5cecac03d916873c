// SPDX-License-Identifier: MIT
import { concat, keccak256 } from "ethers";

import { P, reduceToField, toField, type Field } from "../field.ts";
import { toBytes } from "./bits.ts";

/**
 * The point at which a statement is evaluated: `keccak256(words) mod p`, 32 bytes each, big-endian (docs/protocol.md
 * §6.1). The statement's digest is among the words, so they are fixed before the point is known.
 *
 * @param words as L1 is given them: of a leaf, each exit follows the signals with its two words
 *
 * @throws {ProtocolError} `NOT_A_FIELD_ELEMENT`
 */
export const statementPoint = (words: readonly bigint[]): Field =>
  reduceToField(BigInt(keccak256(concat(words.map((word) => toBytes(toField(word), 32))))));

/** Σ words[i] · point^i mod p. @param words as the circuit has them: of a leaf, those of all slots' exits follow */
export const evaluateStatement = (words: readonly bigint[], point: bigint): Field =>
  reduceToField(words.reduceRight((sum, word) => (word + point * sum) % P, 0n));
