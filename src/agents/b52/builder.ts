// SPDX-License-Identifier: MIT
import type { ContractTransactionReceipt, Signer } from "ethers";

import {
  commitmentHash,
  draftContext,
  isSameBlock,
  nodesOf,
  transcriptHash,
  treeSize,
  type Voters,
} from "../../b52/index.ts";
import type { SendOptions } from "../../chain/index.ts";
import { ProtocolError, type Recorded } from "../../errors.ts";
import { isSameAddress } from "../system.ts";
import type { EscrowClient, SignedOffer } from "./escrow.ts";
import type { OpenLock } from "./escrowView.ts";
import type { B52Node } from "./node.ts";
import {
  hiddenContentOf,
  orderContent,
  type BlockPlan,
  type CommittedBlock,
  type HiddenContent,
  type OrderedContent,
  type ProposedBlock,
} from "./proposer.ts";

/** A block that a builder has ordered, and the part of it that proposers may know. */
export interface BuiltBlock extends OrderedContent, HiddenContent {}

/** Conditions of a builder for a proposal, and the account that gets its tips. */
export interface BuilderOptions {
  /** L2 account that receives the tips of the builder's blocks. */
  readonly feeAccount: number;
  /** Token of that account. */
  readonly feeToken: bigint;
  /** Least number of provers with valid votes: a block with few scores little. Default 1. */
  readonly minProvers?: number;
  /** L1 blocks that have to have a commitment before its block is revealed, its own included. Default 4. */
  readonly confirmations?: number;
  /** Limits of its transactions. */
  readonly sending?: SendOptions;
}

const MIN_PROVERS = 1;
const CONFIRMATIONS = 4;

/**
 * Orders blocks and sells them to proposers (docs/b52.md §10): shows a proposer nothing but a hash, signs an offer for the
 * whole proposal, and reveals the block when the proposal is committed for good.
 */
export class Builder {
  readonly node: B52Node;
  readonly escrow: EscrowClient;
  /** Signs offers; sends and pays on L1. */
  readonly signer: Signer;
  readonly #options: BuilderOptions;

