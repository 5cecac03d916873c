// SPDX-License-Identifier: MIT
import { oneOf, runCommand, UsageError } from "../tools/commandLine.ts";
import { runAll } from "../tools/programs.ts";

/** Commands of packages, one after another, up to the first that fails. */
const BUILD = ["hardhat", "build", "--no-tests"] as const;
const TOOLS = {
  build: [BUILD, ["node", "scripts/abis.ts"], ["node", "scripts/explorer.ts"]],
  format: [["prettier", "--write", "."]],
  "format:check": [["prettier", "--check", "."]],
  lint: [
    BUILD,
    ["eslint", "."],
    ["solhint", "--noPoster", "--max-warnings", "0", "contracts/**/*.sol", "test/contracts/**/*.sol"],
  ],
  typecheck: [BUILD, ["tsc", "--noEmit"], ["tsc", "--project", "explorer"]],
  "docs:site": [["vitepress", "build", "tools/site"]],
} as const satisfies Record<string, readonly (readonly [string, ...string[]])[]>;

const NAMES = Object.keys(TOOLS) as (keyof typeof TOOLS)[];

const USAGE = `
npm run build          compiles the contracts, writes their types and ABIs, and bundles the explorer
npm run format         formats everything
npm run format:check   exit code 1 if something is not formatted
npm run lint           static checks of TypeScript and Solidity
npm run typecheck      checks the types of TypeScript
npm run docs:site      writes the documents as a site into build/site; a link that leads nowhere is an error

They have no options. Single files: npx eslint <files>, npx prettier --check <files>.
`;

await runCommand({ usage: USAGE, allowPositionals: true }, async ({ positionals: [given, ...rest] }) => {
  const name = oneOf("command", given, NAMES);
  if (rest.length > 0) throw new UsageError(`npm run ${name} has no argument ${rest[0]}`);
  return runAll(TOOLS[name]);
});
