// SPDX-License-Identifier: MIT
import { bidToBeat, score } from "../../../test/model/b52/score.ts";
import { chart, level, places, type Curve } from "../../docs/plots/chart.ts";
import { readParameters } from "../../docs/worked/deployParameters.ts";
import { experimentOf, partsOf, type Finding, type Plot, type Tables } from "../experiment.ts";
import { mean, percentile } from "../maths.ts";
import { electionGasOf } from "../measured.ts";
import { decimal, decimals, whole, words, type Values } from "../settings.ts";
import { CENSORS, type CensorName } from "../strategies/censoring.ts";
import { b52Parameters, B52World } from "../worlds/b52.ts";
import {
  BLOCK_TIME,
  CLOCK,
  inSeq,
  seq,
  SLOT_ELECTIONS,
  SLOT_HOURS,
  type SlotElectionName,
} from "../worlds/elections.ts";
import { longWait, meanWait, runCensorship } from "../worlds/emptyBlocks.ts";
import { PROVER_ELECTIONS, runLateness, type ProverElectionName } from "../worlds/lateProvers.ts";

const settings = {
  elections: words([...SLOT_ELECTIONS], SLOT_ELECTIONS, "elections of sequencers"),
  attacks: words(["silent", "empty"], Object.keys(CENSORS), "strategies of the attacker in its slots"),
  shares: decimals([0.25, 0.5, 0.75, 0.875, 1], [0.0625, 1], "places, stake or slots that the attacker has"),
  epochs: whole(100, [5, 1_000], "epochs of an attack"),
  valueMinute: decimal(10, [0.2, 10_000], "fees and MEV of a minute", "SEQ"),
  stake: decimal(10_000, [100, 1_000_000], "stake or bond of each of 16 places", "SEQ"),
  postBlocks: whole(5, [1, 25], "blocks between two batches of an honest sequencer"),
  forcedHours: decimal(6, [0.1, 1_000], "mean time between two forced operations", "h"),
  batchFee: decimal(0.35, [0, 1_000], "fee of a batch", "SEQ"),
  postGas: whole(
    electionGasOf("StakeRotation", "a batch of the holder, a further one, again"),
    [21_000, 1_000_000],
    "gas of an empty batch",
  ),
  gasPrice: decimal(0.8, [0.01, 500], "price of gas on L1", "gwei"),
  tokenPrice: decimal(0.001, [0.000_001, 10], "price of the native token", "ETH"),
  deposit: decimal(20_000, [2_000, 1_000_000], "deposit of each of 16 rollers", "SEQ"),
  ticket: decimal(
    2_000,
    [2, 1_000_000],
    "deposit of each of 16 members of RandomPriority; a fine is half of it",
    "SEQ",
  ),
  batchBlocks: whole(25, [5, 1_000], "blocks between two batches that wait for a prover"),
  proofBlocks: whole(5, [1, 50], "blocks of a proof"),
  tickets: whole(100, [10, 127], "tickets of B52"),
} as const;

type V = Values<typeof settings>;
const part = partsOf(settings);
const percent = (share: number): number => Math.round(1e6 * share) / 1e4;

// ─── Sequencers ──────────────────────────────────────────────────────────────────────────────────────────────────────

const MINUTES = BLOCK_TIME / 60;

const slots = part({
  columns: {
    election: { title: "election" },
    attack: { title: "attack" },
    share: { title: "share", unit: "%", digits: 2 },
    held: { title: "slots of the attacker", unit: "%", digits: 1 },
    wait: { title: "mean wait of a user", unit: "min", digits: 1 },
    long: { title: "wait of one user in a hundred", unit: "min", digits: 0 },
    forced: { title: "longest wait of a forced operation", unit: "h", digits: 2 },
    paid: { title: "paid for an hour", unit: "SEQ", digits: 1 },
    forgone: { title: "income of an hour that it forgoes", unit: "SEQ", digits: 1 },
    locked: { title: "capital", unit: "SEQ", digits: 0 },
  },
  meaning:
    "A row is an attack of some epochs. The attacker pays bids, bonds, leaks, batch fees and gas. A wait without a number has no end: no honest batch came by the election's rules.",
  points: (values, seed) =>
    values.elections.flatMap((election) =>
      values.attacks.flatMap((attack) =>
        values.shares.map((share) => ({
          label: `${election}, ${attack}, ${share}`,
          run: () => [playSlots(values, election as SlotElectionName, attack as CensorName, share, seed)],
        })),
      ),
    ),
});

