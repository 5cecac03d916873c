// SPDX-License-Identifier: MIT
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

import type { DefaultTheme } from "vitepress";

import { PROJECT_ROOT } from "../../src/setup/paths.ts";
import { pageOf } from "./markdown.ts";

/** The documents in the order in which people need them. Patterns take what is there, in the order of the names. */
const GROUPS: readonly (readonly [title: string, files: readonly string[], collapsed?: boolean])[] = [
  ["Start", ["README.md", "docs/tutorial.md", "docs/glossary.md", "docs/architecture.md"]],
  ["Rules", ["docs/protocol.md", "docs/b52.md", "docs/enforcement.md", "docs/elections.md", "docs/lab.md"]],
  ["Elections", ["docs/elections/*.md"], true],
  [
    "Use",
    [
      "docs/client.md",
      "docs/api/client/README.md",
      "docs/api/rpc/README.md",
      "docs/parameters.md",
      "docs/deployment.md",
      "docs/node.md",
      "docs/network.md",
    ],
  ],
  [
    "Check",
    [
      "SECURITY.md",
      "docs/security.md",
      "docs/recursion.md",
      "docs/audit.md",
      "circuits/README.md",
      "test/invariant/README.md",
      "docs/findings.md",
      "docs/numbers.md",
      "docs/benchmarks.md",
      "docs/mutation.md",
    ],
  ],
  ["Contribute", ["CONTRIBUTING.md", "CHANGELOG.md"]],
  ["More", ["docs/*.md"]],
  ["Contracts", ["docs/api/contracts/README.md", "docs/api/contracts/*.md", "contracts/**/README.md"], true],
  ["Decisions", ["docs/adr/README.md", "docs/adr/*.md"], true],
];

/** Links to all documents, each once. */
export function sidebar(): DefaultTheme.SidebarItem[] {
  const seen = new Set<string>();
  const groups = GROUPS.map(([text, patterns, collapsed = false]) => {
    const files = patterns
      .flatMap((pattern) => globSync(pattern, { cwd: PROJECT_ROOT }).sort())
      .filter((file) => !seen.has(file) && seen.add(file));
    const items = files.map((file) => ({ text: titleOf(file), link: `/${pageOf(file)}` }));
    return { text, items, collapsed };
  });
  return groups.filter(({ items }) => items.length > 0);
}

/** The first heading. */
function titleOf(file: string): string {
  const [, title = file] = /^# (.+)$/m.exec(readFileSync(join(PROJECT_ROOT, file), "utf8")) ?? [];
  return title.replaceAll("`", "");
}
