// SPDX-License-Identifier: MIT
import { MESSAGE_KINDS, type MessageKind } from "../messages/index.ts";

/** The rollup whose network it is. */
export interface NetworkIdentity {
  /** Of L1. */
  readonly chainId: bigint;
  /** Address of the core contract. */
  readonly rollup: string;
}

/** Version of topics and requests: nodes of different versions do not talk. */
const VERSION = 1;

const prefix = ({ chainId, rollup }: NetworkIdentity): string => `/b52/${chainId}/${rollup.toLowerCase()}/${VERSION}`;

export const topicOf = (identity: NetworkIdentity, kind: MessageKind): string => `${prefix(identity)}/${kind}`;

/** Name of the protocol for questions. */
export const requestProtocol = (identity: NetworkIdentity): string => `${prefix(identity)}/request`;

/** The kinds by their topics. */
export const topicsOf = (identity: NetworkIdentity): ReadonlyMap<string, MessageKind> =>
  new Map(MESSAGE_KINDS.map((kind) => [topicOf(identity, kind), kind]));
