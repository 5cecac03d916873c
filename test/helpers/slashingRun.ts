// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { ZeroAddress, ZeroHash, type ContractTransactionResponse } from "ethers";

import { minedTransaction as mined } from "../../src/chain/index.ts";
import { GovernedSlashingModel, type Party } from "../model/elections/governedSlashing.ts";
import { ESCAPE_DELAY } from "./authorityHarness.ts";
import { BatchedViews } from "./batchedViews.ts";
import { BLOCK_TIME, modelOutcomeOf, outcomeOf } from "./electionWorld.ts";
import type { Random } from "./random.ts";
import { SlashingHarness } from "./slashingHarness.ts";

/*
 * Random calls, valid and not, to governed slashing and to its model. Each must succeed or fail with the same error in
 * both, and agree on all state. Between them the election changes.
 */

/** Of the mock: 32 slots of 50 blocks; and one that is too long. */
const EPOCH_TIME = 19_200n;
const LONG_EPOCH_TIME = 192_000n;

const IDS = [1, 2, 3, 4, 5, 6] as const;
const OWNERS = [1, 2, 3, 4, 5] as const;
const STAGES = ["None", "Charged", "Convicted"] as const;

export const ACTIONS = ["charge", "convict", "acquit", "execute"] as const;

export class SlashingRun {
  /** How often each action succeeded, and each error occurred. */
  readonly counts = new Map<string, number>();
  readonly #h: SlashingHarness;
  readonly #model: GovernedSlashingModel;
  readonly #random: Random;
  readonly #views: BatchedViews;
  readonly #log: string[] = [];
  readonly #parties = new Map<number, Party>();
  #stakes: { readonly parties: Map<number, Party>; epoch: bigint; exitTime: bigint; epochTime: bigint };
  #now = 0n;

