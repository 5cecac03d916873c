// SPDX-License-Identifier: MIT
import { RESTAKING, type RestakingName } from "../strategies/restaking.ts";
import { SPECULATORS, type SpeculatorName } from "../strategies/speculating.ts";

export interface MarketOptions {
  readonly stakers: RestakingName;
  readonly speculator: SpeculatorName;
  /** Tokens that all have staked before the attack. */
  readonly staked: number;
  /** Tokens of the pool that they are traded in. Its price is 1 before the attack. */
  readonly depth: number;
  /** Part of each trade that the pool keeps. */
  readonly fee: number;
  /** Part of the difference to their value that others trade away in an hour, in tokens of the pool. */
  readonly reversion: number;
  /** Yield of a stake, in a year. */
  readonly yearly: number;
  /** Hours before, in, and after the attack; hours until a stake is free. */
  readonly before: number;
  readonly attack: number;
  readonly after: number;
  readonly exit: number;
  /** Tokens of the speculation, and of the attacker's stake. */
  readonly size: number;
  readonly stake: number;
  /** Whether the attack takes place: without it only the trades are made. */
  readonly isReal: boolean;
  /** In the attack: part of the income that is lost as users give up; and part of the token's value for each hour. */
  readonly lost: number;
  readonly scar: number;
  /** Tokens that the attack costs the attacker in an hour. */
  readonly hourly: number;
}

export interface MarketHour {
  readonly hour: number;
  readonly price: number;
  /** Tokens that the others stake. */
  readonly staked: number;
}

export interface MarketResult {
  readonly hours: readonly MarketHour[];
  /** Of the speculator, in tokens at the price before. */
  readonly profit: number;
}

const YEAR = 8_760;

/** A pool whose product of tokens and money stays the same. */
class Pool {
  #tokens: number;
  #money: number;
  readonly #fee: number;

  constructor(depth: number, fee: number) {
    [this.#tokens, this.#money, this.#fee] = [depth, depth, fee];
  }

  get price(): number {
    return this.#money / this.#tokens;
  }

  get tokens(): number {
    return this.#tokens;
  }

  /** Gives the money that is paid for tokens; below 0 it is received, and the tokens are sold. */
  buy(tokens: number): number {
    const product = this.#tokens * this.#money;
    const left = this.#tokens - tokens;
    const money = product / left - this.#money;
    [this.#tokens, this.#money] = [left, this.#money + money];
    // The fee is kept apart, so that the product stays the same.
    return money + Math.abs(money) * this.#fee;
  }
}

/** An attack on the sequencers of a rollup, by somebody that trades in the token that they stake. */
export function runMarket(options: MarketOptions): MarketResult {
  const { staked, depth, fee, yearly, before, attack, after, exit, stake, isReal, lost, scar, hourly } = options;
  const pool = new Pool(depth, fee);
  const usual = yearly / YEAR;
  const income = staked * usual;
  let [others, value, spent, lasted] = [staked, 1, 0, 0];
  const hours: MarketHour[] = [];
  const length = before + attack + exit + before + after;
  for (let hour = 0; hour < length; hour++) {
    const isAttacked = isReal && hour >= before && hour < before + attack;
    lasted = isAttacked ? lasted + 1 : 0;
    spent += pool.buy(SPECULATORS[options.speculator]({ hour, before, attack, exit, size: options.size, stake }));
    // The attacker stakes what it buys, and has its part of the income except in the attack.
    const bought = Math.min(1, (hour + 1) / before);
    const sharing = isAttacked || hour >= before + attack + exit ? 0 : stake * bought;
    const earned = isAttacked ? income * (1 - lost) : income;
    if (isAttacked) [spent, value] = [spent + hourly * pool.price, value * (1 - scar)];
    spent -= (earned * sharing) / (sharing + others);
    const working = others + sharing;
    const wanted = earned / (usual * pool.price) - sharing;
    const change = RESTAKING[options.stakers]({
      ...{ stake: others, wanted, extraYield: earned / (working * pool.price) - usual, expected: lasted },
      tradingCost: 2 * fee,
    });
    pool.buy(change);
    others += change;
    // Others trade towards the value that they see.
    pool.buy((options.reversion * pool.tokens * (value - pool.price)) / (value + pool.price));
    hours.push({ hour, price: pool.price, staked: others });
  }
  return { hours, profit: -spent };
}