function playSlots(values: V, election: SlotElectionName, attack: CensorName, share: number, seed: number) {
  const { epochs, stake, postBlocks, forcedHours, valueMinute } = values;
  const slotValue = valueMinute * 60 * SLOT_HOURS;
  const result = runCensorship({ election, attack, share, epochs, stake, slotValue, postBlocks, forcedHours }, seed);
  const batch = values.batchFee + (values.postGas * values.gasPrice) / 1e9 / values.tokenPrice;
  const isServed = result.gaps.length > 0;
  return {
    ...{ election, attack, share: percent(share), held: percent(result.held) },
    wait: isServed ? meanWait(result.gaps) * MINUTES : undefined,
    long: isServed ? longWait(result.gaps) * MINUTES : undefined,
    forced: result.forced.length > 0 ? Math.max(...result.forced) : undefined,
    paid: result.lost + result.batches * batch,
    forgone: result.held * 60 * valueMinute,
    locked: result.locked,
  };
}

// ─── Provers ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const provers = part({
  columns: {
    election: { title: "election" },
    share: { title: "share", unit: "%", digits: 2 },
    held: { title: "batches of the attacker", unit: "%", digits: 1 },
    wait: { title: "mean time to a proof", unit: "min", digits: 1 },
    long: { title: "time of one batch in a hundred", unit: "min", digits: 1 },
    most: { title: "longest time to a proof", unit: "min", digits: 1 },
    paid: { title: "fines of an hour", unit: "SEQ", digits: 0 },
    locked: { title: "capital after the attack", unit: "SEQ", digits: 0 },
  },
  meaning: "A row is an attack by provers that never prove, and take a new place for each that they lose.",
  points: (values, seed) =>
    PROVER_ELECTIONS.flatMap((election) =>
      values.shares.map((share) => ({
        label: `${election}, ${share}`,
        run: () => [playProvers(values, election, share, seed)],
      })),
    ),
});

function playProvers(values: V, election: ProverElectionName, share: number, seed: number) {
  const { epochs, batchBlocks, proofBlocks } = values;
  const stake = election === "OutsourcedProving" ? values.deposit : values.ticket;
  const result = runLateness({ election, share, epochs, stake, batchBlocks, proofBlocks }, seed);
  const minutes = result.delays.map((seconds) => seconds / 60);
  return {
    ...{ election, share: percent(share), held: percent(result.held), wait: mean(minutes) },
    ...{ long: percentile(minutes, 99), most: Math.max(...minutes), paid: result.lost, locked: result.locked },
  };
}

// ─── B52 ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Leaves of a tree with a node for every ticket. */
const LEAVES = 64;

const heights = part({
  columns: {
    share: { title: "tickets of the attacker", unit: "%", digits: 0 },
    factor: { title: "bid of the attacker / bid of the others", digits: 2 },
    height: { title: "cost of a height", unit: "SEQ", digits: 0 },
    hour: { title: "cost of an hour", unit: "SEQ", digits: 0 },
    forced: { title: "longest wait of a forced operation", unit: "h", digits: 1 },
  },
  meaning:
    "A row is a height of B52 that the attacker wins with an empty block against others that bid all that the height is worth.",
  points: (values, seed) =>
    values.shares
      .filter((share) => share < 1)
      .map((share) => ({ label: String(share), run: () => [playHeight(values, share, seed)] })),
});

