// SPDX-License-Identifier: MIT
import { expect } from "chai";
import fc from "fast-check";

import {
  BUILDING_STRATEGY,
  BUYING_STRATEGY,
  canEnd,
  chooseBlock,
  decideFunds,
  decideLock,
  decideOffer,
  decidePurchase,
  decideQuote,
  decideSale,
  decideShow,
  PROPOSING_STRATEGY,
  type FundsView,
  type LockView,
  type MarketView,
  type OfferView,
  type PurchaseView,
  type QuoteView,
  type QuotingView,
  type SaleView,
} from "../../../../src/node/strategies/index.ts";
import { check } from "../../../helpers/properties.ts";

const SEQ = 10n ** 18n;
/** Wei that a token is worth. */
const PRICE = BUYING_STRATEGY.tokenPrice;
const GAS = 10n ** 14n;
const { margin, quotePatience, salePatience, showPatience } = BUYING_STRATEGY;
const BURN = 1_000n;

const own: OfferView = {
  ...{ now: 1_000, isFrozen: false, isOpen: true, endsAt: 1_600, proposalWindow: 600 },
  ...{ isOffered: false, isCommitted: false, isPlaceTaken: false },
  ...{ slots: 3, fees: 4n * PRICE, reward: 0n, cost: GAS, balance: 100n * SEQ, tokens: 0n },
  ...{ minBid: SEQ, maxShare: 5_000n, rivalBid: 0n },
};
const quote: QuoteView = { leaves: 2, payment: 20n * SEQ, cover: 2n * SEQ, usable: 100n * SEQ, isTrusted: true };
const market: MarketView = {
  ...{ own, quotes: [quote], seenAt: 900, isReady: true, unprovenBurnRate: BURN },
  ...{ tradeCost: GAS, withheldCost: 3n * GAS },
};
const choose = (changes: Partial<MarketView> = {}, strategy = PROPOSING_STRATEGY) =>
  chooseBlock({ ...market, ...changes }, strategy, BUYING_STRATEGY);

