// SPDX-License-Identifier: MIT
import { join } from "node:path";

import { expect } from "chai";
import { parseEther } from "ethers";
import { network as hardhat } from "hardhat";
import type { Browser, Page } from "playwright-core";

import { Wallet } from "../../../src/agents/index.ts";
import { ETH } from "../../../src/ledger/index.ts";
import { answer, Api, EXPLORER_FOLDER, type ApiSource, type NetworkView } from "../../../src/node/api/index.ts";
import { RoundWatch } from "../../../src/node/roles/index.ts";
import { PROJECT_ROOT } from "../../../src/setup/paths.ts";
import { mockProver, putMock } from "../../../tools/bench/mockProofs.ts";
import { FIXED_START, fixTimestamps } from "../../../tools/bench/timestamps.ts";
import { deployB52 } from "../../../tools/deployment/b52.ts";
import { buildExplorer } from "../../../tools/explorer/build.ts";
import { B52Rig } from "../../helpers/b52Rig.ts";
import { bend, leavesOf } from "../../helpers/bend.ts";
import { startChromium } from "../../helpers/chromium.ts";
import { fakeNode, faultsOf, Pages, type PageOptions } from "../../helpers/explorerPages.ts";
import { createFastSigner } from "../../helpers/fastSigner.ts";

/** Milliseconds within which the page has to show what is new. */
const PATIENCE = 30_000;

/** A network with one peer, and one ban. */
const NETWORK: NetworkView = {
  ...{ peerId: "12D3KooWSelf", addresses: ["/ip4/10.0.0.1/tcp/9252/p2p/12D3KooWSelf"], revision: 1 },
  peers: [
    {
      ...{ id: "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq", address: "/ip4/10.0.0.2/tcp/9252" },
      ...{ score: -10, isGossiping: true, direction: "inbound", since: 1_767_225_600_000 },
      traffic: { received: 1_234, refused: 1, sent: 777 },
    },
  ],
  traffic: new Map([["vote", { received: 1_234, accepted: 56, ignored: 7, refused: 1, dropped: 0, sent: 777 }]]),
  bans: () => ({
    total: 1,
    bans: [{ name: "peer:12D3Evil", until: 1_767_400_000_000, reason: "proof: INVALID_PROOF" }],
  }),
};

