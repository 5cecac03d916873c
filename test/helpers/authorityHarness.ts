// SPDX-License-Identifier: MIT
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { ZeroAddress } from "ethers";

import { minedTransaction as mined } from "../../src/chain/index.ts";
import type { Authority, MockExitCore, NativeToken } from "../../typechain-types/index.ts";
import type { AuthorityTerms, Operation } from "../model/elections/authority.ts";
import { ElectionNetwork } from "./electionNetwork.ts";
import { SHORT_SLOTS, slotArguments } from "./seatRun.ts";

export const DAY = 86_400;
export const ESCAPE_DELAY = 2 * DAY;
export const MAX_PENDING = 40;

export const AUTHORITY_TERMS: AuthorityTerms = {
  bond: 1_000n,
  seats: 3,
  notice: DAY,
  lifetime: 2 * DAY,
  detectionTime: 3 * DAY,
};

/** Signers: the council, and the parties that are named at the deployment. */
export const COUNCIL = 9;
export const PARTIES = [1, 2, 3] as const;

const KINDS = ["Replace", "Slash", "HandOver"] as const;

/** An operation as the contract takes it. */
export const encodedOperation = (operation: Operation) => ({
  kind: KINDS.indexOf(operation.kind),
  seat: operation.kind === "Replace" ? operation.seat : 0,
  account: operation.account ?? ZeroAddress,
  amount: operation.kind === "Slash" ? operation.amount : 0n,
});

/** An authority under a mock of the consensus, its council and its parties. */
export class AuthorityHarness {
  readonly network: ElectionNetwork;
  readonly token: NativeToken;
  readonly consensus: MockExitCore;
  readonly election: Authority;
  readonly signers: readonly HardhatEthersSigner[];
  readonly terms: AuthorityTerms;
  readonly genesis: number;

  private constructor(
    network: ElectionNetwork,
    contracts: { token: NativeToken; consensus: MockExitCore; election: Authority },
    signers: readonly HardhatEthersSigner[],
    terms: AuthorityTerms,
    genesis: number,
  ) {
    [this.network, this.signers, this.terms, this.genesis] = [network, signers, terms, genesis];
    ({ token: this.token, consensus: this.consensus, election: this.election } = contracts);
  }

  /** Every signer has a balance of 10^6 in the election. */
  static async open(changes: Partial<AuthorityTerms> = {}, named: readonly number[] = PARTIES): Promise<AuthorityHarness> {
    const network = await ElectionNetwork.open();
    const { ethers } = network.connection;
    const signers = await ethers.getSigners();
    const terms = { ...AUTHORITY_TERMS, ...changes };
    const token = await ethers.deployContract("NativeToken", ["Native", "NAT", 10n ** 30n, signers[0]]);
    const consensus = await ethers.deployContract("MockExitCore", [token, MAX_PENDING, ESCAPE_DELAY]);
    const parties = named.map((i) => signers[i]!.address);
    const slots = slotArguments(SHORT_SLOTS);
    const election = await ethers.deployContract("Authority", [token, slots, terms, signers[COUNCIL], parties]);
    await mined(consensus.bindTo(election));
    for (const signer of signers.slice(0, 10)) {
      await mined(token.transfer(signer, 10n ** 6n));
      await mined(token.connect(signer).approve(election, 2n ** 255n));
      await mined(election.connect(signer).deposit(10n ** 6n));
    }
    const genesis = Number(await election.GENESIS_BLOCK());
    return new AuthorityHarness(network, { token, consensus, election }, signers, terms, genesis);
  }

  get epochBlocks(): number {
    return SHORT_SLOTS.slotBlocks * SHORT_SLOTS.epochSlots;
  }

  get lockTime(): number {
    return ESCAPE_DELAY + this.terms.notice;
  }

  get bondTime(): number {
    return this.terms.detectionTime + this.lockTime + this.terms.lifetime;
  }

  signer(i: number): HardhatEthersSigner {
    const signer = this.signers[i];
    if (signer === undefined) throw new Error(`no signer ${i}`);
    return signer;
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

  epochStart(epoch: number): number {
    return this.genesis + epoch * this.epochBlocks;
  }

  /** First block of a slot. */
  slotStart(slot: number): number {
    return this.genesis + slot * SHORT_SLOTS.slotBlocks;
  }

  /** Epoch of the next transaction. */
  async epoch(): Promise<number> {
    const { block } = await this.network.next();
    return Math.floor((block - this.genesis) / this.epochBlocks);
  }

  async moveToNextEpoch(): Promise<void> {
    await this.network.moveTo(this.epochStart((await this.epoch()) + 1));
  }

  /** The next transaction will be at this time, or, if no block is then, in the first block after it. */
  async moveToTime(time: number): Promise<void> {
    const { block, time: next } = await this.network.next();
    if (time > next) await this.network.moveTo(block + Math.ceil((time - next) / 12));
  }

  /** Lets the named parties take their seats, and waits until these are their own. */
  async start(): Promise<void> {
    for (const i of PARTIES) await mined(this.as(i).takeSeat(i - 1));
    await this.moveToNextEpoch();
  }

  /** Queues an operation, and gives the first second in which it can be executed. */
  async queue(place: number, operation: Operation): Promise<number> {
    await mined(this.council.queue(place, encodedOperation(operation)));
    return (await this.network.latest()).time + this.lockTime;
  }

  /** Queues an operation, waits, and executes it. */
  async decide(place: number, operation: Operation): Promise<void> {
    await this.moveToTime(await this.queue(place, operation));
    await mined(this.election.execute(place, encodedOperation(operation)));
  }
}
