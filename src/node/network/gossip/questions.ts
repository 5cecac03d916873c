// SPDX-License-Identifier: MIT
import type { Connection, Stream } from "@libp2p/interface";

import { TokenBuckets } from "../../tokenBucket.ts";
import {
  decodeQuestion,
  encodeQuestion,
  MAX_QUESTION_BYTES,
  maxAnswerBytes,
  type Question,
} from "../messages/index.ts";
import { REQUEST_LIMITS, SCORE } from "./limits.ts";
import type { Peers } from "./peers.ts";
import { readStream, writeStream } from "./streams.ts";

export interface QuestionsOptions {
  /** Name of the protocol of a stream. */
  readonly protocol: string;
  readonly peers: Peers;
  /** Unix milliseconds. */
  readonly clock: () => number;
  /** The bytes of an answer. */
  readonly answer: (question: Question, connection: Connection) => Promise<Uint8Array>;
}

/** Questions to peers and of peers, each on a stream of its own, within `REQUEST_LIMITS` (docs/network.md §6). */
export class Questions {
  readonly #options: QuestionsOptions;
  readonly #asked = new TokenBuckets(REQUEST_LIMITS.questions);
  readonly #answerBytes = new TokenBuckets(REQUEST_LIMITS.answerBytes);
  readonly #allAnswerBytes = new TokenBuckets(REQUEST_LIMITS.allAnswerBytes);
  /** Open questions to a peer. */
  readonly #open = new Map<string, number>();
  /** When a peer did not answer last: others are asked before it. */
  readonly #unanswered = new Map<string, number>();

  constructor(options: QuestionsOptions) {
    this.#options = options;
  }

  /** Connected peers in the order in which they should be asked: those first that have answered, else by chance. */
  get candidates(): string[] {
    return this.#options.peers.ids
      .map((peer) => [peer, Math.random()] as const)
      .sort(([, a], [, b]) => a - b)
      .map(([peer]) => peer)
      .sort((a, b) => (this.#unanswered.get(a) ?? 0) - (this.#unanswered.get(b) ?? 0))
      .slice(0, REQUEST_LIMITS.peers);
  }

  /** Counts messages that a peer pulls by gossip as answers. @returns whether it may have them */
  takePulled(peer: string, messages: number): boolean {
    return this.#answerBytes.take(peer, messages * REQUEST_LIMITS.pulledBytes, this.#options.clock());
  }

  /** Forgets a peer that has gone. */
  forget(peer: string): void {
    this.#unanswered.delete(peer);
  }

  /** The bytes of a peer's answer; undefined if it gave none in time. */
  async ask(peer: string, question: Question): Promise<Uint8Array | undefined> {
    const { peers, protocol, clock } = this.#options;
    const connection = peers.connectionTo(peer);
    const open = this.#open.get(peer) ?? 0;
    if (connection === undefined || open >= REQUEST_LIMITS.concurrent) return undefined;
    this.#open.set(peer, open + 1);
    try {
      const { firstByte, total } = REQUEST_LIMITS;
      const stream = await connection.newStream(protocol, { signal: AbortSignal.timeout(firstByte) });
      stream.send(encodeQuestion(question));
      const closing = stream.close({ signal: AbortSignal.timeout(total) }).catch(() => undefined);
      const received = await readStream(stream, { maximum: maxAnswerBytes(question), firstByte, total });
      await closing;
      if ("bytes" in received && received.bytes.length > 0) {
        this.#unanswered.delete(peer);
        return received.bytes;
      }
      if ("failure" in received && received.failure === "TOO_LONG") {
        peers.penalise(peer, SCORE.invalid, "an endless answer");
      }
    } catch {
      // The peer is gone, or does not speak the protocol.
    } finally {
      const left = (this.#open.get(peer) ?? 1) - 1;
      if (left > 0) this.#open.set(peer, left);
      else this.#open.delete(peer);
    }
    // Of one that has gone there is nothing to remember.
    if (peers.connectionTo(peer) !== undefined) this.#unanswered.set(peer, clock());
    return undefined;
  }

  /** Reads a question of a peer, and answers it. @throws {Error} of libp2p, or of the answer */
  async serve(stream: Stream, connection: Connection): Promise<void> {
    const { peers, clock, answer: answerTo } = this.#options;
    const peer = connection.remotePeer.toString();
    const { firstByte, total } = REQUEST_LIMITS;
    const received = await readStream(stream, { maximum: MAX_QUESTION_BYTES, firstByte, total: firstByte });
    if (!("bytes" in received)) {
      if (received.failure === "TOO_LONG") peers.penalise(peer, SCORE.abuse, "an endless question");
      return;
    }
    let question: Question;
    try {
      question = decodeQuestion(received.bytes);
    } catch {
      peers.penalise(peer, SCORE.abuse, "a malformed question");
      stream.abort(new Error("malformed"));
      return;
    }
    const now = clock();
    const answer = this.#asked.take(peer, 1, now) ? await answerTo(question, connection) : undefined;
    const isWithin =
      answer !== undefined &&
      this.#answerBytes.left(peer, now) >= answer.length &&
      this.#allAnswerBytes.take("", answer.length, now) &&
      this.#answerBytes.take(peer, answer.length, now);
    // Without an answer the other side asks somebody else, and holds it against nobody.
    if (!isWithin) stream.abort(new Error("busy"));
    else await writeStream(stream, answer, total);
  }
}
