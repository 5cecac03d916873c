// SPDX-License-Identifier: MIT
import { lossOf } from "../../../agents/index.ts";
import {
  BLOCK_TIME,
  decideOffer,
  decideReveal,
  type OfferView,
  type ProposingStrategy,
  type RevealDecision,
  type RevealView,
} from "./proposing.ts";
import { worthOf } from "./score.ts";

/*
 * Decisions of a builder and of the proposers that it sells to (docs/b52.md §10). Times are in seconds of L1; amounts in
 * the native token unless they say wei.
 */

/** How a proposer buys blocks of builders. */
export interface BuyingStrategy {
  /** So long quotes are waited for, once there is a block to offer. Default 48: four blocks. */
  readonly quotePatience: number;
  /** So long a builder may take to sign an offer. Default 60. */
  readonly salePatience: number;
  /** So long a builder may take to show the content, from the first moment at which it can, before it is demanded. Default 72. */
  readonly showPatience: number;
  /** So long before the end of a window a call is sent at the latest: six blocks. Default 72. */
  readonly margin: number;
  /** For so many rounds nothing is bought of a builder that did not sign, or did not show in time. Default 64. */
  readonly distrustRounds: bigint;
  /** Worth of 10^18 units of the native token, in wei. Default 0.001 ETH. */
  readonly tokenPrice: bigint;
}

export const BUYING_STRATEGY: BuyingStrategy = {
  quotePatience: 48,
  salePatience: 60,
  showPatience: 72,
  margin: 72,
  distrustRounds: 64n,
  tokenPrice: 10n ** 15n,
};

/** How a builder sells blocks. */
export interface BuildingStrategy {
  /** So many percent of a block's tips are paid to the proposer. Default 50. */
  readonly payPercent: number;
  /** Most that is paid for a block. Default 20 tokens. */
  readonly maxPayment: bigint;
  /** For the proposer besides the payment, if the content is withheld. Default 2 tokens. */
  readonly cover: bigint;
  /** Another block is quoted in a round if it pays so many percent more. Default 10. */
  readonly raisePercent: number;
  /** Most quotes in a round. Default 4, as many as the network passes on. */
  readonly maxQuotes: number;
  /** So long before the end of a window a call is sent at the latest: six blocks. Default 72. */
  readonly margin: number;
  /** Worth of 10^18 units of the native token, in wei. Default 0.001 ETH. */
  readonly tokenPrice: bigint;
}

export const BUILDING_STRATEGY: BuildingStrategy = {
  payPercent: 50,
  maxPayment: 20n * 10n ** 18n,
  cover: 2n * 10n ** 18n,
  raisePercent: 10,
  maxQuotes: 4,
  margin: 72,
  tokenPrice: 10n ** 15n,
};

const UNIT = 10n ** 18n;

/** Native tokens that are worth an amount in wei, rounded up; 0 if the token is worth nothing. */
const tokensFor = (wei: bigint, tokenPrice: bigint): bigint =>
  tokenPrice === 0n ? 0n : (wei * UNIT + tokenPrice - 1n) / tokenPrice;

// ─── Proposer: the choice of a block ─────────────────────────────────────────────────────────────────────────────────

/** A quote of a builder, as far as the choice depends on it. */
export interface QuoteView {
  readonly leaves: number;
  readonly payment: bigint;
  readonly cover: bigint;
  /** Tokens of the builder that a lock can take now; undefined if L1 was not asked. */
  readonly usable: bigint | undefined;
  readonly isTrusted: boolean;
}

/** The own block and the quotes for the same place, and the facts that decide between them. */
export interface MarketView {
  /** Of the own block. */
  readonly own: OfferView;
  readonly quotes: readonly QuoteView[];
  /** Since when there is a block to offer: an own one or a builder's. */
  readonly seenAt: number;
  /** Whether the proposer's place in the escrow is free, and its balance there pays for a demand. */
  readonly isReady: boolean;
  /** Part of a bid that burns if the block is not proven, in 1/10,000. */
  readonly unprovenBurnRate: bigint;
  /** Gas of lock and resolution, in wei. */
  readonly tradeCost: bigint;
  /** Gas that is lost if the content is withheld: lock, commitment, demand, and the end of the lock, in wei. */
  readonly withheldCost: bigint;
}

export type BlockChoice =
  | { readonly do: "own" }
  /** `view` is that of the offer to provers. */
  | { readonly do: "buy"; readonly quote: number; readonly view: OfferView }
  | { readonly do: "wait"; readonly why: "quotes" };

/**
 * Whether to offer the own block or a builder's. A quote is taken if it brings more: its payment against the fees of the
 * own block. The fees of a hidden block count for nothing, as they could be an empty promise. Its cover has to be at least
 * the part of the bid that burns if the content is withheld, with the gas (docs/b52.md §10.1).
 */
