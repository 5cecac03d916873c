// SPDX-License-Identifier: MIT
import { score } from "../../../test/model/b52/index.ts";
import { chart, type Curve } from "../../docs/plots/chart.ts";
import { Chance } from "../chance.ts";
import { experimentOf, partsOf, type Finding, type Plot, type Tables } from "../experiment.ts";
import { ln, mean, normalBelow, power } from "../maths.ts";
import { decimal, decimals, whole, wholes, words, type Values } from "../settings.ts";
import { PROPOSERS, type ProposerView } from "../strategies/proposing.ts";
import { STAKING, type StakingName } from "../strategies/staking.ts";
import { b52Parameters, B52World, SEQ, type Offer } from "../worlds/b52.ts";

const RULES = ["plain", "fair pay", "threshold VRF"] as const;
type Rule = (typeof RULES)[number];

/** Leaves of a tree with a node for every ticket. */
const LEAVES = 64;
const MOST_TICKETS = 2 * LEAVES - 1;
const SIDES = ["majority", "minority"] as const;

const settings = {
  tickets: whole(100, [10, MOST_TICKETS], "tickets at the beginning"),
  majority: whole(51, [1, 99], "of them on the larger side", "%"),
  heights: whole(1_000, [50, 5_000], "heights"),
  runs: whole(3, [1, 50], "runs with other chance"),
  spreads: decimals(
    [0, 0.05, 0.1, 0.3],
    [0, 2],
    "standard deviation of the logarithm of a block's value, for each side",
  ),
  value: decimal(100, [1, 10_000], "median value of a block: fees and MEV", "SEQ"),
  elected: whole(50, [1, MOST_TICKETS], "tickets that the threshold elects at a height, on average"),
  stake: decimal(1_000, [1, 1_000_000], "stake of a ticket", "SEQ"),
  upkeep: decimal(0.3, [0, 100], "cost of a ticket at a height", "SEQ"),
  period: whole(50, [1, 1_000], "heights after which owners buy tickets or give them back"),
  staking: words(["steady", "compounding"], Object.keys(STAKING), "strategies of the owners, one after the other"),
  thresholds: decimals([0.02, 0.05, 0.1, 0.2, 0.5, 1], [0.001, 1], "parts of the tickets that are elected"),
  sizes: wholes([100, 1_000, 2_000], [10, 10_000], "tickets of the draws without money"),
  draws: whole(20_000, [100, 1_000_000], "heights of the draws without money"),
} as const;

type V = Values<typeof settings>;
const part = partsOf(settings);

const seq = (amount: number): bigint => BigInt(Math.round(amount * 1e6)) * 10n ** 12n;
const inSeq = (amount: bigint): number => Number(amount / 10n ** 9n) / 1e9;

// ─── A thousand heights ──────────────────────────────────────────────────────────────────────────────────────────────

interface Side {
  readonly name: (typeof SIDES)[number];
  readonly tickets: Set<number>;
  /** In SEQ. */
  savings: number;
  /** In SEQ, since the beginning, and in this period. */
  income: number;
  recent: number;
  heights: number;
}

interface Course {
  readonly sides: readonly [Side, Side];
  /** Part of the tickets that the larger side has, after each period. */
  readonly stakes: readonly { readonly height: number; readonly heights: number; readonly stake: number }[];
}

