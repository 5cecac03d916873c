// SPDX-License-Identifier: MIT
import { randomBytes } from "node:crypto";

import {
  hexlify,
  keccak256,
  ZeroAddress,
  type ContractTransaction,
  type ContractTransactionReceipt,
  type Signer,
} from "ethers";

import type {
  LeafNodeStruct,
  MergeNodeStruct,
  SubmissionStruct,
} from "../../../typechain-types/contracts/interfaces/IB52.ts";
import {
  applyBlock,
  commitmentHash,
  contentHash,
  draftContext,
  isSameBlock,
  Transcript,
  transcriptHash,
  treeSize,
  type Content,
  type Draft,
  type NodePromise,
  type Proposal,
} from "../../b52/index.ts";
import { ProofTree, type NodeProof, type NodeStatement } from "./proofTree.ts";
import { toProofWords } from "../../codec/index.ts";
import { ProtocolError } from "../../errors.ts";
import { batchDataHash, exitEntries, exitsHash, type Exit } from "../../ledger/index.ts";
import { leafBytes } from "../../profile.ts";
import { sendTransaction, type SendOptions } from "../../chain/index.ts";
import { NO_RESULT, roundOfChore, type Chore } from "./blocks.ts";
import { doChores } from "./chores.ts";
import { isSameAddress } from "../system.ts";
import type { B52Node } from "./node.ts";

/** A proposer's plan for the content of a block. */
export interface BlockPlan {
  /** Slots, or any other bytes; after the forced operations and an include list that is due. */
  readonly transactions?: readonly Uint8Array[];
  /** Number of forced operations. Default: all that fit. */
  readonly forced?: number;
  /**
   * Signed transactions that the next block has to include if this one is proven and the best of those that lose; at
   * most one leaf of them. Default: none.
   */
  readonly includeList?: readonly Uint8Array[];
  /** Burned if the block wins, in the native token. */
  readonly bid: bigint;
  /** Part of the block reward for the provers, in 1/10,000. */
  readonly share: bigint;
  /** Hides the order until the block is revealed; 32 bytes in hex. Default: random. */
  readonly salt?: string;
  /** The commitment that it builds on, if the window is that of the next height. Default: the head. */
  readonly parent?: Proposal;
}

/** A proposal that provers can vote for. They need not know its content. */
export interface VotableDraft {
  /** The part of the proposal that is fixed before votes are collected. */
  readonly draft: Draft;
  /** `context` of the votes: provers sign it. */
  readonly context: bigint;
}

/** The order of a block: a secret of the party that made it, until the block is committed. */
export interface OrderedContent {
  /** Content that the proposal commits to: data, forced operations and fees. The bid is not part of it. */
  readonly content: Content;
  /** Posted bytes: slots of 93 bytes, forced operations first. */
  readonly data: Uint8Array;
  /** Bytes of the include list that it carries. */
  readonly includeList: Uint8Array;
}

/** A block that provers can vote for: its order is known to its proposer alone. */
export interface DraftBlock extends VotableDraft, OrderedContent {}

/** A whole proposal with the votes for it. */
export interface ProposedBlock extends VotableDraft {
  /** The commitment as L1 has it, or will have it. */
  readonly proposal: Proposal;
  /** Commitment hash. */
  readonly id: string;
  /** Promises of the nodes, and the votes that say so. */
  readonly transcript: Transcript;
}

/** A block whose commitment is on L1. */
export interface CommittedBlock extends ProposedBlock, OrderedContent {}

/** The facts that a proposer is told of a block whose order it does not know. */
export interface HiddenContent {
  readonly contentHash: string;
  /** Number of leaves of its proof tree. */
  readonly leaves: bigint;
}

/** Where a proposer's tips go, and how it sends. */
export interface ProposerOptions {
  /** L2 account that receives the tips. */
  readonly feeAccount: number;
  /** Token of that account. */
  readonly feeToken: bigint;
  /** Limits of its transactions. */
  readonly sending?: SendOptions;
}

/**
 * Orders transactions, after those of an include list that is due and has room, gathers votes, commits, and submits the proof tree
 * (B52, Phases 1, 3 and 5).
 */
