// SPDX-License-Identifier: MIT
import type { BytesLike } from "ethers";

import { addressToUint, isSameAddress, type OrderedContent } from "../../../agents/index.ts";
import {
  commitmentHash,
  contentHash,
  draftContext,
  isSameBlock,
  isValidVote,
  Transcript,
  transcriptHash,
  type Draft,
  type Proposal,
} from "../../../b52/index.ts";
import { SLOT_BYTES } from "../../../codec/index.ts";
import { isBought, type BoughtDraft, type StoredCommitment, type StoredDraft } from "../../b52Store/index.ts";
import type { Mempool } from "../../mempool/index.ts";
import { signProposal, type BlockMessage, type MessageSigner, type TranscriptMessage } from "../../network/index.ts";
import {
  decideCommit,
  decideOffer,
  decideReveal,
  nodesIn,
  type CommitDecision,
  type CommitView,
  type GivenVote,
  type OfferView,
  type ProposingStrategy,
} from "../../strategies/index.ts";
import { headOf, isDear } from "../l1.ts";
import { findBase, orderBlock, type Base } from "./base.ts";
import type { Buyer } from "./buyer.ts";
import { B52_GAS, commitName } from "./desk.ts";
import { missesOf, oldestRound, TELL_AGAIN, treasuryOf, type B52Decision, type B52Setting } from "./setting.ts";

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
  /** Buys blocks of builders. Default: none are bought. */
  readonly buyer?: Buyer | undefined;
  /** Wei for a unit of gas above which nothing is offered or committed; undefined for no limit. */
  readonly maxGasPrice?: bigint | undefined;
  /** 32 bytes that nobody can guess. Default: random. */
  readonly newSalt?: () => BytesLike;
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
  /** Block of L1 in which a commitment was seen first. */
  readonly #seenAt = new Map<string, number>();

  /** @param signer the L1 account that commits */
  constructor(setting: B52Setting, signer: ProposerKey, options: ProposerRoleOptions) {
    this.#setting = setting;
    this.#signer = signer;
    this.#options = options;
    const { book, store } = setting;
    book.on("vote", (message) => {
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
    const base = await findBase(this.#setting);
    if (base === undefined) return { do: "wait", why: "parent" };
    book.prune(BigInt(node.rounds) - 1n);
    store.prune(oldestRound(node));
    if (isDear(gasPrice, this.#options.maxGasPrice)) return { do: "wait", why: "dear" };
    const [stored] = store
      .draftsOf(base.round)
      .filter(({ draft, context }) => this.#isOn(base, draft) && this.#options.buyer?.hasFailed(context) !== true);
    if (stored === undefined) return this.#offer(base, now, gasPrice);
    const known = store.commitmentOf(stored.draft.proposer, stored.draft.round, stored.draft.parent);
    if (isBought(stored)) return this.#buy(base, stored, known, now);
    return known === undefined ? this.#commit(base, stored, now) : this.#sendCommitment(known, now);
  }

  // ─── What was committed ────────────────────────────────────────────────────────────────────────────────────────────

  /** Publishes the transcript of an own commitment that L1 has, and its content when it is time. */
  async #show(now: number): Promise<B52Decision> {
    const { node, store, teller } = this.#setting;
    const last = await node.system.provider.getBlockNumber();
    let why = "nothing";
    for (const commitment of [...store.commitmentsBy(this.#signer.address)].reverse()) {
      const { proposal, id } = commitment;
      const isOnL1 = node.proposalsOf(proposal.round).some((other) => commitmentHash(node.domain, other) === id);
      if (!isOnL1) continue;
      if (!this.#seenAt.has(id)) this.#seenAt.set(id, node.block);
      const { opensAt, closesAt } = node.proofWindowOf(proposal.round);
      if (now < closesAt && !teller.hasTold(transcriptName(id))) {
        const { promised, votes } = commitment;
        const message: TranscriptMessage = { kind: "transcript", proposal, promised, votes };
        store.keep(proposal.round, message, id);
        if (await teller.tell(transcriptName(id), message)) return { do: "publish" };
      }
      const draft = store.draft(commitment.context);
      // The order of a bought block is shown by its builder.
      if (draft === undefined || isBought(draft)) continue;
      const decision = decideReveal(
        {
          ...{ now, isFrozen: node.isFrozen, opensAt: Number(opensAt), closesAt: Number(closesAt) },
          isOnHead: isSameBlock(node.head, proposal.parent),
          depth: last - this.#seenAt.get(id)! + 1,
          isRevealed: teller.hasTold(contentName(id)),
        },
        this.#options.strategy,
      );
      if (decision.do === "reveal") {
        const message = blockMessageOf(id, draft);
        store.keep(proposal.round, message, id);
        if (await teller.tell(contentName(id), message)) return decision;
        why = "refused";
        continue;
      }
      if (why === "nothing" && decision.why !== "over" && decision.why !== "done") ({ why } = decision);
    }
    return { do: "wait", why };
  }

  // ─── Offers ────────────────────────────────────────────────────────────────────────────────────────────────────────

  async #offer(base: Base, now: number, gasPrice: bigint): Promise<B52Decision> {
    const { node, book, store, teller } = this.#setting;
    const { consensus, token } = node.system;
    const { strategy } = this.#options;
    const { address } = this.#signer;
    const { feeAccount, mempool, newSalt, buyer } = this.#options;
    const sequencer = addressToUint(address);
    const ordered = orderBlock(node, base, { feeAccount, mempool, sequencer, newSalt });
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
    const chosen = (await buyer?.choose(view, base, gasPrice, strategy)) ?? { view, bought: undefined };
    if ("do" in chosen) return chosen;
    const { bought } = chosen;
    const decision = decideOffer(chosen.view, strategy);
    if (decision.do === "wait") return decision;
    if (decision.do === "deposit") return this.#deposit(decision.amount, base, now);
    const { data, includeList, content } = ordered;
    const hidden = bought?.quote ?? { contentHash: contentHash(content), leaves: BigInt(ordered.leaves) };
    const draft: Draft = {
      ...{ proposer: address, round: base.round, height: base.height, parent: base.parent },
      ...{ contentHash: hidden.contentHash, bid: decision.bid, share: decision.share, leaves: hidden.leaves },
    };
    const message = await signProposal(this.#signer, node.domain, draft);
    const context = draftContext(node.domain, draft);
    const { signature } = message;
    const offer = { context, draft, signature, offeredAt: now };
    store.saveDraft(bought === undefined ? { ...offer, content, data, includeList } : { ...offer, bought });
    book.remember(message);
    await teller.tell(offerName(context), message, { now, every: TELL_AGAIN });
    return bought === undefined ? decision : { do: "offer", why: "bought" };
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
    const gathered = await this.#gather(base, stored, now, this.#options.strategy.margin);
    if (!("proposal" in gathered)) return gathered;
    return this.#sendCommitment(this.#saveCommitment(base, stored, gathered.proposal, gathered.transcript), now);
  }

  /** A builder's block: votes, then the builder's signature, then the lock, then the commitment. */
  async #buy(base: Base, stored: BoughtDraft, known: StoredCommitment | undefined, now: number): Promise<B52Decision> {
    const { buyer, strategy } = this.#options;
    if (buyer === undefined) return { do: "wait", why: "escrow" };
    const purchase = buyer.purchaseFor(stored.context);
    if (purchase === undefined) {
      // Signature and lock need time before the window ends.
      const gathered = await this.#gather(base, stored, now, 3 * strategy.margin);
      return "proposal" in gathered ? buyer.ask(stored, gathered.proposal, gathered.transcript, now) : gathered;
    }
    const decision = await buyer.pursue(purchase, base, now);
    if (decision.do !== "commit") return decision;
    const { proposal, promised, votes } = purchase.message;
    const commitment = known ?? this.#saveCommitment(base, stored, proposal, { promised, votes });
    return this.#sendCommitment(commitment, now, buyer.commitName(purchase));
  }

  /** Gathers votes for an offer, until a transcript is chosen. @param margin seconds before the end of the window */
  async #gather(
    base: Base,
    stored: StoredDraft,
    now: number,
    margin: number,
  ): Promise<B52Decision | { readonly proposal: Proposal; readonly transcript: Transcript }> {
    const { node, book, teller } = this.#setting;
    const { draft, context } = stored;
    const message = { kind: "proposal", draft, signature: stored.signature } as const;
    book.remember(message);
    const hasTold = await teller.tell(offerName(context), message, { now, every: TELL_AGAIN });
    const ballots = await this.#ballots(stored);
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
    const decision: CommitDecision = decideCommit(view, { ...this.#options.strategy, margin });
    if (decision.do === "wait") return hasTold ? { do: "publish" } : decision;
    const transcript = new Transcript(
      decision.promises.map(({ node: at, ticket, vote }) => [at, { ticket, vote: ballots[vote]!.vote }] as const),
    );
    const proposal: Proposal = {
      ...draft,
      promisedProvers: BigInt(decision.provers),
      transcript: transcriptHash(transcript.promised, transcript.votesRoot),
    };
    return { proposal, transcript };
  }

  #saveCommitment(
    { parentProposer }: Base,
    { context }: StoredDraft,
    proposal: Proposal,
    { promised, votes }: Pick<StoredCommitment, "promised" | "votes">,
  ): StoredCommitment {
    const { node, store } = this.#setting;
    const id = commitmentHash(node.domain, proposal);
    return store.saveCommitment({ proposal, context, parentProposer, id, promised, votes });
  }

  async #sendCommitment(
    { proposal, parentProposer }: StoredCommitment,
    now: number,
    name = commitName(proposal.round, proposal.parent),
  ): Promise<B52Decision> {
    const { node, desk } = this.#setting;
    const { consensus } = node.system;
    const isSent = await desk.send(name, now, () => consensus.commit.populateTransaction(proposal, parentProposer));
    return isSent ? { do: "commit" } : { do: "wait", why: "committed" };
  }

  /** The votes for an own offer that are valid under the keys that the round has, or would have if it opened now. */
  async #ballots({ context, draft }: StoredDraft): Promise<{ readonly ticket: number; readonly vote: StoredBallot }[]> {
    const { node, store } = this.#setting;
    const { registry, draw } = await node.votersOf(draft.round);
    return store.ballotsFor(context).filter(({ ticket, vote }) => {
      const [first] = nodesIn(vote.nodes & ~1n);
      return (
        first !== undefined && isValidVote(vote, { context, ticket, node: first, key: registry.get(ticket), draw })
      );
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
}

type StoredBallot = StoredCommitment["votes"][number] & object;

/** Names of what a proposer or a builder tells. @param id commitment hash */
const offerName = (context: bigint): string => `offer ${context}`;
export const transcriptName = (id: string): string => `transcript ${id}`;
export const contentName = (id: string): string => `block ${id}`;

/** The content of a commitment, as the network takes it. */
export const blockMessageOf = (id: string, { content, data, includeList }: OrderedContent): BlockMessage => {
  const { salt, forcedCount, feeAccount, feeToken } = content;
  return { kind: "block", id, content: { salt, forcedCount, feeAccount, feeToken }, data, includeList };
};
