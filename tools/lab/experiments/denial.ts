// SPDX-License-Identifier: MIT
import { chart, type Curve } from "../../docs/plots/chart.ts";
import { UsageError } from "../../commandLine.ts";
import { experimentOf, partsOf, type Finding, type Plot, type Tables } from "../experiment.ts";
import { sum } from "../maths.ts";
import { MissingRows } from "../table.ts";
import { decimal, decimals, whole, words, type Values } from "../settings.ts";
import type { CensorName } from "../strategies/censoring.ts";
import { RESTAKING, type RestakingName } from "../strategies/restaking.ts";
import { SPECULATORS, type SpeculatorName } from "../strategies/speculating.ts";
import type { SlotElectionName } from "../worlds/elections.ts";
import { runCensorship } from "../worlds/emptyBlocks.ts";
import { runMarket, type MarketOptions } from "../worlds/tokenMarket.ts";

const STAKED = ["StakeRotation", "DelegatedStake", "PerformanceRotation"] as const;
const ELECTIONS = [...STAKED, "SlotAuction"] as const;
const isStaked = (election: string): boolean => election !== "SlotAuction";

const settings = {
  elections: words(
    [...ELECTIONS],
    ELECTIONS,
    "elections; in an auction nobody stakes, and the attacker buys its slots",
  ),
  stakers: words(["chasing", "reckoning", "holding"], Object.keys(RESTAKING), "stakers"),
  speculators: words(["long", "short"], Object.keys(SPECULATORS), "plans of the attacker"),
  share: decimal(0.25, [0.0625, 0.9], "stake of the attacker, or slots that it buys"),
  sizes: decimals([0, 0.02, 0.05, 0.1, 0.2], [0, 0.5], "tokens of the speculation, in parts of the market's"),
  depths: decimals([0.5, 1, 2, 4], [0.05, 100], "tokens of the market, in parts of the stake"),
  attack: whole(48, [2, 2_000], "length of the attack", "h"),
  before: whole(240, [1, 5_000], "time to buy, and to sell what was staked", "h"),
  after: whole(240, [0, 5_000], "time that is counted afterwards", "h"),
  exit: decimal(11, [0, 5_000], "time until a stake is free", "h"),
  longExit: decimal(552, [0, 5_000], "the same under GovernedSlashing, whose charges need 23 days", "h"),
  yearly: decimal(10, [0.1, 1_000], "yield of a stake", "% a year"),
  fee: decimal(0.3, [0, 10], "fee of a trade", "%"),
  reversion: decimal(0.05, [0, 0.5], "part of a difference to the value that others trade away in an hour"),
  patience: decimal(60, [1, 10_000], "time after which a user gives up", "min"),
  scars: decimals(
    [0, 0.002, 0.01, 0.02],
    [0, 0.05],
    "part of the token's value that is lost in an hour of empty batches",
  ),
  stake: decimal(10_000, [100, 1_000_000], "stake of each of 16 places", "SEQ"),
  epochs: whole(12, [2, 200], "epochs of the election's model that measure the attack"),
} as const;

type V = Values<typeof settings>;
const part = partsOf(settings);
const percent = (share: number): number => Math.round(1e6 * share) / 1e4;
const PLACES = 16;

interface Attack {
  /** Parts of the tokens that are staked, for each hour. */
  readonly hourly: number;
  /** Part of the users that give up. */
  readonly lost: number;
  readonly held: number;
}

/** Effects of an attack, as the election's model has them. */
function attackOn(values: V, election: SlotElectionName, attack: CensorName, seed: number): Attack {
  const { share, stake, epochs, patience } = values;
  const result = runCensorship(
    { election, attack, share, epochs, stake, slotValue: 100, postBlocks: 5, forcedHours: 100 },
    seed,
  );
  const limit = patience * 5;
  const lost = sum(result.gaps.map((gap) => Math.max(0, gap - limit))) / sum(result.gaps);
  return { hourly: result.lost / (PLACES * stake), lost, held: result.held };
}

function market(values: V, attack: Attack, plan: Partial<MarketOptions>): MarketOptions {
  const { share, attack: hours, before, after, exit, yearly, fee, reversion } = values;
  return {
    ...{ stakers: "chasing", speculator: "long", staked: 1, depth: 1, size: 0, isReal: true, scar: 0 },
    ...{ stake: share, attack: hours, before, after, exit, yearly: yearly / 100, fee: fee / 100, reversion },
    ...{ lost: attack.lost, hourly: attack.hourly, ...plan },
  };
}

