// SPDX-License-Identifier: MIT
import { bidToBeat, countedBid, score, type ScoreRule } from "../../../test/model/b52/index.ts";
import { chart, type Curve } from "../../docs/plots/chart.ts";
import { Chance } from "../chance.ts";
import { experimentOf, partsOf, type Finding, type Plot, type Tables } from "../experiment.ts";
import { exp, mean, power } from "../maths.ts";
import { gasOf, submissionGas } from "../measured.ts";
import { decimal, decimals, whole, wholes, type Values } from "../settings.ts";
import { PROPOSERS } from "../strategies/proposing.ts";
import { b52Parameters, B52World, SEQ, type Offer } from "../worlds/b52.ts";

const SEPOLIA = b52Parameters("sepolia");
/** Of the largest tree that the contract takes: no block has more provers. */
const NODES = 2 * SEPOLIA.maxLeaves - 1;
/** Tickets of the source's example, and leaves of a tree that employs them all. */
const [TICKETS, LARGE_TREE] = [100, 64];

const settings = {
  bids: decimals([2, 5, 10, 20, 50, 100], [0.1, 10_000], "bids of the surface", "SEQ"),
  proverPay: decimals([0.25, 0.5, 1, 2, 4], [0.01, 1_000], "pay that one prover asks for a block", "SEQ"),
  budget: decimal(30, [1, 10_000], "amount that a proposer spends on provers and bid together", "SEQ"),
  targets: wholes([8, 15], [8, NODES], "target of provers; 15 on Sepolia"),
  smallSets: wholes([2, 5, 7], [1, 7], "provers of an attacker that wins every height: below all targets"),
  attack: whole(120, [1, 1_000], "heights that the attacker wins one after the other"),
  calm: whole(120, [1, 1_000], "heights after them, which an honest proposer wins with a full tree"),
  honestBid: decimal(10, [1, 1_000], "bid of an honest proposer with a full tree", "SEQ"),
  splits: wholes([51, 60, 67], [51, 90], `tickets of ${TICKETS} on the larger side`),
  proposers: wholes([2, 3, 5, 10, 20], [2, 50], "proposers of the auctions"),
  heights: whole(1_000, [10, 20_000], "heights of each auction"),
  burnRates: wholes([0, 2_500, 5_000, 7_500, 10_000], [0, 10_000], "part of a losing bid that burns", "/10,000"),
  minBids: decimals([1, 5, 10], [0.01, 100], "least bids", "SEQ"),
  gasPrice: decimal(0.8, [0.01, 500], "price of gas on L1", "gwei"),
  tokenPrice: decimal(0.001, [0.000_001, 10], "price of the native token", "ETH"),
  spans: wholes([1, 2, 5, 10, 20, 50, 100], [1, 1_000], "blocks that one bet is for"),
  bettors: whole(5, [2, 50], "parties that bet"),
  persistence: decimal(
    0.95,
    [0, 0.99],
    "part of a block's deviation from the median that is still there in the next block",
  ),
  deviation: decimal(0.3, [0, 1], "new deviation of the logarithm of the value in each block"),
  caution: decimal(0.5, [0, 3], "standard deviations of a span's value that a bettor takes off its estimate"),
  blocks: whole(20_000, [1_000, 1_000_000], "blocks of the bets"),
} as const;

type V = Values<typeof settings>;
const part = partsOf(settings);

const seq = (amount: number): bigint => BigInt(Math.round(amount * 1e6)) * 10n ** 12n;
const inSeq = (amount: bigint): number => Number(amount / 10n ** 9n) / 1e9;
/** A score in SEQ². */
const inSeq2 = (value: bigint): number => Number(value / 10n ** 30n) / 1e6;
const upTo = (count: number, from = 1): number[] => Array.from({ length: count }, (_, i) => from + i);

const NO_HANDICAP: ScoreRule = { target: 1n, slope: 0n };
const ENDS = [
  ["least", SEPOLIA.minSlope],
  ["greatest", SEPOLIA.maxSlope],
] as const;
const ruleAt = (slope: bigint): ScoreRule => ({ target: SEPOLIA.targetProvers, slope });

// ─── Surface and cost ────────────────────────────────────────────────────────────────────────────────────────────────

