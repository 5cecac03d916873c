// SPDX-License-Identifier: MIT
import { chart, type Curve } from "../../docs/plots/chart.ts";
import { readParameters } from "../../docs/worked/deployParameters.ts";
import { Chance } from "../chance.ts";
import { experimentOf, partsOf, type Finding, type Plot, type Tables } from "../experiment.ts";
import { mean } from "../maths.ts";
import { decimal, decimals, whole, wholes, words, type Values } from "../settings.ts";
import { TIPS, type TipName } from "../strategies/tipping.ts";
import { runBribes, runMisses, runOf } from "../worlds/l1Censorship.ts";

const settings = {
  shares: decimals([0.1, 0.3, 0.5, 0.7, 0.9], [0.01, 0.99], "blocks of L1 that the attacker builds"),
  sticky: decimals([0, 0.5], [0, 0.99], "probability that a builder builds the next block without a draw"),
  windows: wholes([5, 10, 25, 50], [5, 200], "blocks of a slot"),
  slots: whole(3_000, [100, 100_000], "slots of a run"),
  late: wholes([0, 25, 40, 45], [0, 49], "blocks of a slot of 50 that its holder lets pass before it tries"),
  tips: words(["usual", "rising", "alarmed"], Object.keys(TIPS), "tips of the victim"),
  budgets: decimals([0.25, 0.5, 1, 2, 5, 10, 15, 25, 50], [0.01, 1_000], "budget of bribes / loss of the victim"),
  bribeBlocks: whole(50, [1, 200], "blocks in which the victim has to be left out"),
  tries: whole(2_000, [100, 100_000], "attempts of each budget"),
  valueMinute: decimal(10, [0.001, 100_000], "fees and MEV of a minute: an auction sells a slot for it", "SEQ"),
  stake: decimal(10_000, [100, 1_000_000], "stake", "SEQ"),
  part: decimal(0.0625, [0.001, 1], "part of the slots or ranges that the victim has"),
} as const;

type V = Values<typeof settings>;
const part = partsOf(settings);
const percent = (share: number): number => Math.round(1e6 * share) / 1e4;

// ─── Windows ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const windows = part({
  columns: {
    share: { title: "blocks of the attacker", unit: "%", digits: 1 },
    sticky: { title: "sticky", digits: 2 },
    blocks: { title: "slot", unit: "blocks", digits: 0 },
    wait: { title: "blocks before the first try", digits: 0 },
    missed: { title: "slots that count as missed", unit: "%", digits: 3 },
    theory: { title: "by theory", unit: "%", digits: 10 },
  },
  meaning: "A row is a run of the stake rotation with a holder that always tries to post.",
  points: (values, seed) => {
    const cases = [
      ...values.windows.map((blocks) => ({ blocks, wait: 0 })),
      ...values.late.filter((wait) => wait > 0).map((wait) => ({ blocks: 50, wait })),
    ];
    return values.sticky.flatMap((sticky) =>
      values.shares.flatMap((share) =>
        cases.map(({ blocks, wait }) => ({
          label: `${share}, ${sticky}, ${blocks}, ${wait}`,
          run: () => {
            const chance = new Chance(seed, `misses ${share} ${sticky} ${blocks} ${wait}`);
            const options = { share, sticky, slotBlocks: blocks, waits: wait, slots: values.slots };
            const { misses } = runMisses(options, chance);
            const theory = percentOf(runOf(blocks - wait, share, sticky));
            return [{ share: percent(share), sticky, blocks, wait, missed: 100 * misses, theory }];
          },
        })),
      ),
    );
  },
});

const percentOf = (chance: number): number => 100 * chance;

// ─── Duties ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const YEAR_BLOCKS = 365 * 7_200;

interface Duty {
  readonly election: string;
  readonly duty: string;
  /** Blocks of L1 that all have to be the attacker's, and blocks from one duty to the next one of all parties. */
  readonly blocks: number;
  readonly every: number;
  /** In SEQ. */
  readonly loss: number;
}

