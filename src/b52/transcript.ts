// SPDX-License-Identifier: MIT
import { poseidon } from "../crypto/index.ts";
import { ProtocolError } from "../errors.ts";
import { toField, toUint, type Field } from "../field.ts";
import { BinaryTree } from "./binaryTree.ts";
import { ROOT_NODE, TREE_BITS, TREE_NODES } from "./nodes.ts";
import { NOBODY, type Voters } from "./tickets.ts";
import { isValidVote, type Vote } from "./votes.ts";

const BYTE = 8n;

/** The parts of a transcript that the proofs of a tree need. */
export interface VotesByNode {
  /** Byte i is the ticket of node i; see `packPromised`. */
  readonly promised: bigint;
  /** Root of the tree of votes. */
  readonly votesRoot: Field;
  /** The ticket that was promised a node; 0 for nobody. */
  ticket(node: number): number;
  /** The vote for a node, valid or not. */
  vote(node: number): Vote | undefined;
  /** Siblings of the node's vote, from the leaf upwards. */
  path(node: number): Field[];
  /** Whether the vote for the node is valid (docs/b52.md §2). */
  isValid(node: number, context: bigint, voters: Voters): boolean;
}

/** A proposer's claim about one node: the ticket that is to prove it, and that ticket's vote. */
export interface NodePromise {
  /** Any byte: one that is no ticket, or has no key, has promised nothing. */
  readonly ticket: number;
  /** Absent, or any field elements. */
  readonly vote?: Vote | undefined;
}

/** A vote, opened against `votesRoot`: the argument of `IB52Defaults.showVotes`. */
export interface ShownVote {
  /** Whether there is a vote for the node, valid or not. */
  readonly exists: boolean;
  /** All zeros if there is none. */
  readonly vote: Vote;
  /** Siblings, from the leaf upwards. */
  readonly path: [Field, Field, Field, Field];
}

/** Byte i of the result is the ticket of node i. @throws {ProtocolError} `OUT_OF_RANGE` */
export const packPromised = (tickets: Iterable<readonly [node: number, ticket: number]>): bigint =>
  [...tickets].reduce((packed, [node, ticket]) => {
    toUint(BigInt(ticket), Number(BYTE), "ticket");
    return packed | (BigInt(ticket) << (BYTE * BigInt(checkedNode(node))));
  }, 0n);

/** The tickets by node, from node 0. @throws {ProtocolError} `OUT_OF_RANGE`, `BAD_TRANSCRIPT` if byte 0 is not 0 */
export function unpackPromised(promised: bigint): number[] {
  toUint(promised, Number(BYTE) * TREE_NODES, "promised");
  const tickets = Array.from({ length: TREE_NODES }, (_, node) => ticketOf(promised, node));
  if (tickets[0] !== NOBODY) {
    throw new ProtocolError(
      "BAD_TRANSCRIPT",
      { what: "ticket of node 0", expected: 0n, found: BigInt(tickets[0] ?? NOBODY) },
      `ticket ${tickets[0]} for node 0, which there is not`,
    );
  }
  return tickets;
}

/** Byte `node` of `promised`. */
export const ticketOf = (promised: bigint, node: number): number => Number((promised >> (BYTE * BigInt(node))) & 0xffn);

/**
 * Transcript of the votes, to which a proposer commits: for each node the ticket that was promised it, and the vote
 * (docs/b52.md §2). Immutable.
 */
export class Transcript implements VotesByNode {
  readonly promised: bigint;
  readonly #tickets: readonly number[];
  readonly #votes: ReadonlyMap<number, Vote>;
  readonly #tree: BinaryTree;

  /** @throws {ProtocolError} `OUT_OF_RANGE`, `NOT_A_FIELD_ELEMENT` */
  constructor(promises: Iterable<readonly [node: number, promise: NodePromise]>) {
    const list = [...promises];
    this.promised = packPromised(new Map(list.map(([node, { ticket }]) => [node, ticket])));
    this.#tickets = unpackPromised(this.promised);
    this.#votes = new Map(list.flatMap(([node, { vote }]) => (vote === undefined ? [] : [[node, vote] as const])));
    this.#tree = new BinaryTree(
      TREE_BITS,
      [...this.#votes].map(([node, vote]) => [node, voteLeaf(vote)] as const),
    );
  }

