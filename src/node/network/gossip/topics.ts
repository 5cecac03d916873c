// SPDX-License-Identifier: MIT
import { isBuilderKind, MESSAGE_KINDS, type MessageKind } from "../messages/index.ts";

/** The rollup whose network it is. */
export interface NetworkIdentity {
  /** Of L1. */
  readonly chainId: bigint;
  /** Address of the core contract. */
  readonly rollup: string;
  /** Address of the escrow of builders; undefined for a node that takes no part in their topics. */
  readonly escrow?: string | undefined;
}

/** Version of topics and requests: nodes of different versions do not talk. */
const VERSION = 1;

const prefix = ({ chainId, rollup }: NetworkIdentity): string => `/b52/${chainId}/${rollup.toLowerCase()}/${VERSION}`;

/** Topics of builders name the escrow as well: a rollup may have several. */
export const topicOf = (identity: NetworkIdentity, kind: MessageKind): string =>
  isBuilderKind(kind)
    ? `${prefix(identity)}/${(identity.escrow ?? "").toLowerCase()}/${kind}`
    : `${prefix(identity)}/${kind}`;

/** Name of the protocol for questions. */
export const requestProtocol = (identity: NetworkIdentity): string => `${prefix(identity)}/request`;

/** The kinds by their topics. */
export const topicsOf = (identity: NetworkIdentity): ReadonlyMap<string, MessageKind> =>
  new Map(
    MESSAGE_KINDS.filter((kind) => identity.escrow !== undefined || !isBuilderKind(kind)).map((kind) => [
      topicOf(identity, kind),
      kind,
    ]),
  );
