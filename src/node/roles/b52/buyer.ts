// SPDX-License-Identifier: MIT
import { isSameAddress, lockOfOffer, type BuilderOffer, type OpenLock } from "../../../agents/index.ts";
import { commitmentHash, isSameBlock, type Proposal, type Transcript } from "../../../b52/index.ts";
import type { BoughtDraft, StoredPurchase } from "../../b52Store/index.ts";
import {
  isSaleOf,
  quoteHash,
  signPurchase,
  type QuoteMessage,
  type SaleMessage,
  type TypedDataSigner,
} from "../../network/index.ts";
import {
  chooseBlock,
  decidePurchase,
  type BuyingStrategy,
  type OfferView,
  type ProposingStrategy,
  type PurchaseDecision,
} from "../../strategies/index.ts";
import type { Base } from "./base.ts";
import { B52_GAS, lockedCommitName, lockName } from "./desk.ts";
import type { B52Decision, TradeSetting } from "./setting.ts";

/** The words of an empty place in the escrow: never used, and ended. */
const FREE = [0n, 1n];
/** Places that are remembered with the time at which they were seen first. */
const PLACES = 16;

/** The block that a proposer offers to provers: its own, or that of a quote. */
export type Chosen =
  | { readonly view: OfferView; readonly bought: QuoteMessage | undefined }
  | { readonly do: "wait"; readonly why: "quotes" };

/** The proposer's side of a sale: chooses a quote, asks for an offer, and locks it (docs/b52.md §10). */
export class Buyer {
  readonly #setting: TradeSetting;
  readonly #signer: TypedDataSigner & { readonly address: string };
  readonly #strategy: BuyingStrategy;
  /** By round and parent: since when there is a block to offer. */
  readonly #seenAt = new Map<string, number>();

