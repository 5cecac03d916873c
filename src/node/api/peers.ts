// SPDX-License-Identifier: MIT
import { MESSAGE_KINDS } from "../network/index.ts";
import { method, requireB52, type Method } from "./method.ts";
import { BOOLEAN, INTEGER, listOf, object, TEXT } from "./parameters.ts";

/** Most peers, own addresses, and newest bans of one answer. */
const [PEERS_TOLD, ADDRESSES, BANS] = [128, 16, 20];

const PEER = object({
  ...{ id: TEXT, "address?": TEXT, direction: { enum: ["inbound", "outbound"] }, since: INTEGER },
  ...{ score: { type: "number", maximum: 0 }, isGossiping: BOOLEAN },
  ...{ received: INTEGER, refused: INTEGER, sent: INTEGER },
});

const TRAFFIC = object({
  ...{ kind: { enum: MESSAGE_KINDS }, received: INTEGER, accepted: INTEGER, ignored: INTEGER, refused: INTEGER },
  ...{ dropped: INTEGER, sent: INTEGER },
});

/** The method that says with whom a node of B52 speaks. */
export const PEERS: readonly Method[] = [
  method(
    "rollup_peers",
    "B52: the peers of this node, the newest bans, and counts of messages. Scores are 0 or below; a peer with less than " +
      "−50 is banned for a day. An API that others than this machine can ask leaves out IP addresses.",
    [],
    {
      name: "peers",
      schema: object({
        ...{ isJoined: BOOLEAN, "id?": TEXT, addresses: listOf(TEXT, ADDRESSES), peers: listOf(PEER, PEERS_TOLD) },
        bans: object({ total: INTEGER, newest: listOf(object({ name: TEXT, until: INTEGER, reason: TEXT }), BANS) }),
        messages: listOf(TRAFFIC, MESSAGE_KINDS.length),
      }),
    },
    ({ node, network, isPublic = false }) => {
      requireB52(node);
      const { total, bans } = network?.bans(BANS) ?? { total: 0, bans: [] };
      const id = network?.peerId;
      return {
        ...{ isJoined: id !== undefined, ...(id === undefined ? {} : { id }) },
        addresses: network?.addresses.slice(0, ADDRESSES) ?? [],
        peers: (network?.peers ?? []).slice(0, PEERS_TOLD).map((peer) => ({
          ...{ id: peer.id, ...(isPublic ? {} : { address: peer.address }), direction: peer.direction },
          ...{ since: Math.floor(peer.since / 1_000), score: Math.round(peer.score * 100) / 100 + 0 },
          ...{ isGossiping: peer.isGossiping, ...peer.traffic },
        })),
        bans: {
          total,
          newest: bans
            .filter(({ name }) => !isPublic || name.startsWith("peer:"))
            .map(({ name, until, reason }) => ({ name, until: Math.floor(until / 1_000), reason })),
        },
        messages: [...(network?.traffic ?? [])].map(([kind, counts]) => ({ kind, ...counts })),
      };
    },
  ),
];