const surface = part({
  columns: {
    slope: { title: "slope" },
    provers: { title: "provers", digits: 0 },
    bid: { title: "bid", unit: "SEQ", digits: 2 },
    counted: { title: "counted bid", unit: "SEQ", digits: 4 },
    score: { title: "score", unit: "SEQ²", digits: 1 },
    sameScore: { title: "bid for the score of a full tree with this bid", unit: "SEQ", digits: 3 },
  },
  meaning: "A row is a number of provers and a bid, at one of the two limits of Sepolia's slope.",
  points: ({ bids }) =>
    ENDS.map(([slope, value]) => ({
      label: slope,
      run: () =>
        upTo(NODES).flatMap((count) =>
          bids.map((bid) => {
            const [provers, rule] = [BigInt(count), ruleAt(value)];
            const same = bidToBeat(score(BigInt(NODES), seq(bid), rule) - 1n, provers, rule)!;
            return {
              ...{ slope, provers: count, bid, counted: inSeq(countedBid(provers, seq(bid), rule)) },
              ...{ score: inSeq2(score(provers, seq(bid), rule)), sameScore: inSeq(same) },
            };
          }),
        ),
    })),
});

const SLOPES = [["none", 0n], ...ENDS] as const;

const cost = part({
  columns: {
    slope: { title: "slope" },
    pay: { title: "pay of a prover", unit: "SEQ", digits: 2 },
    provers: { title: "provers with the best score", digits: 0 },
    bid: { title: "their bid", unit: "SEQ", digits: 2 },
    onProvers: { title: "part of the budget that provers get", unit: "%", digits: 1 },
    unbounded: { title: "provers if the tree had no end", digits: 1 },
  },
  meaning: "A row is the best way to spend one budget: an iso-cost line touches the highest iso-score line there.",
  points: ({ proverPay, budget }) =>
    SLOPES.flatMap(([slope, value]) =>
      proverPay.map((pay) => ({
        label: `${slope}, ${pay}`,
        run: () => {
          const rule = ruleAt(value);
          const affordable = upTo(NODES).filter((count) => count * pay < budget);
          const best = affordable.reduce((found, count) => {
            const of = (n: number): bigint => score(BigInt(n), seq(budget - n * pay), rule);
            return of(count) > of(found) ? count : found;
          }, 1);
          return [
            {
              ...{ slope, pay, provers: best, bid: budget - best * pay, onProvers: (100 * best * pay) / budget },
              unbounded: (0.6 * budget) / pay,
            },
          ];
        },
      })),
    ),
});

// ─── Slope ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const slope = part({
  columns: {
    target: { title: "target", digits: 0 },
    set: { title: "provers of the attacker", digits: 0 },
    height: { title: "height", digits: 0 },
    phase: { title: "phase" },
    slope: { title: "slope", digits: 4 },
    needed: { title: "bid that the attacker needs", unit: "SEQ", digits: 3 },
    burned: { title: "burned by the attacker so far", unit: "SEQ", digits: 1 },
    winner: { title: "winner" },
  },
  meaning: "A row is a height: first the attacker outbids an honest full tree at every height, then it stays away.",
  points: ({ targets, smallSets, attack, calm, honestBid }) =>
    targets.flatMap((target) =>
      smallSets.map((set) => ({
        label: `target ${target}, set ${set}`,
        run: () => {
          const params = b52Parameters("sepolia", { targetProvers: BigInt(target), pipelined: false });
          const owners = upTo(NODES + set).map((ticket) => (ticket <= NODES ? "honest" : "attacker"));
          const world = new B52World(params, owners, `slope ${target} ${set}`);
          const common = { share: params.maxShare, leaves: params.maxLeaves };
          const honest: Offer = { ...common, proposer: "honest", bid: seq(honestBid), tickets: upTo(NODES) };
          let burned = 0;
          return upTo(attack + calm).map((height) => {
            const { scoreRule: rule } = world.model;
            const needed = PROPOSERS.attack({
              ...{ value: 0n, provers: BigInt(set), rule, minBid: params.minBid, proposers: 2, most: 0n },
              rivals: [{ bid: honest.bid, provers: BigInt(NODES) }],
            })!;
            const isAttack = height <= attack;
            const attacker: Offer = {
              ...{ ...common, proposer: "attacker", bid: needed, tickets: upTo(set, NODES + 1) },
            };
            const { winner } = world.play(isAttack ? [honest, attacker] : [honest]);
            if (winner === "attacker") burned += inSeq(needed);
            return {
              ...{ target, set, height, phase: isAttack ? "attack" : "calm", slope: Number(rule.slope) / 1e18 },
              ...{ needed: inSeq(needed), burned, winner },
            };
          });
        },
      })),
    ),
});

