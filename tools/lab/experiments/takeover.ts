// SPDX-License-Identifier: MIT
import { chart, places, type Curve } from "../../docs/plots/chart.ts";
import { readParameters } from "../../docs/worked/deployParameters.ts";
import { Chance } from "../chance.ts";
import { experimentOf, partsOf, type Finding, type Plot, type Tables } from "../experiment.ts";
import { mean, sum } from "../maths.ts";
import { allInGasOf, migrationGasOf } from "../measured.ts";
import { decimal, decimals, whole, words, type Values } from "../settings.ts";
import { PLACES, SLOT_ELECTIONS, SLOT_HOURS, type SlotElectionName } from "../worlds/elections.ts";
import { runLeaving, runSlashing, runTakeover, SELLING } from "../worlds/takeover.ts";

const WAYS = ["forced exit", "migration", "freeze"] as const;
type Way = (typeof WAYS)[number];

const settings = {
  elections: words([...SLOT_ELECTIONS], SLOT_ELECTIONS, "elections of sequencers"),
  shares: decimals([0.5, 0.75], [0.1, 0.95], "slots that the buyer wants"),
  runs: whole(6, [1, 100], "purchases at another moment, of which a row is the mean"),
  epochs: whole(6, [2, 200], "epochs that are counted after the first slot"),
  valueMinute: decimal(10, [0.2, 10_000], "fees and MEV of a minute", "SEQ"),
  stake: decimal(10_000, [100, 1_000_000], "stake or bond of each of 16 places", "SEQ"),
  monopoly: decimal(3, [1, 1_000], "income of a slot to the buyer, as a multiple of that of others"),
  users: whole(1_000_000, [100, 2_000_000], "users"),
  decide: decimal(24, [0.1, 1_000], "mean time in which a user decides to leave", "h"),
  group: whole(1_000, [1, 65_536], "users of a migration"),
  gasShares: decimals([0.02, 0.1, 0.5], [0.001, 1], "part of L1's gas that leaving users have"),
  blockGas: whole(60_000_000, [15_000_000, 500_000_000], "gas of a block of L1"),
  escapeGas: whole(
    allInGasOf("verify 1 leaf"),
    [45_000, 5_000_000],
    "gas of an escape from a frozen rollup: one proof is verified",
  ),
  gasPrice: decimal(0.8, [0.01, 500], "price of gas on L1", "gwei"),
  slashers: decimals([0.25, 0.5, 0.5625, 0.75], [0.0625, 0.9375], "part of the stake that slashes whom it can"),
  days: whole(360, [30, 2_000], "days of slashing"),
} as const;

type V = Values<typeof settings>;
const part = partsOf(settings);
const percent = (share: number): number => Math.round(1e6 * share) / 1e4;
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

// ─── Leaving ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Calls of one user or group, when they are taken, and how long they take, in hours. */
function wayOf(way: Way, { group, escapeGas }: V) {
  const { poe } = readParameters("local");
  const hours = (name: string): number => Number(poe.integer(name)) / 3_600;
  const [deadline, proof] = [hours("forcedDeadline"), hours("targetTime")];
  switch (way) {
    case "forced exit":
      return {
        group: 1,
        gas: allInGasOf("forceExit") + allInGasOf("claim ETH, further"),
        opens: 0,
        takes: deadline + proof,
      };
    case "migration":
      return { group, gas: migrationGasOf(), opens: 0, takes: deadline + proof };
    case "freeze":
      return { group: 1, gas: escapeGas, opens: hours("escapeDelay"), takes: 0 };
  }
}

const leavingOf = (values: V, way: Way, gasShare: number, seed: number): Float64Array =>
  runLeaving(
    { ...wayOf(way, values), users: values.users, decide: values.decide, blockGas: gasShare * values.blockGas },
    new Chance(seed, "decisions"),
  );

const meanHours = (hours: Float64Array): number => sum(hours) / hours.length;