  /**
   * Takes in what a proposer published, by node from node 0, and checks it against the root that L1 has.
   *
   * @throws {ProtocolError} `OUT_OF_RANGE`, `NOT_A_FIELD_ELEMENT`; `BAD_TRANSCRIPT` if there is something for node 0,
   *   not one entry for each node, or another root
   */
  static decode(promised: bigint, votes: readonly (Vote | undefined)[], votesRoot: bigint): Transcript {
    if (votes.length !== TREE_NODES || votes[0] !== undefined) {
      throw new ProtocolError(
        "BAD_TRANSCRIPT",
        {
          what: "number of votes",
          expected: BigInt(TREE_NODES - 1),
          found: BigInt(votes.length - (votes[0] === undefined ? 1 : 0)),
        },
        `votes for nodes 1 … ${TREE_NODES - 1} expected`,
      );
    }
    const tickets = unpackPromised(promised);
    const entries = tickets.map((ticket, node) => [node, { ticket, vote: votes[node] }] as const);
    const transcript = new Transcript(entries.slice(1));
    if (transcript.votesRoot !== votesRoot) {
      throw new ProtocolError(
        "BAD_TRANSCRIPT",
        { what: "root of the votes", expected: votesRoot, found: transcript.votesRoot },
        `the votes have the root ${transcript.votesRoot}, not ${votesRoot}`,
      );
    }
    return transcript;
  }

  get votesRoot(): Field {
    return this.#tree.root;
  }

  /** Votes by node, from node 0: the argument of `decode`. */
  get votes(): (Vote | undefined)[] {
    return Array.from({ length: TREE_NODES }, (_, node) => this.#votes.get(node));
  }

  /** The ticket that was promised a node; 0 for nobody. */
  ticket(node: number): number {
    return this.#tickets[node] ?? NOBODY;
  }

  /** The vote for a node, valid or not. */
  vote(node: number): Vote | undefined {
    return this.#votes.get(node);
  }

  /** Siblings of the node's vote, from the leaf upwards. @throws {ProtocolError} `OUT_OF_RANGE` */
  path(node: number): Field[] {
    return this.#tree.path(node);
  }

  /**
   * The votes that a proof of an inner node needs: for its children, and for the root of its own last (docs/b52.md §8).
   *
   * @throws {ProtocolError} `OUT_OF_RANGE` if the node has no children in any tree
   */
  openings(node: number): ShownVote[] {
    return [2 * node, 2 * node + 1, ...(node === ROOT_NODE ? [node] : [])].map((voted) => {
      const vote = this.#votes.get(checkedNode(voted)) ?? { nodes: 0n, h: 0n, s: 0n };
      const path = this.path(voted) as unknown as ShownVote["path"];
      return { exists: this.#votes.has(voted), vote, path };
    });
  }

  /** Whether the vote for the node is valid (docs/b52.md §2, §11). */
  isValid(node: number, context: bigint, voters: Voters): boolean {
    const ticket = this.ticket(node);
    return isValidVote(this.vote(node), { context, ticket, node, key: voters.registry.get(ticket), draw: voters.draw });
  }
}

/**
 * The leaf of a vote in the tree of votes (docs/b52.md §2, §11): of hashes of two numbers, which L1 can compute as well.
 * Whether votes have a point is a rule of the deployment, so no leaf has two meanings.
 *
 * @throws {ProtocolError} `NOT_A_FIELD_ELEMENT`
 */
export function voteLeaf({ nodes, h, s, gamma }: Vote): Field {
  const leaf = poseidon([poseidon([toField(nodes), toField(h)]), toField(s)]);
  return gamma === undefined ? leaf : poseidon([leaf, poseidon([toField(gamma.x), toField(gamma.y)])]);
}

function checkedNode(node: number): number {
  if (!Number.isInteger(node) || node < ROOT_NODE || node >= TREE_NODES) {
    throw new ProtocolError(
      "OUT_OF_RANGE",
      { name: "node", value: node, minimum: ROOT_NODE, maximum: TREE_NODES - 1 },
      `node ${node} is not in 1 … ${TREE_NODES - 1}`,
    );
  }
  return node;
}
