import type { BlockTag, Filter, Log, Provider, TransactionRequest, TransactionResponse } from "ethers";

/** What an endpoint answers instead of the truth; what is not named here it answers truly. */
export interface Lies {
  /** @param logs the true answer */
  readonly getLogs?: (logs: Log[], filter: Filter) => Log[] | Promise<Log[]>;
  readonly getTransaction?: (
    transaction: TransactionResponse | null,
  ) => TransactionResponse | null | Promise<TransactionResponse | null>;
  /** Called before a block is looked up. */
  readonly beforeBlock?: (block: BlockTag) => Promise<void> | void;
  /** Called before a call is executed; refuses it by throwing. */
  readonly beforeCall?: (block: BlockTag | undefined) => void;
}

/** An endpoint that lies. */
export function liar(provider: Provider, lies: Lies): Provider {
  const lying: Partial<Provider> = {
    getLogs: async (filter) => {
      const logs = await provider.getLogs(filter);
      return lies.getLogs === undefined ? logs : lies.getLogs(logs, filter as Filter);
    },
    getTransaction: async (hash) => {
      const transaction = await provider.getTransaction(hash);
      return lies.getTransaction === undefined ? transaction : lies.getTransaction(transaction);
    },
    getBlock: async (block, prefetch) => {
      await lies.beforeBlock?.(block as BlockTag);
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
