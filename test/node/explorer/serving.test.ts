// SPDX-License-Identifier: MIT
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import type { RollupNode } from "../../../src/agents/index.ts";
import { Api, EXPLORER_FOLDER, type ApiSource } from "../../../src/node/api/index.ts";
import type { Mempool } from "../../../src/node/mempool/index.ts";
import { BUILD } from "../../../src/setup/paths.ts";
import { buildExplorer } from "../../../tools/explorer/build.ts";

/** No request for the page asks the node. */
const SOURCE: ApiSource = {
  ...{ node: {} as unknown as RollupNode, mempool: {} as unknown as Mempool, sequencer: undefined },
  ...{ outbox: undefined, age: 0 },
};

/** Bytes of the script, for readers on slow lines. */
const LIMIT = 70_000;

describe("The explorer's files", function () {
  this.timeout(30_000);
  let folder: string;
  let api: Api;
  let without: Api;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "explorer-"));
    await buildExplorer(folder);
    api = await Api.listen(SOURCE, { explorer: folder });
    without = await Api.listen(SOURCE, { explorer: join(folder, "missing") });
  });

  after(async () => {
    await api.close();
    await without.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const get = (path: string, on = api, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${on.url}${path}`, { redirect: "manual", headers });

  it("are served under a strict policy: own files alone, no inline script, no frame, no guessed type", async () => {
    for (const [path, type] of [
      ["", "text/html"],
      ["main.js", "text/javascript"],
      ["style.css", "text/css"],
      ["icon.svg", "image/svg+xml"],
    ] as const) {
      const response = await get(`/explorer/${path}`);
      expect(response.status, path).to.equal(200);
      expect(response.headers.get("content-type"), path).to.include(type);
      const policy = response.headers.get("content-security-policy") ?? "";
      expect(policy.split("; ")).to.include.members([
        ...[
          "default-src 'self'",
          "object-src 'none'",
          "base-uri 'none'",
          "form-action 'none'",
          "frame-ancestors 'none'",
        ],
        ...["require-trusted-types-for 'script'", "trusted-types 'none'"],
      ]);
      expect(policy).not.to.match(/unsafe|https?:|\*/u);
      expect(response.headers.get("x-content-type-options")).to.equal("nosniff");
      expect(response.headers.get("x-frame-options")).to.equal("DENY");
      expect(response.headers.get("referrer-policy")).to.equal("no-referrer");
    }
    const page = readFileSync(join(folder, "index.html"), "utf8");
    expect(page).not.to.match(/<script(?![^>]* src="main\.js")|<style|style=|\bon\w+=|https?:/u);
  });

  it("are where a browser looks first, and nobody else", async () => {
    const browser = await get("/", api, { accept: "text/html,*/*;q=0.8" });
    expect([browser.status, browser.headers.get("location")]).to.deep.equal([302, "/explorer/"]);
    expect((await get("/", api, { accept: "application/json" })).status).to.equal(404);
    const bare = await get("/explorer");
    expect([bare.status, bare.headers.get("location")]).to.deep.equal([302, "/explorer/"]);
  });

  it("are those alone: a path leads nowhere else", async () => {
    for (const path of [
      "preact.LICENSE.txt",
      "..%2fpackage.json",
      "%2e%2e/package.json",
      "..\\package.json",
      "nothing",
    ]) {
      expect((await get(`/explorer/${path}`)).status, path).to.equal(404);
    }
  });

  it("are not needed: a node without them says so in a sentence", async () => {
    const response = await get("/explorer", without);
    expect(response.status).to.equal(404);
    expect(await response.json()).to.have.property("error", "this node serves no explorer; npm run build makes it");
    expect((await get("/", without, { accept: "text/html" })).status).to.equal(404);
  });

  it("are small, complete, and the same whenever they are built", async () => {
    expect(statSync(join(folder, "main.js")).size).to.be.within(10_000, LIMIT);
    const before = readFileSync(join(folder, "main.js"));
    await Promise.all([buildExplorer(folder), buildExplorer(folder)]);
    expect(readFileSync(join(folder, "main.js")).equals(before)).to.equal(true);
    expect(readdirSync(folder).sort()).to.deep.equal([
      ...["icon.svg", "index.html", "main.js", "preact.LICENSE.txt", "style.css"],
    ]);
    expect(readFileSync(join(folder, "preact.LICENSE.txt"), "utf8")).to.include("The MIT License");
    expect(before.toString()).not.to.match(/https?:\/\/(?!www\.w3\.org\/)/u);
  });

  it("are looked for where a clone builds them", () => {
    expect(EXPLORER_FOLDER).to.equal(join(BUILD, "explorer"));
  });
});
