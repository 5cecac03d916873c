// SPDX-License-Identifier: MIT
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { Transaction, Wallet as Key } from "ethers";

import type { B52Node } from "../../src/agents/index.ts";
import { reasonOf } from "../../src/chain/index.ts";
import { ifExists } from "../../src/files.ts";
import type { Ended } from "../devnet/children.ts";
import { describeB52, describePoe, type TrafficCount } from "../devnet/describe.ts";
import { BEAT, Network } from "../devnet/network.ts";
import type { NodeProcess } from "../devnet/nodeProcess.ts";
import { Observer } from "../devnet/observer.ts";
import type { RollupName } from "../devnet/rollupNames.ts";
import type { DevnetRollup } from "../devnet/rollups.ts";
import { keyOf, NODES, TICKETS, type B52NodeName, type NodeName, type Pace } from "../devnet/topology.ts";
import { Traffic, type AcceptedTransaction } from "../devnet/traffic.ts";
import { CASTS, type TrafficLimits } from "../devnet/trafficPlan.ts";
import type { UserName } from "../devnet/users.ts";
import { Random } from "../random.ts";
import { B52_CHECKS, type B52Facts } from "./b52Checks.ts";
import { gatherB52Facts, owedByB52, stakesOf } from "./b52Facts.ts";
import { CHECKS, judge, type ChaosFacts, type Verdict } from "./checks.ts";
import { Fillings, SmallDisk } from "./disk.ts";
import { gatherFacts } from "./facts.ts";
import { FileTail } from "./fileTail.ts";
import { HOSTILE_TICKET, HostileChild } from "./hostileChild.ts";
import { Journal, Tally } from "./journal.ts";
import { PeerTroubles } from "./peerTroubles.ts";
import { CHAOS_NODES, describeFault, planB52Faults, planFaults, type Boundary, type Era, type Fault } from "./plan.ts";
import { Proxy } from "./proxy.ts";
import { reorganise } from "./reorganise.ts";
import { countWarnings, type B52Report, type ChaosReport, type FaultRecord } from "./report.ts";
import { L1Clock, Timeline } from "./timeline.ts";

export interface ChaosOptions {
  readonly seed: number;
  /** Of the faults; the start and the healing come on top. */
  readonly minutes: number;
  /** Folder that stays, with databases and logs; undefined for one that is removed at the end. */
  readonly keep: string | undefined;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
  readonly rollups: readonly RollupName[];
  /** Default: all of the rollups. */
  readonly nodes?: readonly NodeName[];
  /** Those who have accounts on L2, of Proof of Efficiency. Default: all. */
  readonly users?: readonly UserName[];
  readonly pace?: Pace;
  readonly limits?: TrafficLimits;
  /** Mean milliseconds between two faults. */
  readonly gap?: number;
  /**
   * Milliseconds that the nodes have to settle everything after the last fault; with B52 three rounds and a defence window
   * more. Default: ten minutes.
   */
  readonly healing?: number;
  /** Milliseconds after which a boundary that a node does not pass is given up. Default: a minute. */
  readonly armed?: number;
  /** The users go on, whatever the time is, until so many transactions are accepted. Default: 1. */
  readonly minAccepted?: number;
  /** The faults. Default: drawn from the seed. */
  readonly faults?: readonly Fault[];
}

/** Milliseconds. */
const STEP = 1_000;
const STATUS = 15_000;
/** A node that ended by itself is started again after so long, as a service manager does it. */
const RESTART = 3_000;
const ARMED = 60_000;
const HEALING = 600_000;
/** A node stops within ten seconds by its own clock (docs/node.md); on a busy machine its end is seen later. */
const STOP = 30_000;
/** A start fails within this time after its endpoint had trouble. */
const TROUBLED = 15_000;
/** A transaction that waits for so long after the last fault cannot be executed, and its sender replaces it. */
const STUCK = 20_000;
/** A boundary of B52's roles comes once in a round. */
const ARMED_QUIET = 120_000;
/** Nodes read L1 again after it went back, and dial their peers again after the network was whole. */
const [REREADING, REDIALLING] = [15_000, 30_000];
/** Seconds after the end of a defence window in which those who slash have done so: a block for each. */
const COURT = 60;
/** An era lasts for so many rounds at least. */
const ERA_ROUNDS = 3;
const PACE: Pace = { maxAge: 10, patience: 300 };

