// SPDX-License-Identifier: MIT
import { MESH, MESSAGE_KINDS, type Message, type MessageKind } from "../../src/node/index.ts";
import { SECOND, type Clock } from "./clock.ts";
import type { Dice } from "./dice.ts";
import type { Internet } from "./internet.ts";
import type { RpcShape, Wire } from "./wire.ts";

/** A message on its way. */
export interface Parcel {
  /** Stands for the hash of its bytes. */
  readonly id: number;
  readonly kind: MessageKind;
  readonly bytes: number;
  readonly message: Message;
}

/** An RPC of gossipsub. */
export interface Rpc {
  readonly messages: readonly Parcel[];
  readonly ihave: readonly { readonly kind: MessageKind; readonly ids: readonly number[] }[];
  readonly iwant: readonly number[];
  readonly idontwant: readonly number[];
  readonly graft: readonly MessageKind[];
  readonly prune: readonly MessageKind[];
}

/** RPCs and messages of a host since the simulation began. */
export interface RelayCounts {
  /** Messages sent, each to each peer. */
  readonly sent: Record<MessageKind, number>;
  /** Messages received, duplicates among them. */
  readonly received: Record<MessageKind, number>;
  duplicates: number;
  /** Messages that were dropped before the router: no room, or no budget. */
  refused: number;
  /** RPCs with control messages alone. */
  control: number;
  /** Messages that were pulled by IWANT. */
  pulled: number;
}

/** The parts of a host that its relay needs. */
export interface RelayOwner {
  /** Takes out of an RPC what the peer may not send; undefined drops all of it. */
  admit(from: number, rpc: Rpc): Rpc | undefined;
  /** Decides about a message that is new, and calls back if it is accepted. */
  judge(from: number, parcel: Parcel, accepted: () => void): void;
}

/** The parts of the world that all relays share. */
export interface RelayWorld {
  readonly clock: Clock;
  readonly internet: Internet;
  readonly wire: Wire;
  readonly dice: Dice;
}

/** Numbers of gossipsub 17.1.1 that the project does not set (its `constants.ts`). */
const GOSSIPSUB = {
  /** Heartbeats for which a message is kept, and for which it is told by IHAVE. */
  kept: 5,
  told: 3,
  /** Least part of the peers outside the mesh that hear of a message. */
  factor: 0.25,
  /** From this size on the mesh is told that a message has come (IDONTWANT). */
  large: 512,
  /** IHAVE and IWANT RPCs that are read from a peer between two heartbeats. */
  mostGossip: 10,
  /** Times that a message is sent to a peer that asks for it. */
  repeats: 3,
  /** Seconds in which a peer that was pruned is not grafted. */
  backoff: 60,
} as const;

const HEARTBEAT = (MESH.heartbeatInterval / 1_000) * SECOND;

const EMPTY: Rpc = { messages: [], ihave: [], iwant: [], idontwant: [], graft: [], prune: [] };

const perKind = <T>(make: () => T): Record<MessageKind, T> =>
  Object.fromEntries(MESSAGE_KINDS.map((kind) => [kind, make()])) as Record<MessageKind, T>;

interface Kept {
  readonly parcel: Parcel;
  readonly pulls: Map<number, number>;
}

/**
 * Gossipsub as the project uses it, in the parts that decide who sends what to whom and when: a mesh for each topic with
 * grafts and prunes, own messages to all peers, IHAVE, IWANT and IDONTWANT. Scores are left out: all hosts are honest.
 */
export class Relay {
  readonly counts: RelayCounts = {
    sent: perKind(() => 0),
    received: perKind(() => 0),
    ...{ duplicates: 0, refused: 0, control: 0, pulled: 0 },
  };
  /** By topic. */
  readonly mesh: Readonly<Record<MessageKind, Set<number>>> = perKind(() => new Set<number>());
  readonly #host: number;
  readonly #world: RelayWorld;
  readonly #owner: RelayOwner;
  /** Other relays by host. */
  readonly #others: (host: number) => Relay;
  /** Connected peers; true for those that this host has dialled. */
  readonly #peers = new Map<number, boolean>();
  readonly #seen = new Set<number>();
  readonly #kept = new Map<number, Kept>();
  /** Ids by the heartbeats since, the newest first. */
  #history: number[][] = Array.from({ length: GOSSIPSUB.kept }, () => []);
  readonly #unwanted = new Map<number, Map<number, number>>();
  readonly #backoff = perKind(() => new Map<number, number>());
  readonly #ihaves = new Map<number, number>();
  readonly #iwants = new Map<number, number>();
  readonly #phase: number;
  #isPlanned = false;

  constructor(host: number, world: RelayWorld, owner: RelayOwner, others: (host: number) => Relay) {
    this.#host = host;
    this.#world = world;
    this.#owner = owner;
    this.#others = others;
    this.#phase = world.dice.below(HEARTBEAT);
  }