// ─── Splits ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const splits = part({
  columns: {
    larger: { title: "tickets of the larger side", digits: 0 },
    smaller: { title: "tickets of the smaller side", digits: 0 },
    formula: { title: "factor (N/n)^1.5", digits: 4 },
    model: { title: "factor by the score", digits: 4 },
    wins: { title: "with it the smaller side wins" },
    loses: { title: "with one unit less it loses" },
    tree: { title: "factor in a tree of 8 leaves", digits: 4 },
    handicap: { title: "factor with target 60 at the greatest slope", digits: 4 },
  },
  meaning: `A row is a split of ${TICKETS} tickets, all of which have a node; the larger side bids 1 SEQ.`,
  points: ({ splits: sides }) =>
    sides.map((larger) => ({
      label: String(larger),
      run: () => {
        const smaller = TICKETS - larger;
        const needed = neededBid(larger, smaller, NO_HANDICAP);
        const winnerWith = (bid: bigint): string => playSplit(larger, bid);
        const yesNo = (isTrue: boolean): string => (isTrue ? "yes" : "no");
        return [
          {
            ...{ larger, smaller, formula: power(larger / smaller, 1.5), model: inSeq(needed) },
            ...{ wins: yesNo(winnerWith(needed) === "smaller"), loses: yesNo(winnerWith(needed - 1n) === "larger") },
            tree: inSeq(neededBid(Math.min(larger, NODES), Math.min(smaller, NODES), NO_HANDICAP)),
            handicap: inSeq(neededBid(larger, smaller, { target: 60n, slope: SEPOLIA.maxSlope })),
          },
        ];
      },
    })),
});

/** Least bid of `smaller` provers that wins against `larger` provers with 1 SEQ. */
const neededBid = (larger: number, smaller: number, rule: ScoreRule): bigint =>
  bidToBeat(score(BigInt(larger), SEQ, rule), BigInt(smaller), rule)!;

/** The winner of a height whose tree has a node for every ticket. */
function playSplit(larger: number, bid: bigint): string {
  const params = b52Parameters("sepolia", {
    ...{ maxLeaves: LARGE_TREE, targetProvers: 1n, minBid: 1n, pipelined: false },
  });
  const owners = upTo(TICKETS).map((ticket) => (ticket <= larger ? "larger" : "smaller"));
  const world = new B52World(params, owners, `split ${larger}`);
  const offer = (proposer: string, amount: bigint, tickets: readonly number[]): Offer => ({
    ...{ proposer, bid: amount, share: params.maxShare, leaves: LARGE_TREE, tickets },
  });
  return world.play([offer("larger", SEQ, upTo(larger)), offer("smaller", bid, upTo(TICKETS - larger, larger + 1))])
    .winner;
}

// ─── Variants ────────────────────────────────────────────────────────────────────────────────────────────────────────

const tree = part({
  columns: {
    leaves: { title: "leaves of the small block", digits: 0 },
    provers: { title: "its provers", digits: 0 },
    plain: { title: "factor of its bid", digits: 3 },
    height: { title: "factor if the score is multiplied with the height of the tree", digits: 3 },
    leavesFactor: { title: "factor if it is multiplied with the leaves", digits: 3 },
  },
  meaning: "A row is a block with a small tree that has to outbid one of 8 leaves with 15 provers that bids 1 SEQ.",
  points: () =>
    [
      [2, 3],
      [4, 7],
      [8, 3],
      [8, 7],
    ].map(([leaves, provers]) => ({
      label: `${leaves} leaves, ${provers} provers`,
      run: () => {
        const full = score(BigInt(NODES), SEQ, NO_HANDICAP);
        const factorWith = (own: number, rival: number): number =>
          inSeq(bidToBeat((full * BigInt(rival)) / BigInt(own), BigInt(provers!), NO_HANDICAP)!);
        return [
          {
            ...{ leaves: leaves!, provers: provers!, plain: factorWith(1, 1) },
            height: factorWith(Math.log2(leaves!), Math.log2(SEPOLIA.maxLeaves)),
            leavesFactor: factorWith(leaves!, SEPOLIA.maxLeaves),
          },
        ];
      },
    })),
});

/** Greatest value of a block in the auctions, in SEQ: values are spread evenly between 0 and it. */
const MOST = 100;

const auctions = part({
  columns: {
    rule: { title: "rule" },
    proposers: { title: "proposers", digits: 0 },
    burned: { title: "burned of the greatest value", unit: "%", digits: 1 },
    theory: { title: "burned by theory: (n − 1) / (n + 1)", unit: "%", digits: 1 },
    lost: { title: "loss of a proposer at a height that it loses", unit: "SEQ", digits: 2 },
    best: { title: "heights that the most valuable block wins", unit: "%", digits: 1 },
    most: { title: "most burned at a height", unit: "SEQ", digits: 1 },
  },
  meaning: "A row is an auction of many heights; each proposer has the bid that is best if all others have it too.",
  points: ({ proposers, heights }, seed) =>
    (["winner pays", "all pay"] as const).flatMap((rule) =>
      proposers.map((count) => ({
        label: `${rule}, ${count}`,
        run: () => [{ rule, proposers: count, ...playAuctions(rule === "all pay", count, heights, seed) }],
      })),
    ),
});

