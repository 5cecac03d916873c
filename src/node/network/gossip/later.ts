// SPDX-License-Identifier: MIT
import type { Wanted } from "../gossip.ts";
import { keyOf } from "../messages/index.ts";
import { LATER } from "./limits.ts";

/** A message that came before what it is about, by its name: the content is asked for again when it can be judged. */
export interface Reference {
  readonly wanted: Wanted;
  /** Those who had it. */
  readonly peers: readonly string[];
}

interface Kept {
  readonly wanted: Wanted;
  readonly peers: Set<string>;
  tries: number;
  nextAt: number;
  readonly until: number;
}

/**
 * References to messages that were ignored for now. Some hundred bytes each and bounded for each peer, in the place of
 * the messages, of which anybody could send any number (lodestar 10087, aztec-packages 17721).
 */
export class LaterList {
  readonly #kept = new Map<string, Kept>();
  readonly #ofPeer = new Map<string, number>();

  get size(): number {
    return this.#kept.size;
  }

  /** @param now in milliseconds, not going back */
  add(wanted: Wanted, peer: string, now: number): void {
    const key = keyOf(wanted);
    const known = this.#kept.get(key);
    if (known !== undefined) {
      if (known.peers.size < 3) known.peers.add(peer);
      return;
    }
    const own = this.#ofPeer.get(peer) ?? 0;
    if (own >= LATER.ofPeer || this.#kept.size >= LATER.all) return;
    this.#ofPeer.set(peer, own + 1);
    const times = { tries: 0, nextAt: now + LATER.pause, until: now + LATER.time };
    this.#kept.set(key, { wanted, peers: new Set([peer]), ...times });
  }

  /**
   * Takes those out that can be tried now. Each is tried a few times, with longer and longer pauses.
   *
   * @param isPossible whether the message could be judged now
   */
  due(isPossible: (wanted: Wanted) => boolean, now: number): Reference[] {
    const due: Reference[] = [];
    for (const [key, kept] of this.#kept) {
      if (kept.until <= now || kept.tries >= LATER.tries) {
        this.#delete(key, kept);
      } else if (kept.nextAt <= now && due.length < LATER.concurrent && isPossible(kept.wanted)) {
        kept.tries += 1;
        kept.nextAt = now + LATER.pause * 2 ** kept.tries;
        due.push({ wanted: kept.wanted, peers: [...kept.peers] });
      }
    }
    return due;
  }

  /** Forgets a message that was found. */
  found(wanted: Wanted): void {
    const key = keyOf(wanted);
    const kept = this.#kept.get(key);
    if (kept !== undefined) this.#delete(key, kept);
  }

  #delete(key: string, { peers }: Kept): void {
    this.#kept.delete(key);
    const [first] = peers;
    if (first === undefined) return;
    const left = (this.#ofPeer.get(first) ?? 1) - 1;
    if (left > 0) this.#ofPeer.set(first, left);
    else this.#ofPeer.delete(first);
  }
}
