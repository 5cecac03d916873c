// SPDX-License-Identifier: MIT
/** A rule of prose (CONTRIBUTING.md, "Prose") that a sentence can break. */
export type LanguageRule = "none of" | "but for" | "subject";

/** A sentence that breaks a rule. */
export interface Breach {
  readonly rule: LanguageRule;
  /** Line on which the paragraph, list item, cell or comment of the sentence begins, from 1. */
  readonly line: number;
  /** The sentence on one line, without markup. Code is `code`. */
  readonly sentence: string;
}

/** A piece of text that begins a sentence: a paragraph, a list item, a cell of a table, a comment, a name of a test. */
interface Passage {
  readonly line: number;
  readonly text: string;
}

/**
 * Documents, as patterns from the project's root. The reference in docs/api is not among them: it is generated from
 * comments.
 */
export const DOCUMENTS = {
  include: ["*.md", "{circuits,contracts,deploy,docs,test}/**/*.md"],
  exclude: ["docs/api/**"],
};

/** Files with comments and test names, as patterns from the project's root. */
export const CODE = {
  include: ["{circuits,contracts,demo,deploy,docs,explorer,scripts,src,test,tools}/**/*.{ts,tsx,mjs,sol,circom}"],
  exclude: ["**/node_modules/**"],
};

/** Breaches in a document. Headings, head rows of tables, code and generated blocks have no sentences of the author. */
export const breachesOfMarkdown = (text: string): Breach[] => passagesOfMarkdown(text).flatMap(breachesOf);

/** Breaches in the comments and test names of a source file (Solidity, Circom or TypeScript). */
export const breachesOfCode = (text: string): Breach[] => passagesOfCode(text).flatMap(breachesOf);

// ── Rules ────────────────────────────────────────────────────────────────────────────────────────────────────────────

function breachesOf({ line, text }: Passage): Breach[] {
  const breaches: Breach[] = [];
  for (const sentence of sentencesOf(text)) {
    const add = (rule: LanguageRule): number => breaches.push({ rule, line, sentence });
    if (/\bnone of\b/i.test(sentence)) add("none of");
    // "Not for the batch but for the leaf" is another "but for".
    if (/\bbut for\b/i.test(sentence) && !/\bnot (only )?(for|by|in|of)\b.*\bbut for\b/i.test(sentence)) add("but for");
    const clauses = sentence.split(/(?<=[;:—])\s+/);
    const isVague = (clause: string, i: number): boolean =>
      hasVagueSubject(clause) && !(clauses[i - 1]?.endsWith(":") === true && isListOfQuestions(clause));
    if (!sentence.endsWith("?") && clauses.some(isVague)) add("subject");
  }
  return breaches;
}

/**
 * Whether a clause begins with a subject that names nothing, as in "What is left returns" or "Whoever proves is paid".
 * A label ("Who: …") has none, and neither has an adverbial clause before the main one ("Whatever a token does, the
 * escape …").
 */