export class Proposer {
  /** Node of the rollup. */
  readonly node: B52Node;
  /** Sends and pays on L1; the proposer's address. */
  readonly signer: Signer;
  readonly #options: ProposerOptions;

  constructor(node: B52Node, signer: Signer, options: ProposerOptions) {
    this.node = node;
    this.signer = signer;
    this.#options = options;
  }

  /**
   * Orders a block for the round that is open, or that a commitment would open; see `orderContent`.
   */
  async draft(plan: BlockPlan): Promise<DraftBlock> {
    await this.node.sync();
    const ordered = await orderContent(this.node, { ...this.#options, ...plan });
    return { ...(await this.draftFor(hiddenContentOf(this.node, ordered), plan)), ...ordered };
  }

  /** A draft of a block that somebody else has ordered, such as a builder. */
  async draftFor(
    { contentHash, leaves }: HiddenContent,
    { bid, share, parent }: Pick<BlockPlan, "bid" | "share" | "parent">,
  ): Promise<VotableDraft> {
    const { consensus } = this.node.system;
    const [round, height] = await consensus.openRound();
    const draft: Draft = {
      proposer: await this.signer.getAddress(),
      round,
      height,
      parent: parent === undefined ? await consensus.head() : commitmentHash(this.node.domain, parent),
      contentHash,
      bid,
      share,
      leaves,
    };
    return { draft, context: draftContext(this.node.domain, draft) };
  }

  /**
   * The whole proposal, with the votes for its nodes.
   *
   * @param promisedProvers default: the number of tickets that were promised a node
   */
  propose(
    { draft, context }: VotableDraft,
    promises: Iterable<readonly [node: number, promise: NodePromise]>,
    promisedProvers?: number,
  ): ProposedBlock {
    const list = [...promises];
    const transcript = new Transcript(list);
    const provers = promisedProvers ?? new Set(list.map(([, { ticket }]) => ticket)).size;
    const proposal: Proposal = {
      ...draft,
      promisedProvers: BigInt(provers),
      transcript: transcriptHash(transcript.promised, transcript.votesRoot),
    };
    return { draft, context, proposal, id: commitmentHash(this.node.domain, proposal), transcript };
  }

  /**
   * Commits to a draft, with the votes for its nodes.
   *
   * @param promisedProvers default: the number of tickets that were promised a node
   * @param parentProposer the proposer of the parent block, if the window is that of the next height
   */
  async commit(
    block: DraftBlock,
    promises: Iterable<readonly [node: number, promise: NodePromise]>,
    promisedProvers?: number,
    parentProposer = ZeroAddress,
  ): Promise<{ readonly committed: CommittedBlock; readonly receipt: ContractTransactionReceipt }> {
    const proposed = this.propose(block, promises, promisedProvers);
    return { committed: { ...block, ...proposed }, receipt: await this.commitTo(proposed, parentProposer) };
  }

  /**
   * Commits to a proposal. Of a builder's block, lock its offer first (`EscrowClient.lock`).
   *
   * @param parentProposer the proposer of the parent block, if the window is that of the next height
   */
  commitTo(
    { proposal }: Pick<ProposedBlock, "proposal">,
    parentProposer = ZeroAddress,
  ): Promise<ContractTransactionReceipt> {
    return this.#send(this.node.system.consensus.commit.populateTransaction(proposal, parentProposer));
  }

  /**
   * Reveals a committed block to those who prove it: everything that the proofs of its nodes need.
   *
   * @param block the result of `commit`
   * @throws {ProtocolError} `WRONG_PARENT` if it does not build on the head
   */
  async reveal({ proposal, content, data, transcript, context }: CommittedBlock): Promise<ProofTree> {
    await this.node.sync();
    const head = await this.node.system.consensus.head();
    if (!isSameBlock(head, proposal.parent)) {
      throw new ProtocolError(
        "WRONG_PARENT",
        { parent: proposal.parent, head },
        `the block builds on ${proposal.parent}, and the head is ${head}`,
      );
    }
    const header = this.node.headerOf(proposal.round, content);
    const { leaves, z } = applyBlock(
      this.node.system.profile,
      this.node.virtualState,
      { header, data },
      this.node.environmentOf(proposal.proposer),
    );
    const { registry, draw } = this.node.round(proposal.round);
    return new ProofTree({ leaves, z, context, transcript, registry, draw });
  }

  /**
   * Submits a block with all proofs of its tree, its own and others'. Anyone may. Before, it closes the demands about the
   * proposer's block whose place the record takes: as long as there are any, L1 refuses it (docs/b52.md §5.3).
   */
  async submit(block: CommittedBlock, proofs: readonly NodeProof[]): Promise<ContractTransactionReceipt> {
    return this.#submit(block, submissionOf(block, proofs, this.node.system.profile.slots));
  }

  /**
   * Submits a block with one proof of all nodes, as `submit` does otherwise.
   *
   * @param statements of all nodes (`ProofTree.tasks`)
   * @param joint as `IStatementVerifier.verifyJointly` takes it
   */
  async submitJointly(
    block: CommittedBlock,
    statements: readonly NodeStatement[],
    joint: Uint8Array,
  ): Promise<ContractTransactionReceipt> {
    return this.#submit(block, submissionOf(block, statements, this.node.system.profile.slots, joint));
  }

  async #submit({ proposal }: CommittedBlock, submission: SubmissionStruct): Promise<ContractTransactionReceipt> {
    const { proposer, round } = proposal;
    await this.node.sync();
    await this.#do(
      (chore) =>
        chore.kind === "close" &&
        isSameAddress(chore.block.proposal.proposer, proposer) &&
        roundOfChore(chore) < round &&
        (round - roundOfChore(chore)) % this.node.roundsKept === 0n,
    );
    return this.#send(this.node.system.consensus.submit.populateTransaction(proposal, submission));
  }

