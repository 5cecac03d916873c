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
