// SPDX-License-Identifier: MIT
import { fail, SlotElectionModel, type Moment, type SlotParameters } from "./slotElection.ts";

/** Amounts in the native token, times in seconds. The names are those of `IAuthority.AuthorityTerms`. */
export interface AuthorityTerms {
  readonly bond: bigint;
  readonly seats: number;
  readonly notice: number;
  readonly lifetime: number;
  readonly detectionTime: number;
}

export type Operation =
  | { readonly kind: "Replace"; readonly seat: number; readonly account: string | undefined }
  | { readonly kind: "Slash"; readonly account: string; readonly amount: bigint }
  | { readonly kind: "HandOver"; readonly account: string | undefined };

interface Queued {
  readonly operation: Operation;
  readonly readyAt: number;
}

interface Bond {
  amount: bigint;
  /** Seat of the party, if it has one in the next epoch. */
  seat: number | undefined;
  freeAt: number;
  freeFrom: number;
}

export const QUEUE_PLACES = 16;

/** Named parties as in docs/elections/authority.md. */
export class AuthorityModel extends SlotElectionModel {
  readonly terms: AuthorityTerms;
  /** Of the core. */
  readonly escapeDelay: number;
  council: string | undefined;
  /** Parties of each seat, with the epoch from which on they have it, in the order of the calls. */
  readonly parties: { readonly from: number; readonly account: string | undefined }[][];
  readonly named: (string | undefined)[];
  readonly bonds = new Map<string, Bond>();
  readonly queue = new Map<number, Queued>();
  readonly balances = new Map<string, bigint>();
  burned = 0n;

  constructor(
    slots: SlotParameters,
    terms: AuthorityTerms,
    escapeDelay: number,
    setup: { readonly council: string; readonly parties: readonly string[] },
    maxPendingLeaves: number,
    time: number,
  ) {
    super(slots, maxPendingLeaves, time);
    [this.terms, this.escapeDelay, this.council] = [terms, escapeDelay, setup.council];
    this.parties = Array.from({ length: terms.seats }, () => []);
    this.named = Array.from({ length: terms.seats }, (_, i) => setup.parties[i]);
  }

  get lockTime(): number {
    return this.escapeDelay + this.terms.notice;
  }

  get bondTime(): number {
    return this.terms.detectionTime + this.lockTime + this.terms.lifetime;
  }