describe("The explorer of a B52 rollup in Chromium", function () {
  this.timeout(600_000);
  let browser: Browser | undefined;
  let pages: Pages;
  let page: Page;
  let rig: B52Rig;
  let source: ApiSource;
  let api: Api;
  /** Of the round that is shown, and of its only proposer. */
  let round: number;
  let proposer: string;

  const newPage = (options?: PageOptions): Promise<Page> => pages.open(options);
  async function show(view: string, on = page): Promise<void> {
    await on.goto(`${api.url}/explorer/#/${view}`);
    await on.locator("h1").waitFor();
  }
  const until = (text: string | RegExp, on = page): Promise<void> =>
    on.locator("main").getByText(text).first().waitFor();
  /** A node of the proof tree that the page shows. */
  const nodeOf = (number: number, on = page) =>
    on.locator(".node").filter({ has: on.getByText(`Node ${number}`, { exact: false }) });
  const ask = async (method: string, params: readonly unknown[]): Promise<unknown> => {
    const text = await answer(source, JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }));
    return (JSON.parse(text!) as { result: unknown }).result;
  };

  /** A command, not a test: the README shows the pictures of UPDATE_SCREENSHOTS=1. */
  async function writeScreenshots(): Promise<void> {
    if (process.env["UPDATE_SCREENSHOTS"] !== "1") return;
    for (const colorScheme of ["light", "dark"] as const) {
      const own = await newPage({ colorScheme, reducedMotion: "reduce", viewport: { width: 1_000, height: 800 } });
      await show(`round/${round}`, own);
      await own.getByText("Waiting for the node…").first().waitFor({ state: "detached" });
      const path = join(PROJECT_ROOT, "docs", "images", `explorer-round-${colorScheme}.png`);
      await own.screenshot({ path, fullPage: true });
      await own.context().close();
    }
  }

  before(async function () {
    browser = await startChromium();
    if (browser === undefined) return this.skip();
    pages = new Pages(browser, PATIENCE);
    await buildExplorer(EXPLORER_FOLDER);
    const connection = await hardhat.create(FIXED_START);
    fixTimestamps(connection);
    const system = await deployB52(connection);
    await putMock(connection, await system.verifier.getAddress(), "MockVerifier");
    rig = await B52Rig.create(connection, system, await mockProver());
    const { setting, mempool } = await rig.add({ name: "follower", account: 9, roles: [] });
    const heard = new RoundWatch(rig.node, setting.book, setting.store);
    source = { node: rig.node, mempool, heard, network: NETWORK, sequencer: undefined, outbox: undefined, age: 0 };
    api = await Api.listen(source, { explorer: EXPLORER_FOLDER, newsInterval: 50 });
    const { wallet } = await rig.add({ name: "A", account: 1, roles: ["proposer", "closing", "court"] });
    proposer = wallet.address.toLowerCase();
    const roles = ["voter", "prover", "closing", "court"] as const;
    await rig.add({ name: "P1", account: 3, roles, ticket: 1 });
    await rig.add({ name: "silent", account: 5, roles: ["voter"], ticket: 3 });
    await new Wallet(rig.node, (await connection.ethers.getSigners())[15]!, createFastSigner("user")).deposit(
      ETH,
      parseEther("1"),
    );
    page = await newPage();
  });

  after(async () => {
    await browser?.close();
    if (browser !== undefined) await api.close();
  });

  it("shows a round live: an offer and its votes, the commitment, the clocks, and the tree as it is promised", async () => {
    await show("rounds");
    await until("Proposers offer and commit");
    await rig.until("an offer with votes", () => {
      const offers = source.heard!.offersOf(BigInt(rig.node.rounds));
      return offers.some(({ voters }) => voters === 2);
    });
    await rig.until("a commitment", () => rig.node.proposalsOf(BigInt(rig.node.rounds)).length > 0);
    round = rig.node.rounds;
    const row = page.getByRole("row").filter({ has: page.locator(`a[href="#/round/${round}/${proposer}"]`) });
    await row.getByText("committed").waitFor();
    expect(await row.innerText()).to.match(/10\s+40%\s+2\s+2 tickets, 3 of 3 nodes\s+2 promised/u);
    expect(await row.innerText()).to.match(/if all deliver\s+(hidden|votes known)/u);
    const clock = page.getByRole("group", { name: `Proposals end: round ${round}` });
    expect(await clock.innerText()).to.match(/in \d+ (min|s)/u);
    await rig.until("the votes are shown", async () => {
      const tree = (await ask("rollup_proofTree", [round, proposer])) as { isTranscriptKnown: boolean };
      return tree.isTranscriptKnown;
    });
    await until("The votes are shown. The block is hidden until its proof window begins.");
    for (const number of [1, 2, 3]) expect(await nodeOf(number).innerText()).to.match(/promised by ticket [13]/u);
    expect(await page.locator(".tree > li > ul > li").count()).to.equal(2);
  });

  it("shows who delivers, who does not, and the score; then the slash and the stake that is left", async () => {
    await show(`round/${round}`);
    const known = async (): Promise<{ state: string; ticket: number; node: number }[]> =>
      ((await ask("rollup_proofTree", [round, proposer])) as { nodes: [] }).nodes;
    await rig.until("a proof is known", async () => (await known()).some(({ state }) => state === "delivered"));
    await until("The blocks are shown, and their provers prove them.");
    const delivered = (await known()).find(({ state }) => state === "delivered")!;
    await nodeOf(delivered.node).getByText("delivered").waitFor();
    await nodeOf(delivered.node).getByText("proof of ticket 1").waitFor();
    const missing = (await known()).find(({ ticket }) => ticket === 3)!;
    await nodeOf(missing.node)
      .locator(".tag", { hasText: /^… promised$/u })
      .waitFor();

    await writeScreenshots();

    await rig.until("height 1", () => rig.node.batches.length === 1);
    await until("A block has won.");
    const { score, record } = rig.node.batch(1);
    const row = page.getByRole("row").filter({ has: page.locator(`a[href="#/round/${round}/${proposer}"]`) });
    await row.getByText("1 of 2 delivered").waitFor();
    expect(await row.innerText())
      .to.include(String(score / 10n ** 36n))
      .and.to.include("won");
    expect(record.provers).to.equal(1n);
    await nodeOf(missing.node).getByText("defaulted").waitFor();
    await nodeOf(missing.node).getByText("proof of somebody without a ticket").waitFor();
    await nodeOf(delivered.node).getByText("credited").waitFor();
    const defences = page.getByRole("group", { name: `Defences end, slashes begin: round ${round}` });
    expect(await defences.innerText()).to.match(/in \d+ min/u);
    await rig.until("the slash", async () => (await known()).some(({ state }) => state === "slashed"), { step: 600 });
    await nodeOf(missing.node).getByText("slashed").waitFor();
    await page.getByRole("link", { name: "Provers" }).click();
    const ticket = page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: "Ticket 3" }) });
    await ticket.getByText("950", { exact: true }).waitFor();
    await ticket.getByText("50 in 1 slash").waitFor();
    await until("1,000 native tokens");
  });

  it("shows blocks and no race: views of Proof of Efficiency are not there", async () => {
    await show("");
    await page.getByRole("link", { name: "Block 1, final" }).waitFor();
    const names = await page.getByRole("navigation", { name: "Views" }).getByRole("link").allInnerTexts();
    expect(names).to.deep.equal([
      ...["Overview", "Blocks", "Transaction", "Account", "Forced queue", "Rounds", "Provers", "Peers"],
    ]);
    expect(await page.locator("main").innerText()).not.to.match(/virtual chain|batch|wait for a proof/iu);
    await page.getByRole("link", { name: "Block 1, final" }).click();
    await until("Bid, burned");
    const text = await page.locator("main").innerText();
    expect(text)
      .to.match(/Committed\s+done/u)
      .and.to.match(/Final\s+done/u)
      .and.to.include(`Round ${round}`);
    await until("Deposit into a new account");
    expect(await page.title()).to.equal("Block 1 – Rollup explorer");
    for (const view of ["race", "fees"]) {
      await show(view);
      await until("This rollup is of B52, and the view is of Proof of Efficiency.");
    }
    await show(`round/${round}/0x${"12".repeat(20)}`);
    await until(`This proposer has no commitment in round ${round}.`);
    await show("round/99");
    await until("L1 has no round 99.");
  });

  it("shows its peers, what they sent, and whom it does not talk to", async () => {
    await show("peers");
    await until("1,234");
    const row = page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: /7R3pq$/u }) });
    expect(await row.innerText()).to.match(/10\.0\.0\.2.*the peer\s+-10\s+yes\s+1,234\s+1\s+777/su);
    await page.getByRole("row").filter({ hasText: "INVALID_PROOF" }).getByText("peer:12D3Evil").waitFor();
    source = Object.assign(source, { network: undefined });
    await show("");
    await show("peers");
    await until("This node is in no network");
    source = Object.assign(source, { network: NETWORK });
  });

  it("can be read by keyboard and screen reader, in both schemes and in a narrow window", async () => {
    const views = ["", "rounds", `round/${round}`, "batch/1", "batches", "provers", "peers", "queue", "race"];
    for (const colorScheme of ["light", "dark"] as const) {
      const own = await newPage({ colorScheme });
      for (const view of views) {
        await show(view, own);
        await own.getByText("Waiting for the node…").first().waitFor({ state: "detached" });
        expect(await faultsOf(own, { contrastAlone: colorScheme === "dark" }), view).to.deep.equal([]);
      }
      await own.context().close();
    }
    const narrow = await newPage({ viewport: { width: 320, height: 600 } });
    for (const view of views) {
      await show(view, narrow);
      await narrow.getByText("Waiting for the node…").first().waitFor({ state: "detached" });
      expect(await narrow.evaluate("document.documentElement.scrollWidth"), view).to.be.at.most(320);
    }
    await narrow.context().close();
    // The tree is a list in a list, and each state is a word.
    await show(`round/${round}`);
    await nodeOf(3).waitFor();
    const region = page.getByRole("region", { name: `Proof tree of ${proposer}` });
    expect(await region.getByRole("listitem").count()).to.equal(3);
    for (const number of [1, 2, 3]) expect(await nodeOf(number).innerText()).to.match(/credited|slashed/u);
    await region.focus();
    expect(await page.evaluate("document.activeElement.getAttribute('aria-label')")).to.include(proposer);
  });

  it("is not moved by hostile or wrong values in any field of a round, a tree, a ticket or a peer", async () => {
    const EVIL = `"><img src=x onerror="alert(1)">\u202e`;
    const WRONG = [EVIL, -1, null, 1e300, [], {}, "9".repeat(10_000), undefined, true, "0x"];
    const real: Record<string, unknown> = {};
    for (const [method, ...params] of [
      ...[["rollup_status"], ["rollup_rules"], ["rollup_l1Head"], ["rollup_batches", 9, 1], ["rollup_leaf", 1, 0]],
      ...[["rollup_forcedClock"], ["rollup_rounds", round + 1, 1], ["rollup_round", round], ["rollup_tickets", 2]],
      ...[["rollup_proofTree", round, proposer], ["rollup_peers"]],
    ] as [string, ...unknown[]][]) {
      real[method] = await ask(method, params);
    }
    const node = fakeNode((method) => real[method] ?? null);
    const victim = await newPage();
    await victim.routeWebSocket(/\/ws$/u, node.serve);
    const alerts = victim.getByRole("alert");
    let tried = 0;
    for (const view of [`round/${round}`, "rounds", "provers", "peers", "batch/1", ""]) {
      await victim.goto("about:blank");
      await show(view, victim);
      await victim.getByText("Waiting for the node…").first().waitFor({ state: "detached" });
      for (const topic of new Set(node.topics())) {
        for (const path of leavesOf(real[topic])) {
          node.tell(topic, bend(real[topic], path, WRONG[tried++ % WRONG.length]));
        }
        node.tell(topic, EVIL);
        node.fail(topic, EVIL);
        await alerts.first().waitFor();
        expect(await victim.locator("img, iframe, body script, [onerror]").count(), `${view}, ${topic}`).to.equal(0);
        node.tell(topic, real[topic]);
        await alerts
          .first()
          .waitFor({ state: "detached" })
          .catch(async () => expect.fail(`${view}, ${topic}: ${(await alerts.allInnerTexts()).join()}`));
      }
    }
    expect(tried).to.be.greaterThan(150);
    await victim.context().close();
  });

  it("asks no other machine, breaks no rule of its own policy, and stays within the node's rate", () => {
    expect([...new Set(pages.requests.map((address) => new URL(address).host))]).to.deep.equal([new URL(api.url).host]);
    expect([pages.complaints, pages.refused]).to.deep.equal([[], 0]);
  });
});