describe("The choice between the own block and a builder's", () => {
  it("takes a quote that brings more than the own fees, with the costs of the trade", () => {
    const choice = choose();
    expect(choice).to.deep.include({ do: "buy", quote: 0 });
    // The fees of the hidden block are its payment, and no more.
    if (choice.do === "buy") expect([choice.view.fees, choice.view.cost]).to.deep.equal([20n * PRICE, 2n * GAS]);
    expect(choose({ own: { ...own, fees: 20n * PRICE - GAS } }).do).to.equal("own");
    expect(choose({ own: { ...own, fees: 20n * PRICE - GAS - 1n } }).do).to.equal("buy");
  });

  it("takes the best of several quotes, and the first of equal ones", () => {
    const quotes = [15n, 25n, 25n, 18n].map((payment) => ({ ...quote, payment: payment * SEQ, cover: 3n * SEQ }));
    expect(choose({ quotes })).to.deep.include({ do: "buy", quote: 1 });
  });

  it("takes a block for a proposer that has none, if its payment is more than the costs", () => {
    const empty = { ...own, slots: 0, fees: 0n };
    expect(choose({ own: empty }).do).to.equal("buy");
    const worthless = { ...quote, payment: SEQ / 10n };
    expect(choose({ own: empty, quotes: [worthless] })).to.deep.equal({ do: "own" });
    expect(choose({ own: empty, quotes: [{ ...quote, payment: 0n }] })).to.deep.equal({ do: "own" });
  });

  it("takes nothing of builders that it does not trust, that cannot pay, or of whose money it knows nothing", () => {
    const refused = [
      { ...quote, isTrusted: false },
      { ...quote, usable: 22n * SEQ - 1n },
      { ...quote, usable: undefined },
    ];
    expect(choose({ quotes: refused })).to.deep.equal({ do: "own" });
    expect(choose({ quotes: [...refused, { ...quote, usable: 22n * SEQ }] })).to.deep.include({ quote: 3 });
  });

  it("takes no quote whose cover is below the part of the bid that burns, with the gas", () => {
    // The bid is a fifth of 20 tokens; a tenth of it burns, and the gas is worth 0.3 tokens.
    const needed = (4n * SEQ) / 10n + (3n * GAS * SEQ) / PRICE;
    expect(choose({ quotes: [{ ...quote, cover: needed }] }).do).to.equal("buy");
    expect(choose({ quotes: [{ ...quote, cover: needed - 1n }] }).do).to.equal("own");
    // The bid that counts is the one after a deposit.
    const poor = { ...own, balance: 0n, tokens: 100n * SEQ };
    expect(choose({ own: poor, quotes: [{ ...quote, cover: needed }] }).do).to.equal("buy");
    expect(choose({ own: poor, quotes: [{ ...quote, cover: needed - 1n }] }).do).to.equal("own");
  });

  it("never takes a quote with which the proposer would lose by a content that is withheld", () => {
    const amounts = fc.bigInt(0n, 60n * SEQ);
    check([amounts, amounts, amounts, amounts], (payment, cover, balance, rivalBid) => {
      const view = { ...own, balance, rivalBid };
      const choice = choose({ own: view, quotes: [{ ...quote, payment, cover, usable: payment + cover }] });
      if (choice.do !== "buy") return;
      const offer = decideOffer(choice.view, PROPOSING_STRATEGY);
      if (offer.do !== "offer") throw new Error("no offer without a deposit");
      const burned = (offer.bid * BURN + 9_999n) / 10_000n;
      expect(cover * PRICE >= burned * PRICE + 3n * GAS * SEQ).to.equal(true);
    });
  });

  it("waits for quotes for a while, and not when there is no time for a purchase", () => {
    const seen = { seenAt: 1_000 - quotePatience + 1 };
    expect(choose(seen)).to.deep.equal({ do: "wait", why: "quotes" });
    expect(choose({ ...seen, quotes: [] })).to.deep.equal({ do: "wait", why: "quotes" });
    expect(choose({ seenAt: 1_000 - quotePatience }).do).to.equal("buy");
    const late = { ...own, endsAt: 1_000 + 4 * margin };
    expect(choose({ ...seen, own: late })).to.deep.equal({ do: "own" });
    expect(choose({ own: { ...late, endsAt: late.endsAt + 1 } }).do).to.equal("buy");
    expect(choose({ own: { ...own, endsAt: undefined } }).do).to.equal("buy");
  });

  it("buys nothing without a place in the escrow and the bond of a demand, or when it cannot offer anything", () => {
    expect(choose({ isReady: false })).to.deep.equal({ do: "own" });
    for (const change of [{ isFrozen: true }, { isOpen: false }, { isCommitted: true }, { isPlaceTaken: true }]) {
      expect(choose({ own: { ...own, ...change } })).to.deep.equal({ do: "own" });
    }
  });
});

describe("The decision about a purchase", () => {
  const view: PurchaseView = {
    ...{ now: 1_000, isFrozen: false, isCurrent: true, endsAt: 1_600, askedAt: 990, deadline: 1_600 },
    ...{ lock: "none", hasFailed: false, usable: 22n, needed: 22n },
  };
  const decide = (changes: Partial<PurchaseView> = {}) => decidePurchase({ ...view, ...changes }, BUYING_STRATEGY);

  it("locks an offer that was signed, and commits only when L1 has the lock", () => {
    expect(decide()).to.deep.equal({ do: "lock" });
    expect(decide({ lock: "sent" })).to.deep.equal({ do: "wait", why: "locking" });
    expect(decide({ lock: "held" })).to.deep.equal({ do: "commit" });
    // A lock that L1 has is not undone by a balance of now.
    expect(decide({ lock: "held", usable: 0n })).to.deep.equal({ do: "commit" });
  });

  it("waits for the builder's signature for a while, and then goes on without the builder", () => {
    expect(decide({ deadline: undefined })).to.deep.equal({ do: "wait", why: "sale" });
    const last = { deadline: undefined, askedAt: 1_000 - salePatience };
    expect(decide(last)).to.deep.equal({ do: "fail", why: "unsigned" });
    expect(decide({ ...last, askedAt: last.askedAt + 1 })).to.deep.equal({ do: "wait", why: "sale" });
  });

  it("takes no offer that could be over before it is locked, that is not paid for, or that L1 has refused", () => {
    expect(decide({ deadline: 1_000 + margin - 1 })).to.deep.equal({ do: "fail", why: "unsigned" });
    expect(decide({ deadline: 1_000 + margin })).to.deep.equal({ do: "lock" });
    expect(decide({ usable: 21n })).to.deep.equal({ do: "fail", why: "poor" });
    expect(decide({ hasFailed: true })).to.deep.equal({ do: "fail", why: "refused" });
  });

  it("commits to nothing when the window is over, the round another one, or the rollup frozen", () => {
    for (const lock of ["none", "held"] as const) {
      expect(decide({ lock, endsAt: 1_012 })).to.deep.equal({ do: "wait", why: "late" });
      expect(decide({ lock, isCurrent: false })).to.deep.equal({ do: "wait", why: "stale" });
      expect(decide({ lock, isFrozen: true })).to.deep.equal({ do: "wait", why: "frozen" });
    }
    expect(decide({ lock: "held", endsAt: 1_013 })).to.deep.equal({ do: "commit" });
  });

  it("commits in a round that nobody opened only while the lock cannot end", () => {
    const first = { lock: "held", endsAt: undefined } as const;
    expect(decide({ ...first, deadline: 1_001 + margin })).to.deep.equal({ do: "commit" });
    expect(decide({ ...first, deadline: 1_000 + margin })).to.deep.equal({ do: "wait", why: "late" });
    expect(decide({ ...first, deadline: undefined })).to.deep.equal({ do: "wait", why: "late" });
  });
});

