// SPDX-License-Identifier: MIT
import { ProtocolError } from "../errors.ts";
import { toUint } from "../field.ts";
import { ETH } from "../ledger/index.ts";

/** One token under its ids in two rollups; 16 bits each. */
export interface TokenPair {
  readonly source: bigint;
  readonly target: bigint;
}

/** Token pairs of a migration. */
export const TOKEN_PAIRS = 4;

const ID_BITS = 16;
const PAIR_BITS = 2 * ID_BITS;

/** ETH in both rollups. It stands in the place of a missing pair. */
const ETH_PAIR: TokenPair = { source: ETH, target: ETH };

/**
 * `tokens` of docs/enforcement.md §5.2, for one to four pairs.
 *
 * @throws {ProtocolError} `OUT_OF_RANGE`; `AMBIGUOUS_PAIRS` if a token of one rollup is paired with two of the other
 */
export function packTokens(pairs: readonly TokenPair[]): bigint {
  if (pairs.length < 1 || pairs.length > TOKEN_PAIRS) {
    throw new ProtocolError(
      "OUT_OF_RANGE",
      { name: "pairs", value: pairs.length, minimum: 1, maximum: TOKEN_PAIRS },
      `${pairs.length} token pairs are not 1 … ${TOKEN_PAIRS}`,
    );
  }
  const all = Array.from({ length: TOKEN_PAIRS }, (_, i) => pairs[i] ?? ETH_PAIR);
  for (const [i, pair] of all.entries()) {
    const other = all.slice(0, i).find(({ source, target }) => (source === pair.source) !== (target === pair.target));
    if (other !== undefined) {
      const names = [other, pair].map(({ source, target }) => `(${source}, ${target})`);
      throw new ProtocolError(
        "AMBIGUOUS_PAIRS",
        { pairs: [other, pair] },
        `${names.join(" and ")} have one id in common`,
      );
    }
  }
  return all.reduceRight(
    (packed, { source, target }) =>
      (packed << BigInt(PAIR_BITS)) +
      (toUint(target, ID_BITS, "target") << BigInt(ID_BITS)) +
      toUint(source, ID_BITS, "source"),
    0n,
  );
}

/**
 * `tokens` of a departure, which has one token (docs/enforcement.md §5.4): the same pair four times.
 *
 * @throws {ProtocolError} `OUT_OF_RANGE`; `AMBIGUOUS_PAIRS` if one of the two is ETH and the other is not
 */
export function packPair(pair: TokenPair): bigint {
  if ((pair.source === ETH) !== (pair.target === ETH)) {
    throw new ProtocolError(
      "AMBIGUOUS_PAIRS",
      { pairs: [pair] },
      `(${pair.source}, ${pair.target}): ETH is ETH in every rollup`,
    );
  }
  return packTokens(Array.from({ length: TOKEN_PAIRS }, () => pair));
}

/** The four pairs. Total over 128 bits. @throws {ProtocolError} `OUT_OF_RANGE` */
export function unpackTokens(tokens: bigint): TokenPair[] {
  toUint(tokens, TOKEN_PAIRS * PAIR_BITS, "tokens");
  return Array.from({ length: TOKEN_PAIRS }, (_, i) => {
    const pair = tokens >> BigInt(PAIR_BITS * i);
    return { source: BigInt.asUintN(ID_BITS, pair), target: BigInt.asUintN(ID_BITS, pair >> BigInt(ID_BITS)) };
  });
}

/** Number of the first pair that is this one. @throws {ProtocolError} `OUT_OF_RANGE` */
export function matchingPair(tokens: bigint, wanted: TokenPair): number | undefined {
  const found = unpackTokens(tokens).findIndex(
    ({ source, target }) => source === wanted.source && target === wanted.target,
  );
  return found < 0 ? undefined : found;
}