const leaving = part({
  columns: {
    way: { title: "way" },
    gasShare: { title: "part of L1's gas", unit: "%", digits: 1 },
    first: { title: "first user", unit: "h", digits: 1 },
    half: { title: "half of the users", unit: "h", digits: 1 },
    most: { title: "99 in 100", unit: "h", digits: 1 },
    mean: { title: "mean user", unit: "h", digits: 1 },
    gas: { title: "gas a user", digits: 0 },
    cost: { title: "cost of a user", unit: "0.001 ETH", digits: 4 },
  },
  meaning: "A row is a way out of a rollup whose sequencers take an operation only when they have to.",
  points: (values, seed) =>
    WAYS.flatMap((way) =>
      values.gasShares.map((gasShare) => ({
        label: `${way}, ${gasShare}`,
        run: () => {
          const hours = leavingOf(values, way, gasShare, seed);
          const at = (share: number): number => hours[Math.ceil(share * hours.length) - 1]!;
          const { gas, group } = wayOf(way, values);
          const each = gas / Math.min(group, values.users);
          return [
            {
              ...{ way, gasShare: percent(gasShare), first: hours[0]!, half: at(0.5), most: at(0.99) },
              ...{ mean: meanHours(hours), gas: each, cost: (each * values.gasPrice) / 1e6 },
            },
          ];
        },
      })),
    ),
});

// ─── Purchase ────────────────────────────────────────────────────────────────────────────────────────────────────────

const purchase = part({
  columns: {
    election: { title: "election" },
    share: { title: "slots wanted", unit: "%", digits: 0 },
    held: { title: "slots held", unit: "%", digits: 0 },
    capital: { title: "own capital", unit: "SEQ", digits: 0 },
    delegated: { title: "capital of delegators", unit: "SEQ", digits: 0 },
    hourly: { title: "price of an hour of slots", unit: "SEQ", digits: 0 },
    warning: { title: "from the purchase to the first slot", unit: "h", digits: 1 },
    exit: { title: "until the capital is back", unit: "h", digits: 1 },
    income: { title: "income until the users are gone", unit: "SEQ", digits: 0 },
    net: { title: "the same less the price of the slots", unit: "SEQ", digits: 0 },
    fall: { title: "fall of the token's price that eats it", unit: "%", digits: 1 },
  },
  meaning:
    "A row is the mean of some purchases. The users decide to leave once the buyer has its first slot, and force their exits with a tenth of L1's gas. A token that falls more than the last column makes the purchase a loss; without a number it is one in any case, or has no capital that could fall.",
  points: (values, seed) => {
    let ruled: number | undefined;
    const hours = (): number => (ruled ??= meanHours(leavingOf(values, "forced exit", TENTH, seed)));
    return values.elections.flatMap((election) =>
      values.shares.map((share) => ({
        label: `${election}, ${share}`,
        run: () => [buy(values, election as SlotElectionName, share, hours(), seed)],
      })),
    );
  },
});

const TENTH = 0.1;

function buy(values: V, election: SlotElectionName, share: number, ruled: number, seed: number) {
  const { runs, epochs, stake, valueMinute, monopoly } = values;
  const slotValue = valueMinute * 60 * SLOT_HOURS;
  const results = upTo(runs).map((run) => runTakeover({ election, share, stake, slotValue, epochs }, run, seed));
  const meanOf = (of: (result: (typeof results)[number]) => number): number => mean(results.map(of));
  const held = meanOf((result) => result.held);
  const [capital, hourly] = [meanOf((result) => result.capital), meanOf((result) => result.hourly)];
  // Fees, MEV, and the bids of others fall with the number of users.
  const hours = ruled * held;
  const income = hours * 60 * valueMinute * monopoly;
  const net = income - hours * hourly;
  const isStaked = !SELLING.includes(election);
  return {
    ...{ election, share: percent(share), held: percent(held), capital, hourly, income, net },
    ...{ delegated: meanOf((result) => result.delegated), warning: meanOf((result) => result.warning) },
    ...{ exit: meanOf((result) => result.exit), fall: isStaked ? Math.min(100, (100 * net) / capital) : undefined },
  };
}

