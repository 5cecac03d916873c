// SPDX-License-Identifier: MIT
import { format, resolveConfig } from "prettier";

/** A table of Markdown; columns are text unless they are among `numbers`. */
export function table(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  numbers: readonly number[] = [],
): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replace(/\|/g, "\\|")).join(" | ")} |`;
  const rule = headings.map((_, i) => (numbers.includes(i) ? "---:" : "---"));
  return [line(headings), line(rule), ...rows.map(line)].join("\n");
}

/** A table whose first column is text, and whose others are numbers. */
export const numbersTable = (headings: readonly string[], rows: readonly (readonly string[])[]): string =>
  table(headings, rows, headings.map((_, i) => i).slice(1));

/** A whole number, with thousands separated. */
export const grouped = (value: number): string => Math.round(value).toLocaleString("en");

/**
 * A document with what is between `<!-- name -->` and `<!-- /name -->` replaced, for each name.
 *
 * @throws {Error} if a block is missing, or there is one that nobody writes
 */
export function replaceBlocks(text: string, blocks: Readonly<Record<string, string>>): string {
  const found = [...text.matchAll(/<!-- \/([\w-]+) -->/g)].map(([, name]) => name ?? "");
  const foreign = found.filter((name) => !(name in blocks));
  if (foreign.length > 0) throw new Error(`nobody writes the blocks ${foreign.join(", ")}`);
  let result = text;
  for (const [name, content] of Object.entries(blocks)) {
    const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const [from, to] = [result.indexOf(begin), result.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`there is no block ${name}`);
    result = `${result.slice(0, from + begin.length)}\n\n${content}\n\n${result.slice(to)}`;
  }
  return result;
}

/** Markdown as `npm run format` writes it; JSON by the name of its file. */
export async function formatted(text: string, path: string): Promise<string> {
  const options = await resolveConfig(path);
  return format(text, { ...options, parser: path.endsWith(".json") ? "json" : "markdown", plugins: [] });
}
