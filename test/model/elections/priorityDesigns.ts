// SPDX-License-Identifier: MIT

/** Ways to choose who proves a batch. Times in seconds from the batch. */
export type Design =
  /** Proof of Efficiency: everybody proves, and the first proof wins. */
  | { readonly kind: "race" }
  /** RandomPriority: the lowest draw among the claims is known before the batch comes. */
  | { readonly kind: "claims"; readonly claimBlocks: number }
  /** Each one may prove from `spread · u` on, and shows its draw u with the proof. Nobody knows the draws of others. */
  | { readonly kind: "delays"; readonly spread: number };

export interface DesignOptions {
  readonly aggregators: number;
  /** Median seconds of a proof. */
  readonly median: number;
  /** Standard deviation of the logarithm of the speeds, which differ by aggregator. */
  readonly sigma: number;
  readonly batches: number;
}

export interface DesignResult {
  /** Proofs that were begun and not used, for each that was. */
  readonly wasted: number;
  /** Mean seconds from a batch to its proof. */
  readonly delay: number;
  /** Sum of the squares of the shares: 1 is a monopoly, 1/n is equal. */
  readonly concentration: number;
  /** Claims or shown draws, those that fail too, for each draw. */
  readonly claims: number;
}

/** A normal deviate (Box and Muller). */
const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/**
 * Claims of a slot if all are sensible: in block k of the window claims who has a draw below k / n and below the best
 * claim that it sees, which is that of the block before.
 *
 * @returns the holder, if there is one, and the number of claims
 */
function claimSlot(draws: readonly number[], claimBlocks: number): { holder: number | undefined; claims: number } {
  let [best, holder, claims]: [number, number | undefined, number] = [Infinity, undefined, 0];
  for (let block = 1; block <= claimBlocks; block++) {
    const limit = Math.min(best, block / draws.length);
    for (const [i, draw] of draws.entries()) {
      if (draw >= limit) continue;
      claims++;
      if (draw < best) [best, holder] = [draw, i];
    }
  }
  return { holder, claims };
}

/** @param random uniform in [0, 1) */
export function simulateDesign(design: Design, options: DesignOptions, random: () => number): DesignResult {
  const { aggregators, median, sigma, batches } = options;
  const indexes = Array.from({ length: aggregators }, (_, i) => i);
  const times = indexes.map(() => median * Math.exp(sigma * normal(random)));
  const wins = indexes.map(() => 0);
  let [wasted, delay, claims] = [0, 0, 0];
  for (let batch = 0; batch < batches; batch++) {
    const draws = indexes.map(random);
    const slot = design.kind === "claims" ? claimSlot(draws, design.claimBlocks) : undefined;
    claims += design.kind === "delays" ? 1 : (slot?.claims ?? 0);
    const allowed = indexes.filter((i) => slot?.holder === undefined || slot.holder === i);
    const spread = design.kind === "delays" ? design.spread : 0;
    /** Begins so that the proof is ready when it may be sent. */
    const readyAt = (i: number): number => Math.max(times[i]!, spread * draws[i]!);
    const winner = allowed.reduce((a, b) => (readyAt(b) < readyAt(a) ? b : a));
    const end = readyAt(winner);
    wasted += allowed.filter((i) => readyAt(i) - times[i]! < end).length - 1;
    delay += end;
    wins[winner]!++;
  }
  return {
    wasted: wasted / batches,
    delay: delay / batches,
    concentration: wins.reduce((sum, count) => sum + (count / batches) ** 2, 0),
    claims: claims / batches,
  };
}
