// SPDX-License-Identifier: MIT
import type { BytesLike } from "ethers";

import { Builder, isSameAddress, type BuiltBlock, type CommittedBlock } from "../../../agents/index.ts";
import { commitmentHash, contentHash, draftContext, isSameBlock } from "../../../b52/index.ts";
import { isProtocolError } from "../../../errors.ts";
import { ETH } from "../../../ledger/index.ts";
import type { StoredPurchase, StoredQuote } from "../../b52Store/index.ts";
import type { Mempool } from "../../mempool/index.ts";
import {
  isSignedByBuyer,
  quoteHash,
  signQuote,
  type PurchaseMessage,
  type TranscriptMessage,
} from "../../network/index.ts";
import { decideQuote, decideSale, decideShow, type BuildingStrategy } from "../../strategies/index.ts";
import { headOf } from "../l1.ts";
import { findBase, orderBlock, type Base } from "./base.ts";
import { blockMessageOf, contentName, transcriptName, type ProposerKey } from "./proposerRole.ts";
import { oldestRound, type B52Decision, type TradeSetting } from "./setting.ts";
import { transcriptOf } from "./workshop.ts";

/** The builder's account: signs quotes and offers. */
export type BuilderKey = ProposerKey & ConstructorParameters<typeof Builder>[1];

export interface BuilderRoleOptions {
  readonly strategy: BuildingStrategy;
  /** Depth of a commitment from which on the content is shown. */
  readonly revealDepth: number;
  /** L2 account that gets the tips. */
  readonly feeAccount: number;
  readonly mempool: Mempool;
  /** 32 bytes that nobody can guess. Default: random. */
  readonly newSalt?: () => BytesLike;
}

/** The proposer of a builder's block is not known when it is ordered, so no transaction bound to one is taken. */
const NO_PROPOSER = 0n;

/**
 * Orders blocks, tells proposers their hashes and prices, signs offers, and shows what was locked and committed
 * (docs/b52.md §10). One act a step. Order, salt and signature are on the disk before anybody hears of them.
 */
export class BuilderRole {
  readonly #setting: TradeSetting;
  readonly #key: BuilderKey;
  readonly #options: BuilderRoleOptions;
  readonly #builder: Builder;
  /** Purchases that the builder does not sign for. */
  readonly #refused = new Set<string>();

