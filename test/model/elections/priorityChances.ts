// SPDX-License-Identifier: MIT

/** Probability of each number of successes in so many trials. */
function binomial(trials: number, chance: number): number[] {
  let row = [1];
  for (let i = 0; i < trials; i++) {
    const next = [...row, 0].map((p) => p * (1 - chance));
    row.forEach((p, successes) => (next[successes + 1]! += p * chance));
    row = next;
  }
  return row;
}

/** Expected highest of so many equal and independent draws from a distribution of 0, 1, … */
function expectedHighest(distribution: readonly number[], draws: number): number {
  let [atMost, expected] = [0, 0];
  for (const p of distribution.slice(0, -1)) {
    atMost += p;
    expected += 1 - atMost ** draws;
  }
  return expected;
}

/**
 * Share of the slots of a party that proposes blocks of L1, and leaves some of them out. If it proposes the last t blocks
 * up to the seed block, and not the one before, it chooses the best of 2^t seeds. As if it knew all scores, and a block
 * cost it nothing: an upper bound.
 *
 * @param party its shares of the tickets and of L1's blocks, and the slots that one seed decides
 */
export function grindingShare(party: { tickets: number; blocks: number; slots: number }): number {
  const { tickets, blocks, slots } = party;
  const wins = binomial(slots, tickets);
  let share = 0;
  for (let tail = 0; tail <= 24; tail++) {
    share += (1 - blocks) * blocks ** tail * (expectedHighest(wins, 2 ** tail) / slots);
  }
  return share;
}

/** Lowest of as many draws as there are tickets: the rule of RandomPriority. */
export const lowestDraw = (tickets: number, draw: () => number): number =>
  Math.min(...Array.from({ length: tickets }, draw));

/** One draw divided by a weight: the rule that it does not use. */
export const lowestQuotient = (weight: number, draw: () => number): number => draw() / weight;
