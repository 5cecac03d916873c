// SPDX-License-Identifier: MIT
import { globSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";

import { PROJECT_ROOT } from "../src/setup/paths.ts";
import { breachesOfCode, breachesOfMarkdown, CODE, DOCUMENTS } from "../tools/docs/language.ts";
import { oneOf, runCommand } from "../tools/commandLine.ts";

const USAGE = `
npm run language           lists the sentences of the documents that break the rules of prose
npm run language -- code   lists those of comments and test names, and counts them by folder

The rules: CONTRIBUTING.md, "Prose".
`;

await runCommand({ usage: USAGE, allowPositionals: true }, ({ positionals }) => {
  for (const word of positionals) oneOf("argument", word, ["code"]);
  const isCode = positionals.includes("code");
  const { include, exclude } = isCode ? CODE : DOCUMENTS;
  const breachesOf = isCode ? breachesOfCode : breachesOfMarkdown;
  const counts = new Map<string, number>();
  for (const file of globSync(include, { cwd: PROJECT_ROOT, exclude }).sort()) {
    for (const { line, rule, sentence } of breachesOf(readFileSync(join(PROJECT_ROOT, file), "utf8"))) {
      console.log(`${file}:${line}: ${rule}: ${sentence}`);
      const [folder = ""] = file.split(sep);
      counts.set(folder, (counts.get(folder) ?? 0) + 1);
    }
  }
  for (const [folder, count] of counts) console.log(`${folder}: ${count}`);
});
