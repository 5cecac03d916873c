// SPDX-License-Identifier: MIT
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { formatted } from "../docs/markdown.ts";
import { PROJECT_ROOT } from "../../src/setup/paths.ts";
import { writeJson } from "../../src/files.ts";
import { INSPECTION, mutateCircuits } from "./circuits.ts";
import { MUTATION_BUILD } from "./compile.ts";
import { AREA_NAMES, countVerdicts, mutateContracts } from "./contracts.ts";
import { keysOf, type Mutant, type Verdict } from "./mutant.ts";
import { latest, readEquivalents, readLines } from "./options.ts";

/** Of these folders the tests have to kill 95 of 100 mutants that are not equivalent. */
const GATED = ["contracts/consensus", "contracts/rollup", "contracts/staking", "contracts/verification"];
const GATE = 95;

const DOCUMENT = join(PROJECT_ROOT, "docs", "mutation.md");
const SCORES = join(PROJECT_ROOT, "test", "mutation", "scores.json");

export interface Score {
  /** Name of the group that its mutants belong to. */
  readonly group: string;
  readonly mutants: number;
  readonly tested: number;
  readonly killed: number;
  /** How many of these by circom's warnings. */
  readonly warned: number;
  readonly equivalent: number;
  readonly survived: readonly string[];
  readonly open: readonly string[];
}

/** A score of the code of a day. */
export interface Measured extends Omit<Score, "warned"> {
  readonly day: string;
}

/** Of `test/mutation/scores.json`: the last score of each group. */
interface Scores {
  readonly folders: readonly Measured[];
  readonly changes: readonly Measured[];
  /** How many of the circuits' mutants were killed by circom's warnings. */
  readonly warned: number;
}

/**
 * Killed mutants, in per cent of those that were tested and are not equivalent. An open mutant counts as if it had
 * survived.
 */
export function rateOf({ killed, survived, open }: Pick<Score, "killed" | "survived" | "open">): number {
  return killed === 0 ? 0 : (100 * killed) / (killed + survived.length + open.length);
}

/** New scores in the place of older ones of the same group; a group of which nothing was tested keeps its older one. */
export function withNewer(older: readonly Measured[], scores: readonly Score[], day: string): Measured[] {
  const newer = scores.filter(({ tested }) => tested > 0).map(({ warned: _, ...score }) => ({ ...score, day }));
  const newerOf = (name: string): Measured | undefined => newer.find(({ group }) => group === name);
  const added = newer.filter(({ group }) => !older.some((score) => score.group === group));
  return [...older.map((score) => newerOf(score.group) ?? score), ...added];
}

/**
 * @param keys Of all mutants there are; verdicts on others are of earlier code.
 * @param equivalent Reasons, by key.
 * @param groupOf By default the first two folders of its path.
 */
export function scoresOf(
  mutants: readonly Mutant[],
  keys: ReadonlyMap<number, string>,
  verdicts: ReadonlyMap<string, Verdict>,
  equivalent: Readonly<Record<string, string>>,
  groupOf: (mutant: Mutant) => string = folderOf,
): Score[] {
  return [...new Set(mutants.map(groupOf))].map((group) => {
    const all = mutants.filter((mutant) => groupOf(mutant) === group);
    const known = all.map(({ id }) => verdicts.get(keys.get(id)!)).filter((verdict) => verdict !== undefined);
    const valid = known.filter(({ outcome }) => outcome !== "invalid");
    const killers = valid.filter(({ outcome }) => outcome === "killed").map(({ by }) => by);
    const killed = killers.length;
    const warned = killers.filter((by) => by.startsWith(`${INSPECTION}:`)).length;
    const alive = valid.filter(({ outcome }) => outcome === "survived").map(({ key }) => key);
    const isOther = ({ key }: Verdict): boolean => equivalent[key] === undefined;
    const open = valid.filter((verdict) => verdict.outcome === "open" && isOther(verdict)).map(({ key }) => key);
    const survived = alive.filter((key) => equivalent[key] === undefined);
    const equivalents = valid.length - killed - survived.length - open.length;
    const invalid = known.length - valid.length;
    return {
      group,
      mutants: all.length - invalid,
      tested: valid.length,
      killed,
      warned,
      equivalent: equivalents,
      survived,
      open,
    };
  });
}

const folderOf = ({ file }: Mutant): string => file.split("/").slice(0, 2).join("/");