  get peers(): readonly number[] {
    return [...this.#peers.keys()];
  }

  /** @param isOutgoing whether this host has dialled */
  connect(peer: number, isOutgoing: boolean): void {
    this.#peers.set(peer, isOutgoing);
    // A peer's subscriptions fill a mesh that is too small, before the next heartbeat.
    const grafted = MESSAGE_KINDS.filter((kind) => this.mesh[kind].size < MESH.Dlo && !this.#isBackedOff(kind, peer));
    for (const kind of grafted) this.mesh[kind].add(peer);
    if (grafted.length > 0) this.#send(peer, { ...EMPTY, graft: grafted });
    this.#plan();
  }

  disconnect(peer: number): void {
    this.#peers.delete(peer);
    for (const kind of MESSAGE_KINDS) this.mesh[kind].delete(peer);
    this.#plan();
  }

  /** Sends an own message to all peers. */
  publish(parcel: Parcel): void {
    if (this.#seen.has(parcel.id)) return;
    this.#seen.add(parcel.id);
    this.#keep(parcel);
    for (const peer of this.#peers.keys()) this.#send(peer, { ...EMPTY, messages: [parcel] });
  }

  receive(from: number, sent: Rpc): void {
    const rpc = this.#owner.admit(from, sent);
    for (const { kind } of sent.messages) this.counts.received[kind] += 1;
    if (rpc === undefined) return;
    this.counts.refused += sent.messages.length - rpc.messages.length;
    for (const parcel of rpc.messages) this.#take(from, parcel);
    this.#onIhave(from, rpc);
    this.#onIwant(from, rpc);
    this.#onMesh(from, rpc);
    if (rpc.idontwant.length === 0) return;
    const unwanted = this.#unwanted.get(from) ?? new Map<number, number>();
    this.#unwanted.set(from, unwanted);
    for (const id of rpc.idontwant) unwanted.set(id, this.#ticks);
  }

  #take(from: number, parcel: Parcel): void {
    if (this.#seen.has(parcel.id)) {
      this.counts.duplicates += 1;
      return;
    }
    this.#seen.add(parcel.id);
    const { kind, id, bytes } = parcel;
    if (bytes >= GOSSIPSUB.large) {
      for (const peer of this.mesh[kind]) if (peer !== from) this.#send(peer, { ...EMPTY, idontwant: [id] });
    }
    this.#owner.judge(from, parcel, () => {
      this.#keep(parcel);
      for (const peer of this.mesh[kind]) {
        if (peer !== from && this.#unwanted.get(peer)?.has(id) !== true) {
          this.#send(peer, { ...EMPTY, messages: [parcel] });
        }
      }
    });
  }

  #keep(parcel: Parcel): void {
    this.#kept.set(parcel.id, { parcel, pulls: new Map() });
    this.#history[0]!.push(parcel.id);
    this.#plan();
  }

  #onIhave(from: number, { ihave }: Rpc): void {
    if (ihave.length === 0 || !isWithin(this.#ihaves, from)) return;
    const wanted = ihave.flatMap(({ ids }) => ids.filter((id) => !this.#seen.has(id)));
    if (wanted.length > 0) this.#send(from, { ...EMPTY, iwant: wanted });
  }

  #onIwant(from: number, { iwant }: Rpc): void {
    if (iwant.length === 0 || !isWithin(this.#iwants, from)) return;
    const messages: Parcel[] = [];
    for (const id of iwant) {
      const kept = this.#kept.get(id);
      if (kept === undefined) continue;
      const pulls = (kept.pulls.get(from) ?? 0) + 1;
      kept.pulls.set(from, pulls);
      if (pulls <= GOSSIPSUB.repeats && this.#unwanted.get(from)?.has(id) !== true) messages.push(kept.parcel);
    }
    this.counts.pulled += messages.length;
    if (messages.length > 0) this.#send(from, { ...EMPTY, messages });
  }

  #onMesh(from: number, { graft, prune }: Rpc): void {
    const refused: MessageKind[] = [];
    for (const kind of graft) {
      const mesh = this.mesh[kind];
      if (mesh.has(from)) continue;
      if (this.#isBackedOff(kind, from) || (mesh.size >= MESH.Dhi && this.#peers.get(from) !== true)) {
        refused.push(kind);
        this.#backOff(kind, from);
      } else if (this.#peers.has(from)) {
        mesh.add(from);
        // More than there should be are pruned at the heartbeat.
        this.#plan();
      }
    }
    for (const kind of prune) {
      this.mesh[kind].delete(from);
      this.#backOff(kind, from);
      this.#plan();
    }
    if (refused.length > 0) this.#send(from, { ...EMPTY, prune: refused });
  }

  // ─── Heartbeat ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Plans the next heartbeat, unless nothing would happen at it. */
  #plan(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    this.#world.clock.at(this.#phase + (this.#ticks + 1) * HEARTBEAT, () => {
      this.#isPlanned = false;
      this.#heartbeat();
    });
  }

  /** Number of heartbeats so far, also of those at which nothing happened. */
  get #ticks(): number {
    return Math.floor((this.#world.clock.now - this.#phase) / HEARTBEAT);
  }

  #heartbeat(): void {
    const { dice, clock } = this.#world;
    this.#ihaves.clear();
    this.#iwants.clear();
    for (const unwanted of this.#unwanted.values()) {
      for (const [id, tick] of unwanted) if (this.#ticks - tick >= GOSSIPSUB.kept) unwanted.delete(id);
    }
    const out = new Map<number, { ihave: Rpc["ihave"][number][]; graft: MessageKind[]; prune: MessageKind[] }>();
    const to = (peer: number): NonNullable<ReturnType<(typeof out)["get"]>> => {
      const rpc = out.get(peer) ?? { ihave: [], graft: [], prune: [] };
      out.set(peer, rpc);
      return rpc;
    };
    let isWaiting = false;
    const told = this.#history.slice(0, GOSSIPSUB.told).flat();
    for (const kind of MESSAGE_KINDS) {
      const mesh = this.mesh[kind];
      const ids = told.filter((id) => this.#kept.get(id)!.parcel.kind === kind);
      const outgoing = [...mesh].filter((peer) => this.#peers.get(peer) === true).length;
      const isRight = mesh.size >= MESH.Dlo && mesh.size <= MESH.Dhi && outgoing >= MESH.Dout;
      if (isRight && ids.length === 0) continue;
      const outside = new Set(dice.shuffled(this.#peers.keys()).filter((peer) => !mesh.has(peer)));
      if (!isRight) {
        this.#mend(kind, outside, {
          graft: (peer) => to(peer).graft.push(kind),
          prune: (peer) => to(peer).prune.push(kind),
        });
      }
      isWaiting ||= mesh.size < MESH.Dlo && outside.size > 0;
      if (ids.length === 0) continue;
      const count = Math.max(MESH.Dlazy, Math.floor(GOSSIPSUB.factor * outside.size));
      for (const peer of [...outside].slice(0, count)) to(peer).ihave.push({ kind, ids });
    }
    for (const [peer, control] of out) this.#send(peer, { ...EMPTY, ...control });
    for (const id of this.#history.pop()!) this.#kept.delete(id);
    this.#history = [[], ...this.#history];
    for (const kind of MESSAGE_KINDS) {
      for (const [peer, until] of this.#backoff[kind]) if (until <= clock.now) this.#backoff[kind].delete(peer);
    }
    if (isWaiting || this.#kept.size > 0) this.#plan();
  }

  /** Brings a mesh to its size, with some peers that this host has dialled. */
  #mend(
    kind: MessageKind,
    outside: Set<number>,
    tell: { readonly graft: (peer: number) => void; readonly prune: (peer: number) => void },
  ): void {
    const mesh = this.mesh[kind];
    const isOutgoing = (peer: number): boolean => this.#peers.get(peer) === true;
    const graft = (peer: number): void => {
      mesh.add(peer);
      outside.delete(peer);
      tell.graft(peer);
    };
    const free = (): number[] => [...outside].filter((peer) => !this.#isBackedOff(kind, peer));
    if (mesh.size < MESH.Dlo) {
      free()
        .slice(0, MESH.D - mesh.size)
        .forEach(graft);
    }
    if (mesh.size > MESH.Dhi) {
      const shuffled = this.#world.dice.shuffled(mesh);
      const first = shuffled.filter(isOutgoing).slice(0, MESH.Dout);
      for (const peer of [...shuffled].reverse()) {
        if (mesh.size <= MESH.D || first.includes(peer)) continue;
        mesh.delete(peer);
        outside.add(peer);
        this.#backOff(kind, peer);
        tell.prune(peer);
      }
    }
    const outgoing = [...mesh].filter(isOutgoing).length;
    if (mesh.size < MESH.Dlo || outgoing >= MESH.Dout) return;
    free()
      .filter(isOutgoing)
      .slice(0, MESH.Dout - outgoing)
      .forEach(graft);
  }

  #isBackedOff(kind: MessageKind, peer: number): boolean {
    return (this.#backoff[kind].get(peer) ?? 0) > this.#world.clock.now;
  }

  #backOff(kind: MessageKind, peer: number): void {
    this.#backoff[kind].set(peer, this.#world.clock.now + GOSSIPSUB.backoff * SECOND);
  }

  #send(peer: number, rpc: Rpc): void {
    const { internet, wire } = this.#world;
    for (const { kind } of rpc.messages) this.counts.sent[kind] += 1;
    if (rpc.messages.length === 0) this.counts.control += 1;
    internet.send(this.#host, peer, wire.rpc(shapeOf(rpc)), () => {
      // An RPC that comes after the connection was closed is dropped.
      const other = this.#others(peer);
      if (other.#peers.has(this.#host)) other.receive(this.#host, rpc);
    });
  }
}

const shapeOf = ({ messages, ihave, iwant, idontwant, graft, prune }: Rpc): RpcShape => ({
  ...{ messages, graft, prune, iwant: iwant.length, idontwant: idontwant.length },
  ihave: ihave.map(({ kind, ids }) => ({ kind, ids: ids.length })),
});

function isWithin(counts: Map<number, number>, peer: number): boolean {
  const count = (counts.get(peer) ?? 0) + 1;
  counts.set(peer, count);
  return count <= GOSSIPSUB.mostGossip;
}