function playAuctions(allPay: boolean, count: number, heights: number, seed: number) {
  const params = b52Parameters("sepolia", {
    ...{ lostBurnRate: allPay ? 10_000n : 0n, minBid: 1n, targetProvers: 1n, pipelined: false, maxUncles: 0 },
  });
  const world = new B52World(params, upTo(NODES).map(String), `auction ${allPay} ${count} ${seed}`);
  const chance = new Chance(seed, `auction ${count}`);
  const burned: number[] = [];
  const losses: number[] = [];
  let best = 0;
  for (let height = 0; height < heights; height++) {
    const values = upTo(count).map(() => seq(MOST * chance.unit()));
    const offers = values.flatMap((value, i): Offer[] => {
      const bid = PROPOSERS[allPay ? "allPay" : "shaded"]({
        ...{ value, provers: BigInt(NODES), rivals: [], rule: NO_HANDICAP, minBid: params.minBid },
        ...{ proposers: count, most: seq(MOST) },
      });
      const common = { share: 0n, leaves: params.maxLeaves, tickets: upTo(NODES) };
      return bid === undefined ? [] : [{ ...common, proposer: `proposer ${i}`, bid }];
    });
    const { winner, burned: amount } = world.play(offers);
    burned.push(inSeq(amount));
    const mostValue = values.reduce((most, value) => (value > most ? value : most));
    if (winner === `proposer ${values.indexOf(mostValue)}`) best++;
    for (const { proposer, bid } of offers) {
      if (proposer !== winner) losses.push(allPay ? inSeq(bid) : 0);
    }
  }
  return {
    ...{ burned: (100 * mean(burned)) / MOST, theory: (100 * (count - 1)) / (count + 1) },
    ...{ lost: mean(losses), best: (100 * best) / heights, most: Math.max(...burned) },
  };
}

const spam = part({
  columns: {
    minBid: { title: "least bid", unit: "SEQ", digits: 2 },
    burnRate: { title: "burned of a losing bid", unit: "%", digits: 0 },
    income: { title: "uncle reward of the spam", unit: "SEQ", digits: 3 },
    burned: { title: "burned of its bid", unit: "SEQ", digits: 3 },
    gas: { title: "its gas", unit: "SEQ", digits: 3 },
    profit: { title: "profit a height", unit: "SEQ", digits: 3 },
  },
  meaning:
    "A row is a rule for bids that lose; one party adds a block of 2 leaves at the least bid, for the uncle reward.",
  points: ({ burnRates, minBids, gasPrice, tokenPrice }) =>
    minBids.flatMap((least) =>
      burnRates.map((rate) => ({
        label: `${least}, ${rate}`,
        run: () => {
          const params = b52Parameters("sepolia", {
            ...{ lostBurnRate: BigInt(rate), minBid: seq(least), pipelined: false },
          });
          const world = new B52World(params, upTo(NODES + 1).map(ownerOf), `spam ${rate} ${least}`);
          const honest: Offer = {
            ...{ proposer: "honest", bid: seq(least) * 10n, share: params.maxShare, leaves: 8, tickets: upTo(NODES) },
          };
          const bid = PROPOSERS.spam({
            ...{ value: 0n, provers: 1n, rivals: [], rule: NO_HANDICAP, minBid: params.minBid, proposers: 2, most: 0n },
          })!;
          const spammed: Offer = { proposer: "spam", bid, share: 0n, leaves: 2, tickets: [NODES + 1] };
          const { change } = world.play([honest, spammed]);
          const earned = inSeq(change.get(ownerOf(NODES + 1)) ?? 0n);
          const burned = -inSeq(change.get("spam") ?? 0n);
          const gas = gasOf("b52Gas", "commit") + submissionGas() + gasOf("b52Gas", "settle, lost");
          const gasCost = (gas * gasPrice) / 1e9 / tokenPrice;
          return [
            {
              ...{ minBid: least, burnRate: rate / 100, income: earned, burned, gas: gasCost },
              profit: earned - burned - gasCost,
            },
          ];
        },
      })),
    ),
});

const ownerOf = (ticket: number): string => (ticket <= NODES ? "honest prover" : "spam's prover");

const spans = part({
  columns: {
    span: { title: "blocks of a bet", digits: 0 },
    income: { title: "paid of the blocks' value", unit: "%", digits: 1 },
    gas: { title: "gas of commitments for a block", digits: 0 },
    losing: { title: "bets that lose money", unit: "%", digits: 1 },
    longest: { title: "most blocks of one party in a row", digits: 0 },
    error: { title: "error of the estimate for a span", unit: "%", digits: 1 },
  },
  meaning: "A row is a length of the bets; the highest bet has all blocks of a span, and pays the second highest.",
  points: (values, seed) =>
    values.spans.map((span) => ({ label: String(span), run: () => [{ span, ...playSpans(values, span, seed) }] })),
});

