// SPDX-License-Identifier: MIT

import { isCallException, isError, type Filter, type Log, type Provider } from "ethers";

import { isProtocolError, ProtocolError } from "../errors.ts";
import { sleep } from "../sleep.ts";

/**
 * Kinds of trouble with an L1 endpoint.
 *
 * - `REVERT`: the contract refused the call. This is an answer.
 * - `LIMITED`: too many requests in a time; the same request succeeds later.
 * - `BEHIND`: the endpoint does not have the block yet; the same request succeeds later.
 * - `RANGE`: the query spans too many blocks or finds too many logs; a smaller one succeeds.
 * - `SILENT`: no answer in time. A query that is too large looks like this as well.
 * - `OTHER`: no answer, for another reason: connection refused, HTTP error, no JSON.
 */
export type EndpointTrouble = "REVERT" | "LIMITED" | "BEHIND" | "RANGE" | "SILENT" | "OTHER";

/** How often a request is repeated, and how long to wait before. */
export interface Patience {
  /** At least 1. */
  readonly attempts: number;
  /** Milliseconds before the second attempt; each further wait is twice as long. */
  readonly delay: number;
}

/** Six attempts within eight seconds. */
export const PATIENCE: Patience = { attempts: 6, delay: 250 };

// Texts of providers for public chains; each has its own.
const LIMITED =
  /rate.?limit|too many requests|request (rate|limit|count)|per second|compute units|throttl|over rate|quota/iu;
const RANGE =
  /block range|range (is )?too|too (wide|large|big|many)|query returned more|more than [\d,]+ (results|logs|blocks)|(response|log).{0,12} size|max(imum)? (results|range|block)|ranges? (over|exceed)|limited to (a )?[\d,]+|exceeds? max|payload/iu;
const BEHIND =
  /beyond (the )?(current )?head|(header|block) not found|unknown block|not (yet )?(available|indexed|synced)/iu;
const SILENT = /time(d)?.?out/iu;
const REVERT =
  /\brevert|out of gas|invalid (opcode|jump)|stack (under|over)flow|gas required exceeds|VM (execution )?(error|exception)/iu;

/** Texts and numbers of an error, of its causes and of the endpoint's answer. */
interface Traces {
  readonly texts: string[];
  readonly codes: unknown[];
}

const NESTED = ["cause", "error", "info", "responseBody", "data", "originalError", "body"] as const;

function tracesOf(error: unknown, depth = 0, traces: Traces = { texts: [], codes: [] }): Traces {
  if (depth > 6) return traces;
  if (typeof error === "string") {
    traces.texts.push(error);
    try {
      const parsed: unknown = JSON.parse(error);
      if (typeof parsed === "object") tracesOf(parsed, depth + 1, traces);
    } catch {
      // A text, and no JSON.
    }
  } else if (typeof error === "object" && error !== null) {
    const fields = error as Readonly<Record<string, unknown>>;
    // ethers writes the whole request into its messages: the short one has what matters.
    const message = fields["shortMessage"] ?? fields["message"];
    if (typeof message === "string") traces.texts.push(message);
    for (const name of ["code", "status", "statusCode", "responseStatus"]) {
      if (fields[name] !== undefined) traces.codes.push(fields[name]);
    }
    for (const name of NESTED) tracesOf(fields[name], depth + 1, traces);
  }
  return traces;
}

