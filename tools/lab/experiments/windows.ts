// SPDX-License-Identifier: MIT
import { NODE_PROVING_STRATEGY } from "../../../src/node/index.ts";
import { chart, type Curve } from "../../docs/plots/chart.ts";
import { PROOF_TIMES } from "../../simulation/defaults.ts";
import { Chance } from "../chance.ts";
import { experimentOf, partsOf, type Finding, type Plot, type Tables } from "../experiment.ts";
import { concentration, sum } from "../maths.ts";
import { decimal, decimals, whole, wholes, words, type Values } from "../settings.ts";
import { HIRING, type HiringName } from "../strategies/hiring.ts";
import { PROPOSERS } from "../strategies/proposing.ts";
import { b52Parameters, B52World, SEQ, type Committed, type Offer } from "../worlds/b52.ts";
import { levelsAbove, runTree } from "../worlds/proofTree.ts";

const LEAVES = 8;
const MODES = ["plain", "pipelined"] as const;
type Mode = (typeof MODES)[number];
/** Whether others fill the nodes of provers that are slow. */
const FILLING = ["nobody", "others"] as const;

const settings = {
  spreads: decimals([0, 0.2, 0.5, 1], [0, 2], "standard deviation of the logarithm of the provers' speeds"),
  proofWindows: wholes([150, 180, 240, 300, 450, 600, 900, 1_200], [30, 86_400], "lengths of the proof window", "s"),
  proposalWindow: whole(60, [1, 86_400], "length of the proposal window; pipelined, at least the proof window", "s"),
  hiring: words(["anyone", "fastest"], Object.keys(HIRING), "how proposers choose provers"),
  provers: whole(48, [15, 240], "provers, each with a ticket"),
  heights: whole(400, [10, 10_000], "heights of a run"),
  leaf: decimal(PROOF_TIMES.production.leaf, [0.1, 10_000], "median time of a leaf's proof", "s"),
  merge: decimal(PROOF_TIMES.production.merge, [0.1, 10_000], "median time of a merge", "s"),
  jitter: decimal(0.1, [0, 1], "standard deviation of the logarithm of one prover's times"),
  reveal: decimal(10, [0, 600], "until the content is shown and everywhere", "s"),
  way: decimal(3, [0, 600], "until a proof is with the next prover", "s"),
  submission: decimal(24, [0, 600], "until L1 has the block", "s"),
  proposalWindows: wholes([12, 24, 36, 48, 60, 90, 120, 300], [1, 3_600], "lengths of the proposal window", "s"),
  proposers: whole(5, [2, 50], "proposers"),
  gather: decimal(6.5, [0, 600], "until a proposer has its votes", "s"),
  build: decimal(20, [0, 600], "mean time to build the block that is offered", "s"),
} as const;

type V = Values<typeof settings>;
const part = partsOf(settings);

const seq = (amount: number): bigint => BigInt(Math.round(amount * 1e6)) * 10n ** 12n;
const inSeq = (amount: bigint): number => Number(amount / 10n ** 9n) / 1e9;
const L1_BLOCK = 12;
/** Part of L1's blocks that a transaction is not in. */
const MISSED = 0.1;

// ─── Proof windows ───────────────────────────────────────────────────────────────────────────────────────────────────

interface Run {
  readonly mode: Mode;
  readonly filling: (typeof FILLING)[number];
  readonly hiring: string;
  readonly spread: number;
  readonly proofWindow: number;
}

interface Measured {
  /** Undefined if there was no head. */
  readonly blockTime: number | undefined;
  readonly dead: number;
  readonly credited: number;
  readonly slowPay: number;
  readonly concentration: number;
}