  /**
   * Makes the best block of a round that is over the head. Anyone may.
   * @throws {ProtocolError} `UNKNOWN_BLOCK` if there is none
   */
  async advance(): Promise<ContractTransactionReceipt> {
    await this.node.sync();
    const [best] = this.node.virtualBatches;
    if (best === undefined) {
      throw new ProtocolError("UNKNOWN_BLOCK", {}, "no round is over with a block that was proven");
    }
    const { consensus } = this.node.system;
    return this.#send(consensus.advanceState.populateTransaction(best.record, best.transition));
  }

  /**
   * Gets the bid of a commitment back, less the part that is burned. The winner's is settled when the state advances.
   *
   * @param block the result of `commit`
   * @throws {ProtocolError} `ALREADY_SETTLED` if it won
   */
  async settle({ proposal }: CommittedBlock): Promise<ContractTransactionReceipt> {
    await this.node.sync();
    const result = this.node.resultOf(proposal.round) ?? NO_RESULT;
    if (isSameAddress(result.winner as string, proposal.proposer)) {
      throw new ProtocolError(
        "ALREADY_SETTLED",
        { round: proposal.round },
        `the block of round ${proposal.round} won, and its bid is burned`,
      );
    }
    return this.#send(this.node.system.consensus.settle.populateTransaction(proposal, result));
  }

  /**
   * Settles this proposer's bids, pays the rewards of its blocks to everybody who is due, and closes demands about them;
   * the oldest first. To be called well within `roundsKept` rounds: rewards lapse, and a bid that would return whole
   * burns in part (docs/b52.md §5.3).
   *
   * @throws {ProtocolError} as `sendTransaction`
   */
  async collect(): Promise<readonly ContractTransactionReceipt[]> {
    await this.node.sync();
    const address = await this.signer.getAddress();
    return this.#do((chore) => {
      const { proposer } = chore.kind === "settle" ? chore.proposal : chore.block.proposal;
      return isSameAddress(proposer, address);
    });
  }

  #do(isWanted: (chore: Chore) => boolean): Promise<readonly ContractTransactionReceipt[]> {
    return doChores(this.node, this.signer, this.node.chores.filter(isWanted), this.#options.sending);
  }

  #send(call: Promise<ContractTransaction>): Promise<ContractTransactionReceipt> {
    return sendTransaction(this.signer, call, this.#options.sending);
  }
}

/**
 * Orders the content of a block for the round that is open, or that a commitment would open: forced operations, an include
 * list that is due, and transactions. The list is left out if the forced operations leave no room for it in the largest
 * block, as L1 permits (docs/b52.md §5.1): the queue goes first.
 *
 * @param node brought up to the head of L1
 */