export function chooseBlock(view: MarketView, proposing: ProposingStrategy, buying: BuyingStrategy): BlockChoice {
  const { own, quotes, unprovenBurnRate } = view;
  const { tokenPrice } = buying;
  if (!view.isReady || own.isFrozen || !own.isOpen || own.isCommitted || own.isPlaceTaken) return { do: "own" };
  // Signature and lock take time, before the commitment.
  if (own.endsAt !== undefined && own.now >= own.endsAt - 4 * buying.margin) return { do: "own" };
  if (own.now < view.seenAt + buying.quotePatience) return { do: "wait", why: "quotes" };
  const hasOwn = own.slots > 0 || proposing.emptyBlocks;
  let best: { readonly quote: number; readonly view: OfferView; readonly gain: bigint } | undefined;
  for (const [quote, { payment, cover, usable, isTrusted }] of quotes.entries()) {
    if (!isTrusted || usable === undefined || usable < payment + cover) continue;
    const fees = worthOf(payment, tokenPrice);
    const bought = { ...own, slots: Math.max(1, own.slots), fees, cost: own.cost + view.tradeCost };
    const gain = fees - view.tradeCost;
    if (gain <= (hasOwn ? own.fees : 0n) || (best !== undefined && gain <= best.gain)) continue;
    const first = decideOffer(bought, proposing);
    const isShort = first.do === "deposit";
    const offer = isShort ? decideOffer({ ...bought, balance: own.balance + first.amount }, proposing) : first;
    if (offer.do !== "offer") continue;
    const needed = lossOf(offer.bid, unprovenBurnRate) + tokensFor(view.withheldCost, tokenPrice);
    if (cover >= needed) best = { quote, view: bought, gain };
  }
  return best === undefined ? { do: "own" } : { do: "buy", quote: best.quote, view: best.view };
}

// ─── Proposer: the purchase ──────────────────────────────────────────────────────────────────────────────────────────

/** A purchase that was told to its builder, and the facts that decide what is next. */
export interface PurchaseView {
  /** Time of L1's newest block. */
  readonly now: number;
  readonly isFrozen: boolean;
  /** Whether round and parent of the proposal are those of a commitment now. */
  readonly isCurrent: boolean;
  readonly endsAt: number | undefined;
  /** When the purchase was made. */
  readonly askedAt: number;
  /** Deadline of the offer that the builder has signed; undefined if it has not. */
  readonly deadline: number | undefined;
  /** `none`: not sent, or it failed. `sent`: on its way. `held`: L1 has it. */
  readonly lock: "none" | "sent" | "held";
  /** Whether a lock was tried, and is not on its way any more. */
  readonly hasFailed: boolean;
  /** Tokens of the builder that a lock can take now, and that it needs. */
  readonly usable: bigint;
  readonly needed: bigint;
}

export type PurchaseDecision =
  | { readonly do: "lock" }
  | { readonly do: "commit" }
  /** The block is not bought: the builder did not sign, has not the money, or somebody locked it first. */
  | { readonly do: "fail"; readonly why: "unsigned" | "poor" | "refused" }
  | { readonly do: "wait"; readonly why: "frozen" | "stale" | "late" | "sale" | "locking" };

/**
 * Decides the next step of a purchase: a lock comes before the commitment, which is sent when L1 has the lock. So a lock that
 * reverts leaves no commitment whose content nobody has to show.
 */
export function decidePurchase(view: PurchaseView, { salePatience, margin }: BuyingStrategy): PurchaseDecision {
  const wait = (why: (PurchaseDecision & { do: "wait" })["why"]): PurchaseDecision => ({ do: "wait", why });
  const { now, endsAt, deadline, lock } = view;
  if (view.isFrozen) return wait("frozen");
  if (!view.isCurrent) return wait("stale");
  if (endsAt !== undefined && now >= endsAt - BLOCK_TIME) return wait("late");
  if (lock === "held") {
    // If nobody opens the round, the lock can end at its deadline: a later commitment would be without one.
    const isBinding = endsAt !== undefined || (deadline !== undefined && now < deadline - margin);
    return isBinding ? { do: "commit" } : wait("late");
  }
  if (lock === "sent") return wait("locking");
  if (view.hasFailed) return { do: "fail", why: "refused" };
  // An offer that could be over before it is locked is none.
  if (deadline === undefined || deadline < now + margin) {
    return now < view.askedAt + salePatience && deadline === undefined ? wait("sale") : { do: "fail", why: "unsigned" };
  }
  return view.usable < view.needed ? { do: "fail", why: "poor" } : { do: "lock" };
}

// ─── Both: a lock ────────────────────────────────────────────────────────────────────────────────────────────────────