const CHAOS_NODE_WITH_SMALL_DISK = "sequencer-2" satisfies NodeName;

/** Makes a network, does to it what the plan says, lets it heal, and judges. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { keep, say } = options;
  const folder = keep === undefined ? mkdtempSync(join(tmpdir(), "chaos-")) : resolve(keep);
  const begin = Date.now();
  const tell = (line: string): void =>
    say(`[${String(Math.round((Date.now() - begin) / 1_000)).padStart(4)} s] ${line}`);
  const chaos = new Chaos(options, folder, tell);
  try {
    return await chaos.run();
  } finally {
    await chaos.stop();
    if (keep === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

/** A rollup of the run, with its users. */
interface Side {
  readonly name: RollupName;
  readonly observer: Observer;
  readonly traffic: Traffic;
  /** Of its nodes that run. */
  readonly nodes: readonly NodeName[];
}

class Chaos {
  readonly #options: ChaosOptions;
  readonly #folder: string;
  readonly #tell: (line: string) => void;
  readonly #journal: Journal;
  /** For what is drawn while the plan runs; how often depends on time. */
  readonly #random: Random;
  readonly #armed = new Map<
    NodeName,
    { readonly boundary: Boundary; readonly fire: () => void; readonly giveUp: () => void }
  >();
  readonly #troubles = new Tally();
  /** Nodes that ended before they had started, as their endpoint had trouble. */
  readonly #givenUp = new Tally();
  /** When the endpoint of a node had trouble the last time, in unix milliseconds. */
  readonly #troubledAt = new Map<string, number>();
  readonly #starts = new Tally();
  readonly #records: FaultRecord[] = [];
  readonly #ends: (Ended & { readonly node: string; readonly tail: string })[] = [];
  /** Nodes that this program has ended, and is about to start again. */
  readonly #down = new Set<NodeName>();
  readonly #timeline = new Timeline();
  readonly #clock = new L1Clock();
  /** The last transaction of each node that passed the proxy, as signed bytes in hex. */
  readonly #lastSent = new Map<string, string>();
  #eras: readonly Era[] = [];
  #peers: PeerTroubles | undefined;
  #hostile: HostileChild | undefined;
  #fillings: Fillings | undefined;
  #isEnding = false;
  #disk: SmallDisk | undefined;
  #proxy: Proxy | undefined;
  #network: Network | undefined;
  #begin = 0;

  constructor(options: ChaosOptions, folder: string, tell: (line: string) => void) {
    this.#options = options;
    this.#folder = folder;
    this.#tell = tell;
    this.#journal = new Journal(join(folder, "journal.jsonl"));
    this.#random = new Random(`chaos while it runs/${options.seed}`);
  }

  async run(): Promise<ChaosReport> {
    const { minutes, signal, minAccepted = 1, healing = HEALING } = this.#options;
    const started = new Date();
    const names = this.#names;
    if (names.includes(CHAOS_NODE_WITH_SMALL_DISK)) {
      this.#disk = SmallDisk.mount(join(this.#folder, CHAOS_NODE_WITH_SMALL_DISK));
      this.#fillings = this.#disk && new Fillings(this.#disk);
    }
    const network = await this.#start(names);
    const sides = this.#sidesOf(network);
    if (network.b52 !== undefined) await this.#startHostile(network);
    const faults = this.#options.faults ?? this.#planFaults(network);
    const floor = await this.#accountsAreThere(sides);
    this.#tell(`${faults.length} faults; L1 can go back to block ${floor}`);
    this.#begin = Date.now();
    const plan = this.#apply(faults, floor);
    let isApplied = false;
    const isOver = (): boolean =>
      isApplied && this.#isTimeOver(minutes) && this.#journal.accepted.length >= minAccepted;
    await Promise.all([plan.then(() => (isApplied = true)), this.#drive(sides, () => isOver() || signal.aborted)]);
    signal.throwIfAborted();
    this.#tell("the last fault is over: everything heals");
    const healed = Date.now();
    await this.#hostile?.stop();
    await this.#heal(sides, healing + healingOfB52(network));
    const healingSeconds = Math.round((Date.now() - healed) / 1_000);
    signal.throwIfAborted();
    this.#tell("gathering the facts");
    const report = await this.#judge(network, sides);
    return this.#report(report, { started, healingSeconds });
  }

  /** Nodes that run. */
  get #names(): readonly NodeName[] {
    const { rollups, nodes } = this.#options;
    return nodes ?? rollups.flatMap((rollup): readonly NodeName[] => CHAOS_NODES[rollup]);
  }

  /** The faults of each rollup, in the order of their times. */
  #planFaults({ poe, b52 }: Network): Fault[] {
    const { seed, minutes, gap } = this.#options;
    const fillable = this.#disk === undefined ? undefined : CHAOS_NODE_WITH_SMALL_DISK;
    const common = { seed, length: minutes * 60_000, ...(gap === undefined ? {} : { gap }) };
    const nodes = this.#names.filter((name) => NODES.poe.some((other) => other === name));
    const faults = poe === undefined ? [] : planFaults({ ...common, nodes, fillable });
    if (b52 === undefined) return faults;
    const era = ERA_ROUNDS * 1_000 * roundOf(b52.observer.node);
    const planned = planB52Faults({ ...common, era, hasReorgs: poe === undefined });
    this.#eras = planned.eras;
    return [...faults, ...planned.faults].sort((a, b) => a.at - b.at);
  }

