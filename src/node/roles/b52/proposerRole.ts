// SPDX-License-Identifier: MIT
import { hexlify, keccak256, randomBytes, ZeroAddress, type BytesLike } from "ethers";

import { addressToUint, isSameAddress, type B52Node } from "../../../agents/index.ts";
import {
  commitmentHash,
  contentHash,
  draftContext,
  isSameBlock,
  isValidVote,
  Transcript,
  transcriptHash,
  treeSize,
  type Content,
  type Draft,
  type Proposal,
} from "../../../b52/index.ts";
import { readForcedSlot, SLOT_BYTES } from "../../../codec/index.ts";
import { BatchBuilder, batchDataHash, ETH, type State } from "../../../ledger/index.ts";
import type { StoredCommitment, StoredDraft } from "../../b52Store/index.ts";
import type { Mempool } from "../../mempool/index.ts";
import { signProposal, type BlockMessage, type MessageSigner, type TranscriptMessage } from "../../network/index.ts";
import {
  decideCommit,
  decideOffer,
  decideReveal,
  nodesIn,
  scoreOf,
  type CommitView,
  type GivenVote,
  type OfferView,
  type ProposingStrategy,
} from "../../strategies/index.ts";
import { headOf, isDear } from "../l1.ts";
import { B52_GAS } from "./desk.ts";
import { missesOf, oldestRound, TELL_AGAIN, treasuryOf, type B52Decision, type B52Setting } from "./setting.ts";
import type { OpenBlock } from "./workshop.ts";

/** `CommitmentStatus`: committed, or proven; the bid of both is kept by L1. */
const UNSETTLED = [1n, 2n];

/** The proposer's account. */
export interface ProposerKey extends MessageSigner {
  /** L1 address. */
  readonly address: string;
}

export interface ProposerRoleOptions {
  readonly strategy: ProposingStrategy;
  /** L2 account that gets the tips. */
  readonly feeAccount: number;
  readonly mempool: Mempool;
  /** Wei for a unit of gas above which nothing is offered or committed; undefined for no limit. */
  readonly maxGasPrice?: bigint | undefined;
  /** 32 bytes that nobody can guess. Default: random. */
  readonly newSalt?: () => BytesLike;
}

/** The block on which a proposal builds. */
interface Base {
  readonly round: bigint;
  readonly height: bigint;
  readonly isOpen: boolean;
  readonly endsAt: number | undefined;
  /** Commitment hash. */
  readonly parent: string;
  /** The zero address if the parent is the head. */
  readonly parentProposer: string;
  readonly state: State;
  /** Forced operations that were executed before. */
  readonly executed: number;
}

/**
 * Orders blocks, offers them, gathers votes, commits, and shows what was committed (B52, Phases 1 and 3). One act a step.
 * The order of a block and its salt are on the disk before anybody hears of it; the order is shown when its commitment is
 * deep in L1 and nobody can commit any more.
 */
export class ProposerRole {
  readonly #setting: B52Setting;
  readonly #signer: ProposerKey;
  readonly #options: ProposerRoleOptions;
  /** Messages that this process has told the network: those of before a restart are told again. */
  readonly #told = new Set<string>();
  /** When offers were told last, in seconds of L1, by context. */
  readonly #offered = new Map<bigint, number>();
  /** Block of L1 in which a commitment was seen first. */
  readonly #seenAt = new Map<string, number>();

  /** @param signer the L1 account that commits */
  constructor(setting: B52Setting, signer: ProposerKey, options: ProposerRoleOptions) {
    this.#setting = setting;
    this.#signer = signer;
    this.#options = options;
    const { book, store } = setting;
    book.onVote((message) => {
      const draft = store.draft(message.context);
      if (draft === undefined || !isSameAddress(draft.draft.proposer, signer.address)) return;
      store.keepBallot(draft.draft.round, message);
    });
  }