// ─── Slashing by votes ───────────────────────────────────────────────────────────────────────────────────────────────

const slashing = part({
  columns: {
    share: { title: "stake of the side", unit: "%", digits: 2 },
    day: { title: "day", digits: 0 },
    own: { title: "stake of the side", unit: "SEQ", digits: 0 },
    others: { title: "stake of the others", unit: "SEQ", digits: 0 },
  },
  meaning: "A row is a day on which one side has charged each party of the other side as often as the votes allow.",
  points: (values) =>
    values.slashers.map((share) => ({
      label: String(share),
      run: () =>
        runSlashing(share, values.stake, values.days)
          .map(({ own, others }, i) => ({ share: percent(share), day: i + 1, own, others }))
          .filter(({ day }) => day % 5 === 0),
    })),
});

/** Stake that the side does not have. */
const othersOf = (share: number, stake: number): number => (PLACES - Math.round(share * PLACES)) * stake;

// ─── Answer ──────────────────────────────────────────────────────────────────────────────────────────────────────────

type Cell = Tables[string]["rows"][number];

function findings({ purchase: bought, leaving: left, slashing: slashed }: Tables, values: V): Finding[] {
  const { elections, shares, gasShares, slashers, stake, users, monopoly, days } = values;
  const near = gasShares.includes(TENTH) ? TENTH : gasShares[0]!;
  const wayAt = (way: Way): Cell => left!.where({ way, gasShare: percent(near) }).only();
  const share = shares[0]!;
  const at = (election: string, wanted = share): Cell => bought!.where({ election, share: percent(wanted) }).only();
  const list = (names: readonly string[], column: string, digits = 0): string =>
    names.map((name) => `${name} ${at(name).number(column).toFixed(digits)}`).join(", ");
  const sold = elections.filter((name) => (SELLING as readonly string[]).includes(name));
  const staked = elections.filter((name) => !sold.includes(name));
  const [exit, migration, freeze] = WAYS.map(wayAt) as [Cell, Cell, Cell];
  const others = (part: number, day: number): number =>
    slashed!
      .where({ share: percent(part), day })
      .only()
      .number("others");
  const majority = slashers.filter((part) => part > 0.5);
  const minority = slashers.filter((part) => part <= 0.5);
  const lastDay = days - (days % 5);
  const full = (part: number): number => othersOf(part, stake);
  const strongest = Math.min(...majority, 1);
  const rate = slashed!.where({ share: percent(strongest) }).rows;
  const firstLoss = rate.find((row) => row.number("others") < full(strongest))?.number("day") ?? days;
  const lockDays = 9;
  return [
    {
      name: "price",
      text: `Half of the slots cost, in SEQ of own capital: ${list(staked, "capital")}; in the stake rotation it is Q s / (1 − s) beside a pool of Q = ${(PLACES * stake).toFixed(0)}. It comes back when the buyer leaves, so the loss is the fall of the token. Where slots are sold, an hour of them costs ${list(sold, "hourly")}, and nothing comes back.`,
      holds:
        Math.abs(at("StakeRotation").number("capital") - (PLACES * stake * share) / (1 - share)) < 1 &&
        sold.every((name) => at(name).number("hourly") > 0),
    },
    {
      name: "cheap",
      text: `Two rules make it cheaper than the stake that it faces. In DelegatedStake a tenth of it is enough, if delegators bring the rest (${at("DelegatedStake").number("delegated").toFixed(0)} SEQ). In PerformanceRotation a place counts with the lowest stake, so ${at("PerformanceRotation").number("capital").toFixed(0)} SEQ face ${(PLACES * stake).toFixed(0)}: weight that does not follow stake has no price but the lowest stake.`,
      holds:
        at("DelegatedStake").number("capital") < 0.11 * at("StakeRotation").number("capital") &&
        at("PerformanceRotation").number("capital") < 0.5 * at("StakeRotation").number("capital"),
    },
    {
      name: "warning",
      text: `From the purchase to the first slot it takes ${list(elections, "warning", 1)} hours. Only the council's lock is longer than a way out (${exit.number("first").toFixed(0)} h): users of an authority can be gone before a council gone bad has the slots. Elsewhere they leave while the buyer rules.`,
      holds: elections.every((name) => (name === "Authority") === at(name).number("warning") > exit.number("first")),
    },
    {
      name: "leaving",
      text: `With ${percent(near)}% of L1's gas ${users.toLocaleString("en")} users are gone, half and 99 in 100, by forced exit after ${exit.number("half").toFixed(0)} and ${exit.number("most").toFixed(0)} h, by migration after ${migration.number("half").toFixed(0)} and ${migration.number("most").toFixed(0)} h, and by a freeze after ${freeze.number("half").toFixed(0)} and ${freeze.number("most").toFixed(0)} h. The deadline, the users' own decision and, of an exit, the gas set the time: an exit uses ${exit.number("gas").toFixed(0)} gas, a migrant ${migration.number("gas").toFixed(0)}.`,
      holds:
        exit.number("half") < freeze.number("half") &&
        migration.number("half") <= exit.number("half") + 1 &&
        migration.number("gas") < 0.05 * exit.number("gas"),
    },
    {
      name: "gas",
      text: `Gas binds where L1 is crowded, and a migration does not feel it: with ${percent(Math.min(...gasShares))}% of it 99 in 100 have forced their exits after ${left!
        .where({ way: "forced exit", gasShare: percent(Math.min(...gasShares)) })
        .only()
        .number("most")
        .toFixed(0)} h, have escaped after ${left!
        .where({ way: "freeze", gasShare: percent(Math.min(...gasShares)) })
        .only()
        .number("most")
        .toFixed(0)} h, and have migrated after ${left!
        .where({ way: "migration", gasShare: percent(Math.min(...gasShares)) })
        .only()
        .number("most")
        .toFixed(0)} h.`,
      holds:
        left!
          .where({ way: "migration", gasShare: percent(Math.min(...gasShares)) })
          .only()
          .number("most") <
        left!
          .where({ way: "forced exit", gasShare: percent(Math.min(...gasShares)) })
          .only()
          .number("most") -
          12,
    },
    {
      name: "income",
      text: `A buyer that takes ${monopoly} times the usual income from users that leave earns ${list(staked, "net")} SEQ net. So the purchase is a loss if the token falls by ${list(staked, "fall", 1)} percent; where that is 100, the buyer gains even if its own stake is lost, and those who delegated to it pay. Where slots are sold, ${list(sold, "net")} SEQ are left, all of it the extra that only a monopoly can take: at the usual income nothing is left.`,
      holds:
        staked.every((name) => at(name).number("net") > 0) &&
        sold.every((name) => at(name).number("net") < (at(name).number("income") * (monopoly - 1)) / monopoly + 1),
    },
    {
      name: "slashing",
      text: `Slashing by votes does not make the takeover cheap, and does not end it fast. A side with ${slashers
        .filter((part) => part > 0.5)
        .map((part) => `${percent(part)}%`)
        .join(
          " or ",
        )} has taken nothing by day ${firstLoss - 5} (the lock is ${lockDays} days), and leaves the others ${majority.map((part) => `${((100 * others(part, lastDay)) / full(part)).toFixed(0)}%`).join(" and ")} of their stake after ${lastDay} days. A side with ${minority.map((part) => `${percent(part)}%`).join(" or ")} takes nothing: a censor with half of the stake is never convicted.`,
      holds:
        minority.every((part) => others(part, lastDay) === full(part)) &&
        majority.every((part) => others(part, lastDay) < full(part)) &&
        firstLoss > lockDays,
    },
  ];
}

