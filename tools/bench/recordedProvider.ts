// SPDX-License-Identifier: MIT
import { JsonRpcProvider, type JsonRpcError, type JsonRpcPayload, type JsonRpcResult } from "ethers";

/** The embedded network. */
export const CHAIN = { chainId: 31_337n };

/** Of JSON-RPC, without its id. */
type Answer = Pick<JsonRpcResult, "result"> | Pick<JsonRpcError, "error">;

/** Answers of L1 that were recorded, by request. */
export type Answers = Record<string, Answer>;

/** An endpoint that answers from a recording, or records what another one says. */
export class RecordedProvider extends JsonRpcProvider {
  readonly #answers: Answers;
  readonly #ask: ((method: string, params: unknown[]) => Promise<unknown>) | undefined;

  constructor(answers: Answers, ask?: (method: string, params: unknown[]) => Promise<unknown>) {
    super("http://127.0.0.1:1", CHAIN.chainId, { staticNetwork: true, cacheTimeout: -1, batchMaxCount: 1 });
    this.#answers = answers;
    this.#ask = ask;
  }

  override async _send(payload: JsonRpcPayload | JsonRpcPayload[]): Promise<JsonRpcResult[]> {
    const [{ id, method, params }] = [payload].flat() as [JsonRpcPayload];
    const key = `${method} ${JSON.stringify(params)}`;
    if (this.#ask !== undefined) {
      this.#answers[key] = await this.#ask(method, params as unknown[]).then(
        (result) => ({ result }),
        // A contract refuses a call.
        (refusal: unknown) => {
          const { code = 3, message, data } = refusal as { code?: number; message: string; data?: string };
          return { error: { code, message, data } };
        },
      );
    }
    const answer = this.#answers[key];
    if (answer === undefined) throw new Error(`nothing was recorded of ${key}`);
    return [{ id, ...answer }] as JsonRpcResult[];
  }
}

/** An endpoint that records what another one says. */
export function recording(l1: { send(method: string, params: unknown[]): Promise<unknown> }): {
  readonly provider: RecordedProvider;
  readonly answers: Answers;
} {
  const answers: Answers = {};
  return { provider: new RecordedProvider(answers, (method, params) => l1.send(method, params)), answers };
}

/** The result of work, and the seconds of one core that it takes. */
export async function timed<Result>(work: () => Promise<Result>): Promise<[Result, number]> {
  const start = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(start);
  return [result, (user + system) / 1e6];
}