/** Plays heights until so many have a head, or as many rounds are dead. */
function playProofs(values: V, { mode, filling, hiring, spread, proofWindow }: Run, seed: number): Measured {
  const { provers, heights, jitter, leaf, merge, reveal, way, submission } = values;
  const speeds = new Chance(seed, `speeds ${spread}`);
  const chance = new Chance(seed, `proofs ${spread}`);
  const slowness = Array.from({ length: provers }, () => speeds.lognormal(1, spread));
  const candidates = slowness.map((factor, i) => ({ ticket: i + 1, slowness: factor }));
  const params = b52Parameters("sepolia", {
    ...{ pipelined: mode === "pipelined", proofWindow, targetProvers: BigInt(2 * LEAVES - 1), minBid: 1n },
    proposalWindow: mode === "pipelined" ? Math.max(proofWindow, values.proposalWindow) : values.proposalWindow,
  });
  const world = new B52World(params, candidates.map(ownerOf), `windows ${mode} ${hiring} ${spread} ${proofWindow}`);
  const { model } = world;
  const begun = world.now;
  let [heads, failed, credits, height] = [0, 0, 0, 0];
  const offer = (): Offer => ({
    ...{ proposer: `proposer ${height++ % 2}`, bid: SEQ, share: params.maxShare, leaves: LEAVES },
    tickets: HIRING[hiring as HiringName](candidates, chance).slice(0, 2 * LEAVES - 1),
  });
  // The first tickets have the last nodes, which are the leaves.
  const commit = (): Committed => {
    const made = offer();
    return world.commit([{ ...made, tickets: [...made.tickets].reverse() }])[0]!;
  };

  let current = commit();
  while (heads < heights && failed < heights) {
    const round = model.current!;
    world.now = model.proposalEnd(round);
    const next = mode === "pipelined" ? commit() : undefined;
    const times = { leaf, merge };
    const fastest = Math.min(...slowness);
    const end = proofWindow - 3 * NODE_PROVING_STRATEGY.margin - reveal;
    const tree = runTree({
      ...{ leaves: LEAVES, times, way },
      slowness: Array.from(
        { length: 2 * LEAVES - 1 },
        (_, i) => slowness[current.promised.get(i + 1)! - 1]! * chance.lognormal(1, jitter),
      ),
      filling: {
        slowness: filling === "others" ? fastest : Infinity,
        from: (node) => end - 3 * fastest * (leaf + levelsAbove(node) * merge),
        // The root has no parent: its proposer waits for it, less its own reserve.
        patience: (parent) => (parent === 0 ? end : end - 2 * fastest * (levelsAbove(parent) + 1) * merge),
      },
    });
    const submitted = reveal + tree.done + submission;
    const proofEnd = model.proofEnd(round);
    if (submitted < proofWindow) {
      world.now += Math.ceil(submitted);
      world.now = Math.min(world.now, proofEnd - 1);
      world.submit(current, tree.credited);
      world.now = proofEnd;
      world.advance([current], new Map());
      heads++;
      credits += tree.credited.size;
      if (next === undefined) current = commit();
      else current = next;
    } else {
      world.now = proofEnd;
      for (const lost of next === undefined ? [current] : [current, next]) model.settle(lost.proposal, world.now);
      failed += next === undefined ? 1 : 2;
      current = commit();
    }
  }
  const pay = candidates.map((candidate) => inSeq(model.balanceOf(ownerOf(candidate))));
  const order = candidates.map((_, i) => i).sort((a, b) => slowness[b]! - slowness[a]!);
  const slow = order.slice(0, Math.floor(provers / 4)).map((i) => pay[i]!);
  const total = sum(pay);
  return {
    blockTime: heads === 0 ? undefined : (world.now - begun) / heads,
    dead: (100 * failed) / (heads + failed),
    credited: credits / Math.max(1, heads),
    slowPay: total === 0 ? 0 : (100 * sum(slow)) / total,
    concentration: concentration(pay),
  };
}

const ownerOf = ({ ticket }: { readonly ticket: number }): string => `prover ${ticket}`;

const COMMON = {
  spread: { title: "spread of speeds", digits: 2 },
  window: { title: "proof window", unit: "s", digits: 0 },
  blockTime: { title: "time for a block", unit: "s", digits: 1 },
  dead: { title: "rounds without a head", unit: "%", digits: 1 },
  credited: { title: "nodes credited of 15", digits: 2 },
  slowPay: { title: "pay of the slowest quarter of the provers", unit: "%", digits: 1 },
  concentration: { title: "HHI of the pay", digits: 3 },
} as const;

const proofs = part({
  columns: { mode: { title: "mode" }, filling: { title: "filled by" }, ...COMMON },
  meaning: "A row is a run in which anyone is hired.",
  points: (values, seed) =>
    MODES.flatMap((mode) =>
      FILLING.flatMap((filling) =>
        values.spreads.flatMap((spread) =>
          values.proofWindows.map((window) => ({
            label: `${mode}, ${filling}, ${spread}, ${window}`,
            run: () => {
              const run = { mode, filling, hiring: "anyone", spread, proofWindow: window };
              return [{ mode, filling, spread, window, ...playProofs(values, run, seed) }];
            },
          })),
        ),
      ),
    ),
});