function playHeight({ tickets, valueMinute }: V, share: number, seed: number) {
  const params = b52Parameters("local", {
    ...{ maxLeaves: LEAVES, targetProvers: 1n, minBid: 1n, pipelined: false, fairPay: false },
  });
  const own = Math.min(tickets - 1, Math.max(1, Math.round(tickets * share)));
  const owners = Array.from({ length: tickets }, (_, i) => (i < own ? "attacker" : "honest"));
  const world = new B52World(params, owners, `empty ${share} ${seed}`);
  const seconds = params.proposalWindow + params.proofWindow;
  const toProposer = (params.blockReward * (10_000n - params.maxShare)) / 10_000n;
  const rival = seq((valueMinute * seconds) / 60) + toProposer;
  const { scoreRule } = world.model;
  const needed = bidToBeat(score(BigInt(tickets - own), rival, scoreRule), BigInt(own), scoreRule)!;
  const ticketsOf = (owner: string): number[] => owners.flatMap((name, i) => (name === owner ? [i + 1] : []));
  const offer = (proposer: string, bid: bigint) => ({
    ...{ proposer, bid, share: params.maxShare, leaves: LEAVES, tickets: ticketsOf(proposer) },
  });
  const { winner, change } = world.play([offer("honest", rival), offer("attacker", needed)]);
  if (winner !== "attacker") throw new Error(`${winner} won a height that the attacker had bought`);
  const cost = inSeq(-(change.get("attacker") ?? 0n));
  const { b52 } = readParameters("local");
  return {
    ...{ share: percent(share), factor: Number((needed * 10_000n) / rival) / 10_000, height: cost },
    hour: (cost * 3_600) / seconds,
    // The block whose round ends after the deadline has to take it.
    forced: (Number(b52.integer("forcedDeadline")) + seconds) / 3_600,
  };
}

// ─── Answer ──────────────────────────────────────────────────────────────────────────────────────────────────────────

type Rows = Tables[string];
type Cell = Rows["rows"][number];

