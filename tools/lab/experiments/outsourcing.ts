// SPDX-License-Identifier: MIT
import { ConsensusModel, type Moment } from "../../../test/model/elections/parts/index.ts";
import {
  OutsourcedProvingModel,
  SEATS,
  weightOf,
  type ProvingTerms,
} from "../../../test/model/elections/outsourcedProving.ts";
import { chart, type Curve } from "../../docs/plots/chart.ts";
import { Chance } from "../chance.ts";
import { experimentOf, partsOf, type Finding, type Plot, type Tables } from "../experiment.ts";
import { concentration, inequality, mean, sum } from "../maths.ts";
import { decimal, decimals, whole, words, type Values } from "../settings.ts";
import { mixHashes } from "../worlds/elections.ts";
import { INVESTING, type InvestingName } from "../strategies/investing.ts";

/** How rollers get their work. */
const RULES = ["highest", "drawn", "drawn with a cap"] as const;
type Rule = (typeof RULES)[number];

const settings = {
  rollers: whole(20, [2, 200], "rollers"),
  epochs: whole(1_000, [20, 10_000], "epochs"),
  runs: whole(1, [1, 50], "runs with other chance"),
  spreads: decimals([0.2, 1], [0, 2], "standard deviation of the logarithm of the first deposits"),
  deposit: decimal(4_000, [2_000, 1_000_000], "median of the first deposits", "SEQ"),
  cap: decimal(6_000, [2_000, 1_000_000], "part of a deposit that counts", "SEQ"),
  fee: decimal(5, [0, 10_000], "fees of a range, less the cost of its proofs", "SEQ"),
  investing: words(["compounding"], Object.keys(INVESTING), "use that rollers make of their income"),
} as const;

type V = Values<typeof settings>;
const part = partsOf(settings);

const seq = (amount: number): bigint => BigInt(Math.round(amount * 1e6)) * 10n ** 12n;
const inSeq = (amount: bigint): number => Number(amount / 10n ** 9n) / 1e9;

const CLOCK = { slotBlocks: 8n, epochSlots: 32n };
const BLOCK_TIME = 12n;
const START: Moment = { block: 1_000n, time: 1_000_000n };

const termsOf = (cap: number): ProvingTerms => ({
  ...{ minDeposit: seq(2_000), cap: seq(cap), fine: seq(500), reportRate: 1_000n, reputationStep: 5n },
  ...{ rangeBatches: 4n, provingTime: 1_200n, opensAfter: 3_600n },
});

/** No deposit reaches it; weights have 1,024 steps up to it. In SEQ. */
const NO_CAP = 100_000;

interface Epoch {
  readonly epoch: number;
  /** Of the seats of the last hundred epochs. */
  readonly work: number;
  readonly top: number;
  readonly deposits: number;
}

interface Result {
  readonly epochs: readonly Epoch[];
  readonly income: readonly number[];
  readonly deposits: readonly number[];
}

/** Epochs in which each range of a committee is proven in time by the roller that it falls to. */
function play(values: V, rule: Rule, investing: string, spread: number, run: number, seed: number): Result {
  const { rollers, epochs, fee } = values;
  const chance = new Chance(seed, `seeds ${rule} ${spread} ${run}`);
  const first = new Chance(seed, `deposits ${spread} ${run}`);
  const terms = termsOf(rule === "drawn with a cap" ? values.cap : NO_CAP);
  let now = START;
  const consensus: ConsensusModel = new ConsensusModel(1_024n, START, () => model);
  const model: OutsourcedProvingModel = new OutsourcedProvingModel(
    { terms, clock: CLOCK },
    START.block,
    consensus,
    mixHashes(chance),
  );
  const names = Array.from({ length: rollers }, (_, i) => `roller ${i}`);
  const goTo = (block: bigint): void => {
    if (block > now.block) now = { block, time: START.time + (block - START.block) * BLOCK_TIME };
  };
  names.forEach((name, i) => {
    const deposit = seq(Math.max(2_000, first.lognormal(values.deposit, spread)));
    model.balances.credit(name, deposit);
    model.join(name, i + 1, deposit, now);
  });
  const income = names.map(() => 0);
  const savings = names.map(() => 0);
  const recent: number[][] = [];
  const course: Epoch[] = [];
  const depositsOf = (): number[] => names.map((_, i) => inSeq(model.rollers.get(i + 1)!.deposit));

  for (let epoch = 1n; epoch <= BigInt(epochs); epoch++) {
    goTo(model.seeds.seedBlock(epoch));
    model.seeds.seal(now);
    goTo(model.clock.epochStart(epoch));
    const seats =
      rule === "highest" ? highest(model, rollers) : (model.convene(now), model.committees.get(epoch)!.seats);
    const work = names.map(() => 0);
    for (const id of seats) {
      work[id - 1]!++;
      income[id - 1]! += fee;
      savings[id - 1]! += fee;
    }
    if (rule !== "highest") proveRanges(model, consensus, epoch, now);
    // Deposits are raised in the second half, for the epoch after the next one.
    goTo(model.clock.freezeBlock(epoch + 1n));
    names.forEach((name, i) => {
      const amount = INVESTING[investing as InvestingName]({ savings: savings[i]!, income: work[i]! * fee });
      if (amount <= 0) return;
      savings[i]! -= amount;
      model.balances.credit(name, seq(amount));
      model.raise(name, i + 1, seq(amount), now);
    });
    recent.push(work);
    if (recent.length > 100) recent.shift();
    if (epoch % 20n === 0n) {
      const sums = names.map((_, i) => sum(recent.map((one) => one[i]!)));
      const deposits = depositsOf();
      course.push({
        ...{ epoch: Number(epoch), work: concentration(sums), top: Math.max(...sums) / sum(sums) },
        deposits: inequality(deposits),
      });
    }
  }
  return { epochs: course, income, deposits: depositsOf() };
}

