// SPDX-License-Identifier: MIT
import type { WaitingBatch } from "../../../src/node/index.ts";
import type { Chance } from "../chance.ts";
import { PriorityWorld } from "./priority.ts";
import { AGGREGATORS, type AggregatorName, type Experience } from "../strategies/aggregating.ts";

/** Seconds of an L1 block. */
export const L1_BLOCK = 12;
/** How fast experience forgets: part of the newest in the mean. */
const NEWEST = 0.05;

/** How a batch's proof is paid. */
export type PayRule =
  /** The first proof takes the fee. */
  | { readonly kind: "first" }
  /** All proofs that come so many L1 blocks after the first one, or earlier, have equal shares. */
  | { readonly kind: "shared"; readonly blocks: number };

export interface ProvingOptions {
  readonly strategy: AggregatorName;
  /** Median seconds of each aggregator's proofs. */
  readonly seconds: readonly number[];
  /** Standard deviation of the logarithm of one aggregator's times. */
  readonly jitter: number;
  readonly batches: number;
  /** Mean seconds between two batches. */
  readonly interval: number;
  /** Fee of a batch, in wei. */
  readonly fee: number;
  readonly proofCost: number;
  readonly gasPrice: number;
  /** Gas of a proof that is paid, of a further one that shares, and of one that is refused. */
  readonly gas: { readonly first: number; readonly shared: number; readonly refused: number };
  readonly pay: PayRule;
  /** Whether the holder of a slot of RandomPriority proves alone in it. Default: no. */
  readonly hasPriority?: boolean;
}

export interface ProvingResult {
  /** Proofs that were paid, by aggregator. */
  readonly paid: readonly number[];
  /** Proofs that were begun for each batch that was proven; parts of proofs that were broken off count as parts. */
  readonly work: number;
  /** Proofs that were paid for each call that advanced the state. */
  readonly sharers: number;
  /** Seconds from each batch until it was proven. */
  readonly delays: readonly number[];
  /** Gas of all proofs on L1 for each call that advanced the state. */
  readonly gas: number;
  /** Profit of all aggregators, in wei, for each call that advanced the state. */
  readonly profit: number;
}

interface Job {
  readonly upTo: number;
  readonly begunAt: number;
  readonly doneAt: number;
  readonly seconds: number;
}

interface Agent {
  readonly seconds: number;
  readonly experience: Experience;
  job: Job | undefined;
  paid: number;
}

/**
 * Aggregators of Proof of Efficiency, block of L1 by block: batches come at random times, each aggregator begins a proof of
 * all that wait if its strategy says so, and breaks it off when others were first. The second half is measured, when
 * learners have learned.
 */
