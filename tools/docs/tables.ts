// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

import { RULE_COLUMNS, ruleCells, type GasParts, type RuleGas } from "../bench/ruleGas.ts";
import { BLOCK_GAS, L1_RULES, RULE_FACTS, TRANSACTION_GAS, type L1Rules } from "../../src/l1Rules.ts";
import { PROJECT_ROOT } from "../../src/setup/paths.ts";
import { findExternalCalls, findPrivileges, findRestrictions } from "./audit.ts";
import { circuitBlocks } from "./circuitTables.ts";
import { formalTable } from "./formalTable.ts";
import { formatted, grouped, replaceBlocks, table } from "./markdown.ts";
import { natSpecOf } from "./natSpec.ts";
import { parameterBlocks } from "./parameterTables.ts";
import { networkBlocks, windowBlocks } from "./simulationTables.ts";
import { PRODUCTION_FILES, type SolidityModel } from "./solidity.ts";

/** Most bytes of a deployed contract, under the strictest of the rules. */
const CODE_LIMIT = Math.min(...L1_RULES.map((rules) => RULE_FACTS[rules].codeLimit));

const read = (path: string): string => readFileSync(join(PROJECT_ROOT, path), "utf8");
const snapshot = (name: string): unknown => JSON.parse(read(`snapshots/${name}.json`));

/** Explanations that people wrote for findings in the syntax tree: docs/audit.json. */
interface AuditNotes {
  readonly restrictions: Readonly<Record<string, string>>;
  readonly calls: Readonly<Record<string, string>>;
}

/** The documents with generated blocks, as they should be: contents by path from the project's root. */
export async function documents(model: SolidityModel): Promise<Map<string, string>> {
  const blocks = new Map<string, Readonly<Record<string, string>>>([
    [
      "docs/numbers.md",
      {
        sizes: sizes(),
        gas: gas(),
        "gas-b52": b52Gas(),
        "gas-builder": builderGas(),
        "gas-migration": migrationGas(),
        "new-slots": newSlots(),
        constraints: constraints(),
      },
    ],
    ["docs/audit.md", auditBlocks(model)],
    ["docs/deployment.md", { cost: deploymentCost() }],
    ["docs/network.md", networkBlocks()],
    ["docs/parameters.md", { ...parameterBlocks(), ...windowBlocks() }],
    ["docs/security.md", { formal: formalTable() }],
    ["circuits/README.md", circuitBlocks()],
    ...electionBlocks(),
  ]);
  const contents = new Map<string, string>();
  for (const [path, parts] of blocks) contents.set(path, await formatted(replaceBlocks(read(path), parts), path));
  return contents;
}

// ── Numbers ──────────────────────────────────────────────────────────────────────────────────────────────────────────

function sizes(): string {
  const contracts = snapshot("sizes") as Record<string, { readonly code: number; readonly initCode: number }>;
  const rows = Object.entries(contracts).map(([name, { code, initCode }]) => [
    `\`${name.split(":")[1] ?? name}\``,
    grouped(code),
    grouped(CODE_LIMIT - code),
    grouped(initCode),
  ]);
  return table(["contract", "code", "left of 24,576", "creation code"], rows, [1, 2, 3]);
}

const numbersTable = (headings: readonly string[], rows: Iterable<readonly [string, number]>): string =>
  table(
    headings,
    [...rows].map(([name, value]) => [name, grouped(value)]),
    [1],
  );

type Calls = Readonly<Record<string, RuleGas>>;

function callsTable(heading: string, calls: Iterable<readonly [string, RuleGas]>): string {
  const rows = [...calls].map(([name, used]) => [name, ...ruleCells(used).map(grouped)]);
  return table([heading, ...RULE_COLUMNS], rows, [1, 2, 3, 4, 5]);
}

const gas = (): string => callsTable("call", Object.entries(snapshot("gas") as Calls));

const builderGas = (): string => callsTable("call", Object.entries(snapshot("builderGas") as Calls));