function findings({ slots: table, provers: late, heights: bought }: Tables, values: V): Finding[] {
  const { elections, shares, valueMinute } = values;
  const half = shares.includes(0.5) ? 0.5 : shares[0]!;
  const all = Math.max(...shares);
  const at = (election: string, attack: string, share: number): Cell =>
    table!.where({ election, attack, share: percent(share) }).only();
  const list = (attack: string, share: number, column: string, digits: number): string =>
    elections
      .map((election) => {
        const value = at(election, attack, share).maybe(column);
        return `${election} ${value === undefined ? "without an end" : value.toFixed(digits)}`;
      })
      .join(", ");
  const silent = table!.where({ attack: "silent" });
  const empty = table!.where({ attack: "empty" });
  const deadline = Number(readParameters("local").poe.integer("forcedDeadline")) / 3_600;
  const longest = Math.max(...table!.numbers("forced"));
  const paid = (election: string, share: number): number => at(election, "empty", share).number("paid");
  const sold = elections.filter((name) => ["SlotAuction", "MultiWinnerAuction", "ProposerSale"].includes(name));
  const staked = elections.filter((name) => !sold.includes(name));
  const slotMinutes = 60 * SLOT_HOURS;
  const independent = (share: number): number => (share * slotMinutes) / (1 - share);
  const auction = shares
    .filter((share) => share < 1)
    .map((share) => ({ share, row: at("SlotAuction", "empty", share) }));
  const crowded = Math.max(...shares.filter((share) => share < 1));
  const performance = at("PerformanceRotation", "empty", half);
  const rotation = at("StakeRotation", "empty", half);
  const latest = (election: string): number => Math.max(...late!.where({ election }).numbers("most"));
  const fines = (election: string): string =>
    shares
      .map((share) =>
        late!
          .where({ election, share: percent(share) })
          .only()
          .number("paid")
          .toFixed(0),
      )
      .join(", ");
  const near = bought!.where({ share: percent(half) }).only();
  return [
    {
      name: "silence",
      text: `A holder that posts nothing delays nobody for long, as its slot opens: even if all slots are the attacker's, 99 in 100 users wait at most ${Math.max(...silent.numbers("long")).toFixed(0)} min.`,
      holds: silent.rows.every((row) => row.number("long") < slotMinutes),
    },
    {
      name: "empty",
      text: `Empty batches keep the others out for the whole slot. With ${percent(half)}% the mean wait in minutes is: ${list("empty", half, "wait", 1)}. With all places no honest batch comes at all, in any election of slots.`,
      holds:
        empty.where({ share: 100 }).rows.every((row) => row.maybe("wait") === undefined) &&
        elections.every(
          (election) => at(election, "empty", half).number("wait") > at(election, "silent", half).number("wait"),
        ),
    },
    {
      name: "forced",
      text: `A forced operation waits ${longest.toFixed(1)} h at most, whatever the election and the share: after its deadline of ${deadline} h each batch has to take it. So a censor of all slots delays a user by a day, and not for ever.`,
      holds: longest <= deadline + 0.2,
    },
    {
      name: "price",
      text: `The difference is the price. With ${percent(all)}% of the slots an hour of empty batches costs, in SEQ: ${list("empty", all, "paid", 0)}. Where slots are sold, the attacker pays what they are worth to others, each hour anew; where stake or a seat elects, it pays fees and gas, and forgoes ${(60 * valueMinute * all).toFixed(0)} SEQ of income.`,
      holds: sold.every((one) => staked.every((other) => paid(one, all) > 10 * paid(other, all))),
    },
    {
      name: "run",
      text: `How long the attack lasts for a user depends on runs of slots. If slots are bought one by one, the mean wait is near α L / (1 − α): ${auction.map(({ row }) => row.number("wait").toFixed(0)).join(", ")} min against ${auction.map(({ share }) => independent(share).toFixed(0)).join(", ")} for ${auction.map(({ share }) => `${percent(share)}%`).join(", ")}. The multi-winner auction gives its highest bidders neighbouring slots: ${at("MultiWinnerAuction", "empty", half).number("wait").toFixed(0)} min with ${percent(half)}%, against ${at("SlotAuction", "empty", half).number("wait").toFixed(0)}. A rotation draws 8 seats for 32 slots, so that in some epochs most or all are the attacker's: with ${percent(crowded)}% one user in a hundred waits ${(at("StakeRotation", "empty", crowded).number("long") / 60).toFixed(1)} h in StakeRotation, and ${(at("SlotAuction", "empty", crowded).number("long") / 60).toFixed(1)} h in SlotAuction.`,
      holds:
        auction.every(
          ({ share, row }) =>
            row.number("wait") > 0.4 * independent(share) && row.number("wait") < 2.5 * independent(share),
        ) && at("MultiWinnerAuction", "empty", half).number("wait") > at("SlotAuction", "empty", half).number("wait"),
    },
    {
      name: "performance",
      text: `Performance counts against empty batches, as nobody else proves them for the fee floor: ${percent(half)}% of the stake hold ${performance.number("held").toFixed(0)}% of the slots, against ${rotation.number("held").toFixed(0)}% in the stake rotation.`,
      holds: performance.number("held") < rotation.number("held"),
    },
    {
      name: "provers",
      text: `A prover that does not prove delays finality, and nobody's inclusion: at most ${latest("OutsourcedProving").toFixed(0)} min in OutsourcedProving and ${latest("RandomPriority").toFixed(0)} min in RandomPriority, at any share. Fines of an hour are ${fines("OutsourcedProving")} and ${fines("RandomPriority")} SEQ with ${shares.map((share) => `${percent(share)}%`).join(", ")}.`,
      holds: latest("OutsourcedProving") <= 31 && latest("RandomPriority") <= 13,
    },
    {
      name: "b52",
      text: `In B52 an empty height is bought against all others at once. With ${percent(half)}% of the tickets it costs ${near.number("height").toFixed(0)} SEQ, and an hour ${near.number("hour").toFixed(0)} SEQ; with ${Math.min(...shares) * 100}% an hour costs ${bought!.rows[0]!.number("hour").toFixed(0)} SEQ, and with ${bought!.rows.at(-1)!.number("share")}% it costs ${bought!.rows.at(-1)!.number("hour").toFixed(0)}, as the block reward is paid for empty blocks too.`,
      holds:
        bought!.rows.every((row, i, rows) => i === 0 || row.number("hour") < rows[i - 1]!.number("hour")) &&
        near.number("factor") > 0.99,
    },
  ];
}

const SHORT: Readonly<Record<string, string>> = {
  ...{ Authority: "Authority", SlotAuction: "SlotAuction", MultiWinnerAuction: "MultiWinner", ProposerSale: "Sale" },
  ...{ StakeRotation: "Rotation", DelegatedStake: "Delegated", PerformanceRotation: "Performance" },
};

