// SPDX-License-Identifier: MIT
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

import { PROJECT_ROOT } from "../../src/setup/paths.ts";
import { table } from "./markdown.ts";

/** The property that stands in the snapshot for the arithmetic of a library in all calls of its properties. */
const ARITHMETIC = "arithmetic";

/** A property of `test/formal`: its `@notice`, and the function that states it. */
const PROPERTY = /\/\/\/ @notice (?<statement>.*)\n\s*function (?<name>\w+)/g;

/** Properties of the arithmetic with the verdicts of `snapshots/formal.json`, for docs/security.md. */
export function formalTable(): string {
  const snapshot = JSON.parse(readFileSync(join(PROJECT_ROOT, "snapshots", "formal.json"), "utf8")) as Readonly<
    Record<string, Readonly<Record<string, string>>>
  >;
  const rows = globSync("test/formal/*Properties.sol", { cwd: PROJECT_ROOT })
    .sort()
    .flatMap((file) => {
      const verdicts = snapshot[file.replaceAll("\\", "/")] ?? {};
      const library = `\`${basename(file, "Properties.sol")}\``;
      const verdictOf = (name: string): string => verdicts[name] ?? "not run";
      const properties = [...readFileSync(join(PROJECT_ROOT, file), "utf8").matchAll(PROPERTY)].map(({ groups }) => {
        const { name = "", statement = "" } = groups ?? {};
        return [library, `\`${name}\``, statement, verdictOf(name)];
      });
      const arithmetic = "No operation overflows, or divides by zero, in any of these calls.";
      return [...properties, [library, "–", arithmetic, verdictOf(ARITHMETIC)]];
    });
  const counts = ["proven", "not proven", "not run", "violated"].map(
    (verdict) => `${rows.filter((row) => row[3] === verdict).length} ${verdict}`,
  );
  return [
    `${rows.length} properties: ${counts.join(", ")}.`,
    table(["library", "property", "statement", "result"], rows),
  ].join("\n\n");
}