function b52Gas(): string {
  const single = Object.entries(snapshot("b52Gas") as Calls);
  const demo = Object.entries(snapshot("b52DemoGas") as Readonly<Record<string, readonly RuleGas[]>>);
  const range = (values: readonly number[]): string => {
    const [least, most] = [Math.min(...values), Math.max(...values)];
    return least === most ? grouped(least) : `${grouped(least)} … ${grouped(most)}`;
  };
  const rows = demo.map(([name, calls]) => {
    const cells = calls.map(ruleCells);
    return [name, String(calls.length), ...RULE_COLUMNS.map((_, column) => range(cells.map((row) => row[column]!)))];
  });
  return [
    callsTable("call", single),
    table(["call of the demo", "times", ...RULE_COLUMNS], rows, [1, 2, 3, 4, 5, 6]),
  ].join("\n\n");
}

/** Of a whole pair; `test/deployment/cost.test.ts` compares the snapshot with a rehearsal under each of the rules. */
function deploymentCost(): string {
  type Transactions = Readonly<Record<string, Readonly<Record<L1Rules, GasParts>>>>;
  const transactions = Object.entries(snapshot("deploymentGas") as Transactions);
  const cellsOf = (used: Readonly<Record<L1Rules, GasParts>>): number[] =>
    L1_RULES.flatMap((rules) => [used[rules].execution + used[rules].state, used[rules].state]);
  const rows = transactions.map(([what, used]) => ({ what: `\`${what}\``, cells: cellsOf(used) }));
  rows.sort(({ cells: [a] }, { cells: [b] }) => b! - a!);
  const sums = rows[0]!.cells.map((_, column) => rows.reduce((sum, { cells }) => sum + cells[column]!, 0));
  const eth = (rules: L1Rules): string => ((sums[2 * L1_RULES.indexOf(rules)]! * 10) / 1e9).toFixed(2);
  const most = (of: (used: GasParts) => number, rules: L1Rules): string =>
    grouped(Math.max(...transactions.map(([, used]) => of(used[rules]))));
  const all = ({ execution, state }: GasParts): number => execution + state;
  const limit = grouped(Number(TRANSACTION_GAS));
  return [
    table(
      ["transaction", "Osaka", "of it state", "Amsterdam", "of it state"],
      [...rows, { what: "**sum**", cells: sums }].map(({ what, cells }) => [what, ...cells.map(grouped)]),
      [1, 2, 3, 4],
    ),
    `At 10 gwei ${eth("osaka")} ETH under Osaka, and ${eth("amsterdam")} ETH under Amsterdam. Under Osaka the largest uses ${most(all, "osaka")} gas of the ${limit} that a transaction may use (EIP-7825). Under Amsterdam that limit is on the gas of execution, of which the largest uses ${most(({ execution }) => execution, "amsterdam")}; the largest needs ${most(all, "amsterdam")} gas in all, and a block has ${grouped(Number(BLOCK_GAS))}.`,
  ].join("\n\n");
}

function migrationGas(): string {
  const byUsers = snapshot("migrationGas") as readonly Calls[];
  const rows = byUsers.flatMap((calls, i) =>
    Object.entries(calls).map(([call, used]) => [String(i + 1), call, ...ruleCells(used).map(grouped)]),
  );
  return table(["users", "call", ...RULE_COLUMNS], rows, [0, 2, 3, 4, 5, 6]);
}

/** The gas of each election, in its own document. */
function electionBlocks(): [string, Readonly<Record<string, string>>][] {
  type Recorded = Readonly<Record<string, { readonly gas: number; readonly newSlots: number }>>;
  return Object.entries(snapshot("electionGas") as Readonly<Record<string, Recorded>>).map(([election, calls]) => [
    `docs/elections/${election.charAt(0).toLowerCase()}${election.slice(1)}.md`,
    {
      gas: table(
        ["call", "gas", "new slots"],
        Object.entries(calls).map(([call, used]) => [call, grouped(used.gas), String(used.newSlots)]),
        [1, 2],
      ),
    },
  ]);
}

