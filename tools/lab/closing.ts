// SPDX-License-Identifier: MIT
import { grouped, table } from "../docs/markdown.ts";
import { mean, sum } from "./maths.ts";
import { electionGasOf, submissionGas } from "./measured.ts";
import type { ExperimentName } from "./names.ts";
import { anchorOf } from "./report.ts";
import type { Outcome } from "./run.ts";
import type { Cells, Table } from "./table.ts";

const STRATEGIES = `## Add a strategy

A strategy is a pure function: it gets the facts that an agent would have, and says what the agent does. The files of
\`tools/lab/strategies\` have one kind each:

| file | agents | facts → act |
| --- | --- | --- |
| \`proposing.ts\` | proposers of B52 | value, rivals, score rule → bid |
| \`hiring.ts\` | proposers of B52 | provers and their past times → order in which they are hired |
| \`staking.ts\` | owners of tickets | income, upkeep, savings → tickets to buy or give back |
| \`bidding.ts\` | bidders of auctions | value, least bid, ring → bid |
| \`aggregating.ts\` | aggregators of Proof of Efficiency | batches, costs, experience → whether to begin a proof |
| \`feeRules.ts\` | the batch fee | batches that were proven, late or in time → next fee |
| \`censoring.ts\` | censors in their slots | silence so far → whether to post an empty batch |
| \`restaking.ts\` | stakers in an attack | stake, yield, cost of trading → tokens to buy |
| \`speculating.ts\` | speculators with an attack | hour of the plan → tokens to buy |
| \`tipping.ts\` | parties that L1 leaves out | loss, blocks left → tip |
| \`investing.ts\` | rollers | income, savings → deposit |

1. Write the function beside the others, with a sentence that says what it does. Chance comes from the view alone.
2. Add it to the record at the end of the file. Its name is then a word of the parameters.
3. Run it: \`npm run lab -- race --set strategies=eager,mine\`. A changed run writes to \`build/lab\` and leaves this report alone.

For another question, write an \`Experiment\` (\`tools/lab/experiment.ts\`) in \`tools/lab/experiments\`: settings with ranges, parts with
points whose rows depend on the seed alone, findings that are true or false of the rows, and plots. Name it in
\`tools/lab/names.ts\` and \`tools/lab/experiments/index.ts\`, and test its small version in \`test/lab\`.`;

const HEADINGS = [
  "election",
  "entry without permission: own capital for half of the slots",
  "concentration (HHI)",
  "delay by a censor: user with half of the slots, forced operation",
  "an hour of empty batches in all slots: paid + income forgone",
  "fees and MEV that sequencers and L1 do not keep",
  "capital locked for all places",
  "gas of a batch or proof",
  "what breaks it",
];

const TEXT = `## The elections in one table

Each cell links to the experiment that it comes from. Amounts are in SEQ, where a slot of ten minutes is worth 100 SEQ and 16
places have 10,000 SEQ each; capital is the operators' own. Concentration is that of slots among 16 sequencers, or of work among provers, whose skill or speed
differs (equal would be 0.06 for 16, 0.10 for 10 and 0.05 for 20). An election of provers leaves sequencing to everybody. Gas is
that of a whole call, and where a mock stands for the consensus, that of the question to the election alone.`;

/** A line of the table: cells in the order of the headings, without the election's name. */
type Line = readonly [name: string, ...cells: string[]];

/** The end of the report. */
export function CLOSING(outcomes: readonly Outcome[]): string {
  return [TEXT, table(HEADINGS, linesOf(outcomes)), STRATEGIES].join("\n\n");
}

