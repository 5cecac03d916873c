// SPDX-License-Identifier: MIT
import { SCORE } from "./limits.ts";

/** Consequence of a score. */
export type Sanction = "none" | "disconnect" | "ban";

/**
 * Scores of peers: 0, or below it for what they did. A score returns to 0 with a half-life of ten minutes. That a peer
 * does not answer costs it nothing: the node's own line may be cut (lodestar 9877).
 */
export class PeerScores {
  readonly #scores = new Map<string, { value: number; at: number }>();

  /** @param now in milliseconds; while it is before the last fault, the score stays */
  score(peer: string, now: number): number {
    const found = this.#scores.get(peer);
    return found === undefined ? 0 : found.value * 2 ** (Math.min(0, found.at - now) / SCORE.halfLife);
  }

  /** @param points that the peer loses; @param now as `score` */
  penalise(peer: string, points: number, now: number): Sanction {
    const value = this.score(peer, now) - points;
    this.#scores.delete(peer);
    this.#scores.set(peer, { value, at: now });
    if (this.#scores.size > SCORE.remembered) this.#forget();
    if (value <= SCORE.ban) return "ban";
    return value <= SCORE.disconnect ? "disconnect" : "none";
  }

  /** The peer that has done nothing wrong for the longest time. */
  #forget(): void {
    const [oldest] = this.#scores.keys();
    if (oldest !== undefined) this.#scores.delete(oldest);
  }
}
