// SPDX-License-Identifier: MIT
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { ZeroAddress, type ContractTransactionResponse } from "ethers";

import { minedTransaction as mined } from "../../src/chain/index.ts";
import type { Authority, MockExitCore } from "../../typechain-types/index.ts";
import type { AuthorityTerms, Operation } from "../model/elections/authority.ts";
import { ClockModel, type SlotParameters } from "../model/elections/parts/index.ts";
import { mineExactly, mineFailures } from "./electionTime.ts";
import { BLOCK_TIME, ElectionWorld } from "./electionWorld.ts";

export const DAY = 86_400n;
/** Of the core. */
export const ESCAPE_DELAY = 2n * DAY;
export const MAX_PENDING_LEAVES = 40n;
/** Balance of each account in the election. */
export const FUNDS = 10n ** 6n;

/** An epoch has 96 blocks. */
export const SLOTS: SlotParameters = {
  clock: { slotBlocks: 12n, epochSlots: 8n },
  silenceBlocks: 5n,
  opensAfter: 600n,
};

export const AUTHORITY_TERMS: AuthorityTerms = {
  bond: 1_000n,
  seats: 3n,
  notice: DAY,
  lifetime: 2n * DAY,
  detectionTime: 3n * DAY,
};

/** Signers: the council, and the parties that are named at the deployment. */
export const COUNCIL = 9;
export const PARTIES = [1, 2, 3] as const;

const KINDS = ["Replace", "Slash", "HandOver"] as const;

interface EncodedOperation {
  readonly kind: number;
  readonly seat: number;
  readonly account: string;
  readonly amount: bigint;
}

/** An operation as the contract takes it. */
export const encodedOperation = (operation: Operation): EncodedOperation => ({
  kind: KINDS.indexOf(operation.kind),
  seat: operation.kind === "Replace" ? operation.seat : 0,
  account: operation.account ?? ZeroAddress,
  amount: operation.kind === "Slash" ? operation.amount : 0n,
});

/** An authority beside a mock of the consensus, its council and its parties. */
export class AuthorityHarness {
  readonly world: ElectionWorld;
  readonly consensus: MockExitCore;
  readonly election: Authority;
  readonly terms: AuthorityTerms;
  readonly clock: ClockModel;
  readonly deployment: ContractTransactionResponse | null;

  private constructor(
    world: ElectionWorld,
    contracts: { readonly consensus: MockExitCore; readonly election: Authority },
    terms: AuthorityTerms,
    genesisBlock: bigint,
  ) {
    [this.world, this.terms, this.deployment] = [world, terms, contracts.election.deploymentTransaction()];
    const caller = world.signer(0);
    [this.consensus, this.election] = [contracts.consensus.connect(caller), contracts.election.connect(caller)];
    this.clock = new ClockModel(SLOTS.clock, genesisBlock);
  }

  /** The first ten signers have balances in the election. */
  static async open(
    changes: Partial<AuthorityTerms> = {},
    named: readonly number[] = PARTIES,
  ): Promise<AuthorityHarness> {
    const world = await ElectionWorld.open();
    mineFailures(world);
    const { connection, signers, token } = world;
    const { ethers } = connection;
    const terms = { ...AUTHORITY_TERMS, ...changes };
    const consensus = await ethers.deployContract("MockExitCore", [token, MAX_PENDING_LEAVES, ESCAPE_DELAY]);
    const parties = named.map((i) => world.signer(i));
    const council = world.signer(COUNCIL);
    const election = await ethers.deployContract("Authority", [token, SLOTS, terms, council, parties]);
    await mined(consensus.bindTo(election));
    const accounts = signers.slice(0, 10);
    await world.fund(accounts, FUNDS, await election.getAddress());
    for (const account of accounts) await mined(election.connect(account).deposit(FUNDS));
    return new AuthorityHarness(world, { consensus, election }, terms, await election.GENESIS_BLOCK());
  }

  /** Another election, which is bound to nothing. */
  async deploy(changes: Partial<AuthorityTerms>, named: readonly number[] = PARTIES): Promise<Authority> {
    const { connection, token } = this.world;
    const parties = named.map((i) => this.signer(i));
    const terms = { ...this.terms, ...changes };
    return connection.ethers.deployContract("Authority", [token, SLOTS, terms, this.signer(COUNCIL), parties]);
  }

  get lockTime(): bigint {
    return ESCAPE_DELAY + this.terms.notice;
  }

  get bondTime(): bigint {
    return this.terms.detectionTime + this.lockTime + this.terms.lifetime;
  }

  signer(i: number): HardhatEthersSigner {
    return this.world.signer(i);
  }

  address(i: number): string {
    return this.signer(i).address;
  }

  as(i: number): Authority {
    return this.election.connect(this.signer(i));
  }

  get council(): Authority {
    return this.as(COUNCIL);
  }

  // ── Time ───────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Epoch of the next transaction. */
  async epoch(): Promise<bigint> {
    return this.clock.epochAt(await this.world.next());
  }

  /** Slot of the next transaction. */
  async slot(): Promise<bigint> {
    return this.clock.slotAt(await this.world.next());
  }

  /** The next slot of a seat, after the one of the next transaction. */
  async nextSlotOf(seat: number): Promise<bigint> {
    let slot = (await this.slot()) + 1n;
    while (slot % this.terms.seats !== BigInt(seat)) slot++;
    return slot;
  }

  /** The next transaction will be in this block. */
  async moveTo(block: bigint): Promise<void> {
    await mineExactly(this.world, block - (await this.world.next()).block);
  }

  /** The next transaction will be in a block of a slot. */
  async moveToSlot(slot: bigint, block = 0n): Promise<void> {
    await this.moveTo(this.clock.slotStart(slot) + block);
  }

  async moveToNextEpoch(): Promise<void> {
    await this.moveTo(this.clock.epochStart((await this.epoch()) + 1n));
  }

  /** The next transaction will be at this time, or, if no block is then, in the first block after it. */
  async moveToTime(time: bigint): Promise<void> {
    await mineExactly(this.world, (time - (await this.world.next()).time + BLOCK_TIME - 1n) / BLOCK_TIME);
  }

  // ── Acts ───────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Lets the named parties take their seats, and waits until these are their own. */
  async start(): Promise<void> {
    for (const i of PARTIES) await mined(this.as(i).takeSeat(i - 1));
    await this.moveToNextEpoch();
  }

  /** Queues an operation, and gives the first second in which it can be executed. */
  async queue(place: number, operation: Operation): Promise<bigint> {
    await mined(this.council.queue(place, encodedOperation(operation)));
    return (await this.world.now()).time + this.lockTime;
  }

  /** Queues an operation, waits, and executes it. */
  async decide(place: number, operation: Operation): Promise<void> {
    await this.moveToTime(await this.queue(place, operation));
    await mined(this.election.execute(place, encodedOperation(operation)));
  }

  /** Posts a batch of one leaf. */
  async post(i: number): Promise<void> {
    await mined(this.consensus.post(this.address(i), [1n]));
  }
}
