// SPDX-License-Identifier: MIT
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { BUILD, PROJECT_ROOT } from "../src/setup/paths.ts";
import { runCommand } from "../tools/commandLine.ts";

const USAGE = `
npm run formal

What SMTChecker proves of the arithmetic of the contracts, for all arguments in the ranges that are kept. Compares with
snapshots/formal.json, which names what is not proven; UPDATE_SNAPSHOTS=1 writes it. Exit code 1 if something differs,
is violated, or holds of nothing.
`;

const SNAPSHOT = join(PROJECT_ROOT, "snapshots", "formal.json");

await runCommand({ usage: USAGE }, async () => {
  const { checkProperties, propertyFiles, worst } = await import("../tools/formal/properties.ts");
  const { disposeSolver } = await import("../tools/formal/smtChecker.ts");
  const results: Record<string, Record<string, string>> = {};
  const complaints: string[] = [];

  for (const file of propertyFiles()) {
    const start = Date.now();
    const { properties, arithmetic, violations } = await checkProperties(file);
    console.log(`\n${file} (${Math.round((Date.now() - start) / 1000)} s)`);
    const result: Record<string, string> = {};
    for (const { name, statement, verdict, isReached } of properties) {
      result[name] = verdict;
      if (!isReached) complaints.push(`${file} ${name}: no arguments are shown to reach it`);
      console.log(`  ${verdict.padEnd(10)}  ${name}: ${statement}`);
    }
    result["arithmetic"] = worst(arithmetic);
    const proven = arithmetic.filter(({ verdict }) => verdict === "proven").length;
    console.log(
      `  ${worst(arithmetic).padEnd(10)}  arithmetic of the libraries: ${proven} of ${arithmetic.length} operations`,
    );
    for (const target of [...arithmetic, ...violations].filter(({ verdict }) => verdict !== "proven")) {
      console.log(`    ${target.verdict}: ${target.file}:${target.line}: ${target.message}`);
    }
    for (const { file: place, line } of violations) complaints.push(`${place}:${line} is violated`);
    results[file] = result;
  }
  await disposeSolver();

  const text = `${JSON.stringify(results, null, 2)}\n`;
  const report = join(BUILD, "reports", "formal.json");
  mkdirSync(dirname(report), { recursive: true });
  writeFileSync(report, text);
  if (process.env["UPDATE_SNAPSHOTS"] === "1") writeFileSync(SNAPSHOT, text);
  if (text !== readFileSync(SNAPSHOT, "utf8")) complaints.push(`${report} differs from ${SNAPSHOT}`);

  const verdicts = Object.values(results).flatMap((result) => Object.values(result));
  const count = (verdict: string): number => verdicts.filter((candidate) => candidate === verdict).length;
  console.log(`\n${count("proven")} proven, ${count("not proven")} not proven, ${count("violated")} violated`);
  for (const complaint of complaints) console.error(complaint);
  return complaints.length > 0 ? 1 : 0;
});
