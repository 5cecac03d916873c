// SPDX-License-Identifier: MIT
import { join } from "node:path";

import { expect } from "chai";
import { hexlify, parseEther } from "ethers";
import type { Browser, Page } from "playwright-core";

import { ETH } from "../../../src/ledger/index.ts";
import { EXPLORER_FOLDER } from "../../../src/node/api/index.ts";
import { PROJECT_ROOT } from "../../../src/setup/paths.ts";
import { buildExplorer } from "../../../tools/explorer/build.ts";
import { bend, leavesOf } from "../../helpers/bend.ts";
import { findChromium, startChromium } from "../../helpers/chromium.ts";
import { fakeNode, faultsOf, Pages, type PageOptions } from "../../helpers/explorerPages.ts";
import { createWorld, RULES, type World } from "./world.ts";

/** Milliseconds within which the page has to show what is new. */
const PATIENCE = 30_000;

// It runs without a browser, too: a job in which no test was run counts as failed.
describe("The Chromium of these tests", () => {
  it("is the one that CHROMIUM names, or the first on the path", () => {
    expect(findChromium({ CHROMIUM: process.execPath, PATH: "" })).to.equal(process.execPath);
    expect(findChromium({ CHROMIUM: "/nowhere/chromium", PATH: process.env["PATH"] })).to.equal(undefined);
    expect(findChromium({ PATH: "/nowhere" })).to.equal(undefined);
  });
});

