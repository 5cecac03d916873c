// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { minedTransaction as mined } from "../../src/chain/index.ts";
import type { ProposerSale } from "../../typechain-types/index.ts";
import { ConsensusModel, type Shares, type SlotParameters } from "../model/elections/parts/index.ts";
import { ProposerSaleModel, type Offer, type SaleParameters } from "../model/elections/proposerSale.ts";
import type { SeatParameters } from "../model/elections/seats.ts";
import type { RotationParameters } from "../model/elections/stakeRotation.ts";
import { BatchedViews } from "./batchedViews.ts";
import type { ElectionWorld } from "./electionWorld.ts";
import type { Random } from "./random.ts";
import { openSeats, seatArguments, SHORT_SLOTS, type SeatWorld } from "./seatRun.ts";
import { IDS, StakedRun } from "./stakedRun.ts";

const RULES: SeatParameters = { minStake: 160_000n, seats: 4n, maxMisses: 1n, leakRate: 700n, exitEpochs: 2n };
const ROTATION: RotationParameters = { floorRate: 6_000n, absenceRate: 1_900n };
const SHARES = { aggregators: 4_000n, fund: 2_001n, poolLeaves: 7n };
/** Between the prices of a miss of small and of large stakes. */
const SALE: SaleParameters = { keepRate: 3_333n, minBond: 30_000n, closeBlocks: 3n };
const MAX_PENDING = 40n;
/** Account of the public fund. */
export const FUND = 8;

export const SALE_ACTIONS = ["sell", "settle", "deposit", "withdraw", "burn"] as const;

export const openProposerSale = (
  slots: SlotParameters,
  rules: SeatParameters,
  rotation: RotationParameters,
  shares: Omit<Shares, "fundAccount">,
  sale: SaleParameters,
): Promise<SeatWorld<ProposerSale>> =>
  openSeats(MAX_PENDING, false, (world, slasher) =>
    world.connection.ethers.deployContract("ProposerSale", [
      slots,
      seatArguments(world.token, slasher, rules),
      rotation,
      { ...shares, fundAccount: world.signer(FUND).address },
      sale,
    ]),
  );

/** Leaves balances to some accounts, and none to the others. */
export async function keepBalances(
  { world, election }: Pick<SeatWorld<ProposerSale>, "world" | "election">,
  kept: ReadonlyMap<number, bigint>,
): Promise<void> {
  for (let i = 1; i < 10; i++) {
    const more = (await election.balances(world.signer(i))) - (kept.get(i) ?? 0n);
    if (more > 0n) await mined(election.connect(world.signer(i)).withdraw(more));
  }
}

/** Signs an offer as account `i`. */
export async function signOffer(
  world: ElectionWorld,
  election: ProposerSale,
  i: number,
  offer: Offer,
): Promise<string> {
  const { chainId } = await world.connection.ethers.provider.getNetwork();
  return world.signer(i).signTypedData(
    { name: "ProposerSale", version: "1", chainId, verifyingContract: await election.getAddress() },
    {
      Offer: [
        { name: "slot", type: "uint256" },
        { name: "buyer", type: "address" },
        { name: "price", type: "uint96" },
        { name: "bond", type: "uint96" },
        { name: "lastBlock", type: "uint256" },
      ],
    },
    offer,
  );
}

/** Random calls to a sale of slots and to its model. */
export class ProposerSaleRun extends StakedRun<ProposerSale, ProposerSaleModel> {
  static async start(random: Random): Promise<ProposerSaleRun> {
    const opened = await openProposerSale(SHORT_SLOTS, RULES, ROTATION, SHARES, SALE);
    const { world, election } = opened;
    const genesisBlock = await election.GENESIS_BLOCK();
    const randoms = new Map<bigint, bigint>();
    const shares = { ...SHARES, fundAccount: world.signer(FUND).address };
    const startsAt = { block: 0n, time: await world.consensus.timeOf(0) };
    const consensus = new ConsensusModel(MAX_PENDING, startsAt, (bound) => {
      const surroundings = { genesisBlock, consensus: bound, randomOf: (block: bigint) => randoms.get(block)! };
      return new ProposerSaleModel(SHORT_SLOTS, RULES, ROTATION, shares, SALE, surroundings);
    });
    const model = consensus.selector;
    const fund = world.signer(FUND).address;
    model.balances.credit(fund, await election.balances(fund));
    const views = await BatchedViews.open(world.connection);
    const run = new ProposerSaleRun(opened, model, random, views, await world.next(), IDS, randoms);
    await run.openBalances();
    // Without parties there is nothing to sell.
    await run.joinAll();
    return run;
  }

  /** The aggregator has no tokens at first. */
  protected override owed(): bigint {
    return super.owed() + this.model.balances.of(this.world.signer(0).address);
  }

