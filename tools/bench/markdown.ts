/** A table of GitHub's Markdown; the first column is text, the others are numbers. */
export function markdownTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const rule = headings.map((_, i) => (i === 0 ? "---" : "---:"));
  return [line(headings), line(rule), ...rows.map(line)].join("\n");
}

/** A whole number, with thousands separated. */
export const grouped = (value: number): string => Math.round(value).toLocaleString("en");