/** The kind of trouble that a provider's error tells of. The provider may be ethers' own or another. */
export function troubleOf(error: unknown): EndpointTrouble {
  // With data it is the contract's answer. Without, ethers gives every error of a call this name, a rate limit too.
  if (isCallException(error) && (error.data !== null || Boolean(error.receipt))) return "REVERT";
  const { texts, codes } = tracesOf(error);
  const says = (pattern: RegExp): boolean => texts.some((text) => pattern.test(text));
  const has = (...wanted: unknown[]): boolean => codes.some((code) => wanted.includes(code));
  const hasStatus = (status: string): boolean => codes.some((code) => String(code).split(" ")[0] === status);
  // "missing revert data" is how ethers calls every error without data.
  if (has(3) || texts.some((text) => !text.startsWith("missing revert data") && REVERT.test(text))) return "REVERT";
  if (hasStatus("429") || says(LIMITED)) return "LIMITED";
  if (says(BEHIND)) return "BEHIND";
  if (hasStatus("413") || says(RANGE)) return "RANGE";
  if (has("TIMEOUT", "ETIMEDOUT") || hasStatus("504") || hasStatus("408") || says(SILENT)) return "SILENT";
  return "OTHER";
}

/** Whether a call was answered with data that the view which was asked for does not give: no code gives none at all. */
const isForeignAnswer = (error: unknown): boolean =>
  (isError(error, "BAD_DATA") && error.shortMessage.startsWith("could not decode result data")) ||
  // Of the right length, but not a value of the type: ethers says so when the value is read.
  (error instanceof Error && error.message.startsWith("deferred error during ABI decoding"));

/** The shortest sentence that says what went wrong, on one line: a contract chooses the words of its error. */
export const reasonOf = (error: unknown): string => wordsOf(error).replace(/\p{C}+/gu, " ");

function wordsOf(error: unknown): string {
  if (isProtocolError(error)) return `${error.code}: ${error.message}`;
  if (isCallException(error) && error.revert !== null) {
    return `${error.revert.name}(${error.revert.args.map(String).join(", ")})`;
  }
  const { texts } = tracesOf(error);
  const [first = String(error), ...others] = texts.filter((text) => !text.startsWith("{") && !text.startsWith("<"));
  // The innermost is what the endpoint said.
  const last = others.at(-1);
  return last === undefined || first.includes(last) ? first : `${first}: ${last}`;
}

/** @param what was asked for */
export function unavailable(what: string, cause: unknown): ProtocolError {
  if (isProtocolError(cause)) return cause;
  return new ProtocolError(
    "ENDPOINT_UNAVAILABLE",
    { request: what },
    `the L1 endpoint does not answer ${what}: ${reasonOf(cause)}`,
    {
      cause,
    },
  );
}

/**
 * Asks an endpoint, again and again if it has trouble.
 *
 * @param what is asked for, for the message
 * @param request sends the request, and changes nothing
 * @returns what `request` gives
 * @throws {Error} the contract's revert, if the call reverts
 * @throws {ProtocolError} `ENDPOINT_UNAVAILABLE` if no attempt brought an answer
 */
export async function ask<Answer>(
  what: string,
  request: () => Promise<Answer>,
  { attempts, delay }: Patience = PATIENCE,
): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await request();
    } catch (error) {
      // A provider of `openProvider` has repeated it already.
      if (isProtocolError(error) || isForeignAnswer(error)) throw error;
      if (troubleOf(error) === "REVERT") throw error;
      if (attempt >= attempts) throw unavailable(what, error);
      await sleep(delay * 2 ** (attempt - 1));
    }
  }
}

/**
 * Whether a contract refuses a call now. Trouble with the endpoint is no answer.
 *
 * @param what as for `ask`
 * @param call a static call
 * @throws {ProtocolError} `ENDPOINT_UNAVAILABLE`
 */
export async function reverts(what: string, call: () => Promise<unknown>, patience?: Patience): Promise<boolean> {
  try {
    await ask(what, call, patience);
    return false;
  } catch (error) {
    if (!isProtocolError(error) && troubleOf(error) === "REVERT") return true;
    throw unavailable(what, error);
  }
}

/**
 * The result of a contract's view; undefined if the address has no such view, or no code at all. Trouble with the
 * endpoint throws instead.
 *
 * @param what as for `ask`
 * @param view a call of the view
 * @throws {ProtocolError} `ENDPOINT_UNAVAILABLE`
 */