const SHORT: Readonly<Record<string, string>> = {
  ...{ Authority: "Authority", SlotAuction: "SlotAuction", MultiWinnerAuction: "MultiWinner", ProposerSale: "Sale" },
  ...{ StakeRotation: "Rotation", DelegatedStake: "Delegated", PerformanceRotation: "Performance" },
};

function plots({ purchase: bought, leaving: left, slashing: slashed }: Tables, values: V): Plot[] {
  const { elections, shares, slashers } = values;
  const short = elections.map((election) => SHORT[election] ?? election);
  const bars = (column: string): Curve[] =>
    shares.map((share) => ({
      ...{ name: `${percent(share)}% of the slots`, look: "bars" as const },
      points: elections.map((election, i) => [
        i,
        bought!
          .where({ election, share: percent(share) })
          .only()
          .number(column),
      ]),
    }));
  const x = { title: "election", ticks: places(short) };
  const price = [
    { title: "own capital", x, y: { title: "SEQ" }, curves: bars("capital") },
    {
      title: "income less the price of the slots, until the users are gone",
      x,
      y: { title: "SEQ" },
      curves: bars("net"),
    },
  ];
  const gone = [
    {
      ...{ title: "99 in 100 users are gone", x: { title: "part of L1's gas, %", isLogarithmic: true } },
      y: { title: "hours", isLogarithmic: true },
      curves: WAYS.map((way): Curve => ({ name: way, points: left!.where({ way }).points("gasShare", "most") })),
    },
    {
      ...{ title: "slashing by votes", x: { title: "day" }, y: { title: "stake of the others, % of the first" } },
      curves: slashers.map((share): Curve => ({
        name: `${percent(share)}% slash`,
        points: slashed!
          .where({ share: percent(share) })
          .rows.map((row) => [row.number("day"), (100 * row.number("others")) / othersOf(share, values.stake)]),
      })),
    },
  ];
  return [
    {
      name: "price",
      description: "A takeover needs most capital in the stake rotation, and leaves least where slots are sold",
      svg: chart({ title: "What a takeover costs and brings", panels: price, columns: 1 }),
    },
    {
      name: "leaving",
      description: "Users leave in days; slashing by votes takes months",
      svg: chart({ title: "How fast users are gone, and stake is slashed", panels: gone }),
    },
  ];
}

