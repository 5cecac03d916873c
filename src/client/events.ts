// SPDX-License-Identifier: MIT

import type { BaseContract, Log, LogDescription, Result } from "ethers";

import type { B52, ProofOfEfficiency, DrawnProverRegistry, Rollup } from "../../typechain-types/index.ts";
import type { TypedContractEvent } from "../../typechain-types/common.ts";
import {
  L1Cursor,
  readContracts,
  requireNext,
  requireRecorded,
  type ContractLog,
  type ReadingOptions,
  type View,
  sleep,
} from "../chain/index.ts";
import type { B52System, ProofOfEfficiencySystem } from "../agents/index.ts";
import { ProtocolError } from "../errors.ts";

/** Where an event is in the history of L1, by which a reader goes on. */
export interface EventPlace {
  /** L1 block. */
  readonly block: number;
  /** Of the log in its block. */
  readonly index: number;
}

interface EventOf<Source, Name, Args> {
  readonly source: Source;
  readonly name: Name;
  /** The event's arguments by name, as in the contract's interface. */
  readonly args: Args;
  readonly place: EventPlace;
  /** Hash of the L1 transaction. */
  readonly transaction: string;
}

/** All events of a contract; TypeChain has each under its name and under its signature. */
type EventsOf<Source, Filters> = {
  [Name in keyof Filters & string]: Name extends `${string}(${string}`
    ? never
    : Filters[Name] extends TypedContractEvent<infer _Input, infer _Output, infer Args>
      ? EventOf<Source, Name, Args>
      : never;
}[keyof Filters & string];

/** An event of the core, under any consensus. */
export type CoreEvent = EventsOf<"core", Rollup["filters"]>;
/** An event of Proof of Efficiency. */
export type ProofOfEfficiencyEvent = EventsOf<"consensus", ProofOfEfficiency["filters"]>;
/** An event of B52 or of its provers' registry. */
export type B52Event = EventsOf<"consensus", B52["filters"]> | EventsOf<"registry", DrawnProverRegistry["filters"]>;

/** The events of a rollup, by its consensus. */
export type RollupEvent<System> =
  | CoreEvent
  | (System extends B52System ? B52Event : System extends ProofOfEfficiencySystem ? ProofOfEfficiencyEvent : never);

/** Where to begin, when to end, and how to read L1. */
export interface EventOptions extends ReadingOptions {
  /** The first place to be read, to go on where an earlier reader stopped. Default: the deployment. */
  readonly from?: EventPlace;
  /** Ends the iteration, also while it waits. */
  readonly signal?: AbortSignal;
  /** Milliseconds between two questions for new blocks. Default 1,000. */
  readonly pollingInterval?: number;
}

/**
 * The place after an event: `events(system, { from: after(last) })` goes on with the next one.
 *
 * @param event the last one that was handled
 */
export const after = ({ place: { block, index } }: { readonly place: EventPlace }): EventPlace => ({
  block,
  index: index + 1,
});

/**
 * Every event of a rollup's contracts, each once and in the order of L1: those that have happened, then those that
 * happen, until `signal` ends it. New events are found by asking for logs again, not by filters, which an endpoint may
 * forget.
 *
 * @param system a deployed rollup: `node.system`
 * @param options where to begin, and when to end
 * @throws {ProtocolError} `REORGANISED` if L1 has replaced a block that was read: the events given so far may not have
 *   happened; `EVENTS_MISSING` if the endpoint's logs leave out an event that L1 numbers (forced operations,
 *   departures, batches and their proofs), also when they are asked for again
 *
 * @example
 * ```ts
 * for await (const event of events(node.system, { signal })) {
 *   if (event.name === "BatchesVerified") console.log(`batches up to ${event.args.to} are final`);
 * }
 * ```
 */
export async function* events<System extends ProofOfEfficiencySystem | B52System>(
  system: System,
  { from, signal, pollingInterval = 1_000, ...reading }: EventOptions = {},
): AsyncGenerator<RollupEvent<System>, void, undefined> {
  const { provider } = system;
  const contracts = contractsOf(system);
  const numberings = numberingsOf(system);
  const first = from?.block ?? system.deploymentBlock;
  const counts = from === undefined ? numberings.map(() => 0n) : await countsBefore(first, numberings);
  const start = new Seen(numberings, counts);
  const cursor = new L1Cursor(first, start, { ...system.reading, ...reading });
  while (signal?.aborted !== true) {
    await cursor.advance(provider, {
      read: async (seen, range) => {
        for (const found of await readContracts(provider, contracts, range)) seen.take(found);
      },
      compare: (seen, block) => seen.compare(block),
    });
    for (const { source, event, log } of cursor.view.takeLogs()) {
      if (from !== undefined && log.blockNumber === from.block && log.index < from.index) continue;
      yield toEvent(source, event, log) as unknown as RollupEvent<System>;
      if (isAborted(signal)) return;
    }
    await sleep(pollingInterval, signal);
  }
}