  /** Ends everything, whatever the state is. */
  async stop(): Promise<void> {
    this.#isEnding = true;
    for (const node of this.#network?.nodes.values() ?? []) await node.signal("SIGCONT");
    await this.#hostile?.stop();
    await this.#network?.stop();
    await this.#peers?.close();
    await this.#proxy?.close();
    this.#disk?.release();
  }

  async #start(names: readonly NodeName[]): Promise<Network> {
    const { pace = PACE, signal, users, rollups } = this.#options;
    const network = await Network.start({
      ...(users === undefined ? {} : { users: { poe: users } }),
      ...{ folder: this.#folder, rollups, pace, nodes: names, signal, say: this.#tell, anyPorts: true },
      wrapL1: async (anvil) => {
        const proxy = await Proxy.listen(anvil, this.#random, {
          sending: async (name, raw) => {
            this.#journal.send(name, raw);
            this.#lastSent.set(name, raw);
            return !(await this.#fires(name as NodeName, "beforeSend"));
          },
          sent: async (name) => {
            const { b52 } = this.#network ?? {};
            const isBid = b52 !== undefined && isCommitment(this.#lastSent.get(name), b52.observer.node);
            if (isBid) await this.#fires(name as NodeName, "commit");
            await this.#fires(name as NodeName, "afterSend");
          },
          read: (name) => {
            if (this.#armed.get(name as NodeName)?.boundary !== "read") return;
            // The node works on the logs for a moment, and then writes.
            setTimeout(() => void this.#fires(name as NodeName, "read"), this.#random.int(100));
          },
          troubled: (name, handling) => {
            this.#troubles.add(handling);
            this.#troubledAt.set(name, Date.now());
          },
        });
        this.#proxy = proxy;
        return (name) => proxy.urlOf(name);
      },
      wrapPeers: async (portOf) => {
        const peers = await PeerTroubles.listen(portOf);
        this.#peers = peers;
        return (name) => peers.optionsFor(name);
      },
    });
    this.#network = network;
    for (const node of network.nodes.values()) node.onEnd((ended) => void this.#ended(node, ended));
    return network;
  }

  async #startHostile({ children, anvil, b52 }: Network): Promise<void> {
    const { deployed, observer } = b52!;
    this.#tell("hostile: a deposit and a ticket");
    await HostileChild.fund(observer.node);
    const { rollup, deploymentBlock } = deployed;
    const addresses = this.#peers!.hostileAddresses;
    const known = { l1: anvil.url, rollup, deploymentBlock, addresses, seed: this.#options.seed };
    this.#hostile = HostileChild.start(children, this.#folder, known);
  }

  #sidesOf(network: Network): Side[] {
    return this.#options.rollups.map((name) => {
      const { observer, users } = name === "poe" ? network.poe! : network.b52!;
      const nodes = this.#names.filter((node) => NODES[name].some((other) => other === node));
      return { name, observer, nodes, traffic: this.#traffic(name, network, { observer, users }) };
    });
  }

  #traffic(
    name: RollupName,
    { provider, nodes }: Network,
    { observer, users }: Pick<DevnetRollup, "observer" | "users">,
  ): Traffic {
    const { traffic } = this.#journal;
    const { limits } = this.#options;
    const prefix = this.#options.rollups.length > 1 ? `${name}: ` : "";
    return new Traffic({
      ...{ cast: CASTS[name], observer, provider, accounts: users, random: this.#random },
      ...(limits === undefined ? {} : { limits }),
      urlOf: (entry) => nodes.get(entry)!.plan.url,
      listener: {
        accepted: (transaction) => {
          this.#journal.accept(transaction);
          traffic.add(`${prefix}accepted: ${transaction.kind}`);
          void this.#fires(transaction.node, "accepted");
        },
        refused: (kind, code) => traffic.add(`${prefix}refused: ${kind}: ${code}`),
        unanswered: (kind) => traffic.add(`${prefix}not answered: ${kind}`),
        onL1: (kind, reason) => traffic.add(`${prefix}on L1: ${kind}${reason === undefined ? "" : ": failed"}`),
      },
    });
  }

  /**
   * Waits until the users' accounts are in a batch. Under B52 that takes a round, so faults begin before.
   *
   * @returns the block of L1 that has them, or their deposits
   */
  async #accountsAreThere(sides: readonly Side[]): Promise<number> {
    let floor = await this.#network!.provider.getBlockNumber();
    for (const { name, observer, traffic } of sides) {
      if (name === "b52") continue;
      const last = this.#network!.poe!.users.at(-1)!.index;
      while (observer.node.virtualState.account(last) === undefined) {
        this.#options.signal.throwIfAborted();
        await sleep(STEP);
        await traffic.settle();
      }
      const posted = this.#network!.poe!.observer.node.batches.at(-1)!.postedAt;
      floor = sides.length > 1 ? Math.max(floor, posted) : posted;
    }
    return floor;
  }

  #isTimeOver(minutes: number): boolean {
    return Date.now() - this.#begin >= minutes * 60_000;
  }

  async #drive(sides: readonly Side[], isOver: () => boolean): Promise<void> {
    let told = Date.now();
    while (!isOver()) {
      await this.#sampleClock();
      for (const { name, traffic } of sides) {
        try {
          await traffic.step();
        } catch (error) {
          this.#tell(`traffic of ${name}: ${reasonOf(error)}`);
        }
      }
      if (Date.now() - told >= STATUS) {
        told = Date.now();
        this.#tell(await this.#status());
      }
      await sleep(STEP);
    }
  }

