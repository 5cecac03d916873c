// SPDX-License-Identifier: MIT
import type { NodeProof } from "../../src/agents/index.ts";
import type { Transcript } from "../../src/b52/index.ts";
import {
  ACCEPT,
  canBeJudged,
  ignore,
  judgeBlock,
  judgeProof,
  judgeProposal,
  judgeVote,
  LaterList,
  MESSAGE_KINDS,
  MessageStore,
  PeerBudgets,
  QUEUE_LIMITS,
  REQUEST_LIMITS,
  TokenBuckets,
  wantedAfter,
  type Message,
  type MessageKind,
  type Verdict,
  type Wanted,
} from "../../src/node/index.ts";
import { MILLISECOND, SECOND, seconds } from "./clock.ts";
import { isTreeSize, ROUND, type HostFacts } from "./l1.ts";
import { notSimulated, type Parcels } from "./parcels.ts";
import { Relay, type Parcel, type RelayOwner, type RelayWorld, type Rpc } from "./relay.ts";
import { ANSWER_BYTES, QUESTION_BYTES } from "./wire.ts";

/** Milliseconds of a host's processor that a decision takes, if the message is accepted. */
export interface Costs {
  readonly decide: Readonly<Record<MessageKind, number>>;
  /** Of a proof in the process of the verifier, beside it. */
  readonly verify: number;
  /** To execute a slot of a block, once for each block, before its first proof. */
  readonly execute: number;
  /** If the message is not accepted. */
  readonly refuse: number;
}

/** The parts of the world that all hosts share. */
export interface HostWorld extends RelayWorld {
  readonly parcels: Parcels;
  readonly costs: Costs;
  /** Seconds between two looks of a node at L1 and at what its roles can do. */
  readonly look: number;
  readonly leaves: number;
  readonly hosts: readonly Host[];
}

/** A role of the node: does one thing at most, and says whether it did. */
export interface SimulatedRole {
  /** @param done to be called when the work is done, at once or later */
  step(done: (acted: boolean) => void): void;
}

interface Job {
  readonly parcel: Parcel;
  /** The peer that sent it; undefined for an own message. */
  readonly from: number | undefined;
  readonly done: (verdict: Verdict) => void;
}

/** Milliseconds between two attempts at messages that came too early, as in `CONNECTIONS.interval`. */
const RETRY = 2 * SECOND;

/** A node: its relay, its decisions with their queues and budgets, what it accepted, and its roles. */
export class Host implements RelayOwner {
  readonly index: number;
  readonly relay: Relay;
  readonly facts: HostFacts;
  readonly store = new MessageStore();
  readonly roles: SimulatedRole[] = [];
  /** When a message was accepted first, by the id of its parcel. */
  readonly acceptedAt = new Map<number, number>();
  /** Number of proofs that were accepted. */
  proofs = 0;
  readonly #world: HostWorld;
  readonly #budgets = new PeerBudgets();
  readonly #later = new LaterList();
  readonly #questions = new TokenBuckets(REQUEST_LIMITS.questions);
  readonly #answerBytes = new TokenBuckets(REQUEST_LIMITS.answerBytes);
  readonly #allAnswerBytes = new TokenBuckets(REQUEST_LIMITS.allAnswerBytes);
  readonly #open = new Map<number, number>();
  readonly #jobs = new Map<MessageKind, Job[]>(MESSAGE_KINDS.map((kind) => [kind, []]));
  readonly #running = new Set<MessageKind>();
  readonly #executed = new Set<string>();
  readonly #waiting: Parcel[] = [];
  readonly #calls: (() => void)[] = [];
  readonly #named = new Set<string>();
  readonly #working = new Set<SimulatedRole>();
  readonly #phase: number;
  #isBusy = false;
  #isTrying = false;
  #isRetryPlanned = false;
  #isLookPlanned = false;
  /** The newest block that L1 has told, from the next look on. */
  #told = 0;

  constructor(index: number, world: HostWorld, facts: HostFacts) {
    this.index = index;
    this.#world = world;
    this.facts = facts;
    this.relay = new Relay(index, world, this, (host) => world.hosts[host]!.relay);
    this.#phase = world.dice.below(seconds(world.look));
  }

  // ─── Connections ───────────────────────────────────────────────────────────────────────────────────────────────────

