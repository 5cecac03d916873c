// SPDX-License-Identifier: MIT
import { Refusal } from "../b52/refusal.ts";
import { randomOf, WeightsModel } from "./weights.ts";

/** Amounts in the native token, times in seconds. The names are those of `IOutsourcedProving.ProvingTerms`. */
export interface ProvingTerms {
  readonly minDeposit: bigint;
  readonly cap: bigint;
  readonly fine: bigint;
  /** In 1/10,000. */
  readonly reportRate: bigint;
  readonly reputationStep: number;
  readonly rangeBatches: number;
  readonly provingTime: number;
  readonly opensAfter: number;
}

/** Blocks of an epoch, and the first block of epoch 0. */
export interface Epochs {
  readonly genesis: number;
  readonly blocks: number;
}

/** In 1/10,000; the rest is burned. The names are those of `Proceeds.Shares`. */
export interface Shares {
  readonly aggregators: bigint;
  readonly fund: bigint;
  readonly fundAccount: string;
  readonly poolBatches: bigint;
}

/** A moment on L1: a block, and its time in unix seconds. */
export interface Moment {
  readonly block: number;
  readonly time: number;
}

export interface Roller {
  readonly account: string;
  deposit: bigint;
  withdrawableFrom: number;
  reputation: number;
  misses: number;
}

interface Heir {
  readonly account: string;
  readonly deposit: bigint;
}

export interface Committee {
  readonly firstBatch: number;
  readonly seats: readonly number[];
}

/** Who has to prove a batch. */
export interface Duty {
  /** Epoch of the committee; 0 without one. */
  readonly epoch: number;
  /** Id of the drawn roller; 0 without one. */
  readonly id: number;
  /** Who alone may prove it until it is late; undefined for everybody. */
  readonly account: string | undefined;
}

export const SEATS = 16;
export const PLACES = 1_023;
export const MIN_REPUTATION = 100;
export const MAX_REPUTATION = 200;
export const MAX_MISSES = 2;
const MAX_TERMS = 16;
const CAP_UNITS = 1_024n;
const RATE_UNIT = 10_000n;
const SEED_DELAY = 32;

function fail(code: string): never {
  throw new Refusal(code, code);
}

const greatest = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** Weight of a deposit and a reputation: what of the deposit is above the cap counts nothing. */
export function weightOf({ cap, minDeposit }: ProvingTerms, deposit: bigint, reputation: number): bigint {
  if (deposit < minDeposit) return 0n;
  return ((least(deposit, cap) * CAP_UNITS) / cap) * BigInt(reputation);
}

/**
 * Outsourced proving as in docs/elections/outsourcedProving.md, with the batches of a consensus as `MockConsensus`
 * counts them. Nothing is ever forgotten, so the contract shows if it forgets too early.
 */
export class OutsourcedProvingModel {
  readonly terms: ProvingTerms;
  readonly epochs: Epochs;
  readonly shares: Shares;
  readonly rollers = new Map<number, Roller>();
  readonly heirs = new Map<number, Heir>();
  readonly seeds = new Map<number, string>();
  readonly committees = new Map<number, Committee>();
  readonly weights = new WeightsModel();
  readonly balances = new Map<string, bigint>();
  pool = 0n;
  toBurn = 0n;
  isFrozen = false;
  /** Time of each batch, from batch 1 on. */
  readonly batches: number[] = [];
  verified = 0;
  /** State of the first term that is not proven. */
  since = 0;
  epoch = 0;
  isFined = false;
  isPartial = false;

  constructor(terms: ProvingTerms, epochs: Epochs, shares: Shares) {
    [this.terms, this.epochs, this.shares] = [terms, epochs, shares];
  }

  // ─── The clock ─────────────────────────────────────────────────────────────────────────────────────────────────────

  epochAt(block: number): number {
    return Math.floor((block - this.epochs.genesis) / this.epochs.blocks);
  }

  epochStart(epoch: number): number {
    return this.epochs.genesis + epoch * this.epochs.blocks;
  }

  freezeBlock(epoch: number): number {
    return this.epochStart(epoch - 1) + this.epochs.blocks / 2;
  }