/**
 * Bets on spans. The logarithm of a block's value goes back to 0 by `persistence` and moves by `deviation`. All see it
 * as it is before the span; each party gets another part of the value out of the blocks.
 */
function playSpans({ blocks, bettors, persistence, deviation, caution }: V, span: number, seed: number) {
  const market = new Chance(seed, "market");
  const skills = upTo(bettors).map((i) => new Chance(seed, `skill ${i}`));
  const forecasts = forecastOf(span, persistence, deviation);
  let state = 0;
  let [paid, worth, losing, bets, row, longest, holder] = [0, 0, 0, 0, 0, 0, -1];
  const errors: number[] = [];
  while (bets * span < blocks) {
    const { expected, spread } = forecasts(state);
    const own = skills.map((chance) => chance.lognormal(1, 0.1));
    const ordered = own.map((skill, i) => ({ skill, i })).sort((a, b) => b.skill - a.skill);
    const [first, second] = [ordered[0]!, ordered[1]!];
    const price = Math.max(0, second.skill * (expected - caution * spread));
    let value = 0;
    for (let i = 0; i < span; i++) {
      state = persistence * state + deviation * market.normal();
      value += exp(state);
    }
    errors.push((value / expected - 1) * (value / expected - 1));
    bets++;
    paid += price;
    worth += first.skill * value;
    if (price > first.skill * value) losing++;
    row = first.i === holder ? row + span : span;
    holder = first.i;
    longest = Math.max(longest, row);
  }
  return {
    ...{ income: (100 * paid) / worth, gas: (bettors * gasOf("b52Gas", "commit")) / span },
    ...{ losing: (100 * losing) / bets, longest, error: 100 * Math.sqrt(mean(errors)) },
  };
}

/** Mean and standard deviation of the value of the next blocks, by the logarithm of the last one's value. */
function forecastOf(span: number, persistence: number, deviation: number) {
  const variances = upTo(span).map((j) =>
    persistence === 1
      ? j * deviation * deviation
      : (deviation * deviation * (1 - power(persistence, 2 * j))) / (1 - persistence * persistence),
  );
  const weights = upTo(span).map((j) => power(persistence, j));
  return (state: number): { readonly expected: number; readonly spread: number } => {
    const means = variances.map((variance, i) => exp(weights[i]! * state + variance / 2));
    let expected = 0;
    let square = 0;
    for (let i = 0; i < span; i++) {
      expected += means[i]!;
      for (let j = 0; j < span; j++) {
        const common = variances[Math.min(i, j)]! * power(persistence, Math.abs(i - j));
        square += means[i]! * means[j]! * (exp(common) - 1);
      }
    }
    return { expected, spread: Math.sqrt(square) };
  };
}

// ─── Answer ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const close = (a: number, b: number, by: number): boolean => Math.abs(a - b) <= by;

function findings(tables: Tables, values: V): Finding[] {
  const { cost: costs, slope: slopes, splits: sides, tree: trees, auctions: bids, spam: spams, spans: bets } = tables;
  return [
    ...splitFindings(sides!),
    ...costFindings(costs!, values),
    ...slopeFindings(slopes!, values),
    ...variantFindings({ trees: trees!, bids: bids!, spams: spams!, bets: bets! }),
  ];
}

type Rows = Tables[string];

function costFindings(costs: Rows, { budget }: V): Finding[] {
  const free = costs.where({ slope: "none" }).rows.filter((row) => row.number("unbounded") < NODES - 1);
  const steep = costs.where({ slope: "greatest" }).rows;
  const full = steep.filter((row) => row.number("provers") === NODES).map((row) => row.number("pay"));
  const affordable = steep.filter((row) => NODES * row.number("pay") < budget).map((row) => row.number("pay"));
  return [
    {
      name: "sixty",
      text: `Without a slope the best proposal spends 60% of its budget on provers and burns 40%, whatever a prover costs: N³·b² on a line of equal cost. Here it is ${spread(free.map((row) => row.number("onProvers")))}%, as provers are whole. A tree of ${NODES} nodes ends this: cheap provers are all hired, and the rest is burned.`,
      holds:
        free.length > 0 &&
        free.every((row) => close(row.number("onProvers"), 60, (50 * row.number("pay")) / budget + 0.1)),
    },
    {
      name: "steep",
      text: `At the greatest slope the best proposal hires all ${NODES} provers at a pay of ${list(full)} SEQ: of all the pays at which the budget of ${budget} SEQ allows it (${list(affordable)} SEQ).`,
      holds: full.length > 0 && affordable.every((pay) => full.includes(pay)),
    },
  ];
}

