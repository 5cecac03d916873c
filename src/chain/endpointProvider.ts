// SPDX-License-Identifier: MIT

import { JsonRpcProvider, type JsonRpcError, type JsonRpcPayload, type JsonRpcResult, type Network } from "ethers";

import { isProtocolError, ProtocolError } from "../errors.ts";
import { PATIENCE, troubleOf, unavailable, type Patience } from "./endpoint.ts";
import { sleep } from "../sleep.ts";

/** How an endpoint is asked. */
export interface EndpointOptions {
  /** Milliseconds that an answer may take, until its last byte. Default 30,000. */
  readonly timeout?: number;
  /** How often a request without an answer is repeated. Default: six attempts within eight seconds. */
  readonly patience?: Patience;
  /** Most bytes of an answer. Default 2^28 = 256 MiB. */
  readonly maxBytes?: number;
}

const TIMEOUT = 30_000;
const MAX_BYTES = 2 ** 28;

/** The longest that an endpoint may ask to wait, in milliseconds. */
const LONGEST_WAIT = 30_000;

/** An address that is asked. */
interface Endpoint {
  readonly href: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether the last request had no answer after all attempts: the next ones then have one attempt. */
  isDown: boolean;
  /** Whether it is of another chain; undefined if that is not known. */
  isForeign: boolean | undefined;
}

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
 * - each request goes alone: a batch is refused by some endpoints, and fails as a whole;
 * - an answer has a limit: a longer one is not taken into memory.
 *
 * It can be given several endpoints of one chain. One of them is asked, until it gives no answer after all attempts;
 * then the next one. One that is of another chain is left out. An endpoint that lies or is behind is not found out here:
 * readers of L1 compare what they read.
 */
export class EndpointProvider extends JsonRpcProvider {
  readonly #endpoints: readonly Endpoint[];
  /** Index of the one that is asked. */
  #current = 0;
  readonly #timeout: number;
  readonly #patience: Patience;
  readonly #maxBytes: number;
  #network: Network | undefined;

  /**
   * @param urls of the endpoint, or of several in the order in which they are asked, http or https; user and password in
   *   them are sent as a header
   * @throws {ProtocolError} `INVALID_URL`
   */
  constructor(
    urls: string | readonly string[],
    { timeout = TIMEOUT, patience = PATIENCE, maxBytes = MAX_BYTES }: EndpointOptions = {},
  ) {
    const endpoints = [urls].flat().map((url) => ({ ...parseUrl(url), isDown: false, isForeign: undefined }));
    const [first = parseUrl("")] = endpoints;
    super(first.href, undefined, { cacheTimeout: -1, batchMaxCount: 1 });
    this.#endpoints = endpoints;
    this.#timeout = timeout;
    this.#patience = patience;
    this.#maxBytes = maxBytes;
  }

  /** @throws {ProtocolError} `ENDPOINT_UNAVAILABLE` */
  override async send(method: string, parameters: unknown[] | Record<string, unknown>): Promise<unknown> {
    // Without this, ethers tries again each second for ever, and no request fails.
    await this._detectNetwork();
    return super.send(method, parameters);
  }

  /** A chain does not change its id. */
  override async _detectNetwork(): Promise<Network> {
    if (this.#network === undefined) {
      this.#network = await super._detectNetwork();
      this.#endpoints[this.#current]!.isForeign = false;
    }
    return this.#network;
  }