  async #sampleClock(): Promise<void> {
    const block = await this.#network!.provider.getBlock("latest").catch(() => null);
    if (block !== null) this.#clock.sample(block.timestamp);
  }

  async #status(): Promise<string> {
    const { poe, b52, provider } = this.#network!;
    const accepted = (name: RollupName): TrafficCount => ({ accepted: this.#acceptedBy(name).length, refused: 0 });
    const block = await provider.getBlock("latest").catch(() => null);
    return [
      `L1 block ${block?.number ?? "–"}`,
      ...(poe === undefined ? [] : [describePoe(poe.observer.node, accepted("poe"))]),
      ...(b52 === undefined ? [] : [describeB52(b52.observer.node, accepted("b52"), block?.timestamp ?? 0)]),
    ].join("; ");
  }

  #acceptedBy(rollup: RollupName): AcceptedTransaction[] {
    return this.#journal.accepted.filter(({ node }) => NODES[rollup].some((name) => name === node));
  }

  // ── Faults ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  async #apply(faults: readonly Fault[], floor: number): Promise<void> {
    const running: Promise<void>[] = [];
    for (const fault of faults) {
      while (Date.now() - this.#begin < fault.at) {
        if (this.#options.signal.aborted) return;
        await sleep(100);
      }
      const record: FaultRecord = { at: fault.at, what: describeFault(fault), seen: "" };
      this.#records.push(record);
      this.#tell(record.what);
      running.push(
        this.#do(fault, floor)
          .catch((error: unknown) => `failed: ${reasonOf(error)}`)
          .then((seen) => {
            record.seen = seen;
          }),
      );
    }
    await Promise.race([Promise.all(running), aborted(this.#options.signal)]);
  }

  /** @returns what was seen, in words */
  async #do(fault: Fault, floor: number): Promise<string> {
    const network = this.#network!;
    switch (fault.kind) {
      case "kill":
        return this.#kill(network.node(fault.node), fault.signal, fault.down);
      case "boundary":
        return isQuiet(fault.boundary)
          ? this.#killUnheard(network.node(fault.node), fault.boundary, fault.down)
          : this.#killAt(network.node(fault.node), fault.boundary, fault.down);
      case "pause": {
        const node = network.node(fault.node);
        if (!node.isRunning) return "it did not run";
        const end = this.#timeline.begin(fault.node);
        await node.signal("SIGSTOP");
        await sleep(fault.length);
        await node.signal("SIGCONT");
        end();
        return "stopped, and went on";
      }
      case "reorg": {
        const { url } = network.anvil;
        const end = this.#timeline.begin("all");
        // Each node reads L1 again.
        setTimeout(end, REREADING);
        const { from, depth, lost, returned } = await reorganise(
          ...([url, fault.depth, floor, fault.returning, this.#random, BEAT] as const),
        );
        return `${depth} blocks from ${from} on, with ${lost} transactions, of which ${returned} returned`;
      }
      case "endpoint": {
        const names = fault.node === "all" ? NODES.poe : [fault.node];
        const ends = names.map((name) => this.#timeline.begin(name));
        for (const name of names) this.#proxy!.trouble(name, fault.trouble);
        await sleep(fault.length);
        for (const name of names) this.#proxy!.trouble(name, undefined);
        for (const end of ends) end();
        return "over";
      }
      case "fill": {
        this.#fillings!.begin();
        await sleep(fault.length);
        this.#fillings!.end(Date.now());
        const wasEnded = !network.node(fault.node).isRunning;
        return wasEnded ? "the node ended, and was started again" : "the node wrote nothing, or went on";
      }
      case "partition":
      case "link": {
        const nodes = fault.kind === "partition" ? fault.apart : fault.between;
        const ends = nodes.map((name) => this.#timeline.begin(name, true));
        const heal = this.#peers!.begin(fault);
        await sleep(fault.length);
        heal();
        // A peer is dialled again after a while.
        setTimeout(() => {
          for (const end of ends) end();
        }, REDIALLING);
        return "healed";
      }
    }
  }

  async #kill(node: NodeProcess, signal: "SIGKILL" | "SIGTERM", down: number): Promise<string> {
    const { name } = node.plan;
    if (!node.isRunning || this.#down.has(name)) return "it did not run";
    this.#down.add(name);
    const isCalm = this.#timeline.begin(name);
    const begin = performance.now();
    const runs = (): boolean => node.isRunning;
    await node.signal("SIGCONT");
    await node.signal(signal);
    let seen = "killed";
    if (signal === "SIGTERM") {
      while (runs() && performance.now() - begin < STOP) await sleep(50);
      seen = `ended after ${((performance.now() - begin) / 1_000).toFixed(1)} s`;
      if (runs()) {
        seen = "did not end in time";
        this.#ends.push({ node: name, code: null, signal: "SIGTERM", tail: seen });
        await node.signal("SIGKILL");
      }
    }
    await this.#startAfter(node, down);
    void node.ready().then(isCalm, () => undefined);
    return seen;
  }

  async #startAfter(node: NodeProcess, down: number): Promise<void> {
    await sleep(down);
    this.#down.delete(node.plan.name);
    if (this.#isEnding) return;
    this.#starts.add(node.plan.name);
    node.start();
  }

  #killAt(node: NodeProcess, boundary: Boundary, down: number): Promise<string> {
    const { name } = node.plan;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#armed.delete(name);
        resolve("the boundary was not passed");
      }, this.#options.armed ?? ARMED);
      const fire = (): void => {
        clearTimeout(timer);
        this.#tell(`${name} is killed at "${boundary}"`);
        void this.#kill(node, "SIGKILL", down).then(resolve);
      };
      const giveUp = (): void => {
        clearTimeout(timer);
        resolve("another fault took its place");
      };
      this.#armed.get(name)?.giveUp();
      this.#armed.set(name, { boundary, fire, giveUp });
    });
  }

  /**
   * Kills a node of B52 that has kept an offer, a vote or a proof, and tells of it, while nobody hears what it says. The
   * node waits for others before a vote and before a proof: until then it is heard.
   */
  async #killUnheard(node: NodeProcess, boundary: QuietBoundary, down: number): Promise<string> {
    const name = node.plan.name as B52NodeName;
    const { signal, armed = ARMED_QUIET } = this.#options;
    const { hears, act } = QUIET[boundary];
    const isHeard = hears === undefined || (await this.#hostile!.hears(hears, armed, signal));
    const runs = (): boolean => node.isRunning;
    if (!isHeard) return "the boundary was not passed";
    if (this.#down.has(name) || !runs()) return "it did not run";
    const unmute = this.#peers!.mute(name);
    const isCalm = this.#timeline.begin(name, true);
    const tail = FileTail.fromEnd(node.plan.log);
    const end = Date.now() + armed;
    let isPassed = false;
    while (!isPassed && runs() && Date.now() < end && !signal.aborted) {
      await sleep(20);
      isPassed = tail.read().some((line) => line.includes(act));
    }
    if (isPassed) this.#tell(`${name} is killed at "${boundary}"`);
    const killed = isPassed ? this.#kill(node, "SIGKILL", down) : Promise.resolve("the boundary was not passed");
    // It has ended before it can be heard again.
    while (isPassed && runs() && this.#down.has(name)) await sleep(5);
    unmute();
    isCalm();
    return killed;
  }

  /** Kills a node that has come to the boundary at which it is to be killed. @returns whether it was */
  async #fires(name: NodeName, boundary: Boundary): Promise<boolean> {
    const armed = this.#armed.get(name);
    if (armed?.boundary !== boundary) return false;
    this.#armed.delete(name);
    armed.fire();
    while (this.#network?.node(name).isRunning === true) await sleep(5);
    return true;
  }

  /** A node has ended: starts it again, unless somebody else does. */
  async #ended(node: NodeProcess, ended: Ended): Promise<void> {
    const { name } = node.plan;
    if (this.#isEnding || this.#down.has(name)) return;
    const isOfDisk = name === CHAOS_NODE_WITH_SMALL_DISK && this.#fillings?.explains(Date.now()) === true;
    // A node that starts and cannot read L1 says so and ends, as it cannot tell trouble from a wrong address.
    const isOfEndpoint = !node.hasStarted && Date.now() - (this.#troubledAt.get(name) ?? 0) < TROUBLED;
    if (isOfEndpoint) {
      this.#givenUp.add(name);
    } else if (!isOfDisk) {
      const tail = node.tail().trim().split("\n").slice(-2).join(" | ");
      this.#tell(`${name} ended by itself: ${tail}`);
      this.#ends.push({ ...ended, node: name, tail });
    }
    this.#down.add(name);
    const isCalm = this.#timeline.begin(name);
    await this.#startAfter(node, RESTART);
    void node.ready().then(isCalm, () => undefined);
  }

  // ── Healing ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Waits until all is settled, or the time is over. Users replace what cannot be executed, and do nothing else. */
  async #heal(sides: readonly Side[], patience: number): Promise<void> {
    const { signal } = this.#options;
    const begin = Date.now();
    let told = begin;
    while (Date.now() - begin < patience && !signal.aborted) {
      await this.#sampleClock();
      try {
        const settled = [];
        for (const side of sides) settled.push(await this.#isSettled(side, Date.now() - begin));
        if (settled.every((isSettled) => isSettled)) return;
      } catch (error) {
        this.#tell(`healing: ${reasonOf(error)}`);
      }
      if (Date.now() - told >= STATUS) {
        told = Date.now();
        this.#tell(await this.#status());
      }
      await sleep(2 * STEP);
    }
    this.#tell("not all is settled in time");
  }

  /** @param healing milliseconds since the last fault */
  async #isSettled({ name, traffic, observer, nodes }: Side, healing: number): Promise<boolean> {
    const isAnswered = await traffic.settle();
    const { b52 } = this.#network!;
    const open = this.#acceptedBy(name).filter(({ account, nonce }) => nonce >= traffic.nonceOf(account));
    const stuck = name === "poe" ? STUCK : 2_000 * roundOf(b52!.observer.node);
    if (healing > stuck) for (const transaction of firstOfEach(open)) await traffic.replace(transaction);
    if (!isAnswered || open.length > 0) return false;
    const isDrained = name === "poe" ? this.#isPoeDrained() : await this.#isB52Drained();
    return isDrained && (await this.#areAtHead(observer.node.verifiedBatches, nodes));
  }

  #isPoeDrained(): boolean {
    const { node } = this.#network!.poe!.observer;
    return node.virtualBatches.length === 0 && node.forcedOperations.length === node.sequencedForced;
  }

  /** Whether nothing waits, every bid of the honest is settled, and nothing can be defended any more. */
  async #isB52Drained(): Promise<boolean> {
    const { observer, deployed } = this.#network!.b52!;
    const { node } = observer;
    const now = (await this.#network!.provider.getBlock("latest"))?.timestamp ?? 0;
    const isExecuted = node.forcedOperations.length === node.executedForced && node.virtualBatches.length === 0;
    const isDefended = node.provenBlocks.every(({ record }) => Number(record.defenceEnd) + COURT < now);
    return isExecuted && isDefended && deployed.deploymentBlock > 0 && areHonestBidsSettled(node);
  }

  /** Whether all nodes run and have all batches. */
  async #areAtHead(batches: number, names: readonly NodeName[]): Promise<boolean> {
    const network = this.#network!;
    for (const name of names) {
      const { isRunning, plan } = network.node(name);
      if (!isRunning) return false;
      const response = await fetch(`${plan.url}/metrics`);
      const [, final] = /rollup_batches\{stage="final"\} (\d+)/u.exec(await response.text()) ?? [];
      if (Number(final) !== batches) return false;
    }
    return true;
  }

  // ── The end ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Looks at everything. */
  async #judge({ nodes, provider, poe, b52, times }: Network, sides: readonly Side[]): Promise<Judged> {
    const judged: Judged = { verdicts: [], batches: {}, l1Transactions: this.#journal.sent.length, b52: undefined };
    for (const { name: rollup, nodes: names } of sides) {
      const isOf = ({ node }: { readonly node: string }): boolean => names.some((name) => name === node);
      const journal = { accepted: this.#journal.accepted.filter(isOf), sent: this.#journal.sent.filter(isOf) };
      const urls = names.map((name) => ({ name, url: nodes.get(name)!.plan.url }));
      const ends = this.#ends.filter(isOf);
      if (rollup === "poe") {
        const { rollup: address, deploymentBlock } = poe!.deployed;
        const { node } = await Observer.open("Proof of Efficiency", provider, address, deploymentBlock);
        const facts = await gatherFacts(node, journal, urls, ends);
        judged.batches[rollup] = node.batches.length;
        judged.verdicts.push(...named(rollup, judge(facts, CHECKS), sides.length));
        continue;
      }
      const { rollup: address, deploymentBlock } = b52!.deployed;
      const { node } = await Observer.open("B52", provider, address, deploymentBlock);
      const facts = await gatherFacts(node, journal, urls, ends, await owedByB52(node));
      const stakes = await stakesOf(node, [...Object.values(TICKETS), HOSTILE_TICKET]);
      const all: ChaosFacts = { ...facts, money: [...facts.money, stakes] };
      const seen = {
        ...{ hostile: this.#hostile!.lines(), spans: this.#timeline.spans, clock: this.#clock, times: times! },
        eras: this.#eras.map(({ from, to, spared }, i) => ({
          ...{ spared, from: this.#begin + from },
          // The last one ends when all is healed.
          to: i === this.#eras.length - 1 ? Date.now() : this.#begin + to,
        })),
      };
      const ofB52 = await gatherB52Facts(node, seen);
      judged.batches[rollup] = node.batches.length;
      judged.verdicts.push(...named(rollup, [...judge(all, CHECKS), ...judge(ofB52, B52_CHECKS)], sides.length));
      judged.b52 = this.#describeB52(ofB52, roundOf(node));
    }
    return judged;
  }

  #describeB52({ bids, slashes, eras }: B52Facts, seconds: number): B52Report {
    const acts = new Tally();
    for (const line of this.#hostile!.lines()) acts.add("did" in line ? line.did : `heard: ${line.heard}`);
    const outcomes = new Tally();
    for (const { outcome, isShown } of bids) outcomes.add(isShown ? outcome : `${outcome}, not shown`);
    return {
      ...{ roundSeconds: seconds, hostile: acts.counts, bids: outcomes.counts },
      slashes: slashes.map(({ ticket, round, node, calm }) => ({
        ...{ ticket, round: String(round), node, calmSeconds: Math.round(calm / 1_000) },
        isHonest: ticket !== HOSTILE_TICKET,
      })),
      eras: eras.map((era) => ({ ...era })),
    };
  }

  #report(
    { verdicts, batches, l1Transactions, b52 }: Judged,
    { started, healingSeconds }: { readonly started: Date; readonly healingSeconds: number },
  ): ChaosReport {
    const { seed, minutes } = this.#options;
    const logs = this.#names.map((name) => ({
      name,
      text: ifExists(() => readFileSync(this.#network!.node(name).plan.log, "utf8")) ?? "",
    }));
    return {
      ...{ seed, minutes, healingSeconds, batches, started: started.toISOString(), faults: this.#records },
      ...{ nodes: this.#names, canFill: this.#disk !== undefined, traffic: this.#journal.traffic.counts },
      ...{ l1Transactions, troubles: this.#troubles.counts, restarts: this.#starts.counts },
      givenUp: this.#givenUp.counts,
      warnings: Object.fromEntries(logs.map(({ name, text }) => [name, countWarnings(text)])),
      ...{ verdicts, b52 },
    };
  }
}

/** The verdicts of a run, and what its report says besides. */
interface Judged {
  readonly verdicts: Verdict[];
  readonly batches: Partial<Record<RollupName, number>>;
  readonly l1Transactions: number;
  b52: B52Report | undefined;
}

/** Verdicts with the name of their rollup, if there are several. */
const named = (rollup: RollupName, verdicts: readonly Verdict[], rollups: number): Verdict[] =>
  verdicts.map((verdict) => (rollups > 1 ? { ...verdict, meaning: `${rollup}: ${verdict.meaning}` } : verdict));

// ── B52 ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The trace of an act in the log of a node, and what others tell it before. */
const QUIET = {
  offer: { hears: undefined, act: '"role":"proposer","do":"offer"' },
  vote: { hears: "proposal", act: '"role":"voter","do":"vote"' },
  proof: { hears: "block", act: '"role":"prover","do":"prove"' },
} as const;
type QuietBoundary = keyof typeof QUIET;
const isQuiet = (boundary: Boundary): boundary is QuietBoundary => Object.hasOwn(QUIET, boundary);

/** Whether a signed transaction commits to a block. */
const isCommitment = (raw: string | undefined, { system }: B52Node): boolean =>
  raw !== undefined && Transaction.from(raw).data.startsWith(system.consensus.interface.getFunction("commit").selector);

/** Seconds of both windows. */
const roundOf = ({ parameters }: B52Node): number => Number(parameters.proposalWindow + parameters.proofWindow);

/** Milliseconds that B52 needs more to heal: three rounds, and a defence window. */
function healingOfB52({ b52 }: Network): number {
  if (b52 === undefined) return 0;
  const { node } = b52.observer;
  return 1_000 * (3 * roundOf(node) + Number(node.parameters.defenceWindow) + COURT);
}

const areHonestBidsSettled = (node: B52Node): boolean =>
  (["proposer-1", "proposer-2"] as const).every((name) =>
    node.proposalsBy(new Key(keyOf(name)).address).every((proposal) => node.isSettled(proposal)),
  );

/** Settles when the signal says so. */
const aborted = (signal: AbortSignal): Promise<void> =>
  signal.aborted
    ? Promise.resolve()
    : new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));

/** The first of each account by nonce: those behind it get their turn when it is done. */
function firstOfEach(open: readonly AcceptedTransaction[]): AcceptedTransaction[] {
  const first = new Map<number, AcceptedTransaction>();
  for (const transaction of open) {
    const known = first.get(transaction.account);
    if (known === undefined || transaction.nonce < known.nonce) first.set(transaction.account, transaction);
  }
  return [...first.values()];
}