  constructor(escrow: EscrowClient, signer: Signer, options: BuilderOptions) {
    [this.node, this.escrow, this.signer, this.#options] = [escrow.node, escrow, signer, options];
  }

  /** Orders a block for the round that is open. Keep it on disk before it is offered: without the salt it is lost. */
  async order(plan: Pick<BlockPlan, "transactions" | "forced" | "includeList" | "salt"> = {}): Promise<BuiltBlock> {
    await this.node.sync();
    const ordered = await orderContent(this.node, { ...this.#options, ...plan });
    return { ...ordered, ...hiddenContentOf(this.node, ordered) };
  }

  /**
   * Signs an offer for a proposal that a proposer shows. Its round has to be open, it has to build on the head or on
   * `parent`, and every promise in its transcript has to have a valid vote: otherwise the block might be unprovable, or
   * score less than it says.
   *
   * @param parent commitment hash on which the block was ordered, pipelined; default: the head
   * @throws {ProtocolError} `UNFIT_PROPOSAL`; `COVER_TOO_SMALL` if the builder's balance is below the offer
   */
  async sell(
    block: BuiltBlock,
    proposed: Pick<ProposedBlock, "proposal" | "transcript">,
    { payment, cover, parent }: { readonly payment: bigint; readonly cover: bigint; readonly parent?: string },
  ): Promise<SignedOffer> {
    await this.node.sync();
    const { proposal } = proposed;
    const { consensus, provider } = this.node.system;
    const [round, height, isOpen] = await consensus.openRound();
    requireFit("round is open", true, isOpen);
    requireFit("round", round, proposal.round);
    requireFit("height", height, proposal.height);
    const head = parent ?? (await consensus.head());
    if (!isSameBlock(head, proposal.parent)) requireFit("parent", head, proposal.parent);
    requireFit("hash of the content", block.contentHash, proposal.contentHash);
    requireFit("number of leaves", block.leaves, proposal.leaves);
    // A round that failed is still that of its height, until a commitment opens the next one.
    const { id: current, opensAt } = await consensus.roundOf(height);
    const isNewRound = current !== round;
    this.#requireVotes(proposed, isNewRound ? await this.node.votersOf(round) : this.node.round(round));
    const builder = await this.signer.getAddress();
    const usable = await this.escrow.usable(builder);
    if (usable < payment + cover) {
      throw new ProtocolError(
        "COVER_TOO_SMALL",
        { what: "balance", found: usable, needed: payment + cover },
        `a balance of ${usable} for an offer of ${payment + cover}`,
      );
    }
    const now = BigInt((await provider.getBlock("latest"))?.timestamp ?? 0);
    const deadline = (isNewRound ? now : opensAt) + this.node.parameters.proposalWindow;
    const id = commitmentHash(this.node.domain, proposal);
    return this.escrow.sign(this.signer, id, { builder, payment, cover, deadline });
  }

  /**
   * The block with its proposal, for everybody who proves or submits it. Only when it can no longer be taken: the offer is
   * locked, L1 has the commitment deep enough, the proof window is open, and the block builds on the head. Without this a
   * proposer could read the order and commit to it without the builder, or a reorganisation of L1 could.
   *
   * @throws {ProtocolError} `NOT_TO_BE_REVEALED`
   */
  async reveal(block: BuiltBlock, proposed: Pick<ProposedBlock, "proposal" | "transcript">): Promise<CommittedBlock> {
    const { proposal, transcript } = proposed;
    const { domain } = this.node;
    const id = commitmentHash(domain, proposal);
    await this.#requireRevealable(proposed, id);
    const { content, data, includeList } = block;
    const context = draftContext(domain, proposal);
    return { draft: proposal, context, content, data, includeList, proposal, id, transcript };
  }

  /**
   * Answers all demands for a block of this builder that can still be answered, the most urgent first. One that L1 refuses does not keep it from
   * the others.
   *
   * @param blocks by content hash
   * @throws {ProtocolError} as `sendTransaction`, the first one, when all were tried
   */
  async answerDemands(blocks: ReadonlyMap<string, OrderedContent>): Promise<readonly ContractTransactionReceipt[]> {
    const now = BigInt((await this.node.system.provider.getBlock("latest"))?.timestamp ?? 0);
    const locks = (await this.#ownLocks())
      .filter(({ stage, answerBy }) => stage === "demanded" && now < answerBy)
      .sort((a, b) => Number(a.answerBy - b.answerBy));
    return forEach(locks, async (lock) => {
      const block = blocks.get(lock.struct.contentHash as string);
      return block && (await this.escrow.answer(this.signer, lock, block, this.#options.sending));
    });
  }

  /**
   * Ends all locks of this builder that can be ended: its refunds, and the payments that proposers earned. One that L1
   * refuses does not keep it from the others.
   *
   * @throws {ProtocolError} as `sendTransaction`, the first one, when all were tried
   */
  async resolveAll(): Promise<readonly ContractTransactionReceipt[]> {
    const locks = (await this.#ownLocks()).filter(({ stage }) => stage !== "demanded");
    return forEach(locks, async (lock) => {
      if (!(await this.escrow.canResolve(lock))) return undefined;
      return this.escrow.resolve(this.signer, lock, this.#options.sending);
    });
  }

  async #ownLocks(): Promise<OpenLock[]> {
    const own = await this.signer.getAddress();
    return (await this.escrow.locks()).filter(({ builder }) => isSameAddress(builder, own));
  }

  /** Every promise of the transcript has to have a valid vote of a registered ticket. */
  #requireVotes({ proposal, transcript }: Pick<ProposedBlock, "proposal" | "transcript">, voters: Voters): void {
    const { promised, votesRoot } = transcript;
    requireFit("hash of the transcript", transcriptHash(promised, votesRoot), proposal.transcript);
    const context = draftContext(this.node.domain, proposal);
    const tickets = new Set<number>();
    for (const node of nodesOf(treeSize(Number(proposal.leaves)))) {
      const ticket = transcript.ticket(node);
      if (ticket === 0) continue;
      requireFit(`vote for node ${node} is valid`, true, transcript.isValid(node, context, voters));
      tickets.add(ticket);
    }
    const needed = Math.max(this.#options.minProvers ?? MIN_PROVERS, Number(proposal.promisedProvers));
    if (tickets.size < needed) requireFit("number of provers", needed, tickets.size);
  }

  async #requireRevealable({ proposal }: Pick<ProposedBlock, "proposal">, id: string): Promise<void> {
    const { round, proposer, height, parent } = proposal;
    const refuse = (
      reason: "no lock" | "no commitment" | "not deep enough" | "window not open" | "parent is not the head",
    ) =>
      new ProtocolError("NOT_TO_BE_REVEALED", { round, reason }, `the block of round ${round} stays hidden: ${reason}`);
    await this.node.sync();
    const { consensus, provider } = this.node.system;
    const lock = (await this.#ownLocks()).find((open) => open.id === id);
    if (lock === undefined) throw refuse("no lock");
    const { hash, round: recorded } = await consensus.commitmentOf(proposer, height & 1n);
    if (!isSameBlock(hash, id) || recorded !== round) throw refuse("no commitment");
    const committedAt = this.node.committedAt({ round, proposer });
    const latest = await provider.getBlock("latest");
    if (committedAt === undefined || latest === null) throw refuse("no commitment");
    if (latest.number - committedAt + 1 < (this.#options.confirmations ?? CONFIRMATIONS)) {
      throw refuse("not deep enough");
    }
    const { opensAt, closesAt } = this.node.proofWindowOf(round);
    const now = BigInt(latest.timestamp);
    if (now < opensAt || now >= closesAt) throw refuse("window not open");
    if (!isSameBlock(await consensus.head(), parent)) throw refuse("parent is not the head");
  }
}

/** Does something for each lock in its turn, whether or not it worked for the others. */
async function forEach(
  locks: readonly OpenLock[],
  act: (lock: OpenLock) => Promise<ContractTransactionReceipt | undefined>,
): Promise<readonly ContractTransactionReceipt[]> {
  const receipts: ContractTransactionReceipt[] = [];
  const errors: unknown[] = [];
  for (const lock of locks) {
    try {
      const receipt = await act(lock);
      if (receipt !== undefined) receipts.push(receipt);
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
  return receipts;
}

function requireFit(what: string, expected: Recorded, found: Recorded): void {
  if (expected !== found) {
    throw new ProtocolError("UNFIT_PROPOSAL", { what, expected, found }, `${what}: ${found}, not ${expected}`);
  }
}
