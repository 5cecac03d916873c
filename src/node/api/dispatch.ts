// SPDX-License-Identifier: MIT
import { isProtocolError } from "../../errors.ts";
import type { ApiSource, Method } from "./method.ts";
import { METHODS } from "./methods.ts";
import { BadParameter } from "./parameters.ts";

/** Codes of JSON-RPC 2.0; `REFUSED` is this API's own: the node has an answer, and it is no. */
export const RPC = {
  PARSE: -32_700,
  REQUEST: -32_600,
  METHOD: -32_601,
  PARAMETERS: -32_602,
  INTERNAL: -32_603,
  REFUSED: -32_000,
  LIMITED: -32_005,
} as const;

export interface RpcError {
  readonly code: number;
  readonly message: string;
  /** Of a refusal: the code of the library's error. */
  readonly data?: { readonly code: string };
}

export type RpcAnswer = { readonly jsonrpc: "2.0"; readonly id: RpcId } & (
  { readonly result: unknown } | { readonly error: RpcError }
);

export type RpcId = string | number | null;

/** How an API answers. */
export interface DispatchOptions {
  /** Most requests of a batch. Default 20. */
  readonly maxBatch?: number;
  /** Asked for each message with its number of requests: whether they may be answered now. Default: always. */
  readonly admit?: (requests: number) => boolean;
  /** Told about each request: its method, `unknown` for one that does not exist, and how it ended. */
  readonly onRequest?: (method: string, outcome: "ok" | "refused" | "error") => void;
  /** Told what no method should throw. */
  readonly onFault?: (error: unknown) => void;
  /** Further methods, such as those of a connection that stays open. */
  readonly more?: readonly Method[];
}

const MAX_BATCH = 20;
/** Characters of an id that is given back. */
const MAX_ID = 128;

/**
 * Answers a message of JSON-RPC 2.0. Total: whatever the text is, there is an answer, or none is asked for.
 *
 * @param text the message as it came
 * @returns the answer as JSON; undefined if the message had notifications alone
 */
export async function answer(
  source: ApiSource,
  text: string,
  options: DispatchOptions = {},
): Promise<string | undefined> {
  const { maxBatch = MAX_BATCH, admit = () => true } = options;
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return JSON.stringify(failure(null, { code: RPC.PARSE, message: "the message is not JSON" }));
  }
  if (!admit(Array.isArray(message) ? Math.max(1, message.length) : 1)) {
    return JSON.stringify(
      failure(idOf(message) ?? null, { code: RPC.LIMITED, message: "too many requests: ask again in a second" }),
    );
  }
  if (!Array.isArray(message)) {
    const one = await answerOne(source, message, options);
    return one && JSON.stringify(one);
  }
  if (message.length === 0 || message.length > maxBatch) {
    const error = { code: RPC.REQUEST, message: `a batch has 1 to ${maxBatch} requests, not ${message.length}` };
    return JSON.stringify(failure(null, error));
  }
  const answers: RpcAnswer[] = [];
  for (const request of message as unknown[]) {
    const one = await answerOne(source, request, options);
    if (one !== undefined) answers.push(one);
  }
  return answers.length === 0 ? undefined : JSON.stringify(answers);
}

async function answerOne(
  source: ApiSource,
  request: unknown,
  { onRequest, onFault, more = [] }: DispatchOptions,
): Promise<RpcAnswer | undefined> {
  const isObject = typeof request === "object" && request !== null && !Array.isArray(request);
  const { jsonrpc, id, method: name, params = [] } = (isObject ? request : {}) as Readonly<Record<string, unknown>>;
  const known = idOf(request);
  if (jsonrpc !== "2.0" || typeof name !== "string" || (id !== undefined && known === undefined)) {
    onRequest?.("unknown", "error");
    return failure(known ?? null, { code: RPC.REQUEST, message: "the message is no request of JSON-RPC 2.0" });
  }
  const method = METHODS.find((candidate) => candidate.name === name) ?? more.find((own) => own.name === name);
  const answer = await resultOf(source, method, params, onFault);
  const isRefusal = "error" in answer && answer.error.code === RPC.REFUSED;
  onRequest?.(method?.name ?? "unknown", "result" in answer ? "ok" : isRefusal ? "refused" : "error");
  // A request without an id wants no answer.
  return known === undefined ? undefined : { jsonrpc: "2.0", id: known, ...answer };
}

/** The id of a request; undefined if it has none, or one that is not given back. */
function idOf(request: unknown): RpcId | undefined {
  const { id } = (typeof request === "object" && request !== null ? request : {}) as { readonly id?: unknown };
  if (id === null || typeof id === "number") return id;
  return typeof id === "string" && id.length <= MAX_ID ? id : undefined;
}

async function resultOf(
  source: ApiSource,
  method: Method | undefined,
  params: unknown,
  onFault: ((error: unknown) => void) | undefined,
): Promise<{ readonly result: unknown } | { readonly error: RpcError }> {
  if (method === undefined) {
    return { error: { code: RPC.METHOD, message: "there is no such method; rpc.discover lists all" } };
  }
  try {
    const values = readParameters(method, params);
    return { result: await method.call(source, values) };
  } catch (error) {
    if (error instanceof BadParameter) return { error: { code: RPC.PARAMETERS, message: error.message } };
    if (isProtocolError(error)) {
      return { error: { code: RPC.REFUSED, message: error.message, data: { code: error.code } } };
    }
    // Faults inside the node are for its operator.
    onFault?.(error);
    return { error: { code: RPC.INTERNAL, message: "the node could not answer" } };
  }
}

/** Parameters by position or by name. */
function readParameters({ name, parameters }: Method, params: unknown): unknown[] {
  const isList = Array.isArray(params);
  if (!isList && (typeof params !== "object" || params === null)) {
    throw new BadParameter(`${name} takes parameters by position or by name`);
  }
  const given: readonly unknown[] = isList
    ? params
    : parameters.map((parameter) =>
        Object.hasOwn(params, parameter.name) ? (params as Record<string, unknown>)[parameter.name] : undefined,
      );
  const surplus = isList
    ? params.length > parameters.length
    : Object.keys(params).some((key) => !parameters.some((parameter) => parameter.name === key));
  if (surplus) {
    throw new BadParameter(`${name} takes ${parameters.map((parameter) => parameter.name).join(", ") || "nothing"}`);
  }
  return parameters.map((parameter, i) => {
    try {
      return parameter.read(given[i]);
    } catch (error) {
      throw error instanceof BadParameter ? new BadParameter(`${parameter.name} ${error.message}`) : error;
    }
  });
}

const failure = (id: RpcId, error: RpcError): RpcAnswer => ({ jsonrpc: "2.0", id, error });