export async function viewOf<Value>(
  what: string,
  view: () => Promise<Value>,
  patience?: Patience,
): Promise<Value | undefined> {
  try {
    return await ask(what, view, patience);
  } catch (error) {
    if (isForeignAnswer(error)) return undefined;
    if (!isProtocolError(error) && troubleOf(error) === "REVERT") return undefined;
    throw unavailable(what, error);
  }
}

/** How many blocks a provider gave logs of at a time, if it refused more. */
interface Span {
  /** Blocks of a query, at least 1. */
  blocks: number;
  /** Queries of that size that succeeded in a row. */
  successes: number;
}

const spans = new WeakMap<Provider, Span>();

/** So many queries in a row succeed before a larger one is tried: the limit may lie in the blocks, or in the logs. */
const SUCCESSES_BEFORE_GROWTH = 8;

/**
 * Logs of a range of blocks, in the order of L1. All queries for logs go through this function.
 *
 * An endpoint may refuse a range for its blocks, for its logs or for the time that it takes, each in its own words. So
 * the range is halved whatever the words are, down to one block, and grows again later. A limit of requests in a time
 * and a block that is not there yet are waited for.
 *
 * @param filter with `fromBlock` and `toBlock`, both numbers
 * @throws {ProtocolError} `ENDPOINT_REFUSED_RANGE` if the endpoint refuses the logs of a single block;
 *   `ENDPOINT_UNAVAILABLE` if it does not answer
 */
export async function fetchLogs(
  provider: Provider,
  filter: Filter & { readonly fromBlock: number; readonly toBlock: number },
  patience: Patience = PATIENCE,
): Promise<Log[]> {
  const span = spans.get(provider) ?? { blocks: Infinity, successes: 0 };
  spans.set(provider, span);
  const logs: Log[] = [];
  for (let first = filter.fromBlock; first <= filter.toBlock;) {
    const last = Math.min(filter.toBlock, first + span.blocks - 1);
    const found = await fetchRange(provider, { ...filter, fromBlock: first, toBlock: last }, patience);
    if (found === undefined) {
      span.blocks = Math.ceil((last - first + 1) / 2);
      span.successes = 0;
      continue;
    }
    for (const log of found) logs.push(log);
    first = last + 1;
    span.successes += 1;
    if (span.successes >= SUCCESSES_BEFORE_GROWTH) {
      span.blocks *= 2;
      span.successes = 0;
    }
  }
  return logs;
}

/** @returns undefined if a smaller range may succeed */
async function fetchRange(
  provider: Provider,
  filter: Filter & { readonly fromBlock: number; readonly toBlock: number },
  { attempts, delay }: Patience,
): Promise<Log[] | undefined> {
  const { fromBlock, toBlock } = filter;
  const what = `eth_getLogs of blocks ${fromBlock} to ${toBlock}`;
  for (let attempt = 1; ; attempt++) {
    try {
      return await provider.getLogs(filter);
    } catch (error) {
      const trouble = troubleOf(error);
      const isLater = trouble === "LIMITED" || trouble === "BEHIND";
      if (!isLater && fromBlock < toBlock) {
        // A dead endpoint refuses every range: ask it for something small before.
        if (trouble !== "RANGE") await ask("eth_blockNumber", () => provider.getBlockNumber(), { attempts: 2, delay });
        return undefined;
      }
      if (trouble === "RANGE") {
        throw new ProtocolError(
          "ENDPOINT_REFUSED_RANGE",
          { fromBlock, toBlock },
          `the L1 endpoint refuses ${what}: ${reasonOf(error)}`,
          {
            cause: error,
          },
        );
      }
      // A second silence is no accident.
      if (attempt >= (trouble === "SILENT" ? Math.min(attempts, 2) : attempts)) throw unavailable(what, error);
      await sleep(delay * 2 ** (attempt - 1));
    }
  }
}
