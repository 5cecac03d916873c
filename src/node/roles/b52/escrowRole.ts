// SPDX-License-Identifier: MIT
import { isSameAddress, type OpenLock } from "../../../agents/index.ts";
import { commitmentHash, contentHash, isSameBlock, type Proposal } from "../../../b52/index.ts";
import {
  canEnd,
  decideFunds,
  decideLock,
  type BuyingStrategy,
  type FundsDecision,
  type LockDecision,
  type LockView,
} from "../../strategies/index.ts";
import { headOf } from "../l1.ts";
import { escrowName } from "./desk.ts";
import { blockMessageOf, contentName } from "./proposerRole.ts";
import type { B52Decision, TradeSetting } from "./setting.ts";

export interface EscrowRoleOptions {
  /** Whether the account buys blocks; else it sells them. */
  readonly isProposer: boolean;
  readonly strategy: BuyingStrategy;
  /** Depth of a commitment from which on builders show a content. */
  readonly revealDepth: number;
  /** Below this balance the account cannot trade: the bond of a demand, or payment and cover of a block. */
  readonly least: bigint;
  /** Amount that is kept in the escrow; 0: everything is taken out. */
  readonly target: bigint;
}

/**
 * Looks after the locks of an account in the escrow of builders, and after its money there (docs/b52.md §10): a proposer
 * demands a content that is hidden, and takes the cover; a builder answers; both end locks that are decided.
 */
export class EscrowRole {
  readonly #setting: TradeSetting;
  readonly #options: EscrowRoleOptions;
  /** By hash of the lock: since when it can end. */
  readonly #endable = new Map<string, number>();