  connect(peer: number, isOutgoing: boolean): void {
    this.relay.connect(peer, isOutgoing);
    // Published while nobody was there.
    for (const parcel of this.#waiting.splice(0)) this.relay.publish(parcel);
  }

  disconnect(peer: number): void {
    this.relay.disconnect(peer);
  }

  admit(from: number, rpc: Rpc): Rpc | undefined {
    const peer = String(from);
    const now = this.#milliseconds;
    const { ihave, iwant, idontwant, graft, prune } = rpc;
    const ids = ihave.reduce((sum, { ids: told }) => sum + told.length, 0) + iwant.length + idontwant.length;
    const lists = ihave.length + Math.min(1, iwant.length) + Math.min(1, idontwant.length);
    if (!this.#budgets.takeControl(peer, ids + lists + graft.length + prune.length, now)) return undefined;
    const pulled = iwant.length * REQUEST_LIMITS.pulledBytes;
    const isPulled = pulled === 0 || this.#answerBytes.take(peer, pulled, now);
    const messages = rpc.messages.filter(
      ({ kind, bytes }) => this.#hasRoom(kind) && this.#budgets.take(peer, kind, bytes, now),
    );
    return { ...rpc, messages, iwant: isPulled ? iwant : [] };
  }

  // ─── Decisions ─────────────────────────────────────────────────────────────────────────────────────────────────────

  judge(from: number, parcel: Parcel, accepted: () => void): void {
    this.#enqueue(parcel, from, ({ verdict }) => {
      if (verdict === "accept") accepted();
    });
  }

