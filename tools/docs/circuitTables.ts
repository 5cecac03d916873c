// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { PROJECT_ROOT } from "../../src/setup/paths.ts";
import { grouped, table } from "./markdown.ts";

/** Constraints of a template, as `snapshots/constraints.json` names it. */
type Count = (template: string) => number;

/** The tables of circuits/README.md: constraints of the circuits, and what they are made of. */
export function circuitBlocks(): Record<string, string> {
  const snapshot = JSON.parse(readFileSync(join(PROJECT_ROOT, "snapshots", "constraints.json"), "utf8")) as Readonly<
    Record<string, number>
  >;
  const count: Count = (template) => {
    const found = snapshot[template];
    if (found === undefined) throw new Error(`no constraints of ${template}`);
    return found;
  };
  return { circuits: circuits(count), slot: slot(count), merge: merge(count), move: move(count) };
}

/** A domain of 2^n has room for so many constraints beside its public signals. */
const room = (n: number, signals: number): string =>
  `${grouped(2 ** n - signals - 1)}: domain 2^${n} with ${signals} public signals`;

const circuits = (count: Count): string =>
  table(
    ["circuit", "constraints", "limit"],
    (
      [
        ["`Leaf(5, 4, 1)`, development", count("Leaf(5, 4, 1)"), room(16, 3)],
        ["each further slot at depth 16, production", count("Leaf(16, 2, 2) - Leaf(16, 1, 2)"), "28,000"],
        ["`Merge(8, 4, 0)`, both profiles", count("Merge(8, 4, 0)"), room(15, 3)],
        ["`Merge(8, 4, 1)`, both profiles, where tickets are drawn", count("Merge(8, 4, 1)"), room(16, 3)],
        ["`Escape(5)`, development", count("Escape(5)"), room(12, 5)],
        ["`Escape(16)`, production", count("Escape(16)"), ""],
        ["`Migration(5, 1)`, development", count("Migration(5, 1)"), room(16, 17)],
        ["each further move at depth 16, production", furtherMove(count), ""],
        ["`Join`, both profiles, without the verification of two proofs", count("Join"), ""],
      ] as const
    ).map(([name, constraints, limit]) => [name, grouped(constraints), limit]),
    [1],
  );

/** Rows that add up to a whole; the last one is the rest. */
function composition(
  whole: number,
  parts: readonly (readonly [name: string, constraints: number])[],
  rest: string,
): string {
  const sum = parts.reduce((total, [, constraints]) => total + constraints, 0);
  const rows = [...parts, [rest, whole - sum] as const, ["**sum**", whole] as const];
  return table(
    ["part", "constraints"],
    rows.map(([name, constraints]) => [name, grouped(constraints)]),
    [1],
  );
}

const slotOfData = (count: Count): number => count("DataCommitment(4)") / 4;

const slot = (count: Count): string =>
  composition(
    count("Leaf(16, 2, 2) - Leaf(16, 1, 2)"),
    [
      ["two path updates", 2 * count("PathUpdate(16)")],
      [
        `authorisation of a transaction, of which the signature is ${grouped(count("SignatureCheck"))}`,
        count("TransactionAuthorised"),
      ],
      ["four account leaves", 2 * count("AccountHash") + 2 * count("KnownAccount")],
      ["key of a new account", count("NewAccountKey")],
      ["the slot's bits", count("DecodeSlot")],
      ["data commitment", slotOfData(count)],
    ],
    "its part of the hash of the exits, range checks, logic",
  );

const merge = (count: Count): string =>
  composition(
    count("Merge(8, 4, 0)"),
    [
      [
        `three votes; in each the signature is ${grouped(count("SignatureCheck"))}, the ticket's key ${grouped(count("TicketKey(8)"))}, the opening ${grouped(count("Vote(4, 0)"))}`,
        3 * count("VoteCheck(8, 4, 0)"),
      ],
      ["two children", 2 * count("Child")],
      ["three lines of tickets", 3 * count("TicketLine(8)")],
      ["union of tickets", count("TicketUnion(248, 2, 3)")],
    ],
    "digest and logic",
  );

const furtherMove = (count: Count): number => count("ApplyMove(16)") + 2 * slotOfData(count);

const move = (count: Count): string =>
  composition(
    furtherMove(count),
    [
      ["path update", count("PathUpdate(16)")],
      ["authorisation", count("MoveAuthorised")],
      ["slot of the arrival", count("ArrivalSlot")],
      ["three account leaves", 2 * count("AccountHash") + count("KnownAccount")],
      ["the slot's bits", count("DecodeSlot")],
      ["two data commitments", 2 * slotOfData(count)],
    ],
    "key and logic",
  );
