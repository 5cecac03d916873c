// SPDX-License-Identifier: MIT
import { least, MAX_ID, partOf, RATE_UNIT, SeatElectionModel, type SeatParameters } from "./seatElection.ts";
import { fail, type Moment, type SlotParameters } from "./slotElection.ts";

/** The names are those of `IDelegatedStake.VaultParameters`. */
export interface VaultParameters {
  readonly maxRatio: bigint;
}

/** A reward that is earned block by block. */
interface Vesting {
  readonly amount: bigint;
  readonly from: number;
  readonly until: number;
}

export interface Holding {
  shares: bigint;
  leaving: bigint;
  exitEpoch: number;
}

export interface Vault {
  readonly operator: string;
  readonly id: number;
  state: "waiting" | "active" | "closed" | "over";
  exitEpoch: number | undefined;
  commission: bigint;
  announced: { readonly commission: bigint; readonly epoch: number } | undefined;
  assets: bigint;
  vesting: Vesting;
  readonly holdings: Map<string, Holding>;
}

const MAX_ASSETS = 2n ** 96n - 1n;

const NOTHING: Vesting = { amount: 0n, from: 0, until: 0 };

const ceilDiv = (a: bigint, b: bigint): bigint => (a + b - 1n) / b;

/** Delegated stake as in docs/elections/delegatedStake.md. */
export class DelegatedStakeModel extends SeatElectionModel {
  readonly parameters: VaultParameters;
  /** By number, from 1 on. */
  readonly vaults = new Map<number, Vault>();

  constructor(
    slots: SlotParameters,
    seats: SeatParameters,
    parameters: VaultParameters,
    maxPendingLeaves: number,
    time: number,
  ) {
    super(slots, seats, maxPendingLeaves, time);
    this.parameters = parameters;
  }

  get vestingBlocks(): number {
    return this.seats.exitEpochs * this.slots.epochSlots * this.slots.slotBlocks;
  }

  /** Everything that the contract holds for somebody. */
  owed(): bigint {
    return [...this.vaults.values()].reduce((sum, { assets }) => sum + assets, 0n);
  }

  vaultAt(id: number): number | undefined {
    return this.#find(id, ["active", "closed"]);
  }

  waitingAt(id: number): number | undefined {
    return this.#find(id, ["waiting"]);
  }

  sharesOf({ holdings }: Vault): bigint {
    return [...holdings.values()].reduce((sum, { shares, leaving }) => sum + shares + leaving, 0n);
  }

  leavingOf({ holdings }: Vault): bigint {
    return [...holdings.values()].reduce((sum, { leaving }) => sum + leaving, 0n);
  }

  holdingOf({ holdings }: Vault, account: string): Holding {
    const known = holdings.get(account) ?? { shares: 0n, leaving: 0n, exitEpoch: 0 };
    holdings.set(account, known);
    return known;
  }

  unvested({ vesting: { amount, from, until } }: Vault, block: number): bigint {
    return block >= until ? 0n : ceilDiv(amount * BigInt(until - block), BigInt(until - from));
  }

  valueOf(vault: Vault, block: number): bigint {
    return vault.assets - this.unvested(vault, block);
  }

  commissionOf({ commission, announced }: Vault, block: number): bigint {
    return announced !== undefined && this.epochAt(block) >= announced.epoch ? announced.commission : commission;
  }

  // ─── Operators ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** @throws {Refusal} `UnknownId`, `StakeOutOfRange`, `IdTaken`, `InvalidCommission` */
  open(caller: string, id: number, amount: bigint, commission: bigint, now: Moment): void {
    this.#requireId(id);
    if (amount < this.seats.minStake || amount > this.maxStake) fail("StakeOutOfRange");
    if (this.vaultAt(id) !== undefined) fail("IdTaken");
    this.#seat(this.#make(caller, id, amount, commission), now);
  }

  /** @throws {Refusal} `UnknownId`, `IdsLeft`, `AlreadyOutbid`, `NotOpen`, `StakeOutOfRange`, `InvalidCommission` */
  outbid(caller: string, id: number, amount: bigint, commission: bigint, now: Moment): void {
    this.#requireId(id);
    const taken = [...this.vaults.values()].filter(({ state }) => state === "active" || state === "closed").length;
    if (taken < MAX_ID) fail("IdsLeft");
    if (this.waitingAt(id) !== undefined) fail("AlreadyOutbid");
    const vault = this.#openVault(this.vaultAt(id)!);
    const value = this.valueOf(vault, now.block);
    const minimum = value + ceilDiv(value, 10n);
    if (amount < minimum || amount < this.seats.minStake || amount > this.maxStake) fail("StakeOutOfRange");
    this.#make(caller, id, amount, commission);
    this.#close(vault, now);
  }

