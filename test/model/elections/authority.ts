// SPDX-License-Identifier: MIT
import { BalancesModel, SlotModel, type ConsensusModel, type Moment, type SlotParameters } from "./parts/index.ts";
import { fail, least } from "./seats.ts";

/** Amounts in the native token, times in seconds. The names are those of `IAuthority.AuthorityTerms`. */
export interface AuthorityTerms {
  readonly bond: bigint;
  readonly seats: bigint;
  readonly notice: bigint;
  readonly lifetime: bigint;
  readonly detectionTime: bigint;
}

export type Operation =
  | { readonly kind: "Replace"; readonly seat: number; readonly account: string | undefined }
  | { readonly kind: "Slash"; readonly account: string; readonly amount: bigint }
  | { readonly kind: "HandOver"; readonly account: string | undefined };

interface Queued {
  readonly operation: Operation;
  readonly readyAt: bigint;
}

interface Bond {
  amount: bigint;
  /** Seat of the party, if it has one in the next epoch. */
  seat: number | undefined;
  freeFrom: bigint;
}

export const QUEUE_PLACES = 16;

/** Named parties as in docs/elections/authority.md. */
export class AuthorityModel extends SlotModel {
  readonly rules: AuthorityTerms;
  /** Of the core. */
  readonly escapeDelay: bigint;
  council: string | undefined;
  /** Parties of each seat, with the epoch from which on they have it, in the order of the calls. */
  readonly parties: { readonly from: bigint; readonly account: string | undefined }[][];
  readonly named: (string | undefined)[];
  readonly bonds = new Map<string, Bond>();
  readonly queue = new Map<number, Queued>();
  readonly balances = new BalancesModel();
  burned = 0n;

  constructor(
    slots: SlotParameters,
    rules: AuthorityTerms,
    setup: { readonly escapeDelay: bigint; readonly council: string; readonly parties: readonly string[] },
    genesisBlock: bigint,
    consensus: ConsensusModel,
  ) {
    super(slots, genesisBlock, consensus);
    [this.rules, this.escapeDelay, this.council] = [rules, setup.escapeDelay, setup.council];
    const seats = Array.from({ length: Number(rules.seats) }, (_, i) => i);
    this.parties = seats.map(() => []);
    this.named = seats.map((i) => setup.parties[i]);
  }

  get lockTime(): bigint {
    return this.escapeDelay + this.rules.notice;
  }

  get bondTime(): bigint {
    return this.rules.detectionTime + this.lockTime + this.rules.lifetime;
  }

  // ─── Money ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Everything that the contract holds for somebody. */
  owed(): bigint {
    return [...this.bonds.values()].reduce((sum, { amount }) => sum + amount, this.balances.sum());
  }

  // ─── Parties ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Party of a seat in an epoch. */
  partyOf(seat: number, epoch: bigint): string | undefined {
    return this.parties[seat]?.findLast(({ from }) => from <= epoch)?.account;
  }

  /** @throws {Refusal} `NotNamed`, `HasSeat`, `InsufficientBalance` */
  takeSeat(caller: string, seat: number, now: Moment): void {
    const next = this.clock.epochAt(now) + 1n;
    if (this.named[seat] !== caller) fail("NotNamed");
    const bond = this.bonds.get(caller) ?? { amount: 0n, seat: undefined, freeFrom: 0n };
    if (bond.seat !== undefined) fail("HasSeat");
    const missing = bond.amount < this.rules.bond ? this.rules.bond - bond.amount : 0n;
    this.balances.debit(caller, missing);
    this.bonds.set(caller, { amount: bond.amount + missing, seat, freeFrom: 0n });
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
    if (bond !== undefined && now.block < bond.freeFrom) fail("BondLocked");
    this.bonds.delete(account);
    this.balances.credit(account, bond?.amount ?? 0n);
  }

  #vacate(account: string, now: Moment): void {
    const bond = this.bonds.get(account)!;
    const next = this.clock.epochAt(now) + 1n;
    this.parties[bond.seat!]!.push({ from: next, account: undefined });
    this.bonds.set(account, {
      amount: bond.amount,
      seat: undefined,
      // Blocks are 12 seconds apart, or more.
      freeFrom: this.clock.epochStart(next) + (this.bondTime + 11n) / 12n,
    });
  }

  // ─── The council ───────────────────────────────────────────────────────────────────────────────────────────────────

  isExpired(readyAt: bigint, now: Moment): boolean {
    return now.time > readyAt + this.rules.lifetime;
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
      const party = this.partyOf(operation.seat, this.clock.epochAt(now) + 1n);
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
    const amount = least(wanted, bond.amount);
    bond.amount -= amount;
    this.burned += amount;
    if (bond.seat !== undefined && 2n * bond.amount < this.rules.bond) this.#vacate(account, now);
  }

  // ─── Slots ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  override holderOf(slot: bigint): string | undefined {
    return this.partyOf(Number(slot % this.rules.seats), this.clock.epochOf(slot));
  }
}
