// SPDX-License-Identifier: MIT
import { concat, keccak256 } from "ethers";

import { ProtocolError } from "../errors.ts";
import { reduceToField, toField, toUint, type Field } from "../field.ts";
import { toBytes } from "./bits.ts";

/** Bits of a header. */
const HEADER_BITS = 224;

/** The words of a batch that L1 knows, for a joint proof. */
export interface ChainedBatch {
  /** Header of the batch, 224 bits. */
  readonly header: bigint;
  /** Point at which the data are evaluated. */
  readonly z: bigint;
  /** Account that posted the batch. */
  readonly sequencer: bigint;
  /** Context of the batch's proofs. */
  readonly context: bigint;
  /** Fees of each leaf for its prover. At least one. */
  readonly proverFees: readonly bigint[];
  /** Commitment of each leaf to its data, then evaluation of each. */
  readonly openings: readonly bigint[];
  /** Two words for each exit, with slots that are counted through the batch (`exitEntries`). */
  readonly exits: readonly bigint[];
}

/**
 * Encodes the words of leaves that L1 knows, as the contract's library `LeafChain` does.
 *
 * @param worker account of the aggregator
 * @returns words of 32 bytes in hex
 * @throws {ProtocolError} `NOT_A_FIELD_ELEMENT`; `OUT_OF_RANGE` for a header, or a batch without leaves; `BAD_LENGTH` for
 *   openings that are not two for each leaf
 */
export function encodeLeafChain(domain: bigint, worker: bigint, batches: readonly ChainedBatch[]): string {
  const words = [domain, worker].map((word) => toBytes(toField(word), 32));
  for (const { header, z, sequencer, context, proverFees, openings, exits } of batches) {
    const leaves = proverFees.length;
    if (leaves === 0) {
      throw new ProtocolError(
        "OUT_OF_RANGE",
        { name: "leaves of a batch", value: 0, minimum: 1, maximum: 2 ** 16 - 1 },
        "a batch of a chain has at least one leaf, not 0",
      );
    }
    if (openings.length !== 2 * leaves) {
      throw new ProtocolError(
        "BAD_LENGTH",
        { name: "openings", length: openings.length, expected: 2 * leaves, relation: "exactly" },
        `${openings.length} openings of ${leaves} leaves, not ${2 * leaves}`,
      );
    }
    words.push(toBytes(toUint(header, HEADER_BITS, "header"), 32));
    const counts = [BigInt(leaves), BigInt(exits.length)];
    for (const word of [z, sequencer, context, ...counts, ...proverFees, ...openings]) {
      words.push(toBytes(toField(word), 32));
    }
    // An exit's slot is above the field's bits.
    for (const word of exits) words.push(toBytes(toUint(word, 256, "exit"), 32));
  }
  return concat(words);
}

/**
 * The point at which the words of a chain are evaluated: `keccak256(root, chain) mod p`. The root fixes the words of the
 * proofs before the point is known.
 *
 * @param root of the tree of proofs
 * @param chain `encodeLeafChain`
 * @throws {ProtocolError} `NOT_A_FIELD_ELEMENT`
 */
export const leafChainPoint = (root: bigint, chain: string): Field =>
  reduceToField(BigInt(keccak256(concat([toBytes(toField(root), 32), chain]))));
