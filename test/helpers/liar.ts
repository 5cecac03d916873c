// SPDX-License-Identifier: MIT
import type { BlockTag, Filter, Log, Provider, TransactionRequest } from "ethers";

/** False answers of an endpoint; it answers all other requests truly. */
export interface Lies {
  /** @param logs the true answer */
  readonly getLogs?: (logs: Log[], filter: Filter) => Log[] | Promise<Log[]>;
  /** @param transaction the true answer, as JSON-RPC has it */
  readonly getTransaction?: (transaction: Readonly<Record<string, unknown>> | null) => unknown;
  /** Called before a block is looked up. */
  readonly beforeBlock?: (block: BlockTag) => Promise<void> | void;
  /** Called before a call is executed; refuses it by throwing. */
  readonly beforeCall?: (block: BlockTag | undefined) => void;
}

/** An endpoint that lies. */
export function liar(provider: Provider, lies: Lies): Provider {
  const { send } = provider as unknown as { send: (method: string, parameters: unknown[]) => Promise<unknown> };
  const lying: Partial<Provider> & { readonly send: typeof send } = {
    getLogs: async (filter) => {
      const logs = await provider.getLogs(filter);
      return lies.getLogs === undefined ? logs : lies.getLogs(logs, filter);
    },
    send: async (method, parameters) => {
      const answer = await send.call(provider, method, parameters);
      if (method !== "eth_getTransactionByHash" || lies.getTransaction === undefined) return answer;
      return lies.getTransaction(answer as Readonly<Record<string, unknown>> | null);
    },
    getBlock: async (block, prefetch) => {
      await lies.beforeBlock?.(block);
      return provider.getBlock(block, prefetch);
    },
    call: async (request: TransactionRequest) => {
      lies.beforeCall?.(request.blockTag ?? undefined);
      return provider.call(request);
    },
  };
  return new Proxy(provider, {
    get(target, name) {
      const value: unknown = Reflect.get(name in lying ? lying : target, name, name in lying ? lying : target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

/** Leaves out the logs of an event. */
export const without =
  (topicHash: string, which: (index: number) => boolean = () => true) =>
  (logs: Log[]): Log[] => {
    let index = 0;
    return logs.filter(({ topics }) => topics[0] !== topicHash || !which(index++));
  };

/** An object that says something else in some fields; ethers' own cannot be changed. */
export const altered = <T extends object>(original: T, fields: Partial<T>): T =>
  new Proxy(original, {
    get: (target, name) => (name in fields ? fields[name as keyof T] : (Reflect.get(target, name, target) as unknown)),
  });