describe("The decision about a lock", () => {
  const proposerView: LockView = {
    ...{ now: 2_000, isFrozen: false, isProposer: true, stage: "locked", answerBy: 0, deadline: 1_600 },
    window: { opensAt: 1_600, closesAt: 2_400 },
    ...{ committedAt: 1_500, isProven: false, isOnHead: true, isWon: undefined, isKnown: false },
    ...{ revealDepth: 4, answerWindow: 200, usable: 1n, bond: 1n, endableSince: undefined },
  };
  const decide = (changes: Partial<LockView> = {}) => decideLock({ ...proposerView, ...changes }, BUYING_STRATEGY);
  const asBuilder = (changes: Partial<LockView> = {}) => decide({ isProposer: false, ...changes });

  it("demands a content that the builder could have shown for a while, and no later than it can be answered", () => {
    expect(decide()).to.deep.equal({ do: "demand" });
    expect(decide({ now: 1_600 + showPatience })).to.deep.equal({ do: "demand" });
    expect(decide({ now: 1_600 + showPatience - 1 })).to.deep.equal({ do: "wait", why: "hidden" });
    // Four blocks after a late commitment.
    expect(decide({ committedAt: 1_599, now: 1_647 + showPatience })).to.deep.equal({ do: "demand" });
    expect(decide({ committedAt: 1_599, now: 1_646 + showPatience })).to.deep.equal({ do: "wait", why: "hidden" });
    expect(decide({ now: 2_187 })).to.deep.equal({ do: "demand" });
    expect(decide({ now: 2_188 })).to.deep.equal({ do: "wait", why: "hidden" });
  });

  it("demands in a short window before it is too late, whatever its patience is", () => {
    const short = { window: { opensAt: 1_600, closesAt: 1_900 } };
    expect(decide({ ...short, now: 1_700 - margin })).to.deep.equal({ do: "demand" });
    expect(decide({ ...short, now: 1_700 - margin - 1 })).to.deep.equal({ do: "wait", why: "hidden" });
  });

  it("demands nothing that is here, proven, off the head, frozen, not committed, or not paid for", () => {
    for (const change of [{ isKnown: true }, { isProven: true }, { isOnHead: false }, { isFrozen: true }]) {
      expect(decide(change)).to.deep.equal({ do: "wait", why: "binding" });
    }
    expect(decide({ committedAt: undefined, now: 1_599 })).to.deep.equal({ do: "wait", why: "binding" });
    expect(decide({ usable: 0n })).to.deep.equal({ do: "wait", why: "poor" });
    expect(asBuilder()).to.deep.equal({ do: "wait", why: "binding" });
    expect(decide({ stage: "answered" })).to.deep.equal({ do: "wait", why: "binding" });
  });

  it("answers a demand in time if it has the content, and takes the cover afterwards", () => {
    const demanded = { stage: "demanded", answerBy: 2_100 } as const;
    expect(asBuilder({ ...demanded, isKnown: true })).to.deep.equal({ do: "answer" });
    expect(asBuilder({ ...demanded, isKnown: true, now: 2_088 })).to.deep.equal({ do: "wait", why: "lost" });
    expect(asBuilder(demanded)).to.deep.equal({ do: "wait", why: "lost" });
    expect(decide(demanded)).to.deep.equal({ do: "wait", why: "answer" });
    expect(decide({ ...demanded, now: 2_100 })).to.deep.equal({ do: "cover" });
    expect(decide({ ...demanded, now: 2_100, isWon: true })).to.deep.equal({ do: "cover" });
  });

  it("ends a lock when L1 would, which is the rule of the contract", () => {
    const cases: readonly (readonly [Partial<LockView>, boolean])[] = [
      [{ isWon: true }, true],
      [{ isWon: false, now: 1_000 }, true],
      [{ stage: "demanded", isWon: true }, false],
      [{ window: undefined, now: 1_599 }, false],
      [{ window: undefined, now: 1_600 }, true],
      [{ committedAt: undefined, now: 1_599 }, false],
      [{ committedAt: undefined, now: 1_600 }, true],
      [{ now: 2_399 }, false],
      [{ now: 2_400 }, true],
      [{ now: 2_400, isProven: true }, false],
      [{ now: 2_400, isProven: true, isFrozen: true }, true],
      [{ now: 2_400, stage: "answered" }, true],
    ];
    for (const [change, ends] of cases) {
      expect(canEnd({ ...proposerView, ...change }), JSON.stringify(change)).to.equal(ends);
    }
  });

  it("lets the party come first that gets the money", () => {
    expect(decide({ isWon: true })).to.deep.equal({ do: "resolve" });
    expect(asBuilder({ isWon: true })).to.deep.equal({ do: "wait", why: "others" });
    expect(asBuilder({ isWon: true, endableSince: 1_880 })).to.deep.equal({ do: "resolve" });
    expect(asBuilder({ isWon: true, endableSince: 1_881 })).to.deep.equal({ do: "wait", why: "others" });
    expect(asBuilder({ isWon: false })).to.deep.equal({ do: "resolve" });
    expect(decide({ isWon: false })).to.deep.equal({ do: "wait", why: "others" });
    expect(decide({ isWon: false, endableSince: 1_880 })).to.deep.equal({ do: "resolve" });
  });
});