/** Two proposers, each with its tickets; the one that can bid more bids just enough to win. */
function play(values: V, staking: string, rule: Rule, spread: number, run: number, seed: number): Course {
  const { tickets, majority, heights, period, stake } = values;
  const purpose = `${spread} ${run}`;
  const market = SIDES.map((name) => new Chance(seed, `value ${name} ${purpose}`));
  const draws = new Chance(seed, `draw ${purpose}`);
  const params = b52Parameters("sepolia", {
    ...{ maxLeaves: LEAVES, targetProvers: 1n, minBid: 1n, pipelined: false, fairPay: rule === "fair pay" },
    ...{ stake: seq(stake) },
  });
  const first = Math.round((tickets * majority) / 100);
  const owners = Array.from({ length: tickets }, (_, i) => SIDES[i < first ? 0 : 1]);
  const world = new B52World(params, owners, `majority ${staking} ${rule} ${purpose} ${seed}`);
  const sides = SIDES.map((name): Side => ({
    ...{ name, savings: 0, income: 0, recent: 0, heights: 0 },
    tickets: new Set(owners.flatMap((owner, i) => (owner === name ? [i + 1] : []))),
  })) as [Side, Side];
  const stakes: { height: number; heights: number; stake: number }[] = [];
  const proposerPart = inSeq((params.blockReward * (10_000n - params.maxShare)) / 10_000n);

  for (let height = 1; height <= heights; height++) {
    const known = world.model.registry.active();
    const voters = sides.map((side) => {
      const own = [...side.tickets].filter((ticket) => known.has(ticket));
      const part = values.elected / known.size;
      return rule === "threshold VRF" ? own.filter(() => draws.happens(part)) : own;
    });
    const worths = market.map((chance) => chance.lognormal(values.value, spread));
    const views = sides.map((_, i): ProposerView => ({
      ...{ value: seq(worths[i]! + proposerPart), provers: BigInt(voters[i]!.length), rivals: [] },
      ...{ rule: world.model.scoreRule, minBid: params.minBid, proposers: 2, most: 0n },
    }));
    const limits = views.map((view) => PROPOSERS.truthful(view)!);
    const offers = sides.flatMap((side, i): Offer[] => {
      if (voters[i]!.length === 0) return [];
      const rivals = [{ bid: limits[1 - i]!, provers: views[1 - i]!.provers }];
      const bid = PROPOSERS.outbid({ ...views[i]!, rivals }) ?? limits[i]!;
      return [{ proposer: side.name, bid, share: params.maxShare, leaves: LEAVES, tickets: voters[i]! }];
    });
    if (offers.length === 0) continue;
    const { winner, change } = world.play(offers);
    sides.forEach((side, i) => {
      const won = side.name === winner ? worths[i]! : 0;
      const gained = inSeq(change.get(side.name) ?? 0n) + won;
      side.income += gained;
      side.recent += gained;
      side.savings += gained - values.upkeep * side.tickets.size;
      if (side.name === winner) side.heights++;
    });
    if (height % period === 0) {
      for (const side of sides) trade(world, side, staking, values);
      const [larger, smaller] = sides;
      const count = larger.tickets.size + smaller.tickets.size;
      stakes.push({ height, heights: larger.heights / height, stake: larger.tickets.size / count });
    }
  }
  return { sides, stakes };
}

/** An owner buys tickets, as far as there are free ones, or gives some back. */
function trade(world: B52World, side: Side, staking: string, { upkeep, stake, period }: V): void {
  const { registry } = world.model;
  for (const [id, ticket] of [...registry.tickets]) {
    if (ticket.withdrawableAt !== undefined && world.now >= ticket.withdrawableAt) {
      registry.withdrawStake(id, world.now);
    }
  }
  const wanted = STAKING[staking as StakingName]({
    ...{ tickets: side.tickets.size, income: side.recent / Math.max(1, side.tickets.size) },
    ...{ upkeep: upkeep * period, savings: side.savings, stake },
  });
  side.recent = 0;
  for (let bought = 0; bought < wanted; bought++) {
    const id = Array.from({ length: MOST_TICKETS }, (_, i) => i + 1).find((free) => !registry.tickets.has(free));
    if (id === undefined) return;
    registry.join(side.name, id, side.name);
    side.tickets.add(id);
    side.savings -= stake;
  }
  for (const ticket of [...side.tickets].slice(0, Math.max(0, -wanted))) {
    registry.leaveRegistry(side.name, ticket, world.now);
    side.tickets.delete(ticket);
    side.savings += stake;
  }
}

const shares = part({
  columns: {
    staking: { title: "owners" },
    rule: { title: "rule" },
    spread: { title: "spread of values", digits: 2 },
    run: { title: "run", digits: 0 },
    heights: { title: "heights of the majority", unit: "%", digits: 1 },
    income: { title: "income of the majority", unit: "%", digits: 1 },
    stake: { title: "tickets of the majority at the end", unit: "%", digits: 1 },
    tickets: { title: "all tickets at the end", digits: 0 },
  },
  meaning: "A row is a run of all heights under one rule.",
  points: (values, seed) =>
    everyCase(values).flatMap(({ staking, rule, spread }) =>
      Array.from({ length: values.runs }, (_, run) => ({
        label: `${staking}, ${rule}, ${spread}, ${run}`,
        run: () => {
          const [larger, smaller] = play(values, staking, rule, spread, run, seed).sides;
          const partOf = (of: (side: Side) => number): number => (100 * of(larger)) / (of(larger) + of(smaller));
          return [
            {
              ...{ staking, rule, spread, run, heights: partOf((side) => side.heights) },
              ...{ income: partOf((side) => side.income), stake: partOf((side) => side.tickets.size) },
              tickets: larger.tickets.size + smaller.tickets.size,
            },
          ];
        },
      })),
    ),
});

