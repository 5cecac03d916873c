// SPDX-License-Identifier: MIT
import {
  BalancesModel,
  CAPACITY,
  ClockModel,
  SeedsModel,
  WeightsModel,
  type Call,
  type ClockParameters,
  type ConsensusModel,
  type Moment,
  type Role,
  type RoleTerms,
  type SelectorModel,
} from "./parts/index.ts";
import { fail, least, RATE_UNIT, randomOfSeat } from "./seats.ts";

/** Amounts in the native token, times in seconds. The names are those of `IOutsourcedProving.ProvingTerms`. */
export interface ProvingTerms {
  readonly minDeposit: bigint;
  readonly cap: bigint;
  readonly fine: bigint;
  /** In 1/10,000. */
  readonly reportRate: bigint;
  readonly reputationStep: bigint;
  readonly rangeBatches: bigint;
  readonly provingTime: bigint;
  readonly opensAfter: bigint;
}

export interface Roller {
  readonly account: string;
  deposit: bigint;
  /** Block; 0 if the roller does not leave. */
  withdrawableFrom: bigint;
  reputation: bigint;
  misses: bigint;
}

interface Heir {
  readonly account: string;
  readonly deposit: bigint;
}

export interface Committee {
  readonly firstBatch: bigint;
  readonly seats: readonly number[];
}

/** The roller that has to prove a batch. */
export interface Duty {
  /** Epoch of the committee; 0 without one. */
  readonly epoch: bigint;
  /** Id of the drawn roller; 0 without one. */
  readonly id: number;
  /** Account that alone may prove it until it is late; undefined for everybody. */
  readonly account: string | undefined;
}

export const SEATS = 16;
export const PLACES = CAPACITY - 1;
export const MIN_REPUTATION = 100n;
export const MAX_REPUTATION = 200n;
export const MAX_MISSES = 2n;
const MAX_TERMS = 16;
const CAP_UNITS = 1_024n;

const greatest = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** Weight of a deposit and a reputation: the part of the deposit above the cap counts nothing. */
export function weightOf({ cap, minDeposit }: ProvingTerms, deposit: bigint, reputation: bigint): bigint {
  if (deposit < minDeposit) return 0n;
  return ((least(deposit, cap) * CAP_UNITS) / cap) * reputation;
}

/**
 * Outsourced proving as in docs/elections/outsourcedProving.md. Committees and batches are never forgotten, so the contract
 * shows if it forgets too early.
 */
export class OutsourcedProvingModel implements SelectorModel {
  readonly parameters: ProvingTerms;
  readonly clock: ClockModel;
  readonly seeds: SeedsModel;
  readonly weights = new WeightsModel();
  readonly balances = new BalancesModel();
  toBurn = 0n;
  readonly consensus: ConsensusModel;
  readonly rollers = new Map<number, Roller>();
  readonly heirs = new Map<number, Heir>();
  readonly committees = new Map<bigint, Committee>();
  /** State of the first term that is not proven. */
  since = 0n;
  epoch = 0n;
  isFined = false;
  isPartial = false;

  /** @param randomOf `mixHash` of a block */
  constructor(
    rules: { readonly terms: ProvingTerms; readonly clock: ClockParameters },
    genesisBlock: bigint,
    consensus: ConsensusModel,
    randomOf: (block: bigint) => bigint,
  ) {
    [this.parameters, this.consensus] = [rules.terms, consensus];
    this.clock = new ClockModel(rules.clock, genesisBlock);
    this.seeds = new SeedsModel(this.clock, randomOf);
  }

  get terms(): Readonly<Record<Role, RoleTerms>> {
    return {
      sequencer: { opensAfter: 0n, isHeard: false },
      aggregator: { opensAfter: this.parameters.opensAfter, isHeard: true },
    };
  }

  /** First epoch whose set is not frozen. */
  openSet(moment: Moment): bigint {
    const next = this.clock.epochAt(moment) + 1n;
    return moment.block < this.clock.freezeBlock(next) ? next : next + 1n;
  }

  /** Everything that the contract holds for somebody, or to burn. */
  owed(): bigint {
    const deposits = [...this.rollers.values(), ...this.heirs.values()].map(({ deposit }) => deposit);
    return deposits.reduce((sum, each) => sum + each, this.balances.sum() + this.toBurn);
  }

