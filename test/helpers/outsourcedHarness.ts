// SPDX-License-Identifier: MIT
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import type { ContractTransactionResponse } from "ethers";

import { minedTransaction as mined } from "../../src/chain/index.ts";
import type { MockConsensus, OutsourcedProving } from "../../typechain-types/index.ts";
import { PLACES, SEATS, type ProvingTerms } from "../model/elections/outsourcedProving.ts";
import { ClockModel, type ClockParameters } from "../model/elections/parts/index.ts";
import { BLOCK_TIME, ElectionWorld } from "./electionWorld.ts";
import { mineExactly, mineFailures } from "./electionTime.ts";

/** An epoch has 384 blocks, 128 of them after the seed block. */
export const CLOCK: ClockParameters = { slotBlocks: 12n, epochSlots: 32n };
export const HALF_EPOCH = 192n;

export const TERMS: ProvingTerms = {
  minDeposit: 200n,
  cap: 1_000n,
  fine: 90n,
  reportRate: 1_000n,
  reputationStep: 30n,
  rangeBatches: 3n,
  provingTime: 60n,
  opensAfter: 240n,
};

export const MAX_PENDING_LEAVES = 60n;

/** Balance of each party in the election. */
export const FUNDS = 10n ** 12n;

/** Seats in the word of a committee. */
export const seatsIn = (word: bigint): number[] =>
  Array.from({ length: SEATS }, (_, i) => Number((word >> BigInt(16 * i)) & 0xffffn));

/** Outsourced proving beside a mock of the consensus, and the accounts around it. */
export class OutsourcedHarness {
  readonly world: ElectionWorld;
  readonly consensus: MockConsensus;
  readonly election: OutsourcedProving;
  readonly terms: ProvingTerms;
  readonly clock: ClockModel;
  readonly deployment: ContractTransactionResponse | null;

  private constructor(world: ElectionWorld, election: OutsourcedProving, terms: ProvingTerms, genesisBlock: bigint) {
    const caller = world.signer(0);
    [this.world, this.terms, this.deployment] = [world, terms, election.deploymentTransaction()];
    [this.consensus, this.election] = [world.consensus.connect(caller), election.connect(caller)];
    this.clock = new ClockModel(CLOCK, genesisBlock);
  }

  /** The first eight signers have balances in the election. */
  static async open(changes: Partial<ProvingTerms> = {}): Promise<OutsourcedHarness> {
    const world = await ElectionWorld.open(MAX_PENDING_LEAVES);
    mineFailures(world);
    const { connection, consensus, signers, token } = world;
    const terms = { ...TERMS, ...changes };
    const election = await connection.ethers.deployContract("OutsourcedProving", [token, CLOCK, terms]);
    await mined(consensus.bindTo(election));
    const parties = signers.slice(0, 8);
    await world.fund(parties, FUNDS, await election.getAddress());
    for (const party of parties) await mined(election.connect(party).deposit(FUNDS));
    return new OutsourcedHarness(world, election, terms, await election.GENESIS_BLOCK());
  }

  /** Another election beside the same consensus, which is not bound to it. */
  async deploy(changes: Partial<ProvingTerms>): Promise<OutsourcedProving> {
    const { connection, token } = this.world;
    return connection.ethers.deployContract("OutsourcedProving", [token, CLOCK, { ...this.terms, ...changes }]);
  }

  signer(i: number): HardhatEthersSigner {
    return this.world.signer(i);
  }

  address(i: number): string {
    return this.signer(i).address;
  }

  as(i: number): OutsourcedProving {
    return this.election.connect(this.signer(i));
  }

  // ── Time ───────────────────────────────────────────────────────────────────────────────────────────────────────────

  epochStart(epoch: bigint): bigint {
    return this.clock.epochStart(epoch);
  }

  /** Epoch of the next transaction. */
  async epoch(): Promise<bigint> {
    return this.clock.epochAt(await this.world.next());
  }

  /** The next transaction will be in this block. */
  async moveTo(block: bigint): Promise<void> {
    await mineExactly(this.world, block - (await this.world.next()).block);
  }

  /** The next transaction will be at this time, which is a multiple of the block time ahead. */
  async moveToTime(time: bigint): Promise<void> {
    const { block, time: next } = await this.world.next();
    if (time < next || (time - next) % BLOCK_TIME !== 0n) throw new Error(`no block at ${time}`);
    await this.moveTo(block + (time - next) / BLOCK_TIME);
  }

  // ── Committees ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Seals the seed of the next epoch in its block. */
  async seal(mixHash = 0x5eedn << 200n): Promise<void> {
    await this.moveTo(await this.election.seedBlock((await this.epoch()) + 1n));
    await this.world.connection.networkHelpers.setPrevRandao(mixHash);
    await mined(this.election.seal());
  }

  /** Seals the seed of the next epoch, and convenes its committee in its first block. */
  async convene(mixHash?: bigint): Promise<void> {
    const next = (await this.epoch()) + 1n;
    await this.seal(mixHash);
    await this.moveTo(this.epochStart(next));
    await mined(this.election.convene());
  }

  /** Lets the first signers from 1 on join, each with the id of its number, and convenes a committee of them. */
  async start(count: number, deposit: bigint = this.terms.cap): Promise<void> {
    for (let id = 1; id <= count; id++) await mined(this.as(id).join(id, deposit));
    await this.convene();
  }

  /** Takes all places above `from` for one account, and gives it. */
  async fill(from: number, amount: bigint = this.terms.minDeposit): Promise<string> {
    const filler = await this.world.connection.ethers.deployContract("RollerFiller", [this.election]);
    await mined(this.world.token.transfer(filler, amount * BigInt(PLACES)));
    for (let id = from + 1; id <= PLACES; id += 128) {
      await mined(filler.fill(id, Math.min(id + 127, PLACES), amount));
    }
    return filler.getAddress();
  }

  // ── Batches ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Posts batches of one leaf. */
  async post(count: number): Promise<void> {
    await mined(
      this.consensus.post(
        this.address(0),
        Array.from({ length: count }, () => 1n),
      ),
    );
  }

  /** Number of the signer that has the duty to prove a batch; 0 for nobody. */
  async dutyOf(batch: bigint | number): Promise<number> {
    const { account } = await this.election.termOf(batch);
    return Math.max(
      this.world.signers.findIndex(({ address }) => address === account),
      0,
    );
  }

  /** Number of the next batch that is not proven. */
  async next(): Promise<bigint> {
    return (await this.consensus.verifiedBatches()) + 1n;
  }

  async prove(i: number, count: number): Promise<void> {
    await mined(this.consensus.prove(this.address(i), count));
  }

  /** Last second in which the roller of the next batch is not late. */
  async deadline(): Promise<bigint> {
    const sequencedAt = await this.consensus.timeOf(await this.next());
    const { since } = await this.election.due();
    return (sequencedAt > since ? sequencedAt : since) + this.terms.provingTime;
  }

  /** Waits until the roller of the next batch is late, and gives its number. */
  async beLate(): Promise<number> {
    await this.moveToTime((await this.deadline()) + BLOCK_TIME);
    return this.dutyOf(await this.next());
  }
}
