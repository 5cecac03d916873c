// SPDX-License-Identifier: MIT
import type { Moment, SlotParameters } from "./parts/index.ts";
import {
  ceilDiv,
  fail,
  least,
  MAX_ID,
  RATE_UNIT,
  SeatModel,
  type SeatParameters,
  type SeatSurroundings,
} from "./seats.ts";

/** The names are those of `IDelegatedStake.VaultParameters`. */
export interface VaultParameters {
  readonly maxRatio: bigint;
}

/** A reward that is earned block by block. */
interface Vesting {
  readonly amount: bigint;
  readonly from: bigint;
  readonly until: bigint;
}

/** A part of a stake that left. */
interface Leaving {
  readonly amount: bigint;
  /** Of the vault when it left. */
  readonly kept: bigint;
}

export interface Holding {
  shares: bigint;
  leaving: Leaving;
  exitEpoch: bigint;
}

export interface Vault {
  readonly operator: string;
  readonly id: number;
  state: "waiting" | "active" | "closed" | "over";
  exitEpoch: bigint | undefined;
  commission: bigint;
  announced: { readonly commission: bigint; readonly epoch: bigint } | undefined;
  assets: bigint;
  vesting: Vesting;
  /** Tokens that leave, of all accounts. */
  leaving: bigint;
  /** Product of the parts that all slashes have left. */
  kept: bigint;
  readonly holdings: Map<string, Holding>;
}

const MAX_ASSETS = 2n ** 96n - 1n;

const KEPT_UNIT = 2n ** 200n;
const LOWEST_KEPT = 2n ** 130n;

const NOTHING_LEAVES: Leaving = { amount: 0n, kept: KEPT_UNIT };

const NOTHING: Vesting = { amount: 0n, from: 0n, until: 0n };

/** Delegated stake as in docs/elections/delegatedStake.md. */
export class DelegatedStakeModel extends SeatModel {
  readonly vaultRules: VaultParameters;
  /** By number, from 1 on. */
  readonly vaults = new Map<number, Vault>();

  constructor(
    slots: SlotParameters,
    rules: SeatParameters,
    vaultRules: VaultParameters,
    surroundings: SeatSurroundings,
  ) {
    super(slots, rules, surroundings);
    this.vaultRules = vaultRules;
  }

  get vestingBlocks(): bigint {
    const { epochSlots, slotBlocks } = this.parameters.clock;
    return this.rules.exitEpochs * epochSlots * slotBlocks;
  }

  /** Everything that the contract holds for somebody. */
  owed(): bigint {
    return [...this.vaults.values()].reduce((sum, { assets, leaving }) => sum + assets + leaving, 0n);
  }

  vaultAt(id: number): number | undefined {
    return this.#find(id, ["active", "closed"]);
  }

  waitingAt(id: number): number | undefined {
    return this.#find(id, ["waiting"]);
  }

  sharesOf({ holdings }: Vault): bigint {
    return [...holdings.values()].reduce((sum, { shares }) => sum + shares, 0n);
  }

  /** The rest of an account's stake that leaves: each slash since took the same part. */
  leavingOf(vault: Vault, account: string): bigint {
    const { amount, kept } = vault.holdings.get(account)?.leaving ?? NOTHING_LEAVES;
    return amount === 0n ? 0n : (amount * vault.kept) / kept;
  }

  holdingOf({ holdings }: Vault, account: string): Holding {
    const known = holdings.get(account) ?? { shares: 0n, leaving: NOTHING_LEAVES, exitEpoch: 0n };
    holdings.set(account, known);
    return known;
  }

  unvested({ vesting: { amount, from, until } }: Vault, { block }: Moment): bigint {
    return block >= until ? 0n : ceilDiv(amount * (until - block), until - from);
  }

  worthOf(vault: Vault, moment: Moment): bigint {
    return vault.assets - this.unvested(vault, moment);
  }

  commissionOf({ commission, announced }: Vault, moment: Moment): bigint {
    return announced !== undefined && this.clock.epochAt(moment) >= announced.epoch ? announced.commission : commission;
  }

  // ─── Operators ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** @throws {Refusal} `UnknownId`, `StakeOutOfRange`, `IdTaken`, `InvalidCommission` */
  open(caller: string, id: number, amount: bigint, commission: bigint, moment: Moment): void {
    this.#requireId(id);
    if (amount < this.rules.minStake || amount > this.maxStake) fail("StakeOutOfRange");
    if (this.vaultAt(id) !== undefined) fail("IdTaken");
    this.#pay(caller, amount, commission);
    this.#seat(this.#make(caller, id, amount, commission), moment);
  }

  /** @throws {Refusal} `UnknownId`, `IdsLeft`, `AlreadyOutbid`, `NotOpen`, `AboveMean`, `StakeOutOfRange`, `InvalidCommission` */
  outbid(caller: string, id: number, amount: bigint, commission: bigint, moment: Moment): void {
    this.#requireId(id);
    const taken = [...this.vaults.values()].filter(({ state }) => state === "active" || state === "closed").length;
    if (taken < MAX_ID) fail("IdsLeft");
    if (this.waitingAt(id) !== undefined) fail("AlreadyOutbid");
    const vault = this.#openVault(this.vaultAt(id)!);
    const minimum = this.minimumBid(this.worthOf(vault, moment), moment);
    if (amount < minimum || amount > this.maxStake) fail("StakeOutOfRange");
    this.#pay(caller, amount, commission);
    this.#make(caller, id, amount, commission);
    this.#close(vault, moment);
  }