function newSlots(): string {
  const calls = snapshot("newSlots") as Readonly<
    Record<string, { readonly firstUse: number; readonly steady: number }>
  >;
  const rows = Object.entries(calls).map(([name, { firstUse, steady }]) => [
    `\`${name}\``,
    String(firstUse),
    String(steady),
  ]);
  return table(["call", "at first use", "in the steady state"], rows, [1, 2]);
}

const constraints = (): string =>
  numbersTable(["template", "constraints"], Object.entries(snapshot("constraints") as Record<string, number>));

// ── Audit ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** @throws {Error} if docs/audit.json says nothing of a restriction or call, or of one that there is not */
function auditBlocks(model: SolidityModel): Record<string, string> {
  const notes = JSON.parse(read("docs/audit.json")) as AuditNotes;
  const restrictions = findRestrictions(model);
  const calls = findExternalCalls(model);
  requireSame(
    "restriction",
    restrictions.map(({ key }) => key),
    notes.restrictions,
  );
  requireSame(
    "external call",
    calls.map(({ key }) => key),
    notes.calls,
  );

  return {
    scope: scope(model),
    privileges: table(
      ["found", "where"],
      findPrivileges(model).map(({ what, where }) => [`\`${what}\``, `\`${where}\``]),
    ),
    restrictions: table(
      ["function", "condition", "who, and why"],
      restrictions.map(({ key, condition }) => [`\`${key}\``, `\`${condition}\``, notes.restrictions[key] ?? ""]),
    ),
    calls: table(
      ["function", "calls", "kind", "value", "reached from", "if it fails"],
      calls.map(({ key, contract, function: name, callee, kind, value, entries }) => [
        `\`${contract}.${name}\``,
        `\`${callee}\``,
        kind,
        value === "" ? "" : `\`${value}\``,
        entries.join(", ").replace(/\*/g, "\\*"),
        notes.calls[key] ?? "",
      ]),
    ),
  };
}

function requireSame(what: string, found: readonly string[], notes: Readonly<Record<string, string>>): void {
  const missing = found.filter((key) => notes[key] === undefined);
  if (missing.length > 0) throw new Error(`docs/audit.json does not explain the ${what}: ${missing.join("; ")}`);
  const gone = Object.keys(notes).filter((key) => !found.includes(key));
  if (gone.length > 0) throw new Error(`docs/audit.json explains a ${what} that there is not: ${gone.join("; ")}`);
}

function scope(model: SolidityModel): string {
  const rows = PRODUCTION_FILES.map((file) => ({ file, lines: model.codeLines(file), what: titleOf(model, file) }));
  const total = rows.reduce((sum, { lines }) => sum + lines, 0);
  return table(
    ["file", "lines of code", "what"],
    [
      ...rows.map(({ file, lines, what }) => [
        `[${dirname(file).replace("contracts/", "")}/${basename(file)}](../${file})`,
        grouped(lines),
        what,
      ]),
      [`${rows.length} files`, grouped(total), ""],
    ],
    [1],
  );
}

/** First sentence of what the file's contract says of itself; a semicolon does not end it. */
function titleOf(model: SolidityModel, file: string): string {
  const nodes = [...model.visit([file])].map(({ node }) => node);
  const contracts = nodes.filter(({ nodeType }) => nodeType === "ContractDefinition");
  for (const node of [...contracts, ...nodes]) {
    const { notice = "" } = natSpecOf(node);
    if (notice !== "") return firstSentence(notice);
  }
  return "";
}

/** Without its full stop, on one line. A full stop within parentheses does not end it. */
export function firstSentence(text: string): string {
  const line = text.replace(/\s+/g, " ");
  let depth = 0;
  for (let i = 0; i < line.length; i++) {
    if (line[i] === "(") depth++;
    if (line[i] === ")") depth--;
    const isEnd = depth === 0 && line[i] === "." && (i + 1 === line.length || line[i + 1] === " ");
    if (isEnd) return line.slice(0, i);
  }
  return line;
}
