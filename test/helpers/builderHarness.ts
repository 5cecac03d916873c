// SPDX-License-Identifier: MIT
import { expect } from "chai";
import {
  AbiCoder,
  keccak256,
  parseEther,
  ZeroAddress,
  type ContractTransactionResponse,
  type Result,
  type Signer,
} from "ethers";

import { minedTransaction as mined } from "../../src/chain/index.ts";
import type { BuilderEscrow } from "../../typechain-types/index.ts";
import type { Proposal } from "./b52Block.ts";
import type { B52Harness, Draft } from "./b52Harness.ts";

/** Seconds and amounts that the tests of the escrow count with; the windows are those of `b52Harness.ts`. */
export const ESCROW = { answerWindow: 40n, withdrawalDelay: 150n, demandBond: parseEther("5") };
export type EscrowParameters = typeof ESCROW;

export const BUILDER = 7;
export const PAYMENT = parseEther("20");
export const COVER = parseEther("3");

/** Stages of a lock, as `LockStage`. */
export const STAGE = { locked: 0n, demanded: 1n, answered: 2n } as const;

export interface Offer {
  readonly builder: string;
  readonly payment: bigint;
  readonly cover: bigint;
  readonly deadline: bigint;
}

export interface Lock {
  readonly id: string;
  readonly parent: string;
  readonly contentHash: string;
  readonly proposer: string;
  readonly round: bigint;
  readonly height: bigint;
  readonly leaves: bigint;
  readonly builder: string;
  readonly payment: bigint;
  readonly cover: bigint;
  readonly deadline: bigint;
  readonly stage: bigint;
  readonly answerBy: bigint;
  readonly demander: string;
}

export interface BlockContent {
  readonly salt: string;
  readonly forcedCount: bigint;
  readonly feeAccount: bigint;
  readonly feeToken: bigint;
  readonly data: string;
  readonly includeList: string;
}

interface Account {
  balance: bigint;
  requested: bigint;
  readyAt: bigint;
}

/** Everything that the escrow keeps, as its events tell it. */
export interface Books {
  readonly accounts: ReadonlyMap<string, Account>;
  /** Open locks, by proposer and parity. */
  readonly locks: ReadonlyMap<string, Lock>;
}

const placeOf = (proposer: string, height: bigint): string => `${proposer}/${height % 2n}`;

export const contentOf = ({ content }: Pick<Draft, "content">): BlockContent => {
  const { salt, forcedCount, feeAccount, feeToken, data, includeList } = content;
  return { salt, forcedCount, feeAccount, feeToken, data, includeList };
};

/** Deploys an escrow beside a B52, and gives the builder 1,000 tokens in it. */
export async function deployEscrow(h: B52Harness, overrides: Partial<EscrowParameters> = {}): Promise<EscrowHarness> {
  const { ethers } = h.network.connection;
  const parameters = { ...ESCROW, ...overrides };
  const escrow = await ethers.deployContract("BuilderEscrow", [...(await argumentsFor(h)), parameters]);
  const harness = new EscrowHarness(h, escrow, parameters, await ethers.provider.getBlockNumber());
  await harness.fund(BUILDER, parseEther("1000"));
  return harness;
}

/** The consensus, and its parameters as it logged them. */
export async function argumentsFor(h: B52Harness): Promise<[string, unknown, unknown, unknown]> {
  const [event] = await h.b52.queryFilter(h.b52.filters.ConsensusDeployed(), h.startBlock);
  if (event === undefined) throw new Error("the consensus logged no parameters");
  const { core, params, staking } = event.args;
  return [await h.b52.getAddress(), plain(core), plain(params), plain(staking)];
}

const plain = (struct: unknown): unknown => (struct as Result).toObject();

/** An escrow, the B52 that it is for, and the parties around both. */
export class EscrowHarness {
  readonly h: B52Harness;
  readonly escrow: BuilderEscrow;
  readonly parameters: EscrowParameters;
  readonly startBlock: number;

  constructor(h: B52Harness, escrow: BuilderEscrow, parameters: EscrowParameters, startBlock: number) {
    [this.h, this.escrow, this.parameters, this.startBlock] = [h, escrow, parameters, startBlock];
  }

