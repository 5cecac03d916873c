// SPDX-License-Identifier: MIT
import { toProofWords } from "../../codec/index.ts";
import type { ContractTransactionReceipt, Signer as L1Signer } from "ethers";

import {
  isDrawn,
  NO_DRAW,
  nodesBitmap,
  signDrawnVote,
  signVote,
  unpackDraw,
  type Transcript,
  type Vote,
} from "../../b52/index.ts";
import type { NodeProof, ProofTree } from "./proofTree.ts";
import type { OutputSigner } from "../../crypto/index.ts";
import type { Prover } from "../../prover/index.ts";
import { sendTransaction, type SendOptions } from "../../chain/index.ts";
import { isSameAddress } from "../system.ts";
import { doChores } from "./chores.ts";
import { openedVotes } from "./openedVotes.ts";
import type { B52Node } from "./node.ts";
import type { ProvenBlock } from "./blocks.ts";
import type { VotableDraft } from "./proposer.ts";
import { statementsOf } from "./statements.ts";

/** Told of each proof that was made. */
export type NodeProofListener = (proof: NodeProof) => void;

/** A staked prover: votes for nodes of proposals, and proves them (B52, Phases 2 and 4). */
export class StakedProver {
  /** Node of the rollup. */
  readonly node: B52Node;
  /** Sends and pays on L1; owns the ticket. */
  readonly l1: L1Signer;
  /** Id of the ticket, 1 … 247. */
  readonly ticket: number;
  readonly #key: OutputSigner;
  readonly #prover: Prover;
  readonly #onProof: NodeProofListener;
  readonly #sending: SendOptions;

  constructor(
    node: B52Node,
    l1: L1Signer,
    ticket: number,
    key: OutputSigner,
    prover: Prover,
    onProof: NodeProofListener = () => undefined,
    sending: SendOptions = {},
  ) {
    this.node = node;
    this.l1 = l1;
    this.ticket = ticket;
    this.#key = key;
    this.#prover = prover;
    this.#onProof = onProof;
    this.#sending = sending;
  }

  /** Takes the ticket; the stake must be approved to the registry. */
  async join(): Promise<ContractTransactionReceipt> {
    const { x, y } = this.#key.publicKey;
    const registry = this.node.system.registry;
    const join = registry.join.populateTransaction(this.ticket, x, y, await this.l1.getAddress());
    return sendTransaction(this.l1, join, this.#sending);
  }

  /**
   * Promises to prove nodes of a draft.
   *
   * @param draft that a proposer shows
   * @param nodes numbers in its proof tree (docs/b52.md §2)
   * @param draw of the round; 0 where tickets are not drawn. A vote of a ticket that is not elected counts for nothing:
   *   see `isElected`
   */
  vote({ context }: Pick<VotableDraft, "context">, nodes: readonly number[], draw = NO_DRAW): Vote {
    const subject = { context, ticket: this.ticket, nodes: nodesBitmap(nodes) };
    if (draw === NO_DRAW) return signVote(this.#key, subject);
    return signDrawnVote(this.#key, subject, unpackDraw(draw).seed);
  }

  /** Whether the ticket is elected in a round with this draw (docs/b52.md §11); nobody else can tell before it votes. */
  isElected(draw: bigint): boolean {
    return isDrawn(this.#key, this.ticket, draw);
  }

  /** Puts the ticket under the root, where tickets are drawn and it has to wait. */
  async activate(): Promise<ContractTransactionReceipt> {
    const { x, y } = this.#key.publicKey;
    const { registry } = this.node.system;
    return sendTransaction(this.l1, registry.activate.populateTransaction(this.ticket, x, y), this.#sending);
  }

  /** Proves a node, from the proofs that others published. */
  async prove(tree: ProofTree, node: number, published: readonly NodeProof[]): Promise<NodeProof> {
    const proof = await tree.prove(this.#prover, node, this.ticket, published);
    this.#onProof(proof);
    return proof;
  }

  /**
   * Says on L1 that the votes which a proof of an inner node needs are hidden, and asks for them: without an answer the
   * default on the node is void (docs/b52.md §8). The deposit must be in the prover's balance.
   */
  async demandVotes(block: ProvenBlock, node: number): Promise<ContractTransactionReceipt> {
    return sendTransaction(
      this.l1,
      this.node.system.consensus.demandVotes.populateTransaction(block.record, node),
      this.#sending,
    );
  }

  /** Shows the votes that somebody demanded; anybody who has the transcript may. */
  async showVotes(block: ProvenBlock, node: number, transcript: Transcript): Promise<ContractTransactionReceipt> {
    const openings = openedVotes(transcript, node);
    const show = this.node.system.consensus.showVotes.populateTransaction(block.record, node, openings);
    return sendTransaction(this.l1, show, this.#sending);
  }

  /**
   * Pays the rewards of blocks for which this ticket delivered a node, to everybody who is due, and closes the demands
   * that it made or answered; the oldest first. To be called well within `roundsKept` rounds: then they lapse
   * (docs/b52.md §5.3).
   *
   * @throws {ProtocolError} as `sendTransaction`
   */
  async collect(): Promise<readonly ContractTransactionReceipt[]> {
    await this.node.sync();
    const address = await this.l1.getAddress();
    const chores = this.node.chores.filter((chore) => {
      if (chore.kind === "close") return chore.parties.some((party) => isSameAddress(party, address));
      return chore.kind === "pay" && creditedTickets(chore.block.record).has(this.ticket);
    });
    return doChores(this.node, this.l1, chores, this.#sending);
  }

  /**
   * Shows L1 a proof of a node of a proven block which has that node from somebody else (docs/b52.md §8).
   *
   * @param proof of the node, by this prover
   */
  async defend(block: ProvenBlock, proof: NodeProof): Promise<ContractTransactionReceipt> {
    const statements = statementsOf(block, this.node);
    const words = [...toProofWords(proof.proof)] as [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint];
    const consensus = this.node.system.consensus;
    const defend = consensus.defend.populateTransaction(block.record, statements, proof.node, words, proof.digest);
    return sendTransaction(this.l1, defend, this.#sending);
  }
}

/** Tickets that delivered a node which they promised. */
export function creditedTickets({ promised, nodes, leaves }: ProvenBlock["record"]): Set<number> {
  const credited = Array.from({ length: 2 * Number(leaves) }, (_, node) => node).filter(
    (node) => ((BigInt(nodes) >> BigInt(node)) & 1n) === 1n,
  );
  return new Set(credited.map((node) => Number((BigInt(promised) >> BigInt(8 * node)) & 0xffn)));
}