  constructor(setting: TradeSetting, options: EscrowRoleOptions) {
    [this.#setting, this.#options] = [setting, options];
  }

  /**
   * Looks once at all locks of the account, and acts in one of them; else it looks at the money.
   *
   * @throws {ProtocolError} as `Outbox.enqueue`
   */
  async step(): Promise<B52Decision> {
    const { node, escrow, desk } = this.#setting;
    const { isProposer, strategy } = this.#options;
    const { now } = await headOf(node.system.provider);
    const own = escrow.open.filter((lock) => isSameAddress(isProposer ? lock.proposer : lock.builder, desk.address));
    let why = "nothing";
    for (const lock of own) {
      const view = await this.#viewOf(lock, now);
      const decision = decideLock(view, strategy);
      if (decision.do === "wait") {
        if (why === "nothing") ({ why } = decision);
        if (decision.why === "hidden") this.#ask(lock, now);
        continue;
      }
      if (await this.#act(decision.do, lock, view)) return decision;
    }
    const hashes = new Set(own.map(({ hash }) => hash));
    for (const hash of this.#endable.keys()) if (!hashes.has(hash)) this.#endable.delete(hash);
    for (const lock of own) if (await this.#tell(lock, now)) return { do: "publish" };
    const funded = await this.#fund(now);
    return funded.do === "wait" ? { do: "wait", why } : funded;
  }

  async #viewOf(lock: OpenLock, now: number): Promise<LockView> {
    const { node, escrow, desk, trades, workshop } = this.#setting;
    const { isProposer, revealDepth } = this.#options;
    const { id, height, round, proposer, stage, hash, struct } = lock;
    const proposal = this.#proposalOf(lock);
    const { opensAt, closesAt } = this.#isLastRound(lock) ? node.proofWindowOf(round) : {};
    const block = proposal && node.committedAt({ round, proposer });
    const committed = block === undefined ? undefined : await node.system.provider.getBlock(block);
    const built = trades.quote(trades.purchase(id)?.message.quote ?? "");
    const view: LockView = {
      ...{ now, isFrozen: node.isFrozen, isProposer, stage, revealDepth },
      ...{ answerBy: Number(lock.answerBy), deadline: Number(lock.deadline) },
      window: opensAt === undefined ? undefined : { opensAt: Number(opensAt), closesAt: Number(closesAt) },
      committedAt: committed?.timestamp,
      isProven: node.findProven(round, proposer)?.id === id,
      isOnHead: isSameBlock(node.head, struct.parent as string),
      isWon: Number(height) <= node.batches.length ? isSameBlock(node.batch(Number(height)).id, id) : undefined,
      isKnown: isProposer ? proposal !== undefined && workshop.open(id, proposal) !== undefined : built !== undefined,
      answerWindow: Number(escrow.rules.answerWindow),
      usable: isProposer && stage === "locked" ? await escrow.usable(desk.address) : 0n,
      bond: escrow.rules.demandBond,
      endableSince: this.#endable.get(hash),
    };
    if (!canEnd(view)) this.#endable.delete(hash);
    else if (view.endableSince === undefined) this.#endable.set(hash, now);
    return view;
  }

  async #act(what: Exclude<LockDecision["do"], "wait">, lock: OpenLock, view: LockView): Promise<boolean> {
    const { desk, escrow, trades } = this.#setting;
    const { now, window } = view;
    switch (what) {
      case "demand": {
        // A builder that lets it come to this is worth no further trade.
        trades.distrust(lock.builder, lock.round + this.#options.strategy.distrustRounds);
        const until = (window?.closesAt ?? 0) - view.answerWindow;
        const call = () => escrow.escrow.demand.populateTransaction(lock.struct);
        return desk.send(escrowName("ask content", lock, until), now, call);
      }
      case "answer": {
        const built = trades.quote(trades.purchase(lock.id)?.message.quote ?? "");
        if (built === undefined) return false;
        const name = escrowName("answer", lock, lock.answerBy);
        return desk.send(name, now, () => escrow.answerCall(lock, built.block));
      }
      case "cover": {
        const call = () => escrow.escrow.takeCover.populateTransaction(lock.struct);
        return desk.send(escrowName("take cover", lock), now, call);
      }
      case "resolve":
        return desk.send(escrowName("resolve", lock), now, () => escrow.resolveCall(lock));
    }
  }

  /** Tells the network the content of an answer that L1 was shown. */
  async #tell(lock: OpenLock, now: number): Promise<boolean> {
    const { node, book, teller } = this.#setting;
    const { id, shown, struct, round, proposer } = lock;
    if (shown === undefined || this.#proposalOf(lock) === undefined || teller.hasTold(contentName(id))) return false;
    const isOver = node.findProven(round, proposer) !== undefined || now >= Number(node.proofWindowOf(round).closesAt);
    if (isOver || contentHash(shown.content) !== struct.contentHash) return false;
    const message = blockMessageOf(id, shown);
    book.remember(message);
    return teller.tell(contentName(id), message);
  }

  /** Asks the network for a content before it is demanded on L1. */
  #ask(lock: OpenLock, now: number): void {
    const proposal = this.#proposalOf(lock);
    if (proposal !== undefined) this.#setting.workshop.fetch(lock.id, proposal, now);
  }

  async #fund(now: number): Promise<FundsDecision | B52Decision> {
    const { node, escrow, desk } = this.#setting;
    const { token, consensus } = node.system;
    const { least, target } = this.#options;
    const [{ balance, requested, readyAt }, tokens] = await Promise.all([
      escrow.escrow.accountOf(desk.address),
      token.balanceOf(desk.address),
    ]);
    const view = { now, balance, requested, readyAt: Number(readyAt), tokens, least, target };
    const decision = decideFunds(view);
    if (decision.do === "wait") return decision;
    const [round] = await consensus.openRound();
    const send = (name: string, call: Parameters<typeof desk.send>[2]) => desk.send(name, now, call);
    if (decision.do === "withdraw") {
      const isSent = await send(`withdraw from the escrow ${readyAt}`, () =>
        escrow.escrow.withdraw.populateTransaction(),
      );
      return isSent ? decision : { do: "wait", why: "money" };
    }
    const { amount } = decision;
    if (decision.do === "request") {
      const call = () => escrow.escrow.requestWithdrawal.populateTransaction(amount);
      return (await send(`request from the escrow in ${round}`, call)) ? decision : { do: "wait", why: "money" };
    }
    const isAllowed = (await token.allowance(desk.address, escrow.domain.verifyingContract)) >= amount;
    const isSent = isAllowed
      ? await send(`fund the escrow in ${round}`, () => escrow.escrow.deposit.populateTransaction(desk.address, amount))
      : await send(`approve the escrow in ${round}`, () =>
          token.approve.populateTransaction(escrow.domain.verifyingContract, amount),
        );
    return isSent ? { do: isAllowed ? "fund" : "approve" } : { do: "wait", why: "money" };
  }

  /** The proposal of a lock that L1 has as a commitment; undefined if it has none, or another one. */
  #proposalOf({ id, round }: OpenLock): Proposal | undefined {
    const { node } = this.#setting;
    return node.proposalsOf(round).find((proposal) => commitmentHash(node.domain, proposal) === id);
  }

  #isLastRound({ height, round }: OpenLock): boolean {
    return this.#setting.node.lastRoundOf(Number(height))?.round === round;
  }
}
