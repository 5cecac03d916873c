// SPDX-License-Identifier: MIT

/** A time in which something was wrong with a node, in unix milliseconds. */
export interface Span {
  /** A node's name, or `all`. */
  readonly node: string;
  /** Whether only its connections to peers were troubled: it ran, and had L1. */
  readonly isNetwork: boolean;
  readonly from: number;
  /** Undefined as long as it lasts. */
  to: number | undefined;
}

/** Compares the time of L1 with that of this machine: L1's may run ahead, and change when it goes back. */
export class L1Clock {
  readonly #samples: { readonly wall: number; readonly l1: number }[] = [];

  /** @param l1 time of the newest block, in unix seconds */
  sample(l1: number): void {
    this.#samples.push({ wall: Date.now(), l1 });
  }

  /** Unix milliseconds at which L1 had a time. */
  wallOf(l1: number): number {
    const sample = this.#samples.findLast((candidate) => candidate.l1 <= l1) ?? this.#samples[0];
    return sample === undefined ? l1 * 1_000 : sample.wall + (l1 - sample.l1) * 1_000;
  }
}

/** Keeps when something was wrong with which node. */
export class Timeline {
  readonly spans: Span[] = [];

  /** @returns ends the trouble */
  begin(node: string, isNetwork = false): () => void {
    const span: Span = { node, isNetwork, from: Date.now(), to: undefined };
    this.spans.push(span);
    return () => {
      span.to ??= Date.now();
    };
  }
}

/**
 * The longest time within [from, to) in which nothing was wrong with a node, in milliseconds.
 *
 * @param withNetwork whether trouble with its peers counts
 */
export function longestCalm(
  spans: readonly Span[],
  node: string,
  { from, to, withNetwork }: { readonly from: number; readonly to: number; readonly withNetwork: boolean },
): number {
  const troubled = spans
    .filter((span) => (span.node === node || span.node === "all") && (withNetwork || !span.isNetwork))
    .map((span) => ({ from: Math.max(from, span.from), to: Math.min(to, span.to ?? to) }))
    .filter((span) => span.from < span.to)
    .sort((a, b) => a.from - b.from);
  let [longest, calmSince] = [0, from];
  for (const span of troubled) {
    longest = Math.max(longest, span.from - calmSince);
    calmSince = Math.max(calmSince, span.to);
  }
  return Math.max(longest, to - calmSince);
}
