// SPDX-License-Identifier: MIT
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { toBeHex, zeroPadValue } from "ethers";

import { minedTransaction as mined } from "../../src/chain/index.ts";
import type { MockConsensus, NativeToken, OutsourcedProving } from "../../typechain-types/index.ts";
import { PLACES, SEATS, type ProvingTerms, type Shares } from "../model/elections/outsourcedProving.ts";
import { ElectionNetwork } from "./electionNetwork.ts";

/** An epoch has 96 blocks, its second half 16 after the seed block. */
export const CLOCK = { slotBlocks: 12, epochSlots: 8 } as const;

export const TERMS: ProvingTerms = {
  minDeposit: 200n,
  cap: 1_000n,
  fine: 90n,
  reportRate: 1_000n,
  reputationStep: 30,
  rangeBatches: 3,
  provingTime: 60,
  opensAfter: 240,
};

/** All fines are burned. */
export const NO_SHARES: Omit<Shares, "fundAccount"> = { aggregators: 0n, fund: 0n, poolBatches: 1n };

/** Seats in the word of a committee. */
export const seatsIn = (word: bigint): number[] =>
  Array.from({ length: SEATS }, (_, i) => Number((word >> BigInt(16 * i)) & 0xffffn));

/** Outsourced proving under a mock of the consensus, and the accounts around it. */
export class OutsourcedHarness {
  readonly network: ElectionNetwork;
  readonly token: NativeToken;
  readonly consensus: MockConsensus;
  readonly election: OutsourcedProving;
  readonly signers: readonly HardhatEthersSigner[];
  readonly terms: ProvingTerms;
  readonly shares: Shares;
  /** First block of epoch 0. */
  readonly genesis: number;

  private constructor(
    network: ElectionNetwork,
    contracts: { token: NativeToken; consensus: MockConsensus; election: OutsourcedProving },
    signers: readonly HardhatEthersSigner[],
    rules: { terms: ProvingTerms; shares: Shares; genesis: number },
  ) {
    [this.network, this.signers] = [network, signers];
    ({ token: this.token, consensus: this.consensus, election: this.election } = contracts);
    ({ terms: this.terms, shares: this.shares, genesis: this.genesis } = rules);
  }

  /** Every signer has a balance of 10^12 in the election. The public fund, if there is one, is that of the last one. */
  static async open(
    changes: Partial<ProvingTerms> = {},
    { fundAccount, ...shares }: Partial<Shares> = {},
  ): Promise<OutsourcedHarness> {
    const network = await ElectionNetwork.open();
    const { ethers } = network.connection;
    const signers = await ethers.getSigners();
    const terms = { ...TERMS, ...changes };
    const all = { ...NO_SHARES, ...shares, fundAccount: fundAccount ?? signers.at(-1)!.address };
    const token = await ethers.deployContract("NativeToken", ["Native", "NAT", 10n ** 30n, signers[0]]);
    const consensus = await ethers.deployContract("MockConsensus", [token, 60]);
    const election = await ethers.deployContract("OutsourcedProving", [token, CLOCK, all, terms]);
    await mined(consensus.bindTo(election));
    for (const signer of signers.slice(0, 8)) {
      await mined(token.transfer(signer, 10n ** 12n));
      await mined(token.connect(signer).approve(election, 2n ** 255n));
      await mined(election.connect(signer).deposit(10n ** 12n));
    }
    const genesis = Number(await election.GENESIS_BLOCK());
    return new OutsourcedHarness(network, { token, consensus, election }, signers, { terms, shares: all, genesis });
  }

  get epochBlocks(): number {
    return CLOCK.slotBlocks * CLOCK.epochSlots;
  }

  signer(i: number): HardhatEthersSigner {
    const signer = this.signers[i];
    if (signer === undefined) throw new Error(`no signer ${i}`);
    return signer;
  }

  address(i: number): string {
    return this.signer(i).address;
  }

  as(i: number): OutsourcedProving {
    return this.election.connect(this.signer(i));
  }

  // ── Time ───────────────────────────────────────────────────────────────────────────────────────────────────────────

  epochStart(epoch: number): number {
    return this.genesis + epoch * this.epochBlocks;
  }

  /** Epoch of the next transaction. */
  async epoch(): Promise<number> {
    const { block } = await this.network.next();
    return Math.floor((block - this.genesis) / this.epochBlocks);
  }

  /** The next transaction will be at this time, which is a multiple of 12 seconds ahead. */
  async moveToTime(time: number): Promise<void> {
    const { block, time: next } = await this.network.next();
    if (time < next || (time - next) % 12 !== 0) throw new Error(`no block at ${time}`);
    if (time > next) await this.network.moveTo(block + (time - next) / 12);
  }

  // ── Committees ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Seals the seed of the next epoch in its block. */
  async seal(mixHash = 0x5eedn): Promise<void> {
    const next = (await this.epoch()) + 1;
    await this.network.moveTo(Number(await this.election.seedBlock(next)));
    await this.network.setRandom(mixHash);
    await mined(this.election.seal());
  }

  /** Seals the seed of the next epoch, and convenes its committee in its first block. */
  async convene(mixHash?: bigint): Promise<number> {
    const next = (await this.epoch()) + 1;
    await this.seal(mixHash);
    await this.network.moveTo(this.epochStart(next));
    await mined(this.election.convene());
    return next;
  }

  /** Lets the first signers from 1 on join, each with the id of its number, and convenes a committee of them. */
  async start(count: number, deposit: bigint = this.terms.cap): Promise<number> {
    for (let id = 1; id <= count; id++) await mined(this.as(id).join(id, deposit));
    return this.convene();
  }

  /** Takes all places above `from` for one account. */
  async fill(from: number, amount: bigint = this.terms.minDeposit): Promise<string> {
    const filler = await this.network.connection.ethers.deployContract("RollerFiller", [this.election]);
    await mined(this.token.transfer(filler, amount * BigInt(PLACES)));
    for (let id = from + 1; id <= PLACES; id += 128) {
      await mined(filler.fill(id, Math.min(id + 127, PLACES), amount));
    }
    return filler.getAddress();
  }

  // ── Batches ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Posts batches of one leaf. */
  async post(count: number): Promise<void> {
    await mined(this.consensus.post(this.signer(0), Array.from({ length: count }, () => 1)));
  }

  /** Number of the signer that has the duty to prove a batch; 0 for nobody. */
  async dutyOf(batch: number): Promise<number> {
    const { account } = await this.election.termOf(batch);
    return Math.max(
      this.signers.findIndex(({ address }) => address === account),
      0,
    );
  }

  async prove(i: number, count: number): Promise<void> {
    await mined(this.consensus.prove(this.signer(i), count));
  }

  /** Last second in which the roller of the next batch is not late. */
  async deadline(): Promise<number> {
    const next = Number(await this.consensus.verifiedBatches()) + 1;
    const sequenced = Number(await this.consensus.timeOf(next));
    const { since } = await this.election.due();
    return Math.max(sequenced, Number(since)) + this.terms.provingTime;
  }
}

export const mixHashOf = (random: bigint): string => zeroPadValue(toBeHex(random), 32);