/** A lock that has not ended, and the facts that decide what its proposer or its builder does. */
export interface LockView {
  /** Time of L1's newest block. */
  readonly now: number;
  readonly isFrozen: boolean;
  /** Whether this is its proposer; else its builder. */
  readonly isProposer: boolean;
  readonly stage: "locked" | "demanded" | "answered";
  /** Of a demand: until then it can be answered. */
  readonly answerBy: number;
  /** Of the offer. */
  readonly deadline: number;
  /** Proof window of the lock's round; undefined if nobody opened the round, or it is not the last one of its height. */
  readonly window: { readonly opensAt: number; readonly closesAt: number } | undefined;
  /** Time of the L1 block that has the commitment; undefined if there is none. */
  readonly committedAt: number | undefined;
  readonly isProven: boolean;
  /** Whether the block builds on the head: else nobody can prove it. */
  readonly isOnHead: boolean;
  /** Whether the block has its height in the chain; undefined if no block has. */
  readonly isWon: boolean | undefined;
  /** Whether the content is here: of the proposer, one that can be proven. */
  readonly isKnown: boolean;
  /** Depth of a commitment from which on a builder shows the content. */
  readonly revealDepth: number;
  readonly answerWindow: number;
  /** Own tokens in the escrow that a demand can take, and that it takes. */
  readonly usable: bigint;
  readonly bond: bigint;
  /** Since when the lock can end, as far as this node has seen; undefined if it could not yet. */
  readonly endableSince: number | undefined;
}

export type LockDecision =
  | { readonly do: "demand" | "answer" | "cover" | "resolve" }
  | { readonly do: "wait"; readonly why: "binding" | "hidden" | "poor" | "answer" | "lost" | "others" };

/** Seconds for the party that gets the money, before the other one ends a lock. */
const OTHER_PATIENCE = 120;

/** Whether `resolve` ends a lock: the rule of L1. */
export function canEnd(view: LockView): boolean {
  const { now, stage, window, isWon } = view;
  if (stage === "demanded") return false;
  if (isWon !== undefined) return true;
  if (window === undefined) return now >= view.deadline;
  if (now < window.opensAt) return false;
  if (view.committedAt === undefined) return true;
  return now >= window.closesAt && (!view.isProven || view.isFrozen);
}

/** Decides the next step of the proposer or the builder of a lock. */
export function decideLock(view: LockView, { showPatience, margin }: BuyingStrategy): LockDecision {
  const wait = (why: (LockDecision & { do: "wait" })["why"]): LockDecision => ({ do: "wait", why });
  const { now, stage, isProposer, window, answerBy } = view;
  if (stage === "demanded") {
    if (now >= answerBy) return isProposer ? { do: "cover" } : wait("lost");
    if (isProposer) return wait("answer");
    // Later it would be in no block in time.
    return view.isKnown && now < answerBy - BLOCK_TIME ? { do: "answer" } : wait("lost");
  }
  if (canEnd(view)) {
    // It is the proposer's money if the block won, and else the builder's.
    const isOwn = isProposer === (view.isWon === true);
    const since = view.endableSince ?? now;
    return isOwn || now >= since + OTHER_PATIENCE ? { do: "resolve" } : wait("others");
  }
  if (!isProposer || stage === "answered" || window === undefined || view.committedAt === undefined) {
    return wait("binding");
  }
  if (view.isKnown || view.isProven || view.isFrozen || !view.isOnHead) return wait("binding");
  const { opensAt, closesAt } = window;
  const until = closesAt - view.answerWindow;
  const shownBy = Math.max(opensAt, view.committedAt + view.revealDepth * BLOCK_TIME) + showPatience;
  // The last moment for a demand comes first.
  const from = Math.max(opensAt, Math.min(shownBy, until - margin));
  if (now < from || now >= until - BLOCK_TIME) return wait("hidden");
  return view.usable < view.bond ? wait("poor") : { do: "demand" };
}

// ─── Both: money ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** A balance in the escrow. */
export interface FundsView {
  /** Time of L1's newest block. */
  readonly now: number;
  readonly balance: bigint;
  /** Amount of a request for a withdrawal; 0 without one. */
  readonly requested: bigint;
  /** From then on the request is paid. */
  readonly readyAt: number;
  /** Of the account, outside the escrow. */
  readonly tokens: bigint;
  /** Below this the account cannot trade. */
  readonly least: bigint;
  /** Amount that is kept in the escrow. 0: everything is taken out. */
  readonly target: bigint;
}

export type FundsDecision =
  | { readonly do: "fund" | "request"; readonly amount: bigint }
  | { readonly do: "withdraw" }
  | { readonly do: "wait"; readonly why: "enough" | "poor" };

