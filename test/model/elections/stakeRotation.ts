// SPDX-License-Identifier: MIT
import type { Moment, SlotParameters } from "./parts/index.ts";
import { fail, least, MAX_ID, partOf, SeatModel, type SeatParameters, type SeatSurroundings } from "./seats.ts";

/** Rates in 1/10,000. The names are those of `IStakeRotation.RotationParameters`. */
export interface RotationParameters {
  readonly floorRate: bigint;
  readonly absenceRate: bigint;
}

export interface Party {
  readonly owner: string;
  /** Stake that is here. */
  stake: bigint;
  /** Stake that the owner took out; 0 while the party is in. */
  taken: bigint;
  /** Set up to which absences have leaked. */
  settledSet: bigint;
  exitEpoch: bigint | undefined;
}

interface Successor {
  readonly owner: string;
  readonly stake: bigint;
}

/** Stake rotation as in docs/elections/stakeRotation.md. */
export class StakeRotationModel extends SeatModel {
  readonly rotation: RotationParameters;
  readonly parties = new Map<number, Party>();
  readonly successors = new Map<number, Successor>();

  constructor(
    slots: SlotParameters,
    rules: SeatParameters,
    parameters: RotationParameters,
    surroundings: SeatSurroundings,
  ) {
    super(slots, rules, surroundings);
    this.rotation = parameters;
  }

  /** Everything that the contract holds for somebody. */
  owed(): bigint {
    return [...this.parties.values(), ...this.successors.values()].reduce((sum, { stake }) => sum + stake, 0n);
  }

  /** @throws {Refusal} `UnknownId`, `StakeOutOfRange`, `IdTaken`, `InsufficientBalance` */
  join(caller: string, id: number, amount: bigint, moment: Moment): void {
    this.#requireId(id);
    this.#requireStake(amount);
    if (this.parties.has(id)) fail("IdTaken");
    this.balances.debit(caller, amount);
    this.#install(id, caller, amount, moment);
  }

  /** @throws {Refusal} `UnknownId`, `IdsLeft`, `IsLeaving`, `AboveMean`, `StakeOutOfRange`, `InsufficientBalance` */
  outbid(caller: string, id: number, amount: bigint, moment: Moment): void {
    this.#requireId(id);
    if (this.parties.size < MAX_ID) fail("IdsLeft");
    const party = this.#active(id)!;
    const minimum = this.minimumBid(party.stake + party.taken, moment);
    if (amount < minimum || amount > this.maxStake) fail("StakeOutOfRange");
    this.balances.debit(caller, amount);
    this.successors.set(id, { owner: caller, stake: amount });
    this.#settle(party, moment);
    this.#leave(id, party, moment);
  }

  /** @throws {Refusal} `IsLeaving`, `NotOwner`, `IsOut`, `StakeOutOfRange`, `InsufficientBalance` */
  addStake(caller: string, id: number, amount: bigint, moment: Moment): void {
    const party = this.#own(caller, id);
    if (party.taken > 0n) fail("IsOut");
    this.#requireStake(party.stake + amount);
    this.balances.debit(caller, amount);
    party.stake += amount;
    this.setStake(id, party.stake, moment);
  }

  /** @throws {Refusal} `IsLeaving`, `NotOwner`, `IsOut`, `StakeBound`, `NotDrawn`, `Scheduled` */
  takeOut(caller: string, id: number, moment: Moment): void {
    const party = this.#own(caller, id);
    if (party.taken > 0n) fail("IsOut");
    if (this.hasSlasher) fail("StakeBound");
    this.requireUnscheduled(id, moment);
    const floor = partOf(party.stake, this.rotation.floorRate);
    this.balances.credit(caller, party.stake - floor);
    [party.stake, party.taken] = [floor, party.stake - floor];
    party.settledSet = this.openSet(moment) - 1n;
    this.setStake(id, 0n, moment);
  }