const hired = part({
  columns: { hiring: { title: "hiring" }, ...COMMON },
  meaning: "A row is a plain run in which others fill the nodes of slow provers.",
  points: (values, seed) =>
    values.hiring.flatMap((hiring) =>
      values.spreads.flatMap((spread) =>
        values.proofWindows.map((window) => ({
          label: `${hiring}, ${spread}, ${window}`,
          run: () => {
            const run = { mode: "plain", filling: "others", hiring, spread, proofWindow: window } as const;
            return [{ hiring, spread, window, ...playProofs(values, run, seed) }];
          },
        })),
      ),
    ),
});

// ─── Proposal windows ────────────────────────────────────────────────────────────────────────────────────────────────

const proposals = part({
  columns: {
    window: { title: "proposal window", unit: "s", digits: 0 },
    commitments: { title: "commitments in time", digits: 2 },
    best: { title: "rounds in which the best block was in time", unit: "%", digits: 1 },
    burned: { title: "burned of the best value", unit: "%", digits: 1 },
    waited: { title: "wait for the first commitment beyond the window", unit: "s", digits: 1 },
  },
  meaning: "A row is a length of the proposal window; all proposers begin to build when the round opens.",
  points: (values, seed) =>
    values.proposalWindows.map((window) => ({
      label: String(window),
      run: () => [{ window, ...playProposals(values, window, seed) }],
    })),
});

function playProposals({ heights, proposers, gather, build }: V, window: number, seed: number) {
  const chance = new Chance(seed, "proposals");
  const params = b52Parameters("sepolia", {
    ...{ pipelined: false, proposalWindow: window, targetProvers: 1n, minBid: 1n, maxUncles: 0 },
  });
  const tickets = Array.from({ length: 15 }, (_, i) => i + 1);
  const world = new B52World(params, tickets.map(String), `proposals ${window} ${seed}`);
  let [commitments, best, burned, worth, waited] = [0, 0, 0, 0, 0];
  for (let height = 0; height < heights; height++) {
    const blocks = Array.from({ length: proposers }, (_, i) => {
      let at = chance.exponential(build) + gather;
      at = L1_BLOCK * Math.ceil(at / L1_BLOCK);
      while (chance.happens(MISSED)) at += L1_BLOCK;
      return { proposer: `proposer ${i}`, at, value: seq(100 * chance.unit()) };
    });
    const first = Math.min(...blocks.map(({ at }) => at));
    // The window of a round that nobody committed to begins anew with the first commitment.
    const opens = first < window ? 0 : first;
    const inTime = blocks.filter(({ at }) => at - opens < window);
    const mostOf = (of: typeof blocks): bigint => of.reduce((most, { value }) => (value > most ? value : most), 0n);
    world.now += opens;
    const { burned: amount } = world.play(
      inTime.map(({ proposer, value }) => ({
        ...{ proposer, share: 0n, leaves: LEAVES, tickets },
        bid: PROPOSERS.shaded({
          ...{ value, provers: 15n, rivals: [], rule: world.model.scoreRule, minBid: 1n, proposers, most: seq(100) },
        })!,
      })),
    );
    commitments += inTime.length;
    if (mostOf(inTime) === mostOf(blocks)) best++;
    burned += inSeq(amount);
    worth += inSeq(mostOf(blocks));
    waited += opens;
  }
  return {
    ...{ commitments: commitments / heights, best: (100 * best) / heights, burned: (100 * burned) / worth },
    waited: waited / heights,
  };
}

// ─── Answer ──────────────────────────────────────────────────────────────────────────────────────────────────────────

type Rows = Tables[string];

/** The shortest window with hardly any dead round, for each spread; undefined if there is none. */
const live = (table: Rows, filling: string, spread: number): number | undefined =>
  table
    .where({ mode: "plain", filling, spread })
    .rows.find((row) => row.number("dead") < 1)
    ?.number("window");

/** The shortest window in which nearly all promised nodes are credited. */
const fair = (table: Rows, spread: number): number | undefined =>
  table
    .where({ mode: "plain", filling: "others", spread })
    .rows.find((row) => row.number("credited") > 14.5 && row.number("dead") < 1)
    ?.number("window");