  protected override async ofStakes(): Promise<void> {
    if (this.random.chance(0.35)) return super.ofStakes();
    const often = ["sell", "sell", "sell", "sell", "settle", "settle", "settle"] as const;
    await this[`_${this.random.pick([...SALE_ACTIONS, ...often])}`]();
  }

  async _sell(): Promise<void> {
    const { model, random } = this;
    const { slotBlocks, epochSlots } = model.parameters.clock;
    const current = model.clock.slotAt(this.now);
    const slot = current + random.bigint(random.chance(0.8) ? 4n : 2n * epochSlots);
    const seller = this.accounts.find(({ address }) => address === model.turnsOf(slot).holder);
    const caller = seller !== undefined && random.chance(0.93) ? seller : random.pick(this.accounts);
    const buyer = 1 + random.int(5);
    const minimum = model.bondFor(slot);
    const offer: Offer = {
      slot,
      buyer: this.world.signer(buyer).address,
      price: random.pick([0n, random.bigint(9_999n), random.bigint(90_000n)]),
      bond: random.chance(0.9) ? minimum + random.bigint(2_000n) : minimum - 1n,
      lastBlock: random.chance(0.93) ? this.now.block + random.bigint(slotBlocks) : this.now.block - 1n,
    };
    const isSigned = random.chance(0.85);
    const signed = isSigned ? offer : { ...offer, price: offer.price + 1n };
    const signature = await signOffer(this.world, this.election, buyer, signed);
    await this.both(
      `sell ${slot} to ${buyer} for ${offer.price}`,
      () => {
        model.sell(caller.address, offer, isSigned, this.now);
      },
      () => this.election.connect(caller).sell(offer, signature),
    );
  }

  async _settle(): Promise<void> {
    const open = [...this.model.sales].filter(([, { isSettled }]) => !isSettled).map(([slot]) => slot);
    const back = this.random.bigint(40n);
    const current = this.model.clock.slotAt(this.now);
    const any = current > back ? current - back : 0n;
    const done = [...this.model.sales].filter(([, { isSettled }]) => isSettled).map(([slot]) => slot);
    const isOpen = open.length > 0 && this.random.chance(0.8);
    const slot = isOpen ? this.random.pick(open) : (this.random.chance(0.3) && done.at(-1)) || any;
    const caller = this.random.pick(this.accounts);
    await this.both(
      `settle ${slot}`,
      () => {
        this.model.settle(caller.address, slot, this.now);
      },
      () => this.election.connect(caller).settle(slot),
    );
  }

  async _deposit(): Promise<void> {
    const caller = this.random.pick(this.accounts);
    const amount = this.random.bigint(200_000n);
    await this.both(
      `deposit ${amount}`,
      () => {
        this.model.balances.credit(caller.address, amount);
      },
      () => this.election.connect(caller).deposit(amount),
    );
  }

  async _withdraw(): Promise<void> {
    const caller = this.random.pick(this.accounts);
    const balance = this.model.balances.of(caller.address);
    const amount = this.random.chance(0.3) ? this.random.bigint(1_000n) : balance + this.random.bigint(2n);
    await this.both(
      `withdraw ${amount}`,
      () => {
        this.model.balances.debit(caller.address, amount);
      },
      () => this.election.connect(caller).withdraw(amount),
    );
  }

  async _burn(): Promise<void> {
    await this.both(
      "burn",
      () => {
        this.model.burn();
      },
      () => this.election.burn(),
    );
  }

  protected override async compareStakes(): Promise<void> {
    const { election, views, model } = this;
    const balances = [...this.accounts, this.world.signer(0), this.world.signer(FUND)].map(async ({ address }) => {
      expect(await views.read(election, "balances", address), this.story()).to.equal(model.balances.of(address));
    });
    const current = model.clock.slotAt(await this.world.now());
    const slots = [current - 1n, current, current + 1n, current + 2n].filter((slot) => slot >= 0n);
    const sales = slots.map(async (slot) => {
      const { buyer, isSettled, seller, price, bond } = await views.read(election, "saleOf", slot);
      const sale = model.saleOf(slot);
      expect([buyer, isSettled, seller, price, bond], `slot ${slot}, ${this.story()}`).to.deep.equal([
        sale?.buyer ?? ZeroAddress,
        sale?.isSettled ?? false,
        sale?.seller ?? ZeroAddress,
        sale?.price ?? 0n,
        sale?.bond ?? 0n,
      ]);
      const holder = await views.read(election, "holderOf", slot);
      expect(holder, `slot ${slot}, ${this.story()}`).to.equal(model.holderOf(slot) ?? ZeroAddress);
    });
    const [pool, toBurn] = await views.read(election, "undivided");
    expect([pool, toBurn], this.story()).to.deep.equal([model.proceeds.pool, model.proceeds.toBurn]);
    await Promise.all([...balances, ...sales, super.compareStakes()]);
  }
}
