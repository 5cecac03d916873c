// SPDX-License-Identifier: MIT
import { expect } from "chai";

import type { MultiWinnerAuction } from "../../typechain-types/index.ts";
import { MultiWinnerAuctionModel, type WinnerBid, type WinnerTerms } from "../model/elections/multiWinnerAuction.ts";
import { ConsensusModel, type Moment } from "../model/elections/parts/index.ts";
import { AuctionRun } from "./auctionRun.ts";
import { AuctionWorld, FUND, GAS } from "./auctionWorld.ts";
import { BatchedViews } from "./batchedViews.ts";
import type { Random } from "./random.ts";

/** Short, so that a random run meets many epochs. */
const EPOCH = 8n;
const SLOTS = { clock: { slotBlocks: 10n, epochSlots: EPOCH }, silenceBlocks: 4n, opensAfter: 60n };
const TERMS: WinnerTerms = { minBid: 5n, bond: 7n, winners: 2, reserves: 2 };
const SHARES = { aggregators: 3_333n, fund: 3_333n, poolLeaves: 5n };
const MAX_PENDING_LEAVES = 24n;

export const ACTIONS = [
  ...["bid", "raise", "countMiss", "settleEpoch", "replaced", "vacated", "dropped"],
  ...["post", "prove", "deposit", "withdraw", "burn"],
];

/** An entry as the contract shows it. */
interface Entry {
  readonly bidder: string;
  readonly since: bigint;
  readonly misses: bigint;
  readonly bid: bigint;
  readonly due: bigint;
}

export class MultiWinnerRun extends AuctionRun<MultiWinnerAuction, MultiWinnerAuctionModel> {
  static async start(random: Random): Promise<MultiWinnerRun> {
    const world = await AuctionWorld.open<MultiWinnerAuction>(
      "MultiWinnerAuction",
      (token, signers) => [token, SLOTS, { ...SHARES, fundAccount: signers[FUND]! }, TERMS],
      MAX_PENDING_LEAVES,
    );
    const genesis = await world.election.GENESIS_BLOCK();
    const startsAt = { block: 0n, time: await world.world.consensus.timeOf(0) };
    const shares = { ...SHARES, fundAccount: world.address(FUND) };
    const consensus = new ConsensusModel(MAX_PENDING_LEAVES, startsAt, (): MultiWinnerAuctionModel => model);
    const model: MultiWinnerAuctionModel = new MultiWinnerAuctionModel(SLOTS, genesis, consensus, shares, TERMS);
    const views = await BatchedViews.open(world.world.connection);
    const run = new MultiWinnerRun(world, model, random, views, await world.world.next());
    await run.fund(500n);
    return run;
  }

  protected override async ofAuction(): Promise<void> {
    const { block } = this.now;
    const next = this.#next;
    const isOpen = block >= this.model.clock.changesFrom(next) && block < this.model.clock.freezeBlock(next);
    const kind = this.random.int(12);
    if (isOpen ? kind < 10 : kind < 1) await (this.random.chance(0.7) ? this.#bid() : this.#raise());
    else if (kind < 11) await this.#countMiss();
    else await this.#settle(this.random.pick([next, next - 1n, next - 2n, next - 3n].filter((epoch) => epoch >= 0n)));
  }

  get #next(): bigint {
    return this.model.clock.epochAt(this.now) + 1n;
  }

  // ─── Calls ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  async #bid(): Promise<void> {
    const i = this.anyBidder();
    const bids = this.model.bidsOf(this.#next);
    const minimum = this.model.minimumBid(this.#next);
    const known = bids.length > 0 ? this.random.pick(bids).bid : 10n;
    const amount = this.random.pick([
      minimum,
      known,
      known,
      known + 1n,
      minimum - 1n,
      5n + this.random.bigint(90n),
      900n,
    ]);
    const isFull = bids.length === TERMS.winners + TERMS.reserves;
    const done = await this.both(
      `bid ${i} ${amount}`,
      () => {
        this.model.bid(this.world.address(i), amount, this.now);
      },
      () => this.world.as(i).bid(amount, this.random.int(8), GAS),
    );
    if (done && isFull) this.count("dropped");
  }

  async #raise(): Promise<void> {
    const bids = this.model.bidsOf(this.#next);
    const rank = this.random.int(bids.length + 1);
    const own = bids[rank];
    const index = own?.index ?? rank;
    const i = this.random.chance(0.8) ? this.bidderAt(own?.bidder) : this.anyBidder();
    const before = own?.bid ?? 5n;
    const amount = this.random.pick([before + (before + 9n) / 10n, before + (before - 1n) / 10n, 2n * before, 900n]);
    await this.both(
      `raise ${i} ${index} ${amount}`,
      () => {
        this.model.raise(this.world.address(i), index, amount, this.now);
      },
      () => this.world.as(i).raise(index, amount, this.random.int(8), GAS),
    );
  }

  async #countMiss(): Promise<void> {
    const current = this.model.clock.slotAt(this.now);
    const recent = Array.from({ length: Number(2n * EPOCH) }, (_, i) => current + 1n - BigInt(i));
    const slots = recent.filter((slot) => slot >= 0n);
    const missed = slots.filter((slot) => this.model.serviceOf(slot, this.now) === "Missed");
    const slot = this.random.pick(missed.length > 0 && this.random.chance(0.8) ? missed : slots);
    const { line } = this.model.epochs.get(this.model.clock.epochOf(slot)) ?? {};
    const done = await this.both(
      `countMiss ${slot}`,
      () => {
        this.model.reportMiss(slot, this.now);
      },
      () => this.world.as(0).countMiss(slot, GAS),
    );
    if (!done) return;
    const { line: after, seats } = this.model.epochs.get(this.model.clock.epochOf(slot))!;
    if (after !== line) this.count("replaced");
    else if (seats[this.model.seatOf(slot)]!.at(-1)!.bid.misses === 2) this.count("vacated");
  }