describe("The money of an account in the escrow", () => {
  const view: FundsView = {
    ...{ now: 1_000, balance: 50n, requested: 0n, readyAt: 0, tokens: 100n, least: 22n, target: 44n },
  };
  const decide = (changes: Partial<FundsView> = {}) => decideFunds({ ...view, ...changes });

  it("is paid in up to the target when it is below what a trade needs, as far as there are tokens", () => {
    expect(decide()).to.deep.equal({ do: "wait", why: "enough" });
    expect(decide({ balance: 22n })).to.deep.equal({ do: "wait", why: "enough" });
    expect(decide({ balance: 21n })).to.deep.equal({ do: "fund", amount: 23n });
    expect(decide({ balance: 21n, tokens: 5n })).to.deep.equal({ do: "fund", amount: 5n });
    expect(decide({ balance: 0n, tokens: 21n })).to.deep.equal({ do: "wait", why: "poor" });
    // A target below the least is of no use.
    expect(decide({ balance: 0n, target: 10n })).to.deep.equal({ do: "fund", amount: 22n });
  });

  it("is taken out above twice the target, or wholly if nothing is to be kept, and once it is ready", () => {
    expect(decide({ balance: 88n })).to.deep.equal({ do: "wait", why: "enough" });
    expect(decide({ balance: 89n })).to.deep.equal({ do: "request", amount: 45n });
    expect(decide({ balance: 89n, requested: 45n, readyAt: 1_001 })).to.deep.equal({ do: "wait", why: "enough" });
    expect(decide({ balance: 89n, requested: 45n, readyAt: 1_000 })).to.deep.equal({ do: "withdraw" });
    expect(decide({ balance: 5n, target: 0n })).to.deep.equal({ do: "request", amount: 5n });
    expect(decide({ balance: 0n, target: 0n, requested: 5n })).to.deep.equal({ do: "wait", why: "enough" });
  });
});