  private constructor(h: SlashingHarness, model: GovernedSlashingModel, random: Random, views: BatchedViews) {
    [this.#h, this.#model, this.#random, this.#views] = [h, model, random, views];
    this.#stakes = { parties: this.#parties, epoch: 1n, exitTime: h.neededExitTime, epochTime: EPOCH_TIME };
  }

  static async start(random: Random): Promise<SlashingRun> {
    const h = await SlashingHarness.open({ capRate: 100n });
    const model = new GovernedSlashingModel(h.terms, ESCAPE_DELAY);
    const run = new SlashingRun(h, model, random, await BatchedViews.open(h.world.connection));
    for (const id of IDS) await run.#setParty(id, OWNERS[id % OWNERS.length]!);
    return run;
  }

  /** One random call, after which everything is compared. */
  async step(): Promise<void> {
    await this.#passTime();
    await this.#changeElection();
    const { time } = await this.#h.world.next();
    // Few votes come too late.
    const accusers = [...this.#model.charges]
      .filter(([, { stage, since }]) => stage === "Convicted" || time <= since + this.#h.terms.votingTime)
      .filter(([, { stage }]) => stage !== "None" || this.#random.chance(0.03))
      .map(([id]) => id);
    if (accusers.length === 0 || this.#random.chance(0.2)) {
      await this.#charge();
    } else {
      const accuser = this.#random.chance(0.9) ? this.#random.pick(accusers) : this.#random.pick(IDS);
      await this.#ofCharge(accuser);
    }
    await this.#compare();
  }

  async #passTime(): Promise<void> {
    if (!this.#random.chance(0.12)) return;
    const { lifetime, votingTime, period } = this.#h.terms;
    const charges = [...this.#model.charges.values()];
    const ready = charges.filter(({ stage }) => stage === "Convicted").map(({ since }) => since + this.#model.lockTime);
    const ends = charges.filter(({ stage }) => stage === "Charged").map(({ since }) => since + votingTime);
    const periods = [...this.#model.lastSlashes.values()].map(({ at }) => at + period);
    const rare = [...ends, ...ready.map((readyAt) => readyAt + lifetime), ...periods];
    const isRare = rare.length > 0 && this.#random.chance(0.3);
    const target = this.#random.pick(isRare ? rare : [this.#now, ...ready]);
    await this.#h.moveToTime(target + this.#random.pick([0n, 0n, BLOCK_TIME, -BLOCK_TIME]));
  }

  // ── The election ───────────────────────────────────────────────────────────────────────────────────────────────────

  async #setParty(id: number, owner: number): Promise<void> {
    const stake = this.#random.chance(0.1) ? 0n : 1_000n + this.#random.bigint(2_000n);
    const votes = this.#random.chance(0.1) ? 0n : stake;
    await mined(this.#h.stakes.setParty(id, this.#h.signer(owner), stake, votes));
    this.#parties.set(id, { owner: this.#h.address(owner), stake, votes });
  }

  async #changeElection(): Promise<void> {
    if (this.#random.chance(0.08)) await mined(this.#h.stakes.setEpoch(++this.#stakes.epoch));
    if (this.#random.chance(0.06)) {
      const id = this.#random.pick(IDS);
      // Mostly the same owner.
      const owner = this.#random.chance(0.7) ? OWNERS[id % OWNERS.length]! : this.#random.pick(OWNERS);
      await this.#setParty(id, owner);
    }
    const epochTime = this.#random.chance(0.04) ? LONG_EPOCH_TIME : EPOCH_TIME;
    if (epochTime !== this.#stakes.epochTime) {
      await mined(this.#h.stakes.setClock(50, epochTime / (50n * BLOCK_TIME)));
      this.#stakes.epochTime = epochTime;
    }
    const isShort = this.#random.chance(0.04);
    const exitTime = this.#h.neededExitTime - (isShort ? 1n : 0n);
    if (exitTime === this.#stakes.exitTime) return;
    await mined(this.#h.stakes.setExitTime(exitTime));
    this.#stakes.exitTime = exitTime;
  }

  // ── Calls ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Does the same to both. */
  async #both(action: string, call: () => void, send: () => Promise<ContractTransactionResponse>): Promise<void> {
    this.#now = (await this.#h.world.next()).time;
    const actual = await outcomeOf(send);
    const expected = modelOutcomeOf(call);
    this.#log.push(`${this.#now} ${action} → ${actual ?? "done"}`);
    expect(actual, this.#story()).to.equal(expected);
    const name = actual ?? action.split(" ")[0]!;
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  #story(): string {
    return `seed ${this.#random.seed}\n${this.#log.slice(-25).join("\n")}`;
  }

  /** Mostly the owner of a party. */
  #callerFor(id: number): number {
    const owner = OWNERS.find((i) => this.#h.address(i) === this.#parties.get(id)?.owner);
    return owner !== undefined && this.#random.chance(0.92) ? owner : this.#random.pick(OWNERS);
  }

  async #charge(): Promise<void> {
    // Often a party that others have charged too: an owner is slashed once in a period.
    const charged = [...this.#model.charges.values()]
      .filter(({ stage }) => stage !== "None")
      .map((open) => open.accused);
    const accused = this.#random.pick(charged.length > 0 && this.#random.chance(0.5) ? charged : [...IDS, 7]);
    const accuser = this.#random.pick(IDS);
    const rate = this.#random.chance(0.1)
      ? this.#random.pick([0n, this.#h.terms.maxRate + 1n])
      : this.#random.pick([this.#h.terms.maxRate, 1n + this.#random.bigint(this.#h.terms.maxRate)]);
    const i = this.#callerFor(accuser);
    await this.#both(
      `charge ${accused} by ${accuser}`,
      () => {
        this.#model.charge(this.#h.address(i), accuser, accused, rate, this.#stakes, this.#now);
      },
      () => this.#h.as(i).charge(accuser, accused, rate, ZeroHash),
    );
  }

  async #ofCharge(accuser: number): Promise<void> {
    const open = this.#model.charges.get(accuser);
    const isConvicted = open?.stage === "Convicted";
    const fit = isConvicted ? (["execute", "execute", "acquit"] as const) : (["convict"] as const);
    const action = this.#random.chance(0.9)
      ? this.#random.pick(fit)
      : this.#random.pick(["convict", "acquit", "execute"] as const);
    const number = (open?.number ?? 0n) + (this.#random.chance(0.04) ? 1n : 0n);
    const epoch = this.#stakes.epoch;
    const ballot = open?.ballots.get(`${open.stage}/${epoch}`);
    const fresh = IDS.filter((id) => ballot?.has(id) !== true && id !== open?.accused);
    const voter = this.#random.pick(fresh.length > 0 && this.#random.chance(0.85) ? fresh : IDS);
    const i = this.#callerFor(voter);
    const [model, caller, slasher] = [this.#model, this.#h.address(i), this.#h.as(i)];
    const calls = {
      convict: [
        () => model.convict(caller, accuser, number, voter, this.#stakes, this.#now),
        () => slasher.convict(accuser, number, voter),
      ],
      acquit: [
        () => model.acquit(caller, accuser, number, voter, this.#stakes, this.#now),
        () => slasher.acquit(accuser, number, voter),
      ],
      execute: [() => model.execute(accuser, number, this.#stakes, this.#now), () => slasher.execute(accuser, number)],
    } as const;
    const [ofModel, send] = calls[action];
    await this.#both(`${action} ${accuser} with ${voter}`, ofModel, send);
  }

  // ── State ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  async #compare(): Promise<void> {
    const { slasher, stakes, world } = this.#h;
    const charges = IDS.map(async (id) => {
      const charge = await this.#views.read(slasher, "chargeOf", id);
      const expected = this.#model.charges.get(id);
      expect(
        [charge.number, charge.accused, charge.rate, STAGES[Number(charge.stage)], charge.owner, charge.stake],
        this.#story(),
      ).to.deep.equal([
        expected?.number ?? 0n,
        BigInt(expected?.accused ?? 0),
        expected?.rate ?? 0n,
        expected?.stage ?? "None",
        expected?.owner ?? ZeroAddress,
        expected?.stake ?? 0n,
      ]);
      if (expected !== undefined) expect(charge.since, this.#story()).to.equal(expected.since);
      const [, stake] = await this.#views.read(stakes, "stakeOf", id);
      expect(stake, this.#story()).to.equal(this.#parties.get(id)?.stake);
      const last = await this.#views.read(slasher, "lastSlashOf", id);
      const slashed = this.#model.lastSlashes.get(id);
      expect([...last], this.#story()).to.deep.equal([slashed?.owner ?? ZeroAddress, slashed?.at ?? 0n]);
    });
    await Promise.all(charges);
    const { since, slashed, cap } = await this.#views.read(slasher, "period");
    expect({ since, slashed, cap }, this.#story()).to.deep.equal(this.#model.period);
    const burned = 10n ** 27n - (await this.#views.read(world.token, "totalSupply"));
    expect(burned, this.#story()).to.equal(this.#model.burned);
  }
}
