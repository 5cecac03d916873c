import { setTimeout as sleep } from "node:timers/promises";

import { JsonRpcProvider, type JsonRpcError, type JsonRpcPayload, type JsonRpcResult, type Network } from "ethers";

import { ProtocolError } from "../errors.ts";
import { PATIENCE, troubleOf, unavailable, type Patience } from "./endpoint.ts";

/** How an endpoint is asked. */
export interface EndpointOptions {
  /** Milliseconds that an answer may take, until its last byte. Default 30,000. */
  readonly timeout?: number;
  /** How often a request without an answer is repeated. Default: six attempts within eight seconds. */
  readonly patience?: Patience;
}

const TIMEOUT = 30_000;

/** The longest that an endpoint may ask to wait, in milliseconds. */
const LONGEST_WAIT = 30_000;

/** No answer of JSON-RPC. */
class HttpFailure extends Error {
  readonly status: number;
  readonly body: string;
  /** Milliseconds that the endpoint asks to wait. */
  readonly retryAfter: number;

  constructor({ status, statusText, headers }: Response, body: string) {
    super(`HTTP ${status} ${statusText}`.trim());
    this.status = status;
    this.body = body.slice(0, 300);
    const seconds = Number(headers.get("retry-after") ?? 0);
    this.retryAfter = Number.isFinite(seconds) ? Math.min(LONGEST_WAIT, seconds * 1_000) : 0;
  }
}

/**
 * An L1 endpoint by HTTP, as ethers' `JsonRpcProvider`, but
 *
 * - an endpoint that is down, or accepts the connection and says nothing, is an error after a while: ethers waits for the
 *   first answer for ever;
 * - requests without an answer are repeated, except that a transaction which may have arrived is not sent twice;
 * - nothing is cached: with ethers' cache, two questions within a quarter of a second get the same nonce and head;
 * - each request goes alone: a batch is refused by some endpoints, and fails as a whole.
 */
export class EndpointProvider extends JsonRpcProvider {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeout: number;
  readonly #patience: Patience;
  #network: Network | undefined;
  /** Whether the last request had no answer after all attempts: the next ones then have one attempt. */
  #isDown = false;

  /**
   * @param url of the endpoint, http or https; user and password in it are sent as a header
   * @throws {ProtocolError} `INVALID_URL`
   */
  constructor(url: string, { timeout = TIMEOUT, patience = PATIENCE }: EndpointOptions = {}) {
    const { href, headers } = parseUrl(url);
    super(href, undefined, { cacheTimeout: -1, batchMaxCount: 1 });
    this.#url = href;
    this.#headers = headers;
    this.#timeout = timeout;
    this.#patience = patience;
  }

  /** @throws {ProtocolError} `ENDPOINT_UNAVAILABLE` */
  override async send(method: string, parameters: unknown[] | Record<string, unknown>): Promise<unknown> {
    // Without this, ethers tries again each second for ever, and no request fails.
    await this._detectNetwork();
    return super.send(method, parameters);
  }

  /** A chain does not change its id. */
  override async _detectNetwork(): Promise<Network> {
    this.#network ??= await super._detectNetwork();
    return this.#network;
  }

  /** @throws {ProtocolError} `ENDPOINT_UNAVAILABLE` */
  override async _send(payload: JsonRpcPayload | JsonRpcPayload[]): Promise<JsonRpcResult[]> {
    const method = Array.isArray(payload) ? "a batch" : payload.method;
    const { delay } = this.#patience;
    const attempts = this.#isDown ? 1 : this.#patience.attempts;
    for (let attempt = 1; ; attempt++) {
      const failure = await this.#post(payload).catch((error: unknown) => new Failure(error));
      if (!(failure instanceof Failure)) {
        const isLimited = saysLater(failure);
        // ethers' type has no errors, and ethers looks for them. `fetchLogs` waits and divides by itself.
        if (!isLimited || method === "eth_getLogs" || attempt >= attempts) {
          this.#isDown = false;
          return failure as JsonRpcResult[];
        }
      } else {
        const { error } = failure;
        // It may have arrived, unless the endpoint says that it had no time for it.
        const isDone = method === "eth_sendRawTransaction" && troubleOf(error) !== "LIMITED";
        if (method === "eth_getLogs") throw error;
        // A second silence is no accident.
        const most = troubleOf(error) === "SILENT" ? Math.min(attempts, 2) : attempts;
        if (isDone || attempt >= most || this.destroyed) {
          this.#isDown = true;
          throw unavailable(method, error);
        }
      }
      const asked = failure instanceof Failure && failure.error instanceof HttpFailure ? failure.error.retryAfter : 0;
      await sleep(Math.max(asked, delay * 2 ** (attempt - 1)));
    }
  }

  async #post(payload: unknown): Promise<(JsonRpcResult | JsonRpcError)[]> {
    const response = await fetch(this.#url, {
      method: "POST",
      headers: { "content-type": "application/json", ...this.#headers },
      body: JSON.stringify(payload),
      signal: AbortSignal.timeout(this.#timeout),
    });
    const body = await response.text();
    const answers = parseAnswers(body);
    // Some endpoints put an error of JSON-RPC into a page with an error of HTTP.
    if (answers === undefined || response.status === 429 || response.status >= 500) {
      throw new HttpFailure(response, body);
    }
    return answers;
  }
}

/** So that a failure is told from an answer. */
class Failure {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

/** Whether an endpoint answered that it would answer later. */
function saysLater(answers: readonly (JsonRpcResult | JsonRpcError)[]): boolean {
  return answers.some((answer) => "error" in answer && troubleOf({ error: answer.error }) === "LIMITED");
}

function parseAnswers(body: string): (JsonRpcResult | JsonRpcError)[] | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    const list: unknown[] = Array.isArray(parsed) ? parsed : [parsed];
    const areAnswers = list.every(
      (item) => typeof item === "object" && item !== null && "id" in item && ("result" in item || "error" in item),
    );
    return areAnswers ? (list as (JsonRpcResult | JsonRpcError)[]) : undefined;
  } catch {
    return undefined;
  }
}

/** `fetch` refuses an address with a password in it. */
function parseUrl(text: string): { readonly href: string; readonly headers: Readonly<Record<string, string>> } {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new ProtocolError("INVALID_URL", `${text} is not the address of an L1 endpoint: http://… or https://…`);
  }
  const { username, password } = url;
  if (username === "" && password === "") return { href: url.href, headers: {} };
  url.username = "";
  url.password = "";
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { href: url.href, headers: { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` } };
}
