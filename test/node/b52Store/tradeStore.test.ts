// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { id, Wallet } from "ethers";

import { commitmentHash } from "../../../src/b52/index.ts";
import { TradeStore, type StoredPurchase, type StoredQuote } from "../../../src/node/b52Store/index.ts";
import { openDatabase, type Database } from "../../../src/node/storage/index.ts";
import { expectError } from "../../helpers/expectError.ts";
import {
  BLOCK,
  CONTEXT,
  DOMAIN,
  DRAFT,
  ID,
  PROPOSAL,
  PURCHASE,
  QUOTE,
  QUOTE_HASH,
  SALE,
} from "../../helpers/gossipWorld.ts";

const ROLLUP = { chainId: 31_337n, rollup: `0x${"12".repeat(20)}` };

const BUILT: StoredQuote = {
  ...{ hash: QUOTE_HASH, message: QUOTE },
  block: {
    content: { ...BLOCK.content, dataHash: id("data"), includeListHash: id("list") },
    ...{ data: BLOCK.data, includeList: BLOCK.includeList },
  },
};
const ASKED: StoredPurchase = { id: ID, context: CONTEXT, message: PURCHASE, quote: QUOTE, at: 7 };

describe("The memory of builders and of their proposers", () => {
  let folder: string;
  let database: Database;
  let store: TradeStore;

  const open = (): void => {
    database = openDatabase(join(folder, "node.sqlite"), ROLLUP);
    store = new TradeStore(database);
  };
  const reopen = (): void => {
    database.close();
    open();
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "trade-store-"));
    open();
  });

  afterEach(() => {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("has after a restart what a builder has ordered and signed, and what was asked of it", () => {
    store.saveQuote(BUILT);
    store.savePurchase({ ...ASKED, quote: undefined });
    expect(store.sale(ID)).to.equal(undefined);
    store.saveSale(SALE);
    reopen();
    expect(store.quote(QUOTE_HASH)).to.deep.equal(BUILT);
    const { builder, round, parent } = QUOTE.quote;
    expect(store.quotesOf(builder.toLowerCase(), round, parent)).to.deep.equal([BUILT]);
    expect(store.quotesOf(DRAFT.proposer, round, parent)).to.deep.equal([]);
    expect(store.purchases).to.deep.equal([{ ...ASKED, quote: undefined }]);
    expect([store.purchase(ID)?.id, store.sale(ID)]).to.deep.equal([ID, SALE]);
  });

  it("has after a restart what a proposer was offered, has asked for, and has given up", () => {
    store.keepQuote(QUOTE_HASH, QUOTE);
    store.savePurchase(ASKED);
    store.fail(CONTEXT, 1n);
    store.distrust(QUOTE.quote.builder, 65n);
    reopen();
    expect(store.quotesFor(1n)).to.deep.equal([QUOTE]);
    expect(store.purchaseFor(CONTEXT)).to.deep.equal(ASKED);
    expect([store.hasFailed(CONTEXT), store.hasFailed(CONTEXT + 256n)]).to.deep.equal([true, false]);
    expect([64n, 65n].map((round) => store.isTrusted(QUOTE.quote.builder.toLowerCase(), round))).to.deep.equal([
      false,
      true,
    ]);
  });

  it("keeps the first signature for a purchase, and none for what nobody asked for", () => {
    store.savePurchase(ASKED);
    store.saveSale(SALE);
    store.saveSale({ ...SALE, deadline: 5n });
    store.saveSale({ ...SALE, id: id("another") });
    expect(store.sale(ID)).to.deep.equal(SALE);
    expect(store.sale(id("another"))).to.equal(undefined);
  });

  it("never shortens a distrust", () => {
    const { address } = Wallet.createRandom();
    store.distrust(address, 65n);
    store.distrust(address, 9n);
    expect(store.isTrusted(address, 64n)).to.equal(false);
  });

  it("is bounded: a quote has thirty-two purchases, and a round the sixteen quotes that pay most", () => {
    for (let i = 0n; i < 40n; i++) {
      const proposal = { ...PROPOSAL, bid: i };
      store.savePurchase({ ...ASKED, id: commitmentHash(DOMAIN, proposal), message: { ...PURCHASE, proposal } });
      store.keepQuote(id(`quote ${i}`), { ...QUOTE, quote: { ...QUOTE.quote, payment: i } });
    }
    expect(store.purchases).to.have.length(32);
    expect(store.quotesFor(1n).map(({ quote }) => quote.payment)).to.deep.equal(
      Array.from({ length: 16 }, (_, i) => BigInt(39 - i)),
    );
    // Cheap ones keep nobody out, and take nobody's place.
    store.keepQuote(id("dust"), { ...QUOTE, quote: { ...QUOTE.quote, payment: 0n } });
    expect(store.quotesFor(1n).at(-1)?.quote.payment).to.equal(24n);
  });

  it("forgets rounds of which L1 keeps nothing any more, and a distrust that is over", () => {
    store.saveQuote(BUILT);
    store.savePurchase(ASKED);
    store.keepQuote(QUOTE_HASH, QUOTE);
    store.fail(CONTEXT, 1n);
    store.distrust(DRAFT.proposer, 3n);
    store.prune(1n);
    expect([store.quote(QUOTE_HASH)?.hash, store.purchases.length]).to.deep.equal([QUOTE_HASH, 1]);
    store.prune(2n);
    expect([store.quote(QUOTE_HASH), store.purchases, store.quotesFor(1n)]).to.deep.equal([undefined, [], []]);
    expect([store.hasFailed(CONTEXT), store.isTrusted(DRAFT.proposer, 2n)]).to.deep.equal([false, false]);
    store.prune(4n);
    expect(store.isTrusted(DRAFT.proposer, 2n)).to.equal(true);
  });

  it("says that the database is damaged if something in it cannot be decoded", () => {
    store.savePurchase(ASKED);
    database.prepare("UPDATE trade_purchase SET purchase = ?").run(Uint8Array.of(1, 2, 3));
    expectError(() => store.purchases, "DATABASE_CORRUPT");
  });
});