  /** @throws {Refusal} `NotOpen`, `NotOperator`, `IsWaiting` */
  close(caller: string, number: number, moment: Moment): void {
    const vault = this.#ofOperator(caller, number);
    if (vault.state === "waiting") fail("IsWaiting");
    this.#close(vault, moment);
  }

  /** @throws {Refusal} `NotOver` */
  free(number: number, moment: Moment): void {
    const vault = this.vaults.get(number);
    if (vault?.state !== "closed" || this.clock.epochAt(moment) < vault.exitEpoch!) return fail("NotOver");
    vault.state = "over";
    const waiting = this.waitingAt(vault.id);
    if (waiting !== undefined) this.#seat(this.vaults.get(waiting)!, moment);
  }

  /** @throws {Refusal} `NotOpen`, `NotOperator`, `InvalidCommission` */
  announceCommission(caller: string, number: number, commission: bigint, moment: Moment): void {
    const vault = this.#ofOperator(caller, number);
    if (commission > RATE_UNIT) fail("InvalidCommission");
    vault.commission = this.commissionOf(vault, moment);
    vault.announced = { commission, epoch: this.exitEpoch(moment) + 1n };
  }

  // ─── Delegators ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** @throws {Refusal} `NotOpen`, `VaultRuined`, `StakeOutOfRange`, `TooFewShares` */
  delegate(caller: string, number: number, amount: bigint, minShares: bigint, moment: Moment): void {
    this.#requireBuy(number, amount, minShares, moment);
    this.balances.debit(caller, amount);
    this.#buy(caller, number, amount, minShares, moment);
  }

  /** @throws {Refusal} `SharesMissing` */
  undelegate(caller: string, number: number, shares: bigint, moment: Moment): void {
    const vault = this.#withSpare(caller, number, shares);
    const own = this.holdingOf(vault, caller);
    const amount = (this.worthOf(vault, moment) * shares) / this.sharesOf(vault);
    own.leaving = { amount: this.leavingOf(vault, caller) + amount, kept: vault.kept };
    own.shares -= shares;
    own.exitEpoch = vault.exitEpoch ?? this.exitEpoch(moment);
    vault.assets -= amount;
    vault.leaving += amount;
    this.#weigh(vault, moment);
  }

  /** @throws {Refusal} `StakeLocked` */
  collect(account: string, number: number, moment: Moment): void {
    this.balances.credit(account, this.#requireReady(account, number, moment));
    this.#collect(account, number, moment);
  }

  /** @throws {Refusal} `StakeLocked`, and those of `delegate` */
  switchTo(caller: string, from: number, to: number, minShares: bigint, moment: Moment): void {
    const amount = this.#requireReady(caller, from, moment);
    this.#requireBuy(to, amount, minShares, moment);
    this.#collect(caller, from, moment);
    this.#buy(caller, to, amount, minShares, moment);
  }

  /** @throws {Refusal} `SharesMissing` */
  transferShares(caller: string, number: number, to: string, shares: bigint, moment: Moment): void {
    const vault = this.#withSpare(caller, number, shares);
    this.holdingOf(vault, caller).shares -= shares;
    this.holdingOf(vault, to).shares += shares;
    this.#weigh(vault, moment);
  }

  // ─── Anybody ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** @throws {Refusal} `NotOpen`, `VaultRuined`, `StakeOutOfRange` */
  reward(caller: string, number: number, amount: bigint, moment: Moment): void {
    const vault = this.#sound(number, moment);
    if (vault.assets + amount > MAX_ASSETS) fail("StakeOutOfRange");
    this.balances.debit(caller, amount);
    const value = this.worthOf(vault, moment);
    const commission = (amount * this.commissionOf(vault, moment)) / RATE_UNIT;
    const bonus = (commission * this.sharesOf(vault)) / value;
    const [before, added] = [this.unvested(vault, moment), amount - commission];
    const sum = before + added;
    const left = before === 0n ? 0n : vault.vesting.until - moment.block;
    const span = sum === 0n ? 0n : ceilDiv(before * left + added * this.vestingBlocks, sum);
    vault.vesting = { amount: sum, from: moment.block, until: moment.block + span };
    vault.assets += amount;
    this.holdingOf(vault, vault.operator).shares += bonus;
    this.#weigh(vault, moment);
  }

  /** @throws {Refusal} `NotOpen` */
  weigh(number: number, moment: Moment): void {
    this.#weigh(this.#openVault(number), moment);
  }

  protected override accountOf(id: number): string | undefined {
    const number = this.vaultAt(id);
    return number === undefined ? undefined : this.vaults.get(number)!.operator;
  }

  override stakeOf(id: number): { owner: string; stake: bigint } | undefined {
    const number = this.vaultAt(id);
    if (number === undefined) return undefined;
    const { operator, assets, leaving } = this.vaults.get(number)!;
    return { owner: operator, stake: assets + leaving };
  }

  protected override take(id: number, amount: bigint, moment: Moment): void {
    const number = this.vaultAt(id);
    if (number === undefined) throw new Error(`the vault of id ${id} was over before its slash`);
    if (amount === 0n) return;
    const vault = this.vaults.get(number)!;
    const total = vault.assets + vault.leaving;
    const ofLeaving = (vault.leaving * amount) / total;
    const assets = vault.assets - (amount - ofLeaving);
    if (vault.vesting.amount > 0n) {
      vault.vesting = { ...vault.vesting, amount: (vault.vesting.amount * assets) / vault.assets };
    }
    vault.assets = assets;
    vault.leaving -= ofLeaving;
    vault.kept = ceilDiv(vault.kept * (total - amount), total);
    this.#weigh(vault, moment);
  }

  // ─── Parts ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  #find(id: number, states: readonly Vault["state"][]): number | undefined {
    return [...this.vaults].find(([, vault]) => vault.id === id && states.includes(vault.state))?.[0];
  }

