// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { reasonOf } from "../../src/chain/index.ts";
import { Random } from "../random.ts";
import { describeB52, describeNetwork, describePoe } from "./describe.ts";
import { Network } from "./network.ts";
import type { NodeProcess } from "./nodeProcess.ts";
import type { Observer } from "./observer.ts";
import type { DevnetRollup } from "./rollups.ts";
import { ROLLUPS, type RollupName } from "./rollupNames.ts";
import { commandOf } from "./topology.ts";
import { Traffic } from "./traffic.ts";
import { CASTS } from "./trafficPlan.ts";

export interface DevnetOptions {
  readonly rollups: readonly RollupName[];
  /** Elections of Proof of Efficiency (`readElections`); undefined: everybody may sequence and prove. */
  readonly election: string | undefined;
  /** Folder that stays; undefined for one that is removed at the end. */
  readonly keep: string | undefined;
  /** Undefined to run until it is told to end. */
  readonly minutes: number | undefined;
  /** Of the traffic. */
  readonly seed: number;
  readonly isRestarting: boolean;
  readonly hasTraffic: boolean;
  readonly say: (line: string) => void;
  /** Ends the devnet. */
  readonly signal: AbortSignal;
}

/** Milliseconds between two looks at the traffic, two lines about the state, and a node's end and its next start. */
const STEP = 2_000;
const STATUS = 10_000;
const RESTART = 5_000;

/**
 * Runs a devnet until it is told to end, or until its time is over.
 *
 * @returns 0, or 1 if L1 has ended
 * @throws {ToolError} `NOT_READY`
 */
export async function runDevnet(options: DevnetOptions): Promise<number> {
  const { rollups, election, keep, minutes, seed, isRestarting, hasTraffic, say, signal } = options;
  const folder = keep === undefined ? mkdtempSync(join(tmpdir(), "devnet-")) : resolve(keep);
  const begin = Date.now();
  const tell = (line: string): void =>
    say(`[${String(Math.round((Date.now() - begin) / 1_000)).padStart(4)} s] ${line}`);
  let network: Network | undefined;
  try {
    network = await Network.start({ folder, rollups, election, say: tell, signal });
    const { nodes, anvil, poe, b52, provider } = network;
    for (const node of nodes.values()) watch(node, { tell, isRestarting, signal });
    say(
      `\n${describeNetwork({
        ...{ l1: anvil.url, folder, isRestarting },
        rollups: { ...(poe && { poe: poe.deployed }), ...(b52 && { b52: b52.deployed }) },
        nodes: [...nodes.values()].map(({ plan, pid }) => ({ plan, pid })),
      })}\n`,
    );
    const followed = ROLLUPS.flatMap((name) => {
      const rollup = name === "poe" ? poe : b52;
      return rollup === undefined ? [] : [follow(name, rollup, network!, seed)];
    });
    let told = 0;
    const end = minutes === undefined ? Infinity : Date.now() + minutes * 60_000;
    while (!signal.aborted && Date.now() < end) {
      if (anvil.child.end !== undefined) {
        tell("anvil has ended, and with it L1: the devnet cannot go on");
        return 1;
      }
      for (const { name, traffic, observer } of followed) {
        try {
          if (hasTraffic) await traffic.step();
          else await observer.sync();
        } catch (error) {
          tell(`traffic of ${name}: ${reasonOf(error)}`);
        }
      }
      if (Date.now() - told >= STATUS) {
        told = Date.now();
        const now = (await provider.getBlock("latest"))?.timestamp ?? 0;
        for (const { describe } of followed) tell(describe(now));
        const down = [...nodes.values()].filter(({ isRunning }) => !isRunning).map(({ plan }) => plan.name);
        if (down.length > 0) tell(`down: ${down.join(", ")}`);
      }
      await sleep(STEP, undefined, { signal }).catch(() => undefined);
    }
    return 0;
  } catch (error) {
    if (signal.aborted) return 0;
    throw error;
  } finally {
    tell("ending");
    await network?.stop();
    if (keep === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

/** A rollup with its traffic. */
interface Followed {
  readonly name: RollupName;
  readonly observer: Observer;
  readonly traffic: Traffic;
  /** How far it is, in one line. @param now time of L1 */
  readonly describe: (now: number) => string;
}

function follow(
  name: RollupName,
  rollup: DevnetRollup,
  { nodes, provider, poe, b52 }: Network,
  seed: number,
): Followed {
  const { observer, users } = rollup;
  const count = { accepted: 0, refused: 0 };
  const traffic = new Traffic({
    ...{
      cast: CASTS[name],
      observer,
      provider,
      accounts: users,
      random: new Random(name === "poe" ? `${seed}` : `${seed}/${name}`),
    },
    urlOf: (entry) => nodes.get(entry)!.plan.url,
    listener: {
      accepted: () => (count.accepted += 1),
      refused: () => (count.refused += 1),
      unanswered: () => undefined,
      onL1: () => undefined,
    },
  });
  const describe = (now: number): string =>
    name === "poe" ? describePoe(poe!.observer.node, count) : describeB52(b52!.observer.node, count, now);
  return { name, observer, traffic, describe };
}

/** Says when a node ends, and starts it again if that is wanted. */
function watch(
  node: NodeProcess,
  {
    tell,
    isRestarting,
    signal,
  }: Pick<DevnetOptions, "isRestarting" | "signal"> & { readonly tell: (line: string) => void },
): void {
  const { name } = node.plan;
  node.onEnd(({ code, signal: by }) => {
    if (signal.aborted) return;
    tell(`${name} has ended (${by ?? `exit code ${code ?? 0}`})`);
    if (!isRestarting) {
      tell(`start it again: ${commandOf(node.plan)}`);
      return;
    }
    void (async () => {
      await sleep(RESTART, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      node.start();
      await node.ready();
      tell(`${name} runs again: pid ${node.pid ?? "–"}`);
    })().catch((error: unknown) => tell(`${name}: ${reasonOf(error)}`));
  });
}
