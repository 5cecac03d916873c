// SPDX-License-Identifier: MIT
import type { JSX } from "preact";

import { PEERS } from "../answers.ts";
import type { Decoded } from "../decode.ts";
import { plural } from "../format.ts";
import { useSubscription } from "../hooks.ts";
import { Facts, Moment, Shown, Table } from "../parts.tsx";

export function Peers(): JSX.Element {
  const answer = useSubscription("rollup_peers", [], PEERS);
  return (
    <>
      <h1 tabIndex={-1}>Peers</h1>
      <p>Offers, votes, blocks and proofs travel from node to node. L1 sees commitments and proven blocks alone.</p>
      <Shown of={answer}>{(value) => (value.isJoined ? <Network of={value} /> : <Alone />)}</Shown>
    </>
  );
}

const Alone = (): JSX.Element => (
  <p>
    This node is in no network: it hears of commitments and blocks when L1 has them. The options{" "}
    <code>--p2p-listen</code>, <code>--p2p-peers</code> and <code>--p2p-bootstrap</code> join one.
  </p>
);

function Network({
  of: { id = "", addresses, peers, bans, messages },
}: {
  readonly of: Decoded<typeof PEERS>;
}): JSX.Element {
  const gossiping = peers.filter((peer) => peer.isGossiping).length;
  return (
    <>
      <Facts
        of={[
          ["This node", <code class="bytes">{id}</code>],
          ["Peers", `${plural(peers.length, "peer")}, ${gossiping} in the gossip`],
          ["Bans", bans.total.toLocaleString("en")],
          ...addresses.map((address) => ["Reached at", <code class="bytes">{address}</code>] as const),
        ]}
      />
      <Table
        caption="Peers with a connection"
        head={["Peer", "Address", "Connected", "Made by", "Score", "In the gossip", "Received", "Refused", "Sent"]}
        empty="No peer is connected."
        rows={peers.map((peer, i) => ({
          key: `${peer.id} ${i}`,
          cells: [
            <PeerName of={peer.id} />,
            peer.address === undefined ? "not told" : <code class="bytes">{peer.address}</code>,
            <Moment at={peer.since} />,
            peer.direction === "inbound" ? "the peer" : "this node",
            peer.score,
            peer.isGossiping ? "yes" : "no",
            peer.received.toLocaleString("en"),
            peer.refused.toLocaleString("en"),
            peer.sent.toLocaleString("en"),
          ],
        }))}
      />
      <h2>Messages</h2>
      <Table
        caption="Messages of this network by kind, since the node has started"
        head={["Kind", "Received", "Accepted", "Ignored", "Refused", "Dropped", "Sent"]}
        empty="No message was counted."
        rows={messages.map(({ kind, ...counts }) => ({
          key: kind,
          cells: [
            kind,
            ...[counts.received, counts.accepted, counts.ignored, counts.refused, counts.dropped, counts.sent].map(
              (count) => count.toLocaleString("en"),
            ),
          ],
        }))}
      />
      <h2>Bans</h2>
      <Table
        caption="The newest bans"
        head={["Peer or address", "Until", "Reason"]}
        empty="Nobody is banned."
        rows={bans.newest.map(({ name, until, reason }) => ({
          key: name,
          cells: [<code class="bytes">{name}</code>, <Moment at={until} />, reason],
        }))}
      />
      <p class="quiet">
        A score is 0, or below it for what a peer did: at −20 it is cut off, and at −50 banned for a day. Received
        messages include those that were known.
      </p>
    </>
  );
}

/** An id of a peer is long text, whose end tells peers apart. */
const PeerName = ({ of }: { readonly of: string }): JSX.Element => (
  <code title={of}>{of.length <= 16 ? of : `${of.slice(0, 4)}…${of.slice(-10)}`}</code>
);