/** Duties that the contracts punish, with their defaults. A proof takes five blocks of its window. */
function dutiesOf({ valueMinute, stake }: V): Duty[] {
  const slot = 10 * valueMinute;
  const { b52 } = readParameters("local");
  const window = (name: string): number => Number(b52.integer(name)) / 12;
  const leak = stake / 100;
  return [
    { election: "SlotAuction", duty: "a batch in a bought slot", blocks: 50, every: 50, loss: 2 * slot },
    { election: "MultiWinnerAuction", duty: "a batch in a slot of a seat", blocks: 50, every: 50, loss: 50 },
    { election: "StakeRotation", duty: "a batch in a drawn slot", blocks: 50, every: 50, loss: leak },
    { election: "DelegatedStake", duty: "a batch in a drawn slot", blocks: 50, every: 50, loss: leak },
    { election: "PerformanceRotation", duty: "a batch in a drawn slot", blocks: 50, every: 50, loss: leak },
    { election: "ProposerSale", duty: "a batch in a bought slot", blocks: 50, every: 50, loss: slot + 200 },
    { election: "OutsourcedProving", duty: "a proof of a range", blocks: 75 - 5, every: 100, loss: 500 },
    { election: "RandomPriority", duty: "a proof in a claimed slot", blocks: 25 - 5, every: 25, loss: 1_000 },
    {
      ...{ election: "B52", duty: "a proven block of a commitment", blocks: window("proofWindow") - 5 },
      ...{ every: window("proposalWindow") + window("proofWindow"), loss: slot / 5 },
    },
  ];
}

const duties = part({
  columns: {
    election: { title: "election" },
    duty: { title: "duty" },
    blocks: { title: "window", unit: "blocks", digits: 0 },
    loss: { title: "loss", unit: "SEQ", digits: 0 },
    share: { title: "blocks of the attacker", unit: "%", digits: 1 },
    chance: { title: "slashed", unit: "% of the duties", digits: 8 },
    yearly: { title: "slashes of a year", digits: 4 },
    bribe: { title: "bribes for one slash", unit: "SEQ", digits: 0 },
  },
  meaning:
    "A row is a duty that is punished, and an attacker that builds a share of L1's blocks. The bribes are those for all other blocks of the window, where the victim offers its loss in each.",
  points: (values) =>
    dutiesOf(values).flatMap(({ election, duty, blocks, every, loss }) =>
      values.shares.map((share) => ({
        label: `${election}, ${share}`,
        run: () => {
          const chance = runOf(blocks, share, 0);
          const yearly = (values.part * YEAR_BLOCKS * chance) / every;
          return [
            {
              ...{ election, duty, blocks, loss, share: percent(share), chance: percentOf(chance), yearly },
              bribe: (1 - share) * blocks * loss,
            },
          ];
        },
      })),
    ),
});

// ─── Bribes ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const bribes = part({
  columns: {
    tips: { title: "victim" },
    share: { title: "blocks of the attacker", unit: "%", digits: 1 },
    budget: { title: "budget / loss of the victim", digits: 2 },
    kept: { title: "attempts that keep it out", unit: "%", digits: 1 },
    spent: { title: "spent / loss of the victim", digits: 2 },
  },
  meaning: "A row is many attempts to keep a call out of all blocks of a window, by own blocks and by bribes.",
  points: ({ tips, shares, budgets, bribeBlocks, tries }, seed) =>
    tips.flatMap((tip) =>
      shares.flatMap((share) =>
        budgets.map((budget) => ({
          label: `${tip}, ${share}, ${budget}`,
          run: () => {
            const chance = new Chance(seed, `bribes ${tip} ${share}`);
            const options = { share, blocks: bribeBlocks, tips: tip as TipName, budget };
            const results = Array.from({ length: tries }, () => runBribes(options, chance));
            return [
              {
                ...{ tips: tip, share: percent(share), budget, spent: mean(results.map(({ spent }) => spent)) },
                kept: 100 * mean(results.map(({ kept }) => (kept ? 1 : 0))),
              },
            ];
          },
        })),
      ),
    ),
});