/** The seats in the order of the weights, as if the best were always taken. */
function highest(model: OutsourcedProvingModel, rollers: number): number[] {
  const weights = Array.from({ length: rollers }, (_, i) => {
    const { deposit, reputation } = model.rollers.get(i + 1)!;
    return { id: i + 1, weight: weightOf(model.parameters, deposit, reputation) };
  });
  const ordered = weights.sort((a, b) => (a.weight === b.weight ? a.id - b.id : a.weight > b.weight ? -1 : 1));
  // Half of the rollers at most: the others are the ones that are "sucked dry".
  return Array.from({ length: SEATS }, (_, i) => ordered[i % Math.max(1, Math.floor(rollers / 4))]!.id);
}

/** Posts and proves the ranges of the epoch's committee, one for each seat, by the rollers that have to. */
function proveRanges(model: OutsourcedProvingModel, consensus: ConsensusModel, epoch: bigint, now: Moment): void {
  const { rangeBatches } = model.parameters;
  for (let seat = 0; seat < SEATS; seat++) {
    consensus.post(
      "sequencer",
      Array.from({ length: Number(rangeBatches) }, () => 1n),
      now,
    );
    const { account } = model.dutyOf(consensus.verified + 1n, now);
    if (account === undefined) throw new Error(`range ${seat} of epoch ${epoch} falls to nobody`);
    consensus.prove(account, rangeBatches, now);
  }
}

const courses = part({
  columns: {
    rule: { title: "rule" },
    investing: { title: "income" },
    spread: { title: "spread of the first deposits", digits: 2 },
    run: { title: "run", digits: 0 },
    epoch: { title: "epoch", digits: 0 },
    work: { title: "HHI of the work of 100 epochs", digits: 3 },
    top: { title: "work of the largest", unit: "%", digits: 1 },
    deposits: { title: "Gini of the deposits", digits: 3 },
  },
  meaning: "A row is twenty epochs of a run.",
  points: (values, seed) =>
    RULES.flatMap((rule) =>
      values.investing.flatMap((investing) =>
        values.spreads.flatMap((spread) =>
          Array.from({ length: values.runs }, (_, run) => ({
            label: `${rule}, ${investing}, ${spread}, ${run}`,
            run: () =>
              play(values, rule, investing, spread, run, seed).epochs.map(({ epoch, work, top, deposits }) => ({
                ...{ rule, investing, spread, run, epoch, work, top: 100 * top, deposits },
              })),
          })),
        ),
      ),
    ),
});

// ─── Answer ──────────────────────────────────────────────────────────────────────────────────────────────────────────

type Rows = Tables[string];

/** Mean over the runs at the end. */
function endOf(table: Rows, rule: Rule, investing: string, spread: number, column: string): number {
  const rows = table.where({ rule, investing, spread }).rows;
  const last = Math.max(...rows.map((row) => row.number("epoch")));
  return mean(rows.filter((row) => row.number("epoch") === last).map((row) => row.number(column)));
}

