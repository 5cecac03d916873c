// SPDX-License-Identifier: MIT
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { reasonOf } from "../../src/chain/index.ts";
import { ifExists } from "../../src/files.ts";
import type { Ended } from "../devnet/children.ts";
import { BEAT, Network } from "../devnet/network.ts";
import type { NodeProcess } from "../devnet/nodeProcess.ts";
import { Observer } from "../devnet/observer.ts";
import { NODES, type NodeName, type Pace } from "../devnet/topology.ts";
import { Traffic, type AcceptedTransaction } from "../devnet/traffic.ts";
import { CASTS, type TrafficLimits } from "../devnet/trafficPlan.ts";
import type { UserName } from "../devnet/users.ts";
import { Random } from "../random.ts";
import { CHECKS, judge, type ChaosFacts } from "./checks.ts";
import { Fillings, SmallDisk } from "./disk.ts";
import { gatherFacts } from "./facts.ts";
import { Journal, Tally } from "./journal.ts";
import { describeFault, planFaults, type Boundary, type Fault } from "./plan.ts";
import { Proxy } from "./proxy.ts";
import { reorganise } from "./reorganise.ts";
import { countWarnings, type ChaosReport, type FaultRecord } from "./report.ts";

export interface ChaosOptions {
  readonly seed: number;
  /** Of the faults; the start and the healing come on top. */
  readonly minutes: number;
  /** Folder that stays, with databases and logs; undefined for one that is removed at the end. */
  readonly keep: string | undefined;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
  /** Default: all. */
  readonly nodes?: readonly NodeName[];
  /** Those who have accounts on L2. Default: all. */
  readonly users?: readonly UserName[];
  readonly pace?: Pace;
  readonly limits?: TrafficLimits;
  /** Mean milliseconds between two faults. */
  readonly gap?: number;
  /** Milliseconds that the nodes have to settle everything after the last fault. Default: ten minutes. */
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
    const { seed, minutes, nodes: names = NODES.poe, signal, gap, healing = HEALING, minAccepted = 1 } = this.#options;
    const started = new Date();
    if (names.includes(CHAOS_NODE_WITH_SMALL_DISK)) {
      this.#disk = SmallDisk.mount(join(this.#folder, CHAOS_NODE_WITH_SMALL_DISK));
      this.#fillings = this.#disk && new Fillings(this.#disk);
    }
    const network = await this.#start(names);
    const fillable = this.#disk === undefined ? undefined : CHAOS_NODE_WITH_SMALL_DISK;
    const faults =
      this.#options.faults ??
      planFaults({
        ...{ seed, length: minutes * 60_000, nodes: names, fillable },
        ...(gap === undefined ? {} : { gap }),
      });
    const traffic = this.#traffic(network);
    const floor = await this.#accountsAreThere(traffic);
    this.#tell(`${faults.length} faults; L1 can go back to block ${floor}`);
    this.#begin = Date.now();
    const plan = this.#apply(faults, floor);
    let isApplied = false;
    const isOver = (): boolean =>
      isApplied && this.#isTimeOver(minutes) && this.#journal.accepted.length >= minAccepted;
    await Promise.all([plan.then(() => (isApplied = true)), this.#drive(traffic, () => isOver() || signal.aborted)]);
    signal.throwIfAborted();
    this.#tell("the last fault is over: everything heals");
    const healed = Date.now();
    await this.#heal(traffic, healing);
    const healingSeconds = Math.round((Date.now() - healed) / 1_000);
    signal.throwIfAborted();
    this.#tell("gathering the facts");
    const { rollup, deploymentBlock } = network.poe!.deployed;
    const { node } = await Observer.open("Proof of Efficiency", network.provider, rollup, deploymentBlock);
    const urls = [...network.nodes.values()]
      .filter(({ plan: { name } }) => names.includes(name))
      .map(({ plan: { name, url } }) => ({ name, url }));
    const facts = await gatherFacts(node, this.#journal, urls, this.#ends);
    return this.#report(facts, { started, healingSeconds, batches: node.batches.length });
  }

  /** Ends everything, whatever the state is. */
  async stop(): Promise<void> {
    this.#isEnding = true;
    for (const node of this.#network?.nodes.values() ?? []) await node.signal("SIGCONT");
    await this.#network?.stop();
    await this.#proxy?.close();
    this.#disk?.release();
  }

  async #start(names: readonly NodeName[]): Promise<Network> {
    const { pace = PACE, signal, users } = this.#options;
    const network = await Network.start({
      ...(users === undefined ? {} : { users: { poe: users } }),
      ...{ folder: this.#folder, rollups: ["poe"], pace, nodes: names, signal, say: this.#tell, anyPorts: true },
      wrapL1: async (anvil) => {
        const proxy = await Proxy.listen(anvil, this.#random, {
          sending: async (name, raw) => {
            this.#journal.send(name, raw);
            return !(await this.#fires(name as NodeName, "beforeSend"));
          },
          sent: async (name) => {
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
    });
    this.#network = network;
    for (const node of network.nodes.values()) node.onEnd((ended) => void this.#ended(node, ended));
    return network;
  }

  #traffic({ poe, provider, nodes }: Network): Traffic {
    const { observer, users } = poe!;
    const { traffic } = this.#journal;
    const { limits } = this.#options;
    return new Traffic({
      ...{ cast: CASTS.poe, observer, provider, accounts: users, random: this.#random },
      ...(limits === undefined ? {} : { limits }),
      urlOf: (name) => nodes.get(name)!.plan.url,
      listener: {
        accepted: (transaction) => {
          this.#journal.accept(transaction);
          traffic.add(`accepted: ${transaction.kind}`);
          void this.#fires(transaction.node, "accepted");
        },
        refused: (kind, code) => traffic.add(`refused: ${kind}: ${code}`),
        unanswered: (kind) => traffic.add(`not answered: ${kind}`),
        onL1: (kind, reason) => traffic.add(`on L1: ${kind}${reason === undefined ? "" : ": failed"}`),
      },
    });
  }

  /** Waits until the users' accounts are in a batch. @returns the block of L1 that has it */
  async #accountsAreThere(traffic: Traffic): Promise<number> {
    const { observer, users } = this.#network!.poe!;
    const last = users.at(-1)!.index;
    while (observer.node.virtualState.account(last) === undefined) {
      this.#options.signal.throwIfAborted();
      await sleep(STEP);
      await traffic.settle();
    }
    return observer.node.batches.at(-1)!.postedAt;
  }

  #isTimeOver(minutes: number): boolean {
    return Date.now() - this.#begin >= minutes * 60_000;
  }

  async #drive(traffic: Traffic, isOver: () => boolean): Promise<void> {
    let told = Date.now();
    while (!isOver()) {
      try {
        await traffic.step();
      } catch (error) {
        this.#tell(`traffic: ${reasonOf(error)}`);
      }
      if (Date.now() - told >= STATUS) {
        told = Date.now();
        this.#tell(this.#status());
      }
      await sleep(STEP);
    }
  }

  #status(): string {
    const { node } = this.#network!.poe!.observer;
    const { accepted } = this.#journal;
    return (
      `L1 block ${node.block}: ${node.batches.length} batches, ${node.verifiedBatches} final; ` +
      `${accepted.length} transactions accepted`
    );
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
        return this.#killAt(network.node(fault.node), fault.boundary, fault.down);
      case "pause": {
        const node = network.node(fault.node);
        if (!node.isRunning) return "it did not run";
        await node.signal("SIGSTOP");
        await sleep(fault.length);
        await node.signal("SIGCONT");
        return "stopped, and went on";
      }
      case "reorg": {
        const { url } = network.anvil;
        const { from, depth, lost, returned } = await reorganise(
          ...([url, fault.depth, floor, fault.returning, this.#random, BEAT] as const),
        );
        return `${depth} blocks from ${from} on, with ${lost} transactions, of which ${returned} returned`;
      }
      case "endpoint": {
        const names = fault.node === "all" ? NODES.poe : [fault.node];
        for (const name of names) this.#proxy!.trouble(name, fault.trouble);
        await sleep(fault.length);
        for (const name of names) this.#proxy!.trouble(name, undefined);
        return "over";
      }
      case "fill": {
        this.#fillings!.begin();
        await sleep(fault.length);
        this.#fillings!.end(Date.now());
        const wasEnded = !network.node(fault.node).isRunning;
        return wasEnded ? "the node ended, and was started again" : "the node wrote nothing, or went on";
      }
      default:
        throw new Error(`${fault.kind}: a fault of peers, which this network does not have`);
    }
  }

  async #kill(node: NodeProcess, signal: "SIGKILL" | "SIGTERM", down: number): Promise<string> {
    const { name } = node.plan;
    if (!node.isRunning || this.#down.has(name)) return "it did not run";
    this.#down.add(name);
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
    await this.#startAfter(node, RESTART);
  }

  // ── Healing ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Waits until all is settled, or the time is over. Users replace what cannot be executed, and do nothing else. */
  async #heal(traffic: Traffic, patience: number): Promise<void> {
    const network = this.#network!;
    const { signal, nodes: names = NODES.poe } = this.#options;
    const begin = Date.now();
    let told = begin;
    while (Date.now() - begin < patience && !signal.aborted) {
      try {
        const isAnswered = await traffic.settle();
        const { node } = network.poe!.observer;
        const open = this.#journal.accepted.filter(({ account, nonce }) => nonce >= traffic.nonceOf(account));
        if (Date.now() - begin > STUCK) for (const stuck of firstOfEach(open)) await traffic.replace(stuck);
        const isDrained = node.virtualBatches.length === 0 && node.forcedOperations.length === node.sequencedForced;
        if (isAnswered && open.length === 0 && isDrained && (await this.#areAtHead(names))) return;
      } catch (error) {
        this.#tell(`healing: ${reasonOf(error)}`);
      }
      if (Date.now() - told >= STATUS) {
        told = Date.now();
        this.#tell(this.#status());
      }
      await sleep(2 * STEP);
    }
    this.#tell("not all is settled in time");
  }

  /** Whether all nodes run and have all batches. */
  async #areAtHead(names: readonly NodeName[]): Promise<boolean> {
    const network = this.#network!;
    const { verifiedBatches } = network.poe!.observer.node;
    for (const name of names) {
      const { isRunning, plan } = network.node(name);
      if (!isRunning) return false;
      const response = await fetch(`${plan.url}/metrics`);
      const [, final] = /rollup_batches\{stage="final"\} (\d+)/u.exec(await response.text()) ?? [];
      if (Number(final) !== verifiedBatches) return false;
    }
    return true;
  }

  #report(
    facts: ChaosFacts,
    {
      started,
      healingSeconds,
      batches,
    }: { readonly started: Date; readonly healingSeconds: number; readonly batches: number },
  ): ChaosReport {
    const { seed, minutes, nodes: names = NODES.poe } = this.#options;
    const logs = names.map((name) => ({
      name,
      text: ifExists(() => readFileSync(this.#network!.node(name).plan.log, "utf8")) ?? "",
    }));
    return {
      ...{ seed, minutes, healingSeconds, batches, started: started.toISOString(), faults: this.#records },
      nodes: names,
      canFill: this.#disk !== undefined,
      traffic: this.#journal.traffic.counts,
      l1Transactions: facts.sent.length,
      troubles: this.#troubles.counts,
      restarts: this.#starts.counts,
      givenUp: this.#givenUp.counts,
      warnings: Object.fromEntries(logs.map(({ name, text }) => [name, countWarnings(text)])),
      verdicts: judge(facts, CHECKS),
    };
  }
}

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