export async function orderContent(
  node: B52Node,
  plan: Pick<BlockPlan, "transactions" | "forced" | "includeList" | "salt"> &
    Pick<ProposerOptions, "feeAccount" | "feeToken">,
): Promise<OrderedContent> {
  const { consensus, profile } = node.system;
  const [, height] = await consensus.openRound();
  const room = Number(node.parameters.maxLeaves) * profile.slots;
  const first = node.executedForced;
  const waiting = node.forcedOperations.length - first;
  const forcedCount = plan.forced ?? Math.min(waiting, room);
  const forced = node.forcedOperations.slice(first, first + forcedCount);
  const list = node.listDue(height);
  const due = forcedCount + list.length > room ? [] : list;
  const data = Buffer.concat([...forced, ...due, ...(plan.transactions ?? [])]);
  const includeList = Buffer.concat(plan.includeList ?? []);
  const content = {
    salt: plan.salt ?? hexlify(randomBytes(32)),
    dataHash: batchDataHash(data),
    forcedCount,
    includeListHash: keccak256(includeList),
    feeAccount: plan.feeAccount,
    feeToken: plan.feeToken,
  };
  return { content, data, includeList };
}

/** The part of an ordered block that gives nothing away. */
export const hiddenContentOf = (node: B52Node, { content, data }: OrderedContent): HiddenContent => ({
  contentHash: contentHash(content),
  leaves: BigInt(treeSize(Math.max(1, Math.ceil(data.length / leafBytes(node.system.profile))))),
});

/**
 * The argument of `IB52Blocks.submit`.
 *
 * @param proofs of all nodes; their statements alone with a joint proof
 * @param slots of a leaf
 * @param joint empty if each node has its own proof
 * @throws {ProtocolError} `PROOF_MISSING`; `EXITS_MISMATCH` if a leaf's exits are not those that its proof is of
 */
export function submissionOf(
  { content, transcript, data, includeList }: Pick<CommittedBlock, "content" | "transcript" | "data" | "includeList">,
  proofs: readonly (NodeProof | NodeStatement)[],
  slots: number,
  joint: Uint8Array = new Uint8Array(),
): SubmissionStruct {
  const leaves: LeafNodeStruct[] = [];
  const leafExits: { readonly exits: readonly Exit[] }[] = [];
  const merges: MergeNodeStruct[] = [];
  for (let node = 1; node <= proofs.length; node++) {
    const nodeProof = proofs.find((candidate) => candidate.node === node);
    if (nodeProof === undefined) throw new ProtocolError("PROOF_MISSING", { node }, `no proof of node ${node}`);
    const { opening, digest, exits } = nodeProof;
    const words = "proof" in nodeProof ? toProofWords(nodeProof.proof) : NO_PROOF;
    const proof = [...words] as LeafNodeStruct["proof"];
    if (opening.kind === "leaf") {
      const { newStateRoot, proverFees, c, worker } = opening.leaf;
      if (exitsHash(exits, slots) !== opening.leaf.exitsHash) {
        throw new ProtocolError(
          "EXITS_MISMATCH",
          { node, expected: opening.leaf.exitsHash, found: exitsHash(exits, slots) },
          `the exits of node ${node} are not those of its proof`,
        );
      }
      leafExits.push({ exits });
      leaves.push({
        proof,
        newStateRoot,
        exitsHash: opening.leaf.exitsHash,
        proverFees,
        commitment: c,
        digest,
        worker,
      });
    } else {
      const { delivered, nodes, worker } = opening.merge;
      merges.push({ proof, digest, delivered, nodes, worker });
    }
  }
  const { salt, forcedCount, feeAccount, feeToken } = content;
  return {
    salt,
    forcedCount,
    feeAccount,
    feeToken,
    promised: transcript.promised,
    votesRoot: transcript.votesRoot,
    data: hexlify(data),
    includeList: hexlify(includeList),
    leaves,
    merges,
    exits: exitEntries(leafExits, slots),
    joint: hexlify(joint),
  };
}

/** Of a node that a joint proof proves. */
const NO_PROOF: readonly bigint[] = Array.from({ length: 8 }, () => 0n);
