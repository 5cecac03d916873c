// SPDX-License-Identifier: MIT
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { ZeroAddress } from "ethers";

import type { SeatElection, StakeRotation } from "../../typechain-types/index.ts";
import { MAX_ID } from "../model/elections/seats.ts";
import type { StakeRotationModel } from "../model/elections/stakeRotation.ts";
import { SeatRun } from "./seatRun.ts";

export const STAKE_ACTIONS = [
  ...(["join", "addStake", "takeOut", "bringBack", "leakAbsence", "exit", "withdrawStake", "outbid"] as const),
];

/** Ids that the calls are about. */
export const IDS = [1, 2, 3, 4, 5, 6] as const;

/** Random calls to an election that has the stakes of `StakeRotation`, and to its model. */
export abstract class StakedRun<Contract extends SeatElection, Model extends StakeRotationModel> extends SeatRun<
  Contract,
  Model
> {
  get #stakes(): StakeRotation {
    return this.election as unknown as StakeRotation;
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
    const isFull = this.model.parties.size === MAX_ID;
    const action = isFull && this.random.chance(0.4) ? "outbid" : this.random.pick(weighted);
    const id = this.#idFor(action);
    const owner = this.model.parties.get(id)?.owner;
    const own = this.accounts.find(({ address }) => address === owner);
    const caller = own !== undefined && this.random.chance(0.9) ? own : this.random.pick(this.accounts);
    await this.#call(action, id, caller);
  }

  /** Takes all ids, half of them with small stakes: only then there are bids for them. */
  protected async joinAll(): Promise<void> {
    const { minStake } = this.model.rules;
    for (const id of IDS) await this.#call("join", id, this.accounts[id % 4]!, id % 2 === 0 ? minStake : 8n * minStake);
  }

  /** Mostly an id for which the call can succeed. */
  #idFor(action: (typeof STAKE_ACTIONS)[number]): number {
    if (this.random.chance(0.06)) return this.random.pick([0, MAX_ID + 1]);
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
    const { minStake } = this.model.rules;
    if (this.random.chance(0.08)) return this.random.pick([0n, minStake - 1n, this.model.maxStake + 1n]);
    // A party with a large stake is not outbid.
    return minStake + this.random.bigint(this.random.chance(0.3) ? minStake : 9n * minStake);
  }

  async #call(
    action: (typeof STAKE_ACTIONS)[number],
    id: number,
    caller: HardhatEthersSigner,
    amount = this.#amount(),
  ): Promise<void> {
    const { model } = this;
    const election = this.#stakes.connect(caller);
    const { address } = caller;
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
    const [call, send] = calls[action];
    await this.both(`${action} ${id} ${amount}`, call, send);
  }

  protected override async compareStakes(): Promise<void> {
    const election = this.#stakes;
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