  /** Tells the network a message, if peers would take it. @returns through `done` whether it went out */
  publish(message: Message, done: (isOut: boolean) => void = () => undefined): void {
    const parcel = this.#world.parcels.of(message);
    this.#enqueue(parcel, undefined, (verdict) => {
      const isOut = verdict.verdict === "accept" || (verdict.verdict === "ignore" && verdict.reason === "KNOWN");
      if (isOut && this.relay.peers.length === 0) this.#waiting.push(parcel);
      else if (isOut) this.relay.publish(parcel);
      done(isOut);
    });
  }

  get #milliseconds(): number {
    return this.#world.clock.now / MILLISECOND;
  }

  #hasRoom(kind: MessageKind): boolean {
    return this.#jobs.get(kind)!.length < QUEUE_LIMITS[kind];
  }

  #enqueue(parcel: Parcel, from: number | undefined, done: (verdict: Verdict) => void): void {
    if (!this.#hasRoom(parcel.kind)) {
      done(ignore("OVERLOADED"));
      return;
    }
    this.#jobs.get(parcel.kind)!.push({ parcel, from, done });
    this.#startNext();
  }

  /** One job on the main thread at a time, one of a kind in all, and each kind in its turn. */
  #startNext(): void {
    if (this.#isBusy) return;
    for (const [kind, jobs] of this.#jobs) {
      if (this.#running.has(kind) || jobs.length === 0) continue;
      const job = jobs.shift()!;
      this.#jobs.delete(kind);
      this.#jobs.set(kind, jobs);
      this.#run(kind, job);
      return;
    }
  }

  #run(kind: MessageKind, job: Job): void {
    const { clock, costs } = this.#world;
    const { message } = job.parcel;
    const verdict = this.#verdictOn(message);
    const isAccepted = verdict.verdict === "accept";
    const own = isAccepted ? costs.decide[kind] + this.#execution(message) : costs.refuse;
    const beside = isAccepted && kind === "proof" ? costs.verify : 0;
    this.#isBusy = true;
    this.#running.add(kind);
    const end = (): void => {
      this.#running.delete(kind);
      if (job.from !== undefined) this.#budgets.spend(String(job.from), kind, own + beside, this.#milliseconds);
      this.#finish(job, verdict);
      this.#startNext();
    };
    clock.after(own * MILLISECOND, () => {
      this.#isBusy = false;
      if (beside === 0) {
        end();
      } else {
        clock.after(beside * MILLISECOND, end);
        this.#startNext();
      }
    });
  }

  /** Milliseconds to execute the block of a proof, if it is the first one. */
  #execution(message: Message): number {
    if (message.kind !== "proof" || this.#executed.has(message.id)) return 0;
    this.#executed.add(message.id);
    const block = this.store.block(message.id);
    return (this.#world.costs.execute * (block?.data.length ?? 0)) / SLOT;
  }

  #finish({ parcel, from, done }: Job, verdict: Verdict): void {
    const { message } = parcel;
    const { parcels, clock } = this.#world;
    if (verdict.verdict === "accept") {
      this.#keep(message);
      this.acceptedAt.set(parcel.id, clock.now);
      const name = parcels.nameOf(message);
      if (name !== undefined) this.#later.found(name);
      this.wake();
      if (message.kind !== "vote" && message.kind !== "transaction") this.#tryLater();
    }
    if (verdict.verdict === "ignore" && from !== undefined) {
      const wanted = wantedAfter(message, verdict.reason, (named) => parcels.nameOf(named));
      for (const name of wanted) this.#later.add(name, String(from), this.#milliseconds);
      if (wanted.length > 0) this.#planRetry();
    }
    done(verdict);
  }

  /** The network's own rules; all signatures and proofs are good. */
  #verdictOn(message: Message): Verdict {
    const { facts, store } = this;
    const { parcels } = this.#world;
    switch (message.kind) {
      case "transaction":
        return this.acceptedAt.has(parcels.of(message).id) ? ignore("KNOWN") : ACCEPT;
      case "proposal":
        return judgeProposal(message, facts, store, () => true);
      case "vote":
        return judgeVote(message, facts, store, () => true);
      case "transcript": {
        // `judgeTranscript` without the hash of the votes, which is right.
        const name = parcels.nameOf(message);
        const id = name?.kind === "transcript" ? name.id : "";
        if (facts.commitment(id) === undefined) return ignore("UNKNOWN_COMMITMENT");
        return store.transcript(id) === undefined ? ACCEPT : ignore("KNOWN");
      }
      case "block": {
        if (isTreeSize(this.#world.leaves)) return judgeBlock(message, facts, store);
        // L1 takes no such tree: only whether it is time counts.
        const commitment = facts.commitment(message.id);
        if (commitment === undefined) return ignore("UNKNOWN_COMMITMENT");
        if (store.block(message.id) !== undefined) return ignore("KNOWN");
        return facts.now < commitment.opensAt ? ignore("TOO_EARLY") : ACCEPT;
      }
      case "proof":
        return judgeProof(message, facts, store);
      default:
        throw notSimulated(message);
    }
  }

  #keep(message: Message): void {
    const { parcels } = this.#world;
    const { store } = this;
    const name = parcels.nameOf(message);
    switch (message.kind) {
      case "proposal":
        if (name?.kind === "proposal") store.addProposal({ message, context: name.context });
        return;
      case "vote":
        store.addVote(ROUND, message);
        return;
      case "transcript":
        if (name?.kind === "transcript") store.addTranscript(name.id, message, ticketsOf(message.promised));
        return;
      case "block":
        store.addBlock(message);
        return;
      case "proof":
        this.proofs += 1;
        store.addProof({ message, proof: { digest: parcels.digestOf(message) } as NodeProof });
        return;
      case "transaction":
    }
  }

  // ─── Questions ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Asks peers for a message, two at a time. */
  request(wanted: Wanted, done: (message: Message | undefined) => void): void {
    const known = this.store.find(wanted);
    if (known !== undefined) {
      done(known);
      return;
    }
    const candidates = this.#world.dice.shuffled(this.relay.peers).slice(0, REQUEST_LIMITS.peers);
    const next = (): void => {
      const pair = candidates.splice(0, REQUEST_LIMITS.atOnce);
      let open = pair.length;
      if (open === 0) {
        done(this.store.find(wanted));
        return;
      }
      let isFound = false;
      for (const peer of pair) {
        this.#ask(peer, wanted, (message) => {
          open -= 1;
          if (isFound) return;
          isFound = message !== undefined;
          if (isFound) done(message);
          else if (open === 0) next();
        });
      }
    };
    next();
  }

  #ask(peer: number, wanted: Wanted, done: (message: Message | undefined) => void): void {
    const { clock, internet, hosts } = this.#world;
    const open = this.#open.get(peer) ?? 0;
    if (!this.relay.peers.includes(peer) || open >= REQUEST_LIMITS.concurrent) {
      done(undefined);
      return;
    }
    this.#open.set(peer, open + 1);
    let isOver = false;
    const end = (message: Message | undefined): void => {
      if (isOver) return;
      isOver = true;
      this.#open.set(peer, this.#open.get(peer)! - 1);
      done(message);
    };
    clock.after(REQUEST_LIMITS.firstByte * MILLISECOND, () => end(undefined));
    // The protocol of the stream is agreed on first.
    clock.after(seconds(internet.roundTrip(this.index, peer)), () => {
      internet.send(this.index, peer, QUESTION_BYTES, () => {
        const parcel = hosts[peer]!.#answer(wanted, this.index);
        internet.send(peer, this.index, ANSWER_BYTES + (parcel?.bytes ?? 0), () => {
          if (parcel === undefined || isOver) end(undefined);
          else this.#enqueue(parcel, peer, () => end(this.store.find(wanted)));
        });
      });
    });
  }

  /** The message that a peer asked for, if it is here and within the budgets. */
  #answer(wanted: Wanted, from: number): Parcel | undefined {
    const peer = String(from);
    const now = this.#milliseconds;
    if (!this.#questions.take(peer, 1, now)) return undefined;
    const message = this.store.find(wanted);
    if (message === undefined) return undefined;
    const parcel = this.#world.parcels.of(message);
    const isWithin =
      this.#answerBytes.left(peer, now) >= parcel.bytes &&
      this.#allAnswerBytes.take("", parcel.bytes, now) &&
      this.#answerBytes.take(peer, parcel.bytes, now);
    return isWithin ? parcel : undefined;
  }

  // ─── What came too early ───────────────────────────────────────────────────────────────────────────────────────────

  #planRetry(): void {
    if (this.#isRetryPlanned) return;
    this.#isRetryPlanned = true;
    this.#world.clock.after(RETRY, () => {
      this.#isRetryPlanned = false;
      this.#tryLater();
      if (this.#later.size > 0) this.#planRetry();
    });
  }

  #tryLater(): void {
    if (this.#isTrying) return;
    const isPossible = (wanted: Wanted): boolean => canBeJudged(wanted, this.facts, (name) => this.store.find(name));
    const due = this.#later.due(isPossible, this.#milliseconds);
    let open = due.length;
    this.#isTrying = open > 0;
    const end = (): void => {
      open -= 1;
      if (open === 0) this.#isTrying = false;
    };
    for (const { wanted, peers } of due) {
      if (this.store.find(wanted) !== undefined) {
        this.#later.found(wanted);
        end();
        continue;
      }
      const rest = peers.map(Number);
      const next = (): void => {
        const peer = rest.shift();
        if (peer === undefined) end();
        else this.#ask(peer, wanted, (message) => (message === undefined ? next() : end()));
      };
      next();
    }
  }

  // ─── Looks ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** L1 has a new block. */
  tell(block: number): void {
    this.#told = block;
    this.wake();
  }

  /** Plans the next look: something has changed. */
  wake(): void {
    if (this.#isLookPlanned) return;
    this.#isLookPlanned = true;
    const { clock, look } = this.#world;
    const step = seconds(look);
    const turns = step === 0 ? 0 : Math.floor((clock.now - this.#phase) / step) + 1;
    clock.at(step === 0 ? clock.now : this.#phase + turns * step, () => {
      this.#isLookPlanned = false;
      this.#look();
    });
  }

  #look(): void {
    if (this.#told > this.facts.block) {
      this.facts.block = this.#told;
      this.store.prune(this.facts);
      this.#tryLater();
    }
    for (const call of this.#calls.splice(0)) call();
    for (const role of this.roles) {
      if (this.#working.has(role)) continue;
      this.#working.add(role);
      role.step((acted) => {
        this.#working.delete(role);
        if (acted) this.wake();
      });
    }
  }

  /** Sends a call to L1 at the next look, once for each name. @returns whether it is new */
  call(name: string, act: () => void): boolean {
    if (this.#named.has(name)) return false;
    this.#named.add(name);
    this.#calls.push(act);
    this.wake();
    return true;
  }
}

/** Bytes of a slot. */
const SLOT = 93;

/** Stands for the transcript of a tree of any size: the rules read the tickets alone. */
const ticketsOf = (promised: bigint): Transcript =>
  ({ promised, ticket: (node: number) => Number((promised >> BigInt(8 * node)) & 0xffn) }) as unknown as Transcript;