export function runProving(options: ProvingOptions, chance: Chance): ProvingResult {
  const { jitter, interval, fee, proofCost, gasPrice, gas, pay } = options;
  const decide = AGGREGATORS[options.strategy];
  const agents = options.seconds.map((seconds): Agent => ({
    ...{ seconds, experience: { profit: 0, begun: 0 }, job: undefined, paid: 0 },
  }));
  const posted: number[] = [];
  let [nextBatch, verified, now] = [chance.exponential(interval), 0, 0];
  let [work, calls, sharers, usedGas, profit] = [0, 0, 0, 0, 0];
  const priority = options.hasPriority === true ? new PriorityWorld(options.seconds, chance) : undefined;
  const delays: number[] = [];
  const measuredFrom = options.batches / 2;
  const learn = ({ experience }: Agent, gained: number): void => {
    experience.begun++;
    experience.profit = experience.begun === 1 ? gained : (1 - NEWEST) * experience.profit + NEWEST * gained;
  };
  const isMeasured = (): boolean => verified > measuredFrom;
  /** The fee that is being shared: proofs of the same batches are still paid until a time. */
  let sharing:
    { readonly from: number; readonly upTo: number; readonly until: number; readonly by: Agent[] } | undefined;

  const closeSharing = (): void => {
    if (sharing === undefined) return;
    const share = ((sharing.upTo - sharing.from) * fee) / sharing.by.length;
    sharing.by.forEach((agent, i) => {
      const used = i === 0 ? gas.first : gas.shared;
      const gained = share - proofCost - used * gasPrice;
      learn(agent, gained);
      if (!isMeasured()) return;
      agent.paid++;
      [usedGas, profit, work] = [usedGas + used, profit + gained, work + 1];
    });
    if (isMeasured()) [calls, sharers] = [calls + 1, sharers + sharing.by.length];
    sharing = undefined;
  };
  const breakOff = (agent: Agent, isSent: boolean): void => {
    const job = agent.job!;
    const part = Math.min(1, (now - job.begunAt) / job.seconds);
    const used = isSent ? gas.refused : 0;
    const gained = -part * proofCost - used * gasPrice;
    learn(agent, gained);
    if (isMeasured()) [usedGas, profit, work] = [usedGas + used, profit + gained, work + part];
    agent.job = undefined;
  };

  while (verified < options.batches) {
    const isIdle = posted.length === verified && sharing === undefined && agents.every(({ job }) => job === undefined);
    // Nothing happens before the next batch.
    if (isIdle && priority === undefined) now += L1_BLOCK * Math.max(0, Math.floor((nextBatch - now) / L1_BLOCK) - 1);
    now += L1_BLOCK;
    priority?.next();
    if (sharing !== undefined && now > sharing.until) closeSharing();
    for (; nextBatch <= now; nextBatch += chance.exponential(interval)) {
      posted.push(nextBatch);
      priority?.post();
    }
    const allowedIn = (agent: Agent): number => priority?.allowedIn(agents.indexOf(agent)) ?? 0;
    const isReady = (agent: Agent): boolean =>
      agent.job !== undefined && agent.job.doneAt <= now && allowedIn(agent) === 0;
    const ready = chance.shuffled(agents.filter(isReady));
    for (const agent of ready) {
      const job = agent.job!;
      // A proof in the same block may have closed the role.
      if (job.upTo > verified && allowedIn(agent) > 0) continue;
      if (job.upTo > verified) {
        closeSharing();
        for (let i = verified; i < job.upTo; i++) if (i >= measuredFrom) delays.push(now - posted[i]!);
        const blocks = pay.kind === "shared" ? pay.blocks : 0;
        sharing = { from: verified, upTo: job.upTo, until: now + blocks * L1_BLOCK, by: [agent] };
        priority?.prove(agents.indexOf(agent), job.upTo - verified);
        verified = job.upTo;
        agent.job = undefined;
      } else if (pay.kind === "shared" && sharing?.upTo === job.upTo) {
        sharing.by.push(agent);
        agent.job = undefined;
      } else {
        breakOff(agent, true);
      }
    }
    for (const agent of agents) {
      const { job } = agent;
      if (job === undefined || job.upTo > verified) continue;
      const canShare = pay.kind === "shared" && sharing?.upTo === job.upTo && job.doneAt <= sharing.until;
      if (!canShare) breakOff(agent, false);
    }
    if (pay.kind === "first") closeSharing();
    const waiting = posted.slice(verified).map((at): WaitingBatch => ({
      ...{ leaves: 1, postedAt: Math.floor(at), fee: BigInt(Math.round(fee * 1_000)), baseFees: 0n, isOwn: false },
    }));
    if (waiting.length === 0) continue;
    for (const agent of agents) {
      if (agent.job !== undefined) continue;
      const begins = decide({
        ...{ now, batches: waiting, gas: gas.first, gasPrice, proofCost, seconds: agent.seconds },
        ...{ experience: agent.experience, chance, allowedIn: allowedIn(agent) },
      });
      if (!begins) continue;
      const seconds = chance.lognormal(agent.seconds, jitter);
      agent.job = { upTo: posted.length, begunAt: now, doneAt: now + seconds, seconds };
    }
  }
  closeSharing();
  const each = Math.max(1, calls);
  return {
    ...{ paid: agents.map(({ paid }) => paid), work: work / each, sharers: sharers / each, delays },
    ...{ gas: usedGas / each, profit: profit / each },
  };
}
