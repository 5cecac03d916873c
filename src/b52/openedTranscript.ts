// SPDX-License-Identifier: MIT
import { poseidon } from "../crypto/index.ts";
import { ProtocolError } from "../errors.ts";
import { toField, toUint, type Field } from "../field.ts";
import { ROOT_NODE, TREE_BITS, TREE_NODES } from "./nodes.ts";
import type { Voters } from "./tickets.ts";
import { ticketOf, voteLeaf, type VotesByNode } from "./transcript.ts";
import { isValidVote, type Vote } from "./votes.ts";

/** A vote of a transcript with its path: the argument of `VoteOpening.sol`. */
export interface VoteOpening {
  /** 1 … 15 */
  readonly node: number;
  /** Absent if the transcript has no vote for the node. */
  readonly vote?: Vote | undefined;
  /** Siblings, from the leaf upwards. */
  readonly path: readonly bigint[];
}

const PROMISED_BITS = 8 * TREE_NODES;

/**
 * A transcript of which some votes are known. The prover of a node needs the votes for its children; the prover of the
 * root also needs the root's vote. The proposer may hide the other votes, or put anything in places that no proof
 * reads: the prover does not need them.
 */
export class OpenedTranscript implements VotesByNode {
  readonly promised: bigint;
  readonly votesRoot: Field;
  readonly #openings: ReadonlyMap<number, VoteOpening>;

  /**
   * @param promised, votesRoot what the proposer committed to
   * @throws {ProtocolError} `OUT_OF_RANGE`, `NOT_A_FIELD_ELEMENT`; `BAD_TRANSCRIPT` for an opening of another root
   */
  constructor(promised: bigint, votesRoot: bigint, openings: Iterable<VoteOpening>) {
    this.promised = toUint(promised, PROMISED_BITS, "promised");
    this.votesRoot = toField(votesRoot);
    this.#openings = new Map([...openings].map((opening) => [opening.node, opening]));
    for (const opening of this.#openings.values()) {
      const root = rootOf(opening);
      if (root !== this.votesRoot) {
        throw new ProtocolError(
          "BAD_TRANSCRIPT",
          { what: "root of the votes", expected: this.votesRoot, found: root },
          `the vote for node ${opening.node} has the root ${root}`,
        );
      }
    }
  }

  ticket(node: number): number {
    return ticketOf(this.promised, node);
  }

  /** @throws {ProtocolError} `UNKNOWN_VOTE` if the vote for the node was not opened */
  vote(node: number): Vote | undefined {
    return this.#opening(node).vote;
  }

  /** @throws {ProtocolError} `UNKNOWN_VOTE` if the vote for the node was not opened */
  path(node: number): Field[] {
    return this.#opening(node).path.map(toField);
  }

  /** @throws {ProtocolError} `UNKNOWN_VOTE` if the vote for the node was not opened */
  isValid(node: number, context: bigint, voters: Voters): boolean {
    const ticket = this.ticket(node);
    return isValidVote(this.vote(node), { context, ticket, node, key: voters.registry.get(ticket), draw: voters.draw });
  }

  #opening(node: number): VoteOpening {
    const opening = this.#openings.get(node);
    if (opening === undefined) {
      throw new ProtocolError("UNKNOWN_VOTE", { node }, `the vote for node ${node} is not known`);
    }
    return opening;
  }
}

function rootOf({ node, vote, path }: VoteOpening): Field {
  if (!Number.isInteger(node) || node < ROOT_NODE || node >= TREE_NODES || path.length !== TREE_BITS) {
    throw new ProtocolError(
      "OUT_OF_RANGE",
      { name: "node", value: node, minimum: ROOT_NODE, maximum: TREE_NODES - 1 },
      `no opening of node ${node} has ${path.length} siblings`,
    );
  }
  const leaf = vote === undefined ? toField(0n) : voteLeaf(vote);
  return path
    .map(toField)
    .reduce((below, sibling, height) => poseidon((node >> height) & 1 ? [sibling, below] : [below, sibling]), leaf);
}