// ─── Answer ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const scientific = (value: number): string => (value >= 0.01 ? value.toFixed(2) : value.toExponential(0));

function findings({ windows: table, duties: owed, bribes: bribed }: Tables, values: V): Finding[] {
  const { shares, slots, sticky, windows: lengths, bribeBlocks, late } = values;
  const [strong, half] = [Math.max(...shares), shares.includes(0.5) ? 0.5 : shares[0]!];
  const [short, long] = [Math.min(...lengths), Math.max(...lengths)];
  const at = (share: number, blocks: number, wait = 0, persistence = 0) =>
    table!.where({ share: percent(share), sticky: persistence, blocks, wait }).only();
  const isNear = table!.rows.every((row) => {
    const expected = row.number("theory") / 100;
    const error = 4 * Math.sqrt((expected * (1 - expected)) / slots) * (1 + row.number("sticky") * 3) + 2 / slots;
    return Math.abs(row.number("missed") / 100 - expected) <= error;
  });
  const yearly = (election: string, share: number): string =>
    scientific(
      owed!
        .where({ election, share: percent(share) })
        .only()
        .number("yearly"),
    );
  const names = owed!.values("election");
  const numberOf = (election: string, share: number): number =>
    owed!
      .where({ election, share: percent(share) })
      .only()
      .number("yearly");
  const exposed = names.reduce((worst, name) => (numberOf(name, half) > numberOf(worst, half) ? name : worst));
  const most = Math.max(...late);
  const persistence = Math.max(...sticky);
  const needed = (tips: string, share: number): number | undefined =>
    bribed!
      .where({ tips, share: percent(share) })
      .rows.find((row) => row.number("kept") >= 50)
      ?.number("budget");
  const budgetOf = (tips: string): string => {
    const budget = needed(tips, half);
    return budget === undefined ? `more than ${Math.max(...values.budgets)}` : String(budget);
  };
  return [
    {
      name: "windows",
      text: `A slash needs all blocks of a window, so the chance is βᵏ: with half of L1's blocks ${at(half, short).number("missed").toFixed(1)}% of the slots of ${short} blocks are missed by an honest holder, and ${at(half, long).number("missed").toFixed(1)}% of those of ${long} (theory: ${scientific(at(half, short).number("theory"))}% and ${scientific(percentOf(runOf(long, half, 0)))}%). With ${percent(strong)}% it is ${at(strong, short).number("missed").toFixed(0)}% and ${at(strong, long).number("missed").toFixed(1)}%.`,
      holds: isNear && at(half, short).number("missed") > 1 && at(half, long).number("missed") === 0,
    },
    {
      name: "late",
      text: `The holder makes its own window: a holder that waits ${most} of 50 blocks for the best order has ${50 - most} left, and misses ${at(half, 50, most).number("missed").toFixed(1)}% of its slots against half of L1's blocks, in place of none.`,
      holds: at(half, 50, most).number("missed") > 1,
    },
    {
      name: "sticky",
      text: `Builders that build in a row shorten windows: if the next block has the same builder with a probability of ${persistence}, ${at(half, short, 0, persistence).number("missed").toFixed(0)}% in place of ${at(half, short).number("missed").toFixed(0)}% of the short slots are missed, and ${scientific(percentOf(runOf(long, half, persistence)))}% of the long ones by theory.`,
      holds:
        persistence === 0 || at(half, short, 0, persistence).number("missed") > 2 * at(half, short).number("missed"),
    },
    {
      name: "duties",
      text: `With the windows of the defaults and ${percent(half)}% of L1's blocks, a party with ${percent(values.part)}% of the duties is slashed less than once in a hundred years in every election; most often in ${exposed}, whose window is the shortest: ${yearly(exposed, half)} times a year. With ${percent(strong)}% it is slashed ${names.map((name) => `${yearly(name, strong)} (${name})`).join(", ")} times a year.`,
      holds: names.every((name) => numberOf(name, half) < 0.01) && exposed === "RandomPriority",
    },
    {
      name: "bribes",
      text: `Money replaces blocks only if the victim does not fight. To keep it out of ${bribeBlocks} blocks in half of the attempts, with half of the blocks one's own, takes ${budgetOf("usual")} times its loss if it pays the usual tip, ${budgetOf("rising")} times if its tip rises, and ${budgetOf("alarmed")} times if it offers its whole loss once it was left out. A slash brings the attacker less than that: burned tokens are nobody's gain.`,
      holds:
        (needed("usual", half) ?? Infinity) <= (needed("rising", half) ?? Infinity) &&
        (needed("rising", half) ?? Infinity) <= (needed("alarmed", half) ?? Infinity) &&
        (needed("alarmed", half) ?? Infinity) > 10,
    },
  ];
}