  constructor(setting: TradeSetting, signer: TypedDataSigner & { readonly address: string }, strategy: BuyingStrategy) {
    [this.#setting, this.#signer, this.#strategy] = [setting, signer, strategy];
    setting.book.on("quote", (message) => this.#keepQuote(message));
    setting.book.on("sale", (message) => this.#keepSale(message));
  }

  /** Whether an offer to provers is given up, as its builder did not sell. */
  hasFailed(context: bigint): boolean {
    return this.#setting.trades.hasFailed(context);
  }

  /** The own block, or a quote that brings more. @param own the offer of the own block */
  async choose(own: OfferView, base: Base, gasPrice: bigint, proposing: ProposingStrategy): Promise<Chosen> {
    const { node, escrow, trades } = this.#setting;
    const quotes = trades
      .quotesFor(base.round)
      .filter(({ quote }) => isSameBlock(quote.parent, base.parent) && quote.height === base.height);
    const { address } = this.#signer;
    // The wait for quotes begins when there is something to offer.
    if (own.slots === 0 && !proposing.emptyBlocks && quotes.length === 0) return { view: own, bought: undefined };
    const seenAt = this.#seen(base, own.now);
    const isAsked = quotes.length > 0 && own.now >= seenAt + this.#strategy.quotePatience;
    const [word, usable] = isAsked
      ? await Promise.all([escrow.escrow.placeOf(address, base.height & 1n), escrow.usable(address)])
      : ["0x0", 0n];
    const isReady = !isAsked || (FREE.includes(BigInt(word)) && usable >= escrow.rules.demandBond);
    const views = quotes.map(async ({ quote: { builder, leaves, payment, cover } }) => ({
      ...{ leaves: Number(leaves), payment, cover, isTrusted: trades.isTrusted(builder, base.round) },
      usable: isAsked && isReady ? await escrow.kept(builder) : undefined,
    }));
    const choice = chooseBlock(
      {
        ...{ own, seenAt, isReady, quotes: await Promise.all(views) },
        unprovenBurnRate: node.parameters.unprovenBurnRate,
        tradeCost: (B52_GAS.lock + B52_GAS.resolve) * gasPrice,
        withheldCost: (B52_GAS.lock + B52_GAS.commit + B52_GAS.demandContent + B52_GAS.cover) * gasPrice,
      },
      proposing,
      this.#strategy,
    );
    if (choice.do === "wait") return choice;
    return choice.do === "own" ? { view: own, bought: undefined } : { view: choice.view, bought: quotes[choice.quote] };
  }

  /** Asks the builder of an offer for its signature. The purchase is on the disk before it is told. */
  async ask(stored: BoughtDraft, proposal: Proposal, transcript: Transcript, now: number): Promise<B52Decision> {
    const { node, teller, escrow, trades } = this.#setting;
    const { bought, context } = stored;
    const quote = quoteHash(escrow.domain, bought.quote);
    const { promised, votes } = transcript;
    const message = await signPurchase(this.#signer, node.domain, escrow.domain, { quote, proposal, promised, votes });
    const id = commitmentHash(node.domain, proposal);
    trades.savePurchase({ id, context, message, quote: bought, at: now });
    await teller.tell(purchaseName(id), message);
    return { do: "purchase" };
  }

  /** The purchase for an offer to provers; undefined if its builder was not asked yet. */
  purchaseFor(context: bigint): StoredPurchase | undefined {
    return this.#setting.trades.purchaseFor(context);
  }

  /**
   * Does the next step of a purchase: tells it again after a restart, locks the offer, or gives it up.
   *
   * @param base place of the proposal
   * @returns `commit` if L1 has the lock
   */
  async pursue(purchase: StoredPurchase, base: Base, now: number): Promise<B52Decision> {
    const { node, book, teller, desk, escrow, trades } = this.#setting;
    const { id, message, at } = purchase;
    if (await teller.tell(purchaseName(id), message)) return { do: "publish" };
    const sale = trades.sale(id);
    if (sale === undefined) book.ask({ kind: "sale", id }, now);
    const lock = this.lockOf(purchase);
    const isHeld = lock !== undefined && escrow.open.some(({ hash }) => hash === lock.hash);
    const name = lock && lockName(lock);
    const isSent = name !== undefined && desk.isSent(name);
    const { builder, payment, cover } = purchase.quote!.quote;
    const decision: PurchaseDecision = decidePurchase(
      {
        ...{ now, isFrozen: node.isFrozen, isCurrent: base.isOpen, endsAt: base.endsAt, askedAt: at },
        deadline: sale && Number(sale.deadline),
        lock: isHeld ? "held" : isSent ? "sent" : "none",
        hasFailed: name !== undefined && desk.hasFailed(name),
        usable: isHeld || isSent || lock === undefined ? 0n : await escrow.kept(builder),
        needed: payment + cover,
      },
      this.#strategy,
    );
    if (decision.do === "lock" && lock !== undefined && sale !== undefined && name !== undefined) {
      const offer = { builder, payment, cover, deadline: sale.deadline };
      const call = () => escrow.escrow.lock.populateTransaction(message.proposal, offer, sale.signature);
      if (await desk.send(name, now, call)) return decision;
      return this.#fail(purchase, "refused");
    }
    return decision.do === "fail" ? this.#fail(purchase, decision.why) : decision;
  }

  /** The name of the commitment to a bought block. @throws {Error} if the builder has not signed */
  commitName(purchase: StoredPurchase): string {
    return lockedCommitName(purchase.message.proposal.parent, this.lockOf(purchase)!);
  }

  /** The lock of a purchase; undefined before the builder has signed. */
  lockOf({ id, message, quote }: StoredPurchase): OpenLock | undefined {
    const sale = this.#setting.trades.sale(id);
    if (sale === undefined || quote === undefined) return undefined;
    const { builder, payment, cover } = quote.quote;
    const offer: BuilderOffer = { builder, payment, cover, deadline: sale.deadline };
    return lockOfOffer(message.proposal, id, offer);
  }

  #fail({ context, message, quote }: StoredPurchase, why: string): B52Decision {
    const { trades } = this.#setting;
    const { round } = message.proposal;
    trades.fail(context, round);
    if (quote !== undefined) trades.distrust(quote.quote.builder, round + this.#strategy.distrustRounds);
    return { do: "fail", why };
  }

  /** Nobody sends a quote again to a proposer that was started again. */
  #keepQuote(message: QuoteMessage): void {
    const { escrow, trades } = this.#setting;
    trades.keepQuote(quoteHash(escrow.domain, message.quote), message);
  }

  #keepSale(message: SaleMessage): void {
    const { escrow, trades } = this.#setting;
    const purchase = trades.purchase(message.id);
    if (purchase?.quote === undefined || !isSameAddress(purchase.message.proposal.proposer, this.#signer.address)) {
      return;
    }
    // A wrong signature would be a lock that L1 refuses.
    if (isSaleOf(purchase.quote.quote, escrow.domain, message)) trades.saveSale(message);
  }

  #seen({ round, parent }: Base, now: number): number {
    const key = `${round}/${parent}`;
    const known = this.#seenAt.get(key);
    if (known !== undefined) return known;
    this.#seenAt.set(key, now);
    const [oldest] = this.#seenAt.keys();
    if (this.#seenAt.size > PLACES && oldest !== undefined) this.#seenAt.delete(oldest);
    return now;
  }
}

/** @param id commitment hash */
const purchaseName = (id: string): string => `purchase ${id}`;
