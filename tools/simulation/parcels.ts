// SPDX-License-Identifier: MIT
import { createHash } from "node:crypto";

import { commitmentHash, draftContext, TREE_NODES } from "../../src/b52/index.ts";
import { encodeMessage, MAX_MESSAGE_BYTES, type Message, type Wanted } from "../../src/node/index.ts";
import { DOMAIN, isTreeSize } from "./l1.ts";
import type { Parcel } from "./relay.ts";

/** Bytes of the parts of a message that grow with the tree, for trees beyond those of the encoding. */
const [VOTE, PER_NODE, PROMISED, PER_NODE_OF_VOTE] = [96, 1, TREE_NODES, 1 / 8];

/**
 * Bytes of a message about a tree of so many leaves. For trees that L1 takes it is the length of the encoding. Beyond, the
 * fields of `docs/network.md` §3 are longer: one bit of a vote's bitmap, one byte of `promised`, and one vote in a
 * transcript for each further node; a byte more for the number of a node, and two bits in `nodes` of a merge.
 */
export function sizeOf(message: Message, leaves: number): number {
  if (isTreeSize(leaves) || message.kind === "transaction") return encodeMessage(message).length;
  const beyond = 2 * leaves - TREE_NODES;
  switch (message.kind) {
    case "proposal":
      return MAX_MESSAGE_BYTES.proposal;
    case "vote":
      return 99 + beyond * PER_NODE_OF_VOTE;
    case "transcript": {
      const votes = message.votes.filter((vote) => vote !== undefined).length;
      return 143 + (PROMISED + beyond) * PER_NODE + 2 + beyond * PER_NODE_OF_VOTE + votes * VOTE;
    }
    case "block":
      return 80 + message.data.length + message.includeList.length;
    case "proof":
      return message.merge === undefined ? 294 : 393 + 2 * beyond * PER_NODE_OF_VOTE;
    default:
      throw notSimulated(message);
  }
}

/** Builders take no part in a simulated round. */
export const notSimulated = ({ kind }: Message): Error => new Error(`${kind}: a message of builders is not simulated`);

/** All messages of a simulation, each once. */
export class Parcels {
  readonly #leaves: number;
  readonly #known = new Map<Message, Parcel>();
  readonly #names = new Map<Message, Wanted | undefined>();
  readonly #digests = new Map<Message, bigint>();

  constructor(leaves: number) {
    this.#leaves = leaves;
  }

  get all(): readonly Parcel[] {
    return [...this.#known.values()];
  }

  of(message: Message): Parcel {
    const known = this.#known.get(message);
    if (known !== undefined) return known;
    const bytes = Math.ceil(sizeOf(message, this.#leaves));
    const parcel = { id: this.#known.size, kind: message.kind, bytes, message };
    this.#known.set(message, parcel);
    return parcel;
  }

  /** The name by which a message can be asked for; undefined if it has none. */
  nameOf(message: Message): Wanted | undefined {
    if (this.#names.has(message)) return this.#names.get(message);
    const name = nameOf(message);
    this.#names.set(message, name);
    return name;
  }

  /** Stands for the digest of a proof's statement, which depends on the statement alone. */
  digestOf(message: Extract<Message, { readonly kind: "proof" }>): bigint {
    const known = this.#digests.get(message);
    if (known !== undefined) return known;
    const { id, node, worker, merge } = message;
    const text = `${id}/${node}/${worker}/${merge?.leftDigest ?? ""}/${merge?.rightDigest ?? ""}`;
    const digest = BigInt(`0x${createHash("sha256").update(text).digest("hex").slice(0, 60)}`);
    this.#digests.set(message, digest);
    return digest;
  }
}

function nameOf(message: Message): Wanted | undefined {
  switch (message.kind) {
    case "proposal":
      return { kind: "proposal", context: draftContext(DOMAIN, message.draft) };
    case "transcript":
      return { kind: "transcript", id: commitmentHash(DOMAIN, message.proposal) };
    case "block":
      return { kind: "block", id: message.id };
    case "proof":
      return { kind: "proof", id: message.id, node: message.node };
    default:
      return undefined;
  }
}
