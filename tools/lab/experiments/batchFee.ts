// SPDX-License-Identifier: MIT
import { chart, type Curve } from "../../docs/plots/chart.ts";
import { readParameters } from "../../docs/worked/deployParameters.ts";
import { Chance } from "../chance.ts";
import { experimentOf, partsOf, type Finding, type Plot, type Tables } from "../experiment.ts";
import { ln, mean, percentile, sum } from "../maths.ts";
import { decimal, decimals, whole, words, type Values } from "../settings.ts";
import { FEE_RULES, type FeeRuleName } from "../strategies/feeRules.ts";
import { HOUR, runFees, verifyGas, type FeeCourse, type Weather } from "../worlds/fees.ts";

const SCENARIOS = [
  "steady",
  "demand × 10",
  "demand ÷ 10",
  "gas × 10",
  "gas ÷ 10",
  "both × 10",
  "burst",
  "idle week",
  "outage",
] as const;
type Scenario = (typeof SCENARIOS)[number];

const settings = {
  rules: words(["lateness", "steps", "eighths"], Object.keys(FEE_RULES), "rules for the fee"),
  scenarios: words([...SCENARIOS], SCENARIOS, "changes after the time to settle"),
  settle: whole(48, [1, 1_000], "time before the change", "h"),
  after: whole(96, [2, 2_000], "time after it; an idle week is followed by so much", "h"),
  demand: decimal(30, [0.1, 10_000], "full leaves that come in an hour"),
  gasPrice: decimal(0.8, [0.01, 500], "price of gas on L1", "gwei"),
  tokenPrice: decimal(0.001, [0.000_001, 10], "price of the native token", "ETH"),
  value: decimal(4, [0.01, 10_000], "median tips of a full leaf", "0.001 ETH"),
  spread: decimal(0.7, [0, 3], "standard deviation of their logarithm"),
  patience: decimal(6, [0.1, 1_000], "time after which users give up", "h"),
  proofCost: decimal(0.1, [0, 1_000], "cost of a leaf's proof", "0.001 ETH"),
  proofTime: whole(600, [60, 100_000], "time of a call's proofs", "s"),
  mostLeaves: whole(
    200,
    [1, 1_024],
    "leaves that an aggregator proves in one call; more do not fit into a transaction",
  ),
  boots: decimals([0, 2], [0, 1_000], "age at which a boot aggregator proves a batch at a loss; 0: there is none", "h"),
  pendingLeaves: whole(1_024, [2, 100_000], "places of the ring"),
  attackHours: whole(24, [1, 1_000], "time that an attacker keeps the ring full", "h"),
} as const;

type V = Values<typeof settings>;
const part = partsOf(settings);
const [MILLI, GWEI, ETHER] = [1e15, 1e9, 1e18];

const { poe } = readParameters("sepolia");
const PARAMETERS = {
  ...{ minFee: poe.integer("minFee"), maxFee: poe.integer("maxFee"), targetTime: Number(poe.integer("targetTime")) },
  ...{ doublingTime: Number(poe.integer("doublingTime")), halvingTime: Number(poe.integer("halvingTime")) },
};
const LEAF_BOND = Number(poe.integer("leafBond")) / ETHER;

function weatherOf(values: V, scenario: Scenario | "attack"): (now: number) => Weather {
  const { demand, gasPrice, settle } = values;
  const usual: Weather = { demand, gasPrice: gasPrice * GWEI, proves: true, attack: false };
  return (now) => {
    const since = now - settle * HOUR;
    if (since < 0) return scenario === "gas ÷ 10" ? { ...usual, gasPrice: 10 * usual.gasPrice } : usual;
    switch (scenario) {
      case "demand × 10":
        return { ...usual, demand: 10 * demand };
      case "demand ÷ 10":
        return { ...usual, demand: demand / 10 };
      case "gas × 10":
        return { ...usual, gasPrice: 10 * usual.gasPrice };
      case "both × 10":
        return { ...usual, demand: 10 * demand, gasPrice: 10 * usual.gasPrice };
      case "burst":
        return since < HOUR ? { ...usual, demand: 30 * demand } : usual;
      case "idle week":
        return since < 168 * HOUR ? { ...usual, demand: 0 } : usual;
      case "outage":
        return { ...usual, proves: since >= 12 * HOUR };
      case "attack":
        return { ...usual, attack: since < values.attackHours * HOUR };
      default:
        return usual;
    }
  };
}