function slopeFindings(slopes: Rows, { targets, smallSets, attack, calm }: V): Finding[] {
  const last = (target: number, set: number, phase: string): Rows["rows"][number] =>
    slopes.where({ target, set, phase }).rows.at(-1)!;
  const first = (target: number, set: number): number => slopes.where({ target, set }).rows[0]!.number("needed");
  const wins = slopes.where({ phase: "attack" }).rows.every((row) => row.word("winner") === "attacker");
  const [smallest] = [...smallSets].sort((a, b) => a - b);
  const [low, high] = [Math.min(...targets), Math.max(...targets)];
  const rise = last(high, smallest!, "attack").number("needed") / first(high, smallest!);
  const slopeOf = (target: number, phase: string): number => last(target, smallest!, phase).number("slope");
  const findings: Finding[] = [
    {
      name: "smallSet",
      text: `Nothing stops a small set with money: ${smallest} provers win every one of ${attack} heights. The slope raises their bid from ${first(high, smallest!).toFixed(0)} SEQ to ${last(high, smallest!, "attack").number("needed").toFixed(0)} SEQ, by a factor of ${rise.toFixed(1)}, and then stays at its limit. In all they burn ${Math.round(last(high, smallest!, "attack").number("burned")).toLocaleString("en")} SEQ.`,
      holds: wins && rise > 1,
    },
  ];
  if (high === NODES) {
    findings.push({
      name: "ratchet",
      text: `With a target of ${high}, as on Sepolia, the slope never falls again: a block cannot have more provers than a full tree has nodes. After ${calm} calm heights it is ${slopeOf(high, "calm").toFixed(2)}, as at the end of the attack. A target below 2 · maxLeaves − 1 is needed for the way back.`,
      holds: slopeOf(high, "calm") >= slopeOf(high, "attack"),
    });
  }
  if (low < NODES) {
    findings.push({
      name: "relief",
      text: `With a target of ${low} it falls from ${slopeOf(low, "attack").toFixed(2)} to ${slopeOf(low, "calm").toFixed(2)} in ${calm} calm heights with full trees.`,
      holds: slopeOf(low, "calm") < slopeOf(low, "attack"),
    });
  }
  return findings;
}

/** Factors of the source, and of its formula for the other splits. */
const PAPER = new Map([
  [51, 1.062],
  [60, 1.837],
  [67, 2.893],
]);

function splitFindings(sides: Rows): Finding[] {
  const known = sides.rows.filter((row) => PAPER.has(row.number("larger")));
  const named = sides.rows.map(
    (row) => `${row.number("larger")}/${row.number("smaller")}: ${row.number("model").toFixed(3)}`,
  );
  return [
    {
      name: "breakEven",
      text: `To win, the smaller side bids the larger side's bid times (N/n)^1.5: ${named.join("; ")}. The paper says 1.062 for 51/49, and its formula gives 1.837 for 60/40 and 2.893 for 67/33. On the model one unit more wins, and one unit less loses.`,
      holds:
        sides.rows.every((row) => row.word("wins") === "yes" && row.word("loses") === "yes") &&
        known.every((row) => close(row.number("model"), PAPER.get(row.number("larger"))!, 0.000_6)),
    },
    {
      name: "cap",
      text: `In a tree of 8 leaves a majority of tickets is worth nothing in the score: both sides of every split here fill all ${NODES} nodes with different tickets, and the factor is ${sides.rows[0]!.number("tree").toFixed(3)}. The majority counts only where a tree employs more tickets than the minority has.`,
      holds: sides.rows.every((row) => close(row.number("tree"), 1, 1e-6)),
    },
    {
      name: "handicap",
      text: `A slope helps the larger side further: with a target of 60 provers at the greatest slope the smaller side bids ${list(sides.numbers("handicap").map((factor) => Number(factor.toFixed(2))))} times as much.`,
      holds: sides.rows.every((row) => row.number("handicap") > row.number("model")),
    },
  ];
}

