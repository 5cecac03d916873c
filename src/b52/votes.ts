// SPDX-License-Identifier: MIT
import {
  hashToCurve,
  poseidon,
  verifyOutput,
  verifySignature,
  type OutputSigner,
  type Pair,
  type Point,
  type Signer,
  type WireSignature,
} from "../crypto/index.ts";
import { ProtocolError } from "../errors.ts";
import { toUint, type Field } from "../field.ts";
import { isElected, NO_DRAW, unpackDraw } from "./draw.ts";
import { TREE_NODES } from "./nodes.ts";

/** Message of a vote (docs/b52.md §2). */
export interface VoteSubject {
  /** `contextOf` the proposal. */
  readonly context: bigint;
  readonly ticket: number;
  /** Bitmap: bit i says "I will prove node i". */
  readonly nodes: bigint;
}

/** A vote as a transcript carries it: field elements, which a proposer may have made up. */
export interface Vote extends WireSignature {
  /** Bit i stands for node i: the nodes that the vote is for. */
  readonly nodes: bigint;
  /** The point from which the ticket's output follows (docs/b52.md §11); there is none where votes are not drawn. */
  readonly gamma?: Pair | undefined;
}

/** A vote where tickets are drawn. */
export interface DrawnVote extends Vote {
  readonly gamma: Pair;
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

/** Words that a drawn vote signs, together with its output. */
const drawnWords = ({ context, ticket, nodes }: VoteSubject, seed: bigint): readonly bigint[] => [
  context,
  BigInt(ticket),
  nodes,
  seed,
];

/**
 * Signs a vote where votes are drawn. It counts if the ticket is elected: see `isDrawn`.
 *
 * @param seed of the round's draw
 * @throws {ProtocolError} `OUT_OF_RANGE`, `NOT_A_FIELD_ELEMENT`
 */
export function signDrawnVote(signer: OutputSigner, subject: VoteSubject, seed: bigint): DrawnVote {
  toUint(subject.nodes, TREE_NODES, "nodes");
  return { nodes: subject.nodes, ...signer.signOutput(hashToCurve(seed), drawnWords(subject, seed)) };
}

/**
 * Whether the signer's ticket is elected in a round; true where votes are not drawn. Only the signer can tell before it
 * votes.
 *
 * @param draw of the round
 */
export function isDrawn(signer: OutputSigner, ticket: number, draw: bigint): boolean {
  if (draw === NO_DRAW) return true;
  const { seed, limit } = unpackDraw(draw);
  return isElected(signer.outputAt(hashToCurve(seed)), ticket, { limit });
}

/**
 * Whether `vote` is a valid vote for `node` of whoever has `key` (docs/b52.md §2), and, where votes are drawn, of an
 * elected ticket (§11). Total for all field elements.
 *
 * @param key of the ticket that was promised the node; undefined if there is none
 * @param draw of the round; 0 where votes are not drawn
 */
export function isValidVote(
  vote: Vote | undefined,
  {
    context,
    ticket,
    node,
    key,
    draw,
  }: Omit<VoteSubject, "nodes"> & {
    readonly node: number;
    readonly key: Point | undefined;
    readonly draw: bigint;
  },
): boolean {
  if (vote === undefined || key === undefined) {
    return false;
  }
  const { nodes } = vote;
  const namesNode = nodes >> BigInt(TREE_NODES) === 0n && ((nodes >> BigInt(node)) & 1n) === 1n;
  if (!namesNode || !isSignedVote(vote, { context, ticket, key, draw })) return false;
  return draw === NO_DRAW || (vote.gamma !== undefined && isElected(vote.gamma, ticket, unpackDraw(draw)));
}

/** Whether a vote has the form that the draw asks for, and is signed by a key. Total for all field elements. */
export function isSignedVote(
  { nodes, h, s, gamma }: Vote,
  { context, ticket, key, draw }: Omit<VoteSubject, "nodes"> & { readonly key: Point; readonly draw: bigint },
): boolean {
  if (draw === NO_DRAW) {
    return gamma === undefined && verifySignature(key, voteMessage({ context, ticket, nodes }), { h, s });
  }
  if (gamma === undefined) return false;
  const { seed } = unpackDraw(draw);
  return verifyOutput(key, hashToCurve(seed), drawnWords({ context, ticket, nodes }, seed), { h, s, gamma });
}
