// SPDX-License-Identifier: MIT
import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";

import {
  BanList,
  MESH,
  openPeerKey,
  parseAddress,
  Traffic,
  type Libp2pGossip,
} from "../../../src/node/network/gossip/index.ts";
import type { Message } from "../../../src/node/network/messages/index.ts";
import { TELL_AGAIN } from "../../../src/node/roles/index.ts";
import { expectRejection } from "../../helpers/expectRejection.ts";
import { openDatabase } from "../../../src/node/storage/index.ts";
import { hasPeers, Hosts, IDENTITY, until, type Host } from "../../helpers/gossipHosts.ts";
import {
  BLOCK,
  COMMITMENT,
  CONTEXT,
  ID,
  MESSAGES,
  OFFER,
  proofMessage,
  PURCHASE,
  QUOTE,
  QUOTE_HASH,
  SALE,
  TRANSACTION,
  TRANSCRIPT_MESSAGE,
  voteOf,
} from "../../helpers/gossipWorld.ts";

describe("The gossip network, on this machine", function () {
  this.timeout(60_000);
  const hosts = new Hosts();

  afterEach(() => hosts.end());

  const kindsOf = (messages: readonly Message[]): string[] => messages.map(({ kind }) => kind).sort();

  it("brings every kind of message from one node to all others, each once", async () => {
    const first = await hosts.start();
    const all: Host[] = [first];
    for (let i = 1; i < 5; i++) all.push(await hosts.start({ peers: [all[i - 1]!.address] }));
    await until(() => all.every((host, i) => hasPeers(host, i === 0 || i === 4 ? 1 : 2)), "a chain of five");
    await sleep(1_500);
    // Each in its turn: a vote that comes before its proposal is for nothing.
    for (const [i, message] of MESSAGES.entries()) {
      await first.gossip.publish(message);
      await until(() => all.every(({ heard }) => heard.length > i), `${message.kind} at all`);
    }
    for (const { heard } of all) expect(heard).to.deep.equal(MESSAGES);
    // Said again, it is known, and nobody hears of it again.
    await first.gossip.publish(OFFER);
    await sleep(200);
    for (const { heard } of all) expect(heard).to.have.lengthOf(MESSAGES.length);
  });

  it("counts messages by kind and by peer: each that one sends, the other receives", async () => {
    let changes = 0;
    const [traffic, other] = [new Traffic(), new Traffic()];
    const first = await hosts.start({ traffic, onPeers: () => (changes += 1) });
    const second = await hosts.start({ peers: [first.address], traffic: other });
    await until(() => hasPeers(first, 1) && hasPeers(second, 1), "a connection");
    await sleep(1_500);
    for (const [i, message] of MESSAGES.entries()) {
      await first.gossip.publish(message);
      await until(() => second.heard.length > i, message.kind);
    }
    expect(changes).to.be.greaterThan(0);
    const [peer] = first.gossip.peers;
    const [same] = second.gossip.peers;
    expect([peer?.direction, same?.direction]).to.deep.equal(["inbound", "outbound"]);
    expect(peer?.traffic.sent).to.equal(MESSAGES.length);
    expect(same?.traffic).to.deep.equal({ received: MESSAGES.length, refused: 0, sent: 0 });
    for (const kind of new Set(MESSAGES.map((message) => message.kind))) {
      const count = MESSAGES.filter((message) => message.kind === kind).length;
      expect(traffic.kinds.get(kind)).to.include({ sent: count, received: 0 });
      expect(other.kinds.get(kind)).to.deep.equal({
        ...{ received: count, accepted: count, ignored: 0, refused: 0, dropped: 0, sent: 0 },
      });
    }
    // A message of a wrong size is refused, and counts against its peer.
    const hostile = await hosts.hostile();
    await hostile.join(first.address, topicOfOffers());
    await hostile.publish(topicOfOffers(), new Uint8Array(100_000));
    await until(() => traffic.kinds.get("proposal")?.refused === 1, "the refusal");
    expect(first.gossip.peers.find(({ id }) => id === hostile.id)?.traffic).to.include({ received: 1, refused: 1 });
    expect(first.gossip.bans(5)).to.deep.equal({ total: 0, bans: [] });
    await second.gossip.stop();
    expect(other.of(first.gossip.peerId)).to.deep.equal({ received: 0, refused: 0, sent: 0 });
  });

  it("tells the newest bans that are in force, with their reasons", () => {
    const database = openDatabase(":memory:", IDENTITY);
    const bans = new BanList(database);
    bans.ban(["peer:a"], "an old one", 1_000);
    bans.ban(["peer:b", "ip:10.0.0.1"], "proof: INVALID_PROOF", 2_000_000_000);
    expect(bans.newest(1, 2_000_000_001)).to.deep.equal({
      total: 2,
      bans: [{ name: "ip:10.0.0.1", until: 2_000_000_000 + 86_400_000, reason: "proof: INVALID_PROOF" }],
    });
    expect(bans.newest(5, 2_000_000_001).bans.map(({ name }) => name)).to.deep.equal(["ip:10.0.0.1", "peer:b"]);
    expect(bans.newest(5, 3_000_000_000)).to.deep.equal({ total: 0, bans: [] });
    database.close();
  });

  it("lets nodes find each other by one that all know", async () => {
    const first = await hosts.start();
    const others: Host[] = [];
    for (let i = 0; i < 3; i++) others.push(await hosts.start({ bootstrap: [first.address] }));
    await until(() => [first, ...others].every((host) => hasPeers(host, 3)), "everybody with everybody", 30_000);
  });

  it("reaches the one that all know, also if it was away at the start, and comes back knowing nobody", async () => {
    const first = await hosts.start();
    const { address, folder, gossip } = first;
    const { peerId } = gossip;
    const listen = [address.slice(0, address.indexOf("/p2p/"))];
    await gossip.stop();
    first.database.close();
    const others = [await hosts.start({ bootstrap: [address] }), await hosts.start({ bootstrap: [address] })];
    const know = (): boolean => others.every((other) => other.gossip.peers.some(({ id }) => id === peerId));
    await sleep(2_500);
    const late = await hosts.start({ listen }, {}, folder);
    await until(know, "it is reached");
    await late.gossip.stop();
    late.database.close();
    await until(() => others.every((other) => other.gossip.peers.every(({ id }) => id !== peerId)), "it is gone");
    await hosts.start({ listen }, {}, folder);
    await until(know, "it is reached again");
  });

  it("sends a message that nobody was there for when somebody comes", async () => {
    const alone = await hosts.start();
    await alone.gossip.publish(OFFER);
    expect(alone.heard).to.deep.equal([OFFER]);
    const late = await hosts.start({ peers: [alone.address] });
    await until(() => late.heard.length > 0, "the offer");
    expect(late.heard).to.deep.equal([OFFER]);
  });

  it("gives by hash what a node has missed, once it was judged", async () => {
    const full = await hosts.start();
    for (const message of MESSAGES) await full.gossip.publish(message);
    const empty = await hosts.start({ peers: [full.address] });
    await until(() => hasPeers(empty, 1), "a connection");
    await sleep(300);
    const before = empty.heard.length;
    const wanted = [
      { kind: "transcript", id: ID },
      { kind: "block", id: ID },
      { kind: "proof", id: ID, node: 2 },
      { kind: "proof", id: ID, node: 3 },
      { kind: "proof", id: ID, node: 1 },
      { kind: "proposal", context: CONTEXT },
      { kind: "quote", hash: QUOTE_HASH },
      { kind: "purchase", id: ID },
      { kind: "sale", id: ID },
    ] as const;
    const proofs = [proofMessage(2), proofMessage(3), proofMessage(1)];
    const expected = [TRANSCRIPT_MESSAGE, BLOCK, ...proofs, OFFER, QUOTE, PURCHASE, SALE];
    for (const [i, one] of wanted.entries()) expect(await empty.gossip.request(one)).to.deep.equal(expected[i]);
    expect(before).to.be.at.most(MESSAGES.length);
    expect(await empty.gossip.request({ kind: "block", id: `0x${"00".repeat(32)}` })).to.equal(undefined);
    expect(kindsOf(empty.heard.filter(({ kind }) => kind !== "vote" && kind !== "transaction"))).to.deep.equal(
      kindsOf(expected),
    );
  });

  it("asks again for messages that came too early, and stores nothing meanwhile", async () => {
    const early = await hosts.start();
    const { commitment } = early.facts;
    const behind = await hosts.start({ peers: [early.address] }, { commitment: () => undefined });
    await until(() => hasPeers(early, 1) && hasPeers(behind, 1), "a connection");
    for (const message of [TRANSCRIPT_MESSAGE, BLOCK, proofMessage(2), proofMessage(3), proofMessage(1)]) {
      await early.gossip.publish(message);
    }
    await sleep(500);
    expect(behind.heard).to.deep.equal([]);
    behind.facts.commitment = commitment;
    expect(behind.validator.find({ kind: "block", id: ID })).to.equal(undefined);
    behind.gossip.factsChanged();
    await until(() => behind.heard.length === 5, "all five");
    expect(behind.validator.find({ kind: "proof", id: ID, node: 1 })).to.deep.equal(proofMessage(1));
    expect(behind.gossip.peers[0]!.score).to.equal(0);
  });

  it("asks again for a builder's messages that came before the round, and before what they are about", async () => {
    const early = await hosts.start();
    const { openRound } = early.facts;
    const behind = await hosts.start({ peers: [early.address] }, { openRound: undefined });
    await until(() => hasPeers(early, 1) && hasPeers(behind, 1), "a connection");
    for (const message of [OFFER, QUOTE, PURCHASE, SALE]) await early.gossip.publish(message);
    await sleep(500);
    expect(behind.heard).to.deep.equal([]);
    behind.facts.openRound = openRound;
    behind.gossip.factsChanged();
    await until(() => behind.heard.length === 4, "all four", 30_000);
    expect(behind.validator.find({ kind: "sale", id: ID })).to.deep.equal(SALE);
    expect(behind.gossip.peers[0]!.score).to.equal(0);
  });

  it("leaves a node without an escrow out of the builders' topics", async () => {
    const trading = await hosts.start();
    const { escrow: _, ...identity } = IDENTITY;
    const other = await hosts.start({ identity, peers: [trading.address] }, { escrow: undefined });
    const last = await hosts.start({ peers: [trading.address] });
    await until(() => hasPeers(trading, 2), "both peers");
    await sleep(1_000);
    for (const message of [OFFER, QUOTE, PURCHASE, SALE]) await trading.gossip.publish(message);
    await until(() => last.heard.length === 4, "all four");
    expect(kindsOf(other.heard)).to.deep.equal(["proposal"]);
    const error = await expectRejection(other.gossip.publish(QUOTE), "MESSAGE_REFUSED");
    expect(error.data).to.deep.equal({ kind: "quote", reason: "NO_ESCROW" });
    // It has nothing to answer with, and blames nobody who asks.
    expect(await other.gossip.request({ kind: "sale", id: ID })).to.equal(undefined);
  });

  it("refuses to publish what its peers would not take", async () => {
    const { gossip, facts, heard } = await hosts.start();
    const error = await expectRejection(gossip.publish(voteOf(2, [2])), "MESSAGE_REFUSED");
    expect(error.data).to.deep.equal({ kind: "vote", reason: "UNKNOWN_PROPOSAL" });
    facts.now = COMMITMENT.opensAt - 1n;
    await expectRejection(gossip.publish(BLOCK), "MESSAGE_REFUSED");
    await expectRejection(gossip.publish({ ...OFFER, signature: "0x" }), "BAD_MESSAGE");
    expect(heard).to.deep.equal([]);
  });

  it("announces a transaction that the mempool had before the network did", async () => {
    const { gossip, facts, heard } = await hosts.start();
    await facts.admit(TRANSACTION.slot);
    await gossip.publish(TRANSACTION);
    await gossip.publish(TRANSACTION);
    expect(heard).to.deep.equal([TRANSACTION]);
  });

  it("reaches a peer again that was away, under its old name", async () => {
    const keeper = await hosts.start();
    const friend = await hosts.start();
    const { address, folder } = friend;
    const watcher = await hosts.start({ peers: [address] });
    await until(() => hasPeers(watcher, 1), "the friend");
    await friend.gossip.stop();
    friend.database.close();
    await until(() => !hasPeers(watcher, 1), "the friend gone");
    const listen = [address.slice(0, address.indexOf("/p2p/"))];
    const again = await hosts.start({ listen }, {}, folder);
    expect(again.gossip.peerId).to.equal(friend.gossip.peerId);
    await until(() => hasPeers(watcher, 1), "the friend again");
    expect(keeper.gossip.peers).to.deep.equal([]);
  });

  it("closes a connection on which a peer takes no part, and blames nobody for silence", async () => {
    let now = Date.now();
    const host = await hosts.start({ clock: () => now });
    const mute = await hosts.hostile();
    // Without its gossip it is connected, and no more.
    await (mute.libp2p.services.pubsub as unknown as { stop(): Promise<void> }).stop();
    await mute.libp2p.dial(parseAddress(host.address));
    await until(() => host.gossip.peers.length === 1, "a connection");
    await sleep(2_500);
    now += 16_000;
    await until(() => host.gossip.peers.length === 0, "the connection closed");
  });

  it("bans nobody because its own questions are not answered", async () => {
    let now = Date.now();
    const host = await hosts.start({ clock: () => now });
    const silent = await hosts.hostile();
    await silent.libp2p.handle(protocolOf(host.gossip), () => undefined);
    await silent.join(host.address, topicOfOffers());
    await until(() => hasPeers(host, 1), "a connection");
    const answer = host.gossip.request({ kind: "block", id: ID });
    expect(await answer).to.equal(undefined);
    now += 60_000;
    expect(host.gossip.peers.map(({ score }) => score)).to.deep.equal([0]);
  });

  describe("peer keys", () => {
    it("are made once, for their owner's eyes alone, and name the node ever after", async () => {
      const { gossip, folder } = await hosts.start();
      const path = join(folder, "peer.key");
      expect(statSync(path).mode & 0o777).to.equal(0o600);
      const key = await openPeerKey(path);
      expect(key.publicKey.toString()).to.equal(gossip.peerId);
      const before = readFileSync(path);
      await openPeerKey(path);
      expect(readFileSync(path).equals(before)).to.equal(true);
    });

    it("are refused if others may read them, or if they are something else", async () => {
      const { folder } = await hosts.start();
      const path = join(folder, "peer.key");
      chmodSync(path, 0o644);
      await expectRejection(openPeerKey(path), "BAD_PEER_KEY");
      const other = join(folder, "other.key");
      writeFileSync(other, "no key", { mode: 0o600 });
      await expectRejection(openPeerKey(other), "BAD_PEER_KEY");
      await expectRejection(openPeerKey(join(folder, "missing", "peer.key")), "BAD_PEER_KEY");
    });
  });

  it("sends a message once more that is told again: the router has forgotten it, and who knows it ignores it", () => {
    expect(MESH.seenTTL).to.be.below(TELL_AGAIN * 1_000);
  });

  it("says what is wrong with an address", async () => {
    await expectRejection(hosts.start({ peers: ["127.0.0.1:9252"] }), "NETWORK_FAILED");
    const { address } = await hosts.start();
    const taken = address.slice(0, address.indexOf("/p2p/"));
    await expectRejection(hosts.start({ listen: [taken] }), "NETWORK_FAILED");
  });
});

const protocolOf = (_gossip: Libp2pGossip): string => `${PREFIX}/request`;
const topicOfOffers = (): string => `${PREFIX}/proposal`;
const PREFIX = "/b52/31337/0x29ae4de4b94e5a1c6d568de047eb9315ed4132f2/1";