function hasVagueSubject(clause: string): boolean {
  const [, word = ""] = /^["“'‘([]*(what|who|whoever|whomever|whatever|whichever)\s+[\w`]/i.exec(clause) ?? [];
  if (word === "") return false;
  return !(/^(whatever|whichever)$/i.test(word) && /^[^,;]+, \w/.test(clause));
}

/** "It answers these: who may prove, how they are paid" has questions as its objects, and no subject "who". */
const isListOfQuestions = (clause: string): boolean =>
  /, (and )?(who|what|how|why|when|where|which|whether)\b/i.test(clause);

/** Sentences of a passage: from a full stop, question mark or exclamation mark to the next. */
const sentencesOf = (text: string): string[] =>
  text
    .split(/(?<=[.?!]["”')\]]*)\s+/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== "");

// ── Documents ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A line that begins another passage: an item of a list, numbered or not. */
const ITEM = /^\s*(?:[-*+]|\d+\.)\s+/;

function passagesOfMarkdown(text: string): Passage[] {
  const passages: { line: number; text: string }[] = [];
  let open = false;
  let quoted = false;
  const begin = (line: number, content: string): void => {
    passages.push({ line, text: plain(content) });
  };
  const lines = withoutBlocks(text).split("\n");
  lines.forEach((raw, i) => {
    const line = raw.replace(/^(\s*>)+\s?/, "");
    if (quoted !== (line !== raw)) open = false;
    quoted = line !== raw;
    const isHeadRow = /^\s*\|?\s*:?-{3,}/.test(lines[i + 1] ?? "") && line.includes("|");
    if (line.trim() === "" || /^\s*#/.test(line) || /^\s*\|?\s*:?-{3,}/.test(line) || isHeadRow) {
      open = false;
    } else if (/^\s*\|/.test(line)) {
      for (const cell of line.split(/(?<!\\)\|/).slice(1, -1)) begin(i + 1, cell);
      open = false;
    } else if (open && !ITEM.test(line)) {
      const last = passages.at(-1)!;
      last.text = `${last.text} ${plain(line)}`;
    } else {
      begin(i + 1, line.replace(ITEM, ""));
      open = true;
    }
  });
  return passages;
}

/** Without code and generated blocks; the numbers of lines stay. */
const withoutBlocks = (text: string): string =>
  [/^( *)```[\s\S]*?^\1```/gm, /<!-- ([\w-]+) -->[\s\S]*?<!-- \/\1 -->/g, /<!--[\s\S]*?-->/g].reduce(
    (rest, block) => rest.replace(block, (found) => found.replace(/[^\n]/g, "")),
    text,
  );

/** Without markup. */
const plain = (text: string): string =>
  text
    .replace(/`[^`]*`/g, "`code`")
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/\*\*|(?<![\w\\])[_*]|[_*](?!\w)/g, "")
    .trim();

// ── Code ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Tags begin a passage of their own; the name of a parameter is no part of its sentence. */
const TAG = /@(?:notice|dev|title|author|return|returns|throws(?: \{\w+\})?|param \S+|inheritdoc \S+|[\w:]+)\s*/;

/** Parts of a source file, in the order in which they are tried. Comments and names of tests are captured. */
const PARTS = [
  // Strings come first: "demo/*.ts" begins no comment. Single quotes are only around strings with double quotes.
  /"(?:[^"\\\n]|\\.)*"|'(?=[^'\n]*")(?:[^'\\\n]|\\.)*'/,
  /\/\*\*?([\s\S]*?)\*\//,
  /((?:^[ \t]*\/\/.*\n?)+)/,
  /[ \t]\/\/[ \t]+(.+)$/,
  /\b(?:it|describe|context)(?:\.\w+)?\(\s*(?:"((?:[^"\\]|\\.)*)"|`([^`]*)`)/,
];

function passagesOfCode(text: string): Passage[] {
  const passages: Passage[] = [];
  const lineAt = (index: number): number => text.slice(0, index).split("\n").length;
  for (const match of text.matchAll(new RegExp(PARTS.map(({ source }) => source).join("|"), "gm"))) {
    const [, block, lines, trailing, quoted, template] = match;
    const line = lineAt(match.index);
    if (quoted !== undefined || template !== undefined) {
      passages.push({ line, text: plain(quoted ?? template ?? "") });
      continue;
    }
    if (block === undefined && lines === undefined && trailing === undefined) continue;
    const comment = (block ?? lines ?? trailing ?? "").replace(/^[ \t]*(?:\*|\/\/+)[ \t]?/gm, "");
    const paragraphs = comment.split(new RegExp(`\\n\\s*\\n|\\n(?=${ITEM.source.slice(1)})|(?=${TAG.source})`));
    for (const paragraph of paragraphs) {
      const content = paragraph
        .trim()
        .replace(new RegExp(`^${TAG.source}`), "")
        .replace(ITEM, "");
      if (content !== "") passages.push({ line, text: plain(content.replace(/\s+/g, " ")) });
    }
  }
  return passages;
}