function findings({ proofs: table, hired: pay, proposals: bids }: Tables, values: V): Finding[] {
  const { spreads, hiring, leaf, merge, reveal, way, submission, proofWindows, proposalWindow } = values;
  const [first, last] = [hiring[0]!, hiring.at(-1)!];
  const path = reveal + way * 4 + leaf + 3 * merge + submission;
  const alive = table!.rows.filter((row) => row.number("dead") === 0);
  const dying = table!.rows.filter((row) => row.number("dead") > 5 && row.number("dead") < 95);
  const periodOf = (row: Rows["rows"][number]): number =>
    row.word("mode") === "plain"
      ? row.number("window") + proposalWindow
      : Math.max(row.number("window"), proposalWindow);
  // A dead round takes both windows, and pipelined the round after it as well.
  const expected = (row: Rows["rows"][number]): number => {
    const dead = row.number("dead") / 100;
    const wasted = row.word("mode") === "plain" ? periodOf(row) : (periodOf(row) + row.number("window")) / 2;
    return periodOf(row) + (wasted * dead) / (1 - dead);
  };
  const longest = Math.max(...proofWindows);
  const [narrow, widest] = [Math.min(...spreads), Math.max(...spreads)];
  const at = (hires: string): Rows["rows"][number] =>
    pay!.where({ hiring: hires, spread: widest, window: longest }).only();
  const needs = (find: (spread: number) => number | undefined): string =>
    spreads.map((spread) => `${find(spread) ?? `more than ${longest}`} s at ${spread}`).join(", ");
  const saturated = bids!.rows.at(-1)!;
  const enough = bids!.rows.find((row) => row.number("burned") > 0.98 * saturated.number("burned"));
  return [
    {
      name: "live",
      text: `For fewer than 1% dead rounds the proof window has to be ${needs((spread) => live(table!, "nobody", spread))} of spread if nobody fills the nodes of slow provers, and ${needs((spread) => live(table!, "others", spread))} if others do, as B52 allows. The median path of the proofs is ${path.toFixed(0)} s.`,
      holds:
        spreads.every(
          (spread) => (live(table!, "others", spread) ?? Infinity) <= (live(table!, "nobody", spread) ?? Infinity),
        ) && (live(table!, "nobody", widest) ?? Infinity) > (live(table!, "nobody", narrow) ?? Infinity),
    },
    {
      name: "period",
      text: `A block takes both windows, pipelined the longer one; proofs that are ready early gain nothing. A dead round costs its own windows, and pipelined the next round with it. ${dying.length} of the runs have dead rounds, and their block time is that formula to ${dying.length === 0 ? "0" : (100 * Math.max(...dying.map((row) => Math.abs(row.number("blockTime") / expected(row) - 1)))).toFixed(0)}%.`,
      holds:
        alive.every((row) => Math.abs(row.number("blockTime") / periodOf(row) - 1) < 0.03) &&
        dying.every((row) => Math.abs(row.number("blockTime") / expected(row) - 1) < 0.1),
    },
    {
      name: "fair",
      text: `To be credited for what they promised, slow provers need more time than the chain: 14.5 of 15 nodes are credited from ${needs((spread) => fair(table!, spread))} on. In shorter windows others fill their nodes, and nobody is paid for these.`,
      holds: spreads.every(
        (spread) => (fair(table!, spread) ?? Infinity) >= (live(table!, "others", spread) ?? Infinity),
      ),
    },
    {
      name: "pay",
      text: `The proposer's choice concentrates the pay, not the window: at a spread of ${widest} and a window of ${longest} s the slowest quarter of the provers earns ${at(first).number("slowPay").toFixed(0)}% if ${first} is hired and ${at(last).number("slowPay").toFixed(0)}% if the ${last} are; the HHI is ${at(first).number("concentration").toFixed(3)} and ${at(last).number("concentration").toFixed(3)}.`,
      holds: at(last).number("concentration") > at(first).number("concentration"),
    },
    {
      name: "proposals",
      text: `The proposal window only has to hold a block of L1 after the votes: from ${enough?.number("window") ?? "–"} s on 98% of the bids of a long window are burned. At ${bids!.rows[0]!.number("window")} s ${bids!.rows[0]!.number("commitments").toFixed(1)} proposers of ${values.proposers} are in time and ${bids!.rows[0]!.number("burned").toFixed(0)}% of the best value is burned, instead of ${saturated.number("burned").toFixed(0)}%. A window of seconds, as the paper hopes for, is no window for an auction on L1.`,
      holds:
        enough !== undefined &&
        enough.number("window") > L1_BLOCK &&
        bids!.rows[0]!.number("burned") < saturated.number("burned"),
    },
  ];
}

