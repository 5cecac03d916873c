// SPDX-License-Identifier: MIT
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { minedTransaction as mined } from "../../src/chain/index.ts";
import type { StakeRotation } from "../../typechain-types/index.ts";
import { ConsensusModel, type SlotParameters } from "../model/elections/parts/index.ts";
import { MAX_ID, type SeatParameters } from "../model/elections/seats.ts";
import { StakeRotationModel, type RotationParameters } from "../model/elections/stakeRotation.ts";
import { BatchedViews } from "./batchedViews.ts";
import type { Random } from "./random.ts";
import { openSeats, seatArguments, SeatRun, SHORT_SLOTS, type SeatWorld } from "./seatRun.ts";

export const MIN_STAKE = 160_000n;

const RULES: SeatParameters = { minStake: MIN_STAKE, seats: 4n, maxMisses: 2n, leakRate: 700n, exitEpochs: 2n };
const ROTATION: RotationParameters = { floorRate: 6_000n, absenceRate: 1_900n };
const MAX_PENDING = 40n;

export const STAKE_ACTIONS = [
  ...["join", "addStake", "takeOut", "bringBack", "leakAbsence", "exit", "withdrawStake", "outbid"],
] as const;

/** Ids that one transaction takes. */
const FILLED_AT_ONCE = 50;

/** Ids that the calls are about. */
const IDS = [1, 2, 3, 4, 5, 6] as const;

export const openStakeRotation = (
  slots: SlotParameters,
  rules: SeatParameters,
  rotation: RotationParameters,
): Promise<SeatWorld<StakeRotation>> =>
  openSeats(MAX_PENDING, ({ connection: { ethers }, token }, slasher) =>
    ethers.deployContract("StakeRotation", [slots, seatArguments(token, slasher, rules), rotation]),
  );

/** Gives all ids above the first six to one account, with the lowest stake each. */
export async function fillIds({ world, election }: SeatWorld<StakeRotation>): Promise<string> {
  const stake = await election.MIN_STAKE();
  const filler = await world.connection.ethers.deployContract("StakeFiller", [election]);
  await mined(world.token.transfer(filler, stake * BigInt(MAX_ID)));
  for (let id = IDS.length + 1; id <= MAX_ID; id += FILLED_AT_ONCE) {
    await mined(filler.fill(id, Math.min(id + FILLED_AT_ONCE - 1, MAX_ID), stake));
  }
  return filler.getAddress();
}

/** Random calls to a stake rotation and its model. */
export class StakeRotationRun extends SeatRun<StakeRotation, StakeRotationModel> {
  /** @param isFull whether all ids but six are taken for good */
  static async start(random: Random, isFull: boolean): Promise<StakeRotationRun> {
    const opened = await openStakeRotation(SHORT_SLOTS, RULES, ROTATION);
    const { world, election } = opened;
    const genesisBlock = await election.GENESIS_BLOCK();
    const randoms = new Map<bigint, bigint>();
    const startsAt = { block: 0n, time: await world.consensus.timeOf(0) };
    const consensus = new ConsensusModel(MAX_PENDING, startsAt, (bound) => {
      const surroundings = { genesisBlock, consensus: bound, randomOf: (block: bigint) => randoms.get(block)! };
      return new StakeRotationModel(SHORT_SLOTS, RULES, ROTATION, surroundings);
    });
    const model = consensus.selector as StakeRotationModel;
    if (isFull) {
      const first = await world.next();
      const filler = await fillIds(opened);
      model.balances.credit(filler, MIN_STAKE * BigInt(MAX_ID));
      for (let id = IDS.length + 1; id <= MAX_ID; id++) model.join(filler, id, MIN_STAKE, first);
    }
    const views = await BatchedViews.open(world.connection);
    const run = new StakeRotationRun(opened, model, random, views, await world.next(), IDS, randoms);
    await run.openBalances();
    return run;
  }

  protected override owed(): bigint {
    return this.model.owed();
  }

