// SPDX-License-Identifier: MIT
import type { RollupNode } from "../../agents/index.ts";
import type { State } from "../../ledger/index.ts";
import type { AccountIndex } from "../accountIndex/index.ts";
import type { Mempool } from "../mempool/index.ts";
import type { Parameter, Schema } from "./parameters.ts";

/** A running node, as the API sees it. */
export interface ApiSource {
  readonly node: RollupNode;
  readonly mempool: Mempool;
  /** Posts batches; undefined if this node takes no transactions. */
  readonly sequencer:
    { readonly expectedState: State; readonly draft?: { readonly tips: bigint } | undefined } | undefined;
  /** Accounts by key and owner; undefined if the node keeps none. */
  readonly accountIndex?: AccountIndex | undefined;
  /** Number of purposes that are not settled on L1; undefined if the node has no key. */
  readonly outbox: { readonly pending: number } | undefined;
  /** Refuses transactions while there is too little room for them on the disk. @throws {ProtocolError} `DISK_LOW` */
  readonly requireRoom?: () => void;
  /** Milliseconds since the node was at L1's head. */
  readonly age: number;
}

/** A method of the API. */
export interface Method {
  readonly name: string;
  readonly summary: string;
  readonly parameters: readonly Parameter<unknown>[];
  readonly result: { readonly name: string; readonly schema: Schema };
  readonly call: (source: ApiSource, values: readonly unknown[]) => unknown;
}

/** A method whose parameters have the types that they are read as. */
export function method<Values extends readonly unknown[]>(
  name: string,
  summary: string,
  parameters: { readonly [Index in keyof Values]: Parameter<Values[Index]> },
  result: { readonly name: string; readonly schema: Schema },
  call: (source: ApiSource, ...values: Values) => unknown,
): Method {
  return {
    ...{ name, summary, result },
    parameters: parameters,
    call: (source, values) => call(source, ...(values as Values)),
  };
}