  // ── Money ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Gives a signer tokens, which it deposits. */
  async fund(i: number, amount: bigint): Promise<void> {
    const [{ token }, signer] = [this.h, this.h.signer(i)];
    await mined(token.transfer(signer, amount));
    await mined(token.connect(signer).approve(this.escrow, (await token.allowance(signer, this.escrow)) + amount));
    await mined(this.escrow.connect(signer).deposit(signer, amount));
  }

  async balance(i: number): Promise<bigint> {
    return (await this.escrow.accountOf(this.h.address(i))).balance;
  }

  async usable(i: number): Promise<bigint> {
    return (await this.escrow.accountOf(this.h.address(i))).usable;
  }

  /** Replays all events of the escrow. */
  async rebuild(): Promise<Books> {
    const accounts = new Map<string, Account>();
    const locks = new Map<string, Lock>();
    const account = (address: string): Account => {
      const known = accounts.get(address) ?? { balance: 0n, requested: 0n, readyAt: 0n };
      accounts.set(address, known);
      return known;
    };
    const own = (proposer: string, round: bigint): [string, Lock] => {
      const found = [...locks].find(([, lock]) => lock.proposer === proposer && lock.round === round);
      if (found === undefined) throw new Error(`no lock of ${proposer} in round ${round}`);
      return found;
    };
    const { escrow, parameters } = this;
    const logs = await escrow.runner!.provider!.getLogs({
      address: await escrow.getAddress(),
      fromBlock: this.startBlock,
    });
    for (const log of logs) {
      const { name, args } = escrow.interface.parseLog(log)!;
      if (name === "Deposited") {
        account(args["account"] as string).balance += args["amount"] as bigint;
      } else if (name === "Withdrawn") {
        const of = account(args["account"] as string);
        [of.balance, of.requested] = [of.balance - (args["amount"] as bigint), 0n];
      } else if (name === "WithdrawalRequested") {
        const of = account(args["account"] as string);
        [of.requested, of.readyAt] = [args["amount"] as bigint, args["readyAt"] as bigint];
      } else if (name === "OfferLocked") {
        const lock = (args["lock"] as Result).toObject() as unknown as Lock;
        account(lock.builder).balance -= lock.payment + lock.cover;
        locks.set(placeOf(lock.proposer, lock.height), lock);
      } else if (name === "ContentDemanded") {
        const demander = args["demander"] as string;
        const [place, lock] = own(args["proposer"] as string, args["round"] as bigint);
        account(demander).balance -= parameters.demandBond;
        locks.set(place, { ...lock, stage: STAGE.demanded, answerBy: args["answerBy"] as bigint, demander });
      } else if (name === "ContentShown") {
        const [place, lock] = own(args["proposer"] as string, args["round"] as bigint);
        account(lock.builder).balance += parameters.demandBond;
        locks.set(place, { ...lock, stage: STAGE.answered, demander: ZeroAddress });
      } else if (name === "LockResolved") {
        const [place, lock] = own(args["proposer"] as string, args["round"] as bigint);
        account(lock.proposer).balance += args["toProposer"] as bigint;
        account(lock.builder).balance += args["toBuilder"] as bigint;
        locks.delete(place);
      } else if (name === "CoverTaken") {
        const [place, lock] = own(args["proposer"] as string, args["round"] as bigint);
        account(lock.proposer).balance += args["toProposer"] as bigint;
        account(args["demander"] as string).balance += parameters.demandBond;
        locks.delete(place);
      }
    }
    return { accounts, locks };
  }

  /** Expects the escrow to hold exactly what it owes, and to keep exactly what its events tell. */
  async expectSolvent(): Promise<void> {
    const { accounts, locks } = await this.rebuild();
    let owed = 0n;
    for (const [address, { balance, requested, readyAt }] of accounts) {
      const { balance: kept, requested: asked, readyAt: ready } = await this.escrow.accountOf(address);
      expect([kept, asked, ready]).to.deep.equal([balance, requested, readyAt]);
      owed += balance;
    }
    for (const [place, lock] of locks) {
      const [proposer, parity] = place.split("/") as [string, string];
      expect(await this.escrow.placeOf(proposer, parity)).to.equal(this.hashOf(lock));
      owed += lock.payment + lock.cover + (lock.stage === STAGE.demanded ? this.parameters.demandBond : 0n);
    }
    expect(await this.h.token.balanceOf(this.escrow)).to.equal(owed);
  }