// ─── Attacks ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Highest or lowest price of the attack's second half against the hour before it. */
function rise({ before, attack }: V, prices: readonly number[], plan: SpeculatorName): number {
  const seen = prices.slice(before + attack / 2, before + attack);
  return percent((plan === "long" ? Math.max(...seen) : Math.min(...seen)) / prices[before - 1]! - 1);
}

const attacks = part({
  columns: {
    election: { title: "election" },
    attack: { title: "attack" },
    plan: { title: "plan" },
    stakers: { title: "stakers" },
    depth: { title: "market / stake", digits: 2 },
    size: { title: "speculation / market", unit: "%", digits: 1 },
    scar: { title: "value lost in an hour", unit: "%", digits: 1 },
    held: { title: "slots of the attacker", unit: "%", digits: 1 },
    price: { title: "price in the second half", unit: "%", digits: 2 },
    gain: { title: "gain by the attack", unit: "% of the stake of all", digits: 3 },
    profit: { title: "profit of the plan", unit: "% of the stake of all", digits: 3 },
  },
  meaning:
    "A row is a plan: buy, attack, sell, stop, and sell the stake once it is free. The gain is that against the same trades without an attack.",
  points: (values, seed) =>
    values.elections.flatMap((election) =>
      (["silent", "empty"] as const).flatMap((attack) => {
        let known: Attack | undefined;
        const measured = (): Attack => (known ??= attackOn(values, election as SlotElectionName, attack, seed));
        return values.speculators.flatMap((plan) =>
          (isStaked(election) ? values.stakers : ["holding"]).flatMap((stakers) =>
            values.depths.flatMap((depth) =>
              values.sizes.flatMap((size) =>
                values.scars.map((scar) => ({
                  label: `${election}, ${attack}, ${plan}, ${stakers}, ${depth}, ${size}, ${scar}`,
                  run: () => {
                    const chosen = {
                      ...{ stakers: stakers as RestakingName, speculator: plan as SpeculatorName },
                      stake: isStaked(election) ? values.share : 0,
                    };
                    const options = market(values, measured(), { ...chosen, depth, size: size * depth, scar });
                    const result = runMarket(options);
                    const calm = runMarket({ ...options, isReal: false });
                    const prices = result.hours.map(({ price }) => price);
                    return [
                      {
                        ...{ election, attack, plan, stakers, depth, size: percent(size), scar: percent(scar) },
                        ...{ held: percent(measured().held), price: rise(values, prices, plan as SpeculatorName) },
                        ...{ gain: 100 * (result.profit - calm.profit), profit: 100 * result.profit },
                      },
                    ];
                  },
                })),
              ),
            ),
          ),
        );
      }),
    ),
});

// ─── A course of the price ───────────────────────────────────────────────────────────────────────────────────────────

const courses = part({
  columns: {
    stakers: { title: "stakers" },
    exit: { title: "exit", unit: "h", digits: 0 },
    hour: { title: "hour", digits: 0 },
    price: { title: "price", digits: 4 },
    staked: { title: "stake of the others", digits: 4 },
    profit: { title: "profit of the whole plan", unit: "% of the stake of all", digits: 3 },
  },
  meaning: "A row is four hours of a long plan with a tenth of the market, where market and stake are equal.",
  points: (values, seed) =>
    values.stakers.flatMap((stakers) =>
      [values.exit, values.longExit].map((exit) => ({
        label: `${stakers}, ${exit}`,
        run: () => {
          const measured = attackOn(values, values.elections[0] as SlotElectionName, "empty", seed);
          const result = runMarket(market(values, measured, { stakers: stakers as RestakingName, size: 0.1, exit }));
          return result.hours
            .filter(({ hour }) => hour % 4 === 0)
            .map((row) => ({ stakers, exit, ...row, profit: 100 * result.profit }));
        },
      })),
    ),
});

// ─── Answer ──────────────────────────────────────────────────────────────────────────────────────────────────────────

type Cell = Tables[string]["rows"][number];

