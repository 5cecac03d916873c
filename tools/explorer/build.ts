// SPDX-License-Identifier: MIT
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

import { build } from "esbuild";

import { writeFileAtomically } from "../../src/files.ts";
import { BUILD, PROJECT_ROOT } from "../../src/setup/paths.ts";

const SOURCE = join(PROJECT_ROOT, "explorer");

/** Files that are served as they are. */
const STATIC = ["index.html", "style.css", "icon.svg"] as const;

/**
 * Builds the explorer: one script and what is served as it is. Nodes may start, and serve it, at the same time.
 *
 * @param folder is made if it is missing. Default: the one that a node of this clone serves
 * @returns bytes of the script
 */
export async function buildExplorer(folder = join(BUILD, "explorer")): Promise<number> {
  const { outputFiles } = await build({
    entryPoints: [join(SOURCE, "main.tsx")],
    ...{ bundle: true, minify: true, format: "esm", target: "es2022", write: false, legalComments: "none" },
    ...{ jsx: "automatic", jsxImportSource: "preact", tsconfig: join(SOURCE, "tsconfig.json") },
    banner: { js: "// MIT, with Preact (MIT): preact.LICENSE.txt" },
  });
  mkdirSync(folder, { recursive: true });
  const script = outputFiles[0]!.contents;
  writeFileAtomically(join(folder, "main.js"), script);
  for (const name of STATIC) writeFileAtomically(join(folder, name), readFileSync(join(SOURCE, name)));
  const preact = dirname(createRequire(import.meta.url).resolve("preact/package.json"));
  writeFileAtomically(join(folder, "preact.LICENSE.txt"), readFileSync(join(preact, "LICENSE")));
  return script.length;
}