interface Case {
  readonly staking: string;
  readonly rule: Rule;
  readonly spread: number;
}

const everyCase = ({ staking: stakings, spreads }: V): Case[] =>
  stakings.flatMap((staking) => RULES.flatMap((rule) => spreads.map((spread) => ({ staking, rule, spread }))));

const course = part({
  columns: {
    rule: { title: "rule" },
    spread: { title: "spread of values", digits: 2 },
    height: { title: "height", digits: 0 },
    heights: { title: "heights of the majority so far", unit: "%", digits: 1 },
    stake: { title: "tickets of the majority", unit: "%", digits: 1 },
  },
  meaning: "A row is the end of a period of the first run, for the last one of the strategies.",
  points: (values, seed) =>
    everyCase({ ...values, staking: values.staking.slice(-1) }).map(({ staking, rule, spread }) => ({
      label: `${rule}, ${spread}`,
      run: () =>
        play(values, staking, rule, spread, 0, seed).stakes.map(({ height, heights, stake }) => ({
          ...{ rule, spread, height, heights: 100 * heights, stake: 100 * stake },
        })),
    })),
});

// ─── Draws without money ─────────────────────────────────────────────────────────────────────────────────────────────

const draws = part({
  columns: {
    tickets: { title: "tickets", digits: 0 },
    threshold: { title: "part that is elected", digits: 3 },
    expected: { title: "elected on average", digits: 1 },
    wins: { title: "heights of the majority", unit: "%", digits: 1 },
    theory: { title: "by the normal distribution", unit: "%", digits: 1 },
    capped: { title: "heights of the majority in a tree of 15 nodes", unit: "%", digits: 1 },
  },
  meaning: "A row is a threshold; both sides bid the same, and ties are drawn.",
  points: ({ sizes, thresholds, draws: count, majority }, seed) =>
    sizes.flatMap((tickets) =>
      thresholds.map((threshold) => ({
        label: `${tickets}, ${threshold}`,
        run: () => {
          const chance = new Chance(seed, `threshold ${tickets} ${threshold}`);
          const larger = Math.round((tickets * majority) / 100);
          const rule = { target: 1n, slope: 0n };
          const electedOf = (size: number): number => {
            let elected = 0;
            for (let i = 0; i < size; i++) if (chance.happens(threshold)) elected++;
            return elected;
          };
          let [wins, capped] = [0, 0];
          const result = (own: number, other: number): number => {
            const [left, right] = [score(BigInt(own), SEQ, rule), score(BigInt(other), SEQ, rule)];
            return left === right ? Number(chance.happens(0.5)) : Number(left > right);
          };
          for (let i = 0; i < count; i++) {
            const [own, other] = [electedOf(larger), electedOf(tickets - larger)];
            wins += result(own, other);
            capped += result(Math.min(own, 15), Math.min(other, 15));
          }
          const lead = ((2 * larger) / tickets - 1) * Math.sqrt((tickets * threshold) / (1 - threshold));
          return [
            {
              ...{ tickets, threshold, expected: tickets * threshold, wins: (100 * wins) / count },
              ...{ theory: threshold === 1 ? 100 : 100 * normalBelow(lead), capped: (100 * capped) / count },
            },
          ];
        },
      })),
    ),
});

// ─── Answer ──────────────────────────────────────────────────────────────────────────────────────────────────────────

type Rows = Tables[string];

/** Tickets of the minority at the end. */
const minorityOf = (row: Rows["rows"][number]): number => ((100 - row.number("stake")) / 100) * row.number("tickets");

/** Mean of a column over the runs, in percent. */
const meanOf = (table: Rows, { staking, rule, spread }: Case, column: string): number =>
  mean(table.where({ staking, rule, spread }).numbers(column));