function plots({ proofs: table, hired: pay, proposals: bids }: Tables, { spreads, hiring }: V): Plot[] {
  const curves = (mode: Mode, filling: string, column: string): Curve[] =>
    spreads.map((spread) => ({
      name: `spread ${spread}`,
      points: table!.where({ mode, filling, spread }).points("window", column),
    }));
  const x = { title: "proof window, s", isLogarithmic: true };
  const panels = [
    ...MODES.map((mode) => ({
      title: `time for a block, ${mode}, nobody fills`,
      ...{ x, y: { title: "seconds", range: [0, 2_000] as const }, curves: curves(mode, "nobody", "blockTime") },
    })),
    {
      title: "rounds without a head, plain, nobody fills",
      ...{ x, y: { title: "%", range: [0, 100] as const }, curves: curves("plain", "nobody", "dead") },
    },
    {
      title: "nodes credited if others fill, of 15",
      ...{ x, y: { title: "nodes", range: [0, 15] as const }, curves: curves("plain", "others", "credited") },
    },
  ];
  const widest = Math.max(...spreads);
  const choice = [
    {
      title: `pay of the slowest quarter, hiring: ${hiring[0]}`,
      ...{ x, y: { title: "% of all pay", range: [0, 30] as const } },
      curves: spreads.map((spread): Curve => ({
        name: `spread ${spread}`,
        points: pay!.where({ hiring: hiring[0]!, spread }).points("window", "slowPay"),
      })),
    },
    {
      title: `concentration of the pay, spread ${widest}`,
      ...{ x, y: { title: "HHI", range: [0, 0.2] as const } },
      curves: hiring.map((hires): Curve => ({
        name: `hiring: ${hires}`,
        points: pay!.where({ hiring: hires, spread: widest }).points("window", "concentration"),
      })),
    },
  ];
  const proposing = [
    {
      title: "competition",
      x: { title: "proposal window, s", isLogarithmic: true },
      y: { title: "% of the best value, burned", range: [0, 100] as const },
      curves: [{ name: "burned", points: bids!.points("window", "burned") }],
    },
    {
      title: "commitments in time",
      x: { title: "proposal window, s", isLogarithmic: true },
      y: { title: "commitments" },
      curves: [{ name: "commitments", points: bids!.points("window", "commitments") }],
    },
  ];
  return [
    {
      name: "proofs",
      description: "Block time grows with the proof window, and beyond all bounds where it is too short for the proofs",
      svg: chart({
        title: "The proof window of B52",
        note: "Anyone is hired. With a spread of 0.5 one prover in six takes at least 1.65 times as long as the median.",
        panels,
      }),
    },
    {
      name: "pay",
      description:
        "Slow provers earn a quarter of the pay in long windows if anyone is hired, and nothing if the fastest are",
      svg: chart({ title: "Pay of slow provers", panels: choice }),
    },
    {
      name: "proposals",
      description: "Bids and commitments grow with the proposal window, up to about a minute",
      svg: chart({ title: "The proposal window of B52", panels: proposing }),
    },
  ];
}

export const WINDOWS = experimentOf({
  name: "windows",
  title: "B52: the two windows",
  question: "How long do both windows have to be, what is a dead round, and are slow provers paid?",
  sources: [
    {
      text: "Simulations to establish the trade offs of different BLOCK_PROPOSAL_WINDOWS and PROOF_ACCEPTANCE_WINDOWS",
      place: "B52, hardest components",
    },
    { text: "the BLOCK_PROPOSAL_WINDOW can be on the order of seconds", place: "B52, Downtime" },
  ],
  model: `Rounds of \`test/model/b52\` in a tree of ${LEAVES} leaves, plain and pipelined. A proof takes its prover's time; a parent begins when both children are there. As in the node program, the fastest prover begins to fill a node that is not there three times its own times for the levels above before the end, less ${3 * NODE_PROVING_STRATEGY.margin} s, and a parent waits for the promised proof until twice these times are left; then the owner of the late node is not credited. Times on the way are those of \`npm run simulate\`, which simulates the network itself. A commitment is in one of L1's blocks of ${L1_BLOCK} s, and misses one in ten.`,
  settings,
  small: { heights: 40, spreads: [0, 1], proofWindows: [240, 600, 1_200], proposalWindows: [12, 36, 300] },
  parts: { proofs, hired, proposals },
  findings,
  plots,
});