function findings({ attacks: table, courses: course }: Tables, values: V): Finding[] {
  const { sizes, depths, scars, attack: hours, fee, yearly, share, longExit, exit } = values;
  const elections = values.elections.filter(isStaked);
  const [first] = elections;
  const size = sizes.includes(0.1) ? 0.1 : Math.max(...sizes);
  const depth = depths.includes(1) ? 1 : depths[0]!;
  const [calm, scarred] = [Math.min(...scars), Math.max(...scars)];
  const at = (plan: string, stakers: string, attack: string, scar: number, wanted = size, election = first!): Cell =>
    table!.where({ election, attack, plan, stakers, depth, size: percent(wanted), scar: percent(scar) }).only();
  const chasing = at("long", "chasing", "empty", calm);
  const reckoning = at("long", "reckoning", "empty", calm);
  const longs = table!.where({ plan: "long", scar: percent(calm) });
  const paying = longs.where({ stakers: "chasing" }).rows.filter((row) => row.number("profit") > 0);
  const others = longs.rows.filter((row) => row.word("stakers") !== "chasing");
  const extra = ((yearly / 100 / 8_760) * hours * share) / (1 - share);
  const silent = elections.map((election) => at("long", "chasing", "silent", calm, size, election).number("gain"));
  const empty = elections.map((election) => at("long", "chasing", "empty", calm, size, election).number("gain"));
  const shorts = (election: string): readonly Cell[] =>
    table!.where({ election, attack: "empty", plan: "short", scar: percent(scarred), stakers: "holding" }).rows;
  const best = (election: string): number => {
    if (shorts(election).length === 0) throw new MissingRows(`no short plan under ${election}`);
    return Math.max(...shorts(election).map((row) => row.number("profit")));
  };
  const payingShorts = (election: string): string =>
    `${shorts(election).filter((row) => row.number("profit") > 0).length} of ${shorts(election).length}`;
  const profitAt = (wanted: number): number =>
    course!.where({ stakers: "chasing", exit: wanted }).rows[0]!.number("profit");
  const numbers = (list: readonly number[]): string => list.map((value) => value.toFixed(2)).join(", ");
  return [
    {
      name: "chasing",
      text: `The fake denial moves the token only if stakers follow the yield of the hour: then an attack of ${hours} h by ${percent(share)}% of the stake lifts the price by ${chasing.number("price").toFixed(1)}%, and gains ${chasing.number("gain").toFixed(2)}% of all stake against the same trades without it, with a speculation of ${percent(size)}% of the market. If they reckon, or hold, it lifts nothing (${reckoning.number("price").toFixed(1)}%).`,
      holds:
        chasing.number("price") > 1 &&
        chasing.number("gain") > 0 &&
        others.every((row) => row.number("gain") < chasing.number("gain") / 4),
    },
    {
      name: "reckoning",
      text: `Stakers that reckon have no reason to follow: the attack gives the others ${(100 * extra).toFixed(4)}% of their stake more in its ${hours} h, at a yield of ${yearly}% a year, and buying and selling costs ${(2 * fee).toFixed(1)}%. It would have to last ${(((2 * fee) / 100 / extra) * (hours / 24)).toFixed(0)} days to pay.`,
      holds: 100 * extra < 2 * fee && Math.abs(reckoning.number("price")) < chasing.number("price") / 4,
    },
    {
      name: "whole",
      text: `The whole plan, with the purchase and the sale of the stake, is a profit in ${paying.length} of ${longs.where({ stakers: "chasing" }).rows.length} cases with stakers that chase, and in ${others.filter((row) => row.number("profit") > 0).length} of ${others.length} with others. A token is moved by the attacker's own trades first: a party that buys ${percent(share)}% of the stake, and sells it, pays for both.`,
      holds: others.every((row) => row.number("profit") <= 0),
    },
    {
      name: "attack",
      text: `Silence costs leaks, empty batches do not. The gain against stakers that chase is ${numbers(silent)}% of all stake by silence, and ${numbers(empty)}% by empty batches (${elections.join(", ")}).`,
      holds: elections.every((_election, i) => empty[i]! >= silent[i]!),
    },
    {
      name: "exit",
      text: `A long exit is no protection against a plan that ends where it began: its stake is free ${exit} h after the attack, or ${longExit} h under GovernedSlashing, earns its yield until then, and is sold when the price has come back. The plan's profit is ${profitAt(exit).toFixed(2)}% and ${profitAt(longExit).toFixed(2)}% of all stake with stakers that chase. It is the slash itself that has to deter.`,
      holds: profitAt(longExit) > profitAt(exit),
    },
    {
      name: "short",
      text: `The other way, a short position, needs a token that loses value: with ${percent(scarred)}% lost in each hour of empty batches ${payingShorts(first!)} plans are a profit where the attacker has to buy its stake, and to sell it at the lower price (at best ${best(first!).toFixed(2)}% of all stake), and ${payingShorts("SlotAuction")} where it buys slots and holds no token (at best ${best("SlotAuction").toFixed(2)}%). Stake is the hostage that slots are not: this is what an auction has against it.`,
      holds: best("SlotAuction") > best(first!),
    },
  ];
}

