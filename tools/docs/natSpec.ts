// SPDX-License-Identifier: MIT
import type { AstNode } from "./solidity.ts";

/** The NatSpec of a declaration, as it was written, with its line breaks. */
export interface NatSpec {
  readonly notice?: string;
  readonly dev?: string;
  readonly params: readonly (readonly [name: string, text: string])[];
  readonly returns: readonly string[];
}

/** Reads the comment of a declaration; empty if it has none. */
export function natSpecOf(node: AstNode): NatSpec {
  const { text = "" } = (node["documentation"] as { readonly text?: string } | null | undefined) ?? {};
  const params: (readonly [string, string])[] = [];
  const returns: string[] = [];
  const single = new Map<string, string>();
  // Text before the first tag is the notice.
  for (const [, tag = "notice", raw = ""] of `@notice ${text}`.replace(/^@notice\s+@/, "@").matchAll(TAG)) {
    const content = dedent(raw);
    if (tag === "param") {
      const [, name = "", rest = ""] = /^(\w+(?:, \w+)*)\s+([\s\S]*)$/.exec(content) ?? [];
      params.push([name, rest]);
    } else if (tag === "return") {
      returns.push(content);
    } else if (content !== "") {
      single.set(tag, content);
    }
  }
  const [notice, dev] = [single.get("notice"), single.get("dev")];
  return { ...(notice === undefined ? {} : { notice }), ...(dev === undefined ? {} : { dev }), params, returns };
}

const TAG =
  /@(notice|dev|param|return|title|inheritdoc|custom:\w+)\b([\s\S]*?)(?=\n?\s*@(?:notice|dev|param|return|title|inheritdoc|custom:)|$)/g;

/** Without the indentation of the comment. */
const dedent = (text: string): string =>
  text
    .split("\n")
    .map((line) => line.trim())
    .join("\n")
    .trim();