function linesOf(outcomes: readonly Outcome[]): Line[] {
  const placeOf = (name: ExperimentName): number => {
    const index = outcomes.findIndex(({ experiment }) => experiment.name === name);
    if (index < 0) throw new RangeError(`the table needs the experiment ${name}`);
    return index;
  };
  const to = (name: ExperimentName, text: string): string => {
    const index = placeOf(name);
    return `[${text}](#${anchorOf(index, outcomes[index]!.experiment.title)})`;
  };
  const rowsOf = (name: ExperimentName, part: string): Table => outcomes[placeOf(name)]!.tables[part]!;
  const only = (name: ExperimentName, part: string, cells: Readonly<Record<string, string | number>>): Cells =>
    rowsOf(name, part).where(cells).only();

  const empty = (election: string, share: number): Cells =>
    only("emptyBlocks", "slots", { election, attack: "empty", share });
  const mev = (system: string): Cells => only("mev", "parts", { system, spread: 0.3 });
  const returned = (system: string): string => {
    const row = mev(system);
    return to("mev", `${(100 - row.number("sequencers") - row.number("l1")).toFixed(0)}%`);
  };
  const hhi = (system: string): string => to("mev", mev(system).number("slots").toFixed(2));
  const price = (election: string): string => {
    const row = only("takeover", "purchase", { election, share: 50 });
    const hourly = row.number("hourly");
    return hourly > 0 ? `${grouped((row.number("held") / 100) * hourly)} an hour` : grouped(row.number("capital"));
  };
  const delay = (election: string): string =>
    to(
      "emptyBlocks",
      `${empty(election, 50).number("wait").toFixed(0)} min, ${empty(election, 100).number("forced").toFixed(0)} h`,
    );
  const hour = (election: string): string => {
    const row = empty(election, 100);
    return to("emptyBlocks", `${row.number("paid").toFixed(0)} + ${row.number("forgone").toFixed(0)}`);
  };
  const locked = (election: string): string => to("emptyBlocks", grouped(empty(election, 100).number("locked")));
  const gas = (election: string, call: string, what: string): string =>
    `[${grouped(electionGasOf(election, call))}, ${what}](elections/${election.charAt(0).toLowerCase()}${election.slice(1)}.md)`;

  const sequencers = (election: string, entry: string, gasCell: string, breaks: string): Line => [
    `**${election}**`,
    to("takeover", `${entry}: ${price(election)}`),
    ...[hhi(election), delay(election), hour(election), returned(election), locked(election), gasCell, breaks],
  ];
  const late = (election: string): Cells => only("emptyBlocks", "provers", { election, share: 100 });
  const lateDelay = (election: string): string =>
    to("emptyBlocks", `none; a proof ${late(election).number("most").toFixed(0)} min`);
  const fines = (election: string): string => to("emptyBlocks", `${grouped(late(election).number("paid"))} in fines`);

  const rollers = rowsOf("outsourcing", "courses").where({ rule: "drawn with a cap", spread: 1 }).rows.at(-1)!;
  const drawn = only("race", "priority", { strategy: "eager", spread: 0.2 });
  const race = only("race", "race", { strategy: "eager", spread: 0.2 });
  const ring = rowsOf("batchFee", "attack").where({ rule: "lateness" });
  const boots = ring.values("boot").map(Number);
  const attack = ring.where({ boot: Math.max(...boots) });
  const heights = only("emptyBlocks", "heights", { share: 50 });
  const majority = rowsOf("majority", "shares").where({ staking: "steady", rule: "plain", spread: 0 });
  const slashing = rowsOf("takeover", "slashing").where({ share: 75 });
  const [firstDay, lastDay] = [slashing.rows[0]!, slashing.rows.at(-1)!];

  return [
    sequencers(
      "Authority",
      "no, the council names",
      gas("Authority", "post in an own slot", "first batch of a slot"),
      to("takeover", "its council, after a lock that is longer than a way out"),
    ),
    sequencers(
      "SlotAuction",
      "yes",
      gas("SlotAuction", "admit, later batch of a slot", "question alone"),
      to("auctions", "a ring of all bidders; the most skilled bidder wins most"),
    ),
    sequencers(
      "MultiWinnerAuction",
      "yes",
      gas("MultiWinnerAuction", "admit, later batch of a slot", "question alone"),
      to("emptyBlocks", "neighbouring slots of the highest bids"),
    ),
    sequencers(
      "StakeRotation",
      "yes",
      gas("StakeRotation", "a batch of the holder, a further one, again", "further batch of a slot"),
      to("takeover", "empty batches by stake that stays"),
    ),
    sequencers(
      "DelegatedStake",
      "yes",
      gas("DelegatedStake", "a batch of the holder, a further one, again", "further batch of a slot"),
      to("takeover", "delegators that do not look: a tenth of the stake rules"),
    ),
    sequencers(
      "PerformanceRotation",
      "yes",
      gas("PerformanceRotation", "a batch of the holder, a further one, again", "further batch of a slot"),
      to("takeover", "many places with the lowest stake"),
    ),
    sequencers(
      "ProposerSale",
      "yes",
      gas("ProposerSale", "a batch of the buyer, a further one, again", "further batch of a slot"),
      to("emptyBlocks", "sellers that take the highest bid from a censor"),
    ),
    [
      "**GovernedSlashing**, on a rotation",
      to("takeover", "as its rotation"),
      ...[hhi("StakeRotation"), delay("StakeRotation")],
      to("takeover", "a tenth of its stake in 30 days, if less than half is the censor's"),
      ...[returned("StakeRotation"), to("denial", "as its rotation, for 23 days longer")],
      `[no part of a batch](elections/governedSlashing.md)`,
      to(
        "takeover",
        `half of the votes: the others have ${((100 * lastDay.number("others")) / firstDay.number("others")).toFixed(0)}% left after ${lastDay.number("day")} days`,
      ),
    ],
    [
      "**OutsourcedProving**",
      to("outsourcing", "yes, up to a cap"),
      to("outsourcing", rollers.number("work").toFixed(2)),
      ...[lateDelay("OutsourcedProving"), fines("OutsourcedProving"), returned("none")],
      to("emptyBlocks", grouped(16 * 20_000)),
      gas("OutsourcedProving", "prove within a term", "proof without its verification"),
      to("outsourcing", "one party with many places"),
    ],
    [
      "**RandomPriority**",
      to("race", "yes"),
      to("race", drawn.number("concentration").toFixed(2)),
      ...[lateDelay("RandomPriority"), fines("RandomPriority"), returned("none")],
      to("emptyBlocks", grouped(16 * 2_000)),
      gas("RandomPriority", "prove, mock, by the holder", "proof without its verification"),
      to("slashing", "the shortest window of all: a builder of nine tenths of L1 gets honest provers fined"),
    ],
    [
      "Proof of Efficiency, no election",
      to("race", "yes, nothing"),
      to("race", `${race.number("concentration").toFixed(2)} of provers`),
      to("batchFee", "none, unless the ring is full"),
      to(
        "batchFee",
        `${grouped(attack.rows[0]!.number("paid"))} to fill the ring for an hour, ${grouped(sum(attack.numbers("paid")))} for ${attack.rows.length}`,
      ),
      ...[returned("none"), to("mev", "0")],
      gas("StakeRotation", "a batch without an election", "a batch"),
      to("mev", "MEV goes to L1; the fastest prover has the race"),
    ],
    [
      "B52",
      to("majority", "yes, a ticket"),
      to("majority", `51% of the tickets win ${mean(majority.numbers("heights")).toFixed(0)}%`),
      to("emptyBlocks", `as long as it is paid for, ${heights.number("forced").toFixed(0)} h`),
      to("emptyBlocks", `${heights.number("hour").toFixed(0)} with half of the tickets`),
      ...[returned("B52"), to("majority", "1,000 a ticket")],
      `[${grouped(submissionGas())}, a block of two leaves](benchmarks.md)`,
      to("majority", "a majority of the tickets"),
    ],
  ];
}