function plots({ attacks: table, courses: course }: Tables, values: V): Plot[] {
  const { stakers, exit, sizes, depths, elections, scars, before, attack } = values;
  const [first] = elections;
  const depth = depths.includes(1) ? 1 : depths[0]!;
  const x = { title: "speculation, % of the market" };
  const gains = (scar: number): Curve[] =>
    stakers.map((name) => ({
      name,
      points: table!
        .where({ election: first!, attack: "empty", plan: "long", stakers: name, depth, scar: percent(scar) })
        .points("size", "profit"),
    }));
  const panels = [
    {
      ...{ title: "price of the token", x: { title: `hour; the attack lasts from ${before} to ${before + attack}` } },
      y: { title: "price", range: [0.8, 1.2] as const },
      curves: stakers.map((name): Curve => ({
        name,
        points: course!.where({ stakers: name, exit }).points("hour", "price"),
      })),
    },
    {
      ...{
        title: "stake of the others",
        x: { title: "hour" },
        y: { title: "part of all before", range: [0.6, 1.1] as const },
      },
      curves: stakers.map((name): Curve => ({
        name,
        points: course!.where({ stakers: name, exit }).points("hour", "staked"),
      })),
    },
    {
      ...{ title: "long: no value is lost", x, y: { title: "profit, % of all stake" } },
      curves: gains(Math.min(...scars)),
    },
    {
      ...{
        title: `short: ${percent(Math.max(...scars))}% are lost in an hour`,
        x,
        y: { title: "profit, % of all stake" },
      },
      curves: [first!, ...elections.filter((election) => !isStaked(election))].map((election): Curve => ({
        name: election,
        points: table!
          .where({
            election,
            attack: "empty",
            plan: "short",
            stakers: "holding",
            depth,
            scar: percent(Math.max(...scars)),
          })
          .points("size", "profit"),
      })),
    },
  ];
  return [
    {
      name: "market",
      description: "The price rises in the attack if stakers chase the yield, and not if they reckon or hold",
      svg: chart({ title: "A fake denial of service", panels: sizes.length > 1 ? panels : panels.slice(0, 2) }),
    },
  ];
}

export const DENIAL = experimentOf({
  name: "denial",
  title: "Fake denial of service",
  question:
    "When does it pay to buy the token, leave users out for a while, and sell, with an elastic price of the token?",
  sources: [
    {
      text: "If a dos attack is happening. Stakers will have a opportunity to not participate in the dos attack and get more rewards. This could push the price of the token higher during a dos attack as more stakers look to increase their stake in order to get more rewards.",
      place: "Against PoS, Fake DOS attack",
    },
    {
      text: "Take a short position on the token that is used for staking. Stake -> DOS -> Price Crashes -> Profit.",
      place: "Against PoS, DOS attack",
    },
  ],
  model:
    "The election's model says what the attack does: slots of the attacker, leaks, and the users that wait too long and give up. The token is traded in a pool whose product of tokens and money is constant. The attacker buys stake and speculation evenly, attacks, trades its speculation in the second half of the attack, and sells its stake once it is free. In the attack the others share the whole income of those users that are left. `chasing` stakers trade towards the stake that has the usual yield at today's price and income; `reckoning` ones buy only if the extra yield, for as long as it has lasted, pays for buying and selling; `holding` ones do nothing. Others trade towards the token's value. Amounts are parts of the stake of all before.",
  settings,
  small: { epochs: 3, depths: [1], sizes: [0, 0.1], scars: [0, 0.02] },
  check: ({ share, sizes, depths }) => {
    const [depth, size] = [Math.min(...depths), Math.max(...sizes)];
    if (share + size * depth >= depth) {
      throw new UsageError(
        `--set depths=${depth}: the plan buys ${(share + size * depth).toFixed(3)} of the stake in the market, and has to leave something; depths must be more than ${(share / (1 - size)).toFixed(3)}`,
      );
    }
  },
  parts: { attacks, courses },
  findings,
  plots,
});