function findings({ shares: table, draws: drawn }: Tables, values: V): Finding[] {
  const { spreads, majority, elected, staking: stakings, upkeep } = values;
  const least = Math.min(...spreads);
  const [first, last] = [stakings[0]!, stakings.at(-1)!];
  const heightsOf = (rule: Rule, spread = least, staking = first): number =>
    meanOf(table!, { staking, rule, spread }, "heights");
  const endOf = (rule: Rule, column: string): number => meanOf(table!, { staking: last, rule, spread: least }, column);
  const [plain, fair, vrf] = RULES.map((rule) => heightsOf(rule)) as [number, number, number];
  const ends = RULES.map((rule) => endOf(rule, "stake")) as [number, number, number];
  const incomes = RULES.map((rule) => endOf(rule, "income")) as [number, number, number];
  const others = spreads.filter((spread) => spread > 0);
  const handicap = power(majority / (100 - majority), 1.5);
  // The minority wins where its block is worth more by the factor of its handicap; the reward is a part of the worth.
  const reward = inSeq(b52Parameters("sepolia").blockReward) / 2;
  const theory = (spread: number): number =>
    100 * normalBelow((ln(handicap) * (1 + reward / values.value)) / (spread * Math.SQRT2));
  const noise = (3 * 50) / Math.sqrt(values.heights * values.runs) + 1;
  const near = drawn!.rows.filter((row) => row.number("threshold") < 1);
  const within = (3 * 50) / Math.sqrt(values.draws) + 0.6;
  const large = near.filter((row) => row.number("expected") > 30);
  const half = near.filter((row) => row.number("threshold") === 0.5);
  const uncles = inSeq(b52Parameters("sepolia").uncleReward);
  return [
    {
      name: "heights",
      text: `While stakes stay as they are and both sides build blocks of the same value, ${majority}% of the tickets win ${plain.toFixed(0)}% of the heights, as the paper fears, ${fair.toFixed(0)}% with fair pay, and ${vrf.toFixed(0)}% with a threshold VRF that elects ${elected} tickets.`,
      holds: least > 0 || (plain === 100 && fair === 100 && vrf > 50 && vrf < 65),
    },
    {
      name: "stakes",
      text: `If owners put their income into tickets, the majority ends with ${ends[0].toFixed(0)}% of them plain, ${ends[1].toFixed(0)}% with fair pay, and ${ends[2].toFixed(0)}% with the VRF. Its part of the income is ${incomes.map((income) => income.toFixed(0)).join("%, ")}%. Fair pay stops the growth, as it pays the losers' provers by their score, which is near the winner's in a close auction. The VRF does not: a majority that wins a little more often buys a little more, and so on.`,
      holds: ends[1] < ends[0] - 5 && ends[1] < 55 && ends[2] >= ends[1],
    },
    {
      name: "uncles",
      text: `Plain, the minority does not vanish: it keeps the tickets that uncle rewards feed, at most ${uncles} SEQ a height for an upkeep of ${upkeep} SEQ each, which is ${Math.floor(uncles / upkeep)} tickets.`,
      holds: table!
        .where({ staking: last, rule: "plain", spread: least })
        .rows.every((row) => minorityOf(row) >= 0.9 * Math.floor(uncles / upkeep) - 1),
    },
    {
      name: "values",
      text: `Equal values are the worst case. The majority's bid counts ${handicap.toFixed(3)} times as much, so the minority wins where its block is worth more by that. With steady stakes the majority wins ${others.map((spread) => `${heightsOf("plain", spread).toFixed(0)}% at a spread of ${spread}`).join(", ")}; about ${others.map((spread) => theory(spread).toFixed(0)).join(", ")}% by theory.`,
      holds: others.every((spread) => Math.abs(heightsOf("plain", spread) - theory(spread)) < noise + 3),
    },
    {
      name: "threshold",
      text: `The threshold has to follow the number of tickets. With half of them elected a majority of ${majority}% wins ${half.map((row) => `${row.number("wins").toFixed(0)}% of the heights among ${row.number("tickets")} tickets`).join(", ")}. The draws follow Φ((2p − 1) √(nq / (1 − q))).`,
      holds: large.length > 0 && large.every((row) => Math.abs(row.number("wins") - row.number("theory")) <= within),
    },
    {
      name: "cap",
      text: `In a tree of 15 nodes, as the contract takes, a threshold that elects 50 tickets or more is a coin: each side fills the tree. There the majority wins ${range(large.map((row) => row.number("capped")))}% of the heights.`,
      holds: drawn!.rows
        .filter((row) => row.number("expected") >= 50)
        .every((row) => Math.abs(row.number("capped") - 50) <= within),
    },
  ];
}

