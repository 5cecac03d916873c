// SPDX-License-Identifier: MIT
import { isError, ZeroAddress } from "ethers";

import {
  draftContext,
  isDrawn,
  isSignedVote,
  NO_DRAW,
  nodesBitmap,
  signDrawnVote,
  signVote,
  unpackDraw,
  type Vote,
} from "../../../b52/index.ts";
import type { DrawnProverRegistry } from "../../../../typechain-types/contracts/staking/DrawnProverRegistry.ts";
import type { OutputSigner, Point } from "../../../crypto/index.ts";
import { isSameAddress } from "../../../agents/index.ts";
import type { Prover } from "../../../prover/index.ts";
import type { StoredVote } from "../../b52Store/index.ts";
import { isSignedByProposer } from "../../network/index.ts";
import {
  decideVote,
  nodesIn,
  type OfferToProvers,
  type VotingStrategy,
  type VotingView,
} from "../../strategies/index.ts";
import { headOf } from "../l1.ts";
import type { Turn } from "../turn.ts";
import { oldestRound, TELL_AGAIN, treasuryOf, type B52Decision, type B52Setting } from "./setting.ts";
import { measure } from "./workshop.ts";

export interface VoterRoleOptions {
  readonly strategy: VotingStrategy;
  /** 1 … 247 */
  readonly ticket: number;
  /** The ticket's key on L2. */
  readonly key: OutputSigner;
  /** Whether to take the ticket for its stake, if nobody has it. */
  readonly joins: boolean;
  readonly prover: Prover;
  /** The turn of those who prove. */
  readonly proving: Turn;
  /** Signs a vote, when it is on the disk what for. Default: with the key. */
  readonly sign?: (context: bigint, nodes: bigint, draw: bigint) => Vote | Promise<Vote>;
}

/** Votes for the nodes that are expected to pay, within what this machine can prove (B52, Phase 2). */
export class VoterRole {
  readonly #setting: B52Setting;
  readonly #options: VoterRoleOptions;

  constructor(setting: B52Setting, options: VoterRoleOptions) {
    this.#setting = setting;
    this.#options = options;
  }

  /**
   * Looks once, and gives a vote if one pays. Votes that the network did not take, or of before a restart, are told again,
   * as they were, and so are all from time to time, as long as nobody has committed with them.
   *
   * @throws {ProtocolError} as `B52Store.vote`; as `Outbox.enqueue` when it takes the ticket
   */
  async step(): Promise<B52Decision> {
    const { node, book, store } = this.#setting;
    const { strategy, ticket, key, prover, proving } = this.#options;
    const { consensus, provider } = node.system;
    const { now } = await headOf(provider);
    const joining = await this.#join(now);
    if (joining !== undefined) return joining;
    if (store.times === undefined) {
      const times = await proving.take(() => measure(node.system.profile, prover, node.staking.electedTickets !== 0n));
      if (times === undefined) return { do: "wait", why: "proving" };
      store.recordTime("leaf", times.leaf);
      store.recordTime("merge", times.merge);
    }
    const [round, height, isOpen] = await consensus.openRound();
    book.prune(BigInt(node.rounds) - 1n);
    store.prune(oldestRound(node));
    const hasTold = await this.#tellAgain(round, now);
    if (!isOpen) return hasTold ? { do: "publish" } : { do: "wait", why: "closed" };
    const opened = node.lastRoundOf(Number(height));
    const isOpened = opened?.round === round;
    const { registry, draw } = await node.votersOf(round);
    const own = registry.get(ticket);
    const { parameters, domain } = node;
    const offers: OfferToProvers[] = [];
    for (const { context, message } of book.offersOf(round)) {
      const { draft } = message;
      const isPossible =
        draft.height === height &&
        draft.share <= parameters.maxShare &&
        draft.bid >= parameters.minBid &&
        draft.leaves <= parameters.maxLeaves &&
        isSignedByProposer(domain, message);
      if (!isPossible) continue;
      const { bid, share, leaves } = draft;
      // A bid that was taken for a commitment of this round is covered.
      const isCommitted = node.proposalsOf(round).some(({ proposer }) => isSameAddress(proposer, draft.proposer));
      const isCovered = isCommitted || (await consensus.balances(draft.proposer)) >= bid;
      offers.push({ context, bid, share, leaves: Number(leaves), isCovered });
    }
    const treasury = await treasuryOf(node);
    const view: VotingView = {
      ...{ now, isFrozen: node.isFrozen, ticket, offers, times: store.times },
      isRegistered: own !== undefined && own.x === key.publicKey.x && own.y === key.publicKey.y,
      isElected: isDrawn(key, ticket, draw),
      proofWindow: Number(parameters.proofWindow),
      endsAt: isOpened ? Number(opened.opensAt + parameters.proposalWindow) : undefined,
      promises: store
        .votesIn(round, ticket)
        .map(({ context, leaves, nodes }) => ({ context, leaves, nodes: nodesIn(nodes) })),
      ...{ reward: treasury.reward, uncleNodeReward: treasury.uncleNodeReward, fairPay: parameters.fairPay },
    };
    const decision = decideVote(view, strategy);
    if (decision.do === "wait") return hasTold ? { do: "publish" } : decision;
    const { leaves } = offers.find(({ context }) => context === decision.context)!;
    await this.#give({ context: decision.context, round, leaves, nodes: nodesBitmap(decision.nodes) }, draw, now);
    return { do: "vote" };
  }