const hoursOf = (values: V, scenario: Scenario | "attack"): number =>
  values.settle + values.after + (scenario === "idle week" ? 168 : scenario === "attack" ? values.attackHours : 0);

const courses = new WeakMap<V, Map<string, FeeCourse>>();

/** Plays a run, or gives it again if it was played with these values: two tables look at it. */
function play(values: V, rule: string, boot: number, scenario: Scenario | "attack", seed: number): FeeCourse {
  const known = courses.get(values) ?? new Map<string, FeeCourse>();
  courses.set(values, known);
  const key = `${rule}, ${boot}, ${scenario}, ${seed}`;
  const course = known.get(key) ?? playAnew(values, rule, boot, scenario, seed);
  known.set(key, course);
  return course;
}

const playAnew = (values: V, rule: string, boot: number, scenario: Scenario | "attack", seed: number): FeeCourse =>
  runFees(
    {
      ...{ rule: rule as FeeRuleName, parameters: PARAMETERS, initialFee: poe.integer("initialFee") / 20n },
      ...{ maxPendingLeaves: values.pendingLeaves, length: hoursOf(values, scenario) * HOUR },
      ...{ weather: weatherOf(values, scenario), value: values.value * MILLI, spread: values.spread },
      ...{ patience: values.patience * HOUR, tokenPrice: values.tokenPrice * ETHER },
      ...{ proofCost: values.proofCost * MILLI, proofTime: values.proofTime, mostLeaves: values.mostLeaves },
      boot: boot === 0 ? undefined : boot * HOUR,
    },
    new Chance(seed, `fees ${scenario}`),
  );

const everyCase = ({ rules, boots }: V): { readonly rule: string; readonly boot: number }[] =>
  rules.flatMap((rule) => boots.map((boot) => ({ rule, boot })));

const scenarios = part({
  columns: {
    rule: { title: "rule" },
    boot: { title: "boot aggregator after", unit: "h", digits: 1 },
    scenario: { title: "change" },
    before: { title: "mean fee before", unit: "SEQ", digits: 3 },
    most: { title: "greatest fee after", unit: "SEQ", digits: 3 },
    end: { title: "mean fee of the last day", unit: "SEQ", digits: 3 },
    settled: { title: "time until it stays within a factor of 2 of that", unit: "h", digits: 1 },
    late: { title: "time with a late batch after the change", unit: "%", digits: 1 },
    slowest: { title: "wait of 99 in 100 for a proof", unit: "h", digits: 2 },
    dropped: { title: "leaves that gave up", unit: "%", digits: 1 },
    loss: { title: "loss of the boot aggregator after the change", unit: "SEQ", digits: 1 },
  },
  meaning: "A row is a change under one rule.",
  points: (values, seed) =>
    everyCase(values).flatMap(({ rule, boot }) =>
      values.scenarios.map((scenario) => ({
        label: `${rule}, ${boot}, ${scenario}`,
        run: () => {
          const course = play(values, rule, boot, scenario as Scenario, seed);
          const from = values.settle * HOUR;
          const until = hoursOf(values, scenario as Scenario) * HOUR;
          const after = course.moments.filter(({ at }) => at >= from);
          const feeOf = (moments: FeeCourse["moments"]): number => mean(moments.map(({ fee }) => fee));
          const lastDay = Math.min(24, values.after / 2) * HOUR;
          const end = feeOf(after.filter(({ at }) => at > until - lastDay));
          const last = [...after].reverse().find(({ fee }) => Math.abs(ln(fee / end)) > ln(2));
          const proofs = course.proofs.filter(({ at }) => at >= from).map(({ seconds }) => seconds / HOUR);
          return [
            {
              ...{
                rule,
                boot,
                scenario,
                before: feeOf(course.moments.filter(({ at }) => at < from && at >= from / 2)),
              },
              ...{ most: Math.max(...after.map(({ fee }) => fee)), end },
              settled: last === undefined ? 0 : (last.at - from) / HOUR,
              late: (100 * after.filter(({ isLate }) => isLate).length) / after.length,
              slowest: proofs.length === 0 ? undefined : percentile(proofs, 99),
              dropped: (100 * course.dropped) / Math.max(1, course.dropped + course.posted),
              loss: sum(course.losses.filter(({ at }) => at >= from).map(({ amount }) => amount)),
            },
          ];
        },
      })),
    ),
});