  /** @throws {Refusal} `NotOpen`, `NotOperator`, `IsWaiting` */
  close(caller: string, number: number, now: Moment): void {
    const vault = this.#ofOperator(caller, number);
    if (vault.state === "waiting") fail("IsWaiting");
    this.#close(vault, now);
  }

  /** @throws {Refusal} `NotOver` */
  free(number: number, now: Moment): void {
    const vault = this.vaults.get(number);
    if (vault?.state !== "closed" || this.epochAt(now.block) < vault.exitEpoch!) return fail("NotOver");
    vault.state = "over";
    const waiting = this.waitingAt(vault.id);
    if (waiting !== undefined) this.#seat(this.vaults.get(waiting)!, now);
  }

  /** @throws {Refusal} `NotOpen`, `NotOperator`, `InvalidCommission` */
  announceCommission(caller: string, number: number, commission: bigint, { block }: Moment): void {
    const vault = this.#ofOperator(caller, number);
    if (commission > RATE_UNIT) fail("InvalidCommission");
    vault.commission = this.commissionOf(vault, block);
    vault.announced = { commission, epoch: this.exitEpoch(block) + 1 };
  }

  // ─── Delegators ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** @throws {Refusal} `NotOpen`, `VaultRuined`, `StakeOutOfRange`, `TooFewShares` */
  delegate(caller: string, number: number, amount: bigint, minShares: bigint, now: Moment): void {
    const vault = this.#sound(number, now);
    const value = this.valueOf(vault, now.block);
    if (value + amount > this.maxStake) fail("StakeOutOfRange");
    const shares = (amount * this.sharesOf(vault)) / value;
    if (shares < minShares || shares < 1n) fail("TooFewShares");
    vault.assets += amount;
    this.holdingOf(vault, caller).shares += shares;
    this.#weigh(vault, now);
  }

  /** @throws {Refusal} `SharesMissing` */
  undelegate(caller: string, number: number, shares: bigint, now: Moment): void {
    const vault = this.#withSpare(caller, number, shares);
    const own = this.holdingOf(vault, caller);
    own.shares -= shares;
    own.leaving += shares;
    own.exitEpoch = vault.exitEpoch ?? this.exitEpoch(now.block);
    this.#weigh(vault, now);
  }

  /** @throws {Refusal} `StakeLocked` */
  withdraw(account: string, number: number, now: Moment): void {
    this.#sell(account, number, now);
  }

  /** @throws {Refusal} `StakeLocked`, and those of `delegate` */
  switchTo(caller: string, from: number, to: number, minShares: bigint, now: Moment): void {
    const vault = this.vaults.get(from);
    const before = { ...vault, holdings: new Map([...(vault?.holdings ?? [])].map(([who, own]) => [who, { ...own }])) };
    this.attempt(
      () => {
        const amount = this.#sell(caller, from, now);
        this.delegate(caller, to, amount, minShares, now);
      },
      () => vault && Object.assign(vault, before),
    );
  }

  /** @throws {Refusal} `SharesMissing` */
  transferShares(caller: string, number: number, to: string, shares: bigint, now: Moment): void {
    const vault = this.#withSpare(caller, number, shares);
    this.holdingOf(vault, caller).shares -= shares;
    this.holdingOf(vault, to).shares += shares;
    this.#weigh(vault, now);
  }

  // ─── Anybody ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** @throws {Refusal} `NotOpen`, `VaultRuined`, `StakeOutOfRange` */
  reward(number: number, amount: bigint, now: Moment): void {
    const { block } = now;
    const vault = this.#sound(number, now);
    if (vault.assets + amount > MAX_ASSETS) fail("StakeOutOfRange");
    const value = this.valueOf(vault, block);
    const commission = (amount * this.commissionOf(vault, block)) / RATE_UNIT;
    const bonus = (commission * this.sharesOf(vault)) / value;
    const [before, added] = [this.unvested(vault, block), amount - commission];
    const sum = before + added;
    const time = before * BigInt(Math.max(vault.vesting.until - block, 0)) + added * BigInt(this.vestingBlocks);
    const span = sum === 0n ? 0n : ceilDiv(time, sum);
    vault.vesting = { amount: sum, from: block, until: block + Number(span) };
    vault.assets += amount;
    this.holdingOf(vault, vault.operator).shares += bonus;
    this.#weigh(vault, now);
  }