  /**
   * The vote is on the disk before it is signed, and signed on the disk before it is told.
   *
   * @returns whether it was told now
   */
  async #give(wanted: Omit<StoredVote, "ticket" | "vote">, draw: bigint, now: number): Promise<boolean> {
    const { store, teller } = this.#setting;
    const { context } = wanted;
    const { ticket, key } = this.#options;
    const byKey = (of: bigint, bitmap: bigint): Vote => {
      const subject = { context: of, ticket, nodes: bitmap };
      return draw === NO_DRAW ? signVote(key, subject) : signDrawnVote(key, subject, unpackDraw(draw).seed);
    };
    const sign = this.#options.sign ?? byKey;
    const { vote } = await store.vote({ ...wanted, ticket }, (bitmap) => sign(context, bitmap, draw));
    return teller.tell(voteName(context), { kind: "vote", context, ticket, vote }, { now, every: TELL_AGAIN });
  }

  /** Tells the votes that the network has not taken, or that wait for their commitment. @returns whether it took one now */
  async #tellAgain(round: bigint, now: number): Promise<boolean> {
    const { node, store, teller } = this.#setting;
    const committed = new Set(node.proposalsOf(round).map((proposal) => draftContext(node.domain, proposal)));
    let hasTold = false;
    for (const vote of store.votesIn(round, this.#options.ticket)) {
      const repeat = committed.has(vote.context) ? undefined : { now, every: TELL_AGAIN };
      if (!teller.isDue(voteName(vote.context), repeat)) continue;
      const { draw } = await node.votersOf(round);
      if (!this.#counts(vote, draw)) continue;
      hasTold = (await this.#give(vote, draw, now)) || hasTold;
    }
    return hasTold;
  }

  /**
   * Whether a vote of the disk can count in a round with this draw. One that was signed for another seed cannot, and
   * peers refuse it. Nor can one of a ticket that is not elected: to sign it would only show its output.
   */
  #counts({ context, vote }: StoredVote, draw: bigint): boolean {
    const { ticket, key } = this.#options;
    if (!isDrawn(key, ticket, draw)) return false;
    return vote === undefined || isSignedVote(vote, { context, ticket, key: key.publicKey, draw });
  }

  /** Puts the own ticket under the root, if it waits for a seed and that is there (docs/b52.md §11). */
  async #activate(now: number): Promise<B52Decision | undefined> {
    const { ticket, key } = this.#options;
    const { node, desk } = this.#setting;
    const { registry } = node.system;
    if (node.staking.electedTickets === 0n || !(await canActivate(registry, ticket, key.publicKey))) return undefined;
    const { x, y } = key.publicKey;
    const { seedBlock } = await registry.drawState();
    const name = `activate ${ticket} with the seed of ${seedBlock}`;
    const isSent = await desk.send(name, now, () => registry.activate.populateTransaction(ticket, x, y));
    return isSent ? { do: "activate" } : { do: "wait", why: "joining" };
  }

  /** Takes the ticket, if that is wanted and nobody has it; undefined if there is nothing to do. */
  async #join(now: number): Promise<B52Decision | undefined> {
    const { ticket, key, joins } = this.#options;
    const { node, desk } = this.#setting;
    if (node.registry.get(ticket) !== undefined) return undefined;
    const activated = await this.#activate(now);
    if (activated !== undefined || !joins) return activated;
    const { registry, token } = node.system;
    const { owner } = await registry.getTicket(ticket);
    if (owner !== ZeroAddress) return undefined;
    const stake = await registry.STAKE();
    const isAllowed = (await token.allowance(desk.address, registry)) >= stake;
    const { x, y } = key.publicKey;
    const isSent = isAllowed
      ? await desk.send(`join ${ticket}`, now, () => registry.join.populateTransaction(ticket, x, y, desk.address))
      : await desk.send(`approve the stake of ${ticket}`, now, () =>
          token.approve.populateTransaction(registry, stake),
        );
    return isSent ? { do: isAllowed ? "join" : "approve" } : { do: "wait", why: "joining" };
  }
}

/** Whether L1 would put the ticket under the root now. @throws {Error} of the endpoint */
async function canActivate(registry: DrawnProverRegistry, ticket: number, { x, y }: Point): Promise<boolean> {
  try {
    await registry.activate.staticCall(ticket, x, y);
    return true;
  } catch (error) {
    if (isError(error, "CALL_EXCEPTION")) return false;
    throw error;
  }
}

const voteName = (context: bigint): string => `vote ${context}`;
