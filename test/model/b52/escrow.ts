// SPDX-License-Identifier: MIT
import type { B52Model } from "./consensus.ts";
import { Refusal } from "./refusal.ts";
import type { Account, Proposal } from "./types.ts";

/** Times in seconds, the bond in the native token. */
export interface EscrowParameters {
  readonly answerWindow: number;
  readonly withdrawalDelay: number;
  readonly demandBond: bigint;
}

/** An offer of a builder for a proposal; the model takes a signature as given. */
export interface Offer {
  readonly builder: Account;
  readonly payment: bigint;
  readonly cover: bigint;
  readonly deadline: number;
}

export interface EscrowLock extends Offer {
  readonly proposal: Proposal;
  stage: "locked" | "demanded" | "answered";
  /** Of a demand. */
  answerBy: number;
  demander: Account | undefined;
}

interface Balance {
  amount: bigint;
  requested: bigint;
  readyAt: number;
}

function fail(code: string): never {
  throw new Refusal(code, code);
}

/** Number of heights within which a win can be shown. */
const MAX_LATER_BLOCKS = 32;

/**
 * The escrow of builders as in docs/b52.md §10, beside the model of B52, which it reads. Contents and signatures are left
 * out, and so is the list of later proposals: the model knows who won.
 */
export class EscrowModel {
  readonly parameters: EscrowParameters;
  readonly balances = new Map<Account, Balance>();
  /** Open locks, by proposer and parity. */
  readonly places = new Map<string, EscrowLock>();
  readonly #b52: B52Model;
  /** Commitment hashes of the chain, by height. */
  readonly #chain = new Map<number, string>();