/** Writes `test/mutation/scores.json` and `docs/mutation.md`. Returns what is below the gate. */
export async function writeReport(): Promise<Measured[]> {
  const equivalent = readEquivalents();
  const scored = (name: string, mutants: readonly Mutant[], groupOf?: (mutant: Mutant) => string): Score[] => {
    const verdicts = latest(readLines<Verdict>(join(MUTATION_BUILD, `${name}.jsonl`)));
    return verdicts.size === 0 ? [] : scoresOf(mutants, keysOf(mutants), verdicts, equivalent, groupOf);
  };
  const circuits = mutateCircuits();
  const areas = AREA_NAMES.filter((area) => countVerdicts(area) > 0);
  const folders = [
    ...areas.flatMap((area) => scored(area, mutateContracts(area).mutants)),
    ...scored("circuits", circuits),
  ];
  const changes = scored("circuits", circuits, ({ operator }) => operator);
  const day = new Date().toISOString().slice(0, 10);
  const older = JSON.parse(readFileSync(SCORES, "utf8")) as Scores;
  const scores: Scores = {
    folders: withNewer(older.folders, folders, day).sort(byPlace),
    changes: withNewer(older.changes, changes, day),
    warned: changes.length === 0 ? older.warned : changes.reduce((sum, { warned }) => sum + warned, 0),
  };
  writeJson(SCORES, scores);
  writeFileSync(DOCUMENT, await formatted(render(scores, equivalent), DOCUMENT));
  return scores.folders.filter((score) => GATED.includes(score.group) && rateOf(score) < GATE);
}

/** Contracts before circuits. */
function byPlace(a: Measured, b: Measured): number {
  const placeOf = ({ group }: Measured): string => `${group.startsWith("contracts/") ? 0 : 1} ${group}`;
  return placeOf(a) < placeOf(b) ? -1 : 1;
}

function render({ folders, changes, warned }: Scores, equivalent: Readonly<Record<string, string>>): string {
  const survivors = folders.flatMap(({ survived }) => survived);
  const list = (keys: readonly string[], text: (key: string) => string): string =>
    keys.length === 0 ? "None." : keys.map((key) => `- ${text(key)}`).join("\n");
  return `# Mutation testing

For people who ask whether the tests would notice a change. After reading you know how many small changes of each folder
they notice, and the reason for each change that they do not. \`npm run mutate -- report\` writes this file; how it works is in [ADR 0029](adr/0029-mutation-testing.md).

A mutant changes one place of the code: a comparison, an operator, a constant, the order of arguments, a check or a
statement that is left out, a modifier, a constraint. The tests that reach the place run against it; it is killed if one
of them fails. Snapshots of gas and numbers of constraints do not count. Where not all mutants were tested, those that were
are drawn by a seed, or stand in files or are changes that were tested as a whole. A mutant that
outlived only the first tests that reach it is open, and counts like a survivor. The score is killed / (tested − equivalent); it has to be ${GATE} % in
${GATED.map((folder) => `\`${folder}\``).join(", ")}.

A run replaces the scores of the folders that it tested. The others are of the code of their day.

${table("Folder", folders)}

Of the circuits, by the change; \`<==\` and \`===\` are constraints, \`<--\` is none:

${table("Change", changes)}

${warned} of the circuits' mutants were killed by circom's warnings (\`${INSPECTION}\`), mostly those with \`<--\`, which meet it
first: it warns of signals that no constraint uses, and of every \`<--\` that could be \`<==\`. That is no forged witness.

## Survivors

${list(survivors, codeOf)}

## Open

${list(
  folders.flatMap(({ open }) => open),
  codeOf,
)}

## Equivalent mutants

${list(Object.keys(equivalent), (key) => `${codeOf(key)}: ${equivalent[key]!}`)}
`;
}

function table(title: string, scores: readonly Measured[]): string {
  const rows = scores.map((measured) => {
    const { group, mutants, tested, killed, equivalent, survived, open, day } = measured;
    const counts = [mutants, tested, killed, equivalent, survived.length, open.length].join(" | ");
    return `| \`${group}\` | ${counts} | ${rateOf(measured).toFixed(1)} % | ${day} |`;
  });
  return `| ${title} | Mutants | Tested | Killed | Equivalent | Survived | Open | Score | Day |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
${rows.join("\n")}`;
}

/** A key in a line of Markdown; backticks within it would end the code. */
const codeOf = (key: string): string => `\`${key.replaceAll("`", "'")}\``;
