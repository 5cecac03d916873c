// SPDX-License-Identifier: MIT
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";

import { Relays } from "../../tools/chaos/relays.ts";

/** A peer that keeps what it hears. */
class Listener {
  readonly server: Server;
  readonly sockets: Socket[] = [];
  heard = "";

  constructor() {
    this.server = createServer((socket) => {
      this.sockets.push(socket);
      socket.on("data", (bytes) => (this.heard += bytes.toString()));
      socket.on("error", () => undefined);
    });
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }
}

const until = async (holds: () => boolean): Promise<void> => {
  const end = Date.now() + 10_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error("not in time");
    await sleep(10);
  }
};

describe("The ways between peers", () => {
  const peers = { a: new Listener(), b: new Listener(), c: new Listener() };
  let relays: Relays;
  let heard = "";

  beforeEach(async () => {
    heard = "";
    for (const peer of Object.values(peers)) {
      peer.heard = "";
      if (!peer.server.listening) await once(peer.server.listen(0, "127.0.0.1"), "listening");
    }
    relays = await Relays.listen(Object.keys(peers), (name) => peers[name as keyof typeof peers].port);
  });
  afterEach(() => relays.close());
  after(() => {
    for (const { server, sockets } of Object.values(peers)) {
      for (const socket of sockets) socket.destroy();
      server.close();
    }
  });

  /** Dials the relay at a place in the list of addresses of a peer. */
  async function dial(name: string, place = 0): Promise<Socket> {
    const port = Number(relays.addressesFor(name)[place]!.split("/").at(-1));
    const socket = connect(port, "127.0.0.1");
    socket.on("data", (bytes) => (heard += bytes.toString()));
    socket.on("error", () => undefined);
    await once(socket, "connect");
    return socket;
  }

  it("are one for each two, dialled by the first of them", () => {
    expect(["a", "b", "c"].map((name) => relays.addressesFor(name).length)).to.deep.equal([2, 1, 0]);
  });

  it("let everything pass in both directions, and end a connection with its other end", async () => {
    const socket = await dial("a");
    socket.write("hello");
    await until(() => peers.b.heard === "hello");
    peers.b.sockets.at(-1)!.write("you too");
    await until(() => heard === "you too");
    peers.b.sockets.at(-1)!.destroy();
    await until(() => socket.closed);
  });

  it("are cut with their connections, and refuse new ones until they heal", async () => {
    const socket = await dial("a");
    const other = await dial("a", 1);
    socket.write("x");
    other.write("y");
    await until(() => peers.b.heard === "x" && peers.c.heard === "y");
    relays.set("b", "a", "cut");
    await until(() => socket.closed);
    const refused = await dial("a");
    await until(() => refused.closed);
    expect(other.closed).to.equal(false);
    relays.set("a", "b", "open");
    const again = await dial("a");
    again.write("z");
    await until(() => peers.b.heard === "xz");
  });

  it("keep everything back while they are stalled, and in order while they are slow", async () => {
    const socket = await dial("a");
    relays.set("a", "b", "stalled");
    socket.write("1");
    await sleep(200);
    expect([peers.b.heard, socket.closed]).to.deep.equal(["", false]);
    relays.set("a", "b", "slow");
    for (const word of ["2", "3", "4"]) {
      socket.write(word);
      await sleep(20);
    }
    await until(() => peers.b.heard === "1234");
  });

  it("break connections after some bytes", async () => {
    relays.set("a", "b", "broken");
    const socket = await dial("a");
    const pushing = setInterval(() => socket.write("x".repeat(4_096)), 5);
    await until(() => socket.closed);
    clearInterval(pushing);
    expect(peers.b.heard.length).to.be.below(200_000);
  });

  it("keep back what a muted peer says, for good, while it hears the others", async () => {
    const before = peers.c.sockets.length;
    const socket = await dial("b");
    await until(() => peers.c.sockets.length > before);
    relays.mute("b");
    socket.write("secret");
    peers.c.sockets.at(-1)!.write("news");
    await until(() => heard === "news");
    relays.unmute("b");
    await until(() => socket.closed);
    expect(peers.c.heard).to.equal("");
    const again = await dial("b");
    again.write("public");
    await until(() => peers.c.heard === "public");
  });
});