  constructor(b52: B52Model, parameters: EscrowParameters) {
    [this.#b52, this.parameters] = [b52, parameters];
  }

  /** To be called after each change of the head. */
  follow(): void {
    this.#chain.set(this.#b52.height, this.#b52.head);
  }

  balanceOf(account: Account): Balance {
    const known = this.balances.get(account) ?? { amount: 0n, requested: 0n, readyAt: 0 };
    this.balances.set(account, known);
    return known;
  }

  placeOf(proposer: Account, height: number): EscrowLock | undefined {
    return this.places.get(`${proposer}/${height % 2}`);
  }

  /** Everything that the escrow holds for somebody. */
  owed(): bigint {
    let sum = 0n;
    for (const { amount } of this.balances.values()) sum += amount;
    for (const { payment, cover, stage } of this.places.values()) {
      sum += payment + cover + (stage === "demanded" ? this.parameters.demandBond : 0n);
    }
    return sum;
  }

  // ─── Balances ──────────────────────────────────────────────────────────────────────────────────────────────────────

  deposit(account: Account, amount: bigint): void {
    this.balanceOf(account).amount += amount;
  }

  requestWithdrawal(account: Account, amount: bigint, now: number): void {
    const balance = this.balanceOf(account);
    [balance.requested, balance.readyAt] = [amount, now + this.parameters.withdrawalDelay];
  }

  /** @throws {Refusal} `NoRequest`, `WithdrawalNotReady` */
  withdraw(account: Account, now: number): void {
    const balance = this.balanceOf(account);
    if (balance.requested === 0n) fail("NoRequest");
    if (now < balance.readyAt) fail("WithdrawalNotReady");
    balance.amount -= balance.requested < balance.amount ? balance.requested : balance.amount;
    balance.requested = 0n;
  }

  // ─── Locks ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * @param isSigned whether the builder signed exactly this
   * @throws {Refusal} `NotProposer`, `OfferExpired`, `RoundNotOpen`, `UnresolvedLock`, `InvalidSignature`,
   *   `InsufficientBalance`
   */
  lock(caller: Account, proposal: Proposal, offer: Offer, isSigned: boolean, now: number): void {
    if (caller !== proposal.proposer) fail("NotProposer");
    if (now >= offer.deadline) fail("OfferExpired");
    if (!this.#canCommit(proposal, now)) fail("RoundNotOpen");
    if (this.placeOf(caller, proposal.height) !== undefined) fail("UnresolvedLock");
    if (!isSigned) fail("InvalidSignature");
    this.#take(offer.builder, offer.payment + offer.cover, now);
    this.places.set(`${caller}/${proposal.height % 2}`, {
      ...offer,
      proposal,
      stage: "locked",
      answerBy: 0,
      demander: undefined,
    });
  }

  /**
   * @throws {Refusal} `UnknownLock`, `AlreadyDemanded`, `WrongRound`, `DemandWindow`, `NotOnHead`, `NotCommitted`,
   *   `RollupFrozen`, `InsufficientBalance`
   */
  demand(caller: Account, lock: EscrowLock, now: number): void {
    this.#requireOpen(lock);
    const { proposal } = lock;
    if (lock.stage !== "locked") fail("AlreadyDemanded");
    const round = this.#roundOf(proposal.height);
    if (round?.id !== proposal.round) fail("WrongRound");
    const until = this.#b52.proofEnd(round) - this.parameters.answerWindow;
    if (now < this.#b52.proposalEnd(round) || now >= until) fail("DemandWindow");
    if (proposal.parent !== this.#b52.head) fail("NotOnHead");
    const entry = round.entries.get(proposal.proposer);
    if (entry?.proposal.id !== proposal.id || entry.block !== undefined || entry.isSettled) fail("NotCommitted");
    if (this.#b52.isFrozen) fail("RollupFrozen");
    this.#take(caller, this.parameters.demandBond, now);
    [lock.stage, lock.answerBy, lock.demander] = ["demanded", now + this.parameters.answerWindow, caller];
  }

  /** @throws {Refusal} `UnknownLock`, `NoDemand`, `AnswerWindow` */
  answer(lock: EscrowLock, now: number): void {
    this.#requireOpen(lock);
    if (lock.stage !== "demanded") fail("NoDemand");
    if (now >= lock.answerBy) fail("AnswerWindow");
    this.balanceOf(lock.builder).amount += this.parameters.demandBond;
    [lock.stage, lock.demander] = ["answered", undefined];
  }

  /** @throws {Refusal} `UnknownLock`, `NoDemand`, `AnswerWindow` */
  takeCover(lock: EscrowLock, now: number): void {
    this.#requireOpen(lock);
    if (lock.stage !== "demanded" || lock.demander === undefined) fail("NoDemand");
    if (now < lock.answerBy) fail("AnswerWindow");
    this.balanceOf(lock.proposal.proposer).amount += lock.payment + lock.cover;
    this.balanceOf(lock.demander).amount += this.parameters.demandBond;
    this.#end(lock);
  }

  /** @throws {Refusal} `UnknownLock`, `DemandOpen`, `LockBinding`, `RoundUndecided` */
  resolve(lock: EscrowLock, now: number): void {
    this.#requireOpen(lock);
    if (lock.stage === "demanded") fail("DemandOpen");
    const toProposer = this.#hasWon(lock, now) ? lock.payment : 0n;
    this.balanceOf(lock.proposal.proposer).amount += toProposer;
    this.balanceOf(lock.builder).amount += lock.payment + lock.cover - toProposer;
    this.#end(lock);
  }

  // ─── Conditions ────────────────────────────────────────────────────────────────────────────────────────────────────

  #hasWon({ proposal, deadline }: EscrowLock, now: number): boolean {
    const { height } = this.#b52;
    if (height >= proposal.height) {
      return height - proposal.height <= MAX_LATER_BLOCKS && this.#chain.get(proposal.height) === proposal.id;
    }
    const round = this.#roundOf(proposal.height);
    if (round?.id !== proposal.round) return now < deadline ? fail("LockBinding") : false;
    if (now < this.#b52.proposalEnd(round)) fail("LockBinding");
    const entry = round.entries.get(proposal.proposer);
    if (entry?.proposal.id !== proposal.id) return false;
    if (now < this.#b52.proofEnd(round)) fail("LockBinding");
    const isProven = entry.block !== undefined && !entry.isSettled;
    return isProven && !this.#b52.isFrozen ? fail("RoundUndecided") : false;
  }

  #canCommit({ round, height }: Proposal, now: number): boolean {
    try {
      const open = this.#b52.openRound(now);
      return open.id === round && open.height === height;
    } catch {
      return false;
    }
  }

  #roundOf(height: number) {
    return [this.#b52.current, this.#b52.next].find((round) => round?.height === height);
  }

  #requireOpen(lock: EscrowLock): void {
    if (this.placeOf(lock.proposal.proposer, lock.proposal.height) !== lock) fail("UnknownLock");
  }

  #take(account: Account, amount: bigint, now: number): void {
    const balance = this.balanceOf(account);
    const left = balance.amount > balance.requested ? balance.amount - balance.requested : 0n;
    if ((now < balance.readyAt ? balance.amount : left) < amount) fail("InsufficientBalance");
    balance.amount -= amount;
  }

  #end({ proposal }: EscrowLock): void {
    this.places.delete(`${proposal.proposer}/${proposal.height % 2}`);
  }
}