/** The signal may have been given while the consumer had the event. */
const isAborted = (signal: AbortSignal | undefined): boolean => signal?.aborted === true;

/**
 * The first event that a condition holds for.
 *
 * @throws {ProtocolError} `ABORTED` if the signal ends the wait
 */
export async function waitFor<Event, Wanted extends Event>(
  source: AsyncIterable<Event>,
  isWanted: (event: Event) => event is Wanted,
): Promise<Wanted> {
  for await (const event of source) if (isWanted(event)) return event;
  throw new ProtocolError("ABORTED", {}, "the events ended before the one that was waited for");
}

type Source = "core" | "consensus" | "registry";

const contractsOf = (system: ProofOfEfficiencySystem | B52System): Record<Source, BaseContract> =>
  ({
    core: system.rollup,
    consensus: system.consensus,
    ...("registry" in system ? { registry: system.registry } : {}),
  }) as Record<Source, BaseContract>;

const toEvent = (
  source: Source,
  { name, args }: LogDescription,
  log: Log,
): EventOf<Source, string, Record<string, unknown>> => ({
  source,
  name,
  args: args.toObject() as Record<string, unknown>,
  place: { block: log.blockNumber, index: log.index },
  transaction: log.transactionHash,
});

// ─── Events that are missing ─────────────────────────────────────────────────────────────────────────────────────────

/** Events that L1 numbers, and the last number in its state. */
interface Numbering {
  readonly event: string;
  /** Number of the first thing that the event is about. */
  readonly first: (args: Result) => bigint;
  /** Number of the last. */
  readonly last: (args: Result) => bigint;
  readonly inState: (block: number) => Promise<bigint>;
}

const numbered = (event: string, argument: string, inState: Numbering["inState"]): Numbering => {
  const number = (args: Result): bigint => args.getValue(argument) as bigint;
  return { event, first: number, last: number, inState };
};

function numberingsOf(system: ProofOfEfficiencySystem | B52System): Numbering[] {
  const { rollup } = system;
  const core = [
    numbered("ForcedOperationQueued", "id", (blockTag) => rollup.queuedOperations({ blockTag })),
    numbered("Departed", "departure", (blockTag) => rollup.departureCount({ blockTag })),
  ];
  if ("registry" in system) return core;
  const { consensus } = system;
  const proven = numbered("BatchesVerified", "to", (blockTag) => consensus.verifiedBatches({ blockTag }));
  return [
    ...core,
    numbered("BatchSequenced", "batch", (blockTag) => consensus.sequencedBatches({ blockTag })),
    { ...proven, first: (args) => args.getValue("from") as bigint },
  ];
}

/** The last numbers before a block; undefined where the endpoint has no state of then, or there was no rollup. */
const countsBefore = (block: number, numberings: readonly Numbering[]): Promise<(bigint | undefined)[]> =>
  Promise.all(numberings.map(({ inState }) => inState(block - 1).catch(() => undefined)));

/** The events that were not told yet, and the numbers so far, which are without a gap. */
class Seen implements View<Seen> {
  #logs: ContractLog<Source>[];
  readonly #numberings: readonly Numbering[];
  /** The last number of each numbering; undefined if none is known. */
  readonly #counts: (bigint | undefined)[];

  constructor(
    numberings: readonly Numbering[],
    counts: readonly (bigint | undefined)[],
    logs: readonly ContractLog<Source>[] = [],
  ) {
    this.#numberings = numberings;
    this.#counts = [...counts];
    this.#logs = [...logs];
  }

  clone(): Seen {
    return new Seen(this.#numberings, this.#counts, this.#logs);
  }

  /** The logs since the last call. */
  takeLogs(): ContractLog<Source>[] {
    return this.#logs.splice(0);
  }

  /** @throws {ProtocolError} `EVENTS_MISSING` */
  take(found: ContractLog<Source>): void {
    this.#logs.push(found);
    const { name, args } = found.event;
    for (const [i, { event, first, last }] of this.#numberings.entries()) {
      if (event !== name) continue;
      const count = this.#counts[i];
      if (count !== undefined) requireNext(event, first(args), count + 1n);
      this.#counts[i] = last(args);
    }
  }

  /** @throws {ProtocolError} `EVENTS_MISSING` */
  async compare(block: number): Promise<void> {
    const inState = await Promise.all(this.#numberings.map((numbering) => numbering.inState(block)));
    for (const [i, { event }] of this.#numberings.entries()) {
      const [count, l1] = [this.#counts[i], inState[i] ?? 0n];
      if (count !== undefined) requireRecorded(block, [[`last ${event}`, count, l1]]);
      this.#counts[i] = l1;
    }
  }
}