describe("The explorer in Chromium", function () {
  this.timeout(180_000);
  let browser: Browser | undefined;
  let world: World;
  let url: string;
  let page: Page;
  let pages: Pages;

  const VIEWS = ["", "batches", "batch/1", "transaction/1/0/0", "account/1", "queue", "race", "fees"] as const;

  const newPage = (options?: PageOptions): Promise<Page> => pages.open(options);

  /** Opens a view, and waits for its heading. */
  async function show(view: string, on = page): Promise<void> {
    await on.goto(`${url}/explorer/#/${view}`);
    await on.locator("h1").waitFor();
  }

  const textOf = (on = page): Promise<string> => on.locator("main").innerText();

  async function untilShown(text: string | RegExp, on = page): Promise<void> {
    await on.locator("main").getByText(text).first().waitFor();
  }

  /** The page talks to this function in the place of the node. */
  async function pageWith(answer: (method: string, params: readonly unknown[]) => unknown): Promise<Page> {
    const mocked = await newPage();
    await mocked.routeWebSocket(/\/ws$/u, fakeNode(answer).serve);
    return mocked;
  }

  before(async function () {
    browser = await startChromium();
    if (browser === undefined) return this.skip();
    pages = new Pages(browser, PATIENCE);
    await buildExplorer(EXPLORER_FOLDER);
    world = await createWorld();
    await world.wallet.deposit(ETH, parseEther("2"));
    await world.post(0, 0);
    await world.post(1, 3);
    await world.prove(0);
    await world.post(0, 2);
    await world.pass(RULES.targetTime + 300);
    await world.prove(1);
    url = await world.start();
    page = await newPage();
  });

  after(async () => {
    await browser?.close();
    if (browser !== undefined) await world.close();
  });

  it("shows both chains moving, without a new look at the page", async () => {
    await show("");
    await page.getByRole("list", { name: "Final chain" }).getByRole("link", { name: "Batch 3, final" }).waitFor();
    await world.post(1, 1);
    const virtual = page.getByRole("list", { name: "Virtual chain" });
    await virtual.getByRole("link", { name: "Batch 4, virtual" }).waitFor();
    await untilShown("batch 4 is not proven");
    await untilShown(/Anybody may prove it\. Expected in \d+ min/u);
    await world.prove(0);
    await virtual.getByRole("link", { name: "Batch 4, final" }).waitFor();
    await untilShown(/Settled by L1, \d+ blocks deep/u);
  });

  it("tells a screen reader of the movement politely, in one sentence", async () => {
    await show("");
    await untilShown("Virtual");
    await world.post(0, 1);
    const live = page.locator('[aria-live="polite"]');
    const { batches, verifiedBatches } = world.observer;
    await live.getByText(`${batches.length} batches posted, ${verifiedBatches} final.`).waitFor();
    expect(await page.locator("main [aria-live], main [role=status]").count()).to.equal(0);
  });

  it("shows a batch by its number in the address, with its slots; and says that there is none", async () => {
    await show("batch/2");
    await untilShown("Slots of leaf 0");
    const text = await textOf();
    expect(text)
      .to.match(/Posted\s+done/u)
      .and.to.match(/Proven\s+done/u)
      .and.to.match(/Final\s+done/u);
    expect(text).to.include("3 transactions, 0 forced, 0 void").and.to.include("0.001 ETH");
    await page.getByRole("link", { name: "Slot 1" }).click();
    await untilShown("Transaction 2/0/1");
    await show("batch/99");
    await untilShown("This node knows no batch 99.");
    await show("batch/2/9");
    await untilShown("Batch 2 has no leaf 9.");
  });

  it("shows the way of a transaction by its 93 bytes, and by its place", async () => {
    const { wallet, observer } = world;
    const { nonce } = observer.virtualState.account(1)!;
    const next = wallet.transfer(ETH, { from: 1, to: 1, amount: 3n, nonce });
    await show("transaction");
    const field = page.getByRole("textbox", { name: "Find a transaction" });
    await field.fill("0x12");
    await field.press("Enter");
    await page.getByText("Not understood.").waitFor();
    await field.fill(hexlify(next).slice(2));
    await field.press("Enter");
    await untilShown("A batch could execute it");
    await world.sequencers[1].post({ transactions: [next] });
    await untilShown("Its batch is posted");
    await untilShown(/Batch 6, leaf 0, slot 0/u);
    await world.prove(1);
    await untilShown("L1 has settled its batch.");
    await show("transaction/1/0/0");
    await untilShown("Deposit into a new account, forced by L1");
    await show("transaction/1/0/3");
    await untilShown("There is no transaction at the place 1/0/3.");
  });

  it("shows an account, and says that there is none; by owner only if the node can", async () => {
    await show("account/1");
    await untilShown("Owner on L1");
    expect(await textOf()).to.include(world.wallet.owner.toLowerCase());
    const field = page.getByRole("textbox", { name: "Find an account by number" });
    await field.fill("777");
    await field.press("Enter");
    await untilShown("There is no account 777.");
    // The node in this test has such an index, too.
    await show("account");
    const owner = page.getByRole("textbox", { name: "Find accounts by key or owner" });
    await owner.fill(`0x${world.wallet.owner.slice(2).toUpperCase()}`);
    await owner.press("Enter");
    await page.getByRole("link", { name: "Account 1", exact: true }).waitFor();
    const { x, y } = world.wallet.l2.publicKey;
    await owner.fill(`0x${[x, y].map((value) => value.toString(16).padStart(64, "0")).join("")}`);
    await owner.press("Enter");
    await untilShown("Accounts of 0x");
    await page.getByRole("link", { name: "Account 1", exact: true }).waitFor();
    await show(`account/0x${"12".repeat(20)}`);
    await untilShown("There is none.");
    const older = await pageWith((method) => (method === "rpc.discover" ? { methods: [] } : null));
    await show("account", older);
    await older.getByText("Find an account by number").waitFor();
    expect(await older.getByRole("textbox", { name: "Find accounts by key or owner" }).count()).to.equal(0);
    await older.context().close();
  });

  it("shows the forced queue with its clock, and what happens when it ends", async () => {
    await show("queue");
    await untilShown("nobody can freeze the rollup");
    await world.wallet.deposit(ETH, 5n);
    const take = page.getByRole("group", { name: "Next batch must take it: operation 2" });
    const freeze = page.getByRole("group", { name: "Freeze possible: operation 2" });
    expect(await take.innerText()).to.match(/in (59 min|1 h)/u);
    expect(await freeze.innerText()).to.match(/in (23 h|1 day)/u);
    await untilShown("anybody may freeze the rollup");
    await world.pass(RULES.forcedDeadline);
    await take.getByText(/since \d+ /u).waitFor();
    await world.post(0, 0);
    await page.getByRole("cell", { name: "Batch 7" }).waitFor();
    await world.prove(0);
    await untilShown("No forced operation waits.");
  });

  it("shows the race: who proved, how long it took, who was late, and what nobody can know", async () => {
    await show("race");
    const row = (name: string) => page.getByRole("row").filter({ has: page.getByRole("link", { name, exact: true }) });
    await row("Batch 3")
      .getByText(/late by 5 min/u)
      .waitFor();
    await row("Batch 2").getByText("in time").waitFor();
    await row("Batch 2").getByText("batches 1 to 2").waitFor();
    await page.getByText("leaves no log on L1").waitFor();
    await world.post(1, 1);
    await row("Batch 8")
      .getByText(/expected in/u)
      .waitFor();
    await world.pass(RULES.targetTime + 60);
    await row("Batch 8")
      .getByText(/late for 1 min/u)
      .waitFor();
  });

  it("shows fees now and over the last batches", async () => {
    await show("fees");
    await page.getByRole("img", { name: /Fee for a leaf in batches 1 to 8/u }).waitFor();
    expect(await page.locator("rect.column").count()).to.equal(8);
    expect(await textOf())
      .to.include("0.0001 ETH")
      .and.to.include("Doubles while a proof is late");
  });

  it("can be used by keyboard alone", async () => {
    await page.goto("about:blank");
    await show("");
    await untilShown("Virtual root");
    const race = page.getByRole("link", { name: "Race" });
    await race.waitFor();
    const focused = (): Promise<string> =>
      page.evaluate("document.activeElement.innerText || document.activeElement.id");
    await page.keyboard.press("Tab");
    expect(await focused()).to.equal("Skip to content");
    expect(await page.evaluate("document.activeElement.getBoundingClientRect().left >= 0")).to.equal(true);
    await page.keyboard.press("Enter");
    expect(await page.evaluate("document.activeElement.id")).to.equal("main");
    await page.reload();
    await untilShown("Virtual root");
    await race.waitFor();
    const names: string[] = [];
    for (let i = 0; i < 11; i++) {
      await page.keyboard.press("Tab");
      names.push(await focused());
      const outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle");
      expect(outline, `a visible focus of ${names.at(-1)}`).not.to.equal("none");
    }
    expect(names).to.deep.equal([
      ...[
        "Skip to content",
        "Rollup explorer",
        "Overview",
        "Batches",
        "Transaction",
        "Account",
        "Forced queue",
        "Race",
      ],
      ...["Fees", "go-to", "Show"],
    ]);
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.type("2/0/1");
    await page.keyboard.press("Enter");
    await untilShown("Transaction 2/0/1");
    // The heading has the focus now, so that reading goes on there.
    expect(await focused()).to.equal("Transaction 2/0/1");
    expect(await page.title()).to.equal("Transaction – Rollup explorer");
    await page.keyboard.press("Tab");
    expect(await focused()).to.equal("find-a-transaction");
  });

  for (const colorScheme of ["light", "dark"] as const) {
    it(`has no fault that axe finds, contrast included, in any view (${colorScheme})`, async () => {
      const own = await newPage({ colorScheme });
      const background = await (async () => {
        await show("", own);
        return own.evaluate("getComputedStyle(document.body).backgroundColor");
      })();
      expect(background).to.equal(colorScheme === "light" ? "rgb(255, 255, 255)" : "rgb(17, 22, 29)");
      for (const view of [...VIEWS, "nowhere", "account/777", "transaction/0x12"]) {
        await show(view, own);
        await own.getByText("Waiting for the node…").first().waitFor({ state: "detached" });
        // Colours alone differ in the dark.
        expect(await faultsOf(own, { contrastAlone: colorScheme === "dark" }), view).to.deep.equal([]);
      }
      await own.context().close();
    });
  }

  it("does not move for a reader who asked for that, and fits a narrow window", async () => {
    const still = await newPage({ reducedMotion: "reduce", viewport: { width: 320, height: 600 } });
    for (const view of VIEWS) {
      await show(view, still);
      await still.getByText("Waiting for the node…").first().waitFor({ state: "detached" });
      const width = await still.evaluate("document.documentElement.scrollWidth");
      expect(width, view).to.be.at.most(320);
    }
    await show("", still);
    await still.locator(".block").first().waitFor();
    expect(await still.evaluate("getComputedStyle(document.querySelector('.block')).animationName")).to.equal("none");
    await still.context().close();
  });

  it("says that the connection is lost, and goes on when the node has started again", async () => {
    await show("");
    await untilShown("Virtual root");
    const { port } = new URL(url);
    await world.stop();
    const bar = page.getByText("The connection to the node is lost.");
    await bar.waitFor();
    await world.post(0, 1);
    expect(await world.start(Number(port))).to.equal(url);
    await bar.waitFor({ state: "detached" });
    await page.getByRole("list", { name: "Virtual chain" }).getByRole("link", { name: "Batch 9, virtual" }).waitFor();
  });

  describe("is not moved by a node", () => {
    const EVIL = `"><img src=x onerror="alert(1)"><script>alert(2)</script>\u202e`;
    const WRONG = [EVIL, -1, null, 1e300, [], {}, "9".repeat(10_000), undefined, true, "0x"];

    /** Answers of the real node, with one element in each list. */
    async function answersOfNode(): Promise<Record<string, unknown>> {
      const bytes = hexlify(world.observer.batch(2).data.subarray(0, 93));
      const answers: Record<string, unknown> = {};
      for (const [method, ...params] of [
        ...[["rollup_status"], ["rollup_rules"], ["rollup_l1Head"], ["rollup_batches", 4, 1], ["rollup_leaf", 2, 0]],
        ...[["rollup_forcedClock"], ["rollup_feeHistory", 2], ["rollup_account", 1], ["rollup_transaction", bytes]],
      ] as [string, ...unknown[]][]) {
        const response = await fetch(url, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
        });
        answers[method] = ((await response.json()) as { result: unknown }).result;
      }
      return answers;
    }

    const isClean = async (on: Page): Promise<boolean> =>
      (await on.locator("img, iframe, body script, [onerror]").count()) === 0 && (await on.locator("h1").count()) === 1;

    it("whose answers have hostile or wrong values in any field", async () => {
      await world.wallet.deposit(ETH, 6n);
      await world.settle();
      const real = await answersOfNode();
      const bytes = hexlify(world.observer.batch(2).data.subarray(0, 93));
      const node = fakeNode((method) => real[method] ?? null);
      const victim = await newPage();
      await victim.routeWebSocket(/\/ws$/u, node.serve);
      let dialogs = 0;
      victim.on("dialog", (dialog) => {
        dialogs += 1;
        void dialog.dismiss();
      });
      const alerts = victim.getByRole("alert");
      let tried = 0;
      for (const view of ["", "batches", "batch/3", `transaction/${bytes}`, "account/1", "queue", "race", "fees"]) {
        await victim.goto("about:blank");
        await show(view, victim);
        await victim.getByText("Waiting for the node…").first().waitFor({ state: "detached" });
        for (const topic of new Set(node.topics())) {
          for (const path of leavesOf(real[topic])) {
            node.tell(topic, bend(real[topic], path, WRONG[tried++ % WRONG.length]));
          }
          node.tell(topic, EVIL);
          node.fail(topic, EVIL);
          await alerts
            .first()
            .waitFor()
            .catch(() => expect.fail(`no error is shown in ${view} for ${topic}`));
          expect(await isClean(victim), `${view}, ${topic}`).to.equal(true);
          node.tell(topic, real[topic]);
          await alerts.first().waitFor({ state: "detached" });
        }
      }
      expect(tried).to.be.greaterThan(150);
      expect(dialogs).to.equal(0);
      await victim.context().close();
    });

    it("that counts: it subscribes to no more than its view needs, however many views were shown", async () => {
      const real = await answersOfNode();
      const node = fakeNode((method) => real[method] ?? null);
      const walker = await newPage();
      await walker.routeWebSocket(/\/ws$/u, node.serve);
      for (const view of [...VIEWS, ...VIEWS]) await show(view, walker);
      await walker.getByRole("heading", { name: "Fees" }).waitFor();
      const deadline = Date.now() + PATIENCE;
      const wanted = ["rollup_feeHistory", "rollup_l1Head", "rollup_status"];
      while (node.topics().length > wanted.length && Date.now() < deadline) await walker.waitForTimeout(20);
      expect(node.topics()).to.deep.equal(wanted);
      await node.cut();
      await walker.getByText("The connection to the node is lost.").waitFor();
      await walker.getByText("The connection to the node is lost.").waitFor({ state: "detached" });
      while (node.topics().length < wanted.length && Date.now() < deadline) await walker.waitForTimeout(20);
      await walker.waitForTimeout(200);
      expect(node.topics(), "after another connection").to.deep.equal(wanted);
      await walker.context().close();
    });

    it("that says hostile words where words are expected: they are shown as words", async () => {
      const slot = {
        ...{ slot: 0, bytes: "0x00", isForced: false, kind: EVIL, status: EVIL, reason: EVIL, from: 1, to: 1 },
        ...{ token: 0, amount: "1" },
      };
      const victim = await pageWith((method) =>
        method === "rollup_leaf"
          ? { batch: 1, leaf: 0, isFinal: true, slots: [slot] }
          : method === "rollup_transaction"
            ? { status: EVIL, reason: EVIL }
            : null,
      );
      for (const view of ["transaction/1/0/0", `transaction/0x${"00".repeat(93)}`]) {
        await show(view, victim);
        await victim.getByText(EVIL).first().waitFor();
        expect(await isClean(victim)).to.equal(true);
      }
      await victim.context().close();
    });

    it("that sends rubbish: the page says so, and goes on", async () => {
      const real = await answersOfNode();
      const node = fakeNode((method) => real[method] ?? null);
      const victim = await newPage();
      await victim.routeWebSocket(/\/ws$/u, node.serve);
      await show("", victim);
      await untilShown("Virtual root", victim);
      const rubbish = ["", "{", "[]", "null", "7", '{"id":{}}', '{"error":7}', `"${EVIL}"`, "x".repeat(1_000_000)];
      for (const text of rubbish) node.send(text);
      await victim.getByText("A message of the node could not be read").waitFor();
      node.tell("rollup_status", { ...(real["rollup_status"] as object), accounts: 4_321 });
      await untilShown("4,321", victim);
      await victim.getByText("could not be read").waitFor({ state: "detached" });
      await victim.context().close();
    });

    it("that has ten thousand batches, or sends all of them at once", async () => {
      const real = await answersOfNode();
      const [batch] = real["rollup_batches"] as [object];
      let isHonest = true;
      const victim = await pageWith((method, [before, count]) => {
        if (method !== "rollup_batches") return real[method] ?? null;
        const end = Math.min(10_000, (before as number) - 1);
        const length = isHonest ? Math.min(end, count as number) : 10_000;
        return Array.from({ length }, (_, i) => ({ ...batch, number: end - i }));
      });
      await show("batches", victim);
      await victim.getByRole("link", { name: "Batch 10000", exact: true }).waitFor();
      expect(await victim.locator("tbody tr").count()).to.equal(20);
      await victim.getByRole("link", { name: "Older" }).click();
      await victim.getByRole("link", { name: "Batch 9980", exact: true }).waitFor();
      await victim.getByRole("link", { name: "Newer" }).click();
      await victim.getByRole("link", { name: "Batch 10000", exact: true }).waitFor();
      await show("batch/5000", victim);
      await untilShown("Batch 5000", victim);
      isHonest = false;
      await show("race", victim);
      await untilShown("is not a list of at most 50", victim);
      await victim.context().close();
    });
  });

  // A command, not a test: the README shows what it writes.
  if (process.env["UPDATE_SCREENSHOTS"] === "1") {
    it("writes the screenshots of the README", async () => {
      await world.wallet.deposit(ETH, parseEther("0.5"));
      await world.settle();
      for (const colorScheme of ["light", "dark"] as const) {
        const own = await newPage({ colorScheme, reducedMotion: "reduce", viewport: { width: 1_000, height: 800 } });
        for (const [name, view] of [
          ["overview", ""],
          ["race", "race"],
        ] as const) {
          await show(view, own);
          await own.getByText("Waiting for the node…").first().waitFor({ state: "detached" });
          await own.screenshot({ path: join(PROJECT_ROOT, "docs", "images", `explorer-${name}-${colorScheme}.png`) });
        }
        await own.context().close();
      }
    });
  }

  // Mocha runs the tests of a suite before those of the suites in it.
  describe("in all of these tests", () => {
    it("asks no other machine, breaks no rule of its own policy, and stays within the node's rate", () => {
      const own = new URL(url).host;
      expect([...new Set(pages.requests.map((address) => new URL(address).host))]).to.deep.equal([own]);
      expect(pages.complaints).to.deep.equal([]);
      expect(pages.refused).to.equal(0);
    });
  });
});
