// SPDX-License-Identifier: MIT
import { B52Node, type RollupNode } from "../../agents/index.ts";
import { ProtocolError } from "../../errors.ts";
import type { State } from "../../ledger/index.ts";
import type { AccountIndex } from "../accountIndex/index.ts";
import type { Mempool } from "../mempool/index.ts";
import type { Ban, KindTraffic, MessageKind, PeerStatus } from "../network/index.ts";
import type { RoundWatch } from "../roles/index.ts";
import type { Parameter, Schema } from "./parameters.ts";

/** A node of a rollup under either consensus. */
export type FollowedNode = RollupNode | B52Node;

/** A node of Proof of Efficiency. @throws {ProtocolError} `UNSUPPORTED_CONSENSUS` */
export function requireProofOfEfficiency(node: FollowedNode): RollupNode {
  if (!(node instanceof B52Node)) return node;
  throw new ProtocolError(
    "UNSUPPORTED_CONSENSUS",
    { consensus: "B52" },
    "the rollup is of B52, and this method is of Proof of Efficiency",
  );
}

/** A node of B52. @throws {ProtocolError} `UNSUPPORTED_CONSENSUS` */
export function requireB52(node: FollowedNode): B52Node {
  if (node instanceof B52Node) return node;
  throw new ProtocolError(
    "UNSUPPORTED_CONSENSUS",
    { consensus: "Proof of Efficiency" },
    "the rollup is of Proof of Efficiency, and this method is of B52",
  );
}

/** The network of a node of B52, as the API tells of it. */
export interface NetworkView {
  /** Undefined before the node has joined. */
  readonly peerId: string | undefined;
  /** Addresses at which peers reach the node. */
  readonly addresses: readonly string[];
  readonly peers: readonly PeerStatus[];
  /** Messages by kind since the process began. */
  readonly traffic: ReadonlyMap<MessageKind, Readonly<KindTraffic>>;
  /** Grows when a peer comes, goes or is banned. */
  readonly revision: number;
  /** The bans that are in force, and the newest of them. @param count of those, at most */
  bans(count: number): { readonly total: number; readonly bans: readonly Ban[] };
}

/** Number of forced operations that batches or blocks have taken. */
export const takenForced = (node: FollowedNode): number =>
  node instanceof B52Node ? node.executedForced : node.sequencedForced;

/** A running node, as the API sees it. */
export interface ApiSource {
  readonly node: FollowedNode;
  readonly mempool: Mempool;
  /** Orders transactions: posts batches, or proposes blocks. Undefined if this node takes no transactions. */
  readonly sequencer:
    { readonly expectedState: State; readonly draft?: { readonly tips: bigint } | undefined } | undefined;
  /** Accounts by key and owner; undefined if the node keeps none. */
  readonly accountIndex?: AccountIndex | undefined;
  /** Of B52: messages of peers about rounds, as the node has heard them. */
  readonly heard?: RoundWatch | undefined;
  /** Of B52; undefined if the node has no peers. */
  readonly network?: NetworkView | undefined;
  /** Whether others than users of this machine can ask: they are not told IP addresses. Default: no. */
  readonly isPublic?: boolean;
  /** Number of purposes that are not settled on L1; undefined if the node has no key. */
  readonly outbox: { readonly pending: number } | undefined;
  /** Told of each transaction that is new and was accepted. */
  readonly onAccepted?: ((transaction: Uint8Array) => void) | undefined;
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
