// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { format } from "prettier";

import { formatted, replaceBlocks } from "../markdown.ts";
import { PROJECT_ROOT } from "../../../src/setup/paths.ts";
import { b52Examples } from "./b52.ts";
import { enforcementExamples } from "./enforcement.ts";
import { protocolExamples } from "./protocol.ts";
import type { Examples } from "./setting.ts";

const EXAMPLES: Readonly<Record<string, () => Examples>> = {
  "docs/b52.md": b52Examples,
  "docs/enforcement.md": enforcementExamples,
  "docs/protocol.md": protocolExamples,
};

/**
 * The documents with worked examples, each number computed: contents by path from the project's root.
 *
 * @throws {Error} if a document lacks the block of an example, or has one that nobody writes
 */
export async function workedDocuments(): Promise<Map<string, string>> {
  const documents = new Map<string, string>();
  for (const [path, examplesOf] of Object.entries(EXAMPLES)) {
    const blocks: Record<string, string> = {};
    for (const [name, text] of Object.entries(examplesOf())) blocks[name] = await wrapped(text);
    const document = replaceBlocks(readFileSync(join(PROJECT_ROOT, path), "utf8"), blocks);
    documents.set(path, await formatted(document, path));
  }
  return documents;
}

/** Prose of at most 120 columns a line. */
const wrapped = async (text: string): Promise<string> =>
  (await format(text, { parser: "markdown", proseWrap: "always", printWidth: 120 })).trimEnd();
