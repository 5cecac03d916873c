// SPDX-License-Identifier: MIT
import { copyFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

import { defineConfig, type HeadConfig } from "vitepress";

import { PROJECT_ROOT } from "../../src/setup/paths.ts";
import { githubSlug, pageOf, rewriteLinks, showDiagrams } from "./markdown.ts";
import { sidebar } from "./sidebar.ts";

/** The documents as pages: `npm run docs:site` writes them into build/site. A link that leads nowhere is an error. */
export default defineConfig({
  title: "Decentralised sequencing",
  description: "Reference implementation of decentralised sequencing for zk-rollups",
  // GitHub serves a project's pages below its name.
  base: process.env["SITE_BASE"] ?? "/",
  head: [["link", { rel: "icon", href: "data:," }] satisfies HeadConfig],
  srcDir: PROJECT_ROOT,
  srcExclude: ["**/node_modules/**", "{artifacts,build,cache,coverage,snapshots,typechain-types}/**"],
  outDir: join(PROJECT_ROOT, "build", "site"),
  cacheDir: join(PROJECT_ROOT, "build", "site-cache"),
  rewrites: pageOf,
  markdown: {
    anchor: { slugify: githubSlug },
    config: (md) => {
      rewriteLinks(md);
      showDiagrams(md);
    },
  },
  // The index of the search is one chunk; it is loaded with the first search.
  vite: { build: { chunkSizeWarningLimit: 4_000 } },
  themeConfig: {
    sidebar: sidebar(),
    outline: [2, 3],
    search: { provider: "local" },
  },
  buildEnd: ({ outDir }) => {
    const mermaid = createRequire(import.meta.url).resolve("@mermaid-js/tiny/dist/mermaid.tiny.js");
    copyFileSync(mermaid, join(outDir, "mermaid.js"));
  },
});
