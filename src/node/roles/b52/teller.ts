// SPDX-License-Identifier: MIT
import { reasonOf } from "../../../chain/index.ts";
import { isProtocolError } from "../../../errors.ts";
import type { Gossip, Message } from "../../network/index.ts";
import { RecentCache } from "../../recentCache.ts";

/** Names of messages that are remembered. A round has some fifty, and only those of the last rounds are told. */
const TOLD = 4_096;

/** How often a message is told. */
export interface Repeat {
  /** Time of L1, in seconds. */
  readonly now: number;
  /** Seconds. */
  readonly every: number;
}

/**
 * Tells the network what this node has kept on its disk. A message counts as told when the network has taken it: one that
 * it refuses, or that comes while the node has no network, is told again at the next look, and keeps its role from
 * nothing else. After a restart everything is told again.
 */
export class Teller {
  readonly #gossip: Gossip;
  readonly #onRefused: (name: string, reason: string) => void;
  /** By name: when a message was told last, in seconds of L1; 0 if it is told once. */
  readonly #told = new RecentCache<string, number>(TOLD);
  /** By name: why the network did not take a message the last time. */
  readonly #refused = new RecentCache<string, string>(TOLD);

  /** @param onRefused called when a message is refused, once for each reason */
  constructor(gossip: Gossip, onRefused: (name: string, reason: string) => void = () => undefined) {
    this.#gossip = gossip;
    this.#onRefused = onRefused;
  }

  /** Whether this process has told a message. */
  hasTold(name: string): boolean {
    return this.#told.get(name) !== undefined;
  }

  /** Whether a message is to be told. @param repeat as `tell` */
  isDue(name: string, repeat?: Repeat): boolean {
    const last = this.#told.get(name);
    return last === undefined || (repeat !== undefined && repeat.now - last >= repeat.every);
  }

  /**
   * Tells a message, unless this process has told it before.
   *
   * @param name of the message: two messages with one name say the same
   * @param repeat tells it again after a time, for those who have not heard it
   * @returns whether it was told now
   * @throws {Error} of anything but the network
   */
  async tell(name: string, message: Message, repeat?: Repeat): Promise<boolean> {
    if (!this.isDue(name, repeat)) return false;
    try {
      await this.#gossip.publish(message);
    } catch (error) {
      if (!isProtocolError(error, "MESSAGE_REFUSED", "NETWORK_FAILED", "BAD_MESSAGE")) throw error;
      const reason = reasonOf(error);
      if (this.#refused.get(name) !== reason) this.#onRefused(name, reason);
      this.#refused.set(name, reason);
      return false;
    }
    this.#told.set(name, repeat?.now ?? 0);
    return true;
  }
}