function variantFindings({
  trees,
  bids,
  spams,
  bets,
}: Readonly<Record<"trees" | "bids" | "spams" | "bets", Rows>>): Finding[] {
  const two = trees.where({ leaves: 2 }).only();
  const eight = trees.where({ leaves: 8, provers: 3 }).only();
  const pays = bids.where({ rule: "winner pays" }).rows;
  const all = bids.where({ rule: "all pay" }).rows;
  const gaps = pays.map((row, i) => Math.abs(row.number("burned") - all[i]!.number("burned")));
  const most = Math.max(...all.map((row) => row.number("most")));
  const profits = spams.rows.filter((row) => row.number("profit") > 0);
  const cheapest = Math.min(...spams.numbers("minBid"));
  const [lone, longest] = [bets.rows[0]!, bets.rows.at(-1)!];
  return [
    {
      name: "treeHeight",
      text: `The height of the tree as a factor changes little: a block of 2 leaves has to bid ${two.number("plain").toFixed(1)} times as much as a full one without it, and ${two.number("height").toFixed(1)} times with it, since a small tree has few provers anyway. It only separates blocks with equal sets: 3 provers in a tree of 8 leaves bid ${eight.number("plain").toFixed(1)} times as much in either case.`,
      holds: two.number("height") > two.number("plain") && close(eight.number("height"), eight.number("plain"), 1e-6),
    },
    {
      name: "allPay",
      text: `If all pay, as much is burned as if the winner alone pays: the difference is at most ${Math.max(...gaps).toFixed(1)} percentage points, and both follow (n − 1)/(n + 1). But one height burns up to ${most.toFixed(0)} SEQ instead of ${Math.max(...pays.map((row) => row.number("most"))).toFixed(0)} SEQ, and each height that a proposer loses costs it ${spread(all.map((row) => row.number("lost")))} SEQ: that is what keeps small proposers away.`,
      holds: Math.max(...gaps) < 5 && pays.every((row) => close(row.number("burned"), row.number("theory"), 5)),
    },
    {
      name: "spam",
      text:
        profits.length === 0
          ? `A block of one's own for the uncle reward does not pay at any rate here.`
          : `A block of one's own for the uncle reward pays ${Math.max(...profits.map((row) => row.number("profit"))).toFixed(2)} SEQ a height at a least bid of ${cheapest} SEQ if losing bids come back. It no longer pays from these burn rates on: ${thresholds(spams)}.`,
      holds: spams.where({ burnRate: 100 }).rows.some((row) => row.number("profit") < 0),
    },
    {
      name: "spans",
      text: `Bets on ${longest.number("span")} blocks cut the gas of commitments from ${Math.round(lone.number("gas")).toLocaleString("en")} to ${Math.round(longest.number("gas")).toLocaleString("en")} for a block, and bring ${longest.number("income").toFixed(0)}% of the value instead of ${lone.number("income").toFixed(0)}%: nobody knows what the span will be worth (error ${longest.number("error").toFixed(0)}%), and cautious parties take the risk off their bets. One party has up to ${longest.number("longest")} blocks in a row, instead of ${lone.number("longest")}: that is the price in censorship.`,
      holds: longest.number("gas") < lone.number("gas") && longest.number("income") < lone.number("income"),
    },
  ];
}

/** The least burn rate without a profit, for each least bid. */
function thresholds(spams: Rows): string {
  return spams
    .values("minBid")
    .map((least) => {
      const rows = spams.where({ minBid: least }).rows;
      const first = rows.find((row) => row.number("profit") <= 0);
      return `${first === undefined ? "none" : `${first.number("burnRate")}%`} at ${Number(least)} SEQ`;
    })
    .join(", ");
}

const list = (numbers: readonly number[]): string => numbers.join(", ");
const spread = (numbers: readonly number[]): string => {
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  return least === most ? least.toFixed(1) : `${least.toFixed(1)} … ${most.toFixed(1)}`;
};

// ─── Plots ───────────────────────────────────────────────────────────────────────────────────────────────────────────

function plots(tables: Tables, values: V): Plot[] {
  return [
    surfacePlot(tables.surface!, values),
    slopePlot(tables.slope!, values),
    variantsPlot(tables),
    betsPlot(tables),
  ];
}

function surfacePlot(table: Rows, { bids, budget, proverPay }: V): Plot {
  const most = Math.max(...bids);
  const pay = proverPay[Math.floor(proverPay.length / 2)]!;
  const panels = ENDS.map(([end, value]) => {
    const rows = table.where({ slope: end });
    const curves = bids.map((bid): Curve => ({
      name: "equal scores",
      points: rows.where({ bid }).rows.map((row) => [row.number("provers"), row.number("sameScore")] as const),
      look: "line",
    }));
    const isoCost = [budget, 2 * budget].map((amount): Curve => ({
      name: `equal costs: ${budget} and ${2 * budget} SEQ, a prover gets ${pay} SEQ`,
      isDashed: true,
      points: upTo(NODES).map((n) => [n, amount - n * pay > 0 ? amount - n * pay : undefined] as const),
    }));
    return {
      title: `slope at its ${end === "least" ? "minimum" : "maximum"}, ${Number(value) / 1e18}`,
      x: { title: "provers that count (N)", range: [1, NODES] as const },
      y: { title: "bid, SEQ", range: [0, most] as const },
      curves: [...curves, ...isoCost],
    };
  });
  return {
    name: "surface",
    description: "Two panels with curves of equal scores over provers and bids; at the higher slope they are steeper",
    svg: chart({ title: "Equal scores and equal costs in B52", panels }),
  };
}

