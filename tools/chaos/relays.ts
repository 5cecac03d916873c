// SPDX-License-Identifier: MIT
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/**
 * States of a link between two peers:
 *
 * - `open`: everything passes.
 * - `cut`: its connections are reset, and new ones are refused.
 * - `stalled`: nothing passes, and nobody is told.
 * - `slow`: everything comes up to a second later, in order.
 * - `broken`: each connection is reset after 64 KiB at most.
 */
export const LINK_STATES = ["open", "cut", "stalled", "slow", "broken"] as const;
export type LinkState = (typeof LINK_STATES)[number];

/** Milliseconds by which a slow link is late, and bytes after which a broken one is reset. */
const [LATE, LIFE] = [1_000, 65_536];

interface Pipe {
  readonly from: string;
  readonly source: Socket;
  readonly target: Socket;
  /** Bytes that wait to be written, with the time at which they may be. */
  readonly waiting: { readonly at: number; readonly bytes: Buffer }[];
  passed: number;
}

interface Link {
  readonly names: readonly [string, string];
  readonly server: Server;
  readonly port: number;
  readonly pipes: Set<Pipe>;
  state: LinkState;
}

const keyOf = (a: string, b: string): string => [a, b].sort().join(" ");

/** The way between each two peers: a relay of TCP for each pair, which can be cut, and healed. */
export class Relays {
  readonly #links = new Map<string, Link>();
  readonly #muted = new Set<string>();
  readonly #beat: NodeJS.Timeout;

  private constructor() {
    this.#beat = setInterval(() => {
      for (const { pipes, state } of this.#links.values()) for (const pipe of pipes) this.#drain(pipe, state);
    }, 50);
  }

  /**
   * Makes a relay for each two of the peers. The first of the two dials it, and reaches the second.
   *
   * @param portOf at which a peer listens
   */
  static async listen(names: readonly string[], portOf: (name: string) => number): Promise<Relays> {
    const relays = new Relays();
    for (const [i, from] of names.entries()) {
      for (const to of names.slice(i + 1)) await relays.#open(from, to, portOf(to));
    }
    return relays;
  }

  /** Addresses of libp2p that a peer has to dial: those of the peers after it. */
  addressesFor(name: string): string[] {
    return [...this.#links.values()]
      .filter(({ names }) => names[0] === name)
      .map(({ port }) => `/ip4/127.0.0.1/tcp/${port}`);
  }

  /** Changes the link between two peers. */
  set(a: string, b: string, state: LinkState): void {
    const link = this.#links.get(keyOf(a, b));
    if (link === undefined) return;
    link.state = state;
    for (const pipe of link.pipes) {
      if (state === "cut") pipe.source.destroy();
      else this.#drain(pipe, state);
    }
  }

  stateOf(a: string, b: string): LinkState | undefined {
    return this.#links.get(keyOf(a, b))?.state;
  }

  /** Keeps back all that a peer says, until it is unmuted or its connections end; it hears the others. */
  mute(name: string): void {
    this.#muted.add(name);
  }

  /** Lets a peer speak again. The words that were kept back are lost with its connections. */
  unmute(name: string): void {
    if (!this.#muted.delete(name)) return;
    for (const { pipes } of this.#links.values()) {
      for (const { from, source } of pipes) if (from === name) source.destroy();
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#beat);
    await Promise.all(
      [...this.#links.values()].map(
        ({ server, pipes }) =>
          new Promise<void>((resolve) => {
            for (const { source } of pipes) source.destroy();
            server.close(() => resolve());
          }),
      ),
    );
  }

  async #open(from: string, to: string, port: number): Promise<void> {
    const server = createServer((client) => this.#connect(keyOf(from, to), client, port));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port: own } = server.address() as AddressInfo;
    const link: Link = { names: [from, to], server, port: own, pipes: new Set(), state: "open" };
    this.#links.set(keyOf(from, to), link);
  }

  #connect(key: string, client: Socket, port: number): void {
    const link = this.#links.get(key)!;
    if (link.state === "cut") {
      client.destroy();
      return;
    }
    const target = connect(port, "127.0.0.1");
    const [from, to] = link.names;
    const pipes: readonly Pipe[] = [
      { from, source: client, target, waiting: [], passed: 0 },
      { from: to, source: target, target: client, waiting: [], passed: 0 },
    ];
    for (const pipe of pipes) {
      const { source, target: other } = pipe;
      link.pipes.add(pipe);
      source.on("data", (bytes: Buffer) => {
        pipe.waiting.push({ at: Date.now() + (link.state === "slow" ? Math.random() * LATE : 0), bytes });
        this.#drain(pipe, link.state);
      });
      source.on("error", () => source.destroy());
      source.on("close", () => {
        link.pipes.delete(pipe);
        other.destroy();
      });
    }
  }

  #drain(pipe: Pipe, state: LinkState): void {
    const { from, source, target, waiting } = pipe;
    if (state === "stalled" || this.#muted.has(from)) return;
    const now = Date.now();
    while (waiting[0] !== undefined && waiting[0].at <= now) {
      const { bytes } = waiting.shift()!;
      pipe.passed += bytes.length;
      target.write(bytes);
    }
    if (state === "broken" && pipe.passed > LIFE * Math.random()) source.destroy();
  }
}