  async #settle(epoch: bigint): Promise<void> {
    await this.both(
      `settleEpoch ${epoch}`,
      () => {
        this.model.settleEpoch(epoch, this.now);
      },
      () => this.world.as(0).settleEpoch(epoch, GAS),
    );
  }

  protected override async settleAll(): Promise<void> {
    for (const [epoch, { isSettled }] of this.model.epochs) if (!isSettled) await this.#settle(epoch);
  }

  // ─── State ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  protected override moments(): readonly bigint[] {
    const { clock } = this.model;
    return [clock.changesFrom(this.#next), clock.freezeBlock(this.#next), clock.epochStart(this.#next)];
  }

  protected override knownSlots(current: bigint): readonly bigint[] {
    const oldest = this.model.oldestOfFrozenSets(current, this.now);
    const slots = [oldest, oldest + 1n, oldest + 4n, current - 2n, current - 1n, current, current + 1n];
    return slots.filter((slot) => slot >= oldest);
  }

  protected override async compareBids(latest: Moment): Promise<void> {
    const current = this.model.clock.epochAt(latest);
    const minimum = await this.read("minimumBid");
    expect(minimum, this.story()).to.equal(this.model.minimumBid(current + 1n));
    // Bids for an epoch take the place of the epoch two before it.
    const epochs = [current - 1n, current, current + 1n].filter(
      (epoch) => epoch >= 0n && !this.model.epochs.has(epoch + 2n),
    );
    await Promise.all(
      epochs.map(async (epoch) => {
        const [entries, price, list] = await Promise.all([
          this.read("entriesOf", epoch),
          this.read("priceOf", epoch),
          this.read("listOf", epoch),
        ]);
        this.#compareEpoch(epoch, entries as readonly Entry[]);
        expect(price, `price of ${epoch}, ${this.story()}`).to.equal(this.model.priceOf(epoch));
        const { isSettled } = list as { isSettled: boolean };
        expect(isSettled, this.story()).to.equal(this.model.epochs.get(epoch)?.isSettled ?? false);
      }),
    );
  }

  #compareEpoch(epoch: bigint, entries: readonly Entry[]): void {
    const known = this.model.epochs.get(epoch);
    const bids = known?.bids ?? [];
    const { winners } = TERMS;
    const tenures = known?.seats.map((seat) => seat.at(-1)!) ?? [];
    const seats = tenures.map(({ bid, from }) => shown(bid, from));
    const line = known?.line.map((bid) => shown(bid)) ?? [];
    const plain = entries.map(({ bidder, bid, misses, due, since }) => ({ bidder, bid, misses, due, since }));
    expect(plain.slice(0, seats.length), `seats of ${epoch}, ${this.story()}`).to.deep.equal(seats);
    const out = bids.length - seats.length - line.length;
    expect(plain.slice(winners + out), `line of ${epoch}, ${this.story()}`).to.deep.equal(line);
    expect(plain.length, this.story()).to.equal(bids.length);
    // Bidders that are out, in any order.
    const isInSeat = (bid: WinnerBid): boolean => tenures.some((tenure) => tenure.bid === bid);
    const gone = bids.filter((bid) => !isInSeat(bid) && !known!.line.includes(bid));
    expect(
      plain.slice(winners, winners + out).map(({ bid, misses, due }) => ({ bid, misses, due })),
    ).to.have.deep.members(
      gone.map((bid) => ({ bid: bid.bid, misses: BigInt(bid.misses), due: bid.due ?? 0n })),
      this.story(),
    );
  }
}

const shown = ({ bidder, bid, misses, due }: WinnerBid, since = 0n): Entry => ({
  bidder,
  bid,
  misses: BigInt(misses),
  due: due ?? 0n,
  since,
});
