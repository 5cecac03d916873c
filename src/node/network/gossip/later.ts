// SPDX-License-Identifier: MIT
import type { Wanted } from "../gossip.ts";
import { keyOf, type Message } from "../messages/index.ts";
import type { IgnoreReason, NetworkFacts, Validator } from "../validation/index.ts";
import { LATER } from "./limits.ts";

/** For these a message may be judged otherwise soon. */
const FOR_NOW: ReadonlySet<IgnoreReason> = new Set([
  "ROUND_NOT_OPEN",
  "WRONG_PARENT",
  "DEPOSIT_UNKNOWN",
  "UNKNOWN_COMMITMENT",
  "UNKNOWN_TRANSCRIPT",
  "UNKNOWN_BLOCK",
  "UNKNOWN_CHILDREN",
  "UNKNOWN_PROPOSAL",
  "UNKNOWN_QUOTE",
  "UNKNOWN_PURCHASE",
  "TOO_EARLY",
  "NOT_EXECUTABLE",
  "OVERLOADED",
  "FAILED",
]);

/**
 * Names of the messages to ask for again after one was ignored: those that it needs, and itself. None if it would be
 * ignored again, or has no name.
 */
export function wantedAfter(
  message: Message,
  reason: IgnoreReason,
  nameOf: (message: Message) => Wanted | undefined,
): Wanted[] {
  const name = FOR_NOW.has(reason) ? nameOf(message) : undefined;
  if (name === undefined) return [];
  if (reason === "UNKNOWN_QUOTE" && message.kind === "purchase") return [{ kind: "quote", hash: message.quote }, name];
  if (reason === "UNKNOWN_PURCHASE" && message.kind === "sale") return [{ kind: "purchase", id: message.id }, name];
  if (message.kind !== "proof") return [name];
  const { id, node } = message;
  const needed: Wanted[] = [];
  if (reason === "UNKNOWN_TRANSCRIPT") needed.push({ kind: "transcript", id });
  if (reason === "UNKNOWN_TRANSCRIPT" || reason === "UNKNOWN_BLOCK") needed.push({ kind: "block", id });
  if (reason === "UNKNOWN_CHILDREN") {
    for (const child of [2 * node, 2 * node + 1]) needed.push({ kind: "proof", id, node: child });
  }
  return [...needed, name];
}

/** Whether an answer could be judged now: L1 and earlier messages have told what it is about. */
export function canBeJudged(
  wanted: Wanted,
  facts: Pick<NetworkFacts, "openRound" | "commitment">,
  find: Validator["find"],
): boolean {
  if (wanted.kind === "proposal" || wanted.kind === "quote" || wanted.kind === "purchase") {
    return facts.openRound !== undefined;
  }
  const { id } = wanted;
  if (wanted.kind === "sale") return find({ kind: "purchase", id }) !== undefined;
  if (facts.commitment(id) === undefined) return false;
  const has = (kind: "transcript" | "block"): boolean => find({ kind, id }) !== undefined;
  return wanted.kind !== "proof" || (has("transcript") && has("block"));
}

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
