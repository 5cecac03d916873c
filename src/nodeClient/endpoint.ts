// SPDX-License-Identifier: MIT
import { ProtocolError } from "../errors.ts";
import { Answer, printable } from "./answer.ts";

/** Limits of what a node may do to its client. */
export interface NodeEndpointOptions {
  /** Milliseconds within which an answer has to be there to its end. Default 10,000. */
  readonly timeout?: number;
  /** Bytes of an answer. Default 1 MiB. */
  readonly maxBytes?: number;
}

const TIMEOUT = 10_000;
const MAX_BYTES = 2 ** 20;
/** Form of the codes of a node's errors. */
const REASON = /^[A-Z][A-Z0-9_]{1,63}$/u;

/** JSON-RPC by HTTP with one node. It follows no redirection, and stops to read where its limits are. */
export class NodeEndpoint {
  readonly url: string;
  readonly #timeout: number;
  readonly #maxBytes: number;
  #lastId = 0;

  /** @throws {ProtocolError} `INVALID_URL` */
  constructor(url: string, { timeout = TIMEOUT, maxBytes = MAX_BYTES }: NodeEndpointOptions = {}) {
    this.url = checkUrl(url);
    this.#timeout = timeout;
    this.#maxBytes = maxBytes;
  }

  /**
   * The result of a method.
   *
   * @throws {ProtocolError} `NODE_UNAVAILABLE`, `ANSWER_TOO_LARGE`, `BAD_NODE_ANSWER`; `NODE_REFUSED` if the node
   *   answers with an error; `ABORTED` if the signal ends the wait
   */
  async ask(method: string, params: readonly unknown[], signal?: AbortSignal): Promise<Answer> {
    const id = ++this.#lastId;
    const text = await this.#post(method, JSON.stringify({ jsonrpc: "2.0", id, method, params }), signal);
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw new Answer(method, text, "the answer").refuse("JSON");
    }
    const answer = new Answer(method, value, "the answer");
    answer.field("jsonrpc").oneOf(["2.0"]);
    const error = answer.field("error");
    if (error.isPresent) throw refusal(method, error);
    answer.field("id").whole(id, id);
    return new Answer(method, (value as { readonly result?: unknown }).result);
  }

  async #post(method: string, body: string, signal: AbortSignal | undefined): Promise<string> {
    const controller = new AbortController();
    const abort = (): void => controller.abort();
    const timer = setTimeout(abort, this.#timeout);
    signal?.addEventListener("abort", abort);
    if (signal?.aborted === true) abort();
    try {
      const response = await fetch(this.url, {
        ...{ method: "POST", headers: { "content-type": "application/json" }, body },
        ...{ redirect: "error", credentials: "omit", cache: "no-store", signal: controller.signal },
      });
      // A node answers each request of JSON-RPC with 200; a proxy before it has other answers.
      if (response.status !== 200) throw unavailable(method, `it answers with the HTTP status ${response.status}`);
      return await readText(method, response, this.#maxBytes);
    } catch (error) {
      if (error instanceof ProtocolError) throw error;
      if (signal?.aborted === true) throw new ProtocolError("ABORTED", {}, `the wait for ${method} was ended`);
      const isLate = controller.signal.aborted;
      throw unavailable(method, isLate ? `no whole answer came within ${this.#timeout} ms` : reasonOf(error), error);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      // The rest of an answer that was not read to its end is not waited for.
      controller.abort();
    }
  }
}

/** `fetch` takes no user and password, and a browser shows them to others. */
function checkUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isHttp = url?.protocol === "http:" || url?.protocol === "https:";
  if (url !== undefined && isHttp && url.username === "" && url.password === "") return url.href;
  const shown = url === undefined ? printable(text) : `${url.protocol}//${url.host}${url.pathname}`;
  throw new ProtocolError(
    "INVALID_URL",
    { url: shown },
    `${shown} is not the address of a node: http://… or https://…, without user and password`,
  );
}

async function readText(method: string, { body }: Response, maxBytes: number): Promise<string> {
  if (body === null) return "";
  const chunks: string[] = [];
  const decoder = new TextDecoder();
  const reader = body.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return [...chunks, decoder.decode()].join("");
    length += value.length;
    if (length > maxBytes) {
      throw new ProtocolError(
        "ANSWER_TOO_LARGE",
        { maximum: maxBytes },
        `the node's answer to ${method} has more than ${maxBytes} bytes`,
      );
    }
    chunks.push(decoder.decode(value, { stream: true }));
  }
}

function refusal(method: string, error: Answer): ProtocolError {
  const rpcCode = error.field("code").whole(-(2 ** 31), 2 ** 31);
  const message = error.field("message").text();
  const data = error.field("data");
  const given = data.isPresent ? data.field("code").text() : "";
  const reason = REASON.test(given) ? given : undefined;
  const name = reason === undefined ? `error ${rpcCode}` : reason;
  return new ProtocolError(
    "NODE_REFUSED",
    { method, rpcCode, reason },
    `the node refuses ${method}: ${name}: ${message || "it does not say why"}`,
  );
}

const unavailable = (method: string, reason: string, cause?: unknown): ProtocolError =>
  new ProtocolError(
    "NODE_UNAVAILABLE",
    { method, reason },
    `the node does not answer ${method}: ${reason}`,
    cause === undefined ? undefined : { cause },
  );

/** The innermost error of `fetch` says what happened. */
function reasonOf(error: unknown): string {
  let innermost = error;
  for (let depth = 0; depth < 5 && innermost instanceof Error && innermost.cause instanceof Error; depth++) {
    innermost = innermost.cause;
  }
  // The error of several addresses that refuse has a list of errors, and no text.
  const { message = "", code } = innermost as { readonly message?: string; readonly code?: unknown };
  return printable(message || (typeof code === "string" ? code : "the connection failed"));
}