  // ─── Places ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** @throws {Refusal} `UnknownPlace`, `PlaceTaken`, `DepositTooLow`, `InsufficientBalance` */
  join(account: string, id: number, amount: bigint, now: Moment): void {
    if (id < 1 || id > PLACES) fail("UnknownPlace");
    if (this.rollers.has(id)) fail("PlaceTaken");
    if (amount < this.parameters.minDeposit) fail("DepositTooLow");
    this.balances.debit(account, amount);
    this.#install(id, account, amount, now);
  }

  /** @throws {Refusal} `RollerLeaving`, `NotRoller`, `InsufficientBalance` */
  raise(account: string, id: number, amount: bigint, now: Moment): void {
    const roller = this.#own(account, id);
    this.balances.debit(account, amount);
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
    if (roller.deposit >= this.parameters.cap) fail("AtCap");
    const raised = roller.deposit + greatest((roller.deposit + 9n) / 10n, 1n);
    if (amount < greatest(this.parameters.minDeposit, raised)) fail("DepositTooLow");
    this.balances.debit(account, amount);
    this.heirs.set(id, { account, deposit: amount });
    this.#leave(id, roller, now);
  }

  /** @throws {Refusal} `DepositLocked` */
  withdrawDeposit(id: number, now: Moment): void {
    const roller = this.rollers.get(id);
    if (roller === undefined || roller.withdrawableFrom === 0n) return fail("DepositLocked");
    if (now.block < roller.withdrawableFrom) fail("DepositLocked");
    this.balances.credit(roller.account, roller.deposit);
    this.rollers.delete(id);
    const heir = this.heirs.get(id);
    this.heirs.delete(id);
    if (heir !== undefined) this.#install(id, heir.account, heir.deposit, now);
  }