describe("The decisions of a builder", () => {
  const quoting: QuotingView = {
    ...{ now: 1_000, isFrozen: false, isOpen: true, endsAt: 1_600, tips: 20n * PRICE, usable: 100n * SEQ },
    ...{ payments: [], isSold: false },
  };
  const quoteOf = (changes: Partial<QuotingView> = {}) => decideQuote({ ...quoting, ...changes }, BUILDING_STRATEGY);

  it("pay half of the tips, and no more than they may", () => {
    expect(quoteOf()).to.deep.equal({ do: "quote", payment: 10n * SEQ, cover: 2n * SEQ });
    expect(quoteOf({ tips: 100n * PRICE })).to.deep.include({ payment: BUILDING_STRATEGY.maxPayment });
    expect(quoteOf({ tips: 0n })).to.deep.equal({ do: "wait", why: "empty" });
    expect(decideQuote(quoting, { ...BUILDING_STRATEGY, tokenPrice: 0n })).to.deep.equal({ do: "wait", why: "empty" });
  });

  it("quote nothing that their balance does not hold", () => {
    expect(quoteOf({ usable: 12n * SEQ })).to.deep.include({ do: "quote" });
    expect(quoteOf({ usable: 12n * SEQ - 1n })).to.deep.equal({ do: "wait", why: "poor" });
  });

  it("quote again if a block pays a tenth more, four times at most, and not after a sale", () => {
    expect(quoteOf({ payments: [9n * SEQ] })).to.deep.include({ do: "quote" });
    expect(quoteOf({ payments: [10n * SEQ] })).to.deep.equal({ do: "wait", why: "quoted" });
    expect(quoteOf({ payments: [SEQ, 9n * SEQ + SEQ / 10n] })).to.deep.equal({ do: "wait", why: "quoted" });
    expect(quoteOf({ payments: [1n, 2n, 3n, 4n] })).to.deep.equal({ do: "wait", why: "quoted" });
    expect(quoteOf({ isSold: true })).to.deep.equal({ do: "wait", why: "sold" });
  });

  it("quote while there is time for a purchase", () => {
    expect(quoteOf({ endsAt: 1_000 + 4 * margin })).to.deep.equal({ do: "wait", why: "late" });
    expect(quoteOf({ endsAt: 1_001 + 4 * margin })).to.deep.include({ do: "quote" });
    expect(quoteOf({ endsAt: undefined })).to.deep.include({ do: "quote" });
    expect(quoteOf({ isOpen: false })).to.deep.equal({ do: "wait", why: "closed" });
    expect(quoteOf({ isFrozen: true })).to.deep.equal({ do: "wait", why: "frozen" });
  });

  it("sign for each purchase that the balance holds beside those that were signed, once and in time", () => {
    const view: SaleView = {
      ...{ now: 1_000, isFrozen: false, isCurrent: true, endsAt: 1_600, isSigned: false },
      ...{ usable: 44n, outstanding: 22n, needed: 22n },
    };
    const decide = (changes: Partial<SaleView> = {}) => decideSale({ ...view, ...changes });
    expect(decide()).to.deep.equal({ do: "sell" });
    expect(decide({ outstanding: 23n })).to.deep.equal({ do: "wait", why: "poor" });
    expect(decide({ isSigned: true })).to.deep.equal({ do: "wait", why: "signed" });
    expect(decide({ isCurrent: false })).to.deep.equal({ do: "wait", why: "stale" });
    expect(decide({ isFrozen: true })).to.deep.equal({ do: "wait", why: "frozen" });
    expect(decide({ endsAt: 1_024 })).to.deep.equal({ do: "wait", why: "late" });
    expect(decide({ endsAt: 1_025 })).to.deep.equal({ do: "sell" });
    expect(decide({ endsAt: undefined })).to.deep.equal({ do: "sell" });
  });

  it("show nothing without the lock, and else as a proposer does", () => {
    const view = { now: 1_700, isFrozen: false, opensAt: 1_600, closesAt: 2_400, isOnHead: true, isRevealed: false };
    const decide = (isLocked: boolean, depth: number) => decideShow({ ...view, isLocked, depth }, { revealDepth: 4 });
    expect(decide(true, 4)).to.deep.equal({ do: "reveal" });
    expect(decide(true, 3)).to.deep.equal({ do: "wait", why: "shallow" });
    expect(decide(false, 4)).to.deep.equal({ do: "wait", why: "unlocked" });
  });
});