  constructor(setting: TradeSetting, key: BuilderKey, options: BuilderRoleOptions) {
    [this.#setting, this.#key, this.#options] = [setting, key, options];
    const { feeAccount, revealDepth: confirmations } = options;
    this.#builder = new Builder(setting.escrow, key, { feeAccount, feeToken: ETH, confirmations });
    setting.book.on("purchase", (message) => this.#keep(message));
  }

  /**
   * Looks once, and does what is most urgent: shows a block, signs an offer, or quotes a block.
   *
   * @throws {ProtocolError} as `B52Node.sync`, and as `Database.transaction`
   */
  async step(): Promise<B52Decision> {
    const { node, book, store, trades } = this.#setting;
    const { now } = await headOf(node.system.provider);
    const shown = await this.#show(now);
    if (shown.do !== "wait") return shown;
    const base = await findBase(this.#setting);
    if (base === undefined) return { do: "wait", why: "parent" };
    book.prune(BigInt(node.rounds) - 1n);
    for (const disk of [store, trades]) disk.prune(oldestRound(node));
    const sold = await this.#sell(base, now);
    if (sold.do !== "wait") return sold;
    const quoted = await this.#quote(base, now);
    return quoted.do === "wait" && shown.why !== "nothing" ? shown : quoted;
  }

  // ─── Blocks that were sold ─────────────────────────────────────────────────────────────────────────────────────────

  /** Shows a block whose offer is locked and whose proposal is committed, when nobody can take its order any more. */
  async #show(now: number): Promise<B52Decision> {
    const { node, escrow, teller, trades } = this.#setting;
    const last = await node.system.provider.getBlockNumber();
    let why = "nothing";
    for (const purchase of [...trades.purchases].reverse()) {
      const { id, message } = purchase;
      const { proposal } = message;
      const quote = trades.quote(message.quote);
      if (quote === undefined || trades.sale(id) === undefined) continue;
      const isOnL1 = node.proposalsOf(proposal.round).some((other) => commitmentHash(node.domain, other) === id);
      const committedAt = node.committedAt(proposal);
      if (!isOnL1 || committedAt === undefined) continue;
      const { opensAt, closesAt } = node.proofWindowOf(proposal.round);
      const lock = escrow.open.find((open) => open.id === id && isSameAddress(open.builder, this.#key.address));
      const decision = decideShow(
        {
          ...{ now, isFrozen: node.isFrozen, opensAt: Number(opensAt), closesAt: Number(closesAt) },
          isOnHead: isSameBlock(node.head, proposal.parent),
          depth: last - committedAt + 1,
          ...{ isRevealed: teller.hasTold(contentName(id)), isLocked: lock !== undefined },
        },
        this.#options,
      );
      if (decision.do === "reveal") {
        const revealed = await this.#reveal(purchase, quote);
        if (revealed !== undefined) return revealed;
        why = "refused";
      } else if (why === "nothing" && decision.why !== "over" && decision.why !== "done") {
        ({ why } = decision);
      }
    }
    return { do: "wait", why };
  }

  /** Transcript and content, for everybody: the proposer may have vanished. Undefined if L1 or the network refuses it. */
  async #reveal({ id, message }: StoredPurchase, { block }: StoredQuote): Promise<B52Decision | undefined> {
    const { store, teller } = this.#setting;
    const { proposal, promised, votes } = message;
    let revealed: CommittedBlock;
    try {
      const built = this.#built(block, proposal.leaves);
      revealed = await this.#builder.reveal(built, { proposal, transcript: transcriptOf(message) });
    } catch (error) {
      // L1 has gone on, or back, since this node has read it.
      if (!isProtocolError(error, "NOT_TO_BE_REVEALED")) throw error;
      return undefined;
    }
    const transcript: TranscriptMessage = { kind: "transcript", proposal, promised, votes };
    const shown = blockMessageOf(id, revealed);
    store.keep(proposal.round, transcript, id);
    store.keep(proposal.round, shown, id);
    await teller.tell(transcriptName(id), transcript);
    return (await teller.tell(contentName(id), shown)) ? { do: "reveal" } : undefined;
  }

  #built(block: StoredQuote["block"], leaves: bigint): BuiltBlock {
    return { ...block, contentHash: contentHash(block.content), leaves };
  }

  // ─── Sales ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Keeps a purchase of an own block: nobody sends it again. */
  #keep(message: PurchaseMessage): void {
    const { node, escrow, trades } = this.#setting;
    const { proposal } = message;
    const quote = trades.quote(message.quote)?.message.quote;
    if (quote === undefined || !isSameAddress(quote.builder, this.#key.address)) return;
    const id = commitmentHash(node.domain, proposal);
    if (proposal.contentHash !== quote.contentHash || !isSignedByBuyer(escrow.domain, id, message)) return;
    trades.savePurchase({ id, context: draftContext(node.domain, proposal), message, quote: undefined, at: 0 });
  }

  /** Signs an offer for a purchase. It is on the disk before it is told, and told again after a restart. */
  async #sell(base: Base, now: number): Promise<B52Decision> {
    const { node, escrow, teller, trades } = this.#setting;
    const { address } = this.#key;
    const ofRound = trades.purchases.flatMap((purchase) => {
      const quote = trades.quote(purchase.message.quote);
      return quote !== undefined && purchase.message.proposal.round === base.round ? [{ purchase, quote }] : [];
    });
    let why = "purchase";
    for (const { purchase, quote } of ofRound) {
      const { id, message } = purchase;
      const { payment, cover } = quote.message.quote;
      const sale = trades.sale(id);
      if (sale !== undefined && (await teller.tell(saleName(id), sale))) return { do: "publish" };
      if (sale !== undefined || this.#refused.has(id)) continue;
      const isLocked = (other: string): boolean => escrow.open.some((lock) => lock.id === other);
      const outstanding = ofRound.reduce((sum, other) => {
        const signed = trades.sale(other.purchase.id);
        const isOver = signed === undefined || Number(signed.deadline) <= now || isLocked(other.purchase.id);
        const { quote: terms } = other.quote.message;
        return isOver ? sum : sum + terms.payment + terms.cover;
      }, 0n);
      const decision = decideSale({
        ...{ now, isFrozen: node.isFrozen, endsAt: base.endsAt, isSigned: false, outstanding },
        isCurrent: base.isOpen && isSameBlock(base.parent, message.proposal.parent),
        ...{ usable: await escrow.usable(address), needed: payment + cover },
      });
      if (decision.do === "wait") {
        ({ why } = decision);
        continue;
      }
      try {
        const { offer, signature } = await this.#builder.sell(
          this.#built(quote.block, quote.message.quote.leaves),
          { proposal: message.proposal, transcript: transcriptOf(message) },
          { payment, cover, ...(isSameBlock(base.parent, node.head) ? {} : { parent: base.parent }) },
        );
        trades.saveSale({ kind: "sale", id, deadline: offer.deadline, signature });
      } catch (error) {
        if (!isProtocolError(error, "UNFIT_PROPOSAL", "COVER_TOO_SMALL")) throw error;
        this.#refused.add(id);
        why = "unfit";
        continue;
      }
      await teller.tell(saleName(id), trades.sale(id)!);
      return decision;
    }
    return { do: "wait", why };
  }

  // ─── Quotes ────────────────────────────────────────────────────────────────────────────────────────────────────────

  async #quote(base: Base, now: number): Promise<B52Decision> {
    const { node, escrow, teller, trades } = this.#setting;
    const { feeAccount, mempool, newSalt, strategy } = this.#options;
    const { address } = this.#key;
    const known = trades.quotesOf(address, base.round, base.parent);
    for (const { hash, message } of base.isOpen ? known : []) {
      if (await teller.tell(quoteName(hash), message)) return { do: "publish" };
    }
    const isSold = trades.purchases.some(
      ({ id, message }) => known.some(({ hash }) => hash === message.quote) && trades.sale(id) !== undefined,
    );
    const isWanted = base.isOpen && !isSold;
    const ordered = isWanted
      ? orderBlock(node, base, { feeAccount, mempool, sequencer: NO_PROPOSER, newSalt })
      : undefined;
    const decision = decideQuote(
      {
        ...{
          now,
          isFrozen: node.isFrozen,
          isOpen: base.isOpen,
          endsAt: base.endsAt,
          tips: ordered?.tips ?? 0n,
          isSold,
        },
        usable: await escrow.usable(address),
        payments: known.map(({ message }) => message.quote.payment),
      },
      strategy,
    );
    if (decision.do === "wait" || ordered === undefined) return decision;
    const { content, data, includeList, leaves } = ordered;
    const quote = {
      ...{ builder: address, round: base.round, height: base.height, parent: base.parent },
      ...{ contentHash: contentHash(content), leaves: BigInt(leaves) },
      ...{ payment: decision.payment, cover: decision.cover },
    };
    const message = await signQuote(this.#key, escrow.domain, quote);
    const hash = quoteHash(escrow.domain, quote);
    trades.saveQuote({ hash, message, block: { content, data, includeList } });
    await teller.tell(quoteName(hash), message);
    return { do: "quote" };
  }
}

/** Names of what a builder tells. @param hash of the quote */
const quoteName = (hash: string): string => `quote ${hash}`;
/** @param id commitment hash */
const saleName = (id: string): string => `sale ${id}`;