const hours = part({
  columns: {
    rule: { title: "rule" },
    scenario: { title: "change" },
    hour: { title: "time since the change", unit: "h", digits: 0 },
    fee: { title: "fee", unit: "SEQ", digits: 4 },
  },
  meaning: "A row is an hour of a run with the last one of the boot aggregators.",
  points: (values, seed) =>
    values.rules.flatMap((rule) =>
      values.scenarios.map((scenario) => ({
        label: `${rule}, ${scenario}`,
        run: () =>
          play(values, rule, values.boots.at(-1)!, scenario as Scenario, seed)
            .moments.filter(({ at }) => at % HOUR === 0)
            .map(({ at, fee }) => ({ rule, scenario, hour: at / HOUR - values.settle, fee })),
      })),
    ),
});

const attack = part({
  columns: {
    rule: { title: "rule" },
    boot: { title: "boot aggregator after", unit: "h", digits: 1 },
    hour: { title: "hour of the attack", digits: 0 },
    fee: { title: "fee at its end", unit: "SEQ", digits: 3 },
    paid: { title: "paid by the attacker in it", unit: "SEQ", digits: 1 },
    loss: { title: "loss of the boot aggregator in it", unit: "SEQ", digits: 1 },
    full: { title: "ring full", unit: "%", digits: 0 },
    posted: { title: "honest leaves posted in it", digits: 0 },
  },
  meaning: "A row is an hour in which an attacker fills each free place of the ring before everybody else.",
  points: (values, seed) =>
    everyCase(values).map(({ rule, boot }) => ({
      label: `${rule}, ${boot}`,
      run: () => {
        const { moments, attackerPaid, waits, losses } = play(values, rule, boot, "attack", seed);
        return Array.from({ length: values.attackHours }, (_, hour) => {
          const from = (values.settle + hour) * HOUR;
          const isIn = ({ at }: { readonly at: number }): boolean => at >= from && at < from + HOUR;
          const during = moments.filter(isIn);
          return {
            ...{ rule, boot, hour: hour + 1, fee: during.at(-1)!.fee, paid: attackerPaid[values.settle + hour]! },
            loss: sum(losses.filter(isIn).map(({ amount }) => amount)),
            full: (100 * during.filter(({ isFull }) => isFull).length) / during.length,
            posted: waits.filter(isIn).length,
          };
        });
      },
    })),
});

// ─── Answer ──────────────────────────────────────────────────────────────────────────────────────────────────────────

type Rows = Tables[string];