function plots({ slots: table, heights: bought }: Tables, { elections, shares, attacks }: V): Plot[] {
  const below = shares.filter((share) => share < 1);
  const slotMinutes = 60 * SLOT_HOURS;
  const panels = attacks.map((attack) => ({
    ...{ title: attack === "empty" ? "empty batches" : "silence", x: { title: "share of the attacker, %" } },
    y: { title: "mean wait, min", isLogarithmic: true, range: [0.2, 500] as const },
    curves: [
      ...elections.map((election): Curve => ({
        name: SHORT[election] ?? election,
        points: table!
          .where({ election, attack })
          .rows.filter((row) => row.number("share") < 100)
          .map((row) => [row.number("share"), row.maybe("wait")] as const),
      })),
      {
        ...{ name: "α L / (1 − α)", isDashed: true },
        points: below.map((share) => [percent(share), (share * slotMinutes) / (1 - share)] as const),
      } satisfies Curve,
    ],
  }));
  const all = Math.max(...shares);
  const rows = elections.map((election) => table!.where({ election, attack: "empty", share: percent(all) }).only());
  const short = elections.map((election) => SHORT[election] ?? election);
  const cost = [
    {
      ...{ title: `an hour of empty batches in ${percent(all)}% of the slots` },
      ...{ x: { title: "election", ticks: places(short) }, y: { title: "SEQ" } },
      curves: [
        { name: "paid", look: "stack", points: rows.map((row, i) => [i, row.number("paid")] as const) },
        { name: "income forgone", look: "stack", points: rows.map((row, i) => [i, row.number("forgone")] as const) },
      ] satisfies Curve[],
    },
    {
      ...{ title: "an hour of empty heights of B52", x: { title: "tickets of the attacker, %" } },
      y: { title: "SEQ" },
      curves: [
        { name: "cost", points: bought!.points("share", "hour") },
        level("nothing", 0, [Math.min(...bought!.numbers("share")), Math.max(...bought!.numbers("share"))]),
      ],
    },
  ];
  return [
    {
      name: "wait",
      description: "Silence delays a user by minutes; empty batches by the length of the attacker's runs of slots",
      svg: chart({ title: "Waiting under a censor", panels }),
    },
    {
      name: "cost",
      description:
        "Where slots are sold an hour of empty batches has a price; where stake elects it costs the income alone",
      svg: chart({ title: "What an hour costs the attacker", panels: cost, columns: 1 }),
    },
  ];
}

export const EMPTY_BLOCKS = experimentOf({
  name: "emptyBlocks",
  title: "Empty blocks under each election",
  question:
    "How long do users and forced operations wait for a censor with a share of the slots, and what does an hour cost it?",
  sources: [
    {
      text: "They can begin staking their tokens and mint only empty blocks.",
      place: "Against PoS, DOS attack",
    },
    {
      text: "They can materially reduce the through put of the system by creating empty blocks.",
      place: "the same place",
    },
  ],
  model: `Each election runs on its model (\`test/model/elections\`), block by block, with a consensus that makes each batch after a deadline take the forced operations (\`tools/lab/worlds/elections.ts\`). There are 16 places or bidders, slots of ${CLOCK.slotBlocks} blocks, and epochs of ${CLOCK.epochSlots} slots. Honest holders post every minute; everybody else posts as soon as the model lets them. The attacker posts nothing (\`silent\`), or a batch just before its slot would open (\`empty\`), and takes a forced operation when it has to. Misses are reported, sales settled, seeds sealed and seats drawn as the contracts ask. Bids of an auction are a tenth above what a slot is worth to the others. In \`ProposerSale\` the attacker buys from the drawn sequencers. Users come evenly in time, so their mean wait is Σ g² / 2 Σ g of the gaps between honest batches. \`GovernedSlashing\` is no election of its own: [takeover](#9-takeover-price-income-and-the-users-way-out) shows what it takes from a censor.`,
  settings,
  small: { epochs: 5, shares: [0.5, 1], forcedHours: 3 },
  parts: { slots, provers, heights },
  findings,
  plots,
});