  /** @throws {Refusal} `IsLeaving`, `NotOwner`, `IsIn`, `InsufficientBalance` */
  bringBack(caller: string, id: number, moment: Moment): void {
    const party = this.#own(caller, id);
    if (party.taken === 0n) fail("IsIn");
    this.balances.debit(caller, party.taken);
    this.#settle(party, moment);
    [party.stake, party.taken] = [party.stake + party.taken, 0n];
    this.#weigh(id, party, moment);
  }

  /** @throws {Refusal} `IsLeaving`, `IsIn` */
  leakAbsence(id: number, moment: Moment): void {
    const party = this.#active(id);
    if (party === undefined || party.taken === 0n) return fail("IsIn");
    this.#settle(party, moment);
    if (party.stake === 0n) this.#leave(id, party, moment);
  }

  /** @throws {Refusal} `IsLeaving`, `NotOwner` */
  exit(caller: string, id: number, moment: Moment): void {
    const party = this.#own(caller, id);
    this.#settle(party, moment);
    this.#leave(id, party, moment);
  }

  /** @throws {Refusal} `StakeLocked` */
  withdrawStake(id: number, moment: Moment): void {
    const party = this.parties.get(id);
    const isOver = party?.exitEpoch !== undefined && this.clock.epochAt(moment) >= party.exitEpoch;
    if (party === undefined || !isOver) return fail("StakeLocked");
    this.balances.credit(party.owner, party.stake);
    this.parties.delete(id);
    const successor = this.successors.get(id);
    if (successor === undefined) return;
    this.successors.delete(id);
    this.#install(id, successor.owner, successor.stake, moment);
  }

  protected override accountOf(id: number): string | undefined {
    return this.parties.get(id)?.owner;
  }

  override stakeOf(id: number): { owner: string; stake: bigint } | undefined {
    return this.parties.get(id);
  }

  protected override priceOfMiss(id: number): bigint {
    const party = this.parties.get(id);
    if (party === undefined) throw new Error(`the party of id ${id} left before its miss was reported`);
    return least(partOf(party.stake + party.taken, this.rules.leakRate), party.stake);
  }

  protected override take(id: number, amount: bigint, moment: Moment): void {
    const party = this.parties.get(id)!;
    party.stake -= amount;
    if (party.exitEpoch === undefined && party.taken === 0n) this.#weigh(id, party, moment);
  }

  #install(id: number, owner: string, stake: bigint, moment: Moment): void {
    this.parties.set(id, { owner, stake, taken: 0n, settledSet: 0n, exitEpoch: undefined });
    this.setStake(id, stake, moment);
  }

  /** Sets the weight of a party that is in, or lets it leave. */
  #weigh(id: number, party: Party, moment: Moment): void {
    if (2n * party.stake < this.rules.minStake) this.#leave(id, party, moment);
    else this.setStake(id, party.stake, moment);
  }

  #leave(id: number, party: Party, moment: Moment): void {
    party.exitEpoch = this.exitEpoch(moment);
    this.setStake(id, 0n, moment);
  }

  /** Leaks the floor of a party that is out, for each freeze since the last settlement. */
  #settle(party: Party, moment: Moment): void {
    const set = this.openSet(moment) - 1n;
    const freezes = set - party.settledSet;
    const amount = least(partOf(party.taken, this.rotation.absenceRate) * freezes, party.stake);
    if (party.taken === 0n) return;
    party.stake -= amount;
    party.settledSet = set;
    this.burned += amount;
  }

  #requireId(id: number): void {
    if (id < 1 || id > MAX_ID) fail("UnknownId");
  }

  #requireStake(stake: bigint): void {
    if (stake < this.rules.minStake || stake > this.maxStake) fail("StakeOutOfRange");
  }

  #active(id: number): Party | undefined {
    const party = this.parties.get(id);
    if (party?.exitEpoch !== undefined) fail("IsLeaving");
    return party;
  }

  #own(caller: string, id: number): Party {
    const party = this.#active(id);
    return party?.owner === caller ? party : fail("NotOwner");
  }
}