function slopePlot(table: Rows, { targets, smallSets, honestBid, attack }: V): Plot {
  const panels = targets.map((target) => ({
    title: `target of ${target} provers`,
    x: { title: `height; the attack ends at ${attack}` },
    y: { title: "bid that the small set needs, SEQ", isLogarithmic: true },
    curves: [
      ...smallSets.map((set): Curve => ({
        name: `${set} provers`,
        points: table.where({ target, set }).points("height", "needed"),
      })),
      {
        name: "the honest bid, of 15 provers",
        isDashed: true,
        points: [
          [1, honestBid],
          [table.where({ target, set: smallSets[0]! }).rows.length, honestBid],
        ],
      } satisfies Curve,
    ],
  }));
  return {
    name: "slope",
    description: "The bid of a small set rises to a limit, and falls again only where the target is below a full tree",
    svg: chart({ title: "What the slope below the target does", panels }),
  };
}

function variantsPlot({ auctions: bids, spam: spams }: Tables): Plot {
  const rules = bids!.values("rule");
  const panels = [
    {
      title: "All pay: what is burned",
      x: { title: "proposers", isLogarithmic: true },
      y: { title: "% of the greatest value", range: [0, 100] as const },
      curves: [
        ...rules.map((rule): Curve => ({ name: rule, points: bids!.where({ rule }).points("proposers", "burned") })),
        {
          ...{ name: "theory: (n − 1) / (n + 1)", isDashed: true },
          points: bids!.where({ rule: rules[0]! }).points("proposers", "theory"),
        },
      ],
    },
    {
      title: "A block of one's own for the uncle reward",
      x: { title: "part of a losing bid that burns, %" },
      y: { title: "profit of the spam a height, SEQ" },
      curves: spams!.values("minBid").map((least): Curve => ({
        name: `least bid ${Number(least)} SEQ`,
        points: spams!.where({ minBid: least }).points("burnRate", "profit"),
      })),
    },
  ];
  return {
    name: "variants",
    description: "Burned amounts where all pay and where the winner pays are equal; spam pays unless losing bids burn",
    svg: chart({ title: "Variants of the replies: all pay", panels }),
  };
}

function betsPlot({ spans: bets }: Tables): Plot {
  const x = { title: "blocks of a bet", isLogarithmic: true };
  const panels = [
    {
      ...{ title: "Income", x, y: { title: "% of the value", range: [0, 100] as const } },
      curves: [{ name: "income", points: bets!.points("span", "income") }],
    },
    {
      ...{ title: "Gas of commitments", x, y: { title: "gas for a block", isLogarithmic: true } },
      curves: [{ name: "gas", points: bets!.points("span", "gas") }],
    },
    {
      ...{ title: "Longest reign", x, y: { title: "blocks in a row", isLogarithmic: true } },
      curves: [{ name: "reign", points: bets!.points("span", "longest") }],
    },
  ];
  return {
    name: "bets",
    description: "Longer bets bring less income, need less gas, and give one party more blocks in a row",
    svg: chart({ title: "Variants of the replies: bets on a span of blocks", panels, columns: 3 }),
  };
}

export const SCORE = experimentOf({
  name: "score",
  title: "B52: the score",
  question:
    "What does the score N³ · b² reward, what does the slope below the target do, and do the variants of the replies change it?",
  sources: [
    { text: "SCORE(y) = NUM_PROVERS (x)^3 * BURN_BID(z) ^ 2 – needs modelling", place: "B52, Aggregation" },
    { text: "Sally will have to bid at least 1.062 tokens to win", place: "B52, the reply on 51% of the stake" },
    {
      text: "the proposer always pays the BURN_BID for the [right] to commit a block to L1, even if it does not win",
      place: "B52, reply to charles-espresso, which also proposes the height of the tree",
    },
    {
      text: "what happens if we change B52 from voting per-block to being more of a prediction market?",
      place: "B52, a late reply",
    },
  ],
  model: `Scores, slopes, rounds and payments are those of \`test/model/b52\`, with Sepolia's parameters; the splits of ${TICKETS} tickets are played in a tree of ${LARGE_TREE} leaves, which the contract does not take. In the auctions each proposer's block is worth an independent amount, spread evenly up to ${MOST} SEQ, and all have the same provers. The bets are a model of the reply alone, without a contract: \`persistence\` and \`deviation\` move the value of blocks, each party gets a part of it that differs by 10%, and pays the second highest bet.`,
  settings,
  small: { heights: 200, blocks: 4_000, attack: 70, calm: 30, smallSets: [2], proposers: [2, 5], spans: [1, 20] },
  parts: { surface, cost, slope, splits, tree, auctions, spam, spans },
  findings,
  plots,
});
