// SPDX-License-Identifier: MIT
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import type { FastifyInstance } from "fastify";

import { PROJECT_ROOT } from "../../projectRoot.ts";

/** Folder of the built explorer: `npm run build` and `npm run node` write it in a clone, and the package has it. */
export const EXPLORER_FOLDER = join(PROJECT_ROOT, import.meta.url.endsWith(".ts") ? "build" : "dist", "explorer");

/** The files of the explorer. All are read when the API starts: no request names a path on the disk. */
const FILES = {
  "index.html": "text/html; charset=utf-8",
  "main.js": "text/javascript; charset=utf-8",
  "style.css": "text/css; charset=utf-8",
  "icon.svg": "image/svg+xml",
} as const;

/**
 * The page loads its own files alone, talks to its own node alone, runs no inline script, turns no text into HTML, and
 * is shown in no other page.
 */
const HEADERS = {
  "content-security-policy": [
    ...["default-src 'self'", "object-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
    ...["require-trusted-types-for 'script'", "trusted-types 'none'"],
  ].join("; "),
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-cache",
} as const;

/**
 * Serves the explorer at `/explorer/`, and leads a browser there from `/`.
 *
 * @param folder of the built explorer; without one, or if it is not built, a sentence says so
 */
export function serveExplorer(app: FastifyInstance, folder: string | undefined): void {
  const isBuilt = folder !== undefined && existsSync(join(folder, "index.html"));
  app.get("/", async (request, reply) => {
    const isBrowser = request.headers.accept?.includes("text/html") === true;
    if (isBuilt && isBrowser) return reply.redirect("/explorer/");
    return reply.code(404).send({ error: "JSON-RPC is at POST /, and its description at /openrpc.json" });
  });
  if (!isBuilt) {
    app.get("/explorer", async (_request, reply) =>
      reply.code(404).send({ error: "this node serves no explorer; npm run build makes it" }),
    );
    return;
  }
  app.get("/explorer", async (_request, reply) => reply.redirect("/explorer/"));
  for (const [name, type] of Object.entries(FILES)) {
    const content = readFileSync(join(folder, name));
    app.get(`/explorer/${name === "index.html" ? "" : name}`, async (_request, reply) =>
      reply.headers(HEADERS).type(type).send(content),
    );
  }
}