/** Whether to pay into the escrow, or to take out of it: a balance above twice the target, or any if the target is 0. */
export function decideFunds({ now, balance, requested, readyAt, tokens, least, target }: FundsView): FundsDecision {
  if (requested > 0n && balance > 0n && now >= readyAt) return { do: "withdraw" };
  if (target > 0n && balance < least) {
    const missing = (target > least ? target : least) - balance;
    const amount = tokens < missing ? tokens : missing;
    return balance + amount < least ? { do: "wait", why: "poor" } : { do: "fund", amount };
  }
  if (requested > 0n || balance <= 2n * target) return { do: "wait", why: "enough" };
  return { do: "request", amount: balance - target };
}

// ─── Builder ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The block that a builder could quote now, and the facts that decide whether it does. */
export interface QuotingView {
  /** Time of L1's newest block. */
  readonly now: number;
  readonly isFrozen: boolean;
  /** Whether a commitment of this round would be accepted now. */
  readonly isOpen: boolean;
  readonly endsAt: number | undefined;
  /** Tips of the block, in wei. */
  readonly tips: bigint;
  /** Own tokens in the escrow that a lock can take. */
  readonly usable: bigint;
  /** Payments of own quotes for the same place. */
  readonly payments: readonly bigint[];
  /** Whether an offer for one of them was signed. */
  readonly isSold: boolean;
}

export type QuotingDecision =
  | { readonly do: "quote"; readonly payment: bigint; readonly cover: bigint }
  | {
      readonly do: "wait";
      readonly why: "frozen" | "closed" | "late" | "empty" | "poor" | "sold" | "quoted";
    };

/** Whether to tell the price of a block, and what it is. */
export function decideQuote(view: QuotingView, strategy: BuildingStrategy): QuotingDecision {
  const wait = (why: (QuotingDecision & { do: "wait" })["why"]): QuotingDecision => ({ do: "wait", why });
  const { now, endsAt, tips, usable, payments } = view;
  const { payPercent, maxPayment, cover, raisePercent, maxQuotes, margin, tokenPrice } = strategy;
  if (view.isFrozen) return wait("frozen");
  if (!view.isOpen) return wait("closed");
  if (endsAt !== undefined && now >= endsAt - 4 * margin) return wait("late");
  if (view.isSold) return wait("sold");
  const fair = tokenPrice === 0n ? 0n : (tips * BigInt(payPercent) * UNIT) / (100n * tokenPrice);
  const payment = fair < maxPayment ? fair : maxPayment;
  if (payment === 0n) return wait("empty");
  if (usable < payment + cover) return wait("poor");
  const highest = payments.reduce((most, other) => (other > most ? other : most), 0n);
  const isBetter = payment * 100n >= highest * BigInt(100 + raisePercent);
  if (payments.length >= maxQuotes || !isBetter) return wait("quoted");
  return { do: "quote", payment, cover };
}

/** A purchase of an own block, and the facts that decide whether the builder signs. */
export interface SaleView {
  /** Time of L1's newest block. */
  readonly now: number;
  readonly isFrozen: boolean;
  /** Whether round and parent of the proposal are those of a commitment now. */
  readonly isCurrent: boolean;
  readonly endsAt: number | undefined;
  readonly isSigned: boolean;
  /** Own tokens in the escrow that a lock can take. */
  readonly usable: bigint;
  /** Payments and covers of offers that were signed in the round, and are not locked. */
  readonly outstanding: bigint;
  /** Payment and cover of this one. */
  readonly needed: bigint;
}

export type SaleDecision =
  { readonly do: "sell" } | { readonly do: "wait"; readonly why: "signed" | "frozen" | "stale" | "late" | "poor" };

/**
 * Whether to sign an offer. Every proposer that asks gets one, as long as the balance holds all that were signed: at most
 * one of their blocks wins, and the others cost nothing.
 */
export function decideSale(view: SaleView): SaleDecision {
  const wait = (why: (SaleDecision & { do: "wait" })["why"]): SaleDecision => ({ do: "wait", why });
  if (view.isSigned) return wait("signed");
  if (view.isFrozen) return wait("frozen");
  if (!view.isCurrent) return wait("stale");
  // Lock and commitment need a block each.
  if (view.endsAt !== undefined && view.now >= view.endsAt - 2 * BLOCK_TIME) return wait("late");
  return view.usable - view.outstanding < view.needed ? wait("poor") : { do: "sell" };
}

export type ShowDecision = RevealDecision | { readonly do: "wait"; readonly why: "unlocked" };

/** Whether a builder shows a block: never without the lock, and else as a proposer does. */
export const decideShow = (
  view: RevealView & { readonly isLocked: boolean },
  strategy: Pick<ProposingStrategy, "revealDepth">,
): ShowDecision => (view.isLocked ? decideReveal(view, strategy) : { do: "wait", why: "unlocked" });