  /**
   * Looks once, and does what is most urgent: shows what was committed, commits, or offers a block.
   *
   * @throws {ProtocolError} as `Outbox.enqueue`, and as `Database.transaction`
   */
  async step(): Promise<B52Decision> {
    const { node, book, store } = this.#setting;
    const { now, gasPrice } = await headOf(node.system.provider);
    const shown = await this.#show(now);
    if (shown.do !== "wait") return shown;
    const base = await this.#base();
    if (base === undefined) return { do: "wait", why: "parent" };
    book.prune(base.round - 2n);
    store.prune(oldestRound(node, base.round));
    if (isDear(gasPrice, this.#options.maxGasPrice)) return { do: "wait", why: "dear" };
    const drafts = store.draftsOf(base.round).filter(({ draft }) => this.#isOn(base, draft));
    const [draft] = drafts;
    return draft === undefined ? this.#offer(base, now, gasPrice) : this.#commit(base, draft, now);
  }

  // ─── What was committed ────────────────────────────────────────────────────────────────────────────────────────────

  /** Publishes the transcript of an own commitment that L1 has, and its content when it is time. */
  async #show(now: number): Promise<B52Decision> {
    const { node, store, gossip } = this.#setting;
    const last = await node.system.provider.getBlockNumber();
    let why = "nothing";
    for (const commitment of [...store.commitmentsBy(this.#signer.address)].reverse()) {
      const { proposal, id } = commitment;
      const isOnL1 = node.proposalsOf(proposal.round).some((other) => commitmentHash(node.domain, other) === id);
      if (!isOnL1) continue;
      if (!this.#seenAt.has(id)) this.#seenAt.set(id, node.block);
      const transcript = `transcript ${id}`;
      const { opensAt, closesAt } = node.proofWindowOf(proposal.round);
      if (!this.#told.has(transcript) && now < closesAt) {
        const { promised, votes } = commitment;
        const message: TranscriptMessage = { kind: "transcript", proposal, promised, votes };
        store.keep(proposal.round, message, id);
        await gossip.publish(message);
        this.#told.add(transcript);
        return { do: "publish" };
      }
      const decision = decideReveal(
        {
          ...{ now, isFrozen: node.isFrozen, opensAt: Number(opensAt), closesAt: Number(closesAt) },
          isOnHead: isSameBlock(node.head, proposal.parent),
          depth: last - this.#seenAt.get(id)! + 1,
          isRevealed: this.#told.has(id),
        },
        this.#options.strategy,
      );
      if (decision.do === "reveal") {
        const draft = store.draft(commitment.context);
        if (draft === undefined) continue;
        const message = blockMessageOf(id, draft);
        store.keep(proposal.round, message, id);
        await gossip.publish(message);
        this.#told.add(id);
        return decision;
      }
      if (why === "nothing" && decision.why !== "over" && decision.why !== "done") ({ why } = decision);
    }
    return { do: "wait", why };
  }

  // ─── Offers ────────────────────────────────────────────────────────────────────────────────────────────────────────

  async #offer(base: Base, now: number, gasPrice: bigint): Promise<B52Decision> {
    const { node, book, store, gossip } = this.#setting;
    const { consensus, token } = node.system;
    const { strategy } = this.#options;
    const { address } = this.#signer;
    const ordered = this.#order(base);
    const [treasury, place, balance, tokens] = await Promise.all([
      treasuryOf(node),
      consensus.commitmentOf(address, base.height & 1n),
      consensus.balances(address),
      token.balanceOf(address),
    ]);
    const isOwn = place.round === base.round;
    const rivalBid = book
      .offersOf(base.round)
      .filter(({ message }) => !isSameAddress(message.draft.proposer, address))
      .reduce((most, { message: { draft } }) => (draft.bid > most ? draft.bid : most), 0n);
    const view: OfferView = {
      ...{ now, isFrozen: node.isFrozen, isOpen: base.isOpen, endsAt: base.endsAt, balance, tokens, rivalBid },
      proposalWindow: Number(node.parameters.proposalWindow),
      ...{ isOffered: false, isCommitted: isOwn },
      isPlaceTaken: !isOwn && UNSETTLED.includes(place.status),
      ...{ slots: ordered.data.length / SLOT_BYTES, fees: ordered.fees, reward: treasury.reward },
      cost: (B52_GAS.commit + B52_GAS.submit(2 * ordered.leaves - 1)) * gasPrice,
      ...{ minBid: node.parameters.minBid, maxShare: node.parameters.maxShare },
    };
    const decision = decideOffer(view, strategy);
    if (decision.do === "wait") return decision;
    if (decision.do === "deposit") return this.#deposit(decision.amount, base, now);
    const { data, includeList, content, leaves } = ordered;
    const draft: Draft = {
      ...{ proposer: address, round: base.round, height: base.height, parent: base.parent },
      ...{ contentHash: contentHash(content), bid: decision.bid, share: decision.share, leaves: BigInt(leaves) },
    };
    const message = await signProposal(this.#signer, node.domain, draft);
    const context = draftContext(node.domain, draft);
    const { signature } = message;
    store.saveDraft({ context, draft, content, data, includeList, signature, offeredAt: now });
    book.remember(message);
    await gossip.publish(message);
    this.#offered.set(context, now);
    return decision;
  }

  /** The block that would be offered: forced operations, the list that is due, transactions by their tips. */
  #order({ state, executed, height }: Base): {
    readonly data: Uint8Array;
    readonly includeList: Uint8Array;
    readonly content: Content;
    readonly fees: bigint;
    readonly leaves: number;
  } {
    const { node } = this.#setting;
    const { profile } = node.system;
    const { feeAccount, mempool, newSalt = () => randomBytes(32) } = this.#options;
    const { address } = this.#signer;
    const terms = { baseFee: node.baseFee, feeToken: ETH, feeAccount };
    const environment = { ...node.environmentOf(address), sequencer: addressToUint(address) };
    const builder = new BatchBuilder(profile, state, terms, environment);
    const room = Number(node.parameters.maxLeaves) * profile.slots;
    let forcedFees = 0n;
    for (const slot of node.forcedOperations.slice(executed, executed + room)) {
      builder.force(slot);
      forcedFees += readForcedSlot(slot).fee;
    }
    const forcedCount = builder.forcedCount;
    const list = node.listDue(height);
    // The queue goes first: a list for which it leaves no room is left out (docs/b52.md §5.1).
    if (builder.size + list.length <= room) for (const slot of list) builder.append(slot);
    const transactions = mempool.select(builder, room - builder.size).length;
    const data = builder.data;
    const includeList = new Uint8Array(0);
    const content: Content = {
      salt: hexlify(newSalt()),
      dataHash: batchDataHash(data),
      forcedCount,
      includeListHash: keccak256(includeList),
      feeAccount,
      feeToken: ETH,
    };
    const fees = builder.tips + forcedFees + node.baseFee * BigInt(transactions);
    const leaves = treeSize(Math.max(1, Math.ceil(builder.size / profile.slots)));
    return { data, includeList, content, fees, leaves };
  }

  /** Takes tokens into the consensus contract, for this bid and some more. */
  async #deposit(amount: bigint, { round }: Base, now: number): Promise<B52Decision> {
    const { node, desk } = this.#setting;
    const { consensus, token } = node.system;
    const allowance = await token.allowance(this.#signer.address, consensus);
    const isAllowed = allowance >= amount;
    const isSent = isAllowed
      ? await desk.send(`deposit for round ${round}`, now, () => consensus.deposit.populateTransaction(amount))
      : await desk.send(`approve for round ${round}`, now, () => token.approve.populateTransaction(consensus, amount));
    return isSent ? { do: isAllowed ? "deposit" : "approve" } : { do: "wait", why: "depositing" };
  }

  // ─── Commitments ───────────────────────────────────────────────────────────────────────────────────────────────────

  async #commit(base: Base, stored: StoredDraft, now: number): Promise<B52Decision> {
    const { node, store, gossip } = this.#setting;
    const { draft, context } = stored;
    const known = store.commitmentOf(draft.proposer, draft.round, draft.parent);
    if (known !== undefined) return this.#sendCommitment(known, now);
    if (now - (this.#offered.get(context) ?? 0) >= TELL_AGAIN) {
      this.#offered.set(context, now);
      const message = { kind: "proposal", draft, signature: stored.signature } as const;
      this.#setting.book.remember(message);
      await gossip.publish(message);
      return { do: "publish" };
    }
    const ballots = this.#ballots(stored);
    const misses = missesOf(node);
    const votes = ballots.map(({ ticket, vote }): GivenVote => ({
      ticket,
      nodes: vote.nodes,
      misses: misses.get(ticket) ?? 0,
    }));
    const { rule } = await treasuryOf(node);
    const view: CommitView = {
      ...{ now, isFrozen: node.isFrozen, isCurrent: base.isOpen, endsAt: base.endsAt, votes, rule },
      proposalWindow: Number(node.parameters.proposalWindow),
      ...{ offeredAt: stored.offeredAt, nodes: 2 * Number(draft.leaves) - 1, bid: draft.bid },
      electorate: this.#electorate(base),
      rivals: node
        .proposalsOf(draft.round)
        .map(({ bid, promisedProvers }) => ({ bid, provers: Number(promisedProvers) })),
    };
    const decision = decideCommit(view, this.#options.strategy);
    if (decision.do === "wait") return decision;
    const transcript = new Transcript(
      decision.promises.map(({ node: at, ticket, vote }) => [at, { ticket, vote: ballots[vote]!.vote }] as const),
    );
    const proposal: Proposal = {
      ...draft,
      promisedProvers: BigInt(decision.provers),
      transcript: transcriptHash(transcript.promised, transcript.votesRoot),
    };
    const commitment = store.saveCommitment({
      ...{ proposal, context, parentProposer: base.parentProposer },
      ...{ id: commitmentHash(node.domain, proposal), promised: transcript.promised, votes: transcript.votes },
    });
    return this.#sendCommitment(commitment, now);
  }

  async #sendCommitment({ proposal, parentProposer }: StoredCommitment, now: number): Promise<B52Decision> {
    const { node, desk } = this.#setting;
    const name = `commit ${proposal.round} on ${proposal.parent.slice(0, 18)}`;
    const { consensus } = node.system;
    const isSent = await desk.send(name, now, () => consensus.commit.populateTransaction(proposal, parentProposer));
    return isSent ? { do: "commit" } : { do: "wait", why: "committed" };
  }

  /** The votes for an own offer that are valid under the keys that the round has, or would have if it opened now. */
  #ballots({ context, draft }: StoredDraft): { readonly ticket: number; readonly vote: StoredBallot }[] {
    const { node, store } = this.#setting;
    const opened = node.lastRoundOf(Number(draft.height));
    const registry = opened?.round === draft.round ? opened.registry : node.registry;
    return store.ballotsFor(context).filter(({ ticket, vote }) => {
      const [first] = nodesIn(vote.nodes & ~1n);
      return first !== undefined && isValidVote(vote, { context, ticket, node: first, key: registry.get(ticket) });
    });
  }

  #electorate({ height, round }: Base): number {
    const { node } = this.#setting;
    const opened = node.lastRoundOf(Number(height));
    const { size } = opened?.round === round ? opened.registry : node.registry;
    return size;
  }

  // ─── Rounds ────────────────────────────────────────────────────────────────────────────────────────────────────────

  #isOn({ parent }: Base, draft: Draft): boolean {
    return isSameBlock(parent, draft.parent) && isSameAddress(draft.proposer, this.#signer.address);
  }

  /** The round whose commitments L1 takes, and what a block of it builds on; undefined if the node does not know that. */
  async #base(): Promise<Base | undefined> {
    const { node } = this.#setting;
    const { consensus } = node.system;
    const [round, height, isOpen] = await consensus.openRound();
    const next = BigInt(node.batches.length) + 1n;
    const { proposalWindow } = node.parameters;
    const facts = { round, height, isOpen };
    if (height === next) {
      const opened = await consensus.roundOf(height);
      const endsAt = opened.id === round ? Number(opened.opensAt + proposalWindow) : undefined;
      const head = await consensus.head();
      // The node is behind, or L1 went on in the meantime.
      if (!isSameBlock(head, node.head)) return undefined;
      const { virtualState: state, executedForced: executed } = node;
      return { ...facts, endsAt, parent: node.head, parentProposer: ZeroAddress, state, executed };
    }
    const current = node.lastRoundOf(Number(next));
    if (height !== next + 1n || current === undefined) return undefined;
    const parent = await this.#bestOpen(node);
    if (parent === undefined) return undefined;
    const { block, state } = parent;
    return {
      ...{ ...facts, endsAt: Number(current.opensAt + 2n * proposalWindow) },
      ...{ parent: block.id, parentProposer: block.proposal.proposer, state },
      executed: node.executedForced + block.content.forcedCount,
    };
  }

  /** Pipelined: the commitment of the round at hand that can score most, as far as its content is known. */
  async #bestOpen(node: B52Node): Promise<{ readonly block: OpenBlock; readonly state: State } | undefined> {
    const { workshop } = this.#setting;
    const { rule } = await treasuryOf(node);
    const open = workshop.commitments
      .map(({ id, proposal }) => workshop.open(id, proposal))
      .filter((block) => block !== undefined)
      .sort((a, b) => {
        const [first, second] = [a, b].map(({ proposal: { promisedProvers, bid } }) =>
          scoreOf(Number(promisedProvers), bid, rule),
        );
        return first === second ? (a.id < b.id ? -1 : 1) : first! > second! ? -1 : 1;
      });
    const [block] = open;
    return block && { block, state: block.tree.result };
  }
}

type StoredBallot = StoredCommitment["votes"][number] & object;

/** The content of a commitment, as the network takes it. */
const blockMessageOf = (id: string, { content, data, includeList }: StoredDraft): BlockMessage => {
  const { salt, forcedCount, feeAccount, feeToken } = content;
  return { kind: "block", id, content: { salt, forcedCount, feeAccount, feeToken }, data, includeList };
};
