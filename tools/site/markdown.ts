// SPDX-License-Identifier: MIT
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";

import type { MarkdownEnv, MarkdownRenderer } from "vitepress";

import { PROJECT_ROOT } from "../../src/setup/paths.ts";

/** A document's page: that of a README is the index of its folder. Both are paths from the project's root. */
export const pageOf = (file: string): string => file.replace(/(^|\/)README\.md$/, "$1index.md");

/** The anchor of a heading, as GitHub makes it, so that the links of the documents lead to it here too. */
export const githubSlug = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, "")
    .replaceAll(" ", "-");

/**
 * Turns the links of a document to other documents into links to their pages, and links to all other files of the
 * project into links to the repository that package.json names; without a name they become plain text.
 *
 * The links are right on GitHub, so no document is written for the site.
 */
export function rewriteLinks(md: MarkdownRenderer): void {
  const repository = repositoryUrl();
  md.core.ruler.push("rewrite_links", ({ tokens, env }) => {
    const { realPath, path } = env as MarkdownEnv & { readonly realPath?: string };
    const folder = dirname(realPath ?? path);
    for (const { children } of tokens) {
      let open: NonNullable<typeof children>[number] | undefined;
      for (const token of children ?? []) {
        if (token.type === "link_open") {
          const href = siteLink(token.attrGet("href") ?? "", folder, repository);
          if (href === undefined) open = token;
          else token.attrSet("href", href);
        } else if (token.type === "link_close" && open !== undefined) {
          for (const end of [open, token]) Object.assign(end, { type: "text", content: "", tag: "" });
          open = undefined;
        }
      }
    }
  });
}

/**
 * The link on the site for one of a document in `folder`; undefined if there is nothing to link to.
 *
 * @throws {Error} if it is a link to a file that is not there
 */
export function siteLink(href: string, folder: string, repository: string | undefined): string | undefined {
  if (/^([a-z]+:|#|\/)/i.test(href) || href === "") return href;
  const [target = "", anchor] = href.split("#");
  const path = resolve(folder, decodeURIComponent(target));
  const file = relative(PROJECT_ROOT, path).split(sep).join("/");
  if (file.startsWith("..") || !existsSync(path)) throw new Error(`${href} in ${folder}: there is no such file`);
  const isFolder = statSync(path).isDirectory();
  const document = isFolder ? join(file, "README.md") : file;
  if (document.endsWith(".md") && existsSync(join(PROJECT_ROOT, document))) {
    const page = pageOf(document)
      .replace(/(^|\/)index\.md$/, "$1")
      .replace(/\.md$/, "");
    return `/${page}${anchor === undefined ? "" : `#${anchor}`}`;
  }
  return repository === undefined ? undefined : `${repository}/${isFolder ? "tree" : "blob"}/HEAD/${file}`;
}

/** Address of the repository, without `git+` and `.git`; undefined if package.json names none. */
function repositoryUrl(): string | undefined {
  const { repository } = JSON.parse(readFileSync(join(PROJECT_ROOT, "package.json"), "utf8")) as {
    readonly repository?: string | { readonly url: string };
  };
  const url = typeof repository === "string" ? repository : repository?.url;
  return url?.replace(/^git\+/, "").replace(/\.git$/, "");
}

/** Leaves the text of a diagram to the browser, which draws it (`.vitepress/theme`). */
export function showDiagrams(md: MarkdownRenderer): void {
  const { fence } = md.renderer.rules;
  md.renderer.rules.fence = (tokens, index, ...rest) => {
    const token = tokens[index]!;
    if (token.info.trim() === "mermaid") {
      return `<pre class="mermaid" v-pre>${md.utils.escapeHtml(token.content)}</pre>`;
    }
    return fence!(tokens, index, ...rest);
  };
}
