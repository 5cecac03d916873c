// SPDX-License-Identifier: MIT

/** How often somebody may ask. */
export interface Rate {
  /** Requests in a second, on the average. */
  readonly perSecond: number;
  /** Requests at once, after a pause. */
  readonly burst: number;
}

/** Names that are remembered; beyond that, the one that has not asked for the longest time is forgotten. */
const MAX_NAMES = 10_000;

/** Buckets of tokens, one for each name, such as an IP address. */
export class TokenBuckets {
  readonly #rate: Rate;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /**
   * Takes tokens if there are enough.
   *
   * @param name of who asks
   * @param count of tokens
   * @param now in milliseconds; while it is before the last time, nothing comes back
   */
  take(name: string, count: number, now: number): boolean {
    const bucket = this.#bucket(name, now);
    if (bucket.tokens < count) return false;
    bucket.tokens -= count;
    return true;
  }

  /**
   * Takes tokens for what was done already, also if there are not enough: then none can be taken until they are back.
   *
   * @param name, count, now as `take`
   */
  charge(name: string, count: number, now: number): void {
    this.#bucket(name, now).tokens -= count;
  }

  /** The tokens of a name; negative for one that owes some. @param now as `take` */
  left(name: string, now: number): number {
    return this.#bucket(name, now).tokens;
  }

  #bucket(name: string, now: number): { tokens: number; at: number } {
    const { perSecond, burst } = this.#rate;
    const bucket = this.#buckets.get(name) ?? { tokens: burst, at: now };
    // The clock of a machine can be set back.
    bucket.tokens = Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.at) / 1_000) * perSecond);
    bucket.at = now;
    this.#buckets.delete(name);
    this.#buckets.set(name, bucket);
    if (this.#buckets.size > MAX_NAMES) this.#forget();
    return bucket;
  }

  #forget(): void {
    const [oldest] = this.#buckets.keys();
    if (oldest !== undefined) this.#buckets.delete(oldest);
  }
}
