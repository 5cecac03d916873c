// SPDX-License-Identifier: MIT
import { OUTGOING } from "./limits.ts";

/** A message that waits for somebody to hear it. */
export interface Waiting {
  readonly topic: string;
  readonly bytes: Uint8Array;
  /** Milliseconds of the clock after which it is given up. */
  readonly until: number;
}

/**
 * Own messages that were published while no peer listened: they are sent when one does (taiko-mono 22060). The oldest
 * leave first.
 */
export class Outgoing {
  readonly #messages = new Map<string, Waiting>();

  get size(): number {
    return this.#messages.size;
  }

  /** An attempt to send that fails does not put off the end of its time. */
  add(waiting: Waiting): void {
    const id = `${waiting.topic} ${Buffer.from(waiting.bytes).toString("base64")}`;
    this.#messages.delete(id);
    this.#messages.set(id, waiting);
    const [oldest] = this.#messages.keys();
    if (this.#messages.size > OUTGOING.messages && oldest !== undefined) this.#messages.delete(oldest);
  }

  /** Takes out all that are not too old. @param now in milliseconds */
  takeAll(now: number): Waiting[] {
    const all = [...this.#messages.values()];
    this.#messages.clear();
    return all.filter(({ until }) => until > now);
  }
}