  seedBlock(epoch: number): number {
    return this.freezeBlock(epoch) + SEED_DELAY;
  }

  /** First epoch whose set is not frozen. */
  openSet(block: number): number {
    const next = this.epochAt(block) + 1;
    return block < this.freezeBlock(next) ? next : next + 1;
  }

  // ─── Money ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  balanceOf(account: string): bigint {
    return this.balances.get(account) ?? 0n;
  }

  /** Everything that the contract holds for somebody, or to burn. */
  owed(): bigint {
    const deposits = [...this.rollers.values(), ...this.heirs.values()].map(({ deposit }) => deposit);
    return [...this.balances.values(), ...deposits].reduce((sum, each) => sum + each, this.pool + this.toBurn);
  }

  deposit(account: string, amount: bigint): void {
    this.#credit(account, amount);
  }

  /** @throws {Refusal} `InsufficientBalance` */
  withdraw(account: string, amount: bigint): void {
    this.#debit(account, amount);
  }

  burn(): void {
    this.toBurn = 0n;
  }

  #credit(account: string, amount: bigint): void {
    this.balances.set(account, this.balanceOf(account) + amount);
  }

  #debit(account: string, amount: bigint): void {
    if (this.balanceOf(account) < amount) fail("InsufficientBalance");
    this.#credit(account, -amount);
  }

  // ─── Places ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** @throws {Refusal} `UnknownPlace`, `PlaceTaken`, `DepositTooLow`, `InsufficientBalance` */
  join(account: string, id: number, amount: bigint, now: Moment): void {
    if (id < 1 || id > PLACES) fail("UnknownPlace");
    if (this.rollers.has(id)) fail("PlaceTaken");
    if (amount < this.terms.minDeposit) fail("DepositTooLow");
    this.#debit(account, amount);
    this.#install(id, account, amount, now);
  }

  /** @throws {Refusal} `RollerLeaving`, `NotRoller`, `InsufficientBalance` */
  raise(account: string, id: number, amount: bigint, now: Moment): void {
    const roller = this.#own(account, id);
    this.#debit(account, amount);
    roller.deposit += amount;
    this.#weigh(id, roller, now);
  }

  /** @throws {Refusal} `RollerLeaving`, `NotRoller` */
  exit(account: string, id: number, now: Moment): void {
    this.#leave(id, this.#own(account, id), now);
  }

  /** @throws {Refusal} `PlacesFree`, `RollerLeaving`, `NotRoller`, `AtCap`, `DepositTooLow`, `InsufficientBalance` */
  outbid(account: string, id: number, amount: bigint, now: Moment): void {
    if (this.rollers.size < PLACES) fail("PlacesFree");
    const roller = this.#active(id);
    if (roller.deposit >= this.terms.cap) fail("AtCap");
    const raised = roller.deposit + greatest((roller.deposit + 9n) / 10n, 1n);
    if (amount < greatest(this.terms.minDeposit, raised)) fail("DepositTooLow");
    this.#debit(account, amount);
    this.heirs.set(id, { account, deposit: amount });
    this.#leave(id, roller, now);
  }

  /** @throws {Refusal} `DepositLocked` */
  withdrawDeposit(id: number, now: Moment): void {
    const roller = this.rollers.get(id);
    if (roller === undefined || roller.withdrawableFrom === 0) return fail("DepositLocked");
    if (now.block < roller.withdrawableFrom) fail("DepositLocked");
    this.#credit(roller.account, roller.deposit);
    this.rollers.delete(id);
    const heir = this.heirs.get(id);
    this.heirs.delete(id);
    if (heir !== undefined) this.#install(id, heir.account, heir.deposit, now);
  }

  #install(id: number, account: string, deposit: bigint, now: Moment): void {
    const roller = { account, deposit, withdrawableFrom: 0, reputation: MIN_REPUTATION, misses: 0 };
    this.rollers.set(id, roller);
    this.#weigh(id, roller, now);
  }

  #leave(id: number, roller: Roller, now: Moment): void {
    // The committee of the epoch before has rights and duties until the end of this one.
    roller.withdrawableFrom = this.epochStart(this.openSet(now.block) + 1);
    this.weights.set(id, 0n, this.openSet(now.block));
  }

  #weigh(id: number, { deposit, reputation, withdrawableFrom }: Roller, now: Moment): void {
    const weight = withdrawableFrom === 0 ? weightOf(this.terms, deposit, reputation) : 0n;
    this.weights.set(id, weight, this.openSet(now.block));
  }

  #active(id: number): Roller {
    const roller = this.rollers.get(id);
    if (roller === undefined) return fail("NotRoller");
    return roller.withdrawableFrom === 0 ? roller : fail("RollerLeaving");
  }

  #own(account: string, id: number): Roller {
    const roller = this.#active(id);
    return roller.account === account ? roller : fail("NotRoller");
  }

  // ─── Committees ────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * @param mixHash of the block
   * @throws {Refusal} `NotSeedBlock`, `AlreadySealed`
   */
  seal(mixHash: string, { block }: Moment): void {
    const epoch = this.epochAt(block) + 1;
    if (block !== this.seedBlock(epoch)) fail("NotSeedBlock");
    if (this.seeds.has(epoch)) fail("AlreadySealed");
    this.seeds.set(epoch, mixHash.slice(0, 2 + 2 * 27));
  }

  /** @throws {Refusal} `NotConvenable`, `AlreadyConvened`, `NoSeed`, `NothingToDraw` */
  convene({ block }: Moment): void {
    const epoch = this.epochAt(block);
    if (block >= this.freezeBlock(epoch + 1)) fail("NotConvenable");
    if (this.committees.has(epoch)) fail("AlreadyConvened");
    const seed = this.seeds.get(epoch) ?? fail("NoSeed");
    const total = this.weights.total(epoch);
    if (total === 0n) fail("NothingToDraw");
    const seats = Array.from({ length: SEATS }, (_, i) => this.weights.memberAt(randomOf(seed, i) % total, epoch));
    this.committees.set(epoch, { firstBatch: this.batches.length + 1, seats });
  }

  rangeOf(batch: number): number {
    return Math.floor((batch - 1) / this.terms.rangeBatches);
  }

  dutyOf(batch: number, { block }: Moment): Duty {
    const current = this.epochAt(block);
    for (const epoch of [current, current - 1]) {
      const committee = this.committees.get(epoch);
      if (committee === undefined || batch < committee.firstBatch) continue;
      const id = committee.seats[this.rangeOf(batch) % SEATS]!;
      const roller = this.rollers.get(id);
      const hasRights = roller !== undefined && roller.deposit >= this.terms.fine && roller.misses < MAX_MISSES;
      return { epoch, id, account: hasRights ? roller.account : undefined };
    }
    return { epoch: 0, id: 0, account: undefined };
  }

  /** Batches with the same name are one term. */
  #termOf(batch: number, now: Moment): string {
    const { epoch } = this.dutyOf(batch, now);
    return epoch === 0 ? "none" : `${epoch}/${this.rangeOf(batch)}`;
  }

  // ─── Proofs ────────────────────────────────────────────────────────────────────────────────────────────────────────

  post(count: number, now: Moment): void {
    for (let i = 0; i < count; i++) this.batches.push(now.time);
  }

  /** Last second in which the next batch is not late. */
  deadline(): number {
    return Math.max(this.batches[this.verified] ?? 0, this.since) + this.terms.provingTime;
  }

  isLate(now: Moment): boolean {
    return this.verified < this.batches.length && now.time > this.deadline();
  }

  /** Whether the election lets an account prove the next batches, up to `last`, if the consensus asks it. */
  isAllowed(account: string, last: number, now: Moment): boolean {
    const first = this.verified + 1;
    const terms = new Set<string>();
    for (let batch = first; batch <= last; batch++) {
      const owner = this.dutyOf(batch, now).account;
      const isOpen = this.isLate(now) && this.#termOf(batch, now) === this.#termOf(first, now);
      if (owner !== undefined && owner !== account && !isOpen) return false;
      terms.add(this.#termOf(batch, now));
    }
    return terms.size <= MAX_TERMS;
  }

  /** @throws {Refusal} `NotAllowed`, `NotSequenced` */
  prove(account: string, count: number, now: Moment): void {
    const [first, last] = [this.verified + 1, this.verified + count];
    const oldest = this.batches[this.verified];
    const isOpen = oldest !== undefined && now.time >= oldest + this.terms.opensAfter;
    if (!isOpen && !this.isAllowed(account, last, now)) fail("NotAllowed");
    if (last > this.batches.length) fail("NotSequenced");

    this.#meetTerm(now);
    const duty = this.dutyOf(first, now);
    if (this.isLate(now) && !this.isFined && duty.account !== undefined) this.#fine(duty.id, account, now);
    if (account !== duty.account) this.isPartial = true;
    this.verified = last;
    if (this.#termOf(last + 1, now) !== this.#termOf(first, now)) {
      const isWhole = this.#endsRange(first, duty.epoch, now) && !this.isPartial && !this.isFined;
      if (isWhole) this.#serve(duty.id, now);
      this.since = now.time;
      this.epoch = this.dutyOf(last + 1, now).epoch;
      [this.isFined, this.isPartial] = [false, last % this.terms.rangeBatches !== 0];
    }
    this.#payFromPool(account, count);
  }

  /** @throws {Refusal} `NothingDue`, `NotLate`, `AlreadyFined` */
  report(account: string, now: Moment): void {
    const duty = this.dutyOf(this.verified + 1, now);
    if (this.verified === this.batches.length || duty.account === undefined || this.isFrozen) fail("NothingDue");
    if (!this.isLate(now)) fail("NotLate");
    this.#meetTerm(now);
    if (this.isFined) fail("AlreadyFined");
    this.#fine(duty.id, account, now);
  }

  /** The committee of the next batch may have been convened after the last proof, or have ended. */
  #meetTerm(now: Moment): void {
    const { epoch } = this.dutyOf(this.verified + 1, now);
    if (epoch === this.epoch) return;
    this.epoch = epoch;
    [this.isFined, this.isPartial] = [false, this.verified % this.terms.rangeBatches !== 0];
  }

  /** Whether the last batch of the range of `batch` is of the same committee. */
  #endsRange(batch: number, epoch: number, now: Moment): boolean {
    const last = (this.rangeOf(batch) + 1) * this.terms.rangeBatches;
    return this.dutyOf(last, now).epoch === epoch;
  }

  #fine(id: number, reporter: string, now: Moment): void {
    const roller = this.rollers.get(id)!;
    const { fine, reportRate } = this.terms;
    const reward = reporter === roller.account ? 0n : (fine * reportRate) / RATE_UNIT;
    this.isFined = true;
    roller.deposit -= fine;
    roller.reputation = MIN_REPUTATION;
    roller.misses++;
    this.#credit(reporter, reward);
    this.#divide(fine - reward);
    if (roller.withdrawableFrom !== 0) return;
    if (roller.misses === MAX_MISSES) this.#leave(id, roller, now);
    else this.#weigh(id, roller, now);
  }

  #serve(id: number, now: Moment): void {
    const roller = this.rollers.get(id)!;
    roller.reputation = Math.min(roller.reputation + this.terms.reputationStep, MAX_REPUTATION);
    roller.misses = 0;
    if (roller.withdrawableFrom === 0) this.#weigh(id, roller, now);
  }

  // ─── Proceeds ──────────────────────────────────────────────────────────────────────────────────────────────────────

  #divide(amount: bigint): void {
    const toPool = (amount * this.shares.aggregators) / RATE_UNIT;
    const toFund = (amount * this.shares.fund) / RATE_UNIT;
    this.pool += toPool;
    if (toFund > 0n) this.#credit(this.shares.fundAccount, toFund);
    this.toBurn += amount - toPool - toFund;
  }

  #payFromPool(account: string, batches: number): void {
    for (let i = 0; i < batches; i++) {
      const part = this.pool / this.shares.poolBatches;
      this.pool -= part;
      this.#credit(account, part);
    }
  }
}
