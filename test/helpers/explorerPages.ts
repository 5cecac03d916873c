// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import type { Browser, Page, WebSocketRoute } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Of axe. */
interface Findings {
  readonly violations: readonly {
    readonly id: string;
    readonly help: string;
    readonly nodes: readonly { readonly target: readonly string[] }[];
  }[];
  readonly passes: readonly { readonly id: string }[];
}

export type PageOptions = Parameters<Browser["newContext"]>[0];

/** Pages of a test, all of whose requests and complaints are known. */
export class Pages {
  /** Addresses that the pages asked for. */
  readonly requests: string[] = [];
  readonly complaints: string[] = [];
  /** Messages of the node that refuse a request for its rate. */
  refused = 0;
  readonly #browser: Browser;
  readonly #patience: number;

  /** @param patience milliseconds within which a page has to show what is new */
  constructor(browser: Browser, patience: number) {
    this.#browser = browser;
    this.#patience = patience;
  }

  async open(options: PageOptions = {}): Promise<Page> {
    const opened = await this.#browser.newContext({ viewport: { width: 1_100, height: 800 }, ...options });
    opened.setDefaultTimeout(this.#patience);
    const page = await opened.newPage();
    page.on("request", (request) => this.requests.push(request.url()));
    page.on("websocket", (socket) => {
      this.requests.push(socket.url());
      socket.on("framereceived", ({ payload }) => (this.refused += Number(payload.toString().includes("-32005"))));
    });
    page.on("pageerror", (error) => this.complaints.push(error.message));
    page.on("console", (message) => {
      // A lost connection is reported by the browser itself.
      if (message.type() === "error" && !message.text().includes("WebSocket")) this.complaints.push(message.text());
    });
    return page;
  }
}

/** Faults that axe finds in a page; that it did not look at contrasts is one. */
export async function faultsOf(page: Page, { contrastAlone = false } = {}): Promise<string[]> {
  if ((await page.evaluate("typeof axe")) === "undefined") await page.evaluate(AXE);
  const run = contrastAlone ? 'axe.run({ runOnly: ["color-contrast"] })' : "axe.run()";
  const { violations, passes } = await page.evaluate<Findings>(run);
  const hasContrast = passes.some(({ id }) => id === "color-contrast");
  return [
    ...violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ target }) => target).join()}`),
    ...(hasContrast ? [] : ["no contrast was measured"]),
  ];
}

/** The other end of a page's connection. */
export interface FakeNode {
  /** Sends a text as it is. */
  send(text: string): void;
  /** One for each subscription, sorted. */
  topics(): string[];
  /** Cuts the connection. */
  cut(): Promise<void>;
  /** Tells all subscriptions of a topic a result, or an error. */
  tell(topic: string, result: unknown): void;
  fail(topic: string, message: string): void;
  readonly serve: (opened: WebSocketRoute) => void;
}

/** Answers requests and subscriptions as a node would, and says what it is told to say. */
export function fakeNode(answer: (method: string, params: readonly unknown[]) => unknown): FakeNode {
  let next = 1;
  let socket: WebSocketRoute | undefined;
  const topics = new Map<number, string>();
  const send = (text: string): void => socket?.send(text);
  const news = (topic: string, told: object): void => {
    for (const [subscription, own] of topics) {
      if (own !== topic) continue;
      send(JSON.stringify({ jsonrpc: "2.0", method: "rollup_subscription", params: { subscription, ...told } }));
    }
  };
  const subscribe = ([topic, values]: readonly [string, unknown[]], reply: (result: unknown) => void): void => {
    const subscription = next++;
    topics.set(subscription, topic);
    reply(subscription);
    const params = { subscription, result: answer(topic, values) };
    send(JSON.stringify({ jsonrpc: "2.0", method: "rollup_subscription", params }));
  };
  return {
    send,
    topics: (): string[] => [...topics.values()].sort(),
    cut: (): Promise<void> => socket!.close(),
    tell: (topic: string, result: unknown): void => news(topic, { result }),
    fail: (topic: string, message: string): void => news(topic, { error: { code: -32_000, message } }),
    serve: (opened: WebSocketRoute): void => {
      socket = opened;
      topics.clear();
      opened.onMessage((message) => {
        const { id, method, params } = JSON.parse(String(message)) as { id: number; method: string; params: unknown[] };
        const reply = (result: unknown): void => send(JSON.stringify({ jsonrpc: "2.0", id, result }));
        if (method === "rollup_unsubscribe") reply(topics.delete(params[0] as number));
        else if (method === "rollup_subscribe") subscribe(params as [string, unknown[]], reply);
        else reply(answer(method, params));
      });
    },
  };
}
