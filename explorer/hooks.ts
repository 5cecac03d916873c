// SPDX-License-Identifier: MIT
import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";

import { HEAD, RULES, STATUS, type EfficiencyRules, type Rules, type Status } from "./answers.ts";
import type { Connection, NodeClient } from "./client.ts";
import type { Decoder } from "./decode.ts";
import { readRoute, type Route } from "./route.ts";

/** An answer of the node, why there is none, or neither yet. The last good answer stays beside an error. */
export interface Answer<Value> {
  readonly value: Value | undefined;
  readonly error: string | undefined;
}

const NOTHING = { value: undefined, error: undefined };

export const ClientContext = createContext<NodeClient | undefined>(undefined);

function useClient(): NodeClient {
  const client = useContext(ClientContext);
  if (client === undefined) throw new Error("no client");
  return client;
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The answer of a method, told again after each change. */
export function useSubscription<Value>(
  topic: string,
  values: readonly unknown[],
  decode: Decoder<Value>,
): Answer<Value> {
  const client = useClient();
  const key = JSON.stringify([topic, values]);
  const [answer, setAnswer] = useState<Answer<Value> & { readonly key: string }>({ ...NOTHING, key });
  useEffect(() => {
    setAnswer({ ...NOTHING, key });
    const fail = (error: unknown): void =>
      setAnswer((last) => ({ value: last.key === key ? last.value : undefined, error: reasonOf(error), key }));
    return client.subscribe(
      topic,
      values,
      (result) => {
        try {
          setAnswer({ value: decode(result, topic), error: undefined, key });
        } catch (error) {
          fail(error);
        }
      },
      fail,
    );
  }, [client, key]);
  return answer.key === key ? answer : NOTHING;
}

/** The answer of a method, asked for once; of no method if `method` is undefined. */
export function useRequest<Value>(
  method: string | undefined,
  values: readonly unknown[],
  decode: Decoder<Value>,
): Answer<Value> {
  const client = useClient();
  const key = JSON.stringify([method, values]);
  const [answer, setAnswer] = useState<Answer<Value> & { readonly key: string }>({ ...NOTHING, key });
  useEffect(() => {
    if (method === undefined) return undefined;
    let isWanted = true;
    client
      .request(method, values)
      .then((result) => decode(result, method))
      .then(
        (value) => isWanted && setAnswer({ value, error: undefined, key }),
        (error: unknown) => isWanted && setAnswer({ value: undefined, error: reasonOf(error), key }),
      );
    return () => void (isWanted = false);
  }, [client, key]);
  return answer.key === key ? answer : NOTHING;
}

/** How the connection is, and what was wrong with the last message. */
export function useConnection(): { readonly connection: Connection; readonly trouble: string | undefined } {
  const client = useClient();
  const [state, setState] = useState({ connection: client.connection, trouble: client.trouble });
  useEffect(() => client.watch(() => setState({ connection: client.connection, trouble: client.trouble })), [client]);
  return state;
}

/** For several views: how far the node is, the rollup's rules, and L1's clock. */
export interface Surroundings {
  readonly status: Answer<Status>;
  readonly rules: Rules | undefined;
  /** Number of the last L1 block that the node has read. */
  readonly l1Block: number | undefined;
  /** By L1's clock, in unix seconds, going on between blocks. */
  readonly now: number | undefined;
}

export const SurroundingsContext = createContext<Surroundings>({
  status: NOTHING,

  rules: undefined,
  l1Block: undefined,
  now: undefined,
});

export const useSurroundings = (): Surroundings => useContext(SurroundingsContext);

/** The consensus of the rollup; undefined before the rules are known. */
export const useKind = (): Rules["kind"] | undefined => useSurroundings().rules?.kind;

/** The rules of a rollup of Proof of Efficiency; undefined for another one, and before they are known. */
export function useEfficiencyRules(): EfficiencyRules | undefined {
  const { rules } = useSurroundings();
  return rules?.kind === "Proof of Efficiency" ? rules : undefined;
}

/** Whether the rollup is frozen: batches that are not final are void then. */
export const useFrozen = (): boolean => useSurroundings().status.value?.isFrozen === true;

/** Milliseconds between two moves of the clock. */
const TICK = 1_000;

/** Asks for the rules once, and follows L1's clock: that of the reader's machine may be wrong. */
export function useL1(): Surroundings & { readonly error: string | undefined } {
  const status = useSubscription("rollup_status", [], STATUS);
  const rules = useRequest("rollup_rules", [], RULES);
  const head = useSubscription("rollup_l1Head", [], HEAD);
  const [reading, setReading] = useState<{ readonly timestamp: number; readonly at: number }>();
  const [passed, setPassed] = useState(0);
  const timestamp = head.value?.timestamp;
  useEffect(() => {
    if (timestamp === undefined) return;
    setReading({ timestamp, at: performance.now() });
    setPassed(0);
  }, [timestamp]);
  useEffect(() => {
    if (reading === undefined) return undefined;
    const timer = setInterval(() => setPassed(Math.floor((performance.now() - reading.at) / 1_000)), TICK);
    return () => clearInterval(timer);
  }, [reading]);
  return {
    status,
    ...{ rules: rules.value, l1Block: head.value?.l1Block, error: status.error ?? rules.error ?? head.error },
    now: reading && reading.timestamp + passed,
  };
}

/** The view that the address names. */
export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const follow = (): void => setHash(location.hash);
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return readRoute(hash);
}