const range = (numbers: readonly number[]): string =>
  `${Math.min(...numbers).toFixed(0)} … ${Math.max(...numbers).toFixed(0)}`;

function plots({ course: path, shares: table, draws: drawn }: Tables, { spreads, staking: stakings }: V): Plot[] {
  const shown = [...new Set([spreads[0]!, spreads[Math.min(2, spreads.length - 1)]!])];
  const panels = shown.map((spread) => ({
    title: spread === 0 ? "blocks of equal value" : `values with a spread of ${spread}`,
    x: { title: "height" },
    y: { title: "tickets of the majority, %", range: [40, 100] as const },
    curves: RULES.map((rule): Curve => ({
      name: rule,
      points: path!.where({ rule, spread }).points("height", "stake"),
    })),
  }));
  const won = stakings.map((staking) => ({
    title: `heights won, owners: ${staking}`,
    x: { title: "spread of the values of blocks" },
    y: { title: "heights of the majority, %", range: [40, 100] as const },
    curves: RULES.map((rule): Curve => ({
      name: rule,
      points: spreads.map((spread) => [spread, meanOf(table!, { staking, rule, spread }, "heights")] as const),
    })),
  }));
  const threshold = {
    title: "",
    x: { title: "tickets that are elected on average", isLogarithmic: true },
    y: { title: "heights of the majority, %", range: [40, 100] as const },
    curves: [
      ...drawn!.values("tickets").map((tickets): Curve => ({
        name: `${tickets} tickets`,
        points: drawn!.where({ tickets }).points("expected", "wins"),
      })),
      ...drawn!
        .values("tickets")
        .slice(-1)
        .map((tickets): Curve => ({
          name: `${tickets} tickets, a tree of 15 nodes`,
          isDashed: true,
          points: drawn!.where({ tickets }).points("expected", "capped"),
        })),
    ],
  };
  return [
    {
      name: "course",
      description:
        "The majority's part of the tickets over the heights: it grows plain and with a VRF, not with fair pay",
      svg: chart({ title: "51% of the stake, and income that buys tickets", panels }),
    },
    {
      name: "heights",
      description: "The majority's part of the heights falls with the spread of values",
      svg: chart({ title: "51% of the stake: who wins", panels: won }),
    },
    {
      name: "threshold",
      description: "The more tickets the threshold elects, the more heights the majority wins, up to all",
      svg: chart({ title: "How many tickets a threshold VRF may elect", panels: [threshold] }),
    },
  ];
}

export const MAJORITY = experimentOf({
  name: "majority",
  title: "B52: 51% of the stake",
  question: "Does the larger side win all heights and then all stake, and do fair pay or a VRF on votes stop it?",
  sources: [
    {
      text: "If an entity purchase 51% of the stake, they will trend towards a 100% probability of always winning block auction.",
      place: "B52, the reply on 51% of the stake, which also proposes fair pay and a VRF",
    },
    {
      text: "If you have x% of the stake you make x% of blocks",
      place: "B52, the reply on randomly-weighting the bids",
    },
  ],
  model: `Two proposers, each with its own tickets, which vote for no other. Both know what the other one can bid; the better one bids just enough. Rounds, scores and payments are those of \`test/model/b52\`, in a tree of ${LEAVES} leaves, so that each of up to ${MOST_TICKETS} tickets has a node. The strategy of the owners is \`steady\` (stakes stay) or \`compounding\`: after each period an owner buys tickets from its savings, or gives some back if they do not earn their upkeep. The threshold VRF is a draw for each ticket and height.`,
  settings,
  small: { heights: 150, runs: 2, spreads: [0, 0.1], draws: 1_500, sizes: [100, 1_000] },
  parts: { shares, course, draws },
  findings,
  plots,
});