function plots({ windows: table, bribes: bribed }: Tables, { shares, windows: lengths, tips, sticky }: V): Plot[] {
  const half = shares.includes(0.5) ? 0.5 : shares[0]!;
  const [first] = sticky;
  const y = { title: "% of the slots", range: [0, 100] as const };
  const panels = [
    {
      ...{ title: "slots that count as missed", x: { title: "blocks of the attacker, %" }, y },
      curves: lengths.flatMap((blocks): Curve[] => {
        const rows = table!.where({ sticky: first!, blocks, wait: 0 });
        return [
          { name: `${blocks} blocks`, look: "marks", points: rows.points("share", "missed") },
          { name: `${blocks} blocks`, isDashed: true, points: rows.points("share", "theory") },
        ];
      }),
    },
    {
      ...{ title: `bribes, with ${percent(half)}% of the blocks`, x: { title: "budget / loss", isLogarithmic: true } },
      y: { title: "% of the attempts that succeed", range: [0, 100] as const },
      curves: tips.map((name): Curve => ({
        ...{ name, points: bribed!.where({ tips: name, share: percent(half) }).points("budget", "kept") },
      })),
    },
  ];
  return [
    {
      name: "windows",
      description: "Long slots are safe up to large shares of L1's blocks; a victim that fights makes bribes dear",
      svg: chart({ title: "Slashing by censorship of L1", note: "Marks: the model. Dashes: βᵏ.", panels }),
    },
  ];
}

export const SLASHING_ATTACK = experimentOf({
  name: "slashing",
  title: "The slashing attack",
  question:
    "How probable is a wrongful slash, against the attacker's share of L1's blocks and the length of the windows?",
  sources: [
    {
      text: "Most of these systems have a slashing condition where stakers get slashes if they don't create a block by time X. The attacker who is also a miner. Refusing to include transactions from other coordinators.",
      place: "Against PoS, Slashing attack",
    },
    {
      text: "Using a relatively small % of the mining power the attacker can significantly increase the chances of another staker getting slashed.",
      place: "the same place",
    },
  ],
  model:
    "The stake rotation's model with one honest holder of all slots: it tries in each block of L1 until its batch is in, an attacker builds a share of the blocks and leaves it out, and each miss is reported. `Authority` and `GovernedSlashing` punish by decision, not by L1: [takeover](#9-takeover-price-income-and-the-users-way-out) has them. The table of duties takes βᵏ for the windows of the contracts' defaults. Of a bribe, other builders take the higher of two offers, the victim's tip or the attacker's bribe.",
  settings,
  small: { slots: 400, windows: [5, 50], late: [0, 45], tries: 200, shares: [0.5, 0.9] },
  parts: { windows, duties, bribes },
  findings,
  plots,
});
