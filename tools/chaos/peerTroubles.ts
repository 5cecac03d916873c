// SPDX-License-Identifier: MIT
import { NODES, type B52NodeName, type NodeOptions } from "../devnet/topology.ts";
import type { Fault } from "./plan.ts";
import { Relays, type LinkState } from "./relays.ts";

/** The hostile process among the peers: its links are never cut, so it hears all that is passed on. */
export const HOSTILE = "hostile";

/** An address at which nobody listens: peers that ask one another for addresses reach each other by the relays alone. */
const NOWHERE = "/ip4/127.0.0.1/tcp/1";

type NetworkFault = Extract<Fault, { kind: "partition" | "link" }>;

/** The network between the nodes of B52, and its faults. Several may overlap. */
export class PeerTroubles {
  readonly #relays: Relays;
  readonly #portOf: (name: B52NodeName) => number;
  readonly #faults = new Set<NetworkFault>();

  private constructor(relays: Relays, portOf: (name: B52NodeName) => number) {
    this.#relays = relays;
    this.#portOf = portOf;
  }

  /** @param portOf at which a node listens */
  static async listen(portOf: (name: B52NodeName) => number): Promise<PeerTroubles> {
    // The first of two dials the other: nobody dials the hostile process.
    const relays = await Relays.listen([HOSTILE, ...NODES.b52], (name) => portOf(name as B52NodeName));
    return new PeerTroubles(relays, portOf);
  }

  /** Options of a node: it listens, tells nobody where, and dials the relays. */
  optionsFor(name: B52NodeName): NodeOptions {
    return {
      p2pListen: [`/ip4/127.0.0.1/tcp/${this.#portOf(name)}`],
      p2pAnnounce: [NOWHERE],
      p2pPeers: this.#relays.addressesFor(name),
    };
  }

  /** Where the hostile process reaches the nodes. */
  get hostileAddresses(): string[] {
    return this.#relays.addressesFor(HOSTILE);
  }

  /** @returns ends the fault */
  begin(fault: NetworkFault): () => void {
    this.#faults.add(fault);
    this.#apply();
    return () => {
      this.#faults.delete(fault);
      this.#apply();
    };
  }

  /** Keeps back all that a node says. @returns lets it speak again; the words that were kept back are lost */
  mute(name: B52NodeName): () => void {
    this.#relays.mute(name);
    return () => this.#relays.unmute(name);
  }

  close(): Promise<void> {
    return this.#relays.close();
  }

  #apply(): void {
    for (const [i, a] of NODES.b52.entries()) {
      for (const b of NODES.b52.slice(i + 1)) {
        const state = linkOf(a, b, [...this.#faults]);
        if (this.#relays.stateOf(a, b) !== state) this.#relays.set(a, b, state);
      }
    }
  }
}

/** The state of the link between two nodes under some faults: a partition comes before all else, the last one counts. */
export function linkOf(a: B52NodeName, b: B52NodeName, faults: readonly NetworkFault[]): LinkState {
  let state: LinkState = "open";
  for (const fault of faults) {
    if (fault.kind === "partition" && fault.apart.includes(a) !== fault.apart.includes(b)) return "cut";
    if (fault.kind === "link" && fault.between.includes(a) && fault.between.includes(b)) ({ state } = fault);
  }
  return state;
}
