// SPDX-License-Identifier: MIT
import { formatted as markdown, table } from "../docs/markdown.ts";
import type { Finding } from "./experiment.ts";
import { digestOf, fileOf, type Outcome } from "./run.ts";
import { limitsOf, textOf } from "./settings.ts";

/** Tables with more rows are in their files alone. */
const MOST_ROWS = 16;

const PREFACE = `# The lab: elections compared

For protocol engineers who choose how a rollup elects its sequencers and provers. After reading you know, for each question that
the five sources leave open, the answer of a simulation, its numbers, and how to change its assumptions.

\`npm run lab -- all\` writes this report, its tables and its plots. Nothing here is written by hand: each sentence of an answer is
computed from the tables, and a sentence that its table contradicts says so.

- **Run one experiment:** \`npm run lab -- score --set bids=1,2,5 --out build/lab\`. \`npm run lab -- list\` shows all parameters
  and their ranges.
- **Same bytes.** The same seed and the same parameters give the same files. Chance comes from a seeded generator alone. The lab adds,
  multiplies, divides and takes square roots, which IEEE 754 fixes; logarithms and powers are made of them
  (\`tools/lab/maths.ts\`), and a lint rule refuses those of the engine, \`Math.random\` and \`Date\`.
- **No second rule.** The protocol's rules come from the models that the contracts are compared with: \`test/model\`, and the library's
  decisions of the roles.
- **Own strategies.** A strategy is a function in \`tools/lab/strategies\`, from the facts that an agent sees to its act. Add one to the
  record at the end of its file, then name it in a parameter: [below](#add-a-strategy).

The sources are named by their short titles: **PoE** (_Proof of Efficiency_ and its replies), **B52** (_Sequencer Selection: B52_ and
its replies), **Decentralization** (_Decentralization of ZK Rollups_), **Against PoS** (_Against proof of stake for rollup leader
election_ and its replies), **Mechanisms** (_Sequencer consensus mechanisms_). Terms are in the [glossary](glossary.md).
`;

/** The report on all experiments. */
export function reportOf(outcomes: readonly Outcome[], closing: string): Promise<string> {
  const contents = outcomes.map(
    ({ experiment: { title, question } }, i) => `${i + 1}. [${title}](#${anchorOf(i, title)}): ${question}`,
  );
  const chapters = outcomes.map((outcome, i) => chapterOf(outcome, i));
  return markdown([PREFACE, contents.join("\n"), ...chapters, closing].join("\n\n"), "docs/lab.md");
}

const headingOf = (index: number, title: string): string => `${index + 1}. ${title}`;

/** As GitHub makes it from a heading. */
export const anchorOf = (index: number, title: string): string =>
  headingOf(index, title)
    .toLowerCase()
    .replace(/[^\w -]/g, "")
    .replace(/ /g, "-");

function chapterOf(outcome: Outcome, index: number): string {
  const { experiment, findings, plots } = outcome;
  return [
    `## ${headingOf(index, experiment.title)}`,
    `**Question.** ${experiment.question}`,
    ...experiment.sources.map(({ text, place }) => `> ${text}\n>\n> — ${place}`),
    "**Answer.**",
    findings.map(sentenceOf).join("\n"),
    ...plots.map(({ name, description }) => `![${description}](lab/${fileOf(experiment, name, "svg")})`),
    `**Model.** ${experiment.model}`,
    "**Parameters.**",
    parametersOf(outcome),
    ...Object.keys(experiment.parts).map((part) => partOf(outcome, part)),
  ].join("\n\n");
}

/** The first one is the short answer. */
const sentenceOf = ({ text, holds }: Finding, i: number): string =>
  `- ${holds ? "" : "_Not so with these values:_ "}${i === 0 ? `**${text}**` : text}`;

function parametersOf({ experiment: { settings }, values }: Outcome): string {
  const rows = Object.entries(settings).map(([name, setting]) => [
    `\`${name}\``,
    textOf(values[name] ?? setting.value).replace(/,/g, ", "),
    limitsOf(setting),
    setting.meaning,
  ]);
  return table(["parameter", "value", "limits", "meaning"], rows);
}

function partOf({ experiment, files, tables }: Outcome, part: string): string {
  const { columns, meaning } = experiment.parts[part]!;
  const file = fileOf(experiment, part, "csv");
  const { rows } = tables[part]!;
  const head = `**Table [${file}](lab/${file}).** ${meaning} ${rows.length} rows, \`${digestOf(files[part]!)}\`.`;
  if (rows.length > MOST_ROWS) return head;
  const names = Object.keys(columns);
  const headings = Object.values(columns).map(({ title, unit }) => (unit === undefined ? title : `${title} (${unit})`));
  const numbers = names.flatMap((name, i) => (columns[name]!.digits === undefined ? [] : [i]));
  return `${head}\n\n${table(
    headings,
    rows.map((row) => names.map((name) => row.word(name))),
    numbers,
  )}`;
}
