// SPDX-License-Identifier: MIT
import { minedTransaction as mined } from "../../src/chain/index.ts";
import type { StakeRotation } from "../../typechain-types/index.ts";
import { ConsensusModel, type SlotParameters } from "../model/elections/parts/index.ts";
import { MAX_ID, type SeatParameters } from "../model/elections/seats.ts";
import { StakeRotationModel, type RotationParameters } from "../model/elections/stakeRotation.ts";
import { BatchedViews } from "./batchedViews.ts";
import type { Random } from "./random.ts";
import { openSeats, seatArguments, SHORT_SLOTS, type SeatWorld } from "./seatRun.ts";
import { IDS, StakedRun } from "./stakedRun.ts";

export const MIN_STAKE = 160_000n;

const RULES: SeatParameters = { minStake: MIN_STAKE, seats: 4n, maxMisses: 1n, leakRate: 700n, exitEpochs: 2n };
const ROTATION: RotationParameters = { floorRate: 6_000n, absenceRate: 1_900n };
const MAX_PENDING = 40n;

/** Ids that one transaction takes. */
const FILLED_AT_ONCE = 50;

export const openStakeRotation = (
  slots: SlotParameters,
  rules: SeatParameters,
  rotation: RotationParameters,
  hasSlasher = false,
): Promise<SeatWorld<StakeRotation>> =>
  openSeats(MAX_PENDING, hasSlasher, ({ connection: { ethers }, token }, slasher) =>
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
export class StakeRotationRun extends StakedRun<StakeRotation, StakeRotationModel> {
  /** @param isFull whether all ids but six are taken for good, and there is a slasher */
  static async start(random: Random, isFull: boolean): Promise<StakeRotationRun> {
    const opened = await openStakeRotation(SHORT_SLOTS, RULES, ROTATION, isFull);
    const { world, election } = opened;
    const genesisBlock = await election.GENESIS_BLOCK();
    const randoms = new Map<bigint, bigint>();
    const startsAt = { block: 0n, time: await world.consensus.timeOf(0) };
    const consensus = new ConsensusModel(MAX_PENDING, startsAt, (bound) => {
      const randomOf = (block: bigint): bigint => randoms.get(block)!;
      const surroundings = { genesisBlock, consensus: bound, randomOf, hasSlasher: isFull };
      return new StakeRotationModel(SHORT_SLOTS, RULES, ROTATION, surroundings);
    });
    const model = consensus.selector;
    if (isFull) {
      const first = await world.next();
      const filler = await fillIds(opened);
      model.balances.credit(filler, MIN_STAKE * BigInt(MAX_ID));
      for (let id = IDS.length + 1; id <= MAX_ID; id++) model.join(filler, id, MIN_STAKE, first);
    }
    const views = await BatchedViews.open(world.connection);
    const run = new StakeRotationRun(opened, model, random, views, await world.next(), IDS, randoms);
    await run.openBalances();
    if (isFull) await run.joinAll();
    return run;
  }
}