function findings({ courses: table }: Tables, { rollers, spreads, investing, cap, epochs }: V): Finding[] {
  const [wide, first] = [Math.max(...spreads), investing[0]!];
  const at = (rule: Rule, column: string, spread = wide, how = first): number =>
    endOf(table!, rule, how, spread, column);
  const equal = 1 / rollers;
  const topOf = (rule: Rule): string => `${at(rule, "top").toFixed(0)}%`;
  return [
    {
      name: "rules",
      text: `After ${epochs} epochs in which income is deposited, with first deposits that differ by a spread of ${wide}, the HHI of the work is ${at("highest", "work").toFixed(2)} if the highest reputation has it, ${at("drawn", "work").toFixed(2)} if work is drawn by deposit and reputation, and ${at("drawn with a cap", "work").toFixed(2)} if only ${cap} SEQ of a deposit count; ${equal.toFixed(2)} is equal. The largest roller has ${topOf("highest")}, ${topOf("drawn")} and ${topOf("drawn with a cap")} of the work.`,
      holds:
        at("highest", "work") > at("drawn", "work") &&
        at("drawn", "work") > at("drawn with a cap", "work") &&
        at("drawn with a cap", "work") < 1.6 * equal,
    },
    {
      name: "urn",
      text: `Drawn without a cap, chances stay what they were (a Pólya urn): the largest roller neither gains nor loses on average, so unequal deposits stay unequal, Gini ${at("drawn", "deposits").toFixed(2)} with income that is deposited${investing.includes("steady") ? ` and ${at("drawn", "deposits", wide, "steady").toFixed(2)} without` : ""}. Drawing alone removes the monopoly, not the inequality.`,
      holds: at("drawn", "work") > 1.2 * equal && at("drawn", "work") < 0.6,
    },
    {
      name: "cap",
      text: `With the cap all rollers at or above ${cap} SEQ are equal, and those below reach it with their income: the HHI is ${at("drawn with a cap", "work").toFixed(3)}, and ${at("drawn with a cap", "work", Math.min(...spreads)).toFixed(3)} with a spread of ${Math.min(...spreads)}. A cap cannot see one party with several places; each costs a deposit of its own.`,
      holds: at("drawn with a cap", "work") <= at("drawn", "work"),
    },
  ];
}

function plots({ courses: table }: Tables, { spreads, investing, rollers }: V): Plot[] {
  const panels = spreads.map((spread) => ({
    title: `first deposits with a spread of ${spread}`,
    x: { title: "epoch" },
    y: { title: "HHI of the work", range: [0, 0.3] as const },
    curves: [
      ...RULES.map((rule): Curve => ({
        name: rule,
        points: table!.where({ rule, spread, investing: investing[0]!, run: 0 }).points("epoch", "work"),
      })),
      {
        name: "equal",
        isDashed: true,
        points: table!
          .where({ rule: RULES[0], spread, investing: investing[0]!, run: 0 })
          .rows.map((row) => [row.number("epoch"), 1 / rollers] as const),
      } satisfies Curve,
    ],
  }));
  return [
    {
      name: "work",
      description: "The HHI of the work is highest where the highest reputation has it, and near equality with a cap",
      svg: chart({ title: "Concentration of outsourced proving", panels }),
    },
  ];
}

export const OUTSOURCING = experimentOf({
  name: "outsourcing",
  title: "Outsourced proving: concentration",
  question: "Does a reputation that counts the deposit concentrate the work, and do a cap or a draw stop it?",
  sources: [
    {
      text: "This trend towards decentralization is contrasted by the calculation of the reputation score, which is predominated by the deposit amount.",
      place: "Decentralization, Proof Generation Outsourcing",
    },
    {
      text: "A potential solution could be to elect rollers with probabilities based on reputation and then send work to the elected rollers at random.",
      place: "the same place",
    },
  ],
  model: `\`OutsourcedProving\` as its model has it (\`test/model/elections\`): deposits, reputation, committees of ${SEATS} seats by a seed, ranges, served terms. Every roller proves in time, so only the draw decides. \`highest\` is the fear of the source, and no contract: the first quarter by deposit and reputation has all seats. \`drawn\` has a cap that nobody reaches. \`compounding\` rollers deposit all their income.`,
  settings,
  small: { epochs: 120, runs: 1 },
  parts: { courses },
  findings,
  plots,
});