  /** @throws {ProtocolError} `ENDPOINT_UNAVAILABLE`; `ANSWER_TOO_LARGE` */
  override async _send(payload: JsonRpcPayload | JsonRpcPayload[]): Promise<JsonRpcResult[]> {
    const method = Array.isArray(payload) ? "a batch" : payload.method;
    for (let left = this.#endpoints.length - 1; ; left--) {
      try {
        return await this.#sendTo(this.#endpoints[this.#current]!, payload, method);
      } catch (error) {
        const isDead = isProtocolError(error, "ENDPOINT_UNAVAILABLE") || troubleOf(error) === "OTHER";
        if (!isDead || this.destroyed || !(await this.#goToNext())) throw error;
        // The next endpoint may know the transaction, and would refuse it.
        if (left <= 0 || method === "eth_sendRawTransaction") throw error;
      }
    }
  }

  /** Asks the next endpoint that is of the same chain from now on. @returns whether there is one */
  async #goToNext(): Promise<boolean> {
    const count = this.#endpoints.length;
    for (let step = 1; step < count; step++) {
      const index = (this.#current + step) % count;
      const endpoint = this.#endpoints[index]!;
      endpoint.isForeign ??= await this.#isForeign(endpoint);
      if (endpoint.isForeign === true) continue;
      this.#current = index;
      return true;
    }
    return false;
  }

  /** Whether an endpoint says that it is of another chain; undefined if it says nothing, or no chain is known yet. */
  async #isForeign(endpoint: Endpoint): Promise<boolean | undefined> {
    if (this.#network === undefined) return undefined;
    try {
      const [answer] = await this.#post(endpoint, { id: 1, jsonrpc: "2.0", method: "eth_chainId", params: [] });
      const chainId = answer !== undefined && "result" in answer ? (answer.result as unknown) : undefined;
      return typeof chainId === "string" ? BigInt(chainId) !== this.#network.chainId : undefined;
    } catch {
      return undefined;
    }
  }

  async #sendTo(
    endpoint: Endpoint,
    payload: JsonRpcPayload | JsonRpcPayload[],
    method: string,
  ): Promise<JsonRpcResult[]> {
    const { delay } = this.#patience;
    const attempts = endpoint.isDown ? 1 : this.#patience.attempts;
    for (let attempt = 1; ; attempt++) {
      try {
        const answers = await this.#post(endpoint, payload);
        endpoint.isDown = false;
        // ethers' type has no errors, and ethers looks for them.
        return answers as JsonRpcResult[];
      } catch (error) {
        // `fetchLogs` waits and divides by itself. A query that is too large does not become smaller by waiting.
        if (method === "eth_getLogs" || isProtocolError(error)) throw error;
        const trouble = troubleOf(error);
        // A transaction may have arrived, unless the endpoint says that it had no time for it.
        const isDone = method === "eth_sendRawTransaction" && trouble !== "LIMITED";
        // A second silence is no accident.
        const most = trouble === "SILENT" ? Math.min(attempts, 2) : attempts;
        if (isDone || attempt >= most || this.destroyed) {
          endpoint.isDown = true;
          throw unavailable(method, error);
        }
        const asked = error instanceof HttpFailure ? error.retryAfter : 0;
        await sleep(Math.max(asked, delay * 2 ** (attempt - 1)));
      }
    }
  }

  /** @throws {HttpFailure} if the endpoint gives no answer, or says that it will give one later */
  async #post({ href, headers }: Endpoint, payload: unknown): Promise<(JsonRpcResult | JsonRpcError)[]> {
    const response = await fetch(href, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(payload),
      signal: AbortSignal.timeout(this.#timeout),
    });
    const body = await readBody(response, this.#maxBytes);
    const answers = parseAnswers(body);
    if (answers === undefined) throw new HttpFailure(response, body);
    const troubles = answers.map((answer) => ("error" in answer ? troubleOf(answer) : undefined));
    // Some endpoints put an error of JSON-RPC into a page with an error of HTTP; that the contract reverts is an answer.
    const isLater = troubles.includes("LIMITED") || response.status === 429 || response.status >= 500;
    if (isLater && !troubles.includes("REVERT")) throw new HttpFailure(response, body);
    return answers;
  }
}

/** @throws {ProtocolError} `ANSWER_TOO_LARGE`; nothing behind the limit is read */
async function readBody({ body }: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    // In words by which `troubleOf` knows that a smaller query may succeed.
    if (size > maxBytes) {
      throw new ProtocolError(
        "ANSWER_TOO_LARGE",
        { maximum: maxBytes },
        `the L1 endpoint exceeds the response size of ${maxBytes} bytes`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
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
    throw new ProtocolError(
      "INVALID_URL",
      { url: text },
      `${text} is not the address of an L1 endpoint: http://… or https://…`,
    );
  }
  const { username, password } = url;
  if (username === "" && password === "") return { href: url.href, headers: {} };
  url.username = "";
  url.password = "";
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { href: url.href, headers: { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` } };
}
