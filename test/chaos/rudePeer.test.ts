// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { encodeMessage, topicOf } from "../../src/node/network/index.ts";
import { RudePeer, RUDENESS } from "../../tools/chaos/rudePeer.ts";
import { Random } from "../../tools/random.ts";
import { hasPeers, Hosts, IDENTITY, until } from "../helpers/gossipHosts.ts";
import { MESSAGES } from "../helpers/gossipWorld.ts";

describe("A rude peer", function () {
  this.timeout(120_000);
  const hosts = new Hosts();

  afterEach(() => hosts.end());

  it("is banned under each of its names, while its victim goes on and passes nothing of it on", async () => {
    const host = await hosts.start();
    const honest = await hosts.start({ peers: [host.address] });
    await until(() => hasPeers(honest, 1), "the honest peer");
    const rude = new RudePeer(IDENTITY, [host.address], new Random("rude"));
    const heard = MESSAGES.map((message) => ({
      topic: topicOf(IDENTITY, message.kind),
      bytes: encodeMessage(message),
    }));
    const done = new Set<string>();
    for (let i = 0; i < 60 && (rude.names < 1 || done.size < RUDENESS.length); i++) {
      const { did } = (await rude.step(i % 2 === 0 ? [] : heard.slice(0, 1))) ?? {};
      if (did !== undefined) done.add(did);
    }
    await rude.stop();
    expect(rude.names).to.be.at.least(1);
    const bans = host.database.prepare("SELECT name FROM network_ban").all();
    expect(bans.length).to.be.at.least(1);
    // Only what is valid was passed on.
    const isOfPool = ({ kind }: { readonly kind: string }): boolean => kind === "transaction";
    // The pool of these hosts takes every transaction.
    for (const message of honest.heard.filter((one) => !isOfPool(one))) expect(MESSAGES).to.deep.include(message);
    for (const message of MESSAGES) await honest.gossip.publish(message);
    await until(
      () => MESSAGES.every(({ kind }) => host.heard.some((other) => other.kind === kind)),
      "all kinds",
      30_000,
    );
  });
});
