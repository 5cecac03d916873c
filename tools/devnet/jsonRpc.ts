// SPDX-License-Identifier: MIT
import { ToolError } from "../errors.ts";

/** Milliseconds. */
const TIMEOUT = 10_000;

interface Answer {
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: { readonly code?: string } };
}

/**
 * Asks a server of JSON-RPC once: L1, or the API of a node.
 *
 * @throws {ToolError} `NO_ANSWER` if nothing is known about the request; `REFUSED` if the server says no
 */
export async function jsonRpc(
  url: string,
  method: string,
  parameters: readonly unknown[] = [],
  timeout = TIMEOUT,
): Promise<unknown> {
  let answer: Answer;
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: parameters }),
      signal: AbortSignal.timeout(timeout),
    });
    answer = (await response.json()) as Answer;
  } catch (error) {
    throw new ToolError("NO_ANSWER", { url, method }, `${url} does not answer ${method}`, { cause: error });
  }
  const { result, error } = answer;
  if (error === undefined) return result;
  const code = error.data?.code ?? String(error.code);
  throw new ToolError("REFUSED", { method, code }, `${method}: ${error.message}`);
}

/** Whether a server is there. */
export const answers = (url: string, method: string): Promise<boolean> =>
  jsonRpc(url, method, [], 2_000).then(
    () => true,
    () => false,
  );
