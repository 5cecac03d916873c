// SPDX-License-Identifier: MIT
import { poseidon, verifySignature, type Point, type Signer, type WireSignature } from "../crypto/index.ts";
import { ProtocolError } from "../errors.ts";
import { toUint, type Field } from "../field.ts";
import { TREE_NODES } from "./nodes.ts";

/** Message of a vote (docs/b52.md §2). */
export interface VoteSubject {
  /** `contextOf` the proposal. */
  readonly context: bigint;
  readonly ticket: number;
  /** Bitmap: bit i says "I will prove node i". */
  readonly nodes: bigint;
}

/** A vote as a transcript carries it: three field elements, which a proposer may have made up. */
export interface Vote extends WireSignature {
  /** Bit i stands for node i: the nodes that the vote is for. */
  readonly nodes: bigint;
}

export const voteMessage = ({ context, ticket, nodes }: VoteSubject): Field =>
  poseidon([context, BigInt(ticket), nodes]);

/** The bitmap of some nodes. @throws {ProtocolError} `OUT_OF_RANGE` */
export const nodesBitmap = (nodes: Iterable<number>): bigint =>
  [...nodes].reduce((bitmap, node) => {
    if (!Number.isInteger(node) || node < 1 || node >= TREE_NODES) {
      throw new ProtocolError(
        "OUT_OF_RANGE",
        { name: "node", value: node, minimum: 1, maximum: TREE_NODES - 1 },
        `node ${node} is not in 1 … ${TREE_NODES - 1}`,
      );
    }
    return bitmap | (1n << BigInt(node));
  }, 0n);

/** @throws {ProtocolError} `OUT_OF_RANGE`, `NOT_A_FIELD_ELEMENT` */
export function signVote(signer: Signer, subject: VoteSubject): Vote {
  toUint(subject.nodes, TREE_NODES, "nodes");
  return { nodes: subject.nodes, ...signer.sign(voteMessage(subject)) };
}

/**
 * Whether `vote` is a valid vote for `node` of whoever has `key` (docs/b52.md §2). Total for all field elements.
 *
 * @param key of the ticket that was promised the node; undefined if there is none
 */
export function isValidVote(
  vote: Vote | undefined,
  {
    context,
    ticket,
    node,
    key,
  }: Omit<VoteSubject, "nodes"> & { readonly node: number; readonly key: Point | undefined },
): boolean {
  if (vote === undefined || key === undefined) {
    return false;
  }
  const { nodes } = vote;
  const namesNode = nodes >> BigInt(TREE_NODES) === 0n && ((nodes >> BigInt(node)) & 1n) === 1n;
  return namesNode && verifySignature(key, voteMessage({ context, ticket, nodes }), vote);
}