  #pay(operator: string, amount: bigint, commission: bigint): void {
    if (commission > RATE_UNIT) fail("InvalidCommission");
    this.balances.debit(operator, amount);
  }

  #make(operator: string, id: number, amount: bigint, commission: bigint): Vault {
    const vault: Vault = {
      ...{ operator, id, commission, state: "waiting", exitEpoch: undefined, announced: undefined },
      ...{ assets: amount, vesting: NOTHING, leaving: 0n, kept: KEPT_UNIT },
      holdings: new Map([[operator, { shares: amount, leaving: NOTHING_LEAVES, exitEpoch: 0n }]]),
    };
    this.vaults.set(this.vaults.size + 1, vault);
    return vault;
  }

  #seat(vault: Vault, moment: Moment): void {
    vault.state = "active";
    this.#weigh(vault, moment);
  }

  #close(vault: Vault, moment: Moment): void {
    [vault.state, vault.exitEpoch, vault.vesting] = ["closed", this.exitEpoch(moment), NOTHING];
    this.setStake(vault.id, 0n, moment);
  }

  #weigh(vault: Vault, moment: Moment): void {
    if (vault.state !== "active") return;
    const value = this.worthOf(vault, moment);
    if (2n * value < this.rules.minStake || vault.kept < LOWEST_KEPT) {
      this.#close(vault, moment);
      return;
    }
    const shares = this.sharesOf(vault);
    const own = (value * this.holdingOf(vault, vault.operator).shares) / shares;
    this.setStake(vault.id, least(value, own * this.vaultRules.maxRatio), moment);
  }

  /** Returns what an account is paid now of the stake that left. */
  #requireReady(account: string, number: number, moment: Moment): bigint {
    const vault = this.vaults.get(number);
    const own = vault?.holdings.get(account);
    const isReady = own !== undefined && own.leaving.amount > 0n && this.clock.epochAt(moment) >= own.exitEpoch;
    return vault === undefined || !isReady ? fail("StakeLocked") : this.leavingOf(vault, account);
  }

  #collect(account: string, number: number, moment: Moment): void {
    const amount = this.#requireReady(account, number, moment);
    const vault = this.vaults.get(number)!;
    vault.leaving -= amount;
    this.holdingOf(vault, account).leaving = { ...this.holdingOf(vault, account).leaving, amount: 0n };
  }

  #buy(caller: string, number: number, amount: bigint, minShares: bigint, moment: Moment): void {
    const shares = this.#requireBuy(number, amount, minShares, moment);
    const vault = this.vaults.get(number)!;
    vault.assets += amount;
    this.holdingOf(vault, caller).shares += shares;
    this.#weigh(vault, moment);
  }

  /** Returns the shares for an amount. */
  #requireBuy(number: number, amount: bigint, minShares: bigint, moment: Moment): bigint {
    const vault = this.#sound(number, moment);
    const value = this.worthOf(vault, moment);
    if (value + amount > this.maxStake) fail("StakeOutOfRange");
    const shares = (amount * this.sharesOf(vault)) / value;
    return shares < minShares || shares < 1n ? fail("TooFewShares") : shares;
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

  #sound(number: number, moment: Moment): Vault {
    const vault = this.#openVault(number);
    return 10n * this.worthOf(vault, moment) < this.sharesOf(vault) ? fail("VaultRuined") : vault;
  }

  #withSpare(caller: string, number: number, shares: bigint): Vault {
    const vault = this.vaults.get(number);
    if (vault === undefined) return fail("SharesMissing");
    const isBound = caller === vault.operator && vault.exitEpoch === undefined;
    if (isBound && vault.state === "waiting") fail("SharesMissing");
    const spare = this.holdingOf(vault, caller).shares - (isBound ? this.rules.minStake : 0n);
    return shares === 0n || shares > spare ? fail("SharesMissing") : vault;
  }
}