  // ─── Money ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  balanceOf(account: string): bigint {
    return this.balances.get(account) ?? 0n;
  }

  /** Everything that the contract holds for somebody. */
  owed(): bigint {
    const bonds = [...this.bonds.values()].map(({ amount }) => amount);
    return [...this.balances.values(), ...bonds].reduce((sum, each) => sum + each, 0n);
  }

  deposit(account: string, amount: bigint): void {
    this.balances.set(account, this.balanceOf(account) + amount);
  }

  // ─── Parties ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Party of a seat in an epoch. */
  partyOf(seat: number, epoch: number): string | undefined {
    return this.parties[seat]?.findLast(({ from }) => from <= epoch)?.account;
  }

  /** @throws {Refusal} `NotNamed`, `SeatInUse`, `HasSeat`, `InsufficientBalance` */
  takeSeat(caller: string, seat: number, now: Moment): void {
    const next = this.epochAt(now.block) + 1;
    if (this.named[seat] !== caller) fail("NotNamed");
    if (this.partyOf(seat, next) !== undefined) fail("SeatInUse");
    const bond = this.bonds.get(caller) ?? { amount: 0n, seat: undefined, freeAt: 0, freeFrom: 0 };
    if (bond.seat !== undefined) fail("HasSeat");
    const missing = bond.amount < this.terms.bond ? this.terms.bond - bond.amount : 0n;
    if (this.balanceOf(caller) < missing) fail("InsufficientBalance");
    this.deposit(caller, -missing);
    this.bonds.set(caller, { amount: bond.amount + missing, seat, freeAt: 0, freeFrom: 0 });
    this.named[seat] = undefined;
    this.parties[seat]!.push({ from: next, account: caller });
  }

  /** @throws {Refusal} `NoSeat` */
  resign(caller: string, now: Moment): void {
    if (this.bonds.get(caller)?.seat === undefined) fail("NoSeat");
    this.#vacate(caller, now);
  }

  /** @throws {Refusal} `HasSeat`, `BondLocked` */
  returnBond(account: string, now: Moment): void {
    const bond = this.bonds.get(account);
    if (bond?.seat !== undefined) fail("HasSeat");
    if (bond !== undefined && (now.time < bond.freeAt || now.block < bond.freeFrom)) fail("BondLocked");
    this.bonds.delete(account);
    this.deposit(account, bond?.amount ?? 0n);
  }

  #vacate(account: string, now: Moment): void {
    const bond = this.bonds.get(account)!;
    const next = this.epochAt(now.block) + 1;
    this.parties[bond.seat!]!.push({ from: next, account: undefined });
    this.bonds.set(account, {
      amount: bond.amount,
      seat: undefined,
      freeAt: now.time + this.bondTime,
      freeFrom: this.epochStart(next),
    });
  }

  // ─── The council ───────────────────────────────────────────────────────────────────────────────────────────────────

  isExpired(readyAt: number, now: Moment): boolean {
    return now.time > readyAt + this.terms.lifetime;
  }

  /** @throws {Refusal} `NotCouncil`, `UnknownPlaceInQueue`, `PlaceInUse` */
  enqueue(caller: string, place: number, operation: Operation, now: Moment): void {
    if (caller !== this.council) fail("NotCouncil");
    if (place >= QUEUE_PLACES) fail("UnknownPlaceInQueue");
    const earlier = this.queue.get(place);
    if (earlier !== undefined && !this.isExpired(earlier.readyAt, now)) fail("PlaceInUse");
    this.queue.set(place, { operation, readyAt: now.time + this.lockTime });
  }

  /** @throws {Refusal} `NotCouncil`, `NothingQueued` */
  cancel(caller: string, place: number): void {
    if (caller !== this.council) fail("NotCouncil");
    if (!this.queue.delete(place)) fail("NothingQueued");
  }

  /**
   * @param operation the one that was queued, as the same object; `undefined` for another one
   * @throws {Refusal} `WrongOperation`, `Locked`, `Expired`
   */
  execute(place: number, operation: Operation | undefined, now: Moment): void {
    const entry = this.queue.get(place);
    if (entry === undefined || entry.operation !== operation) return fail("WrongOperation");
    if (now.time < entry.readyAt) fail("Locked");
    if (this.isExpired(entry.readyAt, now)) fail("Expired");
    this.queue.delete(place);
    if (operation.kind === "Replace") {
      const party = this.partyOf(operation.seat, this.epochAt(now.block) + 1);
      if (party !== undefined) this.#vacate(party, now);
      this.named[operation.seat] = operation.account;
    } else if (operation.kind === "Slash") {
      this.#slash(operation.account, operation.amount, now);
    } else {
      this.council = operation.account;
    }
  }

  #slash(account: string, wanted: bigint, now: Moment): void {
    const bond = this.bonds.get(account);
    if (bond === undefined) return;
    const amount = wanted < bond.amount ? wanted : bond.amount;
    bond.amount -= amount;
    this.burned += amount;
    if (bond.seat !== undefined && 2n * bond.amount < this.terms.bond) this.#vacate(account, now);
  }

  // ─── Slots ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  override holderOf(slot: number): string | undefined {
    return this.partyOf(slot % this.terms.seats, this.epochOf(slot));
  }

  protected override isOpenTo(_account: string, _slot: number, silence: number): boolean {
    return silence >= this.slots.silenceBlocks;
  }

  protected override oldestClaimable(current: number): number {
    return Math.max(current - 2 * this.slots.epochSlots + 1, 0);
  }
}