function findings({ scenarios: table, attack: attacks }: Tables, values: V): Finding[] {
  const { rules, boots, gasPrice, proofCost, mostLeaves, tokenPrice, attackHours, scenarios: known } = values;
  const [own, alone, boot] = [rules[0]!, Math.min(...boots), Math.max(...boots)];
  const at = (scenario: string, helped = boot, rule = own): Rows["rows"][number] =>
    table!.where({ rule, boot: helped, scenario }).only();
  /** Least fee at which a call with all its leaves pays, in SEQ. */
  const floor = ((verifyGas(mostLeaves) * gasPrice * GWEI) / mostLeaves + proofCost * MILLI) / (tokenPrice * ETHER);
  const has = (...names: Scenario[]): boolean => names.every((scenario) => known.includes(scenario));
  const waitOf = (row: Rows["rows"][number]): string => {
    const wait = row.maybe("slowest");
    return wait === undefined ? "no batch is proven any more" : `99 in 100 batches wait up to ${wait.toFixed(1)} h`;
  };
  const result: Finding[] = [];
  if (has("gas × 10", "gas ÷ 10")) {
    const [up, down] = [at("gas × 10"), at("gas ÷ 10")];
    result.push({
      name: "steps",
      text: `The rule follows a step of the gas price by ten up in ${up.number("settled").toFixed(1)} h and down in ${down.number("settled").toFixed(1)} h, as doublings of an hour and halvings of four hours allow. The mean fee goes from ${up.number("before").toFixed(2)} to ${up.number("end").toFixed(2)} SEQ; a full call of ${mostLeaves} leaves costs ${floor.toFixed(2)} SEQ a leaf before.`,
      holds:
        up.number("end") > 2 * up.number("before") &&
        up.number("settled") < 24 &&
        down.number("end") < down.number("before"),
    });
    for (const rule of rules.slice(1)) {
      const other = at("gas × 10", boot, rule);
      result.push({
        name: `other: ${rule}`,
        text: `Under \`${rule}\` the step up leaves a batch late ${other.number("late").toFixed(0)}% of the time, ${waitOf(other)}, and the boot aggregator loses ${other.number("loss").toFixed(0)} SEQ; with \`${own}\` it is ${up.number("late").toFixed(0)}%, ${waitOf(up)}, and ${up.number("loss").toFixed(0)} SEQ. Without a boot aggregator ${waitOf(at("gas × 10", alone, rule))} under \`${rule}\`: a rule that moves with proofs stands still when proofs stop.`,
        holds: other.number("late") >= up.number("late") - 5,
      });
    }
  }
  if (has("both × 10") && alone === 0) {
    const [stuck, helped] = [at("both × 10", alone), at("both × 10")];
    result.push({
      name: "stall",
      text: `The fee of a batch is that of its post. If costs and demand rise tenfold at once, more than one call's leaves wait that paid too little, and the higher fee of later ones does not help them: without a boot aggregator ${waitOf(stuck)}, and the fee ends at ${stuck.number("end").toFixed(0)} SEQ. With one after ${boot} h ${waitOf(helped)}; it loses ${helped.number("loss").toFixed(0)} SEQ.`,
      holds: stuck.number("late") >= helped.number("late"),
    });
  }
  if (has("steady")) {
    result.push({
      name: "lateness",
      text: `At rest a batch is late ${at("steady").number("late").toFixed(0)}% of the time: the fee falls until aggregators stop, and rises until they come back. ADR 0037 bounds that share by doubling / (doubling + halving) = 20%. Under the other rules it is ${rules
        .slice(1)
        .map((rule) => `${at("steady", boot, rule).number("late").toFixed(0)}% (\`${rule}\`)`)
        .join(", ")}.`,
      holds: at("steady").number("late") <= 25,
    });
  }
  if (has("burst", "outage", "steady")) {
    result.push({
      name: "burst",
      text: `A burst of thirty times the demand for an hour lifts the fee to ${at("burst").number("most").toFixed(2)} SEQ, an outage of 12 hours to ${at("outage").number("most").toFixed(0)} SEQ; it is back within a factor of two after ${at("burst").number("settled").toFixed(0)} h and ${at("outage").number("settled").toFixed(0)} h.`,
      holds: at("outage").number("most") > at("steady").number("most"),
    });
  }
  if (has("idle week", "steady")) {
    result.push({
      name: "idle",
      text: `After an idle week the fee is at its least; ${waitOf(at("idle week"))}, against ${at("steady").number("slowest").toFixed(1)} h without it.`,
      holds: at("idle week").number("slowest") < 24,
    });
  }
  const rows = (helped: number, rule = own): readonly Rows["rows"][number][] =>
    attacks!.where({ rule, boot: helped }).rows;
  const paid = (helped: number, rule = own): number => sum(rows(helped, rule).map((row) => row.number("paid")));
  const grouped = (value: number): string => Math.round(value).toLocaleString("en");
  const [first, last] = [rows(boot)[0]!, rows(boot).at(-1)!];
  const stalled =
    alone === 0
      ? rules.filter((rule) =>
          rows(alone, rule)
            .slice(1)
            .every((row) => row.number("paid") === 0),
        )
      : [];
  result.push({
    name: "attack",
    text: `To keep the ring of ${grouped(values.pendingLeaves)} leaves full for ${attackHours} h costs ${grouped(paid(boot))} SEQ with a boot aggregator (${grouped(first.number("paid"))} in the first hour; the fee ends at ${last.number("fee").toFixed(1)} SEQ), and bonds of ${grouped(values.pendingLeaves * LEAF_BOND)} SEQ are locked. ${alone === 0 ? `Without one it costs ${grouped(paid(alone))} SEQ. ` : ""}${stalled.length > 0 ? `${stalled.map((rule) => `Under \`${rule}\` it costs ${grouped(paid(alone, rule))} SEQ in the first hour, and nothing afterwards`).join("; ")}, if there is no boot aggregator: filled at a moment when the fee is below the cost of a proof, the ring is worth nobody's proof, and no batch moves the fee. ` : ""}The boot aggregator loses ${sum(rows(boot).map((row) => row.number("loss"))).toFixed(1)} SEQ to open it.`,
    holds: paid(boot) >= paid(alone) && rows(boot).every((row) => row.number("posted") < 10 * values.demand),
  });
  return result;
}