export const TAKEOVER = experimentOf({
  name: "takeover",
  title: "Takeover: price, income, and the users' way out",
  question: "What does it cost to take over an election, what does it bring, and how fast are the users gone?",
  sources: [
    {
      text: "The ability to slash or buy most of the staking tokens in circulation can lead to coordinator take over. Where they can create almost all the blocks and use this power to impose massive withdraw fees on users wishing to leave.",
      place: "Against PoS, Coordinator takeover",
    },
    {
      text: "instead provide an option of mass-migration, enforceable on L1 via a priority queue",
      place: "Against PoS, a reply",
    },
    {
      text: "This would be heavily dependent on the gas market which would mean that users with less funds would not be able to afford to migrate.",
      place: "Against PoS, another reply",
    },
  ],
  model:
    "A buyer comes in a random block beside 16 honest parties, on each election's model: it joins with the stake that its share needs, finds delegators for nine tenths of it, takes places with the lowest stake, bids, buys slots of drawn sequencers, or is a council that names parties of its own. From its first slot on users decide to leave, one after the other. Calls go to L1 in the order of the decisions, as fast as the part of the gas that they have. An operation waits for its deadline, as [a censor of all slots](#6-empty-blocks-under-each-election) takes it no earlier, and then for its proof; a frozen rollup opens after the escape delay. Times and gas are those of `deploy/parameters/local.json` and the snapshots; a user's part of an exit's batch and proof is left out. A migration is one departure and one delivery for a group. `GovernedSlashing` runs on its model with the lock, the rates and the caps of its defaults.",
  settings,
  small: {
    runs: 1,
    epochs: 4,
    users: 50_000,
    group: 100,
    days: 120,
    shares: [0.5],
    gasShares: [0.001, 0.1],
    slashers: [0.5, 0.75],
  },
  parts: { purchase, leaving, slashing },
  findings,
  plots,
});