  // ── Offers and locks ───────────────────────────────────────────────────────────────────────────────────────────────

  /** Good until the end of the open proposal window, or for one window if the round is not open. */
  async offerFor({ proposal }: Pick<Draft, "proposal">, changes: Partial<Offer> = {}): Promise<Offer> {
    const { id, opensAt } = await this.h.b52.roundOf(proposal.height);
    const from = id === proposal.round ? opensAt : await this.h.now();
    const deadline = from + this.h.params.proposalWindow;
    return { builder: this.h.address(BUILDER), payment: PAYMENT, cover: COVER, deadline, ...changes };
  }

  async sign(id: string, offer: Offer, signer: Signer = this.h.signer(BUILDER)): Promise<string> {
    const { chainId } = await this.h.network.connection.ethers.provider.getNetwork();
    return signer.signTypedData(
      { name: "BuilderEscrow", version: "1", chainId, verifyingContract: await this.escrow.getAddress() },
      {
        Offer: [
          { name: "id", type: "bytes32" },
          { name: "payment", type: "uint96" },
          { name: "cover", type: "uint96" },
          { name: "deadline", type: "uint40" },
        ],
      },
      { id, payment: offer.payment, cover: offer.cover, deadline: offer.deadline },
    );
  }

  async sendLock(draft: Draft, offer: Offer, signature?: string): Promise<ContractTransactionResponse> {
    const signed = signature ?? (await this.sign(draft.id, offer));
    return this.escrow.connect(draft.proposer).lock(draft.proposal, offer, signed);
  }

  /** Locks an offer of the builder. */
  async lock(draft: Draft, changes: Partial<Offer> = {}): Promise<Lock> {
    const offer = await this.offerFor(draft, changes);
    await mined(this.sendLock(draft, offer));
    return this.lockOf(draft, offer);
  }

  lockOf({ id, proposal }: Pick<Draft, "id" | "proposal">, offer: Offer): Lock {
    const { parent, contentHash, proposer, round, height, leaves } = proposal;
    const stage = { stage: STAGE.locked, answerBy: 0n, demander: ZeroAddress };
    return { id, parent, contentHash, proposer, round, height, leaves, ...offer, ...stage };
  }

  /** `keccak256(abi.encode(lock))`. */
  hashOf(lock: Lock): string {
    const [type] = this.escrow.interface.getFunction("takeCover").inputs;
    return keccak256(AbiCoder.defaultAbiCoder().encode([type!], [lock]));
  }

  // ── Calls ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  sendDemand(lock: Lock, from: number): Promise<ContractTransactionResponse> {
    return this.escrow.connect(this.h.signer(from)).demand(lock);
  }

  /** Demands, at a time if one was chosen with `at`. */
  async demand(lock: Lock, from: number): Promise<Lock> {
    await mined(this.sendDemand(lock, from));
    const answerBy = (await this.h.now()) + this.parameters.answerWindow;
    return { ...lock, stage: STAGE.demanded, answerBy, demander: this.h.address(from) };
  }

  sendAnswer(lock: Lock, draft: Draft, from = BUILDER): Promise<ContractTransactionResponse> {
    return this.escrow.connect(this.h.signer(from)).answer(lock, contentOf(draft));
  }

  async answer(lock: Lock, draft: Draft): Promise<Lock> {
    await mined(this.sendAnswer(lock, draft));
    return { ...lock, stage: STAGE.answered, demander: ZeroAddress };
  }

  sendTake(lock: Lock, from = 0): Promise<ContractTransactionResponse> {
    return this.escrow.connect(this.h.signer(from)).takeCover(lock);
  }

  sendResolve(lock: Lock, later: readonly Proposal[] = [], from = 0): Promise<ContractTransactionResponse> {
    return this.escrow.connect(this.h.signer(from)).resolve(lock, [...later]);
  }
}
