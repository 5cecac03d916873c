// SPDX-License-Identifier: MIT
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";

import { minedTransaction as mined } from "../../src/chain/index.ts";
import type { GovernedSlashing, MockExitCore, MockStakes, NativeToken } from "../../typechain-types/index.ts";
import type { SlashingTerms } from "../model/elections/governedSlashing.ts";
import { DAY, ESCAPE_DELAY } from "./authorityHarness.ts";
import { ElectionNetwork } from "./electionNetwork.ts";

export const SLASHING_TERMS: SlashingTerms = {
  detectionTime: 3 * DAY,
  votingTime: 2 * DAY,
  notice: DAY,
  lifetime: DAY,
  period: 10 * DAY,
  maxRate: 1_000n,
  capRate: 500n,
};

/** Governed slashing over stakes that a test sets. */
export class SlashingHarness {
  readonly network: ElectionNetwork;
  readonly token: NativeToken;
  readonly core: MockExitCore;
  readonly slasher: GovernedSlashing;
  readonly stakes: MockStakes;
  readonly signers: readonly HardhatEthersSigner[];
  readonly terms: SlashingTerms;

  private constructor(
    network: ElectionNetwork,
    contracts: { token: NativeToken; core: MockExitCore; slasher: GovernedSlashing; stakes: MockStakes },
    signers: readonly HardhatEthersSigner[],
    terms: SlashingTerms,
  ) {
    [this.network, this.signers, this.terms] = [network, signers, terms];
    ({ token: this.token, core: this.core, slasher: this.slasher, stakes: this.stakes } = contracts);
  }

  /** The stakes have the shortest exit that the slasher accepts. */
  static async open(changes: Partial<SlashingTerms> = {}): Promise<SlashingHarness> {
    const network = await ElectionNetwork.open();
    const { ethers } = network.connection;
    const signers = await ethers.getSigners();
    const terms = { ...SLASHING_TERMS, ...changes };
    const token = await ethers.deployContract("NativeToken", ["Native", "NAT", 10n ** 30n, signers[0]]);
    const core = await ethers.deployContract("MockExitCore", [token, 40, ESCAPE_DELAY]);
    const slasher = await ethers.deployContract("GovernedSlashing", [terms]);
    const stakes = await ethers.deployContract("MockStakes", [slasher, token, core]);
    await mined(token.transfer(stakes, 10n ** 20n));
    const h = new SlashingHarness(network, { token, core, slasher, stakes }, signers, terms);
    await mined(stakes.setExitTime(h.neededExitTime));
    await mined(stakes.setEpoch(1));
    return h;
  }

  get lockTime(): number {
    return ESCAPE_DELAY + this.terms.notice;
  }

  get neededExitTime(): number {
    return this.terms.detectionTime + this.terms.votingTime + this.lockTime + this.terms.lifetime;
  }

  signer(i: number): HardhatEthersSigner {
    const signer = this.signers[i];
    if (signer === undefined) throw new Error(`no signer ${i}`);
    return signer;
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
  async moveToTime(time: number): Promise<void> {
    const { block, time: next } = await this.network.next();
    if (time > next) await this.network.moveTo(block + Math.ceil((time - next) / 12));
  }

  /** Charges a party, and lets the given ones convict it. Gives the first second of the execution. */
  async convict(accuser: number, accused: number, rate: bigint, voters: readonly number[]): Promise<number> {
    await mined(this.as(accuser).charge(accuser, accused, rate, `0x${"00".repeat(32)}`));
    const { number } = await this.slasher.chargeOf(accuser);
    for (const voter of voters) await mined(this.as(voter).convict(accuser, number, voter));
    return (await this.network.latest()).time + this.lockTime;
  }

  /** Executes the charge of a party. */
  async execute(accuser: number): Promise<void> {
    await mined(this.slasher.execute(accuser, (await this.slasher.chargeOf(accuser)).number));
  }
}