  protected override moments(): readonly bigint[] {
    return [...this.model.parties.values()].flatMap(({ exitEpoch }) =>
      exitEpoch === undefined ? [] : [this.model.clock.epochStart(exitEpoch)],
    );
  }

  protected override async ofStakes(): Promise<void> {
    const weighted = [...STAKE_ACTIONS, "join", "join", "takeOut", "takeOut", "bringBack", "outbid"] as const;
    const action = this.random.pick(weighted);
    const id = this.#idFor(action);
    const owner = this.model.parties.get(id)?.owner;
    const own = this.accounts.find(({ address }) => address === owner);
    const caller = own !== undefined && this.random.chance(0.9) ? own : this.random.pick(this.accounts);
    await this.#call(action, id, caller);
  }

  /** Mostly an id for which the call can succeed. */
  #idFor(action: (typeof STAKE_ACTIONS)[number]): number {
    if (this.random.chance(0.04)) return this.random.pick([0, MAX_ID + 1]);
    const { parties } = this.model;
    const isFit = (id: number): boolean => {
      const party = parties.get(id);
      if (action === "join") return party === undefined;
      if (action === "withdrawStake") return party?.exitEpoch !== undefined;
      if (party === undefined || party.exitEpoch !== undefined) return false;
      const isOut = party.taken > 0n;
      return action === "bringBack" || action === "leakAbsence" ? isOut : action === "exit" || !isOut;
    };
    const fit = IDS.filter(isFit);
    return fit.length > 0 && this.random.chance(0.8) ? this.random.pick(fit) : this.random.pick(IDS);
  }

  /** Mostly a stake that is allowed. */
  #amount(): bigint {
    if (this.random.chance(0.08)) return this.random.pick([0n, MIN_STAKE - 1n, this.model.maxStake + 1n]);
    return MIN_STAKE + this.random.bigint(9n * MIN_STAKE);
  }

  async #call(action: (typeof STAKE_ACTIONS)[number], id: number, caller: HardhatEthersSigner): Promise<void> {
    const { model } = this;
    const election = this.election.connect(caller);
    const { address } = caller;
    const amount = this.#amount();
    const calls = {
      join: [() => model.join(address, id, amount, this.now), () => election.join(id, amount)],
      addStake: [() => model.addStake(address, id, amount, this.now), () => election.addStake(id, amount)],
      takeOut: [() => model.takeOut(address, id, this.now), () => election.takeOut(id)],
      bringBack: [() => model.bringBack(address, id, this.now), () => election.bringBack(id)],
      leakAbsence: [() => model.leakAbsence(id, this.now), () => election.leakAbsence(id)],
      exit: [() => model.exit(address, id, this.now), () => election.exit(id)],
      withdrawStake: [() => model.withdrawStake(id, this.now), () => election.withdrawStake(id)],
      outbid: [() => model.outbid(address, id, amount, this.now), () => election.outbid(id, amount)],
    } as const;
    await this.both(`${action} ${id} ${amount}`, ...calls[action]);
  }

  protected override async compareStakes(): Promise<void> {
    const { election } = this;
    const parties = IDS.map(async (id) => {
      const { owner, stake, taken, settledSet, exitEpoch } = await this.views.read(election, "partyOf", id);
      const expected = this.model.parties.get(id);
      const isOut = (expected?.taken ?? 0n) > 0n;
      expect([owner, stake, taken, exitEpoch], this.story()).to.deep.equal([
        expected?.owner ?? ZeroAddress,
        expected?.stake ?? 0n,
        expected?.taken ?? 0n,
        expected?.exitEpoch ?? 0n,
      ]);
      if (isOut) expect(settledSet, this.story()).to.equal(expected?.settledSet);
      const successor = await this.views.read(election, "successorOf", id);
      const waiting = this.model.successors.get(id);
      expect([successor.owner, successor.stake], this.story()).to.deep.equal([
        waiting?.owner ?? ZeroAddress,
        waiting?.stake ?? 0n,
      ]);
    });
    await Promise.all(parties);
    expect(Number(await this.views.read(election, "takenIds")), this.story()).to.equal(this.model.parties.size);
  }
}