  /** @throws {Refusal} `NotOpen` */
  weigh(number: number, now: Moment): void {
    this.#weigh(this.#openVault(number), now);
  }

  protected override accountOf(id: number): string | undefined {
    const number = this.vaultAt(id);
    return number === undefined ? undefined : this.vaults.get(number)!.operator;
  }

  protected override leak(id: number, now: Moment): bigint {
    const number = this.vaultAt(id);
    if (number === undefined) throw new Error(`the vault of id ${id} was over before its miss was reported`);
    const vault = this.vaults.get(number)!;
    const amount = partOf(this.valueOf(vault, now.block), this.seats.leakRate);
    vault.assets -= amount;
    this.#weigh(vault, now);
    return amount;
  }

  // ─── Parts ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  #find(id: number, states: readonly Vault["state"][]): number | undefined {
    return [...this.vaults].find(([, vault]) => vault.id === id && states.includes(vault.state))?.[0];
  }

  #make(operator: string, id: number, amount: bigint, commission: bigint): Vault {
    if (commission > RATE_UNIT) fail("InvalidCommission");
    const vault: Vault = {
      ...{ operator, id, commission, state: "waiting", exitEpoch: undefined, announced: undefined },
      ...{ assets: amount, vesting: NOTHING },
      holdings: new Map([[operator, { shares: amount, leaving: 0n, exitEpoch: 0 }]]),
    };
    this.vaults.set(this.vaults.size + 1, vault);
    return vault;
  }

  #seat(vault: Vault, now: Moment): void {
    vault.state = "active";
    this.#weigh(vault, now);
  }

  #close(vault: Vault, now: Moment): void {
    [vault.state, vault.exitEpoch, vault.vesting] = ["closed", this.exitEpoch(now.block), NOTHING];
    this.setStake(vault.id, 0n, now);
  }

  #weigh(vault: Vault, now: Moment): void {
    if (vault.state !== "active") return;
    const value = this.valueOf(vault, now.block);
    if (2n * value < this.seats.minStake) {
      this.#close(vault, now);
      return;
    }
    const shares = this.sharesOf(vault);
    const counting = (value * (shares - this.leavingOf(vault))) / shares;
    const own = (value * this.holdingOf(vault, vault.operator).shares) / shares;
    this.setStake(vault.id, least(counting, own * this.parameters.maxRatio), now);
  }

  #sell(account: string, number: number, { block, time }: Moment): bigint {
    const vault = this.vaults.get(number);
    const own = vault?.holdings.get(account);
    if (vault === undefined || own === undefined || own.leaving === 0n || this.epochAt(block) < own.exitEpoch) {
      return fail("StakeLocked");
    }
    const amount = (this.valueOf(vault, block) * own.leaving) / this.sharesOf(vault);
    vault.assets -= amount;
    own.leaving = 0n;
    this.#weigh(vault, { block, time });
    return amount;
  }

  #requireId(id: number): void {
    if (id < 1 || id > MAX_ID) fail("UnknownId");
  }

  #openVault(number: number): Vault {
    const vault = this.vaults.get(number);
    return vault?.state === "active" || vault?.state === "waiting" ? vault : fail("NotOpen");
  }

  #ofOperator(caller: string, number: number): Vault {
    const vault = this.#openVault(number);
    return vault.operator === caller ? vault : fail("NotOperator");
  }

  #sound(number: number, { block }: Moment): Vault {
    const vault = this.#openVault(number);
    return 10n * this.valueOf(vault, block) < this.sharesOf(vault) ? fail("VaultRuined") : vault;
  }

  #withSpare(caller: string, number: number, shares: bigint): Vault {
    const vault = this.vaults.get(number);
    if (vault === undefined) return fail("SharesMissing");
    const isBound = caller === vault.operator && vault.exitEpoch === undefined;
    const spare = this.holdingOf(vault, caller).shares - (isBound ? this.seats.minStake : 0n);
    return shares === 0n || shares > spare ? fail("SharesMissing") : vault;
  }
}