function plots({ hours: table, attack: attacks }: Tables, values: V): Plot[] {
  const { rules, scenarios: known, after, boots } = values;
  const boot = boots.at(-1)!;
  const shown = known.filter((scenario) => scenario !== "steady");
  const panels = shown.map((scenario) => ({
    title: scenario,
    x: { title: "hours since the change", range: [-12, scenario === "idle week" ? 168 + after : after] as const },
    y: { title: "fee, SEQ", isLogarithmic: true },
    curves: rules.map((rule): Curve => ({
      name: rule,
      points: table!.where({ rule, scenario }).points("hour", "fee"),
    })),
  }));
  const attackPanels = [
    {
      ...{ title: "fee", x: { title: "hour of the attack" }, y: { title: "SEQ", isLogarithmic: true } },
      curves: rules.map((rule): Curve => ({
        name: rule,
        points: attacks!.where({ rule, boot }).points("hour", "fee"),
      })),
    },
    {
      ...{ title: "paid by the attacker", x: { title: "hour of the attack" } },
      y: { title: "SEQ an hour", isLogarithmic: true },
      curves: rules.map((rule): Curve => ({
        name: rule,
        points: attacks!.where({ rule, boot }).points("hour", "paid"),
      })),
    },
  ];
  return [
    {
      name: "courses",
      description:
        "The fee over time after each change: by lateness it follows within hours, by steps of batches hardly",
      svg: chart({ title: "The batch fee after a change", panels }),
    },
    {
      name: "attack",
      description: "The fee and the cost of the attack grow hour by hour where the fee follows time",
      svg: chart({ title: "An attacker that keeps the ring full", panels: attackPanels }),
    },
  ];
}

export const BATCH_FEE = experimentOf({
  name: "batchFee",
  title: "PoE: the batch fee",
  question:
    "Does the batch fee find the price of a proof after steps, bursts, an idle week and an outage, and what does a full ring cost?",
  sources: [
    {
      text: "The batch fee will be variable depending on the network load, this will be calculated from a parameter […] automated from the protocol smart contract.",
      place: "PoE, Sequencers",
    },
  ],
  model:
    "One sequencer posts a leaf when its tips pay for gas and fee (`decidePosting` of the node program); users give up after `patience`. One aggregator proves all that waits when it pays (`decideProving`), or, as a boot aggregator, when the oldest batch has waited for `boots`. The fee is `batchFeeAt` of the library with Sepolia's parameters (`lateness`), or one of two rules for comparison: × 1.002 for each late batch and ÷ 1.002 for each early one, as in Polygon zkEVM (`steps`), and an eighth a proof, as in EIP-1559 (`eighths`). The attacker posts empty leaves in front of all others whenever the ring has room.",
  settings,
  small: {
    ...{ rules: ["lateness", "steps"], scenarios: ["steady", "gas × 10", "gas ÷ 10"] },
    ...{ settle: 24, after: 36, attackHours: 4 },
  },
  parts: { scenarios, hours, attack },
  findings,
  plots,
});
