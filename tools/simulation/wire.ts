// SPDX-License-Identifier: MIT
import { topicOf, type MessageKind, type NetworkIdentity } from "../../src/node/index.ts";

/** An RPC of gossipsub, with the sizes of its messages in bytes. */
export interface RpcShape {
  readonly messages?: readonly { readonly kind: MessageKind; readonly bytes: number }[];
  readonly ihave?: readonly { readonly kind: MessageKind; readonly ids: number }[];
  /** Number of ids. */
  readonly iwant?: number;
  readonly idontwant?: number;
  readonly graft?: readonly MessageKind[];
  readonly prune?: readonly MessageKind[];
}

/** Bytes of an id: SHA-256. */
const ID = 32;
/** An RPC is two frames, its length and its content: each with Yamux's header, Noise's length and Noise's tag. */
const FRAMES = 2 * (12 + 2 + 16);
/** A field of protobuf with a length: its tag, its length, its content. */
const field = (content: number): number => 1 + varint(content) + content;
const varint = (value: number): number => (value < 128 ? 1 : value < 16_384 ? 2 : 3);
/** Field `backoff` of a PRUNE: a minute. */
const BACKOFF = 2;

/** Sizes of the network of a rollup on the wire, as TCP's payload. */
export class Wire {
  readonly #topic: (kind: MessageKind) => number;

  constructor(identity: NetworkIdentity) {
    this.#topic = (kind) => field(topicOf(identity, kind).length);
  }

  /** Bytes of an RPC in its frames. */
  rpc({ messages = [], ihave = [], iwant = 0, idontwant = 0, graft = [], prune = [] }: RpcShape): number {
    const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0);
    const ids = (count: number): number => count * field(ID);
    const control =
      sum(ihave.map(({ kind, ids: count }) => field(this.#topic(kind) + ids(count)))) +
      (iwant > 0 ? field(ids(iwant)) : 0) +
      sum(graft.map((kind) => field(this.#topic(kind)))) +
      sum(prune.map((kind) => field(this.#topic(kind) + BACKOFF))) +
      (idontwant > 0 ? field(ids(idontwant)) : 0);
    const bytes =
      sum(messages.map(({ kind, bytes: size }) => field(field(size) + this.#topic(kind)))) +
      (control > 0 ? field(control) : 0);
    return FRAMES + varint(bytes) + bytes;
  }
}

/** Bytes of a question with the negotiation of its stream, and of its answer beside the message. Measured on loopback. */
export const QUESTION_BYTES = 330;
export const ANSWER_BYTES = 250;