  #install(id: number, account: string, deposit: bigint, now: Moment): void {
    const roller = { account, deposit, withdrawableFrom: 0n, reputation: MIN_REPUTATION, misses: 0n };
    this.rollers.set(id, roller);
    this.#weigh(id, roller, now);
  }

  #leave(id: number, roller: Roller, now: Moment): void {
    // The committee of the epoch before has rights and duties until the end of this one.
    roller.withdrawableFrom = this.clock.epochStart(this.openSet(now) + 1n);
    this.weights.set(id, 0n, this.openSet(now));
  }

  #weigh(id: number, { deposit, reputation, withdrawableFrom }: Roller, now: Moment): void {
    const weight = withdrawableFrom === 0n ? weightOf(this.parameters, deposit, reputation) : 0n;
    this.weights.set(id, weight, this.openSet(now));
  }

  #active(id: number): Roller {
    const roller = this.rollers.get(id);
    if (roller === undefined) return fail("NotRoller");
    return roller.withdrawableFrom === 0n ? roller : fail("RollerLeaving");
  }

  #own(account: string, id: number): Roller {
    const roller = this.#active(id);
    return roller.account === account ? roller : fail("NotRoller");
  }

  // ─── Committees ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** @throws {Refusal} `NotConvenable`, `AlreadyConvened`, `NoSeed`, `NothingToDraw` */
  convene(now: Moment): void {
    const epoch = this.clock.epochAt(now);
    if (now.block >= this.clock.freezeBlock(epoch + 1n)) fail("NotConvenable");
    if (this.committees.has(epoch)) fail("AlreadyConvened");
    const seed = this.seeds.seedOf(epoch);
    if (seed === 0n) fail("NoSeed");
    const seats = Array.from({ length: SEATS }, (_, seat) => this.weights.draw(randomOfSeat(seed, seat), epoch));
    this.committees.set(epoch, { firstBatch: this.consensus.sequenced + 1n, seats });
  }

  rangeOf(batch: bigint): bigint {
    return (batch - 1n) / this.parameters.rangeBatches;
  }

  dutyOf(batch: bigint, now: Moment): Duty {
    const current = this.clock.epochAt(now);
    for (const epoch of [current, current - 1n]) {
      const committee = this.committees.get(epoch);
      if (committee === undefined || batch < committee.firstBatch) continue;
      const id = committee.seats[Number(this.rangeOf(batch)) % SEATS]!;
      const roller = this.rollers.get(id);
      const hasRights = roller !== undefined && roller.deposit >= this.parameters.fine && roller.misses < MAX_MISSES;
      return { epoch, id, account: hasRights ? roller.account : undefined };
    }
    return { epoch: 0n, id: 0, account: undefined };
  }

  /** Batches with the same name are one term. */
  #termOf(batch: bigint, now: Moment): string {
    const { epoch } = this.dutyOf(batch, now);
    return epoch === 0n ? "none" : `${epoch}/${this.rangeOf(batch)}`;
  }

  // ─── Proofs ────────────────────────────────────────────────────────────────────────────────────────────────────────

  get next(): bigint {
    return this.consensus.verified + 1n;
  }

  /** Last second in which the next batch is not late. */
  deadline(): bigint {
    const sequencedAt = this.consensus.batches[Number(this.next)]?.time ?? 0n;
    return greatest(sequencedAt, this.since) + this.parameters.provingTime;
  }

  isLate({ time }: Moment): boolean {
    return this.next <= this.consensus.sequenced && time > this.deadline();
  }

  decide({ account, role, first, last }: Call, now: Moment): boolean {
    if (role === "sequencer") return true;
    const terms = new Set<string>();
    for (let batch = first; batch <= last; batch++) {
      const owner = this.dutyOf(batch, now).account;
      const isOpen = this.isLate(now) && this.#termOf(batch, now) === this.#termOf(first, now);
      if (owner !== undefined && owner !== account && !isOpen) return false;
      terms.add(this.#termOf(batch, now));
    }
    return terms.size <= MAX_TERMS;
  }

  record({ account, role, first, last }: Call, now: Moment): void {
    if (role === "sequencer") return;
    this.#meetTerm(now);
    const duty = this.dutyOf(first, now);
    if (this.isLate(now) && !this.isFined && duty.account !== undefined) this.#fine(duty.id, account, now);
    if (account !== duty.account || last > this.consensus.sequenced) this.isPartial = true;
    if (this.#termOf(last + 1n, now) !== this.#termOf(first, now)) {
      const isWhole = this.#endsRange(first, duty.epoch, now) && !this.isPartial && !this.isFined;
      if (isWhole) this.#serve(duty.id, now);
      this.since = now.time;
      this.epoch = this.dutyOf(last + 1n, now).epoch;
      [this.isFined, this.isPartial] = [false, last % this.parameters.rangeBatches !== 0n];
    }
  }

  /** @throws {Refusal} `NothingDue`, `NotLate`, `AlreadyFined` */
  report(account: string, now: Moment): void {
    const duty = this.dutyOf(this.next, now);
    const isDue = this.next <= this.consensus.sequenced && duty.account !== undefined;
    if (!isDue || this.#isBlocked) fail("NothingDue");
    if (!this.isLate(now)) fail("NotLate");
    this.#meetTerm(now);
    if (this.isFined) fail("AlreadyFined");
    this.#fine(duty.id, account, now);
  }

  /** @throws {Refusal} `NotBlocked` */
  postpone(now: Moment): void {
    if (!this.#isBlocked) fail("NotBlocked");
    this.#meetTerm(now);
    this.since = now.time;
  }

  get #isBlocked(): boolean {
    return this.consensus.isFrozen || this.consensus.isDepartureDue;
  }

  /** The committee of the next batch may have been convened after the last proof, or have ended. */
  #meetTerm(now: Moment): void {
    const { epoch } = this.dutyOf(this.next, now);
    if (epoch === this.epoch) return;
    this.epoch = epoch;
    [this.isFined, this.isPartial] = [false, this.consensus.verified % this.parameters.rangeBatches !== 0n];
  }

  /** Whether the last batch of the range of `batch` is of the same committee. */
  #endsRange(batch: bigint, epoch: bigint, now: Moment): boolean {
    const last = (this.rangeOf(batch) + 1n) * this.parameters.rangeBatches;
    return this.dutyOf(last, now).epoch === epoch;
  }

  #fine(id: number, reporter: string, now: Moment): void {
    const roller = this.rollers.get(id)!;
    const { fine, reportRate } = this.parameters;
    const reward = reporter === roller.account ? 0n : (fine * reportRate) / RATE_UNIT;
    this.isFined = true;
    roller.deposit -= fine;
    roller.reputation = MIN_REPUTATION;
    roller.misses++;
    this.balances.credit(reporter, reward);
    this.toBurn += fine - reward;
    if (roller.withdrawableFrom !== 0n) return;
    if (roller.misses === MAX_MISSES) this.#leave(id, roller, now);
    else this.#weigh(id, roller, now);
  }

  #serve(id: number, now: Moment): void {
    const roller = this.rollers.get(id)!;
    roller.reputation = least(roller.reputation + this.parameters.reputationStep, MAX_REPUTATION);
    roller.misses = 0n;
    if (roller.withdrawableFrom === 0n) this.#weigh(id, roller, now);
  }
}
