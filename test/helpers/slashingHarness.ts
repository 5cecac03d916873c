// SPDX-License-Identifier: MIT
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { ZeroHash, type ContractTransactionResponse } from "ethers";

import { minedTransaction as mined } from "../../src/chain/index.ts";
import type { GovernedSlashing, MockStakes } from "../../typechain-types/index.ts";
import type { SlashingTerms } from "../model/elections/governedSlashing.ts";
import { DAY, ESCAPE_DELAY } from "./authorityHarness.ts";
import { mineExactly, mineFailures } from "./electionTime.ts";
import { BLOCK_TIME, ElectionWorld } from "./electionWorld.ts";

export const SLASHING_TERMS: SlashingTerms = {
  detectionTime: 3n * DAY,
  votingTime: 2n * DAY,
  notice: DAY,
  lifetime: DAY,
  period: 10n * DAY,
  maxRate: 1_000n,
  capRate: 500n,
};

/** Governed slashing over stakes that a test sets. */
export class SlashingHarness {
  readonly world: ElectionWorld;
  readonly slasher: GovernedSlashing;
  readonly stakes: MockStakes;
  readonly terms: SlashingTerms;
  /** Of the slasher, and of the stakes that bind it. */
  readonly deployments: readonly (ContractTransactionResponse | null)[];

  private constructor(world: ElectionWorld, slasher: GovernedSlashing, stakes: MockStakes, terms: SlashingTerms) {
    const caller = world.signer(0);
    [this.world, this.terms] = [world, terms];
    this.deployments = [slasher.deploymentTransaction(), stakes.deploymentTransaction()];
    [this.slasher, this.stakes] = [slasher.connect(caller), stakes.connect(caller)];
  }

  /** The stakes have the shortest exit that the slasher accepts. */
  static async open(changes: Partial<SlashingTerms> = {}): Promise<SlashingHarness> {
    const world = await ElectionWorld.open();
    mineFailures(world);
    const { ethers } = world.connection;
    const terms = { ...SLASHING_TERMS, ...changes };
    const core = await ethers.deployContract("MockExitCore", [world.token, 40, ESCAPE_DELAY]);
    const slasher = await ethers.deployContract("GovernedSlashing", [terms]);
    const stakes = await ethers.deployContract("MockStakes", [slasher, world.token, core]);
    await mined(world.token.transfer(stakes, 10n ** 20n));
    const h = new SlashingHarness(world, slasher, stakes, terms);
    await mined(stakes.setExitTime(h.neededExitTime));
    await mined(stakes.setEpoch(1));
    return h;
  }

  /** Another slasher, without stakes. */
  async deploy(changes: Partial<SlashingTerms>): Promise<GovernedSlashing> {
    return this.world.connection.ethers.deployContract("GovernedSlashing", [{ ...this.terms, ...changes }]);
  }

  get lockTime(): bigint {
    return ESCAPE_DELAY + this.terms.notice;
  }

  get neededExitTime(): bigint {
    return this.terms.detectionTime + this.terms.votingTime + this.lockTime + this.terms.lifetime;
  }

  signer(i: number): HardhatEthersSigner {
    return this.world.signer(i);
  }

  address(i: number): string {
    return this.signer(i).address;
  }

  as(i: number): GovernedSlashing {
    return this.slasher.connect(this.signer(i));
  }

  /** Gives the first signers from 1 on a party each, with the id of its number, with so many votes and as much stake. */
  async start(...stakes: readonly bigint[]): Promise<void> {
    for (const [i, stake] of stakes.entries()) {
      await mined(this.stakes.setParty(i + 1, this.signer(i + 1), stake, stake));
    }
  }

  /** The next transaction will be at this time, or, if no block is then, in the first block after it. */
  async moveToTime(time: bigint): Promise<void> {
    await mineExactly(this.world, (time - (await this.world.next()).time + BLOCK_TIME - 1n) / BLOCK_TIME);
  }

  /** Charges a party, and lets the given ones convict it. Gives the first second of the execution. */
  async convict(accuser: number, accused: number, rate: bigint, voters: readonly number[]): Promise<bigint> {
    await mined(this.as(accuser).charge(accuser, accused, rate, ZeroHash));
    const { number } = await this.slasher.chargeOf(accuser);
    for (const voter of voters) await mined(this.as(voter).convict(accuser, number, voter));
    return (await this.world.now()).time + this.lockTime;
  }

  /** Executes the charge of a party. */
  async execute(accuser: number): Promise<void> {
    await mined(this.slasher.execute(accuser, (await this.slasher.chargeOf(accuser)).number));
  }
}
