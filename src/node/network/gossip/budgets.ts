// SPDX-License-Identifier: MIT
import { TokenBuckets } from "../../tokenBucket.ts";
import { MESSAGE_KINDS, type MessageKind } from "../messages/index.ts";
import { BYTE_RATES, CONTROL_RATE, MESSAGE_RATES, TIME_RATES } from "./limits.ts";

interface KindBuckets {
  readonly messages: TokenBuckets;
  readonly bytes: TokenBuckets;
  readonly time: TokenBuckets;
}

/** Budgets of each peer for each topic: messages, bytes, and time to decide about them. */
export class PeerBudgets {
  readonly #kinds: ReadonlyMap<MessageKind, KindBuckets> = new Map(
    MESSAGE_KINDS.map((kind) => [
      kind,
      {
        messages: new TokenBuckets(MESSAGE_RATES[kind]),
        bytes: new TokenBuckets(BYTE_RATES[kind]),
        time: new TokenBuckets(TIME_RATES[kind]),
      },
    ]),
  );
  readonly #control = new TokenBuckets(CONTROL_RATE);
  /** Messages beyond the budget, by peer and kind, since the last one that counted. */
  readonly #excess = new Map<string, number>();

  /** Takes a message from the budget. @param now in milliseconds, not going back */
  take(peer: string, kind: MessageKind, bytes: number, now: number): boolean {
    const { messages, bytes: size, time } = this.#kinds.get(kind)!;
    if (time.left(peer, now) <= 0 || messages.left(peer, now) < 1) return false;
    return size.take(peer, bytes, now) && messages.take(peer, 1, now);
  }

  /** @param milliseconds that a decision took; @param now as `take` */
  spend(peer: string, kind: MessageKind, milliseconds: number, now: number): void {
    this.#kinds.get(kind)!.time.charge(peer, milliseconds, now);
  }

  /** @param entries of control messages and subscriptions; @param now as `take` */
  takeControl(peer: string, entries: number, now: number): boolean {
    return this.#control.take(peer, entries, now);
  }

  /**
   * Counts what is dropped. A relay may be over its budget for a while through no fault of its own.
   *
   * @returns whether as many were dropped as may come at once: then it counts as a fault
   */
  exceeds(peer: string, kind: MessageKind | "control", count = 1): boolean {
    const name = `${kind}/${peer}`;
    const most = kind === "control" ? CONTROL_RATE.burst : MESSAGE_RATES[kind].burst;
    const dropped = (this.#excess.get(name) ?? 0) + count;
    this.#excess.set(name, dropped >= most ? dropped % most : dropped);
    return dropped >= most;
  }

  /** Forgets the excess of a peer that is gone. Its budgets stay: it may come again. */
  forget(peer: string): void {
    for (const kind of [...MESSAGE_KINDS, "control"] as const) this.#excess.delete(`${kind}/${peer}`);
  }
}
